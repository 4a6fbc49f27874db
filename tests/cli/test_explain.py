"""`gateway explain` of what is stored: by the rules of then, with what was sent, and where the record differs."""

import sys
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from gateway.now import now
from gateway.store import Store, outbox, tables
from support.desk import Desk
from support.mails import mail

Told = dict[str, Any]


def step(told: Told, name: str) -> Told:
    (one,) = (one for one in told["steps"] if one["step"] == name)
    return dict(one)


@pytest.fixture
def lamp(desk: Desk) -> Desk:
    """Ann's mail with a refund in it, acknowledged and delivered."""
    desk.take_in(mail(subject="Refund", message_id="<first@example.net>"))
    desk.work()
    (due,) = outbox.claim_due(desk.store, node="node", limit=9, now=now())
    outbox.record_sent(desk.store, due, node="node", reply="250 2.0.0 ok")
    return desk


def test_every_rule_is_told_with_the_value_of_each_condition(lamp: Desk) -> None:
    told = lamp.ask("explain", "--mail", "1")
    assert [(one["name"], one["matched"]) for one in told["rules"]] == [
        ("spam", False), ("refunds", True), ("acknowledge", True),
    ]  # fmt: skip
    assert told["rules"][0]["conditions"][0] | {"line": 0} == {
        "what": "when.header.X-Spam-Flag", "line": 0, "wanted": "YES", "value": None, "held": False, "found": "",
    }  # fmt: skip
    assert told["rules"][1]["conditions"][0]["found"] == "refund*"
    assert told["fields"]["queue"] == {
        "value": "billing", "rule": "refunds", "file": "rules/10-all.toml", "line": 9, "by": "rule:refunds",
    }  # fmt: skip
    assert told["fields"]["tags"]["value"] == ["money"]
    assert told["due"] == {"first_response_due": None, "next_response_due": None, "resolve_due": None}
    assert told["differs"] == []


@pytest.mark.parametrize(
    ("date", "told"),
    [
        (timedelta(days=26_000), ["date: says {date}, 26000 days after it came in, which is the time that counts"]),
        (
            timedelta(days=-26_000, minutes=-9),
            ["date: says {date}, 26000 days before it came in, which is the time that counts"],
        ),
        (timedelta(hours=20), []),
        (timedelta(days=-5), []),  # servers try so long
    ],
)
def test_a_date_that_cannot_be_is_told(desk: Desk, date: timedelta, told: list[str]) -> None:
    """T68: nothing goes by it."""
    at = (now() + date + timedelta(minutes=5)).replace(microsecond=0)
    raw = mail().replace(b"Fri, 27 Nov 2026 09:00:00 +0000", format_datetime(at).encode())
    desk.take_in(raw)
    desk.work()
    trail = step(desk.ask("explain", "--mail", "1"), "read")["trail"]
    assert [line for line in trail if line.startswith("date")] == [
        one.format(date=f"{at:%Y-%m-%d %H:%M}") for one in told
    ]
    assert desk.ask("tickets")[0]["created_at"] < (now() + timedelta(hours=1)).isoformat()


def test_what_was_sent_is_told_with_the_answer_of_the_other_side(lamp: Desk) -> None:
    (sent,) = step(lamp.ask("explain", "--mail", "1"), "send")["mails"]
    assert (sent["mail_id"], sent["kind"], sent["to"]) == (2, "acknowledgement", "ann@example.net")
    assert (sent["state"], sent["last_reply"]) == ("sent", "250 2.0.0 ok")
    ours = lamp.ask("explain", "--mail", "2")
    assert ours["steps"][0] == {"step": "write", "kind": "acknowledgement", "because_of_mail": 1}
    assert step(ours, "send")["mails"][0]["state"] == "sent"


