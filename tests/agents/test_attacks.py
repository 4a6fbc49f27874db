"""Published attacks on systems like this one, and those that the papers on them suggest, replayed the whole way.

Each names its source: a CVE, an advisory, or the row of the catalogue of threats (T...).
"""

import random
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import select

from gateway.config import load
from gateway.mail import Mail
from gateway.now import now
from gateway.site import load_site
from gateway.store import tables
from gateway.tickets.auth_result import AuthResult, Dmarc, Result
from support.agent_desk import text_of
from support.busy_office import BusyOffice
from support.reports import report_on
from support.whole_site import REPOSITORY

ANN = "Ann Novak <ann@example.net>"
BOB = "Bob <bob@example.org>"
CAROL = "Carol <carol@acme.example>"
DAVE = "Dave <dave@acme.example>"
MALLORY = "Mallory <mallory@evil.example>"
EVIL = "mallory@evil.example"
AGENTS = {"carol@acme.example", "dave@acme.example"}
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def nobody(mail: Mail) -> AuthResult:
    """Nothing is proved, and nothing speaks against it: most domains on earth."""
    return AuthResult(from_addr=mail.from_.addr) if mail.from_ else AuthResult(from_problem="none")


def refuted(mail: Mail) -> AuthResult:
    """The domain says that this is not its mail."""
    return replace(nobody(mail), dmarc=Dmarc(result=Result.FAIL, domain="example.net", policy="reject"))


def raw(headers: dict[str, str], text: str) -> bytes:
    """A mail as an attacker's own program writes it: no header is made better."""
    head = {
        "Date": format_datetime(now()), "Message-ID": f"<{random.getrandbits(64):x}@evil.example>",
        "Subject": "Printer is on fire", "To": "support@acme.example", **headers,
        "MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8",
    }  # fmt: skip
    return "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode() + b"\r\n" + text.encode()


def token_of(letter: EmailMessage) -> str:
    return str(letter["Message-ID"]).lstrip("<").partition(".")[0]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of database is enough: what is proved here does not hang on it."""
    return f"sqlite:///{tmp_path}/data/gateway.db"


@pytest.fixture
def office(busy: BusyOffice) -> BusyOffice:
    """A ticket of Ann's, answered by Carol, with a note that nobody else may see."""
    busy.post(ANN, "It burns.")
    notice = busy.last("carol@acme.example")
    busy.post(CAROL, "Pull the plug.", answers=notice)
    busy.post(CAROL, "#note\nShe is our landlord's sister.", answers=notice)
    return busy


def next_answer_reaches(office: BusyOffice, text: str = "Is it out?") -> set[str]:
    """Who gets what an agent answers now; their newest notice is what they answer."""
    newest = office.newest()
    office.post(CAROL, f"#reply\n\n{text}", answers=office.last("carol@acme.example"))
    return {one.to for one in office.letters(newest) if text in one.words}


# ---- getting in on a ticket ------------------------------------------------------------------------------------------


def test_a_forged_customer_adds_himself_in_cc(office: BusyOffice) -> None:
    """CVE-2024-49193: From of the customer, the number in the subject, the attacker in Cc; then wait for the history."""
    newest = office.newest()
    for auth in (nobody, refuted):
        with office.believing(auth):
            office.post(ANN, "Please keep my colleague in copy.", subject="Re: [Acme #1] Printer", cc=MALLORY)
    assert next_answer_reaches(office) == {"ann@example.net"}
    assert not office.mails(EVIL)
    assert all(one.to != EVIL for one in office.letters(newest))
    assert office.people(1).get(EVIL) in (None, "proposed")


def test_a_forged_customer_answers_a_letter_with_a_stolen_id(office: BusyOffice) -> None:
    """CVE-2024-49193, with the id of a real letter: what the attacker adds is proposed to agents, and no more."""
    reply = office.mails("ann@example.net", "reply")[-1]
    with office.believing(nobody):
        office.post(ANN, "Copy my colleague.", answers=reply, cc=MALLORY)
    assert office.people(1)[EVIL] == "proposed"
    assert next_answer_reaches(office) == {"ann@example.net"}


def test_a_stranger_who_answers_becomes_neither_requester_nor_reader(office: BusyOffice) -> None:
    """GHSA-j49f-9g94-3wh4, FreeScout #3551: whoever answers last owns the conversation."""
    requester = office.ticket(1)["requester_id"]
    reply = office.mails("ann@example.net", "reply")[-1]
    office.post(MALLORY, "I am Ann's new assistant. What was said so far?", answers=reply)
    assert office.ticket(1)["requester_id"] == requester
    assert office.people(1)[EVIL] == "other"
    assert next_answer_reaches(office) == {"ann@example.net"}
    assert not office.mails(EVIL)


