"""What one mail must not do to others, and what a word of the agent's cannot make true."""

from typing import Any

import pytest

from gateway.mail import Mail
from gateway.tickets.auth_result import AuthResult, Dmarc, Result
from support.agent_desk import Office, proved, text_of
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def refuted(mail: Mail) -> AuthResult:
    addr = mail.from_.addr if mail.from_ else ""
    return AuthResult(from_addr=addr, dmarc=Dmarc(result=Result.FAIL, domain="acme.example", policy="reject"))


def events(office: Office, number: int) -> list[str]:
    from sqlalchemy import select

    from gateway.store import tables

    at = tables.event.c
    with office.desk.store.main.read() as conn:
        return list(conn.execute(select(at.kind).where(at.ticket == number).order_by(at.id)).scalars())


def test_a_refuted_mail_never_acts_whoever_confirms_it(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.desk.auth = lambda mail: refuted(mail) if mail.reply.startswith("Send me") else proved(mail)
    office.post(CAROL, "Send me your password.", answers=notice)
    held = office.last("carol@acme.example")
    office.post(CAROL, "#send", answers=held)
    assert not any("password" in text_of(mail) for mail in office.mails("ann@example.net"))


def test_a_copy_of_an_agents_mail_is_no_customers_mail(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.desk.auth = None
    sent = office.post(CAROL, "Pull the plug.", answers=notice)
    assert office.states()[-1][0] == "held"
    office.desk.auth = proved
    office.desk.take_in(bytes(sent), mail_from="carol@acme.example", recipient="billing@acme.example")
    office.desk.work()
    assert office.states()[-1] == ("ignored", "same_mail_again")
    assert len(office.articles(1)) == 1


def test_one_letter_that_cannot_be_written_keeps_no_other_waiting(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.telling import to_agents

    real = to_agents.letter

    def letter(store: Any, site: Any, occasion: Any, *more: Any) -> Any:
        if occasion.ticket == 1:
            raise KeyError("a bug in one letter")
        return real(store, site, occasion, *more)

    monkeypatch.setattr(to_agents, "letter", letter)
    office.post(ANN, "It burns.")
    office.post("Bob <bob@example.org>", "Where is it?", subject="Order")
    assert "not_told" in events(office, 1)
    assert office.kinds("carol@acme.example") == ["notice_new"]


def test_below_new_only_what_a_new_ticket_can_take(office: Office) -> None:
    office.post(CAROL, "#new\n#for bob@example.org\n#list\n\nHe wants his money back.", subject="Refund")
    assert office.states()[-1][0] == "held", office.states()
    assert "#list" in text_of(office.last("carol@acme.example"))


def test_cancel_stops_the_mail_before_not_the_one_that_takes_its_place(office: Office) -> None:
    office.desk.configure(more="")
    config = office.desk.config.read_text().replace("[mail]\n", '[mail]\nundo = "10 min"\n', 1)
    office.desk.config.write_text(config)
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.post(CAROL, "Pull the plgu.", answers=notice)
    office.post(CAROL, "#cancel\n\nPull the plug.", answers=notice)
    assert office.states()[-1][0] == "done", office.states()
    assert outbox(office, "ann@example.net", "reply") == ["held", "pending"]


def outbox(office: Office, address: str, kind: str) -> list[str]:
    from sqlalchemy import select

    from gateway.store import tables

    rows = (
        select(tables.outbox.c.state)
        .join(tables.mail, tables.mail.c.id == tables.outbox.c.mail_id)
        .where(tables.mail.c.kind == kind, tables.mail.c.recipient == address)
        .order_by(tables.outbox.c.id)
    )
    with office.desk.store.main.read() as conn:
        return list(conn.execute(rows).scalars())


def test_a_forged_customer_closes_nothing_by_the_number_in_a_subject(office: Office) -> None:
    office.post(ANN, "It burns.")
    office.desk.auth = lambda mail: AuthResult(from_addr=mail.from_.addr if mail.from_ else "")
    office.post(ANN, "close", subject="Re: [Acme #1] Printer is on fire")
    assert office.ticket(1)["status"] != "closed"


def test_when_everybody_is_away_somebody_hears_of_a_new_ticket(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.post(CAROL, "#away until tomorrow", answers=notice)
    office.post("Dave <dave@acme.example>", "#away until tomorrow", answers=office.last("dave@acme.example"))
    office.post("Bob <bob@example.org>", "Where is it?", subject="Order")
    assert office.kinds("carol@acme.example").count("notice_new") == 2


def test_what_an_agent_passes_on_is_not_proved_by_the_agents_signature(office: Office) -> None:
    office.post(
        CAROL,
        "---------- Forwarded message ---------\nFrom: Ann Novak <ann@example.net>\nDate: Fri, 27 Nov 2026 at 09:00\n"
        "Subject: No paper\nTo: Carol <carol@acme.example>\n\nThere is no paper left.\n",
        subject="Fwd: No paper",
    )
    told = text_of(office.mails("dave@acme.example", "notice_new")[-1])
    assert "ann@example.net" in told
    assert ": verified" not in told


def test_old_mail_of_an_agent_is_filed_and_nobody_is_written_to(office: Office) -> None:
    from datetime import timedelta

    from gateway.mail import Envelope
    from gateway.now import now
    from gateway.store import spool

    raw = (
        b"From: Carol <carol@acme.example>\r\nTo: support@acme.example\r\nSubject: The lift\r\n"
        b"Message-ID: <old@acme.example>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n\r\nIt is stuck.\r\n"
    )
    envelope = Envelope(mail_from=None, recipients=("support@acme.example",))
    old = spool.NewMail(
        raw=raw, envelope=envelope, source="imap:main", received_at=now() - timedelta(days=200), quiet=True
    )
    spool.insert_batch(office.desk.store, [old])
    office.desk.work()
    office.tell()
    assert office.states()[-1][0] == "done"
    assert office.kinds("carol@acme.example") == []
