"""Who takes part in a ticket, and whether mail reaches them."""

from collections.abc import Mapping

from sqlalchemy import delete

from gateway.store import bounces, people, tables
from gateway.store.fast import insert, rows_in, update_where
from gateway.tickets.actions import Actor, JoinPeople, Leave, NoProgress, Participate, Reached, SetRequester, Unreached
from gateway.tickets.bounces import Reach, after_failure
from gateway.writers.tx import Tx, Writer, person_of


def participate(tx: Tx, action: Participate, actor: Actor) -> None:
    person = person_of(tx.conn, action.address, actor)
    there = dict(rows_in(tx.conn, tables.participant, "ticket", [action.ticket], ("person_id", "role")))
    if person not in there:
        insert(tx.conn, tables.participant, ticket=action.ticket, person_id=person, role=action.role, at=actor.at)
    elif action.confirms and there[person] == "proposed":
        where = {"ticket": action.ticket, "person_id": person}
        update_where(tx.conn, tables.participant, where, {"role": action.role})
        tx.note(action.ticket, "confirmed", {"address": action.address.addr, "role": action.role})


def leave(tx: Tx, action: Leave, actor: Actor) -> None:
    del actor
    at = tables.participant.c
    for (person_id,) in rows_in(tx.conn, tables.address, "addr", [action.address.key], ("person_id",)):
        tx.conn.execute(delete(tables.participant).where(at.ticket == action.ticket, at.person_id == person_id))


def set_requester(tx: Tx, action: SetRequester, actor: Actor) -> None:
    person = person_of(tx.conn, action.address, actor)
    at = tables.participant.c
    former = (at.ticket == action.ticket, (at.role == "requester") | (at.person_id == person))
    tx.conn.execute(delete(tables.participant).where(*former))
    insert(tx.conn, tables.participant, ticket=action.ticket, person_id=person, role="requester", at=actor.at)
    update_where(tx.conn, tables.ticket, {"number": action.ticket}, {"requester_id": person})


def no_progress(tx: Tx, action: NoProgress, actor: Actor) -> None:
    where = {"ticket": action.ticket, "person_id": person_of(tx.conn, action.address, actor)}
    update_where(tx.conn, tables.participant, where, {"no_progress": True})


def join_people(tx: Tx, action: JoinPeople, actor: Actor) -> None:
    del actor
    found = people.ids(tx.conn, [action.kept, action.other])
    if found[action.kept] != found[action.other]:
        people.join(tx.conn, found[action.kept], found[action.other])
        tx.note(None, "people_joined", {"kept": action.kept, "other": action.other})


def unreached(tx: Tx, action: Unreached, actor: Actor) -> None:
    def after(before: Reach) -> Reach:
        return after_failure(
            before, action.points, reply=action.reply, limit=action.limit, within=action.within, at=actor.at
        )

    before, now = bounces.fail(tx.conn, action.address, actor.at, after)
    if before.suspended_at is None and now.suspended_at is not None:
        tx.note(action.ticket, "suspended", {"address": action.address, "score": now.score, "reply": now.reply})


def reached(tx: Tx, action: Reached, actor: Actor) -> None:
    del actor
    for address in bounces.forget(tx.conn, [action.address]):
        tx.note(action.ticket, "unsuspended", {"address": address})


WRITERS: Mapping[type, Writer] = {
    Participate: participate,
    Leave: leave,
    SetRequester: set_requester,
    NoProgress: no_progress,
    JoinPeople: join_people,
    Unreached: unreached,
    Reached: reached,
}
