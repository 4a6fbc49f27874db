"""Which ticket a mail joins: one row a situation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.mail import Address, Mail
from gateway.tickets.reason import Reason
from gateway.tickets.threading import Clues, Known, Ref, clues, decide
from gateway.tickets.token import Keys, Role

AT = datetime(2026, 11, 27, tzinfo=UTC)
KEYS = Keys(secrets={1: b"k" * 32})
ANN, BOB = "ann@example.net", "bob@example.net"
NOTHING = Clues(claims=(), ids=(), numbers=(), message_id="<new@x>")


def known(number: int = 7, **changes: object) -> Known:
    ticket = Known(
        number=number,
        status="open",
        closed_at=None,
        merged_into=None,
        participants=frozenset({ANN}),
        reopen_for=timedelta(days=14),
    )
    return replace(ticket, **changes)  # type: ignore[arg-type]


def own(message_id: str = "<old@x>", ticket: int = 7, parties: tuple[str, ...] = (ANN,)) -> Ref:
    return Ref(message_id=message_id, own=True, ticket=ticket, author=parties[0], parties=frozenset(parties))


def named(message_id: str, ticket: int = 7, parties: tuple[str, ...] = (ANN,)) -> Ref:
    return replace(own(message_id, ticket, parties), own=False)


def test_token_joins_whoever_sends_it() -> None:
    claim = KEYS.read(KEYS.issue(ticket=7, role=Role.REQUESTER, recipient=ANN, at=AT))
    assert claim is not None
    thread = decide(replace(NOTHING, claims=((claim, Reason.TOKEN_IN_ID),)), BOB, refs=[], tickets={7: known()}, at=AT)
    assert (thread.ticket, thread.reason) == (7, Reason.TOKEN_IN_ID)


@pytest.mark.parametrize(
    ("sender", "refs", "ticket", "reason"),
    [
        (ANN, [own()], 7, Reason.REFERENCE),
        (BOB, [own()], None, Reason.NOT_A_PARTY),
        (BOB, [own(parties=(ANN, BOB))], 7, Reason.REFERENCE),
        ("", [own()], None, Reason.NOT_A_PARTY),
        (ANN, [named("<old@x>")], 7, Reason.SHARED_REFERENCE),
        (BOB, [named("<old@x>")], None, Reason.NOT_A_PARTY),
        (BOB, [named("<old@x>", parties=(ANN, BOB))], None, Reason.NOT_A_PARTY),
        (ANN, [], None, Reason.NOTHING_NAMED),
    ],
)
def test_references(sender: str, refs: list[Ref], ticket: int | None, reason: Reason) -> None:
    thread = decide(replace(NOTHING, ids=("<old@x>",)), sender, refs=refs, tickets={7: known()}, at=AT)
    assert (thread.ticket, thread.reason) == (ticket, reason)
    assert thread.mentions == ((7,) if ticket is None and refs else ())


def test_siblings_of_an_unseen_mail_must_know_of_each_other() -> None:
    """Whoever names an unseen mail chooses its To and Cc, and could catch somebody's mail by them."""
    refs = [named("<unseen@x>", parties=(ANN, BOB))]
    both = replace(NOTHING, ids=("<unseen@x>",), parties=frozenset({ANN}))
    assert decide(both, BOB, refs=refs, tickets={7: known()}, at=AT).ticket == 7
    caught = replace(both, parties=frozenset({"carl@example.net"}))
    assert decide(caught, BOB, refs=refs, tickets={7: known()}, at=AT).ticket is None
    member = {7: known(participants=frozenset({ANN, BOB}))}  # Bob was made one by Ann's Cc
    assert decide(caught, BOB, refs=refs, tickets=member, at=AT).ticket is None


def test_late_parent_joins_its_answer() -> None:
    refs = [named("<new@x>", parties=(ANN, BOB))]
    parent = replace(NOTHING, parties=frozenset({ANN}))
    thread = decide(parent, BOB, refs=refs, tickets={7: known()}, at=AT)
    assert (thread.ticket, thread.reason) == (7, Reason.LATE_PARENT)
    for clues_, sender in ((parent, "eve@x"), (NOTHING, BOB)):
        other = decide(clues_, sender, refs=refs, tickets={7: known()}, at=AT)
        assert (other.ticket, other.mentions) == (None, (7,))


def test_what_leads_nowhere_is_told_too() -> None:
    ids = tuple(f"<unseen{number}@x>" for number in range(5))
    forged = "a" * 32
    mail = Mail(message_id="<new@x>", references=ids, markers=(forged,), subject="Re: [Acme #99] Lamp")
    found = clues(mail, (), KEYS, tag="Acme", number_format="{n}")
    assert found.unsigned == ((forged, Reason.TOKEN_IN_MARKER),)
    thread = decide(found, ANN, refs=[], tickets={}, at=AT)
    assert (thread.ticket, thread.reason, thread.mentions) == (None, Reason.NOTHING_NAMED, ())
    assert [(one.evidence, one.ticket, one.what, one.outcome) for one in thread.tried] == [
        (Reason.TOKEN_IN_MARKER, None, forged, Reason.NOT_SIGNED),
        (Reason.REFERENCE, None, "<unseen4@x> <unseen3@x> <unseen2@x> and 2 more", Reason.UNKNOWN_MAIL),
        (Reason.SUBJECT_NUMBER, 99, "#99", Reason.NO_SUCH_TICKET),
    ]