def test_a_cap_is_named_where_nothing_was_sent(desk: Desk) -> None:
    desk.configure(more='\n[limits]\nauto_per_address = "1/h"\n')
    for subject in ("One", "Two"):
        desk.take_in(mail(subject=subject))
        desk.work()
    told = desk.ask("explain", "2")
    answer = step(told, "answer")
    assert (answer["sent"], answer["reason"], answer["detail"]) == (None, "cap_per_address", "1 in 1:00:00")
    assert "answer: acknowledgement not sent, this address has had enough" in desk.run("explain", "2").out


def test_a_mail_is_explained_by_the_rules_and_the_configuration_of_then(lamp: Desk) -> None:
    lamp.rules = lamp.rules.replace("refund*", "money back").replace('set.queue = "billing"', 'set.queue = "sales"')
    lamp.configure(more='\n[queues.sales]\nagents = ["dave"]\n')
    lamp.take_in(mail(subject="Money back", message_id="<second@example.net>"))
    lamp.work()
    lamp.rules = lamp.rules.replace("sales", "support")
    lamp.configure()  # the queue is gone, and so is the rule that named it
    lamp.take_in(mail(subject="Money back", message_id="<third@example.net>"))
    lamp.work()
    wanted = [told["rules"][1]["conditions"][0]["wanted"] for told in (lamp.ask("explain", n) for n in ("1", "2"))]
    assert wanted == [["refund*"], ["money back"]]
    queues = [lamp.ask("explain", number)["fields"]["queue"]["value"] for number in ("1", "2", "3")]
    assert queues == ["billing", "sales", "support"]
    assert lamp.ask("explain", "2")["mails"][0]["differs"] == []


def test_where_the_record_differs_from_what_the_rules_say_it_is_told(lamp: Desk) -> None:
    rows = tables.mail
    with lamp.store.main.write() as conn:
        trace = conn.execute(select(rows.c.trace).where(rows.c.id == 1)).scalar_one()
        for one in trace:
            if one["step"] == "rules":
                one["fields"]["queue"]["value"] = "support"
                one["rules"] = [rule for rule in one["rules"] if rule["name"] != "acknowledge"]
        conn.execute(update(rows).where(rows.c.id == 1).values(trace=trace))
    assert lamp.ask("explain", "--mail", "1")["differs"] == [
        'queue: recorded support (rule "refunds"), now billing (rule "refunds")',
        'rule "acknowledge": recorded as not matching, now it does',
    ]
    assert 'DIFFERS: queue: recorded support (rule "refunds")' in lamp.run("explain", "--mail", "1").out


def test_without_the_rules_of_then_what_was_recorded_is_told(lamp: Desk) -> None:
    with lamp.store.main.write() as conn:
        conn.execute(update(tables.mail).values(rule_set_id=77))
    told = lamp.ask("explain", "--mail", "1")
    assert [one["name"] for one in told["rules"]] == ["refunds", "acknowledge"]
    assert step(told, "rules")["problem"] == "their text is not kept any more"
    assert "only those that matched are shown: their text is not kept any more" in lamp.run("explain", "1").out


def test_what_a_person_set_is_told_of_the_ticket(lamp: Desk) -> None:
    with lamp.store.main.write() as conn:
        conn.execute(update(tables.ticket).values(priority="high", set_by={"priority": "person:carol"}))
    told = lamp.ask("explain", "[Acme #1]")
    assert told["fields"]["priority"] == {
        "value": "high", "rule": None, "file": None, "line": None, "by": "person:carol",
    }  # fmt: skip
    assert "  priority = high <- carol set it" in lamp.run("explain", "1").out


def test_what_nobody_set_since_is_told_of_the_mail_that_opened_or_changed_the_ticket(lamp: Desk) -> None:
    fields = lamp.ask("explain", "1")["fields"]
    assert (fields["status"]["value"], fields["status"]["by"]) == ("new", "mail:1")
    with lamp.store.main.write() as conn:
        conn.execute(update(tables.ticket).values(status="waiting"))
    lamp.take_in(mail(subject="Re: [Acme #1] Refund"))
    lamp.work()
    fields = lamp.ask("explain", "1")["fields"]
    assert (fields["status"]["value"], fields["status"]["by"]) == ("open", "mail:3")
    assert (fields["title"]["value"], fields["title"]["by"]) == ("Refund", "mail:1")


