"""The check of a site's templates: each is filled in with sample data, and what comes out is looked over."""

import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from gateway.compose import builtin
from gateway.compose.render import Broken, Context, Rendered, Templates
from gateway.compose.samples import FOLLOWED, INTERNAL_NAMES, NUMBER, TAG, samples

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")
_LEFT_OVER = re.compile(r"\{[{%#]|[}%#]\}")
_WITHOUT_NUMBER = frozenset({"digest", "report"})  # about many tickets


def check(
    directory: Path,
    contexts: Callable[[str], Sequence[Context]] = samples,
    *,
    queues: Collection[str] | None = None,
) -> list[str]:
    """Every problem as `templates/FILE:LINE: what`; `contexts`: the sample data of a name; `queues`: the folders."""
    return check_templates(Templates.load(directory), contexts, queues=queues)


def check_templates(
    templates: Templates,
    contexts: Callable[[str], Sequence[Context]] = samples,
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
        problems += _check_file(templates, file, name, contexts(name))
    return problems


def _check_file(templates: Templates, file: str, name: str, contexts: Sequence[Context]) -> list[str]:
    problems: dict[str, None] = {}  # once each, in order
    where = f"{templates.shown_as}/{file}:1"
    for context in contexts:
        try:
            rendered = templates.render_file(file, context)
        except Broken as broken:
            problems[_with_hint(str(broken), name)] = None
            continue
        found = [rendered.fallback] if rendered.fallback else []
        found += [f"{where}: {problem}" for problem in _lint(rendered, name)]
        problems.update(dict.fromkeys(found))
    return list(problems)


def _lint(rendered: Rendered, name: str) -> list[str]:
    problems = []
    if name not in builtin.AGENT and TAG not in rendered.subject:
        problems.append("the subject lacks {{ ticket.tag }}, by which an answer finds its ticket")
    elif name in builtin.AGENT - _WITHOUT_NUMBER and NUMBER not in rendered.subject:
        problems.append("the subject lacks the number: {{ ticket.tag }} or #{{ ticket.number }}")
    if rendered.html and any((number in rendered.text) != (number in rendered.html) for number in (NUMBER, FOLLOWED)):
        problems.append("text and HTML do not name the same ticket numbers")
    for part in (rendered.subject, rendered.text, rendered.html):
        left = _LEFT_OVER.search(part)
        if left:
            problems.append(f"{left.group()} is left in what comes out: a brace was mistyped")
            break
    return problems


def _with_hint(problem: str, name: str) -> str:
    missing = re.search(r"'(\w+)' is undefined|there is no '(\w+)'", problem)
    word = missing and (missing[1] or missing[2])
    if word in INTERNAL_NAMES and name not in builtin.AGENT:
        return f"{problem}: it is internal, and {name} goes to customers"
    return problem
