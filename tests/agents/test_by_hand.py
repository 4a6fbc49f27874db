"""What an agent sent past the gateway, found among the sent mails of our mailbox: recorded, sent to nobody, once."""

from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

import pytest

from gateway.mail import Envelope
from gateway.now import now
from gateway.store import spool
from support.agent_desk import Office, text_of
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
US = "Acme Support <support@acme.example>"
CAROL = "Carol <carol@acme.example>"


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def written(sender: str, to: str, text: str, *, answers: EmailMessage | None = None, **headers: str) -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, "Re: Printer is on fire"
    mail["Date"], mail["Message-ID"] = format_datetime(now()), make_msgid(domain="acme.example")
    if answers is not None:
        mail["In-Reply-To"] = mail["References"] = answers["Message-ID"]
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def found_among_the_sent(office: Office, mail: EmailMessage, *, at: datetime | None = None) -> None:
    envelope = Envelope(recipients=("support@acme.example",))
    sent = spool.NewMail(raw=bytes(mail), envelope=envelope, source="sent:main", received_at=at or now())
    spool.insert_batch(office.desk.store, [sent])
    office.desk.work()
    office.tell()


def test_it_is_our_answer_and_nothing_is_sent(office: Office) -> None:
    first = office.post(ANN, "It burns.")
    before = office.kinds("ann@example.net")
    found_among_the_sent(office, written(US, ANN, "Pull the plug.", answers=first))
    assert office.states()[-1] == ("done", "answered_directly")
    assert office.articles(1)[-1] == ("out", "support@acme.example", "Pull the plug.")
    row = office.ticket(1)
    assert row["status"] == "waiting"
    assert row["first_response_at"] is not None
    assert office.kinds("ann@example.net") == before
    assert office.kinds("carol@acme.example") == ["notice_new"]


def test_an_agents_own_address_names_the_agent(office: Office) -> None:
    first = office.post(ANN, "It burns.")
    found_among_the_sent(office, written(CAROL, ANN, "Pull the plug.", answers=first))
    assert office.articles(1)[-1][:2] == ("out", "agent:carol")


def test_whoever_gets_it_may_answer_it(office: Office) -> None:
    first = office.post(ANN, "It burns.")
    answer = written(US, ANN, "Pull the plug.", answers=first)
    found_among_the_sent(office, answer)
    office.post(ANN, "Done.", answers=answer)
    assert [one[0] for one in office.articles(1)] == ["in", "out", "in"]


@pytest.mark.parametrize("sender", [US, CAROL])
@pytest.mark.parametrize("came_first", ["sent", "copy"])
def test_with_us_in_copy_it_is_recorded_once(office: Office, sender: str, came_first: str) -> None:
    first = office.post(ANN, "It burns.")
    answer = written(sender, ANN, "Pull the plug.", answers=first, Cc=US)
    copy = EmailMessage(policy=policy.SMTP)
    for name, value in answer.items():
        copy[name] = value
    copy["X-Added-On-Its-Way"] = "yes"
    copy.set_payload(answer.get_payload())

    if came_first == "sent":
        found_among_the_sent(office, answer)
    office.send(copy)
    found_among_the_sent(office, answer)
    assert len(office.articles(1)) == 2
    assert office.ticket(1)["status"] == "waiting"
    assert office.ticket(1)["first_response_at"] is not None
    assert office.kinds("ann@example.net") == ["acknowledgement"]
    assert "notice_held" not in office.kinds("carol@acme.example")


def test_the_same_answer_saved_twice_counts_once(office: Office) -> None:
    first = office.post(ANN, "It burns.")
    answer = written(US, ANN, "Pull the plug.", answers=first)
    found_among_the_sent(office, answer)
    answer["X-Mailer"] = "saved by the client too"
    found_among_the_sent(office, answer)
    assert office.states()[-1] == ("ignored", "same_mail_again")
    assert len(office.articles(1)) == 2


def test_what_the_gateway_sent_is_no_answer_by_hand(office: Office) -> None:
    office.post(ANN, "It burns.")
    acknowledgement = office.last("ann@example.net")
    found_among_the_sent(office, acknowledgement)
    assert office.states()[-1] == ("ignored", "our_own_mail_came_back")
    assert office.ticket(1)["status"] == "new"


def test_what_a_vacation_program_sent_is_no_answer(office: Office) -> None:
    first = office.post(ANN, "It burns.")
    found_among_the_sent(office, written(US, ANN, "We are closed.", answers=first, Auto_Submitted="auto-replied"))
    assert office.states()[-1] == ("ignored", "automatic_mail")
    assert office.ticket(1)["first_response_at"] is None


def test_to_somebody_else_it_is_a_note(office: Office) -> None:
    first = office.post(ANN, "It burns.")
    found_among_the_sent(office, written(US, "Sue <sue@supplier.example>", "Have you a spare one?", answers=first))
    assert office.states()[-1] == ("done", "wrote_to_others")
    assert office.articles(1)[-1][0] == "note"
    assert office.ticket(1)["first_response_at"] is None


