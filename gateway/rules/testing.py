"""The tests in rules files, run against the whole set, with a diff of expected and got for each that fails."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from gateway.mail import Address, Attachment, Envelope, Kind, Mail
from gateway.rules.decision import Decision, Set
from gateway.rules.evaluate import RuleSet
from gateway.rules.facts import Facts, facts_of, seen_key
from gateway.rules.matcher import Matcher
from gateway.rules.rule import Example, Expectation, Rule

SOMEBODY = "customer@example.net"
_FEW = 0.25  # of the rules are different: where more are, to ask them first costs more than it spares
_Among = tuple[tuple[str, ...], Collection[str]]  # what matched in another set, and whom to ask in this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A mail that a test names by `file`, and its size in bytes."""

    mail: Mail
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What tests need of a site: which addresses are ours, what is known of a sender by the address, the queue of one
    of ours (`""`: the usual one), the time zone of an `at` that names none, which calendars are open at an instant, and
    the mails behind `file = "..."` by that text.
    """

    is_ours: Callable[[str], bool] = lambda address: False
    known_of: Callable[[str], Mapping[str, Any]] = lambda address: {}
    zone: tzinfo = UTC
    queue_for: Callable[[str], str | None] = lambda address: None
    open_calendars: Callable[[datetime], Sequence[str]] | None = None
    samples: Mapping[str, Sample] = field(default_factory=dict)
    counted: Collection[tuple[str, int]] = ()  # what is counted besides for `ticket.seen_recently`: field, seconds
    given: Callable[[Decision, Facts], Mapping[str, str]] = lambda decision, facts: {}  # fields that no rule set


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """One expectation that did not come true; `by` names the rules that set what there is instead."""

    what: str
    line: int
    expected: str
    got: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One test that failed."""

    rule: str
    file: str
    line: int
    label: str
    diffs: tuple[Diff, ...]
    matched: tuple[str, ...]
    skipped: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        label = f'"{self.label}" ' if self.label else ""
        return f'{self.file}:{self.line}: rule "{self.rule}": test {label}failed'

    @property
    def text(self) -> str:
        """The whole story on several lines: what was expected, what came, who set it, which rules matched."""
        lines = [self.headline]
        for diff in self.diffs:
            lines += [
                f"    {diff.what} (line {diff.line})",
                f"      - expected: {diff.expected}",
                f"      + got:      {diff.got}{f'   <- {diff.by}' if diff.by else ''}",
            ]
        lines.append(f"    rules that matched: {', '.join(self.matched) or 'none'}")
        lines += [f"    skipped: {one}" for one in self.skipped]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleRun:
    """How many tests there are, those that failed, and which rules matched in each of the others.

    `matched` goes by the name of the rule and the number of its test; a test in which something was skipped has none.
    """

    tests: int
    failures: tuple[Failure, ...]
    matched: Mapping[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)


def run_tests(
    rules: RuleSet,
    matcher: Matcher,
    surroundings: Surroundings | None = None,
    before: tuple[RuleSet, ExampleRun] | None = None,
) -> ExampleRun:
    """Every test of every rule; nothing outside is touched.

    `before`: another set and what came of its tests in the very same surroundings, so that rules which are still the
    same need not be asked again where their answer is known. The report is the same without it.
    """
    around = surroundings or Surroundings()
    shortcut = _Shortcut(rules, *before) if before else None
    failures: list[Failure] = []
    matched: dict[tuple[str, int], tuple[str, ...]] = {}
    examples = [(rule, number, one) for rule in rules.rules for number, one in enumerate(rule.examples)]
    for rule, number, example in examples:
        found = _run(rules, rule, example, matcher, around, shortcut.among(rule, number) if shortcut else None)
        if isinstance(found, Failure):
            failures.append(found)
        elif found is not None:
            matched[rule.name, number] = found
    return ExampleRun(tests=len(examples), failures=tuple(failures), matched=matched)