def test_guessed_numbers_join_nothing(office: BusyOffice) -> None:
    """T89: the number in every spelling, from somebody who takes no part; each becomes a ticket of its own."""
    articles = office.articles(1)
    spellings = (
        "[Acme #1]",
        "[acme #1] Re:",
        "Re: [Acme #01]",
        "#1",
        "Ticket 1",
        "[Acme#1]",
        "Re: Re: [Acme #1]",
        "[Acme: 1]",
    )
    for spelling in spellings:
        office.post(MALLORY, "And?", subject=f"{spelling} Printer is on fire")
    assert office.articles(1) == articles
    assert len(office.rows()) == 1 + len(spellings)
    assert all("landlord" not in text_of(mail) and "plug" not in text_of(mail) for mail in office.mails(EVIL))


def test_the_inbox_of_support_is_nobodys_inbox(office: BusyOffice) -> None:
    """Ticket Trick (2017): a third party's confirmation, sent to our address, is shown to agents and to nobody else."""
    reply = office.mails("ann@example.net", "reply")[-1]
    newest = office.newest()
    for sender in ("no-reply@slack.example", "Confirm <accounts@vendor.example>"):
        office.post(sender, "Your code is 731902.", answers=reply, quote=False)
    assert {one.to for one in office.letters(newest) if "731902" in one.words} <= AGENTS
    assert next_answer_reaches(office) == {"ann@example.net"}


def test_reply_to_takes_nobody_elses_answers(office: BusyOffice) -> None:
    """GitLab 349329: Reply-To says who somebody is, or where the answers of others go."""
    with office.believing(nobody):
        office.post(BOB, "My lamp, please.", subject="Lamp", more={"Reply-To": "ann@example.net"})
        assert office.people(2) == {"bob@example.org": "requester"}
        reply = office.mails("ann@example.net", "reply")[-1]
        office.post(ANN, "Answer me here.", answers=reply, more={"Reply-To": MALLORY})
    assert next_answer_reaches(office) == {"ann@example.net"}
    assert not office.mails(EVIL)
    with office.believing(nobody):
        office.post(
            MALLORY, "#resolve", answers=office.last("carol@acme.example"), more={"Reply-To": CAROL, "Sender": CAROL}
        )
    assert office.ticket(1)["status"] != "resolved"


def test_headers_of_ours_from_outside_say_nothing(office: BusyOffice) -> None:
    """RT CVE-2023-41259, Zammad's X-Zammad-*: no header but those of mail steers anything."""
    names = [
        *(f"X-{desk}-{what}" for desk in ("RT", "Zammad", "OTRS", "Gateway", "Acme", "Discourse") for what in
          ("Ticket", "Ticket-Number", "Queue", "Priority", "Owner", "Customer", "Agent")),
        "X-RT-Command", "X-Zammad-Ticket-Owner", "X-Zammad-Ignore", "X-FreeScout-Agent", "X-Helpdesk-Command",
        "X-Auth-User", "X-Gateway-Auth", "Authentication-Results", "ARC-Authentication-Results", "X-Forwarded-For",
    ]  # fmt: skip
    values = dict.fromkeys(names, "1; mail.acme.example; dkim=pass header.d=acme.example; urgent")
    with office.believing(nobody):
        office.deliver(raw({"From": MALLORY, "Subject": "Lamp", **values}, "Lamp."), mail_from=EVIL)
    row = office.ticket(2)
    assert (row["queue"], row["priority"], row["assignee"], row["tags"]) == ("support", "normal", None, [])
    assert len(office.articles(1)) == 3


# ---- being an agent --------------------------------------------------------------------------------------------------


def unmoved(office: BusyOffice, before: dict[str, list[tuple[object, ...]]], newest: int) -> None:
    """Nothing of it was done: no ticket differs, and nobody but agents was written to."""
    assert office.tables() == before
    assert {one.to for one in office.letters(newest)} <= AGENTS


