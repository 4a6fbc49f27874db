"""What is known of people and may be changed by hand."""

from collections.abc import Collection

from sqlalchemy import Connection, select, update

from gateway.store import tables
from gateway.store.engine import Store

_person, _address = tables.person, tables.address


def tags(store: Store, key: str) -> tuple[str, ...] | None:
    """The tags of the person behind an address key; None where nobody is known by it."""
    query = select(_person.c.tags).join(_address, _address.c.person_id == _person.c.id)
    with store.main.read() as conn:
        found = conn.execute(query.where(_address.c.addr == key)).scalar_one_or_none()
    return None if found is None else tuple(found)


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
