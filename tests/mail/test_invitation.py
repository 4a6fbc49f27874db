"""Calendars on a mail: what, when, where, who; in words where the mail has no other text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail import Invitation, mail_from_json, mail_to_json, read
from gateway.mail.attached import recurrence
from gateway.mail.attached.invitation import in_words, of_calendar

ZONE = """BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
RRULE:FREQ=SECONDLY
SUMMARY:not this
END:STANDARD
END:VTIMEZONE
"""
MEETING = """SUMMARY;LANGUAGE=en:Review\\, quarterly
DTSTART;TZID=W. Europe Standard Time:20260302T100000
DTEND;TZID=W. Europe Standard Time:20260302T113000
LOCATION:Room 5\\; left
ORGANIZER;CN="Lee: Ann":MAILTO:ann@example.org
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;CN=Bob, the
  builder:mailto:bob@example.net
ATTENDEE;PARTSTAT=DECLINED:mailto:cem@example.net
BEGIN:VALARM
SUMMARY:nor this
END:VALARM
"""


def calendar(event: str, top: str = "METHOD:REQUEST\n", kind: str = "VEVENT") -> str:
    return f"BEGIN:VCALENDAR\n{top}{ZONE}BEGIN:{kind}\n{event}END:{kind}\nEND:VCALENDAR\n"


def test_a_meeting() -> None:
    assert of_calendar(calendar(MEETING)) == Invitation(
        method="REQUEST",
        summary="Review, quarterly",
        start="2026-03-02T10:00 Europe/Berlin",
        end="2026-03-02T11:30 Europe/Berlin",
        place="Room 5; left",
        organizer="Lee: Ann <ann@example.org>",
        attendees=("Bob, the builder <bob@example.net>", "cem@example.net (declined)"),
    )
    assert of_calendar(calendar(MEETING).replace("\n", "\r\n")) == of_calendar(calendar(MEETING))


TIMES = [
    ("DTSTART:20260302T100000Z\nDTEND:20260302T110000Z", "2026-03-02T10:00 UTC", "2026-03-02T11:00 UTC"),
    ("DTSTART:20260302T100000", "2026-03-02T10:00", ""),
    ("DTSTART;TZID=Asia/Tokyo:20260302T100000\nDURATION:PT1H30M", "2026-03-02T10:00 Asia/Tokyo", "2026-03-02T11:30 Asia/Tokyo"),
    ("DTSTART;TZID=/example.org/1/Asia/Tokyo:20260302T1000", "2026-03-02T10:00 Asia/Tokyo", ""),
    ("DTSTART;TZID=Nowhere Standard Time:20260302T100000", "2026-03-02T10:00 Nowhere Standard Time", ""),
    ('DTSTART;TZID="Room: 5":20260302T100000', "2026-03-02T10:00 Room: 5", ""),
    ("DTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260303", "2026-03-02", "2026-03-02"),
    ("DTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260305", "2026-03-02", "2026-03-04"),
    ("DTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260302", "2026-03-02", "2026-03-02"),
    ("DTSTART;VALUE=DATE:20260302", "2026-03-02", ""),
    ("DTSTART:20261302T100000\nDTEND:yesterday", "", ""),
    ("DTSTART:99991231\nDURATION:P9999W", "9999-12-31", ""),
    ("SUMMARY:none", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "start", "end"), TIMES)
def test_times(lines: str, start: str, end: str) -> None:
    found = of_calendar(calendar(f"{lines}\n"))
    assert found is not None
    assert (found.start, found.end) == (start, end)


METHODS = [
    ("METHOD:REPLY\n", "", "REPLY"),
    ("method:cancel\n", "", "CANCEL"),
    ("METHOD:REQUEST\n", "STATUS:CANCELLED\n", "CANCEL"),
    ("", "", "FROM-THE-PART"),
]


@pytest.mark.parametrize(("top", "event", "method"), METHODS)
def test_methods(top: str, event: str, method: str) -> None:
    found = of_calendar(calendar(f"SUMMARY:x\n{event}", top), "from-the-part")
    assert found is not None
    assert found.method == method


def test_the_series_is_told_and_not_one_change_of_it() -> None:
    change = (
        "RECURRENCE-ID:20260309T100000\nSUMMARY:moved\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:weekly\nRRULE:FREQ=WEEKLY\n"
    )
    found = of_calendar(calendar(change))
    assert found is not None
    assert (found.summary, found.repeats) == ("weekly", "every week")


def test_a_task() -> None:
    found = of_calendar(calendar("SUMMARY:pay\nDUE;VALUE=DATE:20260302\n", kind="VTODO"))
    assert found is not None
    assert (found.summary, found.start, found.end) == ("pay", "", "2026-03-02")


RULES = [
    ("FREQ=DAILY", "every day"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR;WKST=MO", "every 2 weeks on Monday, Wednesday and Friday"),
    ("FREQ=WEEKLY;UNTIL=20261231T235959Z", "every week, until 2026-12-31"),
    ("FREQ=MONTHLY;BYDAY=1MO;COUNT=5", "every month on the first Monday, 5 times"),
    ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday"),
    ("FREQ=MONTHLY;BYMONTHDAY=15", "every month on day 15"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "every month on its last day"),
    ("FREQ=MONTHLY;BYMONTHDAY=1,15", "every month on the days 1,15"),
    ("FREQ=MONTHLY;BYMONTHDAY=\x01", recurrence.OTHER),
    ("FREQ=MONTHLY;BYMONTHDAY=" + "1" * 500, recurrence.OTHER),
    ("FREQ=WEEKLY;INTERVAL=" + "1" * 500, recurrence.OTHER),
    ("FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1", "every year"),
    ("freq=daily;count=3", "every day, 3 times"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", recurrence.OTHER),
    ("FREQ=MONTHLY;BYDAY=5MO", recurrence.OTHER),
    ("FREQ=SECONDLY", recurrence.OTHER),
    ("FREQ=WEEKLY;BYDAY=XX", recurrence.OTHER),
    ("FREQ=WEEKLY;INTERVAL=x", recurrence.OTHER),
    ("nonsense", recurrence.OTHER),
]


@pytest.mark.parametrize(("rule", "words"), RULES)
def test_rules_in_words(rule: str, words: str) -> None:
    assert recurrence.in_words(rule) == words


WORDS = [
    (
        Invitation(method="REQUEST", summary="Review", start="2026-03-02T10:00 UTC", end="2026-03-02T11:00 UTC", place="Room 5"),
        "Invitation: Review\nWhen: 2026-03-02 10:00 to 11:00 (UTC)\nWhere: Room 5",
    ),
    (
        Invitation(method="CANCEL", summary="Fair", start="2026-03-02", end="2026-03-04", repeats="every year"),
        "Cancelled: Fair\nWhen: 2026-03-02 to 2026-03-04, every year",
    ),
    (
        Invitation(method="PUBLISH", start="2026-03-02", end="2026-03-02", organizer="a@x", attendees=("b@x", "c@x")),
        "Event: (no title)\nWhen: 2026-03-02\nOrganizer: a@x\nAttendees: b@x, c@x",
    ),
    (
        Invitation(method="REPLY", summary="Tea", start="2026-03-02T10:00 Asia/Tokyo", end="2026-03-02T04:00 UTC"),
        "Answer to an invitation: Tea\nWhen: 2026-03-02 10:00 (Asia/Tokyo) to 2026-03-02 04:00 (UTC)",
    ),
    (Invitation(method="PUBLISH", summary="pay", end="2026-03-02"), "Event: pay\nWhen: until 2026-03-02"),
    (
        Invitation(method="REQUEST", summary="Night", start="2026-03-02T22:00", end="2026-03-03T04:00"),
        "Invitation: Night\nWhen: 2026-03-02 22:00 to 2026-03-03 04:00",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("invitation", "words"), WORDS)
def test_in_words(invitation: Invitation, words: str) -> None:
    assert in_words(invitation) == words


# ---- in whole mails ------------------------------------------------------------------------------------------------


def mail(data: bytes, kind: str = "text/calendar; charset=utf-8; method=REQUEST", text: str = "") -> bytes:
    head = "From: a@example.org\nContent-Type: multipart/alternative; boundary=e\n\n--e\nContent-Type: text/plain\n\n"
    return f"{head}{text}\n--e\nContent-Type: {kind}\n\n".encode() + data + b"\n--e--\n"


def test_the_calendar_is_the_text_where_there_is_no_other() -> None:
    raw = mail(calendar(MEETING).encode())
    found = read(raw)
    assert found.invitation is not None
    assert found.text == found.reply == in_words(found.invitation)
    assert [one.name for one in found.attachments] == ["attachment-2.ics"]
    assert read(mail(calendar(MEETING).encode(), text="words")).text == "words"


def test_a_calendar_that_is_declared_as_something_else() -> None:
    data = calendar("SUMMARY:Tee für zwei\n").encode()
    for kind in ("application/ics", "application/octet-stream; name=a.ICS", "text/calendar; charset=no-such"):
        found = read(mail(data, kind)).invitation
        assert found is not None
        assert found.summary == "Tee für zwei"
    assert read(mail(data, "application/octet-stream; name=a.bin")).invitation is None


@pytest.mark.parametrize("data", ["", "no calendar", calendar(MEETING)[:300], "BEGIN:VCALENDAR\nEND:VCALENDAR"])
def test_damaged_calendars(data: str) -> None:
    found = read(mail(data.encode(), text="words"))
    assert found.invitation is None
    assert "calendar_damaged" in found.defects
    assert len(found.attachments) == 1


def test_bombs() -> None:
    start = time.monotonic()
    large = "SUMMARY:x\nDESCRIPTION:" + "x" * 2_000_000 + "\n"
    assert "calendar_too_large" in read(mail(calendar(large).encode())).defects
    for event in (
        "BEGIN:VEVENT\n" * 70_000,
        "SUMMARY:x\n" * 99_000,
        'X;A="' * 190_000,
        "X" + ";A=b" * 240_000 + ":v\n",
    ):
        read(mail(calendar(event).encode()))
    many = of_calendar(calendar("ATTENDEE;CN=x:mailto:a@b\n" * 15_000))
    assert many is not None
    assert len(many.attendees) == 100
    assert time.monotonic() - start < 5


@given(st.integers(0, 700), st.text(max_size=30))
def test_any_damage_is_read_or_refused(at: int, junk: str) -> None:
    whole = calendar(MEETING)
    found = of_calendar(whole[:at] + junk + whole[at + len(junk) :])
    if found is not None:
        assert in_words(found)


@pytest.mark.parametrize(
    "line", ["RRULE:FREQ=MONTHLY;BYMONTHDAY=\x01", "SUMMARY:\x02\x85x", "ORGANIZER;CN=\x03:mailto:a@b"]
)
def test_control_characters_stay_outside(line: str) -> None:
    body = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261207T100000Z\n{line}\nEND:VEVENT\nEND:VCALENDAR\n"
    found = read(f"From: a@b.example\nContent-Type: text/calendar; charset=utf-8\n\n{body}".encode())
    assert found.invitation is not None
    assert mail_from_json(mail_to_json(found)) == found