def test_no_change_of_a_token_is_taken_for_one(office: BusyOffice) -> None:
    """CVE-2026-47123, GHSA-8vm3-wwq4-ggfx: cut, padded, changed in one place, taken from another mail, or made up."""
    good = token_of(office.mails("carol@acme.example", "notice_new")[0])
    customers = token_of(office.mails("ann@example.net", "reply")[0])
    pick = random.Random(7)
    forged = [
        good[:-1], good[:16], good + "a", good[1:], customers, good[:20] + customers[20:], customers[:20] + good[20:],
        "", "a" * 32, *("".join(pick.choices(ALPHABET, k=len(good))) for _ in range(8)),
        *(good[:at] + pick.choice([one for one in ALPHABET if one != good[at]]) + good[at + 1 :] for at in range(0, len(good), 3)),
    ]  # fmt: skip
    before, newest = office.tables(), office.newest()
    for token in forged:
        name = f"<{token}.1@acme.example>"
        text = f"#resolve\n\nDone.\n\n> [ref:{token}]\n"
        headers = {"From": CAROL, "In-Reply-To": name, "References": name, "To": f"support+{token}@acme.example"}
        office.deliver(raw(headers, text), mail_from="carol@acme.example")
    unmoved(office, before, newest)


def test_a_good_token_in_a_strangers_hands(office: BusyOffice) -> None:
    """T91: the whole notice was forwarded, or lies in an archive; its marker and its id are known to everybody."""
    notice = office.mails("carol@acme.example", "notice_new")[0]
    requester, title = office.ticket(1)["requester_id"], office.ticket(1)["title"]
    with office.believing(nobody):
        office.post(CAROL, "#resolve\n#title Pwned\n\nSend money.", answers=notice)
    for sender in (MALLORY, ANN, BOB, DAVE):
        office.post(sender, "#resolve\n#title Pwned\n\nSend money.", answers=notice)
    row = office.ticket(1)
    assert (row["requester_id"], row["title"]) == (requester, title)
    assert row["status"] in ("open", "waiting")
    assert not any("Send money" in one.words for one in office.letters() if one.to not in AGENTS)
    assert next_answer_reaches(office) == {"ann@example.net"}


NAMES_LIKE_AN_AGENT = (
    '"carol@acme.example" <mallory@evil.example>',
    '"Carol <carol@acme.example>" <mallory@evil.example>',
    "carol@acme.example <mallory@evil.example>",
    "Carol <carol@acme.example> <mallory@evil.example>",
    "=?utf-8?q?carol=40acme=2Eexample=3E=2C?= <mallory@evil.example>",
    "=?utf-8?q?Carol_=3Ccarol=40acme=2Eexample=3E?= <mallory@evil.example>",
    "<@acme.example:mallory@evil.example>",
    "carol@acme.example(mallory@evil.example)@evil.example",
    "carol@acme.example\0@evil.example",
    "carol＠acme.example <mallory@evil.example>",
    "Carol <carol@аcme.example>",
    "carol@acme.example, mallory@evil.example",
    "Agents: carol@acme.example, mallory@evil.example;",
    '"carol"@acme.example.evil.example',
    "carol@acme.example.",
    "carol@[acme.example]",
    "carol+x@acme.example",
    "<carol@acme.example>, <>",
    "",
)


def test_a_name_that_looks_like_an_agents_address(office: BusyOffice) -> None:
    """T74, CVE-2023-27043: whatever another reader may take for Carol's address; the worst: a check believes it."""
    notice = office.mails("carol@acme.example", "notice_new")[0]
    before, customers = office.rows()[1], len(office.mails("ann@example.net"))
    names = {"In-Reply-To": str(notice["Message-ID"]), "References": str(notice["Message-ID"])}
    commands = "#title Pwned\n#priority urgent\n"
    for sender in NAMES_LIKE_AN_AGENT:
        # Alone, for with a text below them what the others wrote before would hold the mail too.
        for auth, text in ((nobody, f"{commands}\nSend money."), (office.desk.auth, commands)):
            assert auth is not None
            with office.believing(auth):
                outcomes = office.deliver(raw({"From": sender, **names}, text), mail_from=EVIL)
            assert [one.state for one in outcomes if one.state], sender
            row = office.rows()[1]
            assert (row["title"], row["priority"], row["requester_id"]) == (
                before["title"], before["priority"], before["requester_id"]
            ), sender  # fmt: skip
    assert len(office.mails("ann@example.net")) == customers
    for one in office.letters():
        assert [each.addr_spec.lower() for each in one.mail["To"].addresses] == [one.to]


