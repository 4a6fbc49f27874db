"""Templates: found by queue, name and language, compiled once, filled in; never the reason a letter is not written.

A template looks like the mail it makes: `Subject: ...`, an empty line, the body. HTML stands beside it in NAME.html.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jinja2 import Template, TemplateError, TemplateSyntaxError
from jinja2.exceptions import UndefinedError

from gateway.compose import builtin, words
from gateway.compose.sandbox import OUTPUT_CAP, SOURCE_CAP, Sandbox, require_plain
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


class Templates:
    """The templates of one folder as they were when loaded; to see edits, load again. Threads may share it."""

    def __init__(
        self, sources: Mapping[str, str], *, unreadable: Mapping[str, str] | None = None, shown_as: str = "templates"
    ) -> None:
        """`sources`: path below the folder, such as `support/reply.de.txt`, -> text; `unreadable`: path -> why."""
        self.shown_as = shown_as
        self.unreadable = dict(unreadable or {})
        self.sources: Mapping[str, str] = dict(sources)
        self._compiled: dict[str, _Compiled] = {}
        self._text = Sandbox(autoescape=False)
        self._html = Sandbox(autoescape=True)

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Every *.txt and *.html of the folder and of those in it (one a queue); a missing folder is an empty one."""
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
        """What rules may name: every template of the folder, for whatever queue or language, and the built-in ones."""
        stems = (file.rpartition("/")[2].partition(".")[0] for file in self.files if not file.startswith("canned/"))
        return frozenset(stems) | builtin.NAMES

    def find(self, name: str, queue: str = "", language: str = "") -> str:
        """The file that serves: QUEUE/NAME.LANG.txt, QUEUE/NAME.txt, NAME.LANG.txt, NAME.txt; `""`: there is none."""
        tongue = language.lower()
        tongues = [tongue, tongue.partition("-")[0], ""] if tongue else [""]
        for folder in (f"{queue}/", "") if queue else ("",):
            for tongue in tongues:
                file = f"{folder}{name}.{tongue}.txt" if tongue else f"{folder}{name}.txt"
                if file in self.sources or file in self.unreadable:
                    return file
        return ""

    def render(self, name: str, *, queue: str = "", language: str = "", context: Context) -> Rendered:
        """The letter `name` says; the built-in plain text, and why, where its template is missing or broken."""
        file = self.find(name, queue, language)
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

    def _render_html(self, file: str, context: Context) -> tuple[str, str]:
        if file not in self.sources and file not in self.unreadable:
            return "", ""
        try:
            return _fill(self._compile(file).body, context), ""
        except _MISHAPS as error:
            return "", self._explain(file, error)

    def _compile(self, file: str) -> _Compiled:
        known = self._compiled.get(file)
        if known is None:
            if file in self.unreadable:
                raise TemplateSyntaxError(self.unreadable[file], 1)
            known = self._compiled[file] = self._compile_source(file, self.sources[file])
        return known

    def _compile_source(self, file: str, source: str) -> _Compiled:
        if file.endswith(".html"):
            return _Compiled(subject=None, body=self._html.template(source))
        subject, body = split(source)
        return _Compiled(subject=self._text.template(subject), body=self._text.template(body))

    def _explain(self, file: str, error: BaseException) -> str:
        what = str(error) or type(error).__name__
        if isinstance(error, UndefinedError):
            what = what.replace("'dict object' has no attribute", "there is no")
        elif not isinstance(error, TemplateError):
            what = f"{type(error).__name__}: {what}"
        return f"{self.shown_as}/{file}:{_line_of(error)}: {what.splitlines()[0]}"


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
