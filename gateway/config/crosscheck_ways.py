"""Checks between the keys of the ways in: listeners, mailboxes, their tokens."""

from collections.abc import Iterator

from gateway.config import kinds, tables
from gateway.config.problems import Loc, Problem

# What gets a token, where nothing does by itself: Microsoft gives out device codes, Google gives none for mail.
_MISSING = {
    "google": "client_secret_file or refresh_token_file",
    "custom": "client_secret_file, refresh_token_file, or device_url for gateway auth login",
}


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
    if role == "lmtp" and not _is_loopback(where) and not table.get("trusted_relays"):
        what = "is not loopback, and LMTP knows no passwords: name in trusted_relays who may speak to it"
        yield Problem(loc=(*loc, "listen"), what=what)
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
        sent, target = table.get("sent"), str(table.get("after", "move:Processed")).removeprefix("move:")
        if isinstance(sent, str) and sent in (*(name for _, name in _folders(table)), target):
            yield Problem(loc=(*loc, "sent"), what="is a folder of mail that comes in; name the one of sent mail")
        yield from oauth((*loc, "oauth"), tables.table(table, "oauth"))
    yield from _polled(data)


def _polled(data: tables.Tables) -> Iterator[Problem]:
    """Each folder is polled once, and nothing is moved into one that is."""
    polled: dict[tuple[object, object, str], str] = {}  # server, user, folder -> the mailbox that polls it
    for index, table in tables.arrays(data, "imap"):
        server, name = (table.get("host"), table.get("user")), str(table.get("name", "main"))
        for place, folder in _folders(table):
            if (other := polled.get((*server, folder))) is not None:
                what = f"is polled by the mailbox {kinds.shown(other)} already: {kinds.shown(folder)}"
                yield Problem(loc=("imap", index, *place), what=what)
            polled.setdefault((*server, folder), name)
        if table.get("folder") == []:
            yield Problem(loc=("imap", index, "folder"), what='is empty; write such as ["INBOX", "Support"]')
    for index, table in tables.arrays(data, "imap"):
        after = str(table.get("after", "move:Processed"))
        target = _folder(after.removeprefix("move:")) if after.startswith("move:") else None
        other = polled.get((table.get("host"), table.get("user"), str(target))) if target else None
        if other is not None:
            own = other == str(table.get("name", "main"))
            what = "moves mail to the folder it comes from" if own else f"moves mail to a folder that {other} polls"
            yield Problem(loc=("imap", index, "after"), what=what)


def _folders(table: tables.Tables) -> list[tuple[Loc, str]]:
    """Where each stands, and its name."""
    value = table.get("folder", "INBOX")
    if isinstance(value, str):
        return [(("folder",), _folder(value))]
    return [(("folder", index), _folder(name)) for index, name in tables.texts(value)]


def _folder(name: str) -> str:
    """INBOX in any case is the same folder (RFC 3501 section 5.1), no other name is."""
    text = name.strip()
    return "INBOX" if text.upper() == "INBOX" else text


def oauth(loc: Loc, table: tables.Tables) -> Iterator[Problem]:
    missing = _MISSING.get(str(table.get("provider", "")))
    if missing is not None and not table.keys() & {"client_secret_file", "refresh_token_file", "device_url"}:
        yield Problem(loc=loc, what=f"can never get a token: name {missing}")
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
