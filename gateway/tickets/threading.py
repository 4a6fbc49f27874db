"""Which ticket a mail belongs to: by what evidence, or why to none (design: Decisions, Threading).

Two steps, both pure: `clues` reads what a mail points at; the store looks those up; `decide` weighs what was found.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.mail import Mail
from gateway.tickets import token
from gateway.tickets.reason import Reason
from gateway.tickets.subject import numbers_in

MAX_IDS = 30  # referenced ids looked up: In-Reply-To, then the newest References
_NAMED = 3  # of the things that prove nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What a mail points at, each list strongest first."""

    claims: tuple[tuple[token.Claim, Reason], ...]  # good tokens and where they stood
    ids: tuple[str, ...]
    numbers: tuple[int, ...]
    message_id: str
    parties: frozenset[str] = frozenset()  # address keys in To and Cc
    other_claims: tuple[tuple[token.Claim, Reason], ...] = ()  # good tokens that name no ticket to be joined
    old_numbers: tuple[int, ...] = ()  # of the helpdesk before us, in the subject
    unsigned: tuple[tuple[str, Reason], ...] = ()  # what has the shape of a token and is none of ours, and where

    @property
    def tickets(self) -> tuple[int, ...]:
        return (*(claim.ticket for claim, _ in self.claims), *self.numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A stored mail that has (`own`) or names a Message-ID, and the address keys it was from and to."""

    message_id: str
    own: bool
    ticket: int
    author: str
    parties: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A ticket as threading sees it. `participants` are address keys, proposed ones left out."""

    number: int
    status: str
    closed_at: datetime | None
    merged_into: int | None
    participants: frozenset[str]
    reopen_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One piece of evidence and what came of it: kept for `explain`. `ticket` is None where it names none."""

    evidence: Reason
    ticket: int | None
    what: str
    outcome: Reason | None  # None: this one decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """`ticket` is joined; None means a new one, which may follow a long closed ticket and mention others."""

    ticket: int | None
    reason: Reason
    follows: int | None = None
    reopens: bool = False
    mentions: tuple[int, ...] = ()
    tried: tuple[Tried, ...] = field(default=())


def clues(mail: Mail, recipients: Sequence[str], keys: token.Keys, *, tag: str, number_format: str) -> Clues:
    """What this mail points at; `recipients` are our addresses as they were written, plus parts kept."""
    ids = tuple(dict.fromkeys((*mail.reported_ids, *mail.in_reply_to, *reversed(mail.references))))[:MAX_IDS]
    claims: dict[tuple[int, str], tuple[token.Claim, Reason]] = {}
    unsigned: list[tuple[str, Reason]] = []
    places = (
        (token.in_message_ids(ids), Reason.TOKEN_IN_ID),
        ((part for part in map(token.in_address, recipients) if part), Reason.TOKEN_IN_ADDRESS),
        (mail.markers, Reason.TOKEN_IN_MARKER),
    )
    for texts, reason in places:
        for text in texts:
            claim = keys.read(text)
            if claim:
                claims.setdefault((claim.ticket, reason), (claim, reason))
            elif token.looks_like_token(text):
                unsigned.append((text, reason))
    return Clues(
        claims=tuple(one for one in claims.values() if one[0].role in token.JOINING),
        other_claims=tuple(one for one in claims.values() if one[0].role not in token.JOINING),
        ids=ids,
        numbers=numbers_in(mail.subject, tag, number_format)[:5],
        message_id=mail.message_id,
        parties=frozenset(address.key for address in (*mail.to, *mail.cc)),
        unsigned=tuple(unsigned),
    )


def decide(
    clues: Clues,
    sender: str,
    *,
    refs: Sequence[Ref],
    tickets: Mapping[int, Known],
    at: datetime,
    auth_failed: bool = False,
    keyed: tuple[int, str] | None = None,
    imported: Mapping[int, Collection[int]] | None = None,
) -> Thread:
    """The ticket this mail joins. `refs`: rows for `clues.ids` and the mail's own id; `sender`: an address key.

    `keyed`: the ticket that a declared source opened under the key which this mail of it names, and the key.
    `imported`: the tickets that came from another helpdesk, by their numbers there.
    """
    tried: list[Tried] = []
    candidates = _candidates(clues, sender, refs, tickets, auth_failed)
    candidates += _of_old(clues, sender, imported or {}, tickets, auth_failed)
    if keyed:  # by the site's own word, while monitors give all their mails one id
        candidates.insert(0, (Reason.SAME_KEY, *keyed, None))
    for evidence, number, what, may_join in candidates:
        known = _after_merges(number, tickets) if number is not None else None
        outcome = Reason.NO_SUCH_TICKET if known is None and number is not None else may_join
        tried.append(Tried(evidence=evidence, ticket=number, what=what, outcome=outcome))
        if outcome is None and known is not None:
            return _join(known, evidence, at, tuple(tried), _mentions(tried, known.number, tickets))
    reason = Reason.NOT_A_PARTY if any(one.outcome is Reason.NOT_A_PARTY for one in tried) else Reason.NOTHING_NAMED
    return Thread(ticket=None, reason=reason, mentions=_mentions(tried, None, tickets), tried=tuple(tried))


def _candidates(
    clues: Clues, sender: str, refs: Sequence[Ref], tickets: Mapping[int, Known], auth_failed: bool
) -> list[tuple[Reason, int | None, str, Reason | None]]:
    """(evidence, ticket, what was seen, None or why it does not suffice), strongest first."""
    found: list[tuple[Reason, int | None, str, Reason | None]] = [
        (reason, claim.ticket, f"token for {claim.role}", None) for claim, reason in clues.claims
    ]
    for reason in dict.fromkeys(where for _, where in clues.unsigned):
        texts = [text for text, where in clues.unsigned if where is reason]
        found.append((reason, None, _some(texts), Reason.NOT_SIGNED))
    for message_id in clues.ids:
        for ref in sorted((ref for ref in refs if ref.message_id == message_id), key=lambda ref: not ref.own):
            evidence = Reason.REFERENCE if ref.own else Reason.SHARED_REFERENCE
            party = _party(sender, ref, tickets) if ref.own else _knows(sender, ref, clues.parties, tickets)
            found.append((evidence, ref.ticket, message_id, party))
    seen = {ref.message_id for ref in refs}
    if unseen := [one for one in clues.ids if one not in seen]:
        found.append((Reason.REFERENCE, None, _some(unseen), Reason.UNKNOWN_MAIL))
    for ref in refs:
        # Another mail with this very id is another mail, however alike: constant ids exist (monitors), and squatters.
        if ref.message_id == clues.message_id and ref.message_id not in clues.ids and not ref.own:
            party = _knows(sender, ref, clues.parties, tickets)
            found.append((Reason.LATE_PARENT, ref.ticket, ref.message_id, party))
    for number in clues.numbers:
        outcome = Reason.AUTH_FAILED if auth_failed else _takes_part(sender, number, tickets)
        found.append((Reason.SUBJECT_NUMBER, number, f"#{number}", outcome))
    return found


def _of_old(
    clues: Clues, sender: str, imported: Mapping[int, Collection[int]], tickets: Mapping[int, Known], auth_failed: bool
) -> Iterator[tuple[Reason, int | None, str, Reason | None]]:
    """The number of another helpdesk counts as ours does, and only for what was taken over from there."""
    for number in clues.old_numbers:
        for ticket in imported.get(number, ()):
            outcome = Reason.AUTH_FAILED if auth_failed else _takes_part(sender, ticket, tickets)
            yield Reason.OLD_NUMBER, ticket, f"#{number} of the helpdesk before", outcome


def _some(texts: Sequence[str]) -> str:
    """A few of them by name, for a mail may name very many."""
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return " ".join(texts[:_NAMED]) + more


def _party(sender: str, ref: Ref, tickets: Mapping[int, Known]) -> Reason | None:
    return None if sender and sender in ref.parties else _takes_part(sender, ref.ticket, tickets)


def _knows(sender: str, ref: Ref, parties: frozenset[str], tickets: Mapping[int, Known]) -> Reason | None:
    """Do both know of each other? Whoever names an unseen mail chose its own To and Cc: alone they prove nothing."""
    if sender and sender == ref.author:
        return None
    return _party(sender, ref, tickets) if ref.author in parties else Reason.NOT_A_PARTY


def _takes_part(sender: str, number: int, tickets: Mapping[int, Known]) -> Reason | None:
    known = _after_merges(number, tickets)
    return None if known and sender and sender in known.participants else Reason.NOT_A_PARTY


def _after_merges(number: int, tickets: Mapping[int, Known]) -> Known | None:
    known = tickets.get(number)
    for _ in range(10):
        if known is None or known.merged_into is None:
            return known
        known = tickets.get(known.merged_into)
    return known


def _join(known: Known, evidence: Reason, at: datetime, tried: tuple[Tried, ...], mentions: tuple[int, ...]) -> Thread:
    if known.status == "closed":
        since = at - known.closed_at if known.closed_at else timedelta.max
        if since > known.reopen_for:
            return Thread(
                ticket=None, reason=Reason.CLOSED_TOO_LONG, follows=known.number, mentions=mentions, tried=tried
            )
        return Thread(ticket=known.number, reason=evidence, reopens=True, mentions=mentions, tried=tried)
    return Thread(ticket=known.number, reason=evidence, mentions=mentions, tried=tried)


def _mentions(tried: Sequence[Tried], joined: int | None, tickets: Mapping[int, Known]) -> tuple[int, ...]:
    """The other tickets it names; those that the joined one took in are no others."""
    named = dict.fromkeys(one.ticket for one in tried if one.ticket is not None and one.ticket in tickets)
    return tuple(number for number in named if joined is None or _number_after_merges(number, tickets) != joined)


def _number_after_merges(number: int, tickets: Mapping[int, Known]) -> int:
    known = _after_merges(number, tickets)
    return known.number if known else number
