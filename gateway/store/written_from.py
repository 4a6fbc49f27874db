"""Of a person's addresses the one to write to: where they last wrote from on that ticket."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, func, select

from gateway.store import tables
from gateway.store.fast import one_of

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


def best(shown: Mapping[str, str], wrote: Sequence[str]) -> str:
    """Of one person's addresses, as they are shown by key: the one they wrote from last, else the first."""
    return next((shown[key] for key in wrote if key in shown), shown[min(shown)])
