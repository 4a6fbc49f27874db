"""Checks between the keys of the ways in and out: listeners, mailboxes, delivery."""

from collections.abc import Iterator

from gateway.config import kinds, tables
from gateway.config.problems import Loc, Problem


def listeners(data: tables.Tables) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    places: list[tuple[Loc, tables.Tables]] = [(("smtp", index), table) for index, table in tables.arrays(data, "smtp")]
    for loc, table in [*places, (("metrics",), tables.table(data, "metrics"))]:
        where = table.get("listen", "127.0.0.1:8025" if loc[0] == "smtp" else None)
        if not isinstance(where, str):
            continue
        if where in seen and not where.endswith(":0"):
            yield Problem(loc=(*loc, "listen"), what=f"listens where {seen[where]} does already: {kinds.shown(where)}")
        seen.setdefault(where, "another [[smtp]]" if loc[0] == "smtp" else "[metrics]")
        if loc[0] == "metrics" and where.startswith("unix:"):
            yield Problem(loc=("metrics", "listen"), what="is a unix socket; write an address such as 127.0.0.1:9025")
        elif loc[0] == "metrics" and not _is_loopback(where) and "token_file" not in table:
            yield Problem(loc=("metrics", "listen"), what="is not loopback: name a token_file, or listen on 127.0.0.1")
    for loc, table in places:
        yield from _listener(loc, table)


def _listener(loc: Loc, table: tables.Tables) -> Iterator[Problem]:
    for key, other in (("tls_cert", "tls_key"), ("tls_key", "tls_cert")):
        if key in table and other not in table:
            yield Problem(loc=(*loc, key), what=f"needs {other} beside it")
    role, where = table.get("role", "mx"), table.get("listen", "127.0.0.1:8025")
    if not isinstance(where, str):
        return
    if table.get("tls_at_once", where.endswith(":465")) is True and "tls_cert" not in table:
        place = (*loc, "tls_at_once") if "tls_at_once" in table else (*loc, "listen")
        yield Problem(loc=place, what="needs tls_cert and tls_key: port 465 speaks TLS from the first byte")
    if where.startswith("unix:") and role != "lmtp":
        yield Problem(loc=(*loc, "listen"), what='is a unix socket, which only role = "lmtp" uses')
    if role == "lmtp" and not where.startswith("unix:") and not _is_loopback(where):
        yield Problem(loc=(*loc, "listen"), what="must be loopback or unix:PATH for LMTP, which knows no passwords")
    if role == "submission":
        if "users_file" not in table:
            yield Problem(loc=loc, what="is missing users_file, which submission needs")
        if "tls_cert" not in table and not _is_loopback(where):
            yield Problem(loc=loc, what="is missing tls_cert and tls_key: passwords would pass in the clear")
    elif "users_file" in table:
        yield Problem(loc=(*loc, "users_file"), what='is for role = "submission" only')


def _is_loopback(where: str) -> bool:
    if where.startswith("unix:"):
        return True
    return kinds.is_loopback(where.rpartition(":")[0].strip("[]").lower())


def mailboxes(data: tables.Tables) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, table in tables.arrays(data, "imap"):
        loc: Loc = ("imap", index)
        name, host = table.get("name", "main"), table.get("host")
        if isinstance(name, str) and name in seen:
            place = (*loc, "name") if "name" in table else loc
            yield Problem(loc=place, what=f'is the name of another mailbox too: "{kinds.shown(name)}"')
        seen.add(name if isinstance(name, str) else "")
        if table.get("tls") is False and isinstance(host, str) and not kinds.is_loopback(host.lower()):
            yield Problem(loc=(*loc, "tls"), what='may be false only on loopback; write true or "starttls"')
        if "password_file" not in table and "oauth" not in table:
            yield Problem(loc=loc, what='is missing password_file = "imap.secret" (or a table [imap.oauth])')
        if "password_file" in table and "oauth" in table:
            yield Problem(loc=(*loc, "password_file"), what="stands beside [imap.oauth]; keep one of the two")
        folder, after = table.get("folder", "INBOX"), table.get("after", "move:Processed")
        if isinstance(folder, str) and after == f"move:{folder}":
            yield Problem(loc=(*loc, "after"), what="moves mail to the folder it comes from")
        sent = table.get("sent")
        if isinstance(sent, str) and sent in (folder, str(after).removeprefix("move:")):
            yield Problem(loc=(*loc, "sent"), what="is a folder of mail that comes in; name the one of sent mail")
        yield from _oauth((*loc, "oauth"), tables.table(table, "oauth"))


def _oauth(loc: Loc, table: tables.Tables) -> Iterator[Problem]:
    if table.get("provider") == "custom":
        for key in ("token_url", "scope"):
            if key not in table:
                yield Problem(loc=loc, what=f'is missing {key}, which provider = "custom" needs')
    for key in ("token_url", "device_url"):
        url = table.get(key)
        if isinstance(url, str) and not url.startswith("https://") and not _is_loopback_url(url):
            yield Problem(loc=(*loc, key), what="must start with https://")


def _is_loopback_url(url: str) -> bool:
    return url.startswith("http://") and _is_loopback(url.removeprefix("http://").partition("/")[0])


def outgoing(data: tables.Tables) -> Iterator[Problem]:
    places: list[tuple[Loc, tables.Tables]] = [(("delivery",), tables.table(data, "delivery"))]
    for name, table in tables.named(data, "queues"):
        own = table.get("delivery")
        places.append(
            (("queues", name, "delivery"), {"to": own} if isinstance(own, str) else tables.table(table, "delivery"))
        )
    for loc, table in places:
        to = table.get("to")
        user = isinstance(to, str) and to.startswith("smtp") and "@" in to
        if user and "password_file" not in table and "oauth" not in table:
            place = (*loc, "to") if "to" in table else loc
            yield Problem(loc=place, what="names a user: name the password_file too")
        if "password_file" in table and isinstance(to, str) and not user:
            yield Problem(loc=(*loc, "password_file"), what="needs a user in to: smtp+starttls://user@host:587")
        if ("dkim_key" in table) != ("dkim_selector" in table):
            key, other = ("dkim_key", "dkim_selector") if "dkim_key" in table else ("dkim_selector", "dkim_key")
            yield Problem(loc=(*loc, key), what=f"needs {other} beside it")
        yield from _oauth((*loc, "oauth"), tables.table(table, "oauth"))
