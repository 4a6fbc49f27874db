"""What agents and customers send that nobody meant to: one defined outcome each, and no customer gets what was not theirs."""

from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from gateway.now import now
from gateway.tickets.token import Role
from support.agent_desk import text_of
from support.busy_office import BusyOffice
from support.reports import report_on

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
DAVE = "Dave <dave@acme.example>"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of database is enough: what is proved here does not hang on it."""
    return f"sqlite:///{tmp_path}/data/gateway.db"


@pytest.fixture
def office(busy: BusyOffice) -> BusyOffice:
    busy.post(ANN, "It burns.")
    return busy


def page(office: BusyOffice, html: str, *, answers: EmailMessage, sender: str = CAROL) -> EmailMessage:
    """A mail of HTML alone, as telephones write it, below it what is answered."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "support@acme.example", f"Re: {answers['Subject']}"
    mail["Date"], mail["Message-ID"] = format_datetime(now()), f"<{office.newest()}@phone.example>"
    mail["In-Reply-To"] = mail["References"] = answers["Message-ID"]
    quote = text_of(answers).replace("\n", "<br>\n")
    mail.set_content(
        f'<html><body>{html}<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Fri, 27 Nov 2026 at 10:00,'
        f' {answers["From"].addresses[0].addr_spec} wrote:<br></div><blockquote class="gmail_quote">{quote}</blockquote></div></body></html>',
        subtype="html",
    )
    office.send(mail)
    return mail


def end(office: BusyOffice) -> tuple[str, str]:
    return office.states()[-1]


def replies(office: BusyOffice) -> list[str]:
    return [text_of(mail) for mail in office.mails("ann@example.net", "reply")]


# What Carol types, what becomes of it: its state, the ticket's status, and whether the text reached the customer.
TYPED = {
    "command and text on one line": ("#resolve it, the plug is out", "held", "new", False),
    "a value and more words": ("#priority high please", "held", "new", False),
    "command, then text without a gap": ("#resolve\nThe plug is out.", "done", "resolved", True),
    "text, then a command": ("The plug is out.\n\n#resolve", "held", "new", False),
    "text, then a command on its line": ("The plug is out. #resolve", "held", "new", False),
    "upper case": ("#RESOLVE\n\nThe plug is out.", "done", "resolved", True),
    "smart quotes": ("“#resolve”\n\nThe plug is out.", "held", "new", False),
    "straight quotes": ('"#resolve"\n\nThe plug is out.', "held", "new", False),
    "a Cyrillic o": ("#res\u043elve\n\nThe plug is out.", "held", "new", False),
    "a Cyrillic c": ("#\u0441lose\n\nThe plug is out.", "held", "new", False),
    "a full-width number sign": ("\uff03resolve\n\nThe plug is out.", "held", "new", False),
    "a space too many": ("# resolve\n\nThe plug is out.", "held", "new", False),
    "mistyped": ("#reslove\n\nThe plug is out.", "held", "new", False),
    "a title in smart quotes": ("#title “Printer burns”\n#resolve", "done", "resolved", False),
    "a note with dashes of a telephone": ("#note \u2014 the plug is out", "done", "open", False),
    "in the signature": ("The plug is out.\n\n-- \nCarol\n#resolve", "done", "waiting", True),
    "in quoted text": ("The plug is out.\n\n> #resolve\n> #priority high", "done", "waiting", True),
    "a heading": ("# What to do\n\nPull the plug, the plug is out.", "done", "waiting", True),
    "an invisible mark before it": ("\u200b#note\nThe plug is out.", "done", "open", False),
}  # fmt: skip


@pytest.mark.parametrize("what", TYPED)
def test_what_is_typed_has_one_outcome(office: BusyOffice, what: str) -> None:
    text, state, status, reaches = TYPED[what]
    office.post(CAROL, text, answers=office.last("carol@acme.example"))
    sent = replies(office)
    assert (end(office)[0], office.ticket(1)["status"], any("plug is out" in one for one in sent)) == (
        state, status, reaches
    ), (end(office), sent)  # fmt: skip
    assert not any("resolve" in one.lower() or "#note" in one for one in sent), sent
    if state == "held":
        assert office.kinds("carol@acme.example")[-1] == "notice_held"
        assert not office.mails("ann@example.net", "resolved")


PAGES = {
    "a command in a line of its own": ('<div dir="auto">#resolve</div>', "done", "resolved"),
    "a note, as a telephone writes it": ('<div dir="auto">#note</div><div dir="auto">The plug is out.</div>', "done", "open"),
    "a note in one line": ('<div>#note The plug is out.</div><div><br></div><div>Sent from my iPhone</div>', "done", "open"),
    "a note between breaks": ("#note<br>The plug is out.<br>", "done", "open"),
    "a note half in bold": ("<p>#<b>note</b></p><p>The plug is out.</p>", "done", "open"),
    "a note in a table": ("<table><tr><td>#note</td><td>The plug is out.</td></tr></table>", "done", "open"),
    "a note in a list": ("<ul><li>#note</li></ul><p>The plug is out.</p>", "held", "new"),
}  # fmt: skip


