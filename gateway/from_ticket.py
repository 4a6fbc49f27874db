"""A rule and its test from a real mail, as the text of a rules file: it loads, and its test passes, as printed.

What the site's rules already say of the mail is compared with what the ticket has now, for that is what somebody
found wanting and put right by hand.
"""

import re
import time
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from gateway.config import Config
from gateway.errors import RulesError
from gateway.replay import outcome, said
from gateway.rule_tests import run_rule_tests
from gateway.rules import Facts, Names, RegexMatcher, RuleSet, load
from gateway.tickets.subject import base_subject
from gateway.tomltext.writing import block, quoted, toml_key, toml_value

_FILE = "from-ticket.toml"
_FIELDS = ("queue", "priority", "type", "category", "area", "impact")
_KNOWN = ("queue", "status", "priority", "type", "category", "area", "impact", "sla", "assignee", "requester")
# Headers of those who write by machine or for many, and of those in a hurry; and what the site's rules ask for.
_HEADERS = frozenset({"list-id", "auto-submitted", "precedence", "importance", "x-priority"})
_MAX_BODY = 400  # characters
_MAX_NAME = 100
_MAX_PHRASE = 5  # words of the subject
_MAX_LISTED = 5  # addresses, names of attachments
_WORD = re.compile(r"[^\W\d_]+")
_SPACES = re.compile(r"\s+")
_ANGLES = re.compile(r"<([^<>\s]+)>\s*$")
_LIST_ID = re.compile(r"(?=.{6})[\w-]+(?:\.[\w-]+)+\Z")  # a stranger wrote it: `.` would take every list's mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The lines of a rule and of its test, each known to load by itself. `body`: how the mail begins."""

    head: str
    name: str
    on: str
    sets: tuple[str, ...]
    remark: str
    before_body: tuple[str, ...]
    body: str
    is_whole: bool
    after_body: tuple[str, ...]
    expects: tuple[str, ...]

    def text(self, when: str, *others: str) -> str:
        """The text of a rules file; the other conditions stand there as remarks."""
        lines = [f"# {self.head}", "[[rule]]", f"name = {quoted(self.name)}", '# why = "..."']
        lines += [f"on = {quoted(self.on)}"] if self.on != "created" else []
        lines += [when, *(f"# {line}" for line in others), f"# {self.remark}", *self.sets, ""]
        test = ["[[rule.test]]", "# Shorten and anonymise: what stands here is a real mail.", *self.before_body]
        if self.body:
            test += [] if self.is_whole else ["# how the mail begins:"]
            test.append(f"mail.body = {block(self.body)}")
        return "\n".join([*lines, *(f"  {line}" for line in (*test, *self.after_body, *self.expects))]) + "\n"


def rule_from_mail(
    facts: Facts, ticket: Mapping[str, Any], rules: RuleSet, cfg: Config, *, number: str, mail_id: int
) -> str:
    """A rule that gives a mail like this one what its ticket has now, with the test that says so.

    `rules` are the site's; the new one is to stand above them. `number` is the ticket's as people write it.
    """
    names = rules.names
    subject = _SPACES.sub(" ", base_subject(facts.subject, cfg.mail.subject_tag)).strip()
    name = _free_name(f"ticket {number}: {subject or 'no subject'}"[:_MAX_NAME].strip(), rules)
    sets, expects, remark = _deeds(facts, ticket, rules, cfg)
    body = facts.body.strip()
    draft = Draft(
        head=f"From mail {mail_id} on ticket {number}. The rule belongs above those it is to win over.",
        name=name,
        on=facts.event,
        sets=tuple(sets),
        remark=remark,
        before_body=tuple(line for line in _mail_lines(facts) if _loads(names, test=line)),
        body=_beginning(body),
        is_whole=len(body) <= _MAX_BODY,
        after_body=tuple(line for line in _further_lines(facts, rules.asked) if _loads(names, test=line)),
        expects=(f"expect.rules = [{quoted(name)}]", *expects),
    )
    whens = [line for line in _whens(facts, subject) if _loads(names, rule=line) and _passes(cfg, names, draft, line)]
    return draft.text(*(whens or ["# As it stands, the rule takes every mail."]))