@pytest.mark.parametrize("by_hand", [True, False])
def test_to_a_third_party_whom_we_asked_it_is_no_answer(office: Office, by_hand: bool) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.post(CAROL, "#forward sue@supplier.example\n\nHave you a spare one?", answers=notice)
    asked = office.last("sue@supplier.example")
    office.post("Sue <sue@supplier.example>", "Two. The price is a secret.", answers=asked)
    theirs = office.articles(1)[-1]
    assert theirs[0] == "note"
    if by_hand:
        mail = written(US, "Sue <sue@supplier.example>", "We take both.", answers=asked)
        found_among_the_sent(office, mail)
    else:
        office.post(CAROL, "We take both.", answers=notice, to="Sue <sue@supplier.example>", cc=US)
    assert office.ticket(1)["first_response_at"] is None
    assert ("out", "agent:carol") not in [one[:2] for one in office.articles(1)]
    assert "reply" not in office.kinds("ann@example.net")


def test_what_an_agent_writes_to_somebody_else_with_us_in_copy_is_a_note(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.post(CAROL, "He is difficult, call him.", answers=notice, to="Tim <tim@elsewhere.example>", cc=US)
    assert office.states()[-1] == ("done", "wrote_to_others")
    assert office.articles(1)[-1] == ("note", "agent:carol", "He is difficult, call him.")
    assert "reply" not in office.kinds("ann@example.net")


def test_what_answers_our_notice_goes_to_the_customer_whoever_reads_along(office: Office) -> None:
    office.post(ANN, "It burns.")
    office.post(CAROL, "Pull the plug.", answers=office.last("carol@acme.example"), cc="Tim <tim@elsewhere.example>")
    assert "reply" in office.kinds("ann@example.net")


def test_of_no_ticket_it_changes_nothing(office: Office) -> None:
    office.post(ANN, "It burns.")
    found_among_the_sent(office, written(US, "Sue <sue@supplier.example>", "Lunch?"))
    assert office.states()[-1] == ("ignored", "names_no_ticket")
    assert len(office.articles(1)) == 1
    assert len(office.desk.ask("tickets")) == 1


def test_what_the_customer_wrote_since_is_still_to_be_answered(office: Office) -> None:
    first = office.post(ANN, "It burns.")
    sent_at = now()
    office.post(ANN, "Hurry!", answers=office.last("ann@example.net"))
    found_among_the_sent(office, written(US, ANN, "Pull the plug.", answers=first), at=sent_at)
    row = office.ticket(1)
    assert row["first_response_at"] == row["last_agent_at"] == sent_at
    assert row["status"] == "new"


def test_a_mailbox_tells_whole_seconds(office: Office) -> None:
    first = office.post(ANN, "It burns.")
    asked_at = office.ticket(1)["last_customer_at"]
    assert isinstance(asked_at, datetime)
    at = asked_at.replace(microsecond=0)
    found_among_the_sent(office, written(US, ANN, "Pull the plug.", answers=first), at=at)
    row = office.ticket(1)
    assert (row["status"], row["first_response_at"]) == ("waiting", asked_at)


def test_like_a_command_it_is_no_command(office: Office) -> None:
    first = office.post(ANN, "It burns.")
    found_among_the_sent(office, written(CAROL, ANN, "#close\n\nPull the plug.", answers=first))
    assert office.ticket(1)["status"] == "waiting"
    assert "transcript" not in office.kinds("carol@acme.example")
    assert "#close" in office.articles(1)[-1][2]


def test_a_customer_may_not_come_in_that_way(office: Office) -> None:
    """By SMTP the same mail, with our address in its From, is no answer of ours."""
    first = office.post(ANN, "It burns.")
    office.send(written(US, ANN, "Pull the plug.", answers=first))
    assert office.ticket(1)["first_response_at"] is None
    assert not any("Pull the plug" in text_of(mail) for mail in office.mails("ann@example.net"))


def test_explain_foretells_it(office: Office, tmp_path: Path) -> None:
    mailbox = 'host = "imap.acme.example"\nuser = "support@acme.example"\npassword_file = "env:HOME"\nsent = "Sent"\n'
    office.desk.configure(more=f"\n[[imap]]\n{mailbox}")
    first = office.post(ANN, "It burns.")
    file = tmp_path / "answer.eml"
    file.write_bytes(bytes(written(US, ANN, "Pull the plug.", answers=first)))
    told = office.desk.ask("explain", str(file), "--source", "sent:main")
    assert (told["ticket"], told["state"], told["reason"]) == (1, "done", "answered_directly")
    assert "joins #1" in office.desk.run("explain", str(file), "--source", "sent:main").out
    assert len(office.articles(1)) == 1
