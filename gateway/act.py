"""The one writer of tickets, articles, events and outbox rows: mail, clock, command line and web all come through here.

Everything runs on the caller's connection inside the caller's transaction; nothing here commits, waits or composes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select, update

from gateway.errors import Conflict
from gateway.mail import Address
from gateway.store import bounces, desk, people, tables
from gateway.store.fast import insert, insert_many, rows_in, update_where
from gateway.store.lookup import message_key
from gateway.tickets.actions import (
    Action,
    Actor,
    AddArticle,
    AwaitAgent,
    BeAway,
    CameBack,
    Change,
    HoldBack,
    JoinPeople,
    KeepKey,
    Leave,
    Link,
    MoveMail,
    NoProgress,
    Note,
    OpenTicket,
    Participate,
    Reached,
    Remember,
    Remind,
    Resend,
    Send,
    SetRequester,
    SpendTime,
    StopAwaiting,
    TakeTurn,
    Unlink,
    Unreached,
)
from gateway.tickets.bounces import Reach, after_failure
from gateway.tickets.reason import Reason


def apply(conn: Connection, actions: Sequence[Action], actor: Actor) -> None:
    """Make the changes, in order. Raises Conflict where a ticket has moved on; the caller rolls back."""
    tx = _Tx(conn, actor)
    for action in actions:
        _WRITERS[type(action)](tx, action, actor)
    insert_many(conn, tables.event, tx.journal)
    insert_many(conn, tables.announcement, tx.told)


def record_mail(conn: Connection, row: Mapping[str, Any]) -> int:
    """Store the row of a mail that came in; its id. A spool row that was entered before breaks the unique key."""
    return insert(conn, tables.mail, **row)


_ANNOUNCED = ("assigned", "replied", "undelivered", "reminder_due")  # lines of the journal that people hear of


class _Tx:
    """The caller's transaction, and the lines of the journal, which are written together at the end."""

    def __init__(self, conn: Connection, actor: Actor) -> None:
        self.conn = conn
        self.actor = actor
        self.journal: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []

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

    def tell(self, ticket: int, kind: str, data: Mapping[str, Any]) -> None:
        """Somebody is to hear of it, unless it is old mail that is being filed: see `telling`."""
        if self.actor.wrote_at is None:
            about = {"ticket": ticket, "kind": kind, "actor": self.actor.name, "mail_id": self.actor.mail_id}
            self.told.append({**about, "at": self.actor.at, "data": dict(data)})


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
    tx.tell(action.number, "opened", {})


def _change(tx: _Tx, action: Change, actor: Actor) -> None:
    values = dict(action.values)
    if action.set_by:
        values["set_by"] = {**action.before.get("set_by", {}), **action.set_by}
    where = {"number": action.ticket, "version": action.seen_version}
    values |= {"updated_at": actor.at, "version": action.seen_version + 1}
    if update_where(tx.conn, tables.ticket, where, values) != 1:
        raise Conflict(f"ticket {action.ticket} changed meanwhile")
    for name, kind in (("status", "status"), ("queue", "moved")):
        if name in action.values and action.before.get(name) not in (None, action.values[name]):
            tx.tell(action.ticket, kind, {"from": action.before[name], "to": action.values[name]})
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
    if action.direction in ("in", "note") and action.tells:
        kind = "wrote" if action.direction == "in" else "noted"
        tx.tell(action.ticket, kind, {"article": article, "auto": action.is_auto})


def _participate(tx: _Tx, action: Participate, actor: Actor) -> None:
    person = _person(tx.conn, action.address, actor)
    there = dict(rows_in(tx.conn, tables.participant, "ticket", [action.ticket], ("person_id", "role")))
    if person not in there:
        insert(tx.conn, tables.participant, ticket=action.ticket, person_id=person, role=action.role, at=actor.at)
    elif action.confirms and there[person] == "proposed":
        where = {"ticket": action.ticket, "person_id": person}
        update_where(tx.conn, tables.participant, where, {"role": action.role})
        tx.note(action.ticket, "confirmed", {"address": action.address.addr, "role": action.role})


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
    is_suspended = bool(bounces.suspended(tx.conn, [action.recipient.key]))
    if is_suspended and action.automatic:  # whoever wrote it; the notices to agents too
        kept = {"kind": action.kind, "recipient": action.recipient.addr}
        tx.note(action.ticket, "not_sent", kept, Reason.SUSPENDED)
        return
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
        next_try_at=actor.at + action.wait,
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
    tx.note(action.ticket, "queued", data, Reason.SUSPENDED if is_suspended else "")


def _note(tx: _Tx, action: Note, actor: Actor) -> None:
    at = tables.event
    if action.step_key is not None:
        same = (at.c.ticket == action.ticket, at.c.step_key == action.step_key)
        if tx.conn.execute(select(at.c.id).where(*same)).first() is not None:
            return
    tx.note(action.ticket, action.kind, action.data, action.reason, action.step_key)
    if action.ticket is not None and action.kind in _ANNOUNCED:
        tx.tell(action.ticket, action.kind, action.data)


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