class _Shortcut:
    """Which rules are left to ask, by comparison with a set whose answers are known.

    Where the rules that matched then are still the same, stand in the same order and match again, and no rule that is
    new or different matches, every rule in between sees what it saw then, and says what it said.
    """

    def __init__(self, rules: RuleSet, before: RuleSet, report: ExampleRun) -> None:
        old = {rule.name: rule for rule in before.rules}
        same = [rule.name for rule in rules.rules if rule.name in old and _is_same(rule, old[rule.name])]
        self._same = frozenset(same)
        if same != [name for name in old if name in self._same]:  # they stand in another order
            self._same = frozenset()
        self._different = frozenset(rule.name for rule in rules.rules) - self._same
        few = len(self._different) <= len(rules.rules) * _FEW
        self._matched = report.matched if few else {}

    def among(self, rule: Rule, number: int) -> _Among | None:
        """What matched then, and that together with all rules that may say something else now; None: ask all.

        A mail in a file may be another one now.
        """
        matched = None if rule.examples[number].file else self._matched.get((rule.name, number))
        if matched is None or rule.name not in self._same or not self._same.issuperset(matched):
            return None
        return matched, self._different.union(matched)


def _is_same(rule: Rule, other: Rule) -> bool:
    """But for the lines it stands in. Written out, for 1 and 1.0 are equal and yet not the same value of a field."""
    same_table = rule.source is other.source or repr(rule.source) == repr(other.source)
    return same_table and rule.file == other.file


def _run(
    rules: RuleSet, rule: Rule, example: Example, matcher: Matcher, around: Surroundings, known: _Among | None
) -> Failure | tuple[str, ...] | None:
    """What failed, else the rules that matched; None where something was skipped, for that may be chance."""
    sample = around.samples.get(example.file) if example.file else Sample(mail=_mail(example, around.zone), size=0)
    if sample is None:
        got = "no such file below the rules folder, or none that can be read"
        return _failure(rule, example, [Diff(what="file", line=example.line, expected=example.file, got=got)])
    facts = _facts(sample, example, rules, around)
    decision = _decided(rules, facts, example.event, matcher, known)
    diffs = [diff for one in example.expect if (diff := _diff(one, decision, facts, around))]
    if diffs:
        return _failure(rule, example, diffs, decision)
    return None if decision.skipped else tuple(one.name for one in decision.matched)


def _decided(rules: RuleSet, facts: Facts, event: str, matcher: Matcher, known: _Among | None) -> Decision:
    if known:
        matched, among = known
        decision = rules.evaluate(facts, event, matcher, among=among)
        if not decision.skipped and tuple(one.name for one in decision.matched) == matched:
            return decision
    return rules.evaluate(facts, event, matcher)


def _failure(rule: Rule, example: Example, diffs: Sequence[Diff], decision: Decision | None = None) -> Failure:
    return Failure(
        rule=rule.name,
        file=rule.file,
        line=example.line,
        label=example.label,
        diffs=tuple(diffs),
        matched=tuple(f'"{one.name}"' for one in decision.matched) if decision else (),
        skipped=tuple(f'{one.what} of "{one.rule}": {one.detail}' for one in decision.skipped) if decision else (),
    )


def _mail(example: Example, zone: tzinfo) -> Mail:
    """The mail that `mail.*` describes, as the reader would have read it."""
    given = example.mail
    to = given.get("to", ())
    subject, body = given.get("subject", ""), given.get("body", "")
    sender = given.get("from") or example.known.get("requester") or SOMEBODY
    plain = (("From", sender), ("To", ", ".join(to)), ("Subject", subject))
    return Mail(
        from_=Address(addr=sender),
        to=_addresses(to),
        cc=_addresses(given.get("cc", ())),
        reply_to=_addresses(given.get("reply_to", ())),
        subject=subject,
        text=body,
        reply=body,
        headers=(*(pair for pair in plain if pair[1]), *given.get("header", ())),
        attachments=tuple(
            Attachment(name=name, size=0, sha256="", type="application/octet-stream", inline=False, part=str(part))
            for part, name in enumerate(given.get("attachment", ()), start=2)
        ),
        kind=Kind(given.get("kind", Kind.NORMAL)),
        language=given.get("language", ""),
        date=_instant(given.get("date"), zone),
    )


def _instant(written: datetime | None, zone: tzinfo) -> datetime | None:
    """An instant as the site's clock shows it; one without a zone is by that clock."""
    return written and written.replace(tzinfo=written.tzinfo or zone).astimezone(zone)


def _addresses(listed: Sequence[str]) -> tuple[Address, ...]:
    return tuple(Address(addr=one) for one in listed)


