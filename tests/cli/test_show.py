"""`gateway show`: keys, the page, and the many ways to write a number."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.mail import Address, Attachment
from gateway.tickets.actions import AddArticle, Change, Link, Note, Participate
from support.desk import Desk

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEYS = (
    "number subject status priority queue assignee requester tags type category area impact created_at updated_at "
    "first_response_due next_response_due resolve_due overdue description time_spent fields articles events "
    "participants links similar pinned rating on_hold_until"
).split()
PHOTO = Attachment(name="photo.jpg", size=123_456, sha256="ab" * 32, type="image/jpeg", inline=False, part="2")


@pytest.fixture
def number(desk: Desk) -> int:
    """A ticket with a bit of everything, and two others it is linked with."""
    number = desk.ticket(elided="> old\n> quoted\n", attachments=(PHOTO,), at=DAY, fields={"order": "1182"})
    other, third = desk.ticket("another"), desk.ticket("third")
    desk.act(
        AddArticle(ticket=number, direction="out", author="agent:carol", subject="Re: lamp", text="On its way."),
        Participate(ticket=number, address=Address(addr="bob@example.org"), role="watcher"),
        Link(ticket=number, other=other, kind="mentions", reason="sender_not_a_party"),
        Link(ticket=third, other=number, kind="follows"),
        Note(ticket=number, kind="not_sent", data={"template": "acknowledgement"}, reason="muted"),
        Change(ticket=number, seen_version=2, values={"status": "open"}, before={"status": "new"}, reason="person"),
        at=DAY,
    )
    return number


def test_the_keys_are_these(desk: Desk, number: int) -> None:
    shown = desk.ask("show", str(number))
    assert list(shown) == KEYS
    first, second = shown["articles"]
    assert list(first) == [
        "id",
        "ticket",
        "direction",
        "author",
        "subject",
        "text",
        "elided",
        "mail_id",
        "attachments",
        "at",
    ]
    assert (first["text"], first["elided"], first["mail_id"]) == ("where is my lamp?", "> old\n> quoted\n", None)
    assert first["attachments"] == [
        {
            "name": "photo.jpg",
            "size": 123_456,
            "sha256": "ab" * 32,
            "type": "image/jpeg",
            "inline": False,
            "declared": "",
            "repeated": False,
        }
    ]
    assert (second["direction"], second["author"], second["attachments"]) == ("out", "agent:carol", [])
    assert [list(event) for event in shown["events"]] == [["at", "actor", "kind", "reason", "data"]] * 4
    assert [(event["kind"], event["reason"]) for event in shown["events"]] == [
        ("opened", None),
        ("changed", None),
        ("not_sent", "muted"),
        ("changed", "person"),
    ]
    assert shown["events"][3]["data"] == {"status": ["new", "open"]}
    assert shown["participants"] == [
        {"address": "ann@example.net", "name": "Ann Lee", "role": "requester"},
        {"address": "bob@example.org", "name": "", "role": "watcher"},
    ]
    assert shown["links"] == [
        {"ticket": 2, "kind": "mentions", "direction": "out", "reason": "sender_not_a_party"},
        {"ticket": 3, "kind": "follows", "direction": "in", "reason": None},
    ]
    assert (shown["description"], shown["time_spent"], shown["fields"]) == ("where is my lamp?", 0, {"order": "1182"})


def test_the_page_reads_from_top_to_bottom(desk: Desk, number: int) -> None:
    page = desk.run("show", str(number)).out
    in_order = (
        "[Acme #1] My lamp has not arrived",
        "status     open",
        "requester  Ann Lee <ann@example.net>",
        "order      1182",
        "where is my lamp?",
        "[2 lines cut, --full shows them]",
        "attached: photo.jpg (image/jpeg, 121 KB)",
        "our reply, by agent:carol, 2026-03-02 09:00:00+00:00",
        "On its way.",
        "changed  (person)  status=new->open",
        "bob@example.org: gets copies",
        "mentions #2 (sender_not_a_party)",
        "is followed by #3",
    )
    places = [page.find(text) for text in in_order]
    assert -1 not in places, in_order[places.index(-1)]
    assert places == sorted(places)
    assert "quoted" not in page


def test_full_shows_what_was_cut(desk: Desk, number: int) -> None:
    page = desk.run("show", str(number), "--full").out
    assert "| > old\n| > quoted\n" in page
    assert "lines cut" not in page


def test_a_logo_of_earlier_mails_is_folded(desk: Desk) -> None:
    logo = Attachment(
        name="image001.png", size=4_000, sha256="cd" * 32, type="image/png", inline=True, part="2", declared="image/gif"
    )
    number = desk.ticket(attachments=(logo,), at=DAY)
    again = AddArticle(ticket=number, direction="in", author="ann@example.net", subject="", text="Thanks.")
    desk.act(replace(again, attachments=(logo, PHOTO)), replace(again, attachments=(PHOTO,)), at=DAY)
    page = desk.run("show", str(number)).out
    assert page.count("image001.png (image/png, declared as image/gif, 3.9 KB, inline)") == 1
    assert page.count("photo.jpg") == 2  # too large for a logo: sent twice it is shown twice
    assert page.count("[1 image of earlier mails, --full lists it]") == 1
    full = desk.run("show", str(number), "--full").out
    assert (full.count("image001.png"), "of earlier mails" in full) == (2, False)
    articles = desk.ask("show", str(number))["articles"]
    assert [[one["repeated"] for one in article["attachments"]] for article in articles] == [
        [False],
        [True, False],
        [False],
    ]


def test_a_number_as_people_write_it(desk: Desk, number: int) -> None:
    for written in ("1", "#1", "[Acme #1]", "acme #1", "[Acme#1]", "(#1)", " 1 ", "№1", "Re: [Acme #1] x"):
        assert desk.ask("show", written)["number"] == number, written


@pytest.mark.parametrize(
    ("pattern", "written", "found"),
    [
        ("{yy}{mm}-{n:04}", "2603-0001", 1),
        ("{yy}{mm}-{n:04}", "[Acme #2603-0001]", 1),
        ("{yy}{mm}-{n:04}", "1", 1),
        ("{yy}{mm}-{n:04}", "2603-0009", None),
        ("{yyyy}{mm}{dd}{n:03}", "1", 1),
        ("{yyyy}{mm}{dd}{n:03}", "20260302001", 1),
        ("SD{n}", "sd1", 1),
    ],
)
def test_a_number_in_the_format_of_the_site(desk: Desk, pattern: str, written: str, found: int | None) -> None:
    desk.configure(number_format=pattern)
    desk.ticket(at=DAY)
    answer = desk.run("show", written, "--json")
    assert answer.code == (0 if found else 66), answer


def test_an_unknown_number_is_one_line_and_66(desk: Desk, number: int) -> None:
    for written in ("9", "#0", "nine", "", "99999999999999999999", "1.5", "-", "[Other #1]"):
        answer = desk.run("show", "--json", "--", written)
        assert (answer.code, answer.out) == (66, "")
        assert answer.err == f"gateway show: there is no ticket {written}\n"


def test_nothing_a_customer_wrote_reaches_the_terminal_as_it_is(desk: Desk) -> None:
    evil: dict[str, Any] = {"text": "\x1b]0;pwned\x07bell\r\nsecond line \u202etxt.exe", "elided": "\x9bcut"}
    name = Attachment(name="a\nb\x1b[2J.pdf", size=1, sha256="0", type="application/pdf", inline=True, part="1")
    number = desk.ticket("\x1b[31mred\nsubject", attachments=(name,), **evil)
    for shown in (desk.run("show", str(number), "--full").out, desk.run("show", str(number), "--json").out):
        assert not set(shown) & set("\x1b\x07\x9b\r\u202e")
    page = desk.run("show", str(number), "--full").out
    assert page.startswith("[Acme #1] \\x1b[31mred\\nsubject\n")
    assert "\\x1b]0;pwned\\x07bell\nsecond line \\u202etxt.exe" in page
    assert "a\\nb\\x1b[2J.pdf" in page


def test_a_merged_ticket_says_where_it_went(desk: Desk) -> None:
    first, second = desk.ticket(), desk.ticket()
    desk.act(Change(ticket=first, seen_version=1, values={"merged_into": second}, before={}))
    assert "merged into #2" in desk.run("show", "1").out
