"""config.toml -> Config, or every mistake of it at once with file and line."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gateway import tomltext
from gateway.config import problems
from gateway.config.crosscheck import cross_problems
from gateway.config.derived import with_derived
from gateway.config.filecheck import secret_problems
from gateway.config.problems import Loc, Problem
from gateway.config.schema import Config
from gateway.errors import ConfigError

_LARGEST = 4 << 20
_FORM = tomltext.Form(blocks=problems.arrays(Config))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that is TOML: `shown` is its name as the user gave it, `data` its tables as they stand there."""

    path: Path
    shown: str
    text: str
    data: dict[str, Any]

    def tell(self, loc: Loc, what: str, lines: tomltext.Lines | None = None) -> str:
        """`config.toml:12: mail.host: what`."""
        found = tomltext.lines(self.text) if lines is None else lines
        return f"{self.shown}:{tomltext.line_of(found, loc)}: {problems.dotted(loc)}: {what}"


def load(path: Path, *, secrets: bool = True, thorough: bool = False) -> Config:
    """The effective settings; ConfigError with every mistake as `config.toml:LINE: path: what`.

    `secrets=False` does not look whether secret files and variables are there (commands that only read tickets);
    `thorough` also checks what costs memory to know: country codes of holidays.
    """
    return checked(read(path), secrets=secrets, thorough=thorough)


def told(cfg: Config, loc: Loc, what: str) -> str:
    """`/etc/gateway/config.toml:12: mail.host: what`, by the file as it is now; no line where it cannot be read."""
    try:
        return read(cfg.path).tell(loc, what)
    except ConfigError:
        return f"{cfg.path}: {problems.dotted(loc)}: {what}"


def read(path: Path, shown: str = "") -> Document:
    """The file as TOML; ConfigError where it cannot be read or is no TOML, which calls it `shown`."""
    shown = shown or str(path)
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise ConfigError([f"{shown}: there is no such file; `gateway init DIR` writes one"])
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no usable name"
        raise ConfigError([f"{shown}: cannot be read: {reason}"])
    if len(raw) > _LARGEST:
        raise ConfigError([f"{shown}: is larger than 4 MB, which no configuration is"])
    try:
        text = tomltext.decode(raw)
    except tomltext.TomlProblem as problem:
        raise ConfigError([f"{shown}:{problem.line}: {problem.what}"])
    return parsed(text, Path(os.path.abspath(path)), shown)


def parsed(text: str, path: Path, shown: str) -> Document:
    """A text as the file it was or is; ConfigError where it is no TOML."""
    try:
        return Document(path=path, shown=shown, text=text, data=tomltext.parse(text, _FORM))
    except tomltext.TomlProblem as problem:
        raise ConfigError([f"{shown}:{problem.line}: {problem.what}"])


def checked(document: Document, *, secrets: bool = True, thorough: bool = False) -> Config:
    """The settings of a document; ConfigError with every mistake, in the order of the lines."""
    root = document.path.parent
    found: list[Problem] = []
    config: Config | None = None
    try:
        config = Config.model_validate(with_derived(document.data), context={"root": root})
    except ValidationError as error:
        found += problems.translated(Config, error.errors(include_url=False))
    told = {problem.loc for problem in found}
    found += [problem for problem in cross_problems(document.data, thorough=thorough) if problem.loc not in told]
    if secrets:
        found += [problem for problem in secret_problems(document.data, root) if problem.loc not in told]
    if config is None or found:
        lines = tomltext.lines(document.text)
        found.sort(key=lambda problem: tomltext.line_of(lines, problem.loc))
        raise ConfigError([document.tell(problem.loc, problem.what, lines) for problem in found])
    config._path = document.path
    return config
