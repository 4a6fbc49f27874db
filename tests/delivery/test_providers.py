"""What providers refuse, each played by a real server against the real daemon: no mail is lost, and who must know knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.config import load
from gateway.mail import read
from gateway.now import now
from gateway.store import Store, open_store, outbox, tables
from support.daemon import Daemon
from support.mails import mail
from support.sink import Received, Sink
from support.wait import wait_for
from support.whole_site import make_site

ALARM = "admin@acme.example"


@dataclass
class Stand:
    """A daemon, the provider it sends by, and the server that takes alarms."""

    daemon: Daemon
    store: Store
    provider: Sink
    second: Sink

    @property
    def config(self) -> Path:
        return self.daemon.config

    def edit(self, text: str) -> None:
        """Save config.toml, and wait until it counts."""
        before = self.changes
        self.config.write_text(text)
        wait_for(lambda: self.changes > before, 20, "what was saved is in force")

    @property
    def changes(self) -> int:
        return sum(line.get("event") == "site_changed" for line in self.daemon.lines)

    def write(self, who: str, **more: str) -> None:
        self.daemon.send(mail(sender=who, subject=f"of {who}", **more), sender=who)

    def row(self, recipient: str) -> outbox.Row | None:
        """The newest letter to somebody."""
        found = [one for one in outbox.rows(self.store) if one.recipient == recipient]
        return found[-1] if found else None

    def stands(self, recipient: str, state: str, reason: str, *, attempts: int = 1) -> bool:
        row = self.row(recipient)
        return row is not None and (row.state, row.reason, row.attempts) == (state, reason, attempts)

    def make_due(self) -> None:
        """As if the waits were over."""
        with self.store.main.write() as conn:
            conn.execute(tables.outbox.update().values(next_try_at=now() - timedelta(seconds=1)))

    def got(self, recipient: str) -> list[Received]:
        return [one for one in self.provider.received if one.recipients == (recipient,)]

    def told(self) -> list[EmailMessage]:
        """The letters that came by the second way."""
        assert {one.recipients for one in self.second.received} <= {(ALARM,)}
        return [message_from_bytes(one.data, EmailMessage) for one in self.second.received]

    def wait_told(self, count: int) -> str:
        wait_for(lambda: len(self.second.received) >= count, 20, f"{count} letters by the second way")
        data = self.second.received[count - 1].data
        return f"{read(data).subject}\n{read(data).text}"


def make(folder: Path, to: str, second: Sink, *, more: str = "") -> Path:
    config = make_site(folder, delivery=to)
    text = config.read_text().replace(f'admin = "{ALARM}"\n', f'admin = "{ALARM}"\nalarm_delivery = "{way(second)}"\n')
    config.write_text(text.replace("[similar]\n", f"{more}[similar]\n"))
    return config


def way(sink: Sink) -> str:
    return f"smtp://127.0.0.1:{sink.port}"


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with Sink(utf8=False, size_limit=200_000) as provider, Sink() as second:
        config = make(tmp_path_factory.mktemp("site"), way(provider), second)
        with Daemon(config) as daemon:
            cfg = load(config)
            store = open_store(cfg.database.url, cfg.gateway.data_dir)
            yield Stand(daemon=daemon, store=store, provider=provider, second=second)
            store.close()


def test_the_null_sender_is_refused(stand: Stand) -> None:
    """It waits, the admin hears what to write, and from then on all of it leaves under that address."""
    before, who, refusal = len(stand.second.received), "null@example.net", "501 5.1.7 bad sender address"
    stand.provider.refused_senders[""] = refusal
    stand.write(who)
    wait_for(lambda: stand.stands(who, "pending", "null_sender_refused"), 20)
    text = stand.wait_told(before + 1)
    assert refusal in text
    assert 'automatic_from = "support@acme.example"' in text
    first = stand.config.read_text()
    stand.edit(first.replace("[delivery]\n", '[delivery]\nautomatic_from = "bounces@acme.example"\n'))
    wait_for(lambda: stand.got(who), 20, "it left when automatic_from was written")
    assert [one.mail_from for one in stand.got(who)] == ["bounces@acme.example"]
    assert "all clear: delivery delivery" in stand.wait_told(before + 2)
    stand.provider.refused_senders.clear()
    stand.daemon.settled()
    stand.edit(first)
    assert len(stand.second.received) == before + 2


def test_we_may_not_send_as_this_sender(stand: Stand) -> None:
    before, who = len(stand.second.received), "as@example.net"
    refusal = "550 5.7.60 SMTP; Client does not have permissions to send as this sender"
    stand.provider.next("dot", refusal, times=2)  # the acknowledgement and the notice
    stand.write(who)
    wait_for(lambda: stand.stands(who, "pending", "sender_refused"), 20)
    text = stand.wait_told(before + 1)
    assert refusal in text
    assert "we may not send there as support@acme.example" in text
    assert stand.daemon.command("status", check=False).returncode == 1
    stand.make_due()
    wait_for(lambda: stand.stands(who, "sent", "", attempts=2), 20)
    assert "all clear" in stand.wait_told(before + 2)
    assert len(stand.got(who)) == 1


def test_greylisting(stand: Stand) -> None:
    before, who = len(stand.second.received), "grey@example.net"
    stand.provider.refused[who] = "450 4.2.0 greylisted, come back in a minute"
    stand.write(who)
    wait_for(lambda: stand.stands(who, "pending", "refused_for_now"), 20)
    row = stand.row(who)
    assert row is not None
    assert timedelta(seconds=30) < row.next_try_at - now() <= timedelta(minutes=1)
    del stand.provider.refused[who]
    stand.make_due()
    wait_for(lambda: stand.stands(who, "sent", "", attempts=2), 20)
    assert len(stand.second.received) == before, "that is nobody's fault"


def test_an_address_beyond_ascii_where_the_server_cannot(stand: Stand) -> None:
    stand.daemon.send(mail(sender="jürgen@bücher.example"), sender="jurgen@example.net")
    wait_for(lambda: stand.stands("jürgen@bücher.example", "failed", "no_smtputf8"), 20)
    row = stand.row("jürgen@bücher.example")
    assert row is not None
    assert "SMTPUTF8" in row.last_reply

    def others() -> list[str]:
        return [one.state for one in outbox.rows(stand.store, ticket=row.ticket) if one.id != row.id]

    wait_for(lambda: others() == ["sent"], 20, "its agent was told")


@pytest.mark.parametrize("how", ["announced", "at the dot"])
def test_what_is_too_large_goes_without_its_files(stand: Stand, how: str) -> None:
    """The notices on a mail with a file; letters to customers go through the same door (`test_aftermath`)."""
    who = f"large{len(how)}@example.net"
    size = 300_000 if how == "announced" else 30_000
    if how != "announced":
        stand.provider.next("dot", "552 5.3.4 message size exceeds fixed limit", times=2)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = who, "support@acme.example", "the invoice"
    message["Message-ID"] = f"<{who}>"
    message.set_content("It hangs on.\n")
    message.add_attachment(b"x" * size, maintype="application", subtype="pdf", filename="invoice.pdf")
    stand.daemon.send(bytes(message).replace(b"\n", b"\r\n"), sender=who)
    wait_for(lambda: stand.row(who), 20)
    if how != "announced":  # the acknowledgement has no files to leave out, so that is what failed
        wait_for(lambda: stand.stands(who, "failed", "refused"), 20)
    row = stand.row(who)
    assert row is not None
    wait_for(lambda: [one.state for one in outbox.rows(stand.store, ticket=row.ticket)][1:] == ["sent"], 20)
    notices = [
        read(one.data) for one in stand.provider.received if b"the invoice" in one.data and who.encode() in one.data
    ]
    relieved = [one for one in notices if "sent again without" in one.text]
    assert len(relieved) == 1
    assert all(one.attachments == () and "- invoice.pdf (" in one.text for one in relieved)


def test_too_much_at_once(tmp_path: Path) -> None:
    """450 for the rate, 421 for connections: nothing more is offered for a while, nothing fails, all of it arrives."""
    with Sink() as provider, Sink() as second:
        config = make(tmp_path, way(provider), second)
        with Daemon(config) as daemon:
            cfg = load(config)
            store = open_store(cfg.database.url, cfg.gateway.data_dir)
            stand = Stand(daemon=daemon, store=store, provider=provider, second=second)
            refusals = (
                ("421 4.7.0 too many connections", "slow_down"),
                ("450 4.7.1 rate limit exceeded", "sender_delayed"),
            )
            for number, (refusal, reason) in enumerate(refusals):
                provider.next("mail", refusal)
                stand.write(f"p{number}@example.net")
                wait_for(lambda: [one.reason for one in outbox.rows(store)].count(reason) == 1, 20)  # noqa: B023
                wait_for(lambda: len(outbox.rows(store)) == 2 * (number + 1), 20)  # noqa: B023
                daemon.stop()
                rows = outbox.rows(store)
                assert {one.state for one in rows} == {"pending"} if number == 0 else {"pending", "sent"}
                assert sum(one.attempts for one in rows if one.state == "pending") == 1, "the others were spared"
                with store.main.write() as conn:
                    of_others = tables.outbox.c.reason != reason
                    conn.execute(tables.outbox.update().where(of_others).values(next_try_at=now()))
                daemon.start()
                daemon.settled(20)
            assert {one.state for one in outbox.rows(store)} == {"sent"}
            assert len(provider.received) == 4
            assert second.received == []
            store.close()


def test_no_tls_where_it_is_asked_for(tmp_path: Path) -> None:
    with Sink() as provider, Sink() as second:
        config = make(tmp_path, f"smtp+starttls://127.0.0.1:{provider.port}", second)
        with Daemon(config) as daemon:
            daemon.send(mail())
            wait_for(lambda: second.received, 20, "the alarm came by the second way")
            (told,) = second.received
            assert "STARTTLS" in read(told.data).text
            rows = daemon.ask("outbox", "list")
            ours = [one for one in rows if one["recipient"] != ALARM]
            assert {one["state"] for one in ours} == {"pending"}
            assert "mail does not leave by delivery" in daemon.command("status", check=False).stdout
        assert provider.received == []
        assert "MAIL" not in provider.commands


def test_a_smarthost_that_is_dead_is_told_once_by_another_way(tmp_path: Path) -> None:
    with Sink() as gone:
        port = gone.port
    with Sink() as second:
        config = make(tmp_path, f"smtp://127.0.0.1:{port}", second)
        daemon = Daemon(config).start()
        with daemon:
            for number in range(6):
                daemon.send(mail(sender=f"p{number}@example.net"), sender=f"p{number}@example.net")
            wait_for(lambda: second.received, 20, "the alarm came by the second way")
            cfg = load(config)
            store = open_store(cfg.database.url, cfg.gateway.data_dir)
            assert {one.state for one in outbox.rows(store) if one.recipient != ALARM} == {"pending"}
        with Sink(port=port) as back:
            with Daemon(config) as daemon:  # what was not tried is due, and with it all else leaves
                daemon.settled(30)
                wait_for(lambda: len(second.received) == 2, 20, "the all-clear came by the second way")
            assert {one.recipients for one in back.received}.isdisjoint({(ALARM,)})
            assert len(back.received) == 12
        subjects = [read(one.data).subject for one in second.received]
        assert [one.split(":")[0] for one in subjects] == ["[Acme] warning", "[Acme] all clear"]
        with store.main.read() as conn:
            kinds = select(tables.event.c.kind).where(tables.event.c.kind.startswith("alarm_"))
            assert list(conn.execute(kinds).scalars()) == ["alarm_raised", "alarm_over"]
        store.close()