def test_one_who_left_acts_no_more(office: BusyOffice) -> None:
    """GHSA-83xx-8c27-gq78: access that ended is looked at with every mail, not when the notice was written."""
    notice = office.mails("carol@acme.example", "notice_new")[0]
    config = office.desk.config
    gone = 'addresses = ["carol@acme.example"]\nleft = true\nsuccessor = "dave"'
    text = config.read_text().replace('addresses = ["carol@acme.example"]', gone)
    config.write_text(text.replace('["carol", "dave"]', '["dave"]'))
    office.site = load_site(load(config), office.desk.store)
    row = office.rows()[1]
    office.post(CAROL, "#title Pwned\n\nSend money.", answers=notice)
    assert office.rows()[1]["title"] == row["title"]
    assert not any("Send money" in text_of(mail) for mail in office.mails("ann@example.net"))


def test_an_agents_mail_acts_once(office: BusyOffice) -> None:
    """T88: the same bytes, the same mail by another way, in other words, and of last week."""
    notice = office.mails("carol@acme.example", "notice_new")[0]
    mail = office.post(CAROL, "#time 10m", answers=notice)
    assert office.ticket(1)["time_spent"] == 10
    again = bytes(mail)
    for other in (
        again,
        b"X-Spam: no\r\n" + again,
        again.replace(b"#time 10m", b"#time 30m"),
        b"Received: from evil\r\n" + again,
    ):
        office.deliver(other, mail_from="carol@acme.example")
    assert office.ticket(1)["time_spent"] == 10
    old = again.replace(b"Message-ID: <", b"Message-ID: <old").replace(
        str(mail["Date"]).encode(), format_datetime(now() - timedelta(days=8)).encode()
    )
    office.deliver(old, mail_from="carol@acme.example")
    assert office.ticket(1)["time_spent"] == 10


def test_a_squatted_message_id_stops_nobody_and_joins_nothing(office: BusyOffice) -> None:
    """Discourse knows mail by its Message-ID alone: who names it first keeps the real one out."""
    with office.believing(nobody):
        office.post(MALLORY, "Mine.", subject="Lamp", message_id="<next@example.net>")
    office.post(ANN, "The fire is back.", subject="Fire again", message_id="<next@example.net>")
    assert "The fire is back." in [text for number in office.rows() for _, _, text in office.articles(number)]
    articles = office.articles(1)
    with office.believing(nobody):
        office.post(
            MALLORY,
            "Copy.",
            subject="Printer is on fire",
            message_id=str(office.mails("ann@example.net")[0]["Message-ID"]),
        )
        office.post(
            MALLORY, "#title Pwned", subject="Lamp", message_id=str(office.mails("carol@acme.example")[0]["Message-ID"])
        )
    assert office.articles(1) == articles


def test_the_word_of_one_ticket_is_none_on_another(office: BusyOffice) -> None:
    """T91: Carol's token for Bob's ticket moves nothing on Ann's, whatever number the subject has."""
    office.post(BOB, "My lamp, please.", subject="Lamp")
    before = office.rows()[1]
    office.post(CAROL, "Yours is 42 EUR.", answers=office.last("carol@acme.example"), more={"X-Note": "[Acme #1]"})
    office.deliver(
        raw(
            {
                "From": CAROL,
                "Subject": "Re: [Acme #1] Printer",
                "In-Reply-To": str(office.last("carol@acme.example")["Message-ID"]),
            },
            "#title Pwned\n\nIt is 43 EUR.",
        ),
        mail_from="carol@acme.example",
    )
    assert office.rows()[1] == before
    assert not any("EUR" in text_of(mail) for mail in office.mails("ann@example.net"))


# ---- machines --------------------------------------------------------------------------------------------------------


def reach(office: BusyOffice) -> list[tuple[object, ...]]:
    with office.desk.store.main.read() as conn:
        return [tuple(row) for row in conn.execute(select(tables.reach))]


def test_a_forged_report_changes_nothing(office: BusyOffice) -> None:
    """T98-T100: made up, on a mail that we never sent, or by a customer on an agent's address with her own letter's id."""
    own = office.mails("ann@example.net", "reply")[0].as_bytes(
        policy=office.mails("ann@example.net")[0].policy.clone(linesep="\r\n")
    )
    newest, rows = office.newest(), office.rows()
    made_up = own.replace(b"Message-ID: <", b"Message-ID: <x")
    office.deliver(report_on(made_up, "ann@example.net"), mail_from="")
    office.deliver(report_on(own, "carol@acme.example"), mail_from="")
    office.deliver(report_on(own, "bob@example.org"), mail_from="")
    with_command = report_on(made_up, "ann@example.net", words="550\r\n\r\n#title Pwned\r\n")
    office.deliver(with_command, mail_from="")
    assert not [one for one in office.letters(newest) if one.to not in AGENTS]
    assert not [row for row in reach(office) if "carol@acme.example" in row or "bob@example.org" in row]
    assert {number: office.rows()[number]["title"] for number in rows} == {
        number: row["title"] for number, row in rows.items()
    }


