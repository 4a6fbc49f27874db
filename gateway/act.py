"""The one writer of tickets, articles, events and outbox rows: mail, clock, command line and web all come through here.

Everything runs on the caller's connection inside the caller's transaction; nothing here commits, waits or composes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select, update

from gateway.errors import Conflict
from gateway.mail import Address
from gateway.store import tables
from gateway.store.fast import insert, insert_many, rows_in, update_where
from gateway.store.lookup import message_key
from gateway.tickets.actions import (
    Action,
    Actor,
    AddArticle,
    AwaitAgent,
    Change,
    Leave,
    Link,
    Note,
    OpenTicket,
    Participate,
    Remember,
    Send,
    StopAwaiting,
    TakeTurn,
    Unlink,
)


def apply(conn: Connection, actions: Sequence[Action], actor: Actor) -> None:
    """Make the changes, in order. Raises Conflict where a ticket has moved on; the caller rolls back."""
    tx = _Tx(conn, actor)
    for action in actions:
        _WRITERS[type(action)](tx, action, actor)
    insert_many(conn, tables.event, tx.journal)


def record_mail(conn: Connection, row: Mapping[str, Any]) -> int:
    """Store the row of a mail that came in; its id. A spool row that was entered before breaks the unique key."""
    return insert(conn, tables.mail, **row)


class _Tx:
    """The caller's transaction, and the lines of the journal, which are written together at the end."""

    def __init__(self, conn: Connection, actor: Actor) -> None:
        self.conn = conn
        self.actor = actor
        self.journal: list[dict[str, Any]] = []

    def note(
        self, ticket: int | None, kind: str, data: Mapping[str, Any], reason: str = "", step_key: str | None = None
    ) -> None:
        self.journal.append(
            {
                "ticket": ticket,
                "mail_id": self.actor.mail_id,
                "at": self.actor.at,
                "actor": self.actor.name,
                "kind": kind,
                "data": dict(data),
                "reason": reason,
                "step_key": step_key,
            }
        )


def _open_ticket(tx: _Tx, action: OpenTicket, actor: Actor) -> None:
    requester = _person(tx.conn, action.requester, actor) if action.requester else None
    insert(
        tx.conn,
        tables.ticket,
        number=action.number,
        status=action.status,
        queue=action.queue,
        priority=action.priority,
        title=action.title,
        description=action.description,
        type=action.type,
        category=action.category,
        area=action.area,
        impact=action.impact,
        occurrence=action.occurrence,
        assignee=action.assignee,
        sla=action.sla,
        tags=list(action.tags),
        fields=dict(action.fields),
        set_by=dict(action.set_by),
        language=action.language,
        requester_id=requester,
        created_at=actor.told_at,
        updated_at=actor.told_at,
        last_customer_at=actor.told_at,
        resolved_at=action.resolved_at,
        closed_at=action.closed_at,
    )
    if requester is not None:
        insert(tx.conn, tables.participant, ticket=action.number, person_id=requester, role="requester", at=actor.at)
    tx.note(action.number, "opened", {"queue": action.queue, "title": action.title})
    if action.assignee:
        tx.note(action.number, "assigned", {"assignee": action.assignee}, action.set_by.get("assignee", ""))


def _change(tx: _Tx, action: Change, actor: Actor) -> None:
    values = dict(action.values)
    if action.set_by:
        values["set_by"] = {**action.before.get("set_by", {}), **action.set_by}
    where = {"number": action.ticket, "version": action.seen_version}
    values |= {"updated_at": actor.at, "version": action.seen_version + 1}
    if update_where(tx.conn, tables.ticket, where, values) != 1:
        raise Conflict(f"ticket {action.ticket} changed meanwhile")
    shown = {key: [_plain(action.before.get(key)), _plain(value)] for key, value in action.values.items()}
    if shown or action.reason:  # else only its version moves on, for what was decided on the ticket
        tx.note(action.ticket, "changed", shown, action.reason)


def _add_article(tx: _Tx, action: AddArticle, actor: Actor) -> None:
    article = insert(
        tx.conn,
        tables.article,
        ticket=action.ticket,
        direction=action.direction,
        author=action.author,
        subject=action.subject,
        text=action.text,
        elided=action.elided,
        language=action.language,
        is_auto=action.is_auto,
        mail_id=actor.mail_id,
        at=actor.told_at,
    )
    rows = [
        {
            "article_id": article,
            "name": one.name,
            "type": one.type,
            "size": one.size,
            "sha256": one.sha256,
            "part": one.part,
            "inline": one.inline,
            "declared": one.declared,
        }
        for one in action.attachments
    ]
    if rows:
        insert_many(tx.conn, tables.attachment, rows)


def _participate(tx: _Tx, action: Participate, actor: Actor) -> None:
    person = _person(tx.conn, action.address, actor)
    there = rows_in(tx.conn, tables.participant, "ticket", [action.ticket], ("person_id",))
    if [person] not in there:
        insert(tx.conn, tables.participant, ticket=action.ticket, person_id=person, role=action.role, at=actor.at)


