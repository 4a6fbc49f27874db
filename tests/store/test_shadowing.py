"""Whatever is written in shadow mode, to whomever and by whatever: the claim gives out what is for the admin alone."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.now import now
from gateway.store import Store, outbox, shadowing, tables
from gateway.store.fast import insert

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
    ways = list(itertools.product(KINDS, RECIPIENTS, (None, 7), ("pending", "held"), (0, 5)))
    rows = {
        write(store, kind=kind, recipient=to, ticket=ticket, state=state, wait=wait): (kind, to, ticket, state)
        for kind, to, ticket, state, wait in ways
    }
    if by == "database":
        shadowing.begin(store, now())
        given = claimed(store, admin=ADMIN)
    else:
        given = claimed(store, shadow=True, admin=ADMIN)
    own = {
        one
        for one, (kind, to, ticket, _) in rows.items()
        if kind in ("admin_notice", "report") and to == ADMIN.lower() and ticket is None
    }
    assert given == {one for one in own if rows[one][3] == "pending"}
    kept = {one for one, state in states(store).items() if state == "shadowed"}
    assert kept == rows.keys() - own
    assert outbox.retry(store, sorted(kept)) == set()


def test_what_was_written_then_is_never_sent_later(store: Store) -> None:
    shadowing.begin(store, now())
    late = write(store, kind="reply", recipient="ann@example.net", ticket=None)  # nothing runs that would claim it
    assert shadowing.end(store) == 1
    assert states(store) == {late: "shadowed"}
    assert claimed(store) == set()
    new = write(store, kind="reply", recipient="ann@example.net", ticket=None)
    assert claimed(store) == {new}
    assert shadowing.end(store) is None  # it was none
