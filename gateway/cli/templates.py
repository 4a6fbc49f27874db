"""`gateway templates`: list, preview and check what our letters are made of; sends nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli import output
from gateway.cli.main import EX_CONFIG, Session, config_option

if TYPE_CHECKING:
    from gateway.compose.render import Templates
    from gateway.compose.values import Letter
    from gateway.config import Config

_NUMBER = 104217
_BRINGS_WORDS = ("notice_new", "notice_assigned", "notice_answered")  # of a customer
# Of the sample data, what the site knows better.
_OWN = ("ticket", "queue", "sender", "signature")


@click.group(epilog="Example: gateway templates preview progress --lang cs --html progress.html")
@config_option
def templates() -> None:
    """Templates: what letters to customers and agents are made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One template of the folder."""

    file: str
    name: str
    language: str | None
    queue: str | None
    to: str  # customers, agents
    html: bool


@templates.command("list", short_help="List the templates.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the templates of the site, by name. One without a language is in English."""
    found = sorted(_files(_loaded(session.config(secrets=False))), key=lambda one: (one.to, one.name, one.file))
    if as_json:
        output.print_json(found)
        return
    headings = ["name", "language", "queue", "to", "html", "file"]
    output.table(
        headings,
        [(one.name, one.language, one.queue, one.to, "yes" if one.html else "no", one.file) for one in found],
    )


@templates.command(short_help="Show what a template makes of sample data.")
@config_option
@click.argument("name")
@click.option("--lang", "language", default="", metavar="CODE", help="Such as cs; by default the queue's.")
@click.option("--queue", default="", metavar="QUEUE", help="As that queue would send it; by default the site.")
@click.option("--sparse", is_flag=True, help="With as little data as there may be, instead of as much.")
@click.option("--html", "page", type=click.Path(path_type=Path), metavar="FILE", help="Write the HTML there; - prints.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with all that the template may name.")
@click.pass_obj
def preview(
    session: Session, name: str, language: str, queue: str, sparse: bool, page: Path | None, as_json: bool
) -> int:
    """Show the letter that the template NAME makes of made-up data, as the site would send it.

    Exit 1 where the template is broken: then what is shown is the built-in text that would be sent instead.
    """
    cfg = session.config(secrets=False)
    loaded = _loaded(cfg)
    _refuse_unknown(cfg, loaded, name, queue)
    letter = _letter(cfg, loaded, name, language.lower(), queue, sparse=sparse)
    head, text, html = _read(letter)
    if as_json:
        output.print_json(
            {
                "file": letter.template or None,
                "problem": letter.fallback or None,
                "subject": letter.subject,
                "text": text,
                "html": html or None,
                "names": _data(cfg, loaded, name, language.lower(), queue, sparse=sparse),
            }
        )
        return 1 if letter.fallback else 0
    if page is None:
        output.say_block(f"{head}\n\n{text}")
    elif not html:
        raise click.ClickException(f"{name} has no HTML: there is no {name}.html beside {letter.template or 'it'}")
    elif str(page) == "-":
        output.say_block(html)
    else:
        page.write_text(html, encoding="utf-8")
        output.say(f"{page}: {letter.template.removesuffix('.txt')}.html, as a mail program gets it")
    for line in _remarks(letter, loaded, language.lower()):
        output.warn(line)
    return 1 if letter.fallback else 0


@templates.command(short_help="Check every template.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def check(session: Session, as_json: bool) -> int:
    """Fill in every template with sample data; exit 0, or print all mistakes with file and line and exit 78.

    Besides what is broken it finds a subject without the number, text and HTML that say different things, and a letter
    to customers that names what only agents may see.
    """
    from gateway.compose.check import check_templates

    cfg = session.config(secrets=False)
    loaded = _loaded(cfg)
    problems = check_templates(loaded, queues=cfg.queues)
    if as_json:
        output.print_json({"ok": not problems, "problems": problems})
    else:
        for problem in problems:
            output.warn(problem)
        if not problems:
            count = len(list(_files(loaded)))
            output.say(f"{count} templates: all fine; `gateway templates preview NAME` shows one")
    return EX_CONFIG if problems else 0


def _loaded(cfg: "Config") -> "Templates":
    from gateway.compose.render import Templates

    return Templates.load(cfg.templates_dir)


def _files(loaded: "Templates") -> Iterator[_File]:
    from gateway.compose import builtin

    for file in loaded.files:
        folder, _, base = file.rpartition("/")
        if folder == "canned" or not base.endswith(".txt"):
            continue
        name, _, language = base.removesuffix(".txt").partition(".")
        yield _File(
            file=file,
            name=name,
            language=language or None,
            queue=folder or None,
            to="agents" if name in builtin.AGENT else "customers",
            html=f"{file.removesuffix('.txt')}.html" in loaded.files,
        )


def _refuse_unknown(cfg: "Config", loaded: "Templates", name: str, queue: str) -> None:
    from gateway.config.section import did_you_mean

    if name not in loaded.names:
        known = ", ".join(sorted(loaded.names))
        raise click.UsageError(
            f'no such template: "{name}"{did_you_mean(name, loaded.names) or f"; there are {known}"}'
        )
    if queue and queue not in cfg.queues:
        known = ", ".join(cfg.queues)
        raise click.UsageError(f'no such queue: "{queue}"{did_you_mean(queue, cfg.queues) or f"; there are {known}"}')


def _letter(cfg: "Config", loaded: "Templates", name: str, language: str, queue: str, *, sparse: bool) -> "Letter":
    from gateway.compose import builtin, letters, samples

    desk = letters.desk(cfg, queue)
    tongue = loaded.tongue(name, queue=queue, language=language, then=desk.language)
    data = _data(cfg, loaded, name, language, queue, sparse=sparse)
    row = {"number": _NUMBER, "created_at": samples.AT, "title": samples.TICKET.title, "status": "open"}
    host = cfg.mail.host
    return letters.letter(
        loaded,
        desk,
        kind=name,
        recipient=samples.AGENT if name in builtin.AGENT else samples.CUSTOMER,
        ticket=letters.shown(cfg, row, tongue),
        stamp=letters.Stamp(message_id=f"<preview@{host}>", at=samples.AT),
        auto=letters.Auto.NO if name == "reply" else letters.Auto.GENERATED,
        language=language,
        writer=samples.CUSTOMER if name in _BRINGS_WORDS else None,
        context={key: value for key, value in data.items() if key not in _OWN},
    )


def _data(
    cfg: "Config", loaded: "Templates", name: str, language: str, queue: str, *, sparse: bool
) -> Mapping[str, object]:
    from gateway.compose import letters, samples

    tongue = loaded.tongue(name, queue=queue, language=language, then=letters.desk(cfg, queue).language)
    return samples.samples(name, tongue)[1 if sparse else 0]


def _read(letter: "Letter") -> tuple[str, str, str]:
    """The lines people see above a letter, its text, its HTML."""
    mail = message_from_bytes(letter.data, policy=policy.default)
    found = (mail.get_body((kind,)) for kind in ("plain", "html"))
    text, html = (part.get_content().replace("\r\n", "\n").rstrip() if part else "" for part in found)
    return "\n".join(f"{name}: {mail[name]}" for name in ("From", "To", "Subject")), text, html


def _remarks(letter: "Letter", loaded: "Templates", language: str) -> Iterator[str]:
    if letter.fallback:
        yield letter.fallback
    elif language and loaded.tongue(letter.kind, language=language).partition("-")[0] != language.partition("-")[0]:
        yield f'there is no {letter.kind} in "{language}"; this is {letter.template}'
