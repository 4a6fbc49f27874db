"""Rows of the tables beyond the spool, with what their columns need and no meaning of their own."""

from typing import Any

from sqlalchemy import Connection

from gateway.store import Store, spool, tables
from gateway.store.fast import insert
from support.arrivals import NOON


def mail_in(conn: Connection, claimed: spool.Claimed, **changes: Any) -> int:
    """The row of a mail that came in, as the pipeline records it."""
    row = {"spool_id": claimed.id, "sha256": claimed.sha256, "size": claimed.size, "verdict": "accept"}
    return _mail(conn, "in", {**row, **changes})


def mail_out(conn: Connection, data: bytes = b"Subject: re\r\n\r\nhello\r\n", **changes: Any) -> int:
    """The row and the bytes of a mail of ours."""
    mail_id = _mail(conn, "out", {"message_id": "<1@acme.example>", "recipient": "anna@shop.example", **changes})
    insert(conn, tables.mail_out, mail_id=mail_id, data=data)
    return mail_id


def _mail(conn: Connection, direction: str, changes: dict[str, Any]) -> int:
    row = {"direction": direction, "kind": "normal", "at": NOON, "facts": {}, "auth": {}, "trace": []}
    return insert(conn, tables.mail, **{**row, **changes})


def ticket(conn: Connection, number: int, **changes: Any) -> int:
    """A ticket and nothing more."""
    row = {"status": "new", "queue": "support", "priority": "normal", "title": "lamp", "tags": [], "fields": {}}
    times = {"created_at": NOON, "updated_at": NOON}
    insert(conn, tables.ticket, **{"number": number, "set_by": {}, **row, **times, **changes})
    return number


def article(conn: Connection, number: int, mail_id: int | None, **changes: Any) -> int:
    """One contribution on a ticket."""
    row = {"direction": "in", "author": "anna@shop.example", "text": "where is it", "is_auto": False, "at": NOON}
    return insert(conn, tables.article, **{"ticket": number, "mail_id": mail_id, **row, **changes})


def outbox(conn: Connection, mail_id: int, **changes: Any) -> int:
    """A mail of ours that waits to be sent."""
    row = {"ticket": None, "recipient": "anna@shop.example", "envelope_from": "", "automatic": True}
    times = {"next_try_at": NOON, "created_at": NOON}
    return insert(conn, tables.outbox, **{"mail_id": mail_id, "state": "pending", **row, **times, **changes})


def counted_to(store: Store, conn: Connection, number: int) -> None:
    """The last ticket number given away."""
    if store.dialect == "postgresql":
        conn.exec_driver_sql("SELECT setval('ticket_number', %s)", (number,))
    else:
        conn.execute(tables.counter.delete())
        insert(conn, tables.counter, name="ticket", value=number)


def processed(store: Store) -> None:
    """Take every waiting mail to a ticket of its own, as the pipeline would: one article, one answer."""
    while claimed := spool.claim(store, node=store.node, limit=50, now=NOON.replace(year=9999)):
        with store.main.write() as conn:
            for one in claimed:
                ticket(conn, one.id)
                article(conn, one.id, mail_in(conn, one, ticket=one.id))
                outbox(conn, mail_out(conn, message_id=f"<{one.id}@acme.example>"), ticket=one.id)
            counted_to(store, conn, claimed[-1].id)
        spool.close(
            store, node=store.node, done=[spool.Closed(id=one.id, fence=one.fence, state="done") for one in claimed]
        )