@pytest.mark.parametrize("what", PAGES)
def test_commands_in_html_alone_are_read_faithfully_or_not_at_all(office: BusyOffice, what: str) -> None:
    html, state, status = PAGES[what]
    page(office, html, answers=office.last("carol@acme.example"))
    assert (end(office)[0], office.ticket(1)["status"]) == (state, status), end(office)
    assert not any("plug is out" in text for text in replies(office))


def test_what_nobody_can_see_is_neither_a_command_nor_sent(office: BusyOffice) -> None:
    html = '<div style="display:none">#resolve</div><div>The plug is out.</div>'
    page(office, html, answers=office.last("carol@acme.example"))
    assert (end(office)[0], office.ticket(1)["status"]) == ("done", "waiting")
    (reply,) = office.mails("ann@example.net", "reply")
    assert "plug is out" in text_of(reply)
    assert "#resolve" not in reply.as_string()


def test_a_command_in_a_report_or_an_automatic_answer(office: BusyOffice) -> None:
    notice = office.last("carol@acme.example")
    before = office.tables()
    office.post(CAROL, "#resolve", answers=notice, more={"Auto-Submitted": "auto-replied"})
    assert end(office) == ("ignored", "automatic_mail")
    assert office.tables() == before
    report = report_on(notice.as_bytes().replace(b"\n", b"\r\n"), "carol@acme.example", words="550\r\n\r\n#resolve")
    office.deliver(report, mail_from="")
    assert office.ticket(1)["status"] == "new"


def test_a_command_in_what_an_agent_forwards(office: BusyOffice) -> None:
    """What the customer wrote is the customer's, whatever it looks like."""
    text = (
        "---------- Forwarded message ---------\nFrom: Bob <bob@example.org>\nDate: Fri, 27 Nov 2026 at 09:00\n"
        "Subject: No paper\nTo: Carol <carol@acme.example>\n\n#priority urgent\n#resolve\n\nThere is no paper left.\n"
    )
    office.post(CAROL, text, subject="Fwd: No paper")
    row = office.ticket(2)
    assert (row["priority"], row["status"], row["title"]) == ("normal", "new", "No paper")
    assert office.people(2) == {"bob@example.org": "requester"}


def test_a_mail_with_three_hundred_people_in_copy(office: BusyOffice) -> None:
    """The ticket opens, its sender is answered, and no more than a room of people ever gets copies."""
    crowd = ", ".join(f"p{count}@crowd.example" for count in range(300))
    newest = office.newest()
    office.post("Zoe <zoe@example.net>", "Hello all.", subject="Party", cc=crowd)
    assert {one.to for one in office.letters(newest) if one.kind == "acknowledgement"} == {"zoe@example.net"}
    newest = office.newest()
    office.post(CAROL, "The party is on.", answers=office.last("carol@acme.example"))
    reached = [one.to for one in office.letters(newest) if one.kind == "reply"]
    assert reached.count("zoe@example.net") == 1
    assert len(reached) == len(set(reached)) <= 51
    newest = office.newest()
    office.post(
        "Zoe <zoe@example.net>", "Then all come.", answers=office.last("zoe@example.net"),
        cc=", ".join(f"q{count}@crowd.example" for count in range(300)),
    )  # fmt: skip
    office.post(CAROL, "Good.", answers=office.last("carol@acme.example"))
    assert len([one for one in office.letters(newest) if one.kind == "reply"]) <= 51


def test_an_agent_in_the_role_of_a_customer(office: BusyOffice) -> None:
    """Carol's own lamp is broken; Dave answers, and she answers him as any customer would."""
    office.post(CAROL, "My lamp is broken, too.", subject="Lamp")
    assert office.people(2) == {"carol@acme.example": "requester"}
    notice = office.last("dave@acme.example")
    office.post(DAVE, "Which lamp is it?", answers=notice)
    (reply,) = office.mails("carol@acme.example", "reply")
    office.post(CAROL, "The blue one.", answers=reply)
    assert end(office)[0] == "done", end(office)
    assert office.articles(2)[-1] == ("in", "carol@acme.example", "The blue one.")
    assert office.ticket(2)["status"] == "open"
    office.post(CAROL, "#resolve", answers=reply)  # she works on it, but answers as its customer
    assert office.ticket(2)["status"] == "open"


def test_an_answer_to_a_notice_of_last_year(office: BusyOffice) -> None:
    """It finds its ticket and waits; one word of its agent, whose mailbox gets the question, sends it on."""
    token = office.site.keys.issue(
        ticket=1, role=Role.AGENT, recipient="carol@acme.example", at=now().replace(year=now().year - 1)
    )
    old = EmailMessage()
    old["Message-ID"], old["Subject"], old["From"] = (
        f"<{token}.1@acme.example>",
        "[Acme #1] Printer",
        "support@acme.example",
    )
    old.set_content("It burned.")
    office.post(CAROL, "Pull the plug.", answers=old)
    assert end(office) == ("held", "token_expired")
    assert replies(office) == []
    office.post(CAROL, "#send", answers=office.last("carol@acme.example"))
    assert "Pull the plug." in replies(office)[0]
    assert {one.to for one in office.letters() if one.kind == "reply"} == {"ann@example.net"}
