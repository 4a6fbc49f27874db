"""Mistakes in rules files, gathered instead of raised: an admin sees all of them at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.rules.names import Names
from gateway.tomltext import Lines, Path, line_of

KeyPath = Path


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One mistake; its text is `rules/20-routing.toml:14: rule "invoices": what is wrong`."""

    file: str
    line: int
    rule: str = ""
    message: str

    def __str__(self) -> str:
        rule = f'rule "{self.rule}": ' if self.rule else ""
        return f"{self.file}:{self.line}: {rule}{self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What every reader of a part of one rule needs: where it stands, what may be named, where mistakes go."""

    file: str
    lines: Lines
    base: KeyPath  # of the rule in its file: ("rule", 3)
    rule: str
    names: Names
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        return line_of(self.lines, (*self.base, *path))

    def wrong(self, path: KeyPath, message: str, *, what: str | None = None) -> None:
        """Note a mistake at a key of the rule; `what` is the key in words where the path would not say it well."""
        shown = dotted(path) if what is None else what
        text = f"{shown}: {message}" if shown else message
        self.problems.append(Problem(file=self.file, line=self.line(path), rule=self.rule, message=text))


def dotted(path: Iterable[str | int]) -> str:
    """`("when", "all", 0, "from")` as `when.all.from`, `("test", 0, "expect", "queue")` as `expect.queue`.

    The number of an element tells an admin nothing, the line says which it is.
    """
    words = [part for part in path if isinstance(part, str)]
    return ".".join(words[1:] if words[:1] == ["test"] and len(words) > 1 else words)
