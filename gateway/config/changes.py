"""What admins edit, as texts, and what is different between two states of it, in a line for people."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_MOST = 12  # parts of a summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The files of a site: `rules` by shown name (`rules/20-routing.toml`), `templates` by path below their folder.

    `config_name` is what the configuration is called on the disk, as far as that is known.
    """

    config: str = ""
    config_name: str = "config.toml"
    rules: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file that differs; `file` is its path below the folder of the site, `what` one line."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file.removeprefix('rules/')}: {self.what}"


Blocks = Mapping[str, Any]  # the rules of a file by name, in their order


def same_names(before: Texts, after: Texts) -> bool:
    """Whether rules may name the same in both: then a file that is the same in both holds the same rules."""
    lists = [{name: tuple(values) for name, values in one.lists.items()} for one in (before, after)]
    return before.config == after.config and before.templates.keys() == after.templates.keys() and lists[0] == lists[1]


def changes(before: Texts, after: Texts, known: Mapping[str, Blocks] | None = None) -> list[FileChange]:
    """Every file that differs, in the order rules, lists, templates, configuration.

    `known`: the rules in texts of rules files that were read already.
    """

    def rules_differ(old: str, new: str) -> str:
        return _rules_differ(*((known or {}).get(text) or _blocks(text) for text in (old, new)))

    found = [
        *_files(before.rules, after.rules, "", rules_differ),
        *_files(_joined(before.lists), _joined(after.lists), "rules/lists/", _values_differ, ".txt"),
        *_files(before.templates, after.templates, "templates/", lambda old, new: "changed"),
    ]
    if before.config != after.config:
        found.append(FileChange(file=after.config_name, what=_settings_differ(before.config, after.config)))
    return found


def summary(found: Sequence[FileChange]) -> str:
    """The changes in one line: `20-routing.toml: +rule "invoices", -rule "old"; templates/reply.txt: changed`."""
    told = "; ".join(str(one) for one in found[:_MOST])
    return f"{told}; {len(found) - _MOST} more files" if len(found) > _MOST else told


def _files(
    before: Mapping[str, str], after: Mapping[str, str], folder: str, differ: Any, ending: str = ""
) -> Iterator[FileChange]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            what = "new" if old is None else "gone" if new is None else differ(old, new)
            yield FileChange(file=f"{folder}{name}{ending}", what=what)


def _joined(lists: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: "\n".join(values) for name, values in lists.items()}


def _values_differ(before: str, after: str) -> str:
    old, new = set(before.splitlines()), set(after.splitlines())
    counts = [f"{sign}{len(values)}" for sign, values in (("+", new - old), ("-", old - new)) if values]
    return f"{' '.join(counts)} values" if counts else "other order"


def _rules_differ(old: Blocks, new: Blocks) -> str:
    parts = [f'+rule "{name}"' for name in new if name not in old]
    parts += [f'~rule "{name}"' for name in new if name in old and new[name] != old[name]]
    parts += [f'-rule "{name}"' for name in old if name not in new]
    if not parts:
        return "remarks" if list(old) == list(new) else "other order"
    return _shortened(parts)


def _blocks(text: str) -> Blocks:
    return {str(block.get("name")): block for block in _tables(text).get("rule", []) if isinstance(block, dict)}


def _settings_differ(before: str, after: str) -> str:
    """Which keys are new, different or gone; never their values."""
    old, new = dict(_flat(_tables(before))), dict(_flat(_tables(after)))
    parts = [f"+{name}" for name in new if name not in old]
    parts += [f"~{name}" for name in new if name in old and new[name] != old[name]]
    parts += [f"-{name}" for name in old if name not in new]
    return _shortened(parts) if parts else "remarks"


def _shortened(parts: Sequence[str]) -> str:
    told = ", ".join(parts[:_MOST])
    return f"{told}, {len(parts) - _MOST} more" if len(parts) > _MOST else told


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            is_block = isinstance(value, list) and any(isinstance(one, Mapping) for one in value)
            yield (f"[[{prefix}{key}]]" if is_block else f"{prefix}{key}"), value


def _tables(text: str) -> dict[str, Any]:
    """A text that was in force, so it is TOML; one of an older release may not be to us."""
    try:
        return tomllib.loads(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
    except tomllib.TOMLDecodeError:
        return {}