def _passes(cfg: Config, names: Names, draft: Draft, when: str) -> bool:
    """Whether the test passes with this condition; what stands below the rule cannot undo what it set."""
    return not run_rule_tests(cfg, load({_FILE: draft.text(when)}, names)).failures


def _free_name(name: str, rules: RuleSet) -> str:
    """A name that no rule of the site has."""
    name = "".join(sign if sign.isprintable() else " " for sign in name).strip()
    taken = {rule.name for rule in rules.rules}
    further = (f"{name} ({count})" for count in range(2, len(taken) + 3))
    return next(one for one in (name, *further) if one not in taken)


def _loads(names: Names, *, rule: str = "", test: str = "") -> bool:
    """Whether a line is good by itself: a mail may hold what no rules file may say, a ticket what is no more."""
    text = f'[[rule]]\nname = "x"\nset.title = "x"\n{rule}\n[[rule.test]]\n{test}\nexpect.title = "x"\n'
    try:
        load({_FILE: text}, names)
    except RulesError:
        return False
    return True


# ---- what the rule asks ----------------------------------------------------------------------------------------------


def _whens(facts: Facts, subject: str) -> Iterator[str]:
    """Conditions that this mail fulfils, the most telling first."""
    lists = [_ANGLES.search(value) for name, value in facts.headers if name == "list-id"]
    if lists and lists[0] and _LIST_ID.match(lists[0][1]):
        yield f"when.header.List-Id.contains = {quoted(lists[0][1])}"
    runs = [run for run in _runs(subject) if run]
    if runs:
        phrase = max(runs, key=lambda run: (len(" ".join(run)), len(run)))[:_MAX_PHRASE]
        yield f"when.subject = {quoted(' '.join(phrase))}"
    domain = facts.from_.rpartition("@")[2]
    if domain:
        yield f"when.from = {quoted(f'*@{domain}')}"
    if facts.recipient:
        yield f"when.recipient = {quoted(facts.recipient)}"
    words = dict.fromkeys(word for run in runs for word in run if len(word) > 3)
    longest = sorted(words, key=len, reverse=True)[:_MAX_LISTED]
    if longest:
        yield f"when.text = {toml_value(longest)}"
    if facts.kind:
        yield f"when.kind = {quoted(facts.kind)}"


def _runs(subject: str) -> Iterator[list[str]]:
    """Words of the subject that stand in a row; a number is another one in the next mail."""
    run: list[str] = []
    for piece in subject.split():
        word = _WORD.search(piece)
        if word and not any(sign.isdigit() for sign in piece):
            found = _WORD.findall(piece)
            run += [one.lower() for one in found]
        else:
            yield run
            run = []
    yield run


# ---- what it does ----------------------------------------------------------------------------------------------------


def _deeds(facts: Facts, ticket: Mapping[str, Any], rules: RuleSet, cfg: Config) -> tuple[list[str], list[str], str]:
    """Lines that set, lines that expect, and what to say of them: what the ticket has and rules alone did not give."""
    matcher, budget = RegexMatcher(time.monotonic), cfg.limits.rules_time.total_seconds()
    decision = rules.evaluate(facts, facts.event, matcher, budget=budget)
    given = {name: outcome(name, said(decision, facts, cfg), facts) for name in (*_FIELDS, "tags")}
    given["priority"] = given["priority"] or "normal"
    wanted = {name: ticket[name] for name in _FIELDS if ticket[name] and ticket[name] != given[name]}
    found = [(f"set.{name} = {quoted(value)}", f"expect.{name} = {quoted(value)}") for name, value in wanted.items()]
    tags = [tag for tag in ticket["tags"] if tag not in given["tags"]]
    if tags:
        found.append((f"add.tags = {toml_value(tags)}", f"expect.tags = {toml_value(tags)}"))
    found = [both for both in found if _loads(rules.names, rule=both[0], test=both[1])]
    if found:
        remark = "What the ticket has now and the rules did not give:"
        return [line for line, _ in found], [line for _, line in found], remark
    remark = "The rules gave all that the ticket has now; write what is to be otherwise:"
    usual = (ticket["queue"], given["queue"], *rules.names.queues)
    queue = next(one for one in usual if one in rules.names.queues)
    return [f"set.queue = {quoted(queue)}"], [f"expect.queue = {quoted(queue)}"], remark