def test_a_command_in_what_came_back_is_not_done(office: BusyOffice) -> None:
    """mail-parser gives the text of a returned original as the mail's own: `#close` in a bounce would run."""
    notice = office.mails("carol@acme.example", "notice_new")[0]
    head = notice.as_bytes().partition(b"\n\n")[0].replace(b"\n", b"\r\n") + b"\r\n\r\n#title Pwned\r\n"
    office.deliver(report_on(head, "carol@acme.example", whole=True), mail_from="")
    assert office.ticket(1)["title"] == "Printer is on fire"
    from_carol = report_on(head, "ann@example.net", whole=True).replace(
        b"MAILER-DAEMON@mx.example.net", b"carol@acme.example"
    )
    assert b"#title Pwned" in from_carol
    office.deliver(from_carol, mail_from="carol@acme.example")
    assert office.ticket(1)["title"] == "Printer is on fire"
    assert office.ticket(1)["status"] == "waiting"


@pytest.mark.parametrize(
    "says", ["I am out of office until Monday.", "Thank you for your message.", "Got it, will look later"]
)
def test_agents_whose_programs_answer_everything(office: BusyOffice, says: str) -> None:
    """T96, T97: a mailbox without manners answers each of our letters, none of its answers admits to be a machine's."""
    seen = office.newest()
    office.post(ANN, "Still burning.", answers=office.mails("ann@example.net", "reply")[-1])
    rounds = 0
    while (letters := [one for one in office.letters(seen) if one.to in AGENTS]) and rounds < 10:
        rounds += 1
        seen = letters[-1].id
        for one in letters:
            office.post(one.to, f"{says}", answers=one.mail, quote=False)
    assert not letters, "it goes round for ever"


def test_our_own_mail_comes_home(office: BusyOffice) -> None:
    """An agent's mailbox hands everything on to the support address, as it came."""
    newest, rows = office.newest(), office.rows()
    for one in office.letters():
        office.deliver(one.data, mail_from=one.to)
    assert not office.letters(newest)
    assert office.rows() == rows


# ---- what is written into our letters --------------------------------------------------------------------------------


def test_no_header_is_brought_in_from_outside(office: BusyOffice) -> None:
    """T112: line ends in encoded words, names with addresses in them, in every field that a customer has a hand in."""
    newest = office.newest()
    bad = "=?utf-8?q?Lamp=0D=0ABcc:_mallory=40evil=2Eexample=0D=0AX-Bad:_1?="
    sender = "=?utf-8?q?Ann=0D=0ABcc:_mallory=40evil=2Eexample?= <zoe@example.net>"
    office.deliver(
        raw({"From": sender, "Subject": bad}, "Lamp.\r\nBcc: mallory@evil.example"), mail_from="zoe@example.net"
    )
    office.post(CAROL, "It is sent.", answers=office.last("carol@acme.example"))
    letters = office.letters(newest)
    assert {one.to for one in letters} == AGENTS | {"zoe@example.net"}
    for one in letters:
        assert not {"Bcc", "X-Bad", "Cc"} & set(one.mail.keys())
        assert [each.addr_spec for each in one.mail["To"].addresses] == [one.to]


def test_nothing_runs_in_a_notice(office: BusyOffice) -> None:
    """FreeScout's stored scripts: what a customer's mail holds is shown, and does nothing in an agent's program."""
    copytree(REPOSITORY / "templates", office.desk.folder / "templates")
    office.site = load_site(load(office.desk.config), office.desk.store)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = (
        '"<script>x()</script>" <zoe@example.net>',
        "support@acme.example",
        "<img src=x onerror=x()>",
    )
    mail["Date"], mail["Message-ID"] = format_datetime(now()), "<xss@example.net>"
    mail.set_content(
        "<p onclick='x()'>Lamp</p><script>x()</script><a href='javascript:x()'>here</a><svg onload=x()>", subtype="html"
    )
    office.send(mail)
    page = office.last("carol@acme.example").get_body(("html",))
    assert page is not None
    shown = page.get_content().lower()
    assert "lamp" in shown
    assert not any(sign in shown for sign in ("<script", "<svg", "<img", "<p onclick", 'href="javascript'))
