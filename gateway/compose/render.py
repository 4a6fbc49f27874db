"""Templates: found by queue, name and language, compiled once, filled in; never the reason a letter is not written.

A template looks like the mail it makes: `Subject: ...`, an empty line, the body. HTML stands beside it in NAME.html.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from jinja2 import Template, TemplateError, TemplateSyntaxError
from jinja2.exceptions import UndefinedError

from gateway.compose import builtin, words
from gateway.compose.sandbox import OUTPUT_CAP, SOURCE_CAP, Sandbox, check_jinja, require_plain
from gateway.config.site_files import opened
from gateway.errors import GatewayError

Context = Mapping[str, object]

# What filling in a template can raise, apart from a defect of our own.
_MISHAPS = (
    TemplateError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    SyntaxError,  # loops nested too deeply for Python
    TypeError,
    ValueError,
)
_TEXT, _HTML = Sandbox(autoescape=False), Sandbox(autoescape=True)
_COMMENT = re.compile(r"\s*\{#.*?#\}\s*", re.DOTALL)


class Broken(GatewayError):
    """A template cannot be filled in: `templates/FILE:LINE: why`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a letter says. `file`: the template used, "" for the built-in text; `fallback`: why another one was not."""

    subject: str
    text: str
    html: str = ""
    file: str = ""
    fallback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    subject: Template | None  # an HTML body has none
    body: Template
    names: Mapping[str, int]  # what it takes from its context, and in which line first


class Templates:
    """The templates of one folder as they were when loaded; to see edits, load again. Threads may share it."""

    def __init__(
        self, sources: Mapping[str, str], *, unreadable: Mapping[str, str] | None = None, shown_as: str = "templates"
    ) -> None:
        """`sources`: path below the folder, such as `support/reply.de.txt`, -> text; `unreadable`: path -> why."""
        self.shown_as = shown_as
        self.unreadable = dict(unreadable or {})
        self.sources: Mapping[str, str] = dict(sources)

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Every *.txt and *.html of the folder and of those in it (one a queue); a missing folder is an empty one.

        ConfigError where the sandbox is not sound.
        """
        check_jinja()
        sources: dict[str, str] = {}
        unreadable: dict[str, str] = {}
        for path in sorted([*directory.glob("*.*"), *directory.glob("*/*.*")]):
            file = path.relative_to(directory).as_posix()
            if path.suffix not in (".txt", ".html") or file.startswith(".") or "/." in file:
                continue
            source = opened(path, directory)
            if isinstance(source, str):
                unreadable[file] = source
                continue
            try:
                with source:
                    sources[file] = source.read(SOURCE_CAP * 4).decode("utf-8-sig").replace("\r\n", "\n")
            except (OSError, UnicodeDecodeError) as error:
                unreadable[file] = f"cannot be read as UTF-8 text: {error}"
        return cls(sources, shown_as=directory.name, unreadable=unreadable)

    @property
    def files(self) -> Sequence[str]:
        """Every template file found, unreadable ones too."""
        return sorted({*self.sources, *self.unreadable})

    @property
    def names(self) -> frozenset[str]:
        """Every template of the folder, for whatever queue or language, and the built-in ones."""
        stems = (file.rpartition("/")[2].partition(".")[0] for file in self.files if not file.startswith("canned/"))
        return frozenset(stems) | builtin.NAMES

    @property
    def letters(self) -> frozenset[str]:
        """Those that go to customers: what rules and steps may name."""
        return self.names - builtin.AGENT

    @property
    def canned(self) -> tuple[str, ...]:
        """The prepared replies, `canned/NAME.txt` and `canned/NAME.LANG.txt`: plain text for agents to send."""
        files = (file.removeprefix("canned/") for file in self.sources if file.startswith("canned/"))
        return tuple(sorted({file.partition(".")[0] for file in files if file.endswith(".txt")}))

    def canned_text(self, name: str, language: str, then: str = "") -> str:
        """A prepared reply in this language, else in `then`, else as the file without a language has it, else any."""
        files = [f"canned/{name}.{tongue}.txt" for tongue in (language, then) if tongue] + [f"canned/{name}.txt"]
        files += sorted(file for file in self.sources if file.startswith(f"canned/{name}."))
        return next((self.sources[file].strip("\n") for file in files if file in self.sources), "")

    def find(self, name: str, queue: str = "", language: str = "", then: str = "") -> str:
        """The file that serves: QUEUE/NAME.LANG.txt, QUEUE/NAME.txt, NAME.LANG.txt, NAME.txt; `""`: there is none.

        Where none of them is in this language, or it is not known, the language `then` is asked for (the queue's). A
        file without a language is in English. Close relatives do not stand in for each other.
        """
        file = self._find(name, queue, language)
        if then and not _is_in(file, language):
            other = self._find(name, queue, then)
            if _is_in(other, then):
                return other
        return file

    def tongue(self, name: str, *, queue: str = "", language: str = "", then: str = "") -> str:
        """The language of the file that serves; that of a queue's own file without one is `then`, the queue's."""
        file = self.find(name, queue, language, then)
        return _language_of(file) or (then if "/" in file else "") or "en"

    def _find(self, name: str, queue: str, language: str) -> str:
        tongue = language.lower()
        tongues = dict.fromkeys((tongue, tongue.partition("-")[0], ""))
        for folder in (f"{queue}/", "") if queue else ("",):
            for tongue in tongues:
                file = f"{folder}{name}.{tongue}.txt" if tongue else f"{folder}{name}.txt"
                if file in self.sources or file in self.unreadable:
                    return file
        return ""

    def render(self, name: str, *, queue: str = "", language: str = "", then: str = "", context: Context) -> Rendered:
        """The letter `name` says; the built-in plain text, and why, where its template is missing or broken."""
        file = self.find(name, queue, language, then)
        why = f"{self.shown_as}/{name}.txt: there is no such template"
        if file:
            try:
                return self.render_file(file, context)
            except Broken as broken:
                why = str(broken)
        subject, text = builtin.render(name, context)
        return Rendered(subject=words.clean(subject), text=text, fallback=why)

    def render_file(self, file: str, context: Context) -> Rendered:
        """What one .txt file says, with the HTML beside it; Broken where it cannot be filled in."""
        try:
            require_plain(context)
            compiled = self._compile(file)
            assert compiled.subject is not None
            subject = words.clean(_fill(compiled.subject, context))
            text = _fill(compiled.body, context)
        except _MISHAPS as error:
            raise Broken(self._explain(file, error)) from error
        if not subject or not text.strip():
            raise Broken(f"{self.shown_as}/{file}:1: comes out with an empty {'text' if subject else 'subject'}")
        html, fallback = self._render_html(f"{file.removesuffix('.txt')}.html", context)
        return Rendered(subject=subject, text=text, html=html, file=file, fallback=fallback)

    def names_in(self, file: str) -> Mapping[str, int]:
        """What a template takes from its context, and the line where it does so first; TemplateError if it is broken.

        A file that is not there takes nothing.
        """
        return self._compile(file).names if file in self.sources else {}

    def _render_html(self, file: str, context: Context) -> tuple[str, str]:
        if file not in self.sources and file not in self.unreadable:
            return "", ""
        try:
            return _fill(self._compile(file).body, context), ""
        except _MISHAPS as error:
            return "", self._explain(file, error)

    def _compile(self, file: str) -> _Compiled:
        if file in self.unreadable:
            raise TemplateSyntaxError(self.unreadable[file], 1)
        return _compiled(self.sources[file], file.endswith(".html"))

    def _explain(self, file: str, error: BaseException) -> str:
        what = str(error) or type(error).__name__
        if isinstance(error, UndefinedError):
            what = what.replace("'dict object' has no attribute", "there is no")
        elif not isinstance(error, TemplateError):
            what = f"{type(error).__name__}: {what}"
        return f"{self.shown_as}/{file}:{_line_of(error)}: {what.splitlines()[0]}"