def test_a_terminal_gets_a_tree(lamp: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = lamp.run("explain", "--mail", "1").out
    assert "├── guard: accept, an ordinary mail (ordinary)" in shown
    assert '│   ├── did not match: "spam" (rules/10-all.toml:1)' in shown


def test_a_mail_that_was_never_read_has_a_way_too(desk: Desk) -> None:
    waiting = desk.take_in(mail(subject="Waits"))
    assert "never decided, waits to be processed" in desk.run("explain", f"spool:{waiting}").out
    desk.quarantine(waiting)
    told = desk.ask("explain", f"spool:{waiting}")
    assert (told["mail_id"], told["state"], told["reason"]) == (None, "quarantined", "killed_the_reader")
    assert [one["step"] for one in told["steps"]] == ["receive"]


def test_a_file_that_is_known_already_says_so(lamp: Desk, tmp_path: Path) -> None:
    raw = mail(subject="Lamp", message_id="<again@example.net>")
    path = tmp_path / "again.eml"
    path.write_bytes(raw)
    asked = ("explain", str(path), "--from", "ann@example.net", "--source", "smtp")
    assert step(lamp.ask(*asked), "receive")["repeats"] is None
    spool_id = lamp.take_in(raw)
    assert step(lamp.ask(*asked), "receive")["repeats"] == spool_id
    assert f"is known as spool:{spool_id}: it would change nothing" in lamp.run(*asked).out


FORETOLD = {
    "a new ticket": (mail(subject="Another refund", headers=("X-Odd: 1",)), "opens #2"),
    "a follow-up": (mail(subject="Re: [Acme #1] Refund"), "joins #1"),
    "spam": (mail(headers=("X-Spam-Flag: YES",)), "outcome: quarantined"),
    "a copy": (mail(subject="Refund", message_id="<first@example.net>"), "same_mail_again"),
}


@pytest.mark.parametrize(("raw", "told"), FORETOLD.values(), ids=FORETOLD)
def test_a_dry_run_writes_nothing(lamp: Desk, tmp_path: Path, raw: bytes, told: str) -> None:
    path = tmp_path / "new.eml"
    path.write_bytes(raw)
    before = everything(lamp.store)
    for _ in range(2):
        assert told in lamp.run("explain", str(path)).out
        assert everything(lamp.store) == before


def everything(store: Store) -> dict[str, list[str]]:
    """Every row there is, the counter and the sequence of ticket numbers among them."""
    found = {}
    for database, known in ((store.spool, tables.spool_db), (store.main, tables.main_db)):
        with database.read() as conn:
            for table in known.sorted_tables:
                found[table.name] = sorted(map(repr, conn.execute(select(table))))
    if store.dialect == "postgresql":
        with store.main.read() as conn:
            found["sequence"] = [str(conn.execute(text("SELECT last_value, is_called FROM ticket_number")).one())]
    return found


def test_a_file_on_rules_that_are_not_in_force_yet(lamp: Desk, tmp_path: Path) -> None:
    path = tmp_path / "new.eml"
    path.write_bytes(mail(subject="Money back"))
    assert step(lamp.ask("explain", str(path)), "rules")["rule_set"]["id"] == 1
    rules = lamp.folder / "rules" / "10-all.toml"
    rules.write_text(rules.read_text().replace("refund*", "money back"))
    told = lamp.ask("explain", str(path))
    assert step(told, "rules")["rule_set"]["id"] is None
    assert told["fields"]["queue"]["value"] == "billing"
    assert "by the files as they stand" in lamp.run("explain", str(path)).out


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (("1042",), 66, "there is no ticket, mail or file 1042"),
        (("spool:99",), 66, "there is no ticket, mail or file spool:99"),
        (("--mail", "99"), 66, "there is no mail 99"),
        (("nowhere.eml",), 66, "nowhere.eml: No such file or directory"),
        ((), 64, "name one"),
        (("1", "--mail", "1"), 64, "name one"),
        (("1", "--to", "support@acme.example"), 64, "go with a file"),
    ],
)
def test_what_is_not_there(lamp: Desk, args: tuple[str, ...], code: int, told: str) -> None:
    answer = lamp.run("explain", *args)
    assert (answer.code, answer.out) == (code, "")
    assert told in answer.err


