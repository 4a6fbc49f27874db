"""`gateway rules replay`: a changed set with known differences, on both databases; and nothing is written."""

import csv
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from gateway.cli.sheet import cell
from gateway.now import now
from gateway.store import tables
from support.desk import Desk
from support.mails import mail

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
name = "lamps"
when.subject = "lamp*"
set.priority = "high"
add.tags = ["lamp", "light"]

[[rule]]
name = "acknowledge"
set.reply = "acknowledgement"
"""
# Invoices go to billing too, lamps are no hurry and light no more, refunds are not routed at all, offers are spam.
CHANGED = """\
[[rule]]
name = "offers"
when.subject = "offer"
quarantine = "an offer"

[[rule]]
name = "invoices"
when.text = ["invoice*"]
set.queue = "billing"

[[rule]]
name = "lamps again"
when.subject = "lamp*"
set.priority = "low"
add.tags = ["lamp"]

[[rule]]
name = "nothing new"
set.queue = "support"
when.subject = "lamp*"

[[rule]]
name = "acknowledge all"
set.reply = "acknowledgement"
"""
SUBJECTS = ("My lamp", "Refund please", "Invoice 7", "An offer", "Hello", "Another lamp")


@pytest.fixture
def archive(desk: Desk) -> Desk:
    """Six mails that rules decided, one that they set aside, one that nobody asked them about."""
    desk.rules = RULES
    for subject in SUBJECTS:
        desk.take_in(raw := mail(subject=subject))
    desk.take_in(mail(subject="Win", headers=("X-Spam-Flag: YES",)))
    desk.work()
    desk.take_in(raw, source="imap:main")  # once more by another way: a copy
    desk.work()
    return desk


def other_rules(desk: Desk, text: str = CHANGED) -> str:
    folder = desk.folder / "draft"
    folder.mkdir(exist_ok=True)
    (folder / "10-all.toml").write_text(text)
    return str(folder)


def test_the_same_rules_change_nothing(archive: Desk) -> None:
    report = archive.ask("rules", "replay")
    assert report["mails"] == len(SUBJECTS)
    assert (report["changed"], report["by_field"], report["samples"]) == (0, {}, [])
    assert report["left_out"] == {"quarantined": 1, "not_decided": 1, "unreadable": 0}
    assert "0 would differ" in archive.run("rules", "replay").out


def test_known_differences(archive: Desk) -> None:
    report = archive.ask("rules", "replay", "--rules", other_rules(archive))
    assert report["changed"] == 5
    assert report["by_field"] == {"queue": 2, "tags": 3, "priority": 2, "quarantine": 1}
    assert report["by_rule"] == {"lamps": 2, "lamps again": 2, "refunds": 1, "invoices": 1, "offers": 1}
    assert report["by_queue"] == {"support": 4, "billing": 1}
    told = {(one["subject"], one["field"]): one for one in report["samples"]}
    assert values(told["Invoice 7", "queue"]) == ("support", "billing", "invoices")
    assert values(told["Refund please", "queue"]) == ("billing", "support", "refunds")
    assert values(told["Refund please", "tags"]) == (["money"], [], "refunds")
    assert values(told["My lamp", "priority"]) == ("high", "low", "lamps again")
    assert values(told["My lamp", "tags"]) == (["lamp", "light"], ["lamp"], "lamps")
    assert values(told["An offer", "quarantine"]) == (None, "an offer", "offers")
    assert told["Invoice 7", "queue"]["ticket"] == 3
    assert (told["Invoice 7", "queue"]["file"], told["Invoice 7", "queue"]["line"]) == ("draft/10-all.toml", 9)
    assert told["Refund please", "queue"]["file"] == "rules/10-all.toml"


def values(sample: Mapping[str, Any]) -> tuple[Any, Any, str]:
    return sample["before"], sample["after"], sample["rule"]


def test_what_people_read(archive: Desk) -> None:
    out = archive.run("rules", "replay", "--rules", other_rules(archive)).out
    assert "5 would differ" in out
    assert "left out: 1 that were quarantined" in out
    assert "no more: refunds (rules/10-all.toml:9)" in out
    assert "invoices (draft/10-all.toml:9)" in out


def test_only_the_newest_and_only_since(archive: Desk) -> None:
    draft = other_rules(archive)
    with archive.store.main.write() as conn:
        first = select(func.min(tables.mail.c.id)).scalar_subquery()
        old = now() - timedelta(days=400)
        conn.execute(update(tables.mail).where(tables.mail.c.id == first).values(at=old))
    everything = archive.ask("rules", "replay", "--rules", draft)
    recent = archive.ask("rules", "replay", "--rules", draft, "--since", (now() - timedelta(days=1)).date().isoformat())
    assert (everything["mails"] - recent["mails"], everything["changed"] - recent["changed"]) == (1, 1)
    assert archive.ask("rules", "replay", "--rules", draft, "--since", "30 days") == recent
    assert everything["by_field"]["priority"] - recent["by_field"]["priority"] == 1
    newest = archive.ask("rules", "replay", "--rules", draft, "--limit", "3")
    assert newest["mails"] + sum(newest["left_out"].values()) == 3
    for wrong in ("last year", "5", "999999999 days", ""):
        assert archive.run("rules", "replay", "--since", wrong).code == 64


def test_more_mails_than_fit_into_one_batch(archive: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = archive.ask("rules", "replay", "--rules", other_rules(archive))
    monkeypatch.setattr("gateway.store.archive._BATCH", 3)
    assert archive.ask("rules", "replay", "--rules", other_rules(archive)) == whole
    few = archive.ask("rules", "replay", "--limit", "4")
    assert few["mails"] + sum(few["left_out"].values()) == 4


@pytest.mark.parametrize(
    "facts",
    [
        {"rubbish": 1},
        [],
        None,
        "text",
        {"event": "created", "known": {"tags": 3}},
        {"event": "created", "known": {}, "subject": 7},
        {"event": "dancing", "known": {}},
    ],
)
def test_facts_of_another_shape_are_counted(archive: Desk, facts: object) -> None:
    before = archive.ask("rules", "replay")
    spoil(archive, "Hello", facts=facts)
    after = archive.ask("rules", "replay", "--rules", other_rules(archive))
    assert after["left_out"]["unreadable"] == 1
    assert after["mails"] == before["mails"] - 1


@pytest.mark.parametrize("trace", [{"step": "rules"}, ["rules"], [{"step": "rules", "event": "created"}], 7, None])
def test_decisions_of_another_shape_are_counted(archive: Desk, trace: object) -> None:
    spoil(archive, "Hello", trace=trace)
    assert archive.ask("rules", "replay")["left_out"]["unreadable"] == 1


def spoil(desk: Desk, of: str, **values: object) -> None:
    with desk.store.main.write() as conn:
        done = conn.execute(update(tables.mail).where(tables.mail.c.subject == of).values(**values))
        assert done.rowcount == 1


def test_facts_that_a_release_to_come_adds_are_passed_over(archive: Desk) -> None:
    with archive.store.main.write() as conn:
        row = conn.execute(
            select(tables.mail.c.id, tables.mail.c.facts).where(tables.mail.c.subject == "Hello")
        ).first()
        assert row
        facts = {**row.facts, "mood": "good", "known": {**row.facts["known"], "moon": "full"}}
        conn.execute(update(tables.mail).where(tables.mail.c.id == row.id).values(facts=facts))
    assert archive.ask("rules", "replay")["left_out"]["unreadable"] == 0


def test_bad_rules_are_refused_with_every_mistake(archive: Desk) -> None:
    bad = '[[rule]]\nname = "x"\nset.queue = "biling"\nset.priority = "hihg"\n'
    answer = archive.run("rules", "replay", "--rules", other_rules(archive, bad))
    assert (answer.code, answer.out) == (78, "")
    assert [line.split(":")[:2] for line in answer.err.splitlines()] == [
        ["draft/10-all.toml", "3"],
        ["draft/10-all.toml", "4"],
    ]
    failing = f'{CHANGED}\n[[rule.test]]\nmail.subject = "Hello"\nexpect.queue = "billing"\n'
    answer = archive.run("rules", "replay", "--rules", other_rules(archive, failing))
    assert (answer.code, answer.out) == (78, "")
    assert 'draft/10-all.toml:26: rule "acknowledge all": test failed' in answer.err
    assert archive.run("rules", "replay", "--rules", str(archive.folder / "nowhere")).code == 78


def test_a_table_for_spreadsheets(archive: Desk) -> None:
    spoil(archive, "Invoice 7", subject="=1+1")
    path = archive.folder / "differences.csv"
    report = archive.ask("rules", "replay", "--rules", other_rules(archive), "--csv", str(path))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(report["by_field"].values())
    assert {row["mail_id"] for row in rows} == {str(one["mail_id"]) for one in report["samples"]}
    assert [row["subject"] for row in rows if row["rule"] == "invoices"] == ["'=1+1"]
    assert path.stat().st_mode & 0o077 == 0
    assert archive.run("rules", "replay", "--csv", str(archive.folder / "nowhere" / "x.csv")).code in (73, 74, 66)


def test_nothing_is_touched(archive: Desk) -> None:
    (archive.folder / "rules" / "10-all.toml").write_text(CHANGED)  # not live yet
    before = everything(archive), files(archive)
    assert archive.ask("rules", "replay")["changed"] == 5
    assert archive.ask("rules", "replay", "--rules", other_rules(archive, RULES))["changed"] == 0
    (archive.folder / "draft" / "10-all.toml").unlink()
    (archive.folder / "draft").rmdir()
    assert (everything(archive), files(archive)) == before


def files(desk: Desk) -> dict[str, bytes]:
    """What lies in the folder of the site beside the database, whose rows are looked at."""
    there = (path for path in desk.folder.rglob("*") if path.is_file() and ".db" not in path.name)
    return {str(path.relative_to(desk.folder)): path.read_bytes() for path in there}


def everything(desk: Desk) -> str:
    """Every row of both databases."""
    found: dict[str, list[str]] = {}
    for database, metadata in ((desk.store.main, tables.main_db), (desk.store.spool, tables.spool_db)):
        with database.read() as conn:
            for table in metadata.sorted_tables:
                found[table.name] = sorted(map(str, conn.execute(select(table))))
    return json.dumps(found)


def test_a_site_without_mail(desk: Desk) -> None:
    desk.work()
    assert desk.ask("rules", "replay") == {
        "mails": 0,
        "changed": 0,
        "by_field": {},
        "by_rule": {},
        "by_queue": {},
        "samples": [],
        "left_out": {"quarantined": 0, "not_decided": 0, "unreadable": 0},
        "out_of_time": 0,
        "not_known": {},
        "not_as_recorded": 0,
        "by_record": 0,
    }


def test_a_pattern_that_takes_too_long_is_told(archive: Desk) -> None:
    slow = '[[rule]]\nname = "slow"\nwhen.body.matches = \'(\\w+\\w+)+\\d\\d$\'\nset.priority = "low"\n'
    for _ in range(2):
        archive.take_in(mail(subject="Long", text="x" * 4000))
    archive.work()
    draft = other_rules(archive, slow)
    assert archive.ask("rules", "replay", "--rules", draft)["out_of_time"] >= 2
    assert "took too long" in archive.run("rules", "replay", "--rules", draft).out


def test_the_folder_as_it_stands(archive: Desk) -> None:
    (archive.folder / "rules" / "10-all.toml").write_text(RULES.replace('"billing"', '"support"'))
    report = archive.ask("rules", "replay")
    assert (report["by_field"], report["by_rule"]) == ({"queue": 1}, {"refunds": 1})
    assert Path(archive.folder / "rules" / "10-all.toml").read_text() == RULES.replace('"billing"', '"support"')


TABLE = """
[[priority.row]]
type = "problem"
set = "{priority}"
[sla.quick]
first_response = "1 h"
[sla.slow]
first_response = "9 h"
[organisations.net]
domains = ["example.net"]
sla = "{sla}"
agents = ["{agent}"]
"""
TYPED = RULES.replace('set.priority = "high"', 'set.type = "problem"')


def by_table(desk: Desk) -> Desk:
    """Lamps are problems, and what they are worth the table says; all that write are of one organisation."""
    desk.rules = TYPED
    desk.configure(more=TABLE.format(priority="high", sla="quick", agent="carol"))
    for subject in SUBJECTS:
        desk.take_in(mail(subject=subject))
    desk.work()
    return desk


def test_what_no_rule_says_is_compared_too(desk: Desk) -> None:
    by_table(desk)
    assert desk.ask("rules", "replay")["changed"] == 0
    untyped = TYPED.replace('set.type = "problem"', 'set.impact = "minor"')
    report = desk.ask("rules", "replay", "--rules", other_rules(desk, untyped))
    assert report["by_field"] == {"type": 2, "impact": 2, "priority": 2}
    told = next(one for one in report["samples"] if one["field"] == "priority")
    assert values(told) == ("high", "normal", "")
    assert (told["by_before"], told["by_after"]) == ("table", "table")
    by_rule = TYPED.replace('set.type = "problem"', 'set.type = "problem"\nset.priority = "low"\nset.sla = "slow"')
    report = desk.ask("rules", "replay", "--rules", other_rules(desk, by_rule))
    assert report["by_field"] == {"priority": 2, "sla": 2}
    told = next(one for one in report["samples"] if one["field"] == "sla")
    assert values(told) == ("quick", "slow", "lamps")
    assert (told["by_before"], told["by_after"]) == ("organisation:net", "rule:lamps")


def test_settings_are_compared_as_they_were_and_as_they_stand(desk: Desk) -> None:
    by_table(desk)
    desk.configure(more=TABLE.format(priority="urgent", sla="slow", agent="dave"))
    report = desk.ask("rules", "replay")
    assert report["by_field"] == {"priority": 2, "sla": 6, "assign": 6}
    assert report["by_rule"] == {}
    told = {one["field"]: one for one in report["samples"]}
    assert values(told["priority"]) == ("high", "urgent", "")
    assert values(told["sla"]) == ("quick", "slow", "")
    assert values(told["assign"]) == (["carol"], ["dave"], "")
    out = desk.run("rules", "replay").out
    assert "the table of priorities" in out
    assert "organisation net" in out


def test_both_sides_are_decided_anew(archive: Desk) -> None:
    """What went wrong once, such as a pattern that timed out, is no difference between two sets of rules."""
    with archive.store.main.write() as conn:
        row = conn.execute(
            select(tables.mail.c.id, tables.mail.c.trace).where(tables.mail.c.subject == "Refund please")
        ).one()
        for one in row.trace:
            if one["step"] == "rules":
                one["fields"] = {}
        conn.execute(update(tables.mail).where(tables.mail.c.id == row.id).values(trace=row.trace))
    report = archive.ask("rules", "replay")
    assert (report["changed"], report["not_as_recorded"], report["by_record"]) == (0, 1, 0)
    assert "of 1 mail the rules of then say something else now than was recorded" in archive.run("rules", "replay").out


@pytest.mark.parametrize("lost", ["the set", "its id"])
def test_without_the_rules_of_then_the_record_counts(archive: Desk, lost: str) -> None:
    with archive.store.main.write() as conn:
        conn.execute(update(tables.mail).values(rule_set_id=77 if lost == "the set" else None))
    report = archive.ask("rules", "replay", "--rules", other_rules(archive))
    assert (report["changed"], report["by_record"]) == (5, len(SUBJECTS))
    assert report["by_field"] == {"queue": 2, "tags": 3, "priority": 2, "quarantine": 1}
    assert "of 6 mails the rules of then cannot be had" in archive.run("rules", "replay").out


def test_each_mail_is_compared_with_the_rules_of_its_time(archive: Desk) -> None:
    archive.rules = CHANGED
    archive.take_in(mail(subject="Another offer"))
    archive.take_in(mail(subject="Invoice 8"))
    archive.work()
    report = archive.ask("rules", "replay", "--rules", other_rules(archive))
    assert report["changed"] == 5  # none of those that came since
    report = archive.ask("rules", "replay", "--rules", other_rules(archive, RULES))
    assert [one["subject"] for one in report["samples"]] == ["Invoice 8"]


def test_what_nobody_recorded_is_told(archive: Desk) -> None:
    asks = """\
