"""The rules folder of a site: what is in it, what rules may name, the mails of tests. All else is `gateway.rules`."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway import tomltext
from gateway.config.schema import Config
from gateway.config.site_files import opened
from gateway.errors import RulesError
from gateway.rules import FieldShape, Names, RuleSet, load

_LARGEST = 2 << 20  # bytes of a rules file
_LARGEST_LIST = 8 << 20
_LARGEST_SAMPLE = 64 << 20
_MOST_FILES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesFolder:
    """The texts of `*.toml` by shown name (`rules/20-routing.toml`), and the values of `lists/*.txt` by name."""

    files: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]


def load_rules(cfg: Config, templates: Collection[str], rules_dir: Path | None = None) -> RuleSet:
    """The checked rule set of a site, or of another folder as if it were the site's; RulesError with every mistake.

    `templates`: the names `set.reply` may give. A site without a rules folder has no rules: its mail becomes tickets
    that nobody acknowledges.
    """
    there = rules_dir is not None or cfg.rules_dir.exists()
    folder = read_folder(rules_dir or cfg.rules_dir) if there else RulesFolder(files={}, lists={})
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


def unread(folder: Path) -> list[str]:
    """A warning for each file beside the rules that nobody reads, though its name says that somebody meant it so."""
    there = sorted(path for path in folder.rglob("*") if not path.is_dir() and not _is_apart(path.relative_to(folder)))
    read = {*folder.glob("*.toml"), *folder.glob("lists/*.txt")}
    return [
        f"{folder.name}/{path.relative_to(folder)}: is not read: rules are files *.toml in {folder.name}/, "
        f"lists *.txt in {folder.name}/lists/"
        for path in there
        if path not in read
    ]


def _is_apart(path: Path) -> bool:
    """Samples, remarks, hidden files, and what editors leave behind."""
    hidden = any(part.startswith(".") for part in path.parts)
    return hidden or path.parts[0] == "samples" or path.suffix == ".md" or path.name.endswith(("~", "#"))


def names(cfg: Config, templates: Collection[str], lists: Mapping[str, tuple[str, ...]]) -> Names:
    """What the rules of this site may name."""
    return Names(
        queues=tuple(cfg.queues),
        agents=tuple(cfg.staff),
        slas=tuple(cfg.sla),
        templates=tuple(templates),
        fields={name: FieldShape(pattern=one.pattern or "", values=one.values) for name, one in cfg.fields.items()},
        statuses=cfg.status_table.names,
        status_table=cfg.status_table,
        areas=cfg.areas.values,
        categories=cfg.categories.values or None,
        organisations=tuple(cfg.organisations),
        calendars=tuple(cfg.calendars),
        skills=frozenset(skill for agent in cfg.agents.values() for skill in agent.skills),
        lists=lists,
        whose=cfg.whose,
    )


def read_samples(rules: RuleSet, folder: Path) -> Iterator[tuple[str, bytes]]:
    """The bytes of the mails that tests name by `file`; what cannot be opened is left out: its test fails."""
    for name in rules.sample_files:
        raw = _bytes(folder / name, _LARGEST_SAMPLE, folder)
        if isinstance(raw, bytes):
            yield name, raw


def _texts(folder: Path, pattern: str, largest: int, home: Path, problems: list[str]) -> Iterator[tuple[str, str]]:
    """Shown name and text of each file, in name order; hidden files are editors' business."""
    try:
        listed = sorted(folder.iterdir()) if folder.exists() else []
    except OSError as error:
        problems.append(f"{folder}: cannot be read: {error.strerror}")
        return
    paths = [path for path in listed if path.match(pattern) and not path.name.startswith(".")]
    if len(paths) > _MOST_FILES:
        problems.append(f"{folder}: holds {len(paths):,} files, at most {_MOST_FILES}")
        return
    for path in paths:
        shown = f"{home.name}/{path.relative_to(home)}"
        if not shown.isprintable():  # it is stored and printed wherever the rule decides
            problems.append(f"{ascii(shown)[1:-1]}: has a name that cannot be printed; rename the file")
            continue
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
    file = opened(path, home)
    if isinstance(file, str):
        return file
    try:
        with file:
            raw = file.read(largest + 1)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return raw if len(raw) <= largest else f"is larger than {largest >> 20} MB"


def _entries(text: str) -> tuple[str, ...]:
    """One value a line; empty lines and remarks (#) are passed over."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