def test_a_file_without_a_mail(lamp: Desk, tmp_path: Path) -> None:
    path = tmp_path / "empty.eml"
    path.write_bytes(b"\n")
    answer = lamp.run("explain", str(path))
    assert (answer.code, answer.err) == (1, f"gateway: {path}: there is no mail in it\n")


def test_an_address_that_is_not_ours(lamp: Desk, tmp_path: Path) -> None:
    path = tmp_path / "new.eml"
    path.write_bytes(mail())
    answer = lamp.run("explain", str(path), "--to", "sales@elsewhere.example")
    assert answer.code == 64
    assert '"sales@elsewhere.example" is none of our addresses' in answer.err


def test_nothing_a_stranger_writes_moves_the_cursor(desk: Desk) -> None:
    desk.take_in(mail(subject="\x1b[2J\u202eLamp", text="refund\x1b]0;owned\x07"))
    desk.work()
    for args in (("explain", "1"), ("explain", "1", "--json"), ("explain", "--mail", "1")):
        assert "\x1b" not in desk.run(*args).out


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("smpt", '"smpt" is no source, did you mean smtp?'),
        ("imap:mian", '"imap:mian" is no source, did you mean imap:main?'),
        ("imap", '"imap" is no source, did you mean imap:main?'),
        ("", '"" is no source; known: imap:main, import, pipe, smtp'),
    ],
)
def test_a_source_that_is_none(desk: Desk, tmp_path: Path, source: str, told: str) -> None:
    secret = tmp_path / "imap.secret"
    secret.write_text("x")
    secret.chmod(0o600)
    desk.configure(
        more='\n[[imap]]\nname = "main"\nhost = "imap.acme.example"\nuser = "u"\npassword_file = "imap.secret"\n'
    )
    path = tmp_path / "new.eml"
    path.write_bytes(mail())
    answer = desk.run("explain", str(path), "--source", source)
    assert (answer.code, answer.out) == (64, "")
    assert told in answer.err
    assert answer.err.count("\n") == 1
    for good in ("smtp", "pipe", "import", "imap:main"):
        assert step(desk.ask("explain", str(path), "--source", good), "receive")["source"] == good


def test_the_rules_alone_are_told_of_a_file_a_mail_and_a_ticket(lamp: Desk) -> None:
    file = lamp.folder / "one.eml"
    file.write_bytes(mail(subject="A refund, please", message_id="<other@example.net>"))
    told = lamp.ask("rules", "explain", str(file))
    assert [(one["name"], one["matched"]) for one in told["rules"]] == [
        ("spam", False), ("refunds", True), ("acknowledge", True),
    ]  # fmt: skip
    assert (told["event"], told["fields"]["queue"]["rule"], told["mail_id"]) == ("created", "refunds", None)
    stored = lamp.ask("rules", "explain", "--mail", "1")
    assert (stored["mail_id"], stored["fields"]["queue"]["line"]) == (1, 9)
    assert stored["rules"] == lamp.ask("explain", "--mail", "1")["rules"]
    ticket = lamp.ask("rules", "explain", "1")
    assert ([one["mail_id"] for one in ticket["mails"]], ticket["afterwards"]) == ([1], [])
    shown = lamp.run("rules", "explain", "1").out
    assert 'matched: "refunds" (rules/10-all.toml:6)' in shown
    assert "guard:" not in shown
    assert lamp.run("rules", "explain", "77").code == 66
