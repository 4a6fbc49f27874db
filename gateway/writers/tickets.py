"""What changes a ticket itself: its fields, articles, links and journal, who is to work on it and when."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, select, update

from gateway.errors import Conflict
from gateway.store import desk, tables
from gateway.store.fast import insert, insert_many, is_there, rows_in, update_where
from gateway.tickets.actions import (
    Actor,
    AddArticle,
    AwaitAgent,
    BeAway,
    Change,
    Link,
    Note,
    OpenTicket,
    Remind,
    SpendTime,
    StopAwaiting,
    TakeTurn,
    Unlink,
    Withdraw,
)
from gateway.tickets.clocks import KEPT
from gateway.writers.clocks import moved, opened
from gateway.writers.tx import Tx, Writer, person_of

# Lines of the journal that people hear of, and of which rules are asked.
_ANNOUNCED = (
    *("assigned", "replied", "undelivered", "delivery_delayed", "files_left_out"),
    *("reminder_due", "called", "letter_asked", "escalated"),
)


def open_ticket(tx: Tx, action: OpenTicket, actor: Actor) -> None:
    requester = person_of(tx.conn, action.requester, actor) if action.requester else None
    row = {
        "number": action.number,
        "status": action.status,
        "queue": action.queue,
        "priority": action.priority,
        "title": action.title,
        "description": action.description,
        "type": action.type,
        "category": action.category,
        "area": action.area,
        "impact": action.impact,
        "occurrence": action.occurrence,
        "assignee": action.assignee,
        "sla": action.sla,
        "tags": list(action.tags),
        "fields": dict(action.fields),
        "set_by": dict(action.set_by),
        "language": action.language,
        "requester_id": requester,
        "created_at": actor.told_at,
        "updated_at": actor.told_at,
        "last_customer_at": actor.told_at,
        "resolved_at": action.resolved_at,
        "closed_at": action.closed_at,
    }
    insert(tx.conn, tables.ticket, **row, **opened(tx, row, actor))
    if requester is not None:
        insert(tx.conn, tables.participant, ticket=action.number, person_id=requester, role="requester", at=actor.at)
    tx.note(action.number, "opened", {"queue": action.queue, "title": action.title})
    tx.tell(action.number, "opened", {})


def change(tx: Tx, action: Change, actor: Actor) -> None:
    at = tx.at(action.ticket)
    values = {name: at if value == actor.at else value for name, value in action.values.items()}
    if action.set_by:
        values["set_by"] = {**action.before.get("set_by", {}), **action.set_by}
    clocks = moved(tx, action.before, values, actor, at)
    values |= clocks
    where = {"number": action.ticket, "version": action.seen_version}
    values |= {"updated_at": at, "version": action.seen_version + 1}
    if update_where(tx.conn, tables.ticket, where, values) != 1:
        raise Conflict(f"ticket {action.ticket} changed meanwhile")
    for name, kind in (("status", "status"), ("queue", "moved")) if action.tells else ():
        if name in action.values and action.before.get(name) not in (None, action.values[name]):
            tx.tell(action.ticket, kind, {"from": action.before[name], "to": action.values[name]})
    if action.values.get("rating") is not None:
        tx.tell(action.ticket, "rated", {"rating": action.values["rating"]})
    told = {name: values[name] for name in (*action.values, *clocks) if name not in KEPT}
    shown = {key: [_plain(action.before.get(key)), _plain(value)] for key, value in told.items()}
    if shown or action.reason:  # else only its version moves on, for what was decided on the ticket
        tx.note(action.ticket, "changed", shown, action.reason)


def add_article(tx: Tx, action: AddArticle, actor: Actor) -> None:
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
        at=actor.wrote_at or tx.at(action.ticket),
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
    if action.direction in ("in", "note") and action.tells:
        kind = "wrote" if action.direction == "in" else "noted"
        tx.tell(action.ticket, kind, {"article": article, "auto": action.is_auto})


def withdraw(tx: Tx, action: Withdraw, actor: Actor) -> None:
    del actor
    ours = {"ticket": action.ticket, "mail_id": action.mail_id, "direction": "out"}
    update_where(tx.conn, tables.article, ours, {"direction": "withdrawn"})


def link(tx: Tx, action: Link, actor: Actor) -> None:
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


def unlink(tx: Tx, action: Unlink, actor: Actor) -> None:
    del actor
    at = tables.link.c
    same = (at.ticket == action.ticket, at.other == action.other, at.kind == action.kind)
    tx.conn.execute(delete(tables.link).where(*same))


def note(tx: Tx, action: Note, actor: Actor) -> None:
    if action.step_key is not None and _has_step(tx.conn, action.ticket, action.step_key):
        return
    tx.note(action.ticket, action.kind, action.data, action.reason, action.step_key)
    if action.ticket is not None and action.kind in _ANNOUNCED:
        tx.tell(action.ticket, action.kind, action.data)


def _has_step(conn: Connection, ticket: int | None, step_key: str) -> bool:
    if ticket is not None:
        return is_there(conn, tables.event, {"ticket": ticket, "step_key": step_key})
    at = tables.event.c
    same = (at.ticket.is_(None), at.step_key == step_key)
    return conn.execute(select(at.id).where(*same)).first() is not None


def take_turn(tx: Tx, action: TakeTurn, actor: Actor) -> None:
    del actor
    turn, rota = action.turn, tables.rota
    if turn.before is None:
        insert(tx.conn, rota, queue=turn.of, agent=turn.agent)  # somebody else's first turn breaks the unique key
        return
    ours = (rota.c.queue == turn.of, rota.c.agent == turn.before)
    if tx.conn.execute(update(rota).where(*ours).values(agent=turn.agent)).rowcount != 1:
        raise Conflict(f"the turn in {turn.of} went on meanwhile")


def await_agent(tx: Tx, action: AwaitAgent, actor: Actor) -> None:
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


def stop_awaiting(tx: Tx, action: StopAwaiting, actor: Actor) -> None:
    del actor
    tx.conn.execute(delete(tables.unassigned).where(tables.unassigned.c.ticket == action.ticket))


def remind(tx: Tx, action: Remind, actor: Actor) -> None:
    del actor
    desk.remind(tx.conn, ticket=action.ticket, agent=action.agent, at=action.at, text=action.text)


def spend_time(tx: Tx, action: SpendTime, actor: Actor) -> None:
    del actor
    at = tables.ticket.c
    spent = update(tables.ticket).where(at.number == action.ticket).values(time_spent=at.time_spent + action.minutes)
    tx.conn.execute(spent)


def be_away(tx: Tx, action: BeAway, actor: Actor) -> None:
    desk.be_away(tx.conn, action.agent, actor.at, action.until)
    until = action.until.isoformat() if action.until else None
    tx.note(None, "away" if until else "back", {"agent": action.agent, "until": until})


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


WRITERS: Mapping[type, Writer] = {
    OpenTicket: open_ticket,
    Change: change,
    AddArticle: add_article,
    Withdraw: withdraw,
    Link: link,
    Unlink: unlink,
    Note: note,
    TakeTurn: take_turn,
    AwaitAgent: await_agent,
    StopAwaiting: stop_awaiting,
    Remind: remind,
    SpendTime: spend_time,
    BeAway: be_away,
}