def _came_back(tx: _Tx, action: CameBack, actor: Actor) -> None:
    del actor
    if not bounces.mark_failed(tx.conn, action.outbox, action.reply):
        raise Conflict(f"mail {action.outbox} of the outbox has failed meanwhile")


def _resend(tx: _Tx, action: Resend, actor: Actor) -> None:
    if not bounces.mark_pending(tx.conn, action.outbox, action.data, action.reply, actor.at):
        raise Conflict(f"mail {action.outbox} of the outbox has failed meanwhile")
    data = {"outbox": action.outbox, "files": list(action.files), "reply": action.reply}
    tx.note(action.ticket, "files_left_out", data)


def _unreached(tx: _Tx, action: Unreached, actor: Actor) -> None:
    def after(before: Reach) -> Reach:
        return after_failure(
            before, action.points, reply=action.reply, limit=action.limit, within=action.within, at=actor.at
        )

    before, now = bounces.fail(tx.conn, action.address, actor.at, after)
    if before.suspended_at is None and now.suspended_at is not None:
        tx.note(action.ticket, "suspended", {"address": action.address, "score": now.score, "reply": now.reply})


def _reached(tx: _Tx, action: Reached, actor: Actor) -> None:
    del actor
    for address in bounces.forget(tx.conn, [action.address]):
        tx.note(action.ticket, "unsuspended", {"address": address})


def _keep_key(tx: _Tx, action: KeepKey, actor: Actor) -> None:
    del actor
    of = {"source": action.source, "key": action.key}
    if action.before is None:
        insert(tx.conn, tables.thread_key, **of, ticket=action.ticket)  # another node's first breaks the unique key
    elif not update_where(tx.conn, tables.thread_key, {**of, "ticket": action.before}, {"ticket": action.ticket}):
        raise Conflict(f"another ticket was opened for {action.key} meanwhile")


def _set_requester(tx: _Tx, action: SetRequester, actor: Actor) -> None:
    person = _person(tx.conn, action.address, actor)
    at = tables.participant.c
    former = (at.ticket == action.ticket, (at.role == "requester") | (at.person_id == person))
    tx.conn.execute(delete(tables.participant).where(*former))
    insert(tx.conn, tables.participant, ticket=action.ticket, person_id=person, role="requester", at=actor.at)
    update_where(tx.conn, tables.ticket, {"number": action.ticket}, {"requester_id": person})


def _remind(tx: _Tx, action: Remind, actor: Actor) -> None:
    del actor
    desk.remind(tx.conn, ticket=action.ticket, agent=action.agent, at=action.at, text=action.text)


def _spend_time(tx: _Tx, action: SpendTime, actor: Actor) -> None:
    del actor
    at = tables.ticket.c
    spent = update(tables.ticket).where(at.number == action.ticket).values(time_spent=at.time_spent + action.minutes)
    tx.conn.execute(spent)


def _hold_back(tx: _Tx, action: HoldBack, actor: Actor) -> None:
    del actor
    held = desk.hold_back(tx.conn, action.ticket, action.reason, action.mail_ids)
    if action.mail_ids is not None and len(held) != len(action.mail_ids):
        raise Conflict("some of these mails have left meanwhile")
    if held:
        tx.note(action.ticket, "held_back", {"mails": held}, action.reason)


def _move_mail(tx: _Tx, action: MoveMail, actor: Actor) -> None:
    del actor
    if not desk.move_mail(tx.conn, action.mail_id, action.ticket, action.to):
        raise Conflict(f"the mail is not on ticket {action.ticket} any more")


def _be_away(tx: _Tx, action: BeAway, actor: Actor) -> None:
    desk.be_away(tx.conn, action.agent, actor.at, action.until)
    until = action.until.isoformat() if action.until else None
    tx.note(None, "away" if until else "back", {"agent": action.agent, "until": until})


def _join_people(tx: _Tx, action: JoinPeople, actor: Actor) -> None:
    del actor
    found = people.ids(tx.conn, [action.kept, action.other])
    if found[action.kept] != found[action.other]:
        people.join(tx.conn, found[action.kept], found[action.other])
        tx.note(None, "people_joined", {"kept": action.kept, "other": action.other})


def _no_progress(tx: _Tx, action: NoProgress, actor: Actor) -> None:
    where = {"ticket": action.ticket, "person_id": _person(tx.conn, action.address, actor)}
    update_where(tx.conn, tables.participant, where, {"no_progress": True})


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
    SetRequester: _set_requester,
    Remind: _remind,
    SpendTime: _spend_time,
    HoldBack: _hold_back,
    MoveMail: _move_mail,
    BeAway: _be_away,
    NoProgress: _no_progress,
    CameBack: _came_back,
    Resend: _resend,
    Unreached: _unreached,
    Reached: _reached,
    KeepKey: _keep_key,
    JoinPeople: _join_people,
}
