"""Conditions -> closures. Each takes a View and answers yes or no; an unknown fact answers no."""

from collections.abc import Callable, Sequence

from gateway.mail.fold import fold
from gateway.rules.facts import seen_key
from gateway.rules.globs import glob
from gateway.rules.language import Shape
from gateway.rules.operands import flat
from gateway.rules.rule import Condition, Group, Mode, Rule
from gateway.rules.view import View

Check = Callable[[View], bool]
_Build = Callable[[Condition], Check]


def compile_rule(rule: Rule) -> Check:
    """One test for the whole rule; a rule that asks nothing always holds."""
    return _all([compile_group(group) for group in rule.groups])


def compile_group(group: Group) -> Check:
    checks = [compile_condition(part) if isinstance(part, Condition) else compile_group(part) for part in group.parts]
    if group.mode is Mode.ALL:
        return _all(checks)
    found = _any(checks)
    if group.mode is Mode.ANY:
        return found
    return lambda view: not found(view)


def compile_condition(condition: Condition) -> Check:
    if condition.op == "none":
        return lambda view: False
    return _BUILD[condition.field.shape, condition.op](condition)


def _all(checks: Sequence[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks
        return lambda view: first(view) and second(view)
    together = tuple(checks)

    def hold(view: View) -> bool:
        for check in together:  # noqa: SIM110 (all() would make a generator for every rule of every mail)
            if not check(view):
                return False
        return True

    return hold


def _any(checks: Sequence[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks
        return lambda view: first(view) or second(view)
    together = tuple(checks)

    def hold(view: View) -> bool:
        for check in together:  # noqa: SIM110
            if check(view):
                return True
        return False

    return hold


# ---- texts -----------------------------------------------------------------------------------------------------------


def _words(c: Condition) -> Check:
    name, patterns = c.name, c.wanted[0]
    is_outside, hold = patterns.gate.isdisjoint, patterns.hold_behind_gate

    def hold_words(view: View) -> bool:
        text = view.folded[name]
        return not is_outside(text.index) and hold(text)

    return hold_words


def _text_contains(c: Condition) -> Check:
    name, parts = c.name, c.wanted
    if len(parts) == 1:
        (part,) = parts

        def hold_one(view: View) -> bool:
            for text in view.folded[name].flats:  # noqa: SIM110
                if part in text:
                    return True
            return False

        return hold_one

    def hold(view: View) -> bool:
        for text in view.folded[name].flats:
            for part in parts:
                if part in text:
                    return True
        return False

    return hold


def _text_is(c: Condition) -> Check:
    name, wanted = c.name, frozenset(c.wanted)
    return lambda view: not wanted.isdisjoint(view.folded[name].flats)


def _text_starts(c: Condition) -> Check:
    name, wanted = c.name, c.wanted
    return lambda view: any(text.startswith(wanted) for text in view.folded[name].flats)


def _text_ends(c: Condition) -> Check:
    name, wanted = c.name, c.wanted
    return lambda view: any(text.endswith(wanted) for text in view.folded[name].flats)


def _text_has(c: Condition) -> Check:
    name, wanted = c.name, c.wanted[0]
    return lambda view: any(text.strip() for text in view.texts(name)) is wanted


def _matches(c: Condition) -> Check:
    name, patterns = c.name, c.wanted
    return lambda view: view.search(patterns, name) is not None


# ---- addresses and names ---------------------------------------------------------------------------------------------


def _address_in(c: Condition) -> Check:
    name = c.name
    exact = frozenset(one for one in c.wanted if "*" not in one)
    globs = tuple(glob(one) for one in c.wanted if "*" in one)
    if not globs:
        return lambda view: not exact.isdisjoint(view.values.get(name, ()))

    def hold(view: View) -> bool:
        for address in view.values.get(name, ()):
            if address in exact:
                return True
            for one in globs:
                if one(address):
                    return True
        return False

    return hold


def _some(test: Callable[[str, tuple[str, ...]], bool]) -> _Build:
    """For addresses and names: whether any value, folded, passes the test."""

    def build(c: Condition) -> Check:
        name, wanted = c.name, c.wanted
        return lambda view: any(test(fold(text), wanted) for text in view.texts(name))

    return build


def _part_of(text: str, wanted: tuple[str, ...]) -> bool:
    return any(part in text for part in wanted)


def _name_is(c: Condition) -> Check:
    name, wanted = c.name, frozenset(c.wanted)
    if name in ("area", "category"):
        return lambda view: _in_branch(flat(view.values.get(name, "")), wanted)

    def hold(view: View) -> bool:
        value = view.values.get(name)
        return value is not None and (value in wanted or flat(value) in wanted)

    return hold


def _in_branch(name: str, wanted: frozenset[str]) -> bool:
    """`order` stands for `order/delivery` and its other parts too."""
    return name in wanted or name.partition("/")[0] in wanted


def _tags(c: Condition) -> Check:
    name = c.name
    if isinstance(c.wanted[0], bool):
        wanted_any = c.wanted[0]
        return lambda view: bool(view.values.get(name)) is wanted_any
    wanted = frozenset(c.wanted)
    return lambda view: any(flat(tag) in wanted for tag in view.values.get(name, ()))


# ---- everything else -------------------------------------------------------------------------------------------------


def _equal(c: Condition) -> Check:
    name, wanted = c.name, frozenset(c.wanted)
    return lambda view: view.values.get(name) in wanted


def _over(c: Condition) -> Check:
    name, wanted = c.name, c.wanted[0]

    def hold(view: View) -> bool:
        value = view.values.get(name)
        return value is not None and value > wanted

    return hold


def _under(c: Condition) -> Check:
    name, wanted = c.name, c.wanted[0]

    def hold(view: View) -> bool:
        value = view.values.get(name)
        return value is not None and value < wanted

    return hold


def _between(c: Condition) -> Check:
    name, (first, last) = c.name, c.wanted

    def hold(view: View) -> bool:
        value = view.values.get(name)
        return value is not None and first <= value <= last

    return hold


def _older(c: Condition) -> Check:
    """How long before it came the mail says it was written."""
    seconds = c.wanted[0]

    def hold(view: View) -> bool:
        at, sent_at = view.facts.at, view.facts.sent_at
        if at is None or sent_at is None or (at.tzinfo is None) != (sent_at.tzinfo is None):
            return False
        age: float = (at - sent_at).total_seconds()
        return age > float(seconds)

    return hold


def _inside(c: Condition) -> Check:
    wanted = frozenset(c.wanted)
    return lambda view: not wanted.isdisjoint(view.values.get("hours", ()))


def _outside(c: Condition) -> Check:
    wanted = frozenset(c.wanted)

    def hold(view: View) -> bool:
        calendars = view.values.get("hours")
        return calendars is not None and wanted.isdisjoint(calendars)

    return hold


def _seen(c: Condition) -> Check:
    by, within, over = c.wanted

    def hold(view: View) -> bool:
        count = seen_count(view, by, within)
        return count is not None and count > over

    return hold


def seen_count(view: View, by: str, within: int) -> int | None:
    """How many with the same value came lately; None where nobody counted."""
    customer = (*view.values.get("requester", ()), view.facts.from_)
    value = customer[0] if by == "sender" else view.values.get(by)
    counts = view.values.get("seen_recently")
    if counts is None or not isinstance(value, str):
        return None
    found: int | None = counts.get(seen_key(by, value, within), counts.get(seen_key(by, "*", within)))
    return found


_PARTS: dict[str, _Build] = {
    "contains": _some(_part_of),
    "starts": _some(str.startswith),
    "ends": _some(str.endswith),
    "matches": _matches,
    "has": _text_has,
}
_BUILD: dict[tuple[Shape, str], _Build] = {
    (Shape.TEXT, "words"): _words,
    (Shape.TEXT, "contains"): _text_contains,
    (Shape.TEXT, "is"): _text_is,
    (Shape.TEXT, "in"): _text_is,
    (Shape.TEXT, "starts"): _text_starts,
    (Shape.TEXT, "ends"): _text_ends,
    (Shape.TEXT, "matches"): _matches,
    (Shape.TEXT, "has"): _text_has,
    (Shape.ADDRESS, "in"): _address_in,
    (Shape.ADDRESS, "is"): _address_in,
    (Shape.NAME, "is"): _name_is,
    (Shape.NAME, "in"): _name_is,
    **{(shape, op): build for shape in (Shape.ADDRESS, Shape.NAME) for op, build in _PARTS.items()},
    **{(Shape.RANK, op): _equal for op in ("is", "in")},
    **{(Shape.TAGS, op): _tags for op in ("has", "in")},
    (Shape.FLAG, "is"): _equal,
    (Shape.NUMBER, "is"): _equal,
    **{(shape, "over"): _over for shape in (Shape.RANK, Shape.SIZE, Shape.NUMBER, Shape.SPAN)},
    **{(shape, "under"): _under for shape in (Shape.RANK, Shape.SIZE, Shape.NUMBER, Shape.SPAN)},
    (Shape.SPAN, "older"): _over,
    **{(Shape.DAY, op): _equal for op in ("is", "in")},
    (Shape.DAY, "between"): _between,
    (Shape.DAY, "older"): _older,
    (Shape.HOURS, "inside"): _inside,
    (Shape.HOURS, "outside"): _outside,
    (Shape.SEEN, "seen"): _seen,
}
