"""Rules files -> RuleSet, or every mistake in them at once. Reads texts, not files: the caller has read those."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from gateway.errors import RulesError
from gateway.rules.actions import read_adds, read_sets
from gateway.rules.conditions import read_groups
from gateway.rules.evaluate import RuleSet
from gateway.rules.examples import read_examples
from gateway.rules.language import ADD, FAMILIES, FIELDS, GROUPED, RULE_KEYS, SET, TRIGGER_GROUPS, TRIGGERS
from gateway.rules.names import Names
from gateway.rules.operands import kind_of
from gateway.rules.problems import Problem, Reading
from gateway.rules.rule import Rule, moved
from gateway.tomltext import Form, Lines, TomlProblem, line_of, parse
from gateway.tomltext import lines as scan
from gateway.tomltext.guess import did_you_mean, nearest

MAX_RULES = 20_000  # in all; 10,000 load in seconds
_MOST_TOLD = 1_000
_MOST_BROKEN = 50  # blocks of a file told of: more are one mistake made everywhere
MAX_NAME = 120
FORM = Form(blocks=("rule", "rule.test"), beside="write `{key}.contains = ...` (or .words, .is) beside `{rest}`")


def load(files: Mapping[str, str], names: Names, known: RuleSet | None = None) -> RuleSet:
    """The checked set of the given files (shown name -> text), in name order; RulesError with all mistakes.

    What stood in the same file of `known`, a set by the very same names, is not read again.
    """
    problems: list[Problem] = []
    rules: list[Rule] = []
    for file in sorted(files):
        found = _read_again(file, files[file], names, known) if known and known.names is names else None
        rules += _read_file(file, files[file], names, problems) if found is None else found
    problems += _repeated(rules)
    problems += _unreachable(rules)
    if len(rules) > MAX_RULES:
        over = rules[MAX_RULES]
        problems.append(Problem(file=over.file, line=over.line, message=f"more than {MAX_RULES:,} rules in all"))
    if problems:
        raise RulesError(_listed(problems))
    return RuleSet(rules, names=names, files=files)


def not_toml(files: Mapping[str, str]) -> list[str]:
    """What of rules files is no TOML: all that can be told where nothing is known of the site."""
    problems: list[Problem] = []
    for file in sorted(files):
        _tables(file, files[file], problems)
    return _listed(problems)


def _listed(problems: Sequence[Problem]) -> list[str]:
    """In the order of their lines; beyond a thousand nobody reads them."""
    found = sorted(set(problems))
    more = [f"and {len(found) - _MOST_TOLD:,} mistakes more"] if len(found) > _MOST_TOLD else []
    return [*map(str, found[:_MOST_TOLD]), *more]


def _read_again(file: str, text: str, names: Names, known: RuleSet) -> list[Rule] | None:
    """The rules of a file, of which only the blocks that are new are read; None: read it whole.

    Whole is read what has mistakes: also where the file was cut at a heading that stands within a text, for the block
    above it is no TOML then.
    """
    before = {rule.line: rule for rule in known.rules if rule.file == file}
    if known.files.get(file) == text:
        return list(before.values())
    (_, remarks), *blocks = _blocks(text)
    old = {block: line for line, block in _blocks(known.files.get(file, ""))[1:]}  # each has a name of its own in it
    if list(before) != list(old.values()) or not _ONLY_REMARKS.fullmatch(remarks):
        return None
    found: list[Rule] = []
    for is_known, run in groupby(blocks, key=lambda one: one[1] in old):
        fresh = list(run)
        if is_known:
            found += (moved(before[old[block]], line - old[block]) for line, block in fresh)
            continue
        problems: list[Problem] = []
        read = _read_file(file, "\n" * (fresh[0][0] - 1) + "".join(block for _, block in fresh), names, problems)
        if problems:
            return None
        found += read
    return found


_ONLY_REMARKS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?(?:\n|\Z))*")


def _blocks(text: str) -> list[tuple[int, str]]:
    """What stands above the first rule, then each rule with its tests: line and text."""
    found = []
    line = 1
    for block in _HEADING.split(text):
        found.append((line, block))
        line += block.count("\n")
    return found


def _read_file(file: str, text: str, names: Names, problems: list[Problem]) -> list[Rule]:
    table, text = _tables(file, text, problems)
    lines = scan(text)
    blocks = table.pop("rule", [])
    for key in table:
        hint = did_you_mean(key, ("rule",)) if nearest(key, ("rule",)) else _above_the_first_rule(key)
        problems.append(Problem(file=file, line=line_of(lines, (key,)), message=f"{key}: no such key{hint}"))
    if not isinstance(blocks, list):
        problems.append(Problem(file=file, line=line_of(lines, ("rule",)), message="write [[rule]] with two brackets"))
        return []
    if len(blocks) > MAX_RULES:
        problems.append(Problem(file=file, line=1, message=f"{len(blocks):,} rules, at most {MAX_RULES:,} in all"))
        return []
    return [_read_rule(block, file, lines, number, names, problems) for number, block in enumerate(blocks)]


_HEADING = re.compile(r"(?m)^(?=[ \t]*\[\[[ \t]*rule[ \t]*\]\])")
_NAME = re.compile(r"""(?m)^[ \t]*name[ \t]*=[ \t]*(?:"([^"\\\n]*)"|'([^'\n]*)')""")


