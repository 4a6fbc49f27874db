"""By every name a mail has, ours or an MTA's, the log tells what became of it."""

from pathlib import Path
from typing import Any

from support import mails
from support.daemon import Daemon
from support.sink import Sink
from support.wait import wait_for
from support.whole_site import make_site

QUARANTINE = '[[rule]]\nname = "no"\nwhen.subject = "bomb"\nquarantine = "bombs"\n'
MTA = "Received: from a.example (a.example [192.0.2.1]) by mx.acme.example with ESMTP id {}; Fri, 27 Nov 2026 09:00:00 +0000"


def test_every_line_about_a_mail_names_it(tmp_path: Path) -> None:
    with Sink() as sink:
        config = make_site(tmp_path / "site", delivery=f"smtp://127.0.0.1:{sink.port}")
        (config.parent / "rules" / "05-no.toml").write_text(QUARANTINE)
        sink.refused["ann@example.net"] = "550 5.1.1 nobody"
        with Daemon(config) as daemon:
            sink.next("dot", "450 4.2.0 later")
            daemon.send(with_id("Hello", "AAAA1", "<good@x.example>"))
            daemon.send(with_id("a bomb", "BBBB2", "<bad@x.example>"))
            daemon.send(with_id("close it", "CCCC3", "<held@x.example>", sender="Carol <carol@acme.example>"))
            for event in ("mail_done", "mail_quarantined", "mail_held", "sent", "send_delayed", "send_failed"):
                wait_for(lambda: event in {line["event"] for line in list(daemon.lines)}, 30, event)  # noqa: B023
            lines = list(daemon.lines)
            rows = {row["id"]: row for row in daemon.ask("outbox", "list")}
    for name, event, message_id in (
        ("AAAA1", "mail_done", "<good@x.example>"),
        ("BBBB2", "mail_quarantined", "<bad@x.example>"),
        ("CCCC3", "mail_held", "<held@x.example>"),
    ):
        (accepted,) = named(lines, "mail_accepted", name)
        (done,) = named(lines, event, name)
        assert (done["spool"], done["message_id"]) == (accepted["spool"], message_id)
    for event in ("sent", "send_delayed", "send_failed"):
        told = [line for line in lines if line["event"] == event]
        assert told
        for line in told:
            row = rows[line["outbox"]]
            assert (line.get("ticket"), line["message_id"]) == (row["ticket"], row["message_id"])


def with_id(subject: str, queue_id: str, message_id: str, *, sender: str = "Ann Lee <ann@example.net>") -> bytes:
    head = MTA.format(queue_id).encode() + b"\r\n"
    return head + mails.mail(sender=sender, subject=subject, text=f"#close\n\n{subject}", message_id=message_id)


def named(lines: list[dict[str, Any]], event: str, queue_id: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == event and line.get("queue_id") == queue_id]
