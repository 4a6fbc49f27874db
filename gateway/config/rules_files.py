"""The rules folder of a site: what is in it, what rules may name, their tests. All else is `gateway.rules`."""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway import tomltext
from gateway.config.schema import Config
from gateway.errors import RulesError
from gateway.mail import Mail, read
from gateway.rules import FieldShape, Names, RegexMatcher, RuleSet, load
from gateway.rules.testing import Report, Surroundings, run_tests
from gateway.tickets.status import Status

_LARGEST = 2 << 20  # bytes of a rules file
_LARGEST_LIST = 8 << 20
_LARGEST_SAMPLE = 64 << 20
_MOST_FILES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesFolder:
    """The texts of `*.toml` by shown name (`rules/20-routing.toml`), and the values of `lists/*.txt` by name."""

    files: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]


def load_rules(cfg: Config, templates: Collection[str]) -> RuleSet:
    """The checked rule set of a site; RulesError with every mistake. `templates`: the names `set.reply` may give.

    A site without a rules folder has no rules: its mail becomes tickets that nobody acknowledges.
    """
    folder = read_folder(cfg.rules_dir) if cfg.rules_dir.exists() else RulesFolder(files={}, lists={})
    return load(folder.files, names(cfg, templates, folder.lists))


def read_folder(folder: Path) -> RulesFolder:
    """What is in a rules folder; RulesError where there is none, it has no rules, or a file cannot be read."""
    problems: list[str] = []
    if not folder.is_dir():
        raise RulesError([f"{folder}: there is no such folder; `gateway init DIR` writes one with the usual rules"])
    files = dict(_texts(folder, "*.toml", _LARGEST, folder, problems))
    lists = {
        name.rpartition("/")[2].removesuffix(".txt"): _entries(text)
        for name, text in _texts(folder / "lists", "*.txt", _LARGEST_LIST, folder, problems)
    }
    if not files and not problems:
        problems.append(f"{folder}: holds no rules; a rules file ends in .toml")
    if problems:
        raise RulesError(problems)
    return RulesFolder(files=files, lists=lists)


def names(cfg: Config, templates: Collection[str], lists: Mapping[str, tuple[str, ...]]) -> Names:
    """What the rules of this site may name."""
    return Names(
        queues=tuple(cfg.queues),
        agents=tuple(cfg.agents),
        slas=tuple(cfg.sla),
        templates=tuple(templates),
        fields={name: FieldShape(pattern=one.pattern or "", values=one.values) for name, one in cfg.fields.items()},
        statuses=tuple(dict.fromkeys((*Status, *cfg.statuses))),
        areas=cfg.areas.values,
        calendars=tuple(cfg.calendars),
        skills=frozenset(skill for agent in cfg.agents.values() for skill in agent.skills),
        lists=lists,
    )


def read_samples(rules: RuleSet, folder: Path, read_mail: Callable[[bytes], Mail]) -> dict[str, Mail]:
    """The mails that tests name by `file`, read by `read_mail`; what cannot be opened is left out: its test fails."""
    found: dict[str, Mail] = {}
    for name in rules.sample_files:
        raw = _bytes(folder / name, _LARGEST_SAMPLE, folder)
        if isinstance(raw, bytes):
            found[name] = read_mail(raw)
    return found


def run_rule_tests(cfg: Config, rules: RuleSet) -> Report:
    """The tests in the rules files, run against the whole set, with the queues and samples of the site."""
    usual = next(iter(cfg.addresses().values()), None)
    surroundings = Surroundings(
        queue_for=lambda address: (cfg.queue_for(address) if address else None) or usual,
        samples=read_samples(rules, cfg.rules_dir, read),
    )
    return run_tests(rules, RegexMatcher(time.monotonic), surroundings)


def _texts(folder: Path, pattern: str, largest: int, home: Path, problems: list[str]) -> Iterator[tuple[str, str]]:
    """Shown name and text of each file, in name order; hidden files are editors' business."""
    paths = sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))
    if len(paths) > _MOST_FILES:
        problems.append(f"{folder}: holds {len(paths):,} files, at most {_MOST_FILES}")
        return
    for path in paths:
        shown = f"{home.name}/{path.relative_to(home)}"
        raw = _bytes(path, largest, home)
        if isinstance(raw, str):
            problems.append(f"{shown}: {raw}")
            continue
        try:
            yield shown, tomltext.decode(raw)
        except tomltext.TomlProblem as problem:
            problems.append(f"{shown}:{problem.line}: {problem.what}")


def _bytes(path: Path, largest: int, home: Path) -> bytes | str:
    """The content of a file, or why it is not read."""
    try:
        inside = os.path.realpath(home)
        if os.path.commonpath((inside, os.path.realpath(path))) != inside:
            return "is a link to a file outside the rules folder; copy the file"
        if not path.is_file():
            return "is no file"
        with path.open("rb") as file:
            raw = file.read(largest + 1)
    except (OSError, ValueError) as error:
        return f"cannot be read: {error.strerror if isinstance(error, OSError) else error}"
    if len(raw) > largest:
        return f"is larger than {largest >> 20} MB"
    return raw


def _entries(text: str) -> tuple[str, ...]:
    """One value a line; empty lines and remarks (#) are passed over."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