@lru_cache(maxsize=1000)
def _compiled(source: str, is_html: bool) -> _Compiled:
    """Kept over a reload: then only what was edited is compiled anew."""
    if is_html:
        page, names = _HTML.template(source)
        return _Compiled(subject=None, body=page, names=names)
    head, below = split(source)
    subject, named = _TEXT.template(head)
    text, names = _TEXT.template(below)
    return _Compiled(subject=subject, body=text, names={**names, **named})


def _language_of(file: str) -> str:
    """The language in a file's name, or `""`: `reply.de.txt`."""
    return file.rpartition("/")[2].removesuffix(".txt").partition(".")[2]


def _is_in(file: str, language: str) -> bool:
    primary = language.lower().partition("-")[0]
    own = _language_of(file).partition("-")[0]
    return bool(file) and bool(primary) and (own or "en") == primary


def split(source: str) -> tuple[str, str]:
    """Subject and body of a template, each padded with line breaks so that its lines keep their numbers."""
    start = _COMMENT.match(source)
    above = source[: start.end()].count("\n") if start else 0
    lines = source.split("\n")
    lines[above] = source[start.end() :].split("\n", 1)[0] if start else lines[above]
    if not lines[above].lower().startswith("subject:"):
        raise TemplateSyntaxError('a template begins with "Subject: ..." and an empty line', above + 1)
    end = above + 1
    while end < len(lines) and lines[end][:1] in (" ", "\t") and lines[end].strip():
        end += 1
    if end < len(lines) and lines[end].strip():
        raise TemplateSyntaxError("an empty line must stand between the subject and the text", end + 1)
    subject = "\n".join([lines[above][len("subject:") :], *lines[above + 1 : end]])
    return "\n" * above + subject, "\n" * (end + 1) + "\n".join(lines[end + 1 :])


def _fill(template: Template, context: Context) -> str:
    pieces = []
    size = 0
    for piece in template.generate(context):
        size += len(piece)
        if size > OUTPUT_CAP:
            raise ValueError(f"comes out longer than {OUTPUT_CAP >> 10} KB")
        pieces.append(piece)
    return "".join(pieces).strip("\n") + "\n"


def _line_of(error: BaseException) -> int:
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    line = 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
