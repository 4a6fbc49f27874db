"""An office for many mails: its site is loaded once, and everything that may change is seen as one value."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select

from gateway.config import load
from gateway.mail import Envelope, Mail, read
from gateway.now import now
from gateway.pipeline import Outcome, Read, process
from gateway.rules import RegexMatcher
from gateway.site import Site, load_site
from gateway.store import spool, tables
from gateway.telling.teller import tell_all
from gateway.tickets.auth_result import AuthResult
from support.agent_desk import Office

NO_CAPS = """
[limits]
auto_per_address = "0"
auto_per_ticket = "0"
auto_total = "0"
notices_per_agent = "0"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail of ours, as it was written: to whom, of which kind, on which ticket."""

    id: int
    to: str
    kind: str
    ticket: int | None
    data: bytes

    @property
    def mail(self) -> EmailMessage:
        mail = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        return mail

    @property
    def words(self) -> str:
        """Subject and every text of it."""
        mail = self.mail
        parts = (part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")
        return "\n".join((str(mail["Subject"]), *parts))


@dataclass
class BusyOffice(Office):
    """`rules` as the desk has them; `configure` the desk before the first mail."""

    site: Site = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        folder = self.desk.folder / "rules"
        folder.mkdir(exist_ok=True)
        (folder / "10-all.toml").write_text(self.desk.rules)
        self.site = load_site(load(self.desk.config), self.desk.store)
        self._matcher = RegexMatcher(time.monotonic)

    # ---- mail ------------------------------------------------------------------------------------------------------

    def send(self, mail: EmailMessage) -> None:
        self.deliver(bytes(mail), mail_from=str(mail["From"]).rpartition("<")[2].strip("> "))

    def deliver(
        self,
        raw: bytes,
        *,
        mail_from: str | None = "ann@example.net",
        recipient: str = "support@acme.example",
        received_at: datetime | None = None,
        told: bool = True,
    ) -> list[Outcome]:
        """Take a mail in and to its end: what each look at whatever waited came to."""
        envelope = Envelope(mail_from=mail_from, recipients=(recipient,), peer="192.0.2.7", helo="mx.example.net")
        arrived = spool.NewMail(raw=raw, envelope=envelope, source="smtp", received_at=received_at or now())
        spool.insert_batch(self.desk.store, [arrived])
        outcomes = self.work()
        if told:
            self.tell()
        return outcomes

    def work(self) -> list[Outcome]:
        """Process what waits, each until it ends or is to be looked at later."""
        found: list[Outcome] = []
        while claimed := spool.claim(self.desk.store, node="node", limit=10, now=now() + timedelta(seconds=1)):
            reads = [self._read(one) for one in claimed]
            outcomes = process(self.desk.store, self.site, self._matcher, reads)
            ends = [
                spool.Closed(id=one.claimed.id, fence=one.claimed.fence, state=one.state or "held", reason=one.reason)
                for one in outcomes
                if one.state is not None or one.later is not None
            ]
            assert not spool.close(self.desk.store, node="node", done=ends)
            assert len(ends) == len(outcomes), outcomes
            found += outcomes
        return found

    def _read(self, one: spool.Claimed) -> Read:
        raw = spool.raw_of(self.desk.store, one)
        mail = read(raw)
        return Read(one, raw, mail, self.desk.auth(mail) if self.desk.auth else None)

    def tell(self) -> None:
        while tell_all(self.desk.store, self.site):
            pass

    @contextmanager
    def believing(self, auth: Callable[[Mail], AuthResult]) -> Iterator[None]:
        """Meanwhile that is what is found out about who wrote a mail."""
        before, self.desk.auth = self.desk.auth, auth
        yield
        self.desk.auth = before

    # ---- what came of it -------------------------------------------------------------------------------------------

    def letters(self, after: int = 0) -> list[Letter]:
        """Everything we wrote, oldest first; `after` the letter of that id."""
        at, data = tables.mail.c, tables.mail_out
        sent = (
            select(at.id, at.recipient, at.kind, at.ticket, data.c.data)
            .join(data, data.c.mail_id == at.id)
            .where(at.direction == "out", at.id > after)
            .order_by(at.id)
        )
        with self.desk.store.main.read() as conn:
            rows = conn.execute(sent).all()
        return [Letter(id=row.id, to=row.recipient, kind=row.kind, ticket=row.ticket, data=row.data) for row in rows]

    def newest(self) -> int:
        """The id of the newest mail in or out."""
        with self.desk.store.main.read() as conn:
            return int(conn.execute(select(tables.mail.c.id).order_by(tables.mail.c.id.desc()).limit(1)).scalar() or 0)

    def rows(self) -> dict[int, dict[str, Any]]:
        """Every ticket, by number."""
        with self.desk.store.main.read() as conn:
            return {row.number: dict(row._mapping) for row in conn.execute(select(tables.ticket))}

    def people(self, number: int) -> dict[str, str]:
        """Who takes part in a ticket, by address: in which role."""
        part, address = tables.participant, tables.address
        theirs = (
            select(address.c.shown, part.c.role)
            .join(part, part.c.person_id == address.c.person_id)
            .where(part.c.ticket == number)
        )
        with self.desk.store.main.read() as conn:
            return {row.shown.lower(): row.role for row in conn.execute(theirs)}

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that a mail may change for people: tickets, contributions, who takes part."""
        wanted = (tables.ticket, tables.article, tables.participant, tables.link)
        with self.desk.store.main.read() as conn:
            return {
                table.name: [
                    tuple(map(str, row)) for row in conn.execute(select(table).order_by(*table.primary_key.columns))
                ]
                for table in wanted
            }