def _tables(file: str, text: str, problems: list[Problem]) -> tuple[dict[str, Any], str]:
    """The tables of a file and the text they came from: a block that is no TOML is told and blanked out, so that the
    mistakes in the others are told with it.
    """
    try:
        return parse(text, FORM), text
    except TomlProblem as problem:
        first = Problem(file=file, line=problem.line, message=problem.what)
    readable: list[str] = []
    broken: list[Problem] = []
    for line, block in _blocks(text):
        wrong = _why_no_toml(block, file, line - 1) if len(broken) < _MOST_BROKEN else None
        broken += [wrong] if wrong else []
        readable.append("\n" * block.count("\n") if wrong else block)
    rest = "".join(readable)
    try:
        table = parse(rest, FORM)
    except TomlProblem:
        table, rest = {}, ""
    problems += broken or [first]
    return table, rest


def _why_no_toml(block: str, file: str, above: int) -> Problem | None:
    """What is wrong with one block that stands below so many lines; None where it is TOML."""
    try:
        parse(block, FORM)
    except TomlProblem:
        pass
    else:
        return None
    try:  # messages name other lines too
        parse("\n" * above + block, FORM)
    except TomlProblem as problem:
        named = _NAME.search(block)
        rule = (named[1] or named[2] or "")[:60] if named else ""
        return Problem(file=file, line=problem.line, rule=rule, message=problem.what)
    return None


def _above_the_first_rule(key: str) -> str:
    return "; it stands above the first [[rule]]" if key in RULE_KEYS else "; a rules file holds [[rule]] blocks only"


def _read_rule(
    block: Mapping[str, Any], file: str, lines: Lines, number: int, names: Names, problems: list[Problem]
) -> Rule:
    """One block, as far as it can be understood: what is wrong is in `problems`, and then nobody uses the rule."""
    label = block.get("name")
    rule_name = label if isinstance(label, str) else ""
    reading = Reading(
        file=file, lines=lines, base=("rule", number), rule=rule_name[:60], names=names, problems=problems
    )
    _check_keys(block, reading)
    on = _triggers(block.get("on", "created"), reading)
    groups = read_groups(block, reading)
    captures = frozenset(
        capture
        for group in groups
        for condition in group.conditions(positive_only=True)
        for pattern in condition.patterns
        for capture in pattern.groupindex
    )
    sets = read_sets(block.get("set", {}), captures, reading)
    if on and "created" not in on and any(line.name == "requester" for line in sets):
        what = 'only an agent changes the requester of an existing ticket; write on = "created" or "mail"'
        reading.wrong(("set", "requester"), what)
    rule = Rule(
        name=rule_name,
        why=block["why"] if isinstance(block.get("why"), str) else "",
        file=file,
        line=reading.line(()),
        on=on,
        groups=groups,
        sets=sets,
        adds=read_adds(block, captures, reading),
        quarantine=_reason(block, reading),
        stop=_flag(block, "stop", reading),
        force=_flag(block, "force", reading),
        captures=captures,
        source=block,
    )
    if not {"set", "add", "need", "notify", "quarantine", "stop"} & block.keys():
        reading.wrong((), 'does nothing; write such as set.queue = "billing" or stop = true', what="")
    if rule.force and not rule.sets:
        reading.wrong(("force",), "changes nothing, for the rule has no set line")
    return replace(rule, examples=read_examples(block.get("test", []), on, reading))


