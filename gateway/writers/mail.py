"""Mail of a ticket: what it is found by, what is to be sent, what came back or stays here."""

from collections.abc import Mapping

from gateway.errors import Conflict
from gateway.store import bounces, desk, tables
from gateway.store.fast import insert, insert_many, update_where
from gateway.store.lookup import message_key
from gateway.tickets.actions import Actor, CameBack, HoldBack, KeepKey, MoveMail, Remember, Resend, Send
from gateway.tickets.reason import Reason
from gateway.writers.tx import Tx, Writer


def remember(tx: Tx, action: Remember, actor: Actor) -> None:
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


def send(tx: Tx, action: Send, actor: Actor) -> None:
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
        sender=action.sender.lower(),
        envelope_from=action.envelope_from,
        automatic=action.automatic,
        is_alarm=action.is_alarm,
        state="pending",
        reason=action.reason,
        next_try_at=actor.at + action.wait,
        created_at=actor.at + action.wait,
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
    tx.note(action.ticket, "queued", data, Reason.SUSPENDED if is_suspended else action.reason)


def came_back(tx: Tx, action: CameBack, actor: Actor) -> None:
    del actor
    if not bounces.mark_failed(tx.conn, action.outbox, action.reply):
        raise Conflict(f"mail {action.outbox} of the outbox has failed meanwhile")


def resend(tx: Tx, action: Resend, actor: Actor) -> None:
    if not bounces.mark_pending(tx.conn, action.outbox, action.data, action.reply, actor.at):
        raise Conflict(f"mail {action.outbox} of the outbox has failed meanwhile")
    data = {"outbox": action.outbox, "files": list(action.files), "reply": action.reply}
    tx.note(action.ticket, "files_left_out", data)


def keep_key(tx: Tx, action: KeepKey, actor: Actor) -> None:
    del actor
    of = {"source": action.source, "key": action.key}
    if action.before is None:
        insert(tx.conn, tables.thread_key, **of, ticket=action.ticket)  # another node's first breaks the unique key
    elif not update_where(tx.conn, tables.thread_key, {**of, "ticket": action.before}, {"ticket": action.ticket}):
        raise Conflict(f"another ticket was opened for {action.key} meanwhile")


def hold_back(tx: Tx, action: HoldBack, actor: Actor) -> None:
    del actor
    held = desk.hold_back(tx.conn, action.ticket, action.reason, action.mail_ids)
    if action.mail_ids is not None and len(held) != len(action.mail_ids):
        raise Conflict("some of these mails have left meanwhile")
    if held:
        tx.note(action.ticket, "held_back", {"mails": held}, action.reason)


def move_mail(tx: Tx, action: MoveMail, actor: Actor) -> None:
    del actor
    if not desk.move_mail(tx.conn, action.mail_id, action.ticket, action.to):
        raise Conflict(f"the mail is not on ticket {action.ticket} any more")


WRITERS: Mapping[type, Writer] = {
    Remember: remember,
    Send: send,
    CameBack: came_back,
    Resend: resend,
    KeepKey: keep_key,
    HoldBack: hold_back,
    MoveMail: move_mail,
}
