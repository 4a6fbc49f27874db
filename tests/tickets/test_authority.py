"""What an agent's mail may do: every cell of the matrix, against a table that is written down by hand."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.mail import Kind, Mail, read
from gateway.tickets.auth_result import AuthResult, Dmarc, Result, Signed, Spf
from gateway.tickets.authority import Asked, Authority, Power, Shown, Token, authority, shown
from gateway.tickets.reason import Reason
from gateway.tickets.token import Keys, Role

KEYS = Keys(secrets={1: b"k" * 32})
STRANGERS_KEYS = Keys(secrets={1: b"x" * 32})
AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
CAROL = ("carol@acme.example", "carol.reyes@acme.example")
ASKED = Asked(agent="carol", addresses=CAROL, ticket=1042, took_in=(7,), at=AT, token_life=timedelta(days=90))


def issued(
    *, ticket: int = 1042, role: Role = Role.AGENT, to: str = CAROL[0], at: datetime = AT, keys: Keys = KEYS
) -> Token:
    text = keys.issue(ticket=ticket, role=role, recipient=to, at=at)
    return Token(where=Reason.TOKEN_IN_ID, claim=KEYS.read(text))


# ---- the matrix: what each thing may be ------------------------------------------------------------------------------

FROM = {  # what From is, and the defect that makes the mail doubtful
    "hers": (AuthResult(from_addr="Carol.Reyes@acme.example"), ""),
    "hers, in a mail of two readings": (AuthResult(from_addr=CAROL[0]), "ambiguous:boundary"),
    "a stranger's": (AuthResult(from_addr="carol@acme.example.evil.example"), ""),
    "hers or another's": (AuthResult(from_addr=CAROL[0], from_problem="two addresses"), ""),
}
BY = ("", "dkim", "spf", "header:mx.acme.example", "submission", "m365-internal")
DMARC = (Result.NONE, Result.PASS, Result.FAIL, Result.TEMPERROR)
OWN_CHECK = {  # what our own SPF and DKIM say of her domain
    "nothing": AuthResult(),
    "spf fails": AuthResult(spf=Spf(result=Result.FAIL, domain="acme.example", is_aligned=True)),
    "dkim fails": AuthResult(dkim=(Signed(result=Result.FAIL, domain="acme.example", is_aligned=True),)),
    "another domain fails": AuthResult(
        spf=Spf(result=Result.FAIL, domain="relay.example"), dkim=(Signed(result=Result.FAIL, domain="list.example"),)
    ),
    "no answer from dns": AuthResult(temporary=True),
}
TOKENS: dict[str, tuple[Token, ...]] = {
    "none": (),
    "good": (issued(),),
    "good, of her other address": (issued(to=CAROL[1]),),
    "good, of a ticket that was merged into this": (issued(ticket=7),),
    "good, beside one that only looks like it": (issued(keys=STRANGERS_KEYS), issued()),
    "good, beside the customer's of this ticket": (issued(role=Role.REQUESTER, to="ann@example.net"), issued()),
    "good, of half a year ago": (issued(at=AT - timedelta(days=180)),),
    "of another ticket": (issued(ticket=1043),),
    "of another agent": (issued(to="dave@acme.example"),),
    "of the customer": (issued(role=Role.REQUESTER, to="ann@example.net"),),
    "of a watcher of her address": (issued(role=Role.WATCHER),),
    "forged": (issued(keys=STRANGERS_KEYS),),
    "good, beside one of another ticket": (issued(), issued(ticket=1043)),
    "good, beside a customer's of another ticket": (issued(), issued(ticket=9, role=Role.REQUESTER, to="bo@x.example")),
}
TIMES = {  # whether it came before, and when it says it was written
    "first": (False, AT),
    "again": (True, AT),
    "old": (False, AT - timedelta(days=8)),
}

# ---- what may act, in words ------------------------------------------------------------------------------------------

# A: one From, one of her addresses, in a mail that reads in one way.
A = {"hers"}
# B: a trusted source says so, and DMARC does not say otherwise. Where she logged in, or our own tenant handed it over,
# DMARC has nothing to say.
B = {
    *itertools.product(("dkim", "spf", "header:mx.acme.example"), (Result.NONE, Result.PASS, Result.TEMPERROR)),
    *itertools.product(("submission", "m365-internal"), DMARC),
}
# C: one that we signed, for her, for this ticket, in force; and no sign of another ticket.
C = {
    "good",
    "good, of her other address",
    "good, of a ticket that was merged into this",
    "good, beside one that only looks like it",
    "good, beside the customer's of this ticket",
}
# Where B is not to be had, nothing may speak against her: no failure, and nothing that may turn out to be one.
NOTHING_AGAINST = {
    ("", dmarc, own) for dmarc in (Result.NONE, Result.PASS) for own in ("nothing", "another domain fails")
}


def cells() -> Iterator[tuple[object, ...]]:
    return itertools.product(FROM, BY, DMARC, OWN_CHECK, TOKENS, (False, True), TIMES)


def verdict(cell: tuple[object, ...], mode: str) -> Authority:
    from_, by, dmarc, own, tokens, automatic, times = cell
    (who, doubt), check, (again, sent_at) = FROM[str(from_)], OWN_CHECK[str(own)], TIMES[str(times)]
    auth = replace(
        check,
        from_addr=who.from_addr,
        from_problem=who.from_problem,
        by=str(by),
        proofs=(str(by),) if by else (),
        dmarc=Dmarc(result=Result(str(dmarc)), domain="acme.example"),
        temporary=check.temporary and not by,
    )
    seen = Shown(
        auth=auth,
        tokens=TOKENS[str(tokens)],
        doubt=doubt,
        is_automatic=bool(automatic),
        again=again,
        sent_at=sent_at,
    )
    return authority(seen, ASKED, KEYS, mode=mode)


@pytest.mark.parametrize("mode", ["strict", "token"])
def test_exactly_the_allowed_cells_act(mode: str) -> None:
    acting, opening = set(), set()
    for cell in cells():
        found = verdict(cell, mode)
        if found.power is Power.ACTS:
            acting.add(cell)
        elif found.power is Power.OPENS:
            opening.add(cell)
    fit = {cell for cell in cells() if cell[0] in A and not cell[5] and cell[6] == "first"}
    proved = {cell for cell in fit if (cell[1], cell[2]) in B}
    unproved = {cell for cell in fit if (cell[1], cell[2], cell[3]) in NOTHING_AGAINST}
    allowed = {cell for cell in (proved | unproved if mode == "token" else proved) if cell[4] in C}
    assert acting == allowed
    assert opening == proved - allowed
    assert len(acting) > 100


@pytest.mark.parametrize(
    ("cell", "mode", "reason"),
    [
        (("hers", "dkim", Result.PASS, "nothing", "good", False, "first"), "strict", Reason.PROVED),
        (("hers", "", Result.NONE, "nothing", "good", False, "first"), "token", Reason.TOKEN_ALONE),
        (("hers", "", Result.NONE, "nothing", "good", False, "first"), "strict", Reason.UNVERIFIED),
        (("hers", "", Result.NONE, "nothing", "none", False, "first"), "token", Reason.UNVERIFIED),
        (("hers", "", Result.FAIL, "nothing", "good", False, "first"), "token", Reason.AUTH_FAILED),
        (("hers", "", Result.NONE, "dkim fails", "good", False, "first"), "token", Reason.AUTH_FAILED),
        (("hers", "", Result.NONE, "spf fails", "good", False, "first"), "token", Reason.AUTH_FAILED),
        (("hers", "dkim", Result.FAIL, "nothing", "good", False, "first"), "strict", Reason.AUTH_FAILED),
        (("hers", "", Result.NONE, "no answer from dns", "good", False, "first"), "token", Reason.AUTH_UNAVAILABLE),
        (("hers", "", Result.TEMPERROR, "nothing", "good", False, "first"), "token", Reason.AUTH_UNAVAILABLE),
        (("hers", "spf", Result.PASS, "nothing", "none", False, "first"), "strict", Reason.NO_TOKEN),
        (("hers", "spf", Result.PASS, "nothing", "forged", False, "first"), "strict", Reason.NOT_SIGNED),
        (("hers", "spf", Result.PASS, "nothing", "of another ticket", False, "first"), "strict", Reason.TOKEN_OF_OTHER_TICKET),
        (("hers", "spf", Result.PASS, "nothing", "of another agent", False, "first"), "strict", Reason.TOKEN_OF_OTHER_AGENT),
        (("hers", "spf", Result.PASS, "nothing", "of the customer", False, "first"), "strict", Reason.TOKEN_OF_CUSTOMER),
        (("hers", "spf", Result.PASS, "nothing", "good, of half a year ago", False, "first"), "strict", Reason.TOKEN_EXPIRED),
        (("hers", "spf", Result.PASS, "nothing", "good, beside one of another ticket", False, "first"), "strict", Reason.TOKENS_DISAGREE),
        (("hers", "spf", Result.PASS, "nothing", "good", True, "first"), "strict", Reason.AUTOMATIC),
        (("hers", "spf", Result.PASS, "nothing", "good", False, "again"), "strict", Reason.ACTED_ALREADY),
        (("hers", "spf", Result.PASS, "nothing", "good", False, "old"), "strict", Reason.WRONG_DATE),
        (("hers or another's", "spf", Result.PASS, "nothing", "good", False, "first"), "strict", Reason.FROM_DOUBTFUL),
        (("hers, in a mail of two readings", "spf", Result.PASS, "nothing", "good", False, "first"), "strict", Reason.FROM_DOUBTFUL),
        (("a stranger's", "spf", Result.PASS, "nothing", "good", False, "first"), "strict", Reason.NOT_THE_AGENT),
    ],
)  # fmt: skip
def test_the_reason_tells_what_is_wanting(cell: tuple[object, ...], mode: str, reason: Reason) -> None:
    assert verdict(cell, mode).reason is reason


@pytest.mark.parametrize(
    ("days", "acts"), [(0, True), (6.9, True), (7.1, False), (400, False), (-0.9, True), (-1.1, False)]
)
def test_a_mail_acts_while_its_delivery_is_remembered(days: float, acts: bool) -> None:
    auth = AuthResult(from_addr=CAROL[0], by="dkim", proofs=("dkim",))
    seen = Shown(auth=auth, tokens=TOKENS["good"], sent_at=AT - timedelta(days=days))
    assert (authority(seen, ASKED, KEYS, mode="strict").power is Power.ACTS) == acts


def test_a_mail_without_a_date_does_not_act() -> None:
    seen = Shown(auth=AuthResult(from_addr=CAROL[0], by="dkim", proofs=("dkim",)), tokens=TOKENS["good"])
    assert authority(seen, ASKED, KEYS, mode="strict").reason is Reason.WRONG_DATE


def test_on_no_ticket_a_verified_agent_may_open_one() -> None:
    auth = AuthResult(from_addr=CAROL[0], by="dkim", proofs=("dkim",))
    asked = Asked(agent="carol", addresses=CAROL, ticket=None, at=AT, token_life=timedelta(days=90))
    for tokens in TOKENS.values():
        found = authority(Shown(auth=auth, tokens=tokens, sent_at=AT), asked, KEYS, mode="token")
        assert (found.power, found.token) == (Power.OPENS, False)


# ---- what a mail shows -----------------------------------------------------------------------------------------------


def text_of(to: str = CAROL[0], ticket: int = 1042) -> str:
    return KEYS.issue(ticket=ticket, role=Role.AGENT, recipient=to, at=AT)


def test_a_token_counts_wherever_threading_finds_one() -> None:
    good, other = text_of(), text_of("dave@acme.example")
    mail = Mail(
        in_reply_to=(f"<{good}.1@acme.example>",),
        references=(f"<{other}.2@acme.example>", f"<{good}.1@acme.example>"),
        markers=(good,),
    )
    found = shown(mail, AuthResult(), [f"support+{good}@acme.example", "support@acme.example"], KEYS, again=False)
    assert [one.where for one in found.tokens] == [
        Reason.TOKEN_IN_ID,
        Reason.TOKEN_IN_ID,
        Reason.TOKEN_IN_ADDRESS,
        Reason.TOKEN_IN_MARKER,
    ]
    assert all(one.claim is not None for one in found.tokens)


def test_a_token_of_ours_that_is_no_token_is_told_from_none() -> None:
    forged = "a" * 34
    found = shown(Mail(markers=(forged, "abc")), AuthResult(), [], KEYS, again=False)
    assert [(one.where, one.claim) for one in found.tokens] == [(Reason.TOKEN_IN_MARKER, None)]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.NORMAL])
def test_a_machines_mail_never_acts(kind: Kind) -> None:
    assert shown(Mail(kind=kind), AuthResult(), [], KEYS, again=False).is_automatic


@pytest.mark.parametrize(
    ("head", "doubt"),
    [
        ("From: carol@acme.example\r\n", ""),
        ("From: carol@acme.example\r\nFrom: eve@evil.example\r\n", "dup_header:from"),
        ("From: carol@acme.example\r\nSubject: a\r\nSubject: b\r\n", "dup_header:subject"),
        ("From: carol@acme.example, eve@evil.example\r\n", "ambiguous:from"),
        ("From: carol@acme.example <eve@evil.example>\r\n", "ambiguous:from"),
    ],
)
def test_a_mail_that_reads_in_two_ways_is_doubtful(head: str, doubt: str) -> None:
    mail = read(f"{head}To: support@acme.example\r\n\r\nhello\r\n".encode())
    assert shown(mail, AuthResult(), [], KEYS, again=False).doubt == doubt
