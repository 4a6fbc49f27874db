"""A small site whose rows are written by the real functions, and its commands, run in this process."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gateway import act
from gateway.cli.main import run
from gateway.config import load
from gateway.mail import Address, Attachment, Envelope, Mail, read
from gateway.now import now
from gateway.pipeline import Read, process
from gateway.rules import RegexMatcher
from gateway.site import load_site
from gateway.store import Store, spool
from gateway.store.numbers import Numbers
from gateway.tickets.actions import Action, Actor, AddArticle, Change, OpenTicket
from gateway.tickets.auth_result import AuthResult
from gateway.tickets.clocks import Promises
from gateway.tickets.undeclared import Advice

CONFIG = """\
[gateway]
name = "acme"
data_dir = "data"

[database]
url = "{url}"

[mail]
from = "Acme Support <support@acme.example>"
subject_tag = "Acme"
number_format = "{number_format}"

[mail.addresses]
"support@acme.example" = "support"
"billing@acme.example" = "billing"

[queues.support]
agents = ["carol", "dave"]
[queues.billing]
agents = ["dave"]
[agents.carol]
addresses = ["carol@acme.example"]
[agents.dave]
addresses = ["dave@acme.example"]

[statuses.at_supplier]
like = "on_hold"
"""

RULES = """\
[[rule]]
name = "spam"
when.header.X-Spam-Flag = "YES"
quarantine = "spam"

[[rule]]
name = "refunds"
when.text = ["refund*"]
set.queue = "billing"
add.tags = ["money"]

[[rule]]
name = "acknowledge"
set.reply = "acknowledgement"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Desk:
    """The site in `folder`, its store, and its commands. `printed()` gives and forgets what was printed."""

    def __init__(self, folder: Path, store: Store | None, url: str, printed: Callable[[], tuple[str, str]]) -> None:
        self.folder = folder
        self._store = store
        self.config = folder / "config.toml"
        self.rules = RULES
        self._url = url
        self._printed = printed
        self.auth: Callable[[Mail], AuthResult] | None = None  # who a mail is proved to be from
        self.alarms: list[tuple[str, str]] = []  # what the admin was to hear of
        self.advice: list[Advice] = []
        self.configure()

    def configure(self, *, number_format: str = "{n}", more: str = "") -> None:
        text = CONFIG.format(url=self._url, number_format=number_format) + more
        self.config.write_text(text, encoding="utf-8")

    @property
    def store(self) -> Store:
        assert self._store is not None, "this site was never started"
        return self._store

    # ---- commands --------------------------------------------------------------------------------------------------

    def run(self, *args: str) -> Answer:
        self._printed()
        code = run(["-c", str(self.config), *args])
        out, err = self._printed()
        return Answer(code=code, out=out, err=err)

    def ask(self, *args: str) -> Any:
        """The JSON of a command that must succeed."""
        answer = self.run(*args, "--json")
        assert answer.code == 0, answer
        return json.loads(answer.out)

    # ---- rows written by hand --------------------------------------------------------------------------------------

    def act(self, *actions: Action, name: str = "mail", at: datetime | None = None) -> None:
        with self.store.main.write() as conn:
            act.apply(conn, actions, Actor(name=name, at=at or now()))

    def ticket(
        self,
        title: str = "My lamp has not arrived",
        *,
        requester: str = "ann@example.net",
        queue: str = "support",
        text: str = "where is my lamp?",
        elided: str = "",
        attachments: tuple[Attachment, ...] = (),
        at: datetime | None = None,
        tags: tuple[str, ...] = (),
        promises: Promises | None = None,
        **values: Any,
    ) -> int:
        """A ticket with one note; `values` of the row are set beyond what opening can."""
        early = {key: values.pop(key) for key in ("priority", "assignee", "type") if key in values}
        with self.store.main.read() as conn:
            numbers = Numbers(self.store, conn)
        number = numbers.next()
        opened = OpenTicket(
            number=number,
            status=values.pop("status", "new"),
            queue=queue,
            title=title,
            description=text,
            requester=Address(addr=requester, name="Ann Lee"),
            tags=tags,
            **early,
        )
        article = AddArticle(
            ticket=number,
            direction="note",
            author=requester,
            subject=title,
            text=text,
            elided=elided,
            attachments=attachments,
        )
        change = [Change(ticket=number, seen_version=1, values=values, before={})] if values else []
        with self.store.main.write() as conn:
            numbers.claim(conn)
            act.apply(conn, [opened, article, *change], Actor(name="mail", at=at or now()), promises)
        return number

    # ---- the way of a mail -----------------------------------------------------------------------------------------

    def take_in(
        self,
        raw: bytes,
        *,
        mail_from: str | None = "ann@example.net",
        source: str = "smtp",
        recipient: str = "support@acme.example",
    ) -> int:
        """Accept a mail; the id of its spool row."""
        envelope = Envelope(mail_from=mail_from, recipients=(recipient,), peer="192.0.2.7", helo="mx.example.net")
        mail = spool.NewMail(raw=raw, envelope=envelope, source=source, received_at=now())
        (accepted,) = spool.insert_batch(self.store, [mail])
        return accepted.spool_id

    def work(self) -> None:
        """Process everything that waits, as the worker does, with `rules`."""
        (self.folder / "rules").mkdir(exist_ok=True)
        (self.folder / "rules" / "10-all.toml").write_text(self.rules)
        site = load_site(load(self.config), self.store)
        while claimed := spool.claim(self.store, node="node", limit=10, now=now() + timedelta(seconds=1)):
            mails = [(one, spool.raw_of(self.store, one)) for one in claimed]
            outcomes = process(
                self.store, site, RegexMatcher(time.monotonic), [self._read(one, raw) for one, raw in mails]
            )
            done = [
                spool.Closed(id=one.claimed.id, fence=one.claimed.fence, state=one.state or "new", reason=one.reason)
                for one in outcomes
            ]
            assert not spool.close(self.store, node="node", done=done)
            self.alarms += [alarm for one in outcomes if one.plan for alarm in one.plan.alarms]
            self.advice += [one.plan.advice for one in outcomes if one.plan and one.plan.advice]

    def _read(self, one: spool.Claimed, raw: bytes) -> Read:
        mail = read(raw)
        return Read(one, raw, mail, self.auth(mail) if self.auth else None)

    def quarantine(self, spool_id: int, reason: str = "killed_the_reader") -> None:
        """Set a waiting mail aside unread."""
        (claimed,) = spool.claim(self.store, node="node", limit=1, now=now() + timedelta(seconds=1))
        assert claimed.id == spool_id
        closed = spool.Closed(id=spool_id, fence=claimed.fence, state="quarantined", reason=reason)
        assert not spool.close(self.store, node="node", done=[closed])


def who() -> str:
    """The actor of what this process does from the command line."""
    return f"cli:{os.environ.get('USER') or 'root'}" if os.getuid() else "cli:root"