def test_squatting_a_message_id_catches_nobody() -> None:
    thread = decide(NOTHING, BOB, refs=[own("<new@x>", parties=(ANN, BOB))], tickets={7: known()}, at=AT)
    assert thread.ticket is None


@pytest.mark.parametrize(("sender", "auth_failed", "ticket"), [(ANN, False, 7), (ANN, True, None), (BOB, False, None)])
def test_subject_number_is_for_participants(sender: str, auth_failed: bool, ticket: int | None) -> None:
    thread = decide(
        replace(NOTHING, numbers=(7,)), sender, refs=[], tickets={7: known()}, at=AT, auth_failed=auth_failed
    )
    assert thread.ticket == ticket
    assert thread.mentions == (() if ticket else (7,))


@pytest.mark.parametrize(
    ("sender", "number", "auth_failed", "ticket", "mentions"),
    [(ANN, 99, False, 7, ()), (BOB, 99, False, None, (7,)), (ANN, 99, True, None, (7,)), (ANN, 7, False, None, ())],
)
def test_a_number_of_another_helpdesk_counts_for_what_was_taken_over(
    sender: str, number: int, auth_failed: bool, ticket: int | None, mentions: tuple[int, ...]
) -> None:
    """Number 7 of theirs is no ticket of theirs that is here, whatever our ticket 7 is."""
    found = replace(NOTHING, old_numbers=(number,))
    thread = decide(found, sender, refs=[], tickets={7: known()}, at=AT, imported={99: [7]}, auth_failed=auth_failed)
    assert (thread.ticket, thread.mentions) == (ticket, mentions)
    assert (thread.reason is Reason.OLD_NUMBER) == (ticket is not None)


def test_a_number_that_does_not_exist_is_no_mention() -> None:
    thread = decide(replace(NOTHING, numbers=(99,)), ANN, refs=[], tickets={}, at=AT)
    assert (thread.ticket, thread.mentions) == (None, ())


@pytest.mark.parametrize(("days", "ticket", "follows"), [(3, 7, None), (15, None, 7)])
def test_closed(days: int, ticket: int | None, follows: int | None) -> None:
    closed = known(status="closed", closed_at=AT - timedelta(days=days))
    thread = decide(replace(NOTHING, numbers=(7,)), ANN, refs=[], tickets={7: closed}, at=AT)
    assert (thread.ticket, thread.follows, thread.reopens) == (ticket, follows, ticket is not None)


def test_merged_tickets_redirect_and_rings_end() -> None:
    tickets = {7: known(7, merged_into=8), 8: known(8)}
    assert decide(replace(NOTHING, numbers=(7,)), ANN, refs=[], tickets=tickets, at=AT).ticket == 8
    ring = {7: known(7, merged_into=8), 8: known(8, merged_into=7)}
    decide(replace(NOTHING, numbers=(7,)), ANN, refs=[], tickets=ring, at=AT)


def test_stronger_evidence_wins_and_the_rest_is_mentioned() -> None:
    claim = KEYS.read(KEYS.issue(ticket=8, role=Role.REQUESTER, recipient=ANN, at=AT))
    assert claim is not None
    found = Clues(claims=((claim, Reason.TOKEN_IN_MARKER),), ids=("<old@x>",), numbers=(9,), message_id="")
    tickets = {number: known(number) for number in (7, 8, 9)}
    thread = decide(found, ANN, refs=[own()], tickets=tickets, at=AT)
    assert (thread.ticket, thread.reason) == (8, Reason.TOKEN_IN_MARKER)


def test_clues_of_a_mail() -> None:
    text = KEYS.issue(ticket=7, role=Role.REQUESTER, recipient=ANN, at=AT)
    mail = Mail(
        from_=Address(addr=ANN),
        subject="Re: [Acme #7] x",
        in_reply_to=(f"<{text}.1@mail.acme.example>",),
        references=("<a@x>", "<b@x>"),
        markers=(text, "a" * 34),
    )
    found = clues(mail, [f"support+{text}@acme.example"], KEYS, tag="Acme", number_format="{n}")
    assert [reason for _, reason in found.claims] == [
        Reason.TOKEN_IN_ID,
        Reason.TOKEN_IN_ADDRESS,
        Reason.TOKEN_IN_MARKER,
    ]
    assert found.ids == (f"<{text}.1@mail.acme.example>", "<b@x>", "<a@x>")
    assert found.numbers == (7,)