def _facts(sample: Sample, example: Example, rules: RuleSet, around: Surroundings) -> Facts:
    given, mail = example.mail, sample.mail
    by_address = around.known_of(mail.from_.key) if mail.from_ else {}
    author = {"requester": mail.from_.key} if mail.from_ else {}
    known = {"sender.known": False, "sender.agent": False, **author, **by_address, **example.known}
    at = _instant(example.at, around.zone)
    recipient = given.get("recipient") or _recipient(mail, around)
    if "seen_recently" in known:
        count = known["seen_recently"]
        known["seen_recently"] = {
            seen_key(by, "*", within): count for by, within in (*rules.seen_recently, *around.counted)
        }
    if at and around.open_calendars:
        known["hours"] = tuple(around.open_calendars(at))
    return facts_of(
        mail,
        envelope=Envelope(recipients=(recipient,) if recipient else ()),
        source=given.get("source", "smtp"),
        recipient=recipient,
        queue=known.get("queue") or around.queue_for(recipient),
        event=example.event,
        at=at,
        size=given.get("size", sample.size),
        auth=given.get("auth"),
        known=known,
    )


def _recipient(mail: Mail, around: Surroundings) -> str:
    """As for mail without an envelope: the first of Delivered-To, X-Original-To, To and Cc that is ours."""
    delivered = [
        value.strip().strip("<>").lower()
        for wanted in ("delivered-to", "x-original-to")
        for name, value in mail.headers
        if name.lower() == wanted
    ]
    addressed = [one.key for one in (*mail.to, *mail.cc)]
    return next((one for one in (*delivered, *addressed) if around.is_ours(one)), next(iter(addressed), ""))


# ---- expected and got ------------------------------------------------------------------------------------------------


def _diff(one: Expectation, decision: Decision, facts: Facts, around: Surroundings) -> Diff | None:
    if one.name == "quarantine":
        return _quarantine_diff(one, decision)
    wanted = () if one.wanted == ("none",) else one.wanted
    assert not isinstance(wanted, bool)
    got, by = _got(one.name, decision, facts)
    if not got and facts.event == "created":
        got = tuple(filter(None, (around.given(decision, facts).get(one.name),)))
    if one.negated:
        came = not set(wanted) & set(got) if wanted else bool(got)
    elif one.name == "rules" and wanted:
        came = _in_order(wanted, got)
    elif one.name in _ADDED and wanted:
        came = set(wanted) <= set(got)
    else:
        came = wanted == got
    if came:
        return None
    expected = f"{'not ' if one.negated else ''}{_shown(wanted)}"
    return Diff(what=one.what, line=one.line, expected=expected, got=_shown(got), by=by)


_ADDED = ("tags", "watchers", "skills", "notify")


def _quarantine_diff(one: Expectation, decision: Decision) -> Diff | None:
    got = decision.quarantine
    if isinstance(one.wanted, bool):
        came = (got is not None) is one.wanted
        expected = "quarantined" if one.wanted else "not quarantined"
    else:
        came = (got in one.wanted) is not one.negated
        expected = f"{'not ' if one.negated else ''}{_shown(one.wanted)}"
    if came:
        return None
    found = decision.actions.get("quarantine")
    return Diff(what=one.what, line=one.line, expected=expected, got=got or "not quarantined", by=_by(found))


def _got(name: str, decision: Decision, facts: Facts) -> tuple[tuple[str, ...], str]:
    """The final value as a tuple, and the rules that made it."""
    if name == "rules":
        return tuple(one.name for one in decision.matched), ""
    if name in _ADDED:
        before = facts.known.get("tags", ()) if name == "tags" else ()
        several = decision.added.get(name, ())
        return (*before, *(one.value for one in several)), ", ".join(_by(one) for one in several)
    if name == "assign":
        return decision.assign or (), _by(decision.actions.get("assign"))
    if name == "reply":
        return (decision.reply,) if decision.reply else (), _by(decision.actions.get("reply"))
    found = decision.fields.get(name)
    value = found.value if found else _before(name, facts)
    return (value,) if value else (), _by(found)


def _before(name: str, facts: Facts) -> Any:
    """What the field was before any rule."""
    if name.startswith("fields."):
        return facts.known.get("fields", {}).get(name.partition(".")[2])
    if name == "title":
        return facts.subject
    return facts.language if name == "language" else facts.known.get(name)


def _by(found: Set | None) -> str:
    return f'rule "{found.rule}" ({found.file}:{found.line})' if found else ""


def _in_order(wanted: Sequence[str], got: Sequence[str]) -> bool:
    left = iter(got)
    return all(one in left for one in wanted)


def _shown(values: Sequence[str]) -> str:
    return ", ".join(values) or "nothing"
