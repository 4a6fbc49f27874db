"""Shadow mode in the running program: everything is decided, and nothing leaves but mail to the admin."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import select

from gateway.config import load
from gateway.store import open_store, tables
from support.daemon import Daemon
from support.dovecot import PASSWORD, Dovecot
from support.mails import mail, parsed, reply_to
from support.require import require
from support.wait import wait_for
from support.whole_site import make_site

MORE = r"""
[auth]
agents = "token"
[calendars.office]
timezone = "UTC"
mon-sun = "00:00-24:00"
[sla.standard]
calendar = "office"
first_response = "1 h"
next_response = "1 h"
[[sla.standard.step]]
of = "first_response"
at = "100%"
do = ["notify:lead"]
[report]
cron = "0 * * * *"
to = ["carol", "admin@acme.example", "boss@corp.example"]
"""
RULE = """
[[rule]]
name = "nobody answered"
on = "overdue"
set.reply = "closed_for_silence"
notify = ["lead", "admin"]
"""


def shadow(config: Path, on: bool) -> Path:
    text = config.read_text().replace("\nshadow = true", "")
    if on:
        text = text.replace('admin = "admin@acme.example"', 'admin = "admin@acme.example"\nshadow = true')
    config.write_text(text)
    return config


def outbox(config: Path) -> list[tuple[int, str, str, str, bytes]]:
    """(id, kind, recipient, state, bytes) of every letter."""
    cfg = load(config)
    store = open_store(cfg.database.url, cfg.gateway.data_dir)
    at, kind, data = tables.outbox.c, tables.mail.c, tables.mail_out.c
    chain = tables.outbox.join(tables.mail).join(tables.mail_out)
    try:
        with store.main.read() as conn:
            found = select(at.id, kind.kind, at.recipient, at.state, data.data).select_from(chain).order_by(at.id)
            return [tuple(row) for row in conn.execute(found)]  # type: ignore[misc]
    finally:
        store.close()


def recipients(daemon: Daemon) -> set[str]:
    return {str(parsed(raw)["Delivered-To"]) for raw in daemon.delivered(to_agents=True)}


def test_a_whole_life_sends_nothing_but_to_the_admin(tmp_path: Path) -> None:
    config = make_site(tmp_path / "site", more=MORE)
    config.write_text(config.read_text().replace('title = "Support"', 'title = "Support"\nsla = "standard"'))
    (config.parent / "rules" / "95-shadow.toml").write_text(RULE)
    shadow(config, True)
    text = config.read_text()
    config.write_text(text.replace('subject_tag = "Acme"', "subject_tag = \"Acme\"\nold_tags = ['\\[Desk #(\\d+)\\]']"))
    clock = tmp_path / "clock"

    def set_clock(text: str) -> None:
        half = clock.with_suffix(".half")
        half.write_text(text)
        half.replace(clock)

    set_clock("2026-11-27T09:00:00+00:00")
    with Daemon(config, env={"GATEWAY_CLOCK": str(clock)}) as daemon:
        assert any(line.get("event") == "shadow_mode" for line in daemon.lines)
        first = mail(sender="Ann Lee <ann@example.net>")
        daemon.send(first)
        daemon.settled()
        wait_for(lambda: any(kind.startswith("notice_") for _, kind, *_ in outbox(config)), 20, "agents would be told")
        # An agent answers the notice that only we have; what they wrote would go to the customer.
        notice = next(row for row in outbox(config) if row[1].startswith("notice_") and "carol" in row[2])
        daemon.send(
            reply_to(notice[4], sender="Carol Reyes <carol@acme.example>", text="It is on its way.", quote=False),
            sender="carol@acme.example",
        )
        wait_for(lambda: any(row[1] == "reply" for row in outbox(config)), 20, "the answer is written")
        # By hand, and from the other helpdesk, of which we get a copy.
        said = daemon.command("reply", "1", stdin=b"By hand.").stdout
        assert b"wrote to 1 customer; nothing is sent in shadow mode" in said  # type: ignore[operator]
        daemon.send(mail(sender="Bob <bob@example.org>", subject="Another matter", message_id="<bob.1@example.org>"))
        copy = mail(
            sender="Acme Support <support@acme.example>",
            to="bob@example.org",
            subject="[Desk #77] Re: Another matter",
            headers=("In-Reply-To: <bob.1@example.org>",),
        )
        daemon.send(copy, sender="support@acme.example")
        daemon.send(  # the same old number under a subject and ids that lead nowhere
            mail(sender="Eve <eve@example.com>", subject="Re: [Desk #77] Another matter"), sender="eve@example.com"
        )
        daemon.settled()
        # Time goes by: steps of the SLA, rules on what is late, digests, the reports.
        set_clock("2026-11-28T07:00:30+00:00")
        wait_for(
            lambda: sum("shadow mode" in raw.decode("utf-8", "replace") for raw in daemon.delivered(to_agents=True)),
            60,
            "the comparison is mailed",
        )
        wait_for(lambda: any(row[1] == "closed_for_silence" for row in outbox(config)), 30, "a letter of a rule")
        daemon.settled()
        assert recipients(daemon) == {"admin@acme.example"}
        rows = outbox(config)
        to_admin = {row[1] for row in rows if row[3] == "sent"}
        assert to_admin <= {"admin_notice", "report"}
        assert {row[3] for row in rows} == {"sent", "shadowed"}
        kinds = {row[1] for row in rows if row[3] == "shadowed"}
        assert kinds >= {"acknowledgement", "reply", "notice_assigned", "report", "closed_for_silence"}
        listed = daemon.ask("outbox", "list", "--state", "shadowed")
        assert {one["state"] for one in listed} == {"shadowed"}
        told = comparison(daemon)
        assert "opened a ticket: 3" in told
        assert "acknowledgement to customers: 3" in told
        assert "one number of its, several tickets here: 1" in told
        assert "its 77: here #2 (Another matter), #3 (" in told
        shown = daemon.ask("report", "--shadow")
        assert shown["torn"] == {"77": [2, 3]}
        status = daemon.command("status", check=False).stdout
        assert "SHADOW MODE" in status
        assert " shadowed" in status
        assert "SHADOW MODE" in daemon.command("check").stderr
        assert daemon.command("db", "end-shadow", check=False).returncode == 78  # the settings still say so
        assert daemon.command("fsck").returncode == 0
        before = len(daemon.delivered(to_agents=True))
    # Written while nothing runs, and what was written before: never sent, not even once the mode is over.
    daemon.command("reply", "2", stdin=b"Too late.")
    shadow(config, False)
    refused = daemon.command("run", check=False)
    assert refused.returncode == 78
    assert "gateway db end-shadow" in refused.stderr
    assert "shadow mode is over; what still waited (1 letter)" in daemon.command("db", "end-shadow").stdout
    with daemon.start():
        daemon.send(mail(sender="Cid <cid@example.org>", subject="In earnest"), sender="cid@example.org")
        wait_for(lambda: "cid@example.org" in recipients(daemon), 20, "mail goes out again")
        daemon.settled()
        late = [parsed(raw) for raw in daemon.delivered(to_agents=True)][before:]
        assert not [one for one in late if "ann@" in one["Delivered-To"] or "bob@" in one["Delivered-To"]]
        about_old = [one["Subject"] for one in late if "#1]" in one["Subject"] or "#2]" in one["Subject"]]
        assert about_old == []
        assert daemon.command("fsck").returncode == 0


def comparison(daemon: Daemon) -> str:
    letters = [message_from_bytes(raw, policy=policy.default) for raw in daemon.delivered(to_agents=True)]
    (found,) = (one for one in letters if "shadow mode" in str(one["Subject"]))  # none about before it began
    assert isinstance(found, EmailMessage)
    assert found.get_body(("html",)) is not None
    body = found.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_mailbox_is_only_read(tmp_path: Path) -> None:
    require("imap")
    server = Dovecot().start()
    try:
        more = (
            f'[[imap]]\nname = "main"\nhost = "127.0.0.1"\nport = {server.port}\ntls = false\nuser = "u1"\n'
            'password_file = "imap.secret"\nafter = "move:Processed"\nstart = "all"\nmax_size = "10 KB"\n'
        )
        config = shadow(make_site(tmp_path / "site", more=more), True)
        secret = config.parent / "imap.secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        large = mail(sender="Big <big@example.net>", text="x" * 20_000)
        server.fill([mail(sender=f"Person <person{n}@example.net>", subject=f"Matter {n}") for n in range(4)] + [large])
        client = server.client()
        client.select_folder("INBOX")
        client.add_flags([1], [b"\\Seen"])
        client.add_flags([2], [b"\\Deleted", b"$Mine"])
        client.logout()
        before, files = server.contents(), _files(server)
        with Daemon(config) as daemon:
            # All but what somebody has marked as deleted, and a note for what is too large.
            wait_for(lambda: len(daemon.ask("tickets")) == 4, 30, "all is taken")
            daemon.settled()
        assert server.contents() == before
        assert _files(server) == files
        client = server.client()
        assert [folder[2] for folder in client.list_folders()] == ["INBOX"]
        client.logout()
        # Once it is over, what was taken then still lies there.
        Daemon(shadow(config, False)).command("db", "end-shadow")
        with Daemon(shadow(config, False)) as daemon:
            wait_for(lambda: any(line.get("event") == "imap_opened" for line in daemon.lines), 30)
            server.fill([mail(sender="New <new@example.net>", subject="In earnest")])
            wait_for(lambda: server.count("Processed") == 1, 30, "the new mail is moved")
        assert server.count("INBOX") == 5
    finally:
        server.stop()


def _files(server: Dovecot) -> set[str]:
    """The files of mails, whose names hold their flags."""
    return {
        str(path.relative_to(server.maildir()))
        for path in server.maildir().rglob("*")
        if path.is_file() and not path.name.startswith("dovecot")
    }
