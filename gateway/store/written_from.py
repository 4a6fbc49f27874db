"""Of a person's addresses the one to write to: where they last wrote from on a ticket, or where that wants answers."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, func, select

from gateway.store import tables
from gateway.store.fast import one_of

ANSWER_TO = "answer_to"  # among the facts of a mail
_article, _mail = tables.article.c, tables.mail.c


def written_from(conn: Connection, numbers: Collection[int]) -> dict[int, list[str]]:
    """The addresses from which mail from outside came on each ticket, by key, those of the newest first."""
    newest = func.max(_article.mail_id)
    rows = (
        select(_article.ticket, _mail.from_addr)
        .join_from(tables.article, tables.mail, _mail.id == _article.mail_id)
        .where(one_of(conn, _article.ticket, numbers), _article.direction == "in")
        .group_by(_article.ticket, _mail.from_addr)
        .order_by(_article.ticket, newest.desc())
    )
    found: dict[int, list[str]] = {}
    for number, key in conn.execute(rows):
        found.setdefault(number, []).append(key)
    return found


def asked_at(conn: Connection, numbers: Collection[int]) -> dict[int, tuple[str, str]]:
    """From which address (key) the first mail on each ticket came, and where it asked for answers, if elsewhere."""
    first = (
        select(func.min(_article.id))
        .where(one_of(conn, _article.ticket, numbers), _article.direction == "in", _article.mail_id.is_not(None))
        .group_by(_article.ticket)
    )
    rows = select(_article.ticket, _mail.from_addr, _mail.facts[ANSWER_TO].as_string()).join_from(
        tables.article, tables.mail, _mail.id == _article.mail_id
    )
    found = conn.execute(rows.where(_article.id.in_(first)))
    return {number: (key, elsewhere) for number, key, elsewhere in found if elsewhere}


def best(shown: Mapping[str, str], wrote: Sequence[str], asked: tuple[str, str] = ("", "")) -> str:
    """Of one person's addresses, as they are shown by key: the one they wrote from last, else the first.

    `asked`: from there the first mail asked for answers elsewhere, which holds while they write from there.
    """
    own = next((key for key in wrote if key in shown), min(shown))
    return asked[1] if asked[0] == own else shown[own]
