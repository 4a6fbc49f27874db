"""`gateway outbox`: list, show, retry, drop."""

from typing import Any

from gateway.mail import Address
from gateway.now import now
from gateway.store import outbox, tables
from gateway.tickets.actions import Send
from support.desk import Desk, who

KEYS = ["id", "ticket", "recipient", "state", "attempts", "last_reply", "message_id"]


def letter(number: int | None, name: str = "1") -> Send:
    return Send(
        ticket=number,
        kind="acknowledgement",
        recipient=Address(addr="Ann@example.net"),
        envelope_from="",
        message_id=f"<{name}@acme.example>",
        subject="[Acme #1] lamp",
        data=b"Subject: [Acme #1] lamp\r\n\r\nWe \x1b[1mhave\x07 it. \xff\r\n",
        automatic=True,
    )


def tried(desk: Desk, state: str, reply: str = "", reason: str = "") -> None:
    """One attempt at everything that is due, ended like this."""
    dues = outbox.claim_due(desk.store, node="node", limit=9, now=now())
    outcomes = [
        outbox.Outcome(id=due.id, fence=due.fence, state=state, reply=reply, reason=reason, next_try_at=now())
        for due in dues
    ]
    assert not outbox.record(desk.store, node="node", outcomes=outcomes)


def listed(desk: Desk, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("outbox", "list", *options)
    return found


def test_list_has_these_keys(desk: Desk) -> None:
    assert listed(desk) == []
    number = desk.ticket()
    desk.act(letter(number), letter(None, "2"))
    tried(desk, "pending", "450 4.2.0 greylisted\x1b[m")
    desk.act(letter(number, "3"))
    first, second, third = listed(desk)
    assert list(first) == KEYS
    assert list(first.values()) == [
        1, number, "Ann@example.net", "pending", 1, "450 4.2.0 greylisted\x1b[m", "<1@acme.example>",
    ]  # fmt: skip
    assert (second["ticket"], third["attempts"], third["last_reply"]) == (None, 0, None)
    printed = desk.run("outbox", "list").out
    assert "450 4.2.0 greylisted\\x1b[m" in printed
    assert "\x1b" not in printed


def test_list_by_state(desk: Desk) -> None:
    desk.act(letter(None))
    tried(desk, "sent", "250 ok")
    desk.act(letter(None, "2"))
    assert [one["id"] for one in listed(desk, "--state", "pending")] == [2]
    assert [one["id"] for one in listed(desk, "--state", "pending", "--state", "sent")] == [1, 2]
    assert desk.run("outbox", "list", "--state", "gone").code == 64


def test_show_prints_the_mail_as_it_is_sent_and_harmless(desk: Desk) -> None:
    desk.act(letter(None))
    shown = desk.run("outbox", "show", "1")
    assert "Subject: [Acme #1] lamp\n\nWe \\x1b[1mhave\\x07 it. \\xff\n" in shown.out
    assert desk.ask("outbox", "show", "1")["recipient"] == "Ann@example.net"
    assert desk.run("outbox", "show", "2").code == 66


def test_retry_makes_a_failed_mail_due_and_is_journalled(desk: Desk) -> None:
    number = desk.ticket()
    desk.act(letter(number))
    tried(desk, "failed", "550 no such user", "refused")
    answer = desk.run("outbox", "retry", "1", "7")
    assert (answer.code, answer.out) == (1, "1 is due now\n")
    assert answer.err == "7 is no pending or failed row of the outbox\n"
    (row,) = listed(desk)
    assert (row["state"], row["attempts"]) == ("pending", 0)
    event = desk.ask("show", str(number))["events"][-1]
    assert (event["kind"], event["actor"], event["data"]) == ("sending_retried", who(), {"outbox": 1})


def test_all_of_a_state_are_retried_but_what_a_person_gave_up(desk: Desk) -> None:
    """After an outage nobody types a thousand ids."""
    number = desk.ticket()
    desk.act(*(letter(number, str(place)) for place in range(1, 5)))
    assert desk.run("outbox", "drop", "2").code == 0
    tried(desk, "failed", "550 not now", "refused")
    desk.act(letter(number, "5"))
    tried(desk, "sent", "250 ok")
    desk.act(letter(number, "6"))
    assert desk.run("outbox", "retry", "--state", "failed", "--since", "2099-01-01").out == "0 mails are due now\n"
    answer = desk.run("outbox", "retry", "--state", "failed", "--since", "1 day")
    assert (answer.code, answer.out, answer.err) == (0, "3 mails are due now\n", "")
    assert [(row["state"], row["attempts"]) for row in listed(desk)] == [
        ("pending", 0),
        ("failed", 0),
        ("pending", 0),
        ("pending", 0),
        ("sent", 1),
        ("pending", 0),
    ]
    kinds = [event["kind"] for event in desk.ask("show", str(number))["events"]]
    assert kinds.count("sending_retried") == 3
    assert desk.run("outbox", "retry", "--state", "pending").out == "4 mails are due now\n"
    for wrong in ((), ("1", "--state", "failed"), ("1", "--since", "1 day"), ("--since", "1 day"), ("--state", "sent")):
        assert desk.run("outbox", "retry", *wrong).code == 64


def test_drop_gives_up_and_retry_takes_it_back(desk: Desk) -> None:
    number = desk.ticket()
    desk.act(letter(number))
    assert desk.run("outbox", "drop", "1", "1").out == "1 will not be sent\n"
    assert listed(desk)[0]["state"] == "failed"
    assert outbox.claim_due(desk.store, node="node", limit=9, now=now()) == []
    assert desk.ask("show", str(number))["events"][-1]["kind"] == "sending_dropped"
    assert desk.run("outbox", "drop", "1").code == 1
    assert desk.run("outbox", "retry", "1").code == 0
    tried(desk, "sent", "250 ok")
    assert desk.run("outbox", "drop", "1").code == 1
    assert listed(desk)[0]["state"] == "sent"


def test_what_is_no_id_is_refused(desk: Desk) -> None:
    for wrong in ("x", "0", "-1", "1.0", "9223372036854775808", "١"):
        for command in ("show", "retry", "drop"):
            answer = desk.run("outbox", command, "--", wrong)
            assert answer.code == 64
            assert "is no id" in answer.err


def test_what_shadow_mode_wrote_never_leaves(desk: Desk) -> None:
    desk.act(letter(desk.ticket()))
    with desk.store.main.write() as conn:
        conn.execute(tables.outbox.update().values(state="shadowed"))
    answer = desk.run("outbox", "retry", "1")
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "1 was written in shadow mode, when nothing was sent, and never leaves" in answer.err
    assert listed(desk)[0]["state"] == "shadowed"
