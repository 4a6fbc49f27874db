"""The last look at what is about to leave to a customer: what must not be in it, whatever let it through so far."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from gateway.mail.reply import markers
from gateway.tickets import token
from gateway.tickets.leaving.runs import RUN, Runs, words
from gateway.tickets.reason import Reason
from gateway.tickets.subject import NumberFormat, numbers_in

MIN_ECHO = 3  # words of a line by which one of ours is known again
MIN_SIGNS = 24  # where each word is one character, so many in a row: polite phrases have ten
_SLICE = 60  # words of a line in which numbers are looked for at a time
_OVERLAP = 10

_LABEL = re.compile(r"\W{0,3}[^\W\d][\w ]{0,24}[:：]\s*\S")
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:@|]{1,64}@[^\s<>()\[\]\"',;:@|]{1,255}")
_TOKEN = re.compile(r"(?<![a-z2-7])[a-z2-7]{32,44}(?![a-z2-7])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What has been said on a ticket, to whom: lines of text, and what a customer must not learn.

    `public` is what the customer wrote or was sent; `notices` are the lines of our letters to agents that this mail may
    quote; `notes` are those for agents alone, `elsewhere` what other customers wrote on tickets that a notice showed.
    `hidden` are address keys of people whom the customer must not learn of: agents, who had a blind copy. `numbers` are
    the tickets that may be named, `colleagues` what agents are called, `files` the digests of what the ticket has.
    """

    public: Sequence[str] = ()
    notices: Sequence[str] = ()
    notes: Sequence[str] = ()
    elsewhere: Sequence[str] = ()
    hidden: frozenset[str] = frozenset()
    numbers: frozenset[int] = frozenset()
    colleagues: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What must not leave, and where it stands."""

    reason: Reason
    what: str


def leaks(
    text: str, told: Told, public: Runs, *, hidden: Collection[str], keys: token.Keys, number_format: NumberFormat
) -> Iterator[Leak]:
    """Everything in `text` that must not leave, the worst first. `hidden`: all address keys that it may not show."""
    if found := signed_by_us(text, keys):
        yield Leak(reason=Reason.SHOWS_TOKEN, what=found)
    lines = [
        line for line in text.split("\n") if not line.lstrip().startswith(">")
    ]  # quotes were let through one by one
    for reason, secret in (
        (Reason.HOLDS_NOTE, told.notes),
        (Reason.HOLDS_INTERNAL, told.notices),
        (Reason.HOLDS_OTHERS, told.elsewhere),
    ):
        if line := _echo(lines, secret, public):
            yield Leak(reason=reason, what=line)
    if found := address_in(text, hidden, public):
        yield Leak(reason=Reason.SHOWS_ADDRESS, what=found)
    for number in _numbers(text, number_format):
        if number not in told.numbers:
            yield Leak(reason=Reason.NAMES_TICKET, what=f"#{number}")


def signed_by_us(text: str, keys: token.Keys) -> str:
    """A token of ours that stands in a text or a page, or the line that marks one; `""` for none."""
    if marked := markers.markers(text):
        return f"[ref:{marked[0]}]"
    return next((found for found in _TOKEN.findall(text) if keys.read(found) is not None), "")


def address_in(text: str, hidden: Collection[str], public: Runs) -> str:
    """The first of these addresses that a text or page shows and that the customer has not read before."""
    shown = {found.casefold().rstrip(".") for found in _ADDRESS.findall(unescape(text).replace("mailto:", " "))}
    return next((one for one in sorted(shown & set(hidden)) if not public.holds(words(one))), "")


def _echo(lines: Iterable[str], secret: Sequence[str], public: Runs) -> str:
    """The first line that repeats what is secret: all of a line of it, or as many words in a row as nobody repeats."""
    if not secret:
        return ""
    whole = {tuple(found) for line in secret if (len(found := words(line)) >= MIN_ECHO or _LABEL.match(line)) and found}
    runs = Runs(secret)
    for line in lines:
        found = words(line)
        if tuple(found) in whole and not public.holds(found):
            return line.strip()
        size = MIN_SIGNS if sum(len(word) == 1 and word > "\u3000" for word in found) * 2 > len(found) else RUN
        for at in range(len(found) - size + 1):
            run = found[at : at + size]
            if runs.holds(run) and not public.holds(run):
                return line.strip()
    return ""


def _numbers(text: str, number_format: NumberFormat) -> Iterator[int]:
    """The tickets that a text names in a spelling of ours; a bare `#3` may be anything."""
    for line in text.split("\n"):
        said = line.split()
        for at in range(0, len(said), _SLICE - _OVERLAP):
            yield from numbers_in(f"· {' '.join(said[at : at + _SLICE])}", number_format.tag, number_format.pattern)