def _link(tx: _Tx, action: Link, actor: Actor) -> None:
    there = rows_in(tx.conn, tables.link, "ticket", [action.ticket], ("other", "kind"))
    if [action.other, action.kind] in there:
        return
    insert(
        tx.conn,
        tables.link,
        ticket=action.ticket,
        other=action.other,
        kind=action.kind,
        reason=action.reason,
        at=actor.at,
    )


def _unlink(tx: _Tx, action: Unlink, actor: Actor) -> None:
    del actor
    at = tables.link.c
    same = (at.ticket == action.ticket, at.other == action.other, at.kind == action.kind)
    tx.conn.execute(delete(tables.link).where(*same))


def _leave(tx: _Tx, action: Leave, actor: Actor) -> None:
    del actor
    at = tables.participant.c
    for (person_id,) in rows_in(tx.conn, tables.address, "addr", [action.address.key], ("person_id",)):
        tx.conn.execute(delete(tables.participant).where(at.ticket == action.ticket, at.person_id == person_id))


def _remember(tx: _Tx, action: Remember, actor: Actor) -> None:
    parties = [action.author, *(key for key in action.parties if key != action.author)]
    ids = ([(action.own, "own")] if action.own else []) + [(one, "named") for one in action.named if one != action.own]
    insert_many(
        tx.conn,
        tables.message_ref,
        [
            {
                "key": message_key(message_id),
                "message_id": message_id,
                "kind": kind,
                "ticket": action.ticket,
                "mail_id": actor.mail_id,
                "parties": parties,
            }
            for message_id, kind in ids
        ],
    )


def _send(tx: _Tx, action: Send, actor: Actor) -> None:
    mail = insert(
        tx.conn,
        tables.mail,
        direction="out",
        ticket=action.ticket,
        kind=action.kind,
        message_id=action.message_id,
        recipient=action.recipient.key,
        subject=action.subject,
        at=actor.at,
        size=len(action.data),
        facts={},
        auth={},
        trace=[],
    )
    insert(tx.conn, tables.mail_out, mail_id=mail, data=action.data)
    insert(
        tx.conn,
        tables.outbox,
        mail_id=mail,
        ticket=action.ticket,
        recipient=action.recipient.addr,
        envelope_from=action.envelope_from,
        automatic=action.automatic,
        state="pending",
        next_try_at=actor.at,
        created_at=actor.at,
    )
    if action.ticket is None:
        return
    insert(
        tx.conn,
        tables.message_ref,
        key=message_key(action.message_id),
        message_id=action.message_id,
        kind="own",
        ticket=action.ticket,
        mail_id=mail,
        parties=["", action.recipient.key, *action.parties],
    )
    data = {"kind": action.kind, "recipient": action.recipient.addr, "mail": mail}
    tx.note(action.ticket, "queued", data)


def _note(tx: _Tx, action: Note, actor: Actor) -> None:
    at = tables.event
    if action.step_key is not None:
        same = (at.c.ticket == action.ticket, at.c.step_key == action.step_key)
        if tx.conn.execute(select(at.c.id).where(*same)).first() is not None:
            return
    tx.note(action.ticket, action.kind, action.data, action.reason, action.step_key)


def _take_turn(tx: _Tx, action: TakeTurn, actor: Actor) -> None:
    del actor
    turn, rota = action.turn, tables.rota
    if turn.before is None:
        insert(tx.conn, rota, queue=turn.of, agent=turn.agent)  # somebody else's first turn breaks the unique key
        return
    ours = (rota.c.queue == turn.of, rota.c.agent == turn.before)
    if tx.conn.execute(update(rota).where(*ours).values(agent=turn.agent)).rowcount != 1:
        raise Conflict(f"the turn in {turn.of} went on meanwhile")


def _await_agent(tx: _Tx, action: AwaitAgent, actor: Actor) -> None:
    if rows_in(tx.conn, tables.unassigned, "ticket", [action.ticket], ("ticket",)):
        return
    insert(
        tx.conn,
        tables.unassigned,
        ticket=action.ticket,
        policy=list(action.policy),
        skills=list(action.skills),
        organisation=action.organisation,
        how=list(action.how),
        since=actor.at,
    )
    tx.note(action.ticket, "unassigned", {"how": list(action.how)})


def _stop_awaiting(tx: _Tx, action: StopAwaiting, actor: Actor) -> None:
    del actor
    tx.conn.execute(delete(tables.unassigned).where(tables.unassigned.c.ticket == action.ticket))


def _person(conn: Connection, address: Address, actor: Actor) -> int:
    """The id of the person behind an address, made known if need be."""
    for (person_id,) in rows_in(conn, tables.address, "addr", [address.key], ("person_id",)):
        return int(person_id)
    person = insert(conn, tables.person, name=address.name, tags=[], created_at=actor.at)
    insert(conn, tables.address, addr=address.key, person_id=person, shown=address.addr)
    return person


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


_WRITERS: Mapping[type, Callable[[_Tx, Any, Actor], None]] = {
    OpenTicket: _open_ticket,
    Change: _change,
    AddArticle: _add_article,
    Participate: _participate,
    Link: _link,
    Remember: _remember,
    Send: _send,
    Note: _note,
    TakeTurn: _take_turn,
    AwaitAgent: _await_agent,
    Unlink: _unlink,
    Leave: _leave,
    StopAwaiting: _stop_awaiting,
}
