"""Declared sources: mail whose From is a form, a list, a shop or a monitor. Who stands behind it, and of what it tells.

What a source may do is the site's word, not the mail's: only a mail from a declared address is read so, and whoever it
names is never one of us.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from gateway.mail import Address, Kind, Mail
from gateway.mail.header.addresses import mailboxes

MAX_KEY = 200  # characters


class Way(StrEnum):
    """Where the person stands, or that there is none."""

    FROM = "from"
    REPLY_TO = "reply_to"
    X_ORIGINAL_FROM = "x_original_from"
    BODY = "body"
    THREAD_KEY = "thread_key"  # a machine: its mails belong together by what the pattern captures


class Signal(StrEnum):
    """What a monitor says of the matter that its key names."""

    PROBLEM = "problem"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One [[source]], its patterns compiled. `name` is its `from`; `may` names the guards that do not apply."""

    name: str
    matches: Callable[[str], bool]
    way: Way
    pattern: Any = None
    problem: Any = None
    recovery: Any = None
    may: frozenset[str] = frozenset()


class Search(Protocol):
    """A search under a time limit: what the groups of the first match captured (the whole of it where there are none),
    the named ones by name; None where nothing matches or the time ran out.
    """

    def __call__(self, pattern: Any, text: str) -> "Captured | None": ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    groups: tuple[str, ...]
    named: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a mail is by the source that declares its From. `author` None: nobody but From, for the reason `why`."""

    source: str
    way: Way
    may: frozenset[str]
    author: Address | None = None
    key: str = ""
    signal: Signal | None = None
    why: str = ""
    as_sent: Mail  # with From, Reply-To and kind as they came

    @property
    def is_machine(self) -> bool:
        return self.way is Way.THREAD_KEY

    def told(self) -> dict[str, Any]:
        """For the trace."""
        return {
            "source": self.source,
            "requester": self.way,
            "author": self.author.addr if self.author else None,
            "key": self.key or None,
            "signal": self.signal,
            "why": self.why,
        }


def declared(
    mail: Mail, sources: Sequence[Source], search: Search, whose: Callable[[str], str]
) -> tuple[Mail, Declared] | None:
    """The mail as it is to be taken, and what it is by the first source of its From; None where none declares it.

    `whose` says whose an address key is that no customer has ("an address of ours"), `""` of any other.
    """
    if mail.from_ is None or not sources:
        return None
    by_from = next((one for one in sources if one.matches(mail.from_.key)), None)
    if by_from is not None:
        return _read(mail, by_from, search, whose)
    passed_on = next((one for one in sources if "list" in one.may and any(map(one.matches, _lists(mail)))), None)
    if passed_on is None:
        return None
    # The list left From as it was, so that is the person, whatever else the header says.
    found = Declared(source=passed_on.name, way=Way.FROM, may=passed_on.may - {"ours"}, as_sent=mail)
    return _as_a_persons(mail, found), found


def as_sent(mail: Mail, declared: Declared | None) -> Mail:
    """A mail as its source sent it, for rules: they are written for what stands in its header."""
    if declared is None:
        return mail
    sent = declared.as_sent
    return replace(mail, from_=sent.from_, reply_to=sent.reply_to, kind=sent.kind)


def _read(mail: Mail, source: Source, search: Search, whose: Callable[[str], str]) -> tuple[Mail, Declared]:
    found = Declared(source=source.name, way=source.way, may=source.may, as_sent=mail)
    if source.way is Way.THREAD_KEY:
        key, signal = _key(mail, source, search), _signal(mail, source, search)
        why = "" if key else "its pattern captures nothing in subject and text"
        kind = Kind.AUTO if mail.kind in (Kind.NORMAL, Kind.LIST) else mail.kind
        machine = replace(mail, kind=kind, auto_reason=mail.auto_reason or f"declared source {source.name}")
        return machine, replace(found, key=key, signal=signal, why=why)
    if source.way is Way.FROM:
        return _as_a_persons(mail, found), found
    author, why = _person(mail, source, search)
    if author is None:
        return mail, replace(found, why=why)
    if taken := whose(author.key):
        return mail, replace(found, why=f"{author.addr} is {taken}")
    found = replace(found, author=author)
    shown = replace(mail, from_=author, reply_to=(), silence="")
    return _as_a_persons(shown, found), found


def _as_a_persons(mail: Mail, found: Declared) -> Mail:
    """What the source itself does to every mail says nothing about the one that it passes on."""
    is_its_own_doing = (mail.kind is Kind.AUTO and found.author is not None and not mail.notice) or (
        mail.kind is Kind.LIST and "list" in found.may
    )
    return replace(mail, kind=Kind.NORMAL, auto_reason="") if is_its_own_doing else mail


# ---- who it is -----------------------------------------------------------------------------------------------------


def _person(mail: Mail, source: Source, search: Search) -> tuple[Address | None, str]:
    """The person, or None and why nobody is named."""
    if source.way is Way.REPLY_TO:
        if len(mail.reply_to) != 1:
            return None, "it has no Reply-To" if not mail.reply_to else "it has several addresses in Reply-To"
        return mail.reply_to[0], ""
    if source.way is Way.X_ORIGINAL_FROM:
        return _one_of(mail.header("X-Original-From") or mail.header("X-Original-Sender"), "X-Original-From")
    captured = search(source.pattern, mail.text)
    if captured is None:
        return None, "its pattern captures nothing in the text"
    named = captured.named.get("address") or captured.groups[0]
    author, why = _one_of(named, "its text")
    name = " ".join(captured.named.get("name", "").split())[:MAX_KEY]
    return (Address(addr=author.addr, name=name or author.name), "") if author else (None, why)


def _one_of(text: str, where: str) -> tuple[Address | None, str]:
    found = mailboxes(text.strip()) if text.strip() else ()
    if len(found) != 1:
        return None, f"there is no address in {where}" if not found else f"there are several addresses in {where}"
    return found[0], ""


def _lists(mail: Mail) -> Iterator[str]:
    """The address keys of the lists that passed a mail on."""
    if mail.sender is not None:
        yield mail.sender.key
    for value in (mail.header("X-BeenThere"), mail.header("List-Post").replace("mailto:", "")):
        yield from (one.key for one in mailboxes(value.strip()[:1_000]))


# ---- what it belongs to --------------------------------------------------------------------------------------------


def _key(mail: Mail, source: Source, search: Search) -> str:
    """What the pattern captures, in the subject or else in the text, as one line; `""` for nothing."""
    captured = search(source.pattern, mail.subject) or search(source.pattern, mail.text)
    words = " ".join(captured.groups).split() if captured else ()
    return " ".join(words).casefold()[:MAX_KEY]


def _signal(mail: Mail, source: Source, search: Search) -> Signal | None:
    """By the subject, else by the text; without a pattern for problems whatever is no recovery is one."""
    for text in (mail.subject, mail.text):
        if source.recovery is not None and search(source.recovery, text) is not None:
            return Signal.RECOVERY
        if source.problem is not None and search(source.problem, text) is not None:
            return Signal.PROBLEM
    return Signal.PROBLEM if source.problem is None else None