[[rule]]
name = "again and again"
when.seen_recently = { by = "sender", within = "1 h", over = 1 }
set.priority = "urgent"

[[rule]]
name = "vouched for"
when.auth = "pass"
set.priority = "urgent"
"""
    draft = other_rules(archive, f"{asks}\n{RULES}")
    report = archive.ask("rules", "replay", "--rules", draft)
    assert (report["changed"], report["not_known"]) == (0, {"seen_recently": 6, "auth": 6})
    assert "of 6 mails nobody recorded seen_recently" in archive.run("rules", "replay", "--rules", draft).out


def test_working_hours_are_reckoned_anew(archive: Desk) -> None:
    archive.configure(
        more='[calendars.always]\ntimezone = "UTC"\nmon-fri = "00:00-24:00"\nsat = "00:00-24:00"\nsun = "00:00-24:00"\n'
    )
    asks = '[[rule]]\nname = "open"\nwhen.hours = "always"\nset.type = "request"\n'
    report = archive.ask("rules", "replay", "--rules", other_rules(archive, f"{asks}\n{RULES}"))
    assert (report["by_rule"], report["not_known"]) == ({"open": 6}, {})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "'=1+1"),
        (" =1+1", " '=1+1"),
        ("\n@x", "\n'@x"),
        ("＝1+1", "'＝1+1"),
        ('x;=HYPERLINK("y")', 'x;\'=HYPERLINK("y")'),
        ("\tx", "'\tx"),
        ("a = b; c", "a = b; c"),
        (["a", "b"], "a, b"),
        (None, ""),
    ],
)
def test_no_cell_is_a_formula(value: object, text: str) -> None:
    assert cell(value) == text
