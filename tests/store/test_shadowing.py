"""Whatever is written in shadow mode, to whomever and by whatever: the claim gives out what is for the admin alone."""

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from gateway.errors import Permanent, Temporary
from gateway.now import now
from gateway.store import Store, outbox, shadowing, spool, tables
from gateway.store.fast import insert
from support import rows
from support.arrivals import new_mail

ADMIN = "Admin@acme.example"
KINDS = (
    "admin_notice",
    "report",
    "acknowledgement",
    "reply",
    "notice_new",
    "digest",
    "transcript",
    "progress",
    "rating",
)
RECIPIENTS = ("admin@acme.example", "carol@acme.example", "ann@example.net")


def write(store: Store, *, kind: str, recipient: str, ticket: int | None, state: str = "pending", wait: int = 0) -> int:
    at = now()
    with store.main.write() as conn:
        values = {"facts": {}, "auth": {}, "trace": []}
        mail = insert(
            conn, tables.mail, direction="out", kind=kind, message_id="<x@y>", recipient=recipient, at=at, **values
        )
        insert(conn, tables.mail_out, mail_id=mail, data=b"x")
        return insert(
            conn, tables.outbox, mail_id=mail, ticket=ticket, recipient=recipient, envelope_from="", automatic=True,
            state=state, next_try_at=at + timedelta(hours=wait), created_at=at,
        )  # fmt: skip


def states(store: Store) -> dict[int, str]:
    with store.main.read() as conn:
        return {row.id: row.state for row in conn.execute(select(tables.outbox.c.id, tables.outbox.c.state))}


def claimed(store: Store, **more: object) -> set[int]:
    return {due.id for due in outbox.claim_due(store, node="n", limit=99, now=now() + timedelta(hours=9), **more)}  # type: ignore[arg-type]


@pytest.mark.parametrize("by", ["settings", "database"])
def test_only_what_is_for_the_admin_is_given_out(store: Store, by: str) -> None:
    if by == "database":
        shadowing.begin(store, now())
    ways = list(itertools.product(KINDS, RECIPIENTS, (None, 7), ("pending", "held"), (0, 5)))
    written = {
        write(store, kind=kind, recipient=to, ticket=ticket, state=state, wait=wait): (kind, to, ticket, state)
        for kind, to, ticket, state, wait in ways
    }
    given = claimed(store, shadow=by == "settings", admin=ADMIN)
    own = {
        one
        for one, (kind, to, ticket, _) in written.items()
        if kind in ("admin_notice", "report") and to == ADMIN.lower() and ticket is None
    }
    assert given == {one for one in own if written[one][3] == "pending"}
    kept = {one for one, state in states(store).items() if state == "shadowed"}
    assert kept == (written.keys() - own if by == "database" else set())
    assert outbox.retry(store, sorted(kept)) == set()


def test_what_was_written_then_is_never_sent_later(store: Store) -> None:
    shadowing.begin(store, now())
    late = write(store, kind="reply", recipient="ann@example.net", ticket=None)  # nothing runs that would claim it
    assert shadowing.end(store, ADMIN) == 1
    assert states(store) == {late: "shadowed"}
    assert claimed(store) == set()
    new = write(store, kind="reply", recipient="ann@example.net", ticket=None)
    assert claimed(store) == {new}
    assert shadowing.end(store, ADMIN) is None  # it was none


def test_a_database_in_use_in_earnest_is_refused(store: Store) -> None:
    write(store, kind="admin_notice", recipient="admin@acme.example", ticket=None)
    shadowing.begin(store, now())
    late = write(store, kind="reply", recipient="ann@example.net", ticket=None)
    assert shadowing.begin(store, now())  # a restart
    assert shadowing.end(store, ADMIN) == 1
    waiting = write(store, kind="reply", recipient="ann@example.net", ticket=None)
    with pytest.raises(Permanent, match="letters that were sent or wait to be"):
        shadowing.begin(store, now())
    assert states(store)[waiting] == "pending"
    assert states(store)[late] == "shadowed"


def test_a_node_whose_settings_alone_say_so_sends_nothing_and_keeps_nobodys_letters(store: Store) -> None:
    """It still runs, and another one has ended the mode."""
    waiting = write(store, kind="reply", recipient="ann@example.net", ticket=None)
    assert claimed(store, shadow=True, admin=ADMIN) == set()
    assert claimed(store) == {waiting}


def test_tickets_are_refused_unless_they_are_imported(store: Store) -> None:
    with store.main.write() as conn:
        rows.counted_to(store, conn, 3)
        imported = rows.ticket(conn, 1, clocks={"first_response": {}})
        rows.ticket(conn, 2, clocks={})  # old mail of a list's
        mail = {"facts": {}, "auth": {}, "trace": [], "at": now(), "message_id": "<o@x>", "kind": "normal"}
        insert(conn, tables.mail, direction="in", ticket=imported, reason="imported", **mail)
    shadowing.begin(store, now())
    with store.main.write() as conn:
        rows.ticket(conn, 3, clocks=None)
    shadowing.end(store, ADMIN)
    with store.main.read() as conn:
        assert list(conn.execute(select(tables.ticket.c.clocks)).scalars()) == [{}, {}, {}]
        assert set(conn.execute(select(tables.ticket.c.next_tick_at)).scalars()) == {None}


def test_it_does_not_end_while_mail_of_that_time_would_be_answered(store: Store) -> None:
    shadowing.begin(store, now())
    spool.insert_batch(store, [new_mail(1)])
    with pytest.raises(Temporary, match="1 mails that came in shadow mode wait in the spool"):
        shadowing.end(store, ADMIN)
    with store.main.read() as conn:
        assert shadowing.since(conn) is not None


def test_it_does_not_end_while_another_node_works_in_it(another_store: Callable[..., Store]) -> None:
    ours = another_store()
    if ours.dialect != "postgresql":
        pytest.skip("only there are there other nodes")
    theirs = another_store("another")
    shadowing.begin(ours, now())
    shadowing.begin(theirs, now())
    shadowing.show_life(theirs)
    with pytest.raises(Temporary, match=theirs.node):
        shadowing.end(ours, ADMIN)
    shadowing.leave(theirs)
    assert shadowing.end(ours, ADMIN) == 0


def test_what_is_written_in_the_middle_of_a_claim_is_not_given_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL shows each statement what was committed before it; in SQLite nobody writes beside a claim."""
    if store.dialect == "sqlite":
        pytest.skip("a claim is alone in SQLite")
    keep_back = shadowing.keep_back

    def and_another_writes(conn: Connection, admin: str) -> int:
        kept = keep_back(conn, admin)
        write(store, kind="reply", recipient="ann@example.net", ticket=None)
        write(store, kind="admin_notice", recipient=ADMIN.lower(), ticket=None)
        return kept

    shadowing.begin(store, now())
    monkeypatch.setattr(shadowing, "keep_back", and_another_writes)
    assert len(claimed(store, admin=ADMIN)) == 1
    assert sorted(states(store).values()) == ["pending", "sending"]
