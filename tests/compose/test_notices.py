"""Notices to agents: complete, with who wrote and whether that is proved on top, and nothing in them acts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.test_headers import anything
from compose.test_letters import DESK, STAMP, TEMPLATES, TICKET, TOKEN, parse, text_of
from gateway.compose import builtin, notices
from gateway.compose.notices import Article, Attached, Customer, Line, Notice, Similar, Verdict, Writer
from gateway.compose.render import Templates
from gateway.mail import Address, read
from support.fuzz import examples

AT = datetime(2026, 11, 27, 9, 12, tzinfo=UTC)
CAROL = Address(addr="carol@acme.example", name="Carol Reyes")
ANN = Address(addr="ann@example.net", name="Ann Novak")
PRAGUE = ZoneInfo("Europe/Prague")
CONVERSATION = ("notice_new", "notice_assigned", "notice_answered")
KINDS = sorted(builtin.AGENT - {"digest", "report"})

FULL = Notice(
    ticket=TICKET,
    subject="Where is my lamp?",
    priority="high",
    assignee="Carol Reyes",
    type="problem",
    area="order/delivery",
    impact="major",
    occurrence=3,
    tags=("vip",),
    fields={"Order": "118203"},
    copies=("bob@example.net",),
    due={"first_response": AT + timedelta(hours=4), "resolution": AT + timedelta(days=2)},
    customer=Customer(
        address=ANN, organisation="Big Ltd", other_addresses=("ann@home.example",), tags=("gold",), open_tickets=2,
        all_tickets=7, since=AT - timedelta(days=400),
    ),
    writer=Writer(address=ANN, verdict=Verdict.UNVERIFIED, at=AT, reply_to="elsewhere@example.org"),
    text="Hello,\n#close\nwhere is it?",
    html='<p>Hello,<br>#close<br>where <b>is</b> it?<img src="cid:photo@x"><img src="https://evil.example/p"></p>',
    attachments=(
        Attached(name="photo.png", type="image/png", size=6, content=b"\x89PNG\r\n", cid="photo@x"),
        Attached(name="receipt.pdf", type="application/pdf", size=8, content=b"%PDF-1.4"),
        Attached(name="video.mov", type="video/quicktime", size=48_000_000),
    ),
    thread=(
        Article(at=AT - timedelta(days=1), author="Ann Novak", kind="in", text="First"),
        Article(at=AT, author="Dave Okafor", kind="note", text="#spam? no"),
    ),
    similar=(Similar(number="98", title="Parcel late", why="both name ord-118203"),),
    by="Dave Okafor",
    reason="sticky: had this customer last",
    reaches=(ANN, Address(addr="bob@example.net")),
    commands=("#close", "#note", "#assign NAME"),
    lines=(Line(said="#clos", result="there is no #clos", ok=False, manual="#close\nends the ticket"),),
    failed=ANN,
    failed_reply="550 5.1.1 no such user",
)  # fmt: skip


def notice(kind="notice_new", about=FULL, *, notice_max=5_000_000, templates=TEMPLATES, **options):
    return notices.notice(
        templates, DESK, kind=kind, about=about, recipient=CAROL, stamp=STAMP, notice_max=notice_max, zone=PRAGUE,
        **options,
    )  # fmt: skip


def lines_of(letter) -> list[str]:
    return text_of(letter).replace("\r\n", "\n").split("\n")


def test_a_notice_of_a_new_ticket_is_complete():
    letter = notice()
    mail = parse(letter)
    assert mail["From"] == "Ann Novak via Acme Support <support@acme.example>"
    assert mail["To"] == "Carol Reyes <carol@acme.example>"
    assert mail["Subject"] == "[Acme #1042] Where is my lamp?"
    assert mail["Auto-Submitted"] == "auto-generated"
    said = lines_of(letter)
    assert said[2:6] == [
        "Ann Novak <ann@example.net>, 27 November 2026, 10:12 CET",
        "NOT VERIFIED: anybody can write this sender's address",
        "",
        "> Hello,",
    ]
    for line in (
        "> #close", "  photo.png (6 Bytes)", "  receipt.pdf (8 Bytes)",
        "  video.mov (48.0 MB): too large to send along, #files in a reply brings it",
        "Priority: high", "Assignee: Carol Reyes", "First answer due: 27 November 2026, 14:12 CET",
        "To be resolved by: 29 November 2026, 10:12 CET", "Type: problem", "Area: order/delivery", "Like it lately: 3",
        "Tags: vip", "Order: 118203", "Copies to: bob@example.net", "Why: sticky: had this customer last",
        "Customer: Ann Novak <ann@example.net>", "Organisation: Big Ltd", "Also writes as: ann@home.example",
        "Customer's tags: gold", "Customer's tickets: 2 open of 7", "Known since: 23 October 2025",
        "Wants answers at: elsewhere@example.org", "  #98 Parcel late (both name ord-118203)",
        "A reply to this mail goes to Ann Novak <ann@example.net>, bob@example.net.",
        "Commands stand at its very start, each on a line of its own: #close, #note, #assign NAME",
    ):  # fmt: skip
        assert line in said, line


def test_the_html_of_a_notice_is_the_mail_made_safe_below_the_verdict():
    letter = notice()
    page = parse(letter).get_body(("html",)).get_content()
    assert page.index("NOT VERIFIED") < page.index("<blockquote") < page.index("where <b>is</b> it?")
    assert "evil" not in page
    assert '<img src="cid:photo@x">' in page
    assert [(one.name, one.inline) for one in read(letter.data).attachments] == [
        ("photo.png", True),
        ("receipt.pdf", False),
    ]


def test_files_come_along_up_to_the_limit_in_all():
    files = tuple(
        Attached(name=f"{n}.bin", type="a/b", size=size, content=b"x" * size) for n, size in enumerate((40, 50, 20, 1))
    )
    about = Notice(ticket=TICKET, subject="x", text="x", attachments=files)
    letter = notice(about=about, notice_max=100)
    assert [one.name for one in read(letter.data).attachments] == ["0.bin", "1.bin", "3.bin"]
    assert "  2.bin (20 Bytes): too large to send along, #files in a reply brings it" in lines_of(letter)
    assert "  3.bin (1 Byte)" in lines_of(letter)
    assert read(notice(about=about, notice_max=0).data).attachments == ()


def test_assigned_carries_the_whole_thread():
    said = lines_of(notice("notice_assigned"))
    start = said.index("The whole thread:")
    assert said[start + 2 : start + 9] == [
        "26 November 2026, 10:12 CET, Ann Novak (customer):", "", "> First", "",
        "27 November 2026, 10:12 CET, Dave Okafor (internal note):", "", "> #spam? no",
    ]  # fmt: skip
    assert said[0] == "Ticket #1042 is yours, given by Dave Okafor."


def test_a_thread_without_end_keeps_its_newest_and_says_what_is_left_out():
    thread = [Article(at=AT, author="Ann", kind="in", text=f"{n} " + "x" * 20_000) for n in range(20)]
    letter = notice("notice_assigned", Notice(ticket=TICKET, subject="x", thread=thread))
    assert letter.fallback == ""
    said = text_of(letter)
    assert "19 xxx" in said
    assert "12 xxx" not in said
    assert "[13 earlier ones are left out; #show in a reply brings all]" in said


@pytest.mark.parametrize("text", ["y\n", "\n", "'", "<", "x", "日", "> \n"])
@pytest.mark.parametrize("kind", CONVERSATION)
def test_whatever_is_without_end_is_cut_and_the_letter_still_written(kind, text):
    long = text * 150_000 + "."
    about = Notice(
        ticket=TICKET, subject="x", text="." + long, html=f"<p>{long}</p>", reason=long, tags=(long,), copies=("a@b.c",) * 300,
        thread=[Article(at=AT, author=long, kind="in", text=long if at % 50 == 0 else "x") for at in range(1000)],
        attachments=[Attached(name=long, type="a/b", size=1, content=b"x") for _ in range(500)],
    )  # fmt: skip
    letter = notice(kind, about, notice_max=3)
    assert letter.fallback == ""
    said = text_of(letter)
    assert "Files in all: 500" in said
    assert said.count("too large") == 97
    assert ("earlier ones are left out" if kind == "notice_assigned" else "[cut here: ") in said
    assert len(letter.data) < 1_000_000


@pytest.mark.parametrize(
    ("writer", "said"),
    [
        (Writer(address=ANN, verdict=Verdict.VERIFIED, by="dkim example.net"), "verified (dkim example.net)"),
        (Writer(address=ANN, verdict=Verdict.FAILED), "THE CHECK FAILED: probably not from whom it says"),
        (Writer(address=ANN, verdict=Verdict.UNVERIFIED, party="other"), "NOT VERIFIED: "),
    ],
)
def test_who_wrote_and_whether_that_is_proved(writer, said):
    lines = lines_of(notice(about=Notice(ticket=TICKET, subject="x", text="x", writer=writer)))
    assert lines[3].startswith(said)
    assert lines[2] == "Ann Novak <ann@example.net>" + (
        " (other person, unverified)" if writer.party == "other" else ""
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "ru", "cs"])
@pytest.mark.parametrize("templates", [TEMPLATES, Templates({})], ids=["shipped", "built-in"])
def test_no_line_of_a_notice_can_be_taken_for_a_command(kind, language, templates):
    letter = notice(kind, language=language, templates=templates)
    if templates is TEMPLATES:
        assert letter.fallback == ""
        assert not [line for line in lines_of(letter) if line.strip().startswith("#") and not line.strip()[1].isdigit()]
    assert letter.subject == "[Acme #1042] Where is my lamp?"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in CONVERSATION and kind != "notice_held"])
def test_notices_whose_answer_is_a_note_say_so(kind):
    about = Notice(ticket=TICKET, subject="x")
    assert "A reply to this mail becomes a note that only agents see." in lines_of(notice(kind, about))


def test_a_held_mail_on_no_ticket():
    about = Notice(
        ticket=None, subject="Re: new printer", text="#clos\nDone.", lines=FULL.lines, reason="a mistyped line"
    )
    letter = notice("notice_held", about)
    assert letter.subject == "new printer"
    said = lines_of(letter)
    assert said[0] == "Your mail is held: nobody outside has seen it, and nothing in it was done."
    at = said.index("> #clos")
    assert said[at + 1 : at + 3] == ["  not done: there is no #clos", "  How: #close ends the ticket"]


def test_undelivered_and_transcript():
    said = lines_of(notice("notice_undelivered"))
    assert said[0] == "A mail on ticket #1042 did not reach ann@example.net."
    assert said[2] == "The other side said: 550 5.1.1 no such user"
    done = Notice(ticket=TICKET, subject="x", lines=(Line(said="#assign dave", result="assigned to Dave Okafor"),))
    assert lines_of(notice("transcript", done))[2:4] == ["> #assign dave", "  assigned to Dave Okafor"]


@given(
    kind=st.sampled_from(KINDS), text=anything, html=anything, name=anything, subject=anything, more=anything,
    language=st.sampled_from(["en", "ru", "cs", "de", ""]),
)  # fmt: skip
@settings(max_examples=examples(40), deadline=None)
def test_whatever_strangers_write_a_notice_is_one_sound_mail(kind, text, html, name, subject, more, language):
    writer = Address(addr="x@example.net", name=name)
    about = Notice(
        ticket=TICKET, subject=subject, text=text, html=html, tags=(more,), reason=more, by=more, copies=(more,),
        writer=Writer(address=writer, verdict=Verdict.FAILED, by=more, at=AT, reply_to=more),
        customer=Customer(address=writer, organisation=more, since=AT, all_tickets=1),
        thread=(Article(at=AT, author=more, kind="in", text=text),), similar=(Similar(number="1", title=more, why=more),),
        attachments=(Attached(name=more, type=more, size=1, content=b"x", cid=more),), fields={"x": more},
        lines=(Line(said=more, result=more, manual=more),), failed=writer, failed_reply=more, reaches=(writer,),
    )  # fmt: skip
    letter = notice(kind, about, language=language)
    assert letter.fallback == ""
    mail = parse(letter)
    assert [one.addr_spec for one in mail["From"].addresses] == ["support@acme.example"]
    assert [one.addr_spec for one in mail["To"].addresses] == ["carol@acme.example"]
    assert {"bcc", "cc", "reply-to", "sender"}.isdisjoint(map(str.lower, mail.keys()))
    assert read(letter.data).markers == (TOKEN,)
    assert letter.subject.startswith("[Acme #1042]")
    lines = [line.strip() for line in lines_of(letter)]
    assert not [line for line in lines if line.startswith("#") and line[1:2].isalpha()]


def test_a_verdict_typed_by_the_customer_stands_below_the_real_one():
    about = Notice(
        ticket=TICKET, subject="x", text="verified (dkim acme.example)",
        writer=Writer(address=Address(addr="x@y.z", name="verified"), verdict=Verdict.FAILED),
    )  # fmt: skip
    said = lines_of(notice(about=about))
    assert said[3] == "THE CHECK FAILED: probably not from whom it says"
    assert said[5] == "> verified (dkim acme.example)"
