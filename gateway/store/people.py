"""What is known of people and may be changed by hand: their addresses, tags, language, and whether they are muted."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, delete, exists, func, select, true, update

from gateway.errors import Permanent
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import insert

_person, _address = tables.person, tables.address
_participant, _ticket = tables.participant, tables.ticket
STRONGEST = ("requester", "watcher", "third", "other", "proposed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person as the commands show them. `open_tickets` are those they are the requester of."""

    id: int
    name: str
    addresses: tuple[str, ...]  # as they are spelled
    language: str
    tags: tuple[str, ...]
    muted_until: datetime | None
    tickets: int
    open_tickets: int

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(addr.lower() for addr in self.addresses)


def known(store: Store, key: str, *, ended: Collection[str] = ()) -> Known | None:
    """The person behind an address key; `ended`: the site's own statuses in which a ticket is done with."""
    with store.main.read() as conn:
        person = _id_of(conn, key)
        return None if person is None else next(_known(conn, _person.c.id == person, ended))


def listed(
    store: Store, *, tag: str = "", muted_at: datetime | None = None, ended: Collection[str] = ()
) -> list[Known]:
    """Everybody, by their first address; only those with this tag, or muted at this instant, where asked."""
    which = _person.c.muted_until > muted_at if muted_at is not None else true()
    with store.main.read() as conn:
        found = [one for one in _known(conn, which, ended) if not tag or tag in one.tags]
    return sorted(found, key=lambda one: one.keys)


def _known(conn: Connection, which: ColumnElement[bool], ended: Collection[str]) -> Iterator[Known]:
    addresses: dict[int, list[str]] = {}
    shown = select(_address.c.person_id, _address.c.shown).join_from(_address, _person).where(which)
    for person, addr in conn.execute(shown.order_by(_address.c.addr)):
        addresses.setdefault(person, []).append(addr)
    is_open = _ticket.c.status.not_in(("resolved", "closed", *ended))
    counts = select(_ticket.c.requester_id, func.count(), func.sum(case((is_open, 1), else_=0)))
    mine = counts.join(_person, _person.c.id == _ticket.c.requester_id).where(which).group_by(_ticket.c.requester_id)
    tickets = {person: (int(of_all), int(of_open)) for person, of_all, of_open in conn.execute(mine)}
    for row in conn.execute(select(_person).where(which)):
        of_all, of_open = tickets.get(row.id, (0, 0))
        yield Known(
            id=row.id,
            name=row.name,
            addresses=tuple(addresses.get(row.id, ())),
            language=row.language,
            tags=tuple(row.tags),
            muted_until=row.muted_until,
            tickets=of_all,
            open_tickets=of_open,
        )


def _id_of(conn: Connection, key: str) -> int | None:
    return conn.execute(select(_address.c.person_id).where(_address.c.addr == key)).scalar_one_or_none()


def tags(store: Store, key: str) -> tuple[str, ...] | None:
    """The tags of the person behind an address key; None where nobody is known by it."""
    found = known(store, key)
    return None if found is None else found.tags


def retag(store: Store, key: str, *, add: Collection[str], remove: Collection[str]) -> tuple[str, ...] | None:
    """Add and take away tags of the person behind an address key; the tags after it, None where nobody is known."""

    def work(conn: Connection) -> tuple[str, ...] | None:
        whose = select(_person.c.id, _person.c.tags).join(_address, _address.c.person_id == _person.c.id)
        row = conn.execute(whose.where(_address.c.addr == key).with_for_update()).first()
        if row is None:
            return None
        kept = tuple(tag for tag in dict.fromkeys((*row.tags, *add)) if tag not in remove)
        conn.execute(update(_person).where(_person.c.id == row.id).values(tags=list(kept)))
        return kept

    return store.main.retrying(work)


def change(store: Store, key: str, **values: str | datetime | None) -> bool:
    """Set `name`, `language` or `muted_until` of the person behind an address key; False where nobody is known."""

    def work(conn: Connection) -> bool:
        person = _id_of(conn, key)
        return bool(conn.execute(update(_person).where(_person.c.id == person).values(**values)).rowcount)

    return store.main.retrying(work)


def add_address(store: Store, key: str, addr: str) -> bool:
    """Another address, as it is spelled, of the person behind a key; False where nobody is known by the key.

    Permanent where it is somebody's already.
    """

    def work(conn: Connection) -> bool:
        person = _id_of(conn, key)
        if person is None:
            return False
        if _id_of(conn, addr.lower()) == person:
            return True
        if _id_of(conn, addr.lower()) is not None:
            raise Permanent(f"{addr} is another person's; if they are one: gateway people merge {key} {addr.lower()}")
        insert(conn, _address, addr=addr.lower(), person_id=person, shown=addr)
        return True

    return store.main.retrying(work)


def join(conn: Connection, kept: int, gone: int) -> None:
    """Two persons become one: `kept` has the addresses, tickets and tags of both, and the stronger of two roles."""
    roles: dict[int, str] = {}
    both = select(_participant.c.ticket, _participant.c.role).where(_participant.c.person_id.in_([kept, gone]))
    for number, role in conn.execute(both.with_for_update()):
        roles[number] = min(role, roles.get(number, role), key=STRONGEST.index)
    theirs = select(_participant.c.ticket).where(_participant.c.person_id == kept)
    conn.execute(delete(_participant).where(_participant.c.person_id == gone, _participant.c.ticket.in_(theirs)))
    conn.execute(update(_participant).where(_participant.c.person_id == gone).values(person_id=kept))
    for number, role in roles.items():
        mine = (_participant.c.ticket == number, _participant.c.person_id == kept)
        conn.execute(update(_participant).where(*mine).values(role=role))
    conn.execute(update(_ticket).where(_ticket.c.requester_id == gone).values(requester_id=kept))
    conn.execute(update(_address).where(_address.c.person_id == gone).values(person_id=kept))
    first, other = (conn.execute(select(_person).where(_person.c.id == one)).one() for one in (kept, gone))
    values = {
        "tags": list(dict.fromkeys((*first.tags, *other.tags))),
        "name": first.name or other.name,
        "language": first.language or other.language,
    }
    conn.execute(update(_person).where(_person.c.id == kept).values(**values))
    conn.execute(delete(_person).where(_person.c.id == gone))


def split(store: Store, key: str, at: datetime) -> bool | None:
    """The address becomes a person of its own, without tickets; None where nobody is known by it, False where it is
    their only one.
    """

    def work(conn: Connection) -> bool | None:
        person = _id_of(conn, key)
        if person is None:
            return None
        others = exists().where(_address.c.person_id == person, _address.c.addr != key)
        if not conn.execute(select(others)).scalar():
            return False
        name = conn.execute(select(_person.c.name).where(_person.c.id == person)).scalar_one()
        own = insert(conn, _person, name=name, tags=[], created_at=at)
        conn.execute(update(_address).where(_address.c.addr == key).values(person_id=own))
        return True

    return store.main.retrying(work)


def ids(conn: Connection, keys: Sequence[str]) -> dict[str, int]:
    """The persons behind these address keys."""
    rows = conn.execute(select(_address.c.addr, _address.c.person_id).where(_address.c.addr.in_(keys)))
    return dict(map(tuple, rows))
