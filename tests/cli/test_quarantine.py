"""`gateway quarantine` and `gateway spool`: what waits, what was set aside, and what a person does with it."""

import stat
import subprocess
import sys
from typing import Any

import pytest

from gateway.store import spool_rows, tables
from support.desk import Desk, who
from support.mails import mail

POISON = (
    b"From: =?utf-8?q?J=C3=B6rg?= <joerg@example.net>\r\nSubject: =?utf-8?q?p=C3=B6ison=1B[2J?=\r\n"
    b"Message-ID: <poison@example.net>\r\n\r\n\x1b[31m\xff\xfe\r\n"
)


def listed(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("quarantine", "list")
    return found


def test_spool_list_has_these_keys(desk: Desk) -> None:
    assert desk.ask("spool", "list") == []
    assert desk.run("spool", "list").out == "nothing waits\n"
    desk.take_in(mail(text="a"), mail_from="")
    desk.take_in(mail(text="b"), mail_from=None, source="imap:main")
    first, second = desk.ask("spool", "list")
    assert list(first) == ["id", "source", "from", "recipients", "received_at", "size", "attempts", "alone", "next_at"]
    assert (first["id"], first["source"], first["from"]) == (1, "smtp", "")
    assert first["recipients"] == ["support@acme.example"]
    assert (first["attempts"], first["alone"]) == (0, False)
    assert (second["source"], second["from"]) == ("imap:main", "ann@example.net")  # nobody told an envelope
    assert "<>" in desk.run("spool", "list").out
    desk.work()
    assert desk.ask("spool", "list") == []


def test_a_mail_never_read_is_listed_by_its_headers(desk: Desk) -> None:
    assert listed(desk) == []
    spool_id = desk.take_in(POISON, mail_from="bounces@relay.example")
    desk.quarantine(spool_id)
    (row,) = listed(desk)
    assert list(row) == ["id", "from", "subject", "reason", "at"]
    assert (row["id"], row["from"], row["reason"]) == (spool_id, "joerg@example.net", "killed_the_reader")
    assert row["subject"].startswith("pöison")
    printed = desk.run("quarantine", "list").out
    assert "joerg@example.net" in printed
    assert "\x1b" not in printed


@pytest.mark.parametrize(
    ("raw", "sender", "subject"),
    [
        (b"", "ann@example.net", None),
        (b"\x00\xff" * 50_000, "ann@example.net", None),
        (b"no header at all\r\n", "ann@example.net", None),
        (b"From: a@x.example\r\nFrom: b@x.example\r\nSubject: two\r\n\r\n", "a@x.example, b@x.example", "two"),
        (b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\r\n\r\n", "ann@example.net", "aaa"),
        (b"Received: x\r\n" * 9_000 + b"Subject: too far down\r\n\r\n", "ann@example.net", None),
    ],
)
def test_whatever_the_bytes_the_list_is_printed(desk: Desk, raw: bytes, sender: str, subject: str | None) -> None:
    desk.quarantine(desk.take_in(raw))
    (row,) = listed(desk)
    assert row["from"] == sender
    assert (row["subject"] or "")[:3] == (subject or "")[:3]


def test_retry_lets_a_mail_pass_that_a_rule_set_aside(desk: Desk) -> None:
    desk.rules = desk.rules.replace("set.queue", 'set.priority = "high"\nset.queue')
    spool_id = desk.take_in(mail(headers=("X-Spam-Flag: YES",), text="A refund, please."))
    desk.work()
    (row,) = listed(desk)
    assert (row["from"], row["subject"]) == ("ann@example.net", "My lamp has not arrived")
    assert row["reason"] == "rule: spam"
    answer = desk.run("quarantine", "retry", str(spool_id))
    assert (answer.code, answer.out, answer.err) == (0, f"{spool_id} is back in the spool\n", "")
    assert listed(desk) == []
    (waiting,) = desk.ask("spool", "list")
    assert (waiting["id"], waiting["attempts"], waiting["alone"]) == (spool_id, 0, True)
    assert f"released: {who()}" in desk.run("trace", f"spool:{spool_id}").out
    desk.work()
    (ticket,) = desk.ask("tickets")
    assert (ticket["requester"], ticket["queue"], ticket["priority"]) == ("ann@example.net", "billing", "high")
    assert len(desk.ask("outbox", "list")) == 1  # the acknowledgement
    assert desk.run("fsck").code == 0


def test_it_is_told_who_released_a_mail(desk: Desk) -> None:
    spool_id = desk.take_in(mail(headers=("X-Spam-Flag: YES",)))
    desk.work()
    desk.run("quarantine", "retry", str(spool_id))
    desk.work()
    told = f'quarantine of "spam" (rules/10-all.toml:1): a person released the mail ({who()})'
    assert told in desk.run("explain", "1").out
    found = desk.ask("explain", "1")["mails"][0]
    assert found["differs"] == []
    trace = desk.run("trace", f"spool:{spool_id}").out
    assert f"{who()}: mail_released" in trace
    assert "quarantine of spam was skipped: released" in trace


def test_a_mail_set_aside_for_another_reason_is_judged_by_every_rule(desk: Desk) -> None:
    spool_id = desk.take_in(mail(headers=("X-Spam-Flag: YES",)))
    desk.quarantine(spool_id)
    desk.run("quarantine", "retry", str(spool_id))
    desk.work()
    assert [one["reason"] for one in listed(desk)] == ["rule: spam"]


def test_what_was_decided_before_a_retry_stays_in_the_journal(desk: Desk) -> None:
    spool_id = desk.take_in(mail(headers=("X-Spam-Flag: YES",), message_id="<spam@example.net>"))
    desk.work()
    desk.run("quarantine", "retry", str(spool_id))
    (found,) = desk.ask("trace", f"spool:{spool_id}")["mails"]
    (deed,) = found["by_hand"]
    assert (deed["kind"], deed["actor"]) == ("mail_released", who())
    assert deed["data"]["message_id"] == "<spam@example.net>"
    assert "rules" in [step["step"] for step in deed["data"]["steps"]]


def test_retry_of_a_poison_mail_is_tried_alone(desk: Desk) -> None:
    spool_id = desk.take_in(POISON)
    desk.quarantine(spool_id)
    assert desk.run("quarantine", "retry", str(spool_id)).code == 0
    desk.work()
    assert desk.ask("tickets")[0]["requester"] == "joerg@example.net"


def test_only_what_is_in_quarantine_can_be_put_back_or_given_up(desk: Desk) -> None:
    spool_id = desk.take_in(mail())
    desk.work()
    for command in ("retry", "discard"):
        answer = desk.run("quarantine", command, str(spool_id), "99")
        assert (answer.code, answer.out) == (1, "")
        assert answer.err == f"{spool_id} is not in quarantine\n99 is not in quarantine\n"
    assert [row.state for row in spool_rows.rows(desk.store, states=["done"])] == ["done"]


def test_a_mail_that_became_a_ticket_before_it_was_set_aside_is_not_processed_twice(desk: Desk) -> None:
    spool_id = desk.take_in(mail())
    desk.work()
    with desk.store.spool.write() as conn:  # killed three times between its two commits
        conn.execute(tables.spool.update().values(state="quarantined", reason="killed_the_reader"))
    answer = desk.run("quarantine", "retry", str(spool_id))
    assert (answer.code, answer.out) == (1, "")
    assert "had come to ticket #1" in answer.err
    assert desk.run("quarantine", "discard", str(spool_id)).code == 0


def test_discard_closes_and_keeps(desk: Desk) -> None:
    spool_id = desk.take_in(POISON)
    desk.quarantine(spool_id)
    assert desk.run("quarantine", "discard", str(spool_id)).out == f"{spool_id} is given up\n"
    assert listed(desk) == []
    assert desk.run("fsck").code == 0
    assert "mail_discarded" in desk.run("trace", f"spool:{spool_id}").out
    assert "pöison" in desk.run("quarantine", "show", str(spool_id)).out


def test_export_is_the_very_bytes(desk: Desk) -> None:
    large = POISON + b"x" * 1_200_000
    for raw in (POISON, large):
        spool_id = desk.take_in(raw)
        desk.quarantine(spool_id)
        file = desk.folder / f"{spool_id}.eml"
        assert desk.run("quarantine", "export", str(spool_id), str(file)).code == 0
        assert file.read_bytes() == raw
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        again = desk.run("quarantine", "export", str(spool_id), str(file))
        assert (again.code, again.out) == (73, "")
        assert file.read_bytes() == raw


def test_export_to_standard_output_is_the_very_bytes(desk: Desk) -> None:
    desk.quarantine(desk.take_in(POISON))
    call = [sys.executable, "-m", "gateway", "-c", str(desk.config), "quarantine", "export", "1", "-"]
    assert subprocess.run(call, capture_output=True, check=True).stdout == POISON


def test_export_tells_when_the_bytes_are_not_those_accepted(desk: Desk) -> None:
    spool_id = desk.take_in(POISON + b"x" * 1_200_000)
    desk.quarantine(spool_id)
    (row,) = spool_rows.rows(desk.store, states=["quarantined"])
    if desk.store.dialect == "postgresql":
        return  # every mail lies in a row there
    desk.store.raw.path(row.sha256).write_bytes(b"other")
    answer = desk.run("quarantine", "export", str(spool_id), str(desk.folder / "x.eml"))
    assert (answer.code, answer.out) == (74, "")


def test_show_is_text_without_anything_a_terminal_obeys(desk: Desk) -> None:
    spool_id = desk.take_in(POISON)
    desk.quarantine(spool_id)
    shown = desk.run("quarantine", "show", str(spool_id))
    assert "mail 1 is quarantined (killed_the_reader)" in shown.out
    assert "\\x1b[31m\\xff\\xfe" in shown.out
    assert "\x1b" not in shown.out
    assert desk.ask("quarantine", "show", str(spool_id))["mail"].startswith("From: =?utf-8?q?J")
    missing = desk.run("quarantine", "show", "77")
    assert (missing.code, missing.err) == (66, "gateway quarantine show: there is no mail 77\n")
