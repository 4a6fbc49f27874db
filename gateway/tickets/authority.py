"""What an agent's mail may do: it acts, it may open tickets, or it is held (design: Authority; T75, T88, T90-T92).

Three things, each proved by itself: A, one strict From that is an address of the agent's; B, a source the site trusts
says that From is true; C, a token that we signed for this agent and this ticket. Nothing else counts, and whatever
contradicts one of them holds the mail, for a token may be stolen and a From typed by anybody.

A token may be used often, the same mail acts once. Three nets see to that: a repeated delivery never gets here within
`[limits] duplicate_for`; a mail of a Message-ID that has come before is `again`; and a mail whose Date lies further
from its arrival than `MAX_AGE`, which is when deliveries begin to be forgotten, acts no more.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.mail import Mail
from gateway.tickets import token
from gateway.tickets.auth_result import AuthResult, Result
from gateway.tickets.reason import Reason

MAX_AGE = timedelta(days=7)  # between Date and arrival
MAX_AHEAD = timedelta(days=1)  # no clock and no zone is further off

# What is proved by who handed the mail to us says more than a check of the mail itself, which may never have had a
# signature: DMARC cannot contradict it.
_HANDED_OVER = ("submission", "m365-internal")
_DOUBTS = ("ambiguous:", "dup_header:", "degraded", "unparsed")


class Power(StrEnum):
    """What a mail may do."""

    ACTS = "acts"  # its commands and its reply on this ticket
    OPENS = "opens"  # open tickets, forward, and have its direct reply to a customer recorded; nothing is sent
    HELD = "held"  # nothing; the agent may confirm it


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A text with the shape of a token: where it stood, and what it says; None where we did not sign it."""

    where: Reason
    claim: token.Claim | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a mail shows of its sender. `sent_at` is its Date, `again`: a mail of its Message-ID has come before."""

    auth: AuthResult
    tokens: tuple[Token, ...] = ()
    doubt: str = ""  # the defect by which others may read this mail otherwise
    is_automatic: bool = False
    again: bool = False
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of whom and for what it is asked: an agent of the config, by key and all address keys, and a ticket.

    `ticket` is None where the mail belongs to none; `took_in` are the tickets that were merged into it; `at` is when
    the mail arrived, `token_life` how long a token has authority.
    """

    agent: str
    addresses: tuple[str, ...]
    ticket: int | None
    at: datetime
    token_life: timedelta
    took_in: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The verdict. `from_ok`, `verified` (by which source, `""` for none) and `token` are A, B and C."""

    agent: str
    power: Power
    from_ok: bool
    verified: str
    token: bool
    reason: Reason
    detail: str = ""  # the defect, the source or the place that decided


def shown(mail: Mail, auth: AuthResult, recipients: Sequence[str], keys: token.Keys, *, again: bool) -> Shown:
    """What a mail shows; `recipients` are our addresses as they were written, where their plus parts are ours."""
    return Shown(
        auth=auth,
        tokens=tuple(_tokens(mail, recipients, keys)),
        doubt=next((defect for defect in mail.defects if defect.startswith(_DOUBTS)), ""),
        is_automatic=mail.is_automatic or mail.is_autoreply,
        again=again,
        sent_at=mail.date,
    )


def authority(shown: Shown, asked: Asked, keys: token.Keys, *, mode: str) -> Authority:
    """What this mail may do. `mode` is `strict`, or `token` where B is not to be had and A and C are enough."""
    from_ok = _is_from(shown, asked)
    refuted = _refuted(shown.auth)
    verified = "" if refuted or not from_ok else shown.auth.by
    faults = token_faults(shown.tokens, asked, keys)
    has_token = Reason.TOKEN_GOOD in faults

    def found(power: Power, reason: Reason, detail: str = "") -> Authority:
        return Authority(
            agent=asked.agent,
            power=power,
            from_ok=from_ok,
            verified=verified,
            token=has_token,
            reason=reason,
            detail=detail,
        )

    for reason, detail in _against(shown, asked, from_ok=from_ok, refuted=refuted):
        return found(Power.HELD, reason, detail)
    if verified:
        if has_token:
            return found(Power.ACTS, Reason.PROVED, verified)
        return found(Power.OPENS, min(faults, key=_FAULTS.index), verified)
    if shown.auth.temporary or shown.auth.dmarc.result is Result.TEMPERROR:
        return found(Power.HELD, Reason.AUTH_UNAVAILABLE)
    if mode == "token" and has_token:
        return found(Power.ACTS, Reason.TOKEN_ALONE)
    return found(Power.HELD, Reason.UNVERIFIED)


# ---- A -------------------------------------------------------------------------------------------------------------


def _is_from(shown: Shown, asked: Asked) -> bool:
    auth = shown.auth
    return auth.is_strict and not shown.doubt and auth.from_addr.lower() in asked.addresses


def _against(shown: Shown, asked: Asked, *, from_ok: bool, refuted: str) -> Iterator[tuple[Reason, str]]:
    """Whatever holds the mail, all else being well."""
    if shown.is_automatic:
        yield Reason.AUTOMATIC, ""
    if not from_ok:
        if shown.doubt or shown.auth.from_problem:
            yield Reason.FROM_DOUBTFUL, shown.doubt or shown.auth.from_problem
        yield Reason.NOT_THE_AGENT, shown.auth.from_addr
    if refuted:
        yield Reason.AUTH_FAILED, refuted
    if shown.again:
        yield Reason.ACTED_ALREADY, ""
    if shown.sent_at is None:
        yield Reason.WRONG_DATE, "no Date"
    elif not -MAX_AHEAD <= asked.at - shown.sent_at <= MAX_AGE:
        yield Reason.WRONG_DATE, shown.sent_at.isoformat()


# ---- B -------------------------------------------------------------------------------------------------------------


def _refuted(auth: AuthResult) -> str:
    """What says that somebody else sent this, `""` where nothing does; a look that failed says nothing."""
    if auth.by in _HANDED_OVER:
        return ""
    if auth.dmarc.result is Result.FAIL:
        return f"DMARC fail: {auth.dmarc.domain}"
    if auth.by:
        return ""
    if auth.spf.is_aligned and auth.spf.result in (Result.FAIL, Result.SOFTFAIL):
        return f"SPF {auth.spf.result}: {auth.spf.domain}"
    failed = next((one for one in auth.dkim if one.is_aligned and one.result is Result.FAIL), None)
    return f"DKIM fail: {failed.domain}" if failed else ""


# ---- C -------------------------------------------------------------------------------------------------------------

# What is wrong with the tokens of a mail, the first being the one to tell.
_FAULTS = (
    Reason.TOKENS_DISAGREE,
    Reason.TOKEN_EXPIRED,
    Reason.TOKEN_OF_OTHER_AGENT,
    Reason.TOKEN_OF_CUSTOMER,
    Reason.TOKEN_OF_OTHER_TICKET,
    Reason.NOT_SIGNED,
    Reason.NO_TOKEN,
)


def token_faults(tokens: Collection[Token], asked: Asked, keys: token.Keys) -> frozenset[Reason]:
    """`TOKEN_GOOD` alone where they are C: one is for this agent and ticket, in force, and none names another ticket.

    Else everything that keeps them from it. A text that only looks like a token takes nothing from a good one: anybody
    may write one anywhere.
    """
    if not tokens:
        return frozenset((Reason.NO_TOKEN,))
    signed = [one.claim for one in tokens if one.claim is not None]
    if not signed:
        return frozenset((Reason.NOT_SIGNED,))
    tickets = {_number(claim, asked) for claim in signed}
    if len(tickets) > 1:
        return frozenset((Reason.TOKENS_DISAGREE,))
    found = frozenset(_fault(claim, asked, keys) for claim in signed)
    return frozenset((Reason.TOKEN_GOOD,)) if Reason.TOKEN_GOOD in found else found


def _number(claim: token.Claim, asked: Asked) -> int | None:
    return asked.ticket if claim.ticket in asked.took_in else claim.ticket


def _fault(claim: token.Claim, asked: Asked, keys: token.Keys) -> Reason:
    if asked.ticket is None or _number(claim, asked) != asked.ticket:
        return Reason.TOKEN_OF_OTHER_TICKET
    if claim.role is not token.Role.AGENT:
        return Reason.TOKEN_OF_CUSTOMER
    if not any(keys.is_for(claim, address) for address in asked.addresses):
        return Reason.TOKEN_OF_OTHER_AGENT
    if token.is_expired(claim, at=asked.at, after=asked.token_life):
        return Reason.TOKEN_EXPIRED
    return Reason.TOKEN_GOOD


def _tokens(mail: Mail, recipients: Sequence[str], keys: token.Keys) -> Iterator[Token]:
    """Every token, wherever threading looks for one, each once in a place."""
    ids = dict.fromkeys((*mail.in_reply_to, *reversed(mail.references)))
    places: tuple[tuple[Reason, Iterable[str]], ...] = (
        (Reason.TOKEN_IN_ID, token.in_message_ids(ids)),
        (Reason.TOKEN_IN_ADDRESS, filter(None, map(token.in_address, recipients))),
        (Reason.TOKEN_IN_MARKER, mail.markers),
    )
    for where, texts in places:
        for text in dict.fromkeys(texts):
            claim = keys.read(text)
            if claim is not None or token.looks_like_token(text):
                yield Token(where=where, claim=claim)
