"""`gateway explain`: why did this mail go that way, why is this ticket where it is, what would become of this file?"""

import hashlib
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click

from gateway.cli import output
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import become_the_owner, make_ready, opened, private_files, ticket_number
from gateway.cli.which_mail import asks_about_a_mail
from gateway.config import Config
from gateway.config.secret import Secret
from gateway.errors import GatewayError
from gateway.explain import History, dry_run
from gateway.explanation import Explanation, TicketExplanation
from gateway.intake import unaddressed
from gateway.intake.files import without_from_line
from gateway.mail import Envelope, Mail
from gateway.now import now
from gateway.reader import ReaderDied, Readers
from gateway.site import load_site
from gateway.store import Store, arrivals, migrate, open_store
from gateway.store.engine import sqlite_files
from gateway.store.spool import Claimed, NewMail
from gateway.tomltext.guess import did_you_mean

_SPOOLED = re.compile(r"spool:([1-9][0-9]{0,17})")


@click.command(short_help="Say why a mail or a ticket went the way it went.", epilog="Example: gateway explain 1042")
@config_option
@asks_about_a_mail
@click.pass_obj
def explain(session: Session, /, as_json: bool, **asked: Any) -> int:
    """Tell the whole way of a mail: for whom it was, what the guard said, every hint to a ticket, every rule with
    the value of each condition, who got it and why, and what was sent or not.

    FILE.eml (or - for standard input) is tried on the site as it stands: nothing is written, nothing is sent. N is a
    ticket: every mail of it, why each field is what it is, by when it is due, which steps of its SLA came and who was
    told, and what rules made of it afterwards. --mail ID and spool:N are one mail that came in, by the rules that were
    in force then. Exits 66 where there is no such file, mail or ticket.
    """
    found = asked_about(session, "explain", **asked)
    return EX_NOINPUT if found is None else _tell(found, as_json=as_json)


def asked_about(
    session: Session,
    command: str,
    *,
    what: str | None,
    mail_id: int | None,
    sender: str | None,
    recipients: tuple[str, ...],
    source: str | None,
) -> Explanation | TicketExplanation | None:
    """The explanation of a file, a stored mail or a ticket; None where there is none, which is said by then."""
    if (what is None) == (mail_id is None):
        raise click.UsageError("name one: a file, a ticket, spool:N, or --mail ID")
    if what is not None and _is_file(what):
        return _foretold(session, what, sender, recipients, source)
    if sender or recipients or source is not None:
        raise click.UsageError("--from, --to and --source go with a file; a stored mail has its own")
    with opened(session) as (cfg, store):
        found = _looked_up(store, cfg, what, mail_id)
    if found is None:
        missing = f"mail {mail_id}" if what is None else f"ticket, mail or file {what}"
        output.warn(f"gateway {command}: there is no {missing}")
    return found


def _is_file(what: str) -> bool:
    """A file called as a ticket is has to be named with its folder."""
    return what == "-" or what.lower().endswith(".eml") or (not what.isdecimal() and Path(what).is_file())


def _looked_up(
    store: Store, cfg: Config, what: str | None, mail_id: int | None
) -> Explanation | TicketExplanation | None:
    history = History(store, cfg)
    if mail_id is not None:
        return history.mail(mail_id)
    spooled = _SPOOLED.fullmatch(what or "")
    if spooled:
        return history.spooled(int(spooled[1]))
    number = ticket_number(store, cfg, what or "")
    return history.ticket(number) if number is not None else None


# ---- a dry run -----------------------------------------------------------------------------------------------------


