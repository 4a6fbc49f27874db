"""osTicket (1.10 and later), out of `mysqldump --xml --hex-blob` of its database (docs/import.md).

Contents of files go to a temporary folder while the dump is read; everything else of it is in memory.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from gateway.errors import Permanent
from gateway.imports.old import (
    Broken,
    Odd,
    OldArticle,
    OldFile,
    OldPerson,
    OldTicket,
    instant,
    instant_if_any,
    number_of,
    person,
)

Row = Mapping[str, str]
# The tables that are read, by the ending of their names, and the column by which each is looked up.
_TABLES = {
    "ticket": "ticket_id", "ticket__cdata": "ticket_id", "ticket_status": "id", "thread": "object_id",
    "thread_entry": "id", "thread_entry_email": "thread_entry_id", "user": "id", "user_email": "id",
    "staff": "staff_id", "department": "id", "attachment": "", "file": "id", "file_chunk": "",
}  # fmt: skip
_SAID = {"M": "in", "R": "out", "N": "note"}
_GONE = ("deleted",)


class OsTicket:
    """One file of XML. `zone` is the time zone of the database, whose dates name none."""

    system = "osticket"

    def __init__(self, path: Path, zone: tzinfo = UTC) -> None:
        self._path = path
        self._instant, self._instant_if_any = partial(instant, zone=zone), partial(instant_if_any, zone=zone)

    def tickets(self) -> Iterator[OldTicket | Broken]:
        with tempfile.TemporaryDirectory(prefix="gateway-import-") as folder:
            dump = _Dump(self._path, Path(folder))
            for row in sorted(dump.tables["ticket"].values(), key=lambda one: int(one["ticket_id"])):
                try:
                    found = self._ticket(dump, row)
                except (Odd, KeyError, ValueError) as error:
                    what = f"has no column {error}" if isinstance(error, KeyError) else str(error)
                    yield Broken(where=f"ticket {row.get('number') or row.get('ticket_id')}", what=what)
                    continue
                if found is not None:
                    yield found

    def _ticket(self, dump: "_Dump", row: Row) -> OldTicket | None:
        state = dump.row("ticket_status", row.get("status_id"))
        if state.get("state") in _GONE:
            return None
        own = row["ticket_id"]
        subject = dump.row("ticket__cdata", own).get("subject") or ""
        thread = dump.row("thread", own).get("id", "")
        articles = tuple(self._article(dump, one, subject) for one in dump.entries.get(thread, ()))
        if not articles:
            raise Odd("has no thread in this dump")
        department = dump.row("department", row.get("dept_id"))
        return OldTicket(
            number=number_of(row["number"]),
            subject=subject or articles[0].subject,
            status=state.get("name", ""),
            kind=state.get("state", ""),
            queue=department.get("name") or department.get("dept_name") or "",
            owner=dump.staff(row.get("staff_id")),
            requester=dump.user(row.get("user_id")),
            created_at=self._instant(row["created"]),
            closed_at=self._instant_if_any(row.get("closed")) or self._instant_if_any(row.get("lastupdate")),
            articles=articles,
        )

    def _article(self, dump: "_Dump", row: Row, subject: str) -> OldArticle:
        author = dump.user(row.get("user_id")) if row["type"] == "M" else dump.staff(row.get("staff_id"))
        return OldArticle(
            key=row["id"],
            at=self._instant(row["created"]),
            author=author if author.addr or author.name else OldPerson(name=row.get("poster", "")),
            direction=_SAID.get(row["type"], "note"),
            subject=row.get("title") or subject,
            text=row.get("body", ""),
            is_html=row.get("format", "html") == "html",
            message_id=dump.row("thread_entry_email", row["id"]).get("mid", ""),
            files=tuple(dump.files(row["id"])),
        )


class _Dump:
    """The tables of a dump, as far as they are needed."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._folder = folder
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in _TABLES}
        self.entries: defaultdict[str, list[Row]] = defaultdict(list)  # by thread
        self._hanging: defaultdict[str, list[Row]] = defaultdict(list)  # by entry
        self._addresses: dict[str, str] = {}  # by user
        try:
            self._read(path)
        except OSError as error:
            raise Permanent(f"{path}: {error.strerror}")
        except ElementTree.ParseError as error:
            raise Permanent(f"{path}: is no XML ({error}); make it by mysqldump --xml")
        if not self.tables["ticket"] or not self.entries:
            raise Permanent(f"{path}: holds no tickets of osTicket; docs/import.md says how the dump is made")
        for rows in self.entries.values():
            rows.sort(key=lambda one: int(one["id"]))

    def _read(self, path: Path) -> None:
        for event, element in ElementTree.iterparse(path, events=("start", "end")):
            if event == "start":
                if element.tag == "table_data":
                    table, rows = _table(element.get("name", "")), element
                continue
            if element.tag == "row":
                if table in _TABLES:
                    self._keep(table, {one.get("name", ""): one.text or "" for one in element})
                rows.clear()  # else a shell of every row stays to the end
            elif element.tag == "table_structure":
                element.clear()

    def _keep(self, table: str, row: dict[str, str]) -> None:
        if table == "thread_entry":
            self.entries[row["thread_id"]].append(row)
        elif table == "attachment":
            if row.get("type") == "H":
                self._hanging[row["object_id"]].append(row)
        elif table == "file_chunk":
            with (self._folder / str(int(row["file_id"]))).open("ab") as file:
                file.write(bytes.fromhex(row["filedata"].removeprefix("0x")))
        elif table == "thread" and row.get("object_type", "T") != "T":
            pass  # the thread of a task
        else:
            self.tables[table][row[_TABLES[table]]] = row
            if table == "user_email":
                self._addresses.setdefault(row["user_id"], row["address"])

    def row(self, table: str, key: str | None) -> Row:
        """The row of this key; empty where there is none."""
        return self.tables[table].get(key or "", {})

    def user(self, key: str | None) -> OldPerson:
        found = self.row("user", key)
        own = self.row("user_email", found.get("default_email_id")).get("address")
        addr = person(own or self._addresses.get(key or "", "")).addr
        return OldPerson(addr=addr, name=found.get("name", ""))

    def staff(self, key: str | None) -> OldPerson:
        found = self.row("staff", key)
        name = " ".join(filter(None, (found.get("firstname"), found.get("lastname"))))
        return OldPerson(addr=person(found.get("email", "")).addr, name=found.get("username") or name)

    def files(self, entry: str) -> Iterator[OldFile]:
        """What hangs on an entry, as far as its contents are in the database and not beside it."""
        for one in self._hanging.get(entry, ()):
            found = self.row("file", one["file_id"])
            path = self._folder / str(int(one["file_id"]))
            if path.exists():
                name = one.get("name") or found.get("name") or "file"
                yield OldFile(name=name, type=found.get("type", ""), data=path.read_bytes())


def _table(name: str) -> str:
    """The name of a table without the site's own prefix: the longest that is known."""
    return max((known for known in _TABLES if name == known or name.endswith(f"_{known}")), key=len, default="")