def _check_keys(block: Mapping[str, Any], reading: Reading) -> None:
    name = block.get("name")
    if name is None:
        reading.wrong((), 'has no name; write name = "what it is for"', what="")
    elif not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME or "\n" in name:
        reading.wrong(("name",), f"must be one line of text, at most {MAX_NAME} characters, not {kind_of(name)}")
    if "why" in block and not isinstance(block["why"], str):
        reading.wrong(("why",), f"must be text in quotes, not {kind_of(block['why'])}")
    for key in block:
        if key not in RULE_KEYS:
            reading.wrong((key,), f"no such key in a rule{_hint(key)}")


def _hint(key: str) -> str:
    if key in ("if", "where", "match", "conditions", "all"):
        return ", did you mean when?"
    if key in ("then", "do", "action", "actions"):
        return ", did you mean set?"
    if key in ("not", "except"):
        return ", did you mean unless?"
    if key in ("tests", "expect", "mail"):
        return "; a test begins with [[rule.test]]"
    if key in ADD:
        return f"; write add.{key} to add some, when.{key} to ask for them"
    if key in SET:
        return f"; write set.{key} to set it" + (f", when.{key} to ask for it" if key in FIELDS else "")
    if key in FIELDS or key in FAMILIES or key in GROUPED:
        return f"; write when.{key}"
    near = nearest(key, RULE_KEYS)
    return f", did you mean {near}?" if near else f"; known: {', '.join(RULE_KEYS)}"


def _triggers(value: object, reading: Reading) -> tuple[str, ...]:
    listed: Sequence[object] = value if isinstance(value, list) else [value]
    found: list[str] = []
    for one in listed:
        if isinstance(one, str) and one in TRIGGER_GROUPS:
            found += TRIGGER_GROUPS[one]
        elif isinstance(one, str) and one in TRIGGERS:
            found.append(one)
        else:
            guess = did_you_mean(str(one), (*TRIGGERS, *TRIGGER_GROUPS))
            reading.wrong(("on",), f"no such trigger: {kind_of(one)}{guess}")
    if not listed:
        reading.wrong(("on",), 'is an empty list; leave it out for "created"')
    return tuple(dict.fromkeys(found))


def _reason(block: Mapping[str, Any], reading: Reading) -> str:
    value = block.get("quarantine", "")
    if "quarantine" in block and (not isinstance(value, str) or not value.strip() or len(value) > 200 or "\n" in value):
        reading.wrong(("quarantine",), f'must be the reason in quotes, one line, such as "spam", not {kind_of(value)}')
        return ""
    return value if isinstance(value, str) else ""


def _flag(block: Mapping[str, Any], key: str, reading: Reading) -> bool:
    value = block.get(key, False)
    if not isinstance(value, bool):
        reading.wrong((key,), f"must be true or false, without quotes, not {kind_of(value)}")
    return value is True


def _repeated(rules: Sequence[Rule]) -> list[Problem]:
    first: dict[str, Rule] = {}
    found = []
    for rule in rules:
        known = first.setdefault(rule.name, rule)
        if known is not rule and rule.name:
            message = f"the name is taken by the rule in {known.place}; every rule has its own"
            found.append(Problem(file=rule.file, line=rule.line, rule=rule.name, message=message))
    return found


def _unreachable(rules: Sequence[Rule]) -> list[Problem]:
    """Rules below one that ends everything without asking anything, for all of their triggers."""
    ended: dict[str, Rule] = {}
    found = []
    for rule in rules:
        if rule.on and all(event in ended for event in rule.on):
            by = ended[rule.on[0]]
            message = f'can never be reached: rule "{by.name}" in {by.place} ends every mail before it'
            found.append(Problem(file=rule.file, line=rule.line, rule=rule.name, message=message))
        if rule.ends_all and not {"when", "any", "unless"} & rule.source.keys():
            for event in rule.on:
                ended.setdefault(event, rule)
    return found