def _foretold(
    session: Session, name: str, sender: str | None, recipients: Sequence[str], source: str | None
) -> Explanation:
    raw = without_from_line(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    if not raw.strip():
        raise GatewayError(f"{name}: there is no mail in it")
    with _looked_at(session) as (cfg, store):
        source = _known_source("pipe" if source is None else source, cfg)
        for one in recipients:
            if not cfg.is_ours(one):
                raise click.BadParameter(f'"{one}" is none of our addresses', param_hint="--to")
        envelope = Envelope(
            mail_from=sender if sender is None else sender.strip("<> "),
            recipients=tuple(recipients) or (unaddressed.recipient(raw, cfg),),
        )
        new = NewMail(raw=raw, envelope=envelope, source=source, received_at=now())
        known_as = arrivals.known_as(store, new, duplicate_for=cfg.limits.duplicate_for)
        return dry_run(store, load_site(cfg), _claimed(new), raw, _read(raw), known_as=known_as)


def _known_source(source: str, cfg: Config) -> str:
    """The source, where mail comes by it: rules that ask for another would never see what a dry run shows them."""
    mailboxes = (f"imap:{account.name}" for account in cfg.imap)
    sent = (f"sent:{account.name}" for account in cfg.imap if account.sent)
    known = ("smtp", "pipe", "import", *mailboxes, *sent)
    if source not in known:
        raise click.BadParameter(f'"{source}" is no source{did_you_mean(source, known)}', param_hint="--source")
    return source


def _claimed(new: NewMail) -> Claimed:
    """The mail as if it lay in the spool; no row has the id 0."""
    return Claimed(
        id=0,
        source=new.source,
        envelope=new.envelope,
        quiet=new.quiet,
        received_at=new.received_at,
        size=len(new.raw),
        sha256=hashlib.sha256(new.raw).hexdigest(),
        attempts=0,
        alone=False,
        fence=0,
        raw=new.raw,
    )


def _read(raw: bytes) -> Mail:
    with Readers(count=1) as readers:
        (mail,) = readers.read_many([raw])
    if isinstance(mail, ReaderDied):
        raise GatewayError(f"{mail}; the daemon would try it alone three times and then quarantine it")
    return mail


@contextmanager
def _looked_at(session: Session) -> Iterator[tuple[Config, Store]]:
    """The site and its store to look at. What a first start would make is made in a folder that goes away again."""
    cfg = session.config(secrets=False)
    become_the_owner(cfg)
    with tempfile.TemporaryDirectory(prefix="gateway-explain-") as folder, private_files():
        secret = cfg.gateway.secret_file
        if secret.path is not None and not secret.path.exists():
            cfg = _with(cfg, "gateway", secret_file=Secret(path=Path(folder) / "secret"))
        cfg = cfg if _was_started(cfg) else _on_nothing(cfg, Path(folder))
        store = open_store(cfg.database.url, cfg.gateway.data_dir, raw_inline_max=cfg.limits.raw_inline_max)
        try:
            make_ready(store)
            yield cfg, store
        finally:
            store.close()


def _was_started(cfg: Config) -> bool:
    """Whether there are tables; they are looked for without making so much as a file."""
    if not cfg.gateway.data_dir.is_dir():
        return False
    if cfg.database.url.startswith("sqlite") and not all(path.is_file() for path in sqlite_files(cfg.database.url)):
        return False
    store = open_store(cfg.database.url, cfg.gateway.data_dir)
    try:
        return any(migrate.revisions(store).values())
    finally:
        store.close()


def _on_nothing(cfg: Config, folder: Path) -> Config:
    return _with(_with(cfg, "gateway", data_dir=folder), "database", url=f"sqlite:///{folder / 'gateway.db'}")


def _with(cfg: Config, section: str, **values: Any) -> Config:
    return cfg.model_copy(update={section: getattr(cfg, section).model_copy(update=values)})


# ---- told ----------------------------------------------------------------------------------------------------------


def _tell(found: Explanation | TicketExplanation, *, as_json: bool) -> int:
    if as_json:
        output.print_json(asdict(found) if isinstance(found, Explanation) else _json_of(found))
    else:
        from gateway.cli.explain_tree import branches

        for one in branches(found):
            output.tree(one)
    return 0


def _json_of(found: TicketExplanation) -> dict[str, Any]:
    """Steps and rules of all mails, each with the id of its mail, beside the fields of the ticket."""
    heads = [one.name for one in fields(Explanation) if one.name not in ("steps", "rules", "due")]
    return {
        "ticket": found.ticket,
        "steps": [{"mail_id": mail.mail_id, **step} for mail in found.mails for step in mail.steps],
        "rules": [{"mail_id": mail.mail_id, **rule} for mail in found.mails for rule in mail.rules],
        "fields": found.fields,
        "due": found.due,
        "clock": list(found.clock),
        "afterwards": found.afterwards,
        "mails": [{name: getattr(mail, name) for name in heads} for mail in found.mails],
    }
