"""The check of a site's templates: what each may name, and what comes out of it with sample data."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from jinja2 import TemplateError

from gateway.compose import builtin, sanitise
from gateway.compose.context import INTERNAL_NAMES, known_names
from gateway.compose.render import Broken, Context, Rendered, Templates
from gateway.compose.samples import FOLLOWED, NUMBER, TAG, samples

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")
_LEFT_OVER = re.compile(r"\{[{%#]|[}%#]\}")
_WITHOUT_NUMBER = frozenset({"digest", "report"})  # about many tickets
_COMMAND = re.compile(r"^#[^\W\d]", re.MULTILINE)
_WORD = re.compile(r"\w+")
_AGREE = 0.8  # of the words of text and HTML that must stand in the other
_TOLD = 4  # words


def check(
    directory: Path,
    contexts: Callable[[str, str], Sequence[Context]] = samples,
    *,
    queues: Collection[str] | None = None,
) -> list[str]:
    """Every problem as `templates/FILE:LINE: what`; `contexts`: the sample data of a name; `queues`: the folders."""
    return check_templates(Templates.load(directory), contexts, queues=queues)


def check_templates(
    templates: Templates,
    contexts: Callable[[str, str], Sequence[Context]] = samples,
    *,
    queues: Collection[str] | None = None,
) -> list[str]:
    """As `check`, of templates that are loaded."""
    problems: list[str] = []
    for file in templates.files:
        folder, _, base = file.rpartition("/")
        if folder == "canned":
            continue  # texts agents paste, not letters
        where = f"{templates.shown_as}/{file}"
        if folder and queues is not None and folder not in queues:
            problems.append(f'{where}:1: there is no queue "{folder}"')
        name, _, language = base.rpartition(".")[0].partition(".")
        if language and not _LANGUAGE.fullmatch(language):
            problems.append(f'{where}:1: "{language}" is no language; write such as {name}.de.txt')
        if file.endswith(".html"):
            if f"{file.removesuffix('.html')}.txt" not in templates.files:
                problems.append(
                    f"{where}:1: is never used, because there is no {base.removesuffix('.html')}.txt beside it"
                )
            continue
        problems += _check_file(templates, file, name, contexts(name, language or "en"))
    return problems


def _check_file(templates: Templates, file: str, name: str, contexts: Sequence[Context]) -> list[str]:
    page = f"{file.removesuffix('.txt')}.html"
    strange = [problem for one in (file, page) for problem in _strange_names(templates, one, name)]
    if strange:
        return strange
    problems: dict[str, None] = {}  # once each, in order
    where = f"{templates.shown_as}/{file}:1"
    for context in contexts:
        try:
            rendered = templates.render_file(file, context)
        except Broken as broken:
            problems[str(broken)] = None
            continue
        found = [rendered.fallback] if rendered.fallback else []
        found += [f"{where}: {problem}" for problem in _lint(rendered, name)]
        problems.update(dict.fromkeys(found))
    return list(problems)


def _strange_names(templates: Templates, file: str, name: str) -> Iterator[str]:
    """What a template names and its sort of letter does not have, in whatever branch it stands."""
    for_agent = name in builtin.AGENT
    known = known_names(for_agent=for_agent)
    try:
        used = templates.names_in(file)
    except TemplateError:
        return  # told when it is filled in
    for word, line in used.items():
        where = f"{templates.shown_as}/{file}:{line}"
        if word in known:
            continue
        if word in INTERNAL_NAMES and not for_agent:
            yield f"{where}: {word} is internal, and {name} goes to customers"
            continue
        near = get_close_matches(word, known, n=1)
        guess = f", did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(known))}"
        yield f"{where}: there is no {word}{guess}"


def _lint(rendered: Rendered, name: str) -> Iterator[str]:
    if name not in builtin.AGENT and TAG not in rendered.subject:
        yield "the subject lacks {{ ticket.tag }}, by which an answer finds its ticket"
    elif name in builtin.AGENT - _WITHOUT_NUMBER and NUMBER not in rendered.subject:
        yield "the subject lacks the number: {{ ticket.tag }} or #{{ ticket.number }}"
    if name in builtin.AGENT and _COMMAND.search(rendered.text):
        yield "a line begins with # and a word; where a mail program quotes without a sign, that is a command"
    if rendered.html:
        yield from _disagreement(rendered.text, rendered.html)
    for part in (rendered.subject, rendered.text, rendered.html):
        left = _LEFT_OVER.search(part)
        if left:
            yield f"{left.group()} is left in what comes out: a brace was mistyped"
            break


def _disagreement(text: str, html: str) -> Iterator[str]:
    if any((number in text) != (number in html) for number in (NUMBER, FOLLOWED)):
        yield "text and HTML do not name the same ticket numbers"
        return
    said, shown = _words(text), _words(sanitise.text(sanitise.safe(html)))
    for one, other, which in ((said, shown, "text"), (shown, said, "HTML")):
        alone = one - other
        if alone.total() > (1 - _AGREE) * one.total():
            words = ", ".join(list(alone)[:_TOLD])
            yield f"text and HTML say different things: only in the {which} stands {words} ..."
            return


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))