# ---- its test --------------------------------------------------------------------------------------------------------


def _mail_lines(facts: Facts) -> Iterator[str]:
    if facts.from_:
        yield f"mail.from = {quoted(facts.from_)}"
    if facts.to and facts.to != (facts.recipient,):
        yield f"mail.to = {toml_value(facts.to[:_MAX_LISTED])}"
    if facts.recipient:
        yield f"mail.recipient = {quoted(facts.recipient)}"
    if facts.subject:
        yield f"mail.subject = {quoted(facts.subject)}"


def _further_lines(facts: Facts, asked: Set[str]) -> Iterator[str]:
    """Headers and facts that are unlike a usual mail's, or that some rule asks for."""
    headers: dict[str, list[str]] = {}
    for name, value in facts.headers:
        if name in _HEADERS or f"header.{name}" in asked:
            headers.setdefault(name, []).append(value)
    for name, values in headers.items():
        if name not in ("from", "to", "subject"):  # the test has these already
            yield f"mail.header.{toml_key(name)} = {quoted(values[0]) if len(values) == 1 else toml_value(values)}"
    if facts.cc and "cc" in asked:
        yield f"mail.cc = {toml_value(facts.cc[:_MAX_LISTED])}"
    if facts.reply_to and "reply_to" in asked:
        yield f"mail.reply_to = {toml_value(facts.reply_to[:_MAX_LISTED])}"
    if facts.attachments:
        yield f"mail.attachment = {toml_value(facts.attachments[:_MAX_LISTED])}"
    if facts.kind not in ("", "normal"):
        yield f"mail.kind = {quoted(facts.kind)}"
    if facts.language and "language" in asked:
        yield f"mail.language = {quoted(facts.language)}"
    if facts.auth is not None:
        yield f"mail.auth = {quoted(facts.auth)}"
    if facts.source not in ("", "smtp"):
        yield f"mail.source = {quoted(facts.source)}"
    if "size" in asked:
        yield f'mail.size = "{facts.size} B"'
    if facts.at and asked & {"date", "hours"}:
        yield f"at = {quoted(facts.at.isoformat())}"
    yield from _known_lines(facts.known)


def _known_lines(known: Mapping[str, Any]) -> Iterator[str]:
    """What the gateway knew of sender and ticket."""
    for name in ("known", "agent"):
        if known.get(f"sender.{name}"):
            yield f"sender.{name} = true"
    if known.get("sender.tags"):
        yield f"sender.tags = {toml_value(known['sender.tags'])}"
    if known.get("organisation"):
        yield f"sender.organisation = {quoted(known['organisation'])}"
    for name in _KNOWN:
        if known.get(name):
            yield f"ticket.{name} = {quoted(known[name])}"
    if known.get("tags"):
        yield f"ticket.tags = {toml_value(known['tags'])}"
    for name, value in known.get("fields", {}).items():
        yield f"ticket.fields.{toml_key(name)} = {quoted(value)}"


def _beginning(body: str) -> str:
    """The first lines of a text, whole ones where there is a line of that size."""
    if len(body) <= _MAX_BODY:
        return body
    cut = body[:_MAX_BODY]
    return (cut.rpartition("\n")[0] or cut.rpartition(" ")[0] or cut).rstrip()
