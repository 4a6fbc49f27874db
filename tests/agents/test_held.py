"""What is held of an agent's mail, what its letter says, and what the agent's word on it does."""

import re
import shutil
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.store import tables
from support.agent_desk import Office, proved, text_of, unproved
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
DAVE = "Dave <dave@acme.example>"
FORWARDED = (
    "She called me too.\n\n---------- Forwarded message ---------\nFrom: {who}\nDate: Fri, 27 Nov 2026 at 09:00\n"
    "Subject: No paper\nTo: Carol <carol@acme.example>\n\nThere is no paper left.\n"
)


TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@pytest.fixture
def office(desk: Desk) -> Office:
    """Letters as the shipped templates have them."""
    shutil.copytree(TEMPLATES, desk.folder / "templates")
    return Office(desk)


@pytest.fixture
def asked(office: Office) -> Office:
    """A ticket of Ann's, of which Carol and Dave were told."""
    office.post(ANN, "It burns with a blue flame.")
    return office


def to_ann(office: Office) -> list[str]:
    return [text_of(mail) for mail in office.mails("ann@example.net", "reply")]


def said(office: Office, address: str) -> str:
    return " ".join(text_of(office.last(address)).split())


def notice_new(office: Office, address: str) -> EmailMessage:
    return office.mails(address, "notice_new")[-1]


def overtaken(office: Office, text: str = "Pull the plug.") -> None:
    """Carol answers, and then Dave does, who has not seen that."""
    notice = office.last("dave@acme.example")
    office.post(CAROL, "Call the fire brigade.", answers=office.last("carol@acme.example"))
    office.post(DAVE, text, answers=notice)
    assert office.states()[-1] == ("held", "something_newer")


# ---- who first wrote what was forwarded ----------------------------------------------------------------------------


def test_the_answer_who_first_wrote_opens_the_ticket(office: Office) -> None:
    office.post(CAROL, FORWARDED.format(who='"Eve"'), subject="Fwd: No paper")
    assert office.states()[-1] == ("held", "unclear_who_first_wrote")
    letter = office.last("carol@acme.example")
    assert "#for ADDRESS" in said(office, "carol@acme.example")
    assert "#send" not in text_of(letter)
    office.post(CAROL, "#for eve@example.org", answers=letter)
    assert office.ticket(1)["title"] == "No paper"
    assert office.kinds("eve@example.org") == ["acknowledgement"]
    told = text_of(office.mails("carol@acme.example", "transcript")[-1])
    assert "ticket #1 was opened for eve@example.org" in " ".join(told.split())


def test_a_forward_that_its_agent_confirms_opens_the_ticket(office: Office) -> None:
    office.desk.auth = unproved
    office.post(CAROL, FORWARDED.format(who=ANN), subject="Fwd: No paper")
    assert office.states()[-1] == ("held", "sender_not_verified")
    office.post(CAROL, "#send", answers=office.last("carol@acme.example"))
    assert office.ticket(1)["title"] == "No paper"
    assert office.kinds("ann@example.net") == ["acknowledgement"]


def test_of_what_was_confirmed_the_agent_hears_again_when_it_is_held_for_something_else(office: Office) -> None:
    office.desk.auth = unproved
    office.post(CAROL, FORWARDED.format(who='"Eve"'), subject="Fwd: No paper")
    office.post(CAROL, "#send", answers=office.last("carol@acme.example"))
    assert ("held", "unclear_who_first_wrote") in office.states()
    office.post(CAROL, "#for eve@example.org", answers=office.last("carol@acme.example"))
    assert office.kinds("eve@example.org") == ["acknowledgement"]


def test_a_plain_mail_that_its_agent_confirms_opens_a_ticket(office: Office) -> None:
    office.desk.auth = unproved
    office.post(CAROL, "My own lamp is broken.", subject="Lamp")
    assert office.states()[-1][0] == "held"
    office.post(CAROL, "#send", answers=office.last("carol@acme.example"))
    assert office.ticket(1)["title"] == "Lamp"


# ---- the words in answer to another letter -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["notice_new", "notice_mentioned"])
def test_what_stands_below_drop_is_never_sent(asked: Office, kind: str) -> None:
    if kind == "notice_mentioned":
        asked.post(CAROL, "#note @dave look", answers=asked.last("carol@acme.example"))
    notice = asked.mails("dave@acme.example", kind)[-1]
    asked.post(DAVE, "#drop\n\nThe customer is an idiot.", answers=notice)
    assert to_ann(asked) == []
    assert "idiot" not in str(asked.articles(1))
    assert "no mail of yours is held on #1" in said(asked, "dave@acme.example")
    assert "not sent" in said(asked, "dave@acme.example")


def test_drop_in_answer_to_the_notice_drops_the_mail_that_is_held(asked: Office) -> None:
    notice = asked.last("dave@acme.example")
    overtaken(asked)
    asked.post(DAVE, "#drop\n#close\n\nOr better so.", answers=notice)
    assert ("ignored", "discarded") in asked.states()
    assert len(to_ann(asked)) == 1
    assert asked.ticket(1)["status"] == "waiting"
    told = said(asked, "dave@acme.example")
    assert "your mail was dropped" in told
    assert "a mail with #drop does nothing else" in told
    assert "the text below was not sent" in told


def test_send_in_answer_to_the_notice_sends_the_mail_that_is_held(asked: Office) -> None:
    notice = asked.last("dave@acme.example")
    overtaken(asked)
    asked.post(DAVE, "#send", answers=notice)
    assert "Pull the plug." in to_ann(asked)[-1]
    assert asked.states()[-2:] == [("done", "answers_the_conversation"), ("done", "confirmed")]
    asked.post(DAVE, "#send", answers=notice)
    assert "no mail of yours is held on #1" in said(asked, "dave@acme.example")
    assert len(to_ann(asked)) == 2


def test_of_several_held_mails_the_agent_says_which(asked: Office) -> None:
    notice = asked.last("dave@acme.example")
    overtaken(asked)
    asked.post(DAVE, "#ntoe she is brave", answers=notice)
    asked.post(DAVE, "#send", answers=notice)
    assert "2 mails of yours are held on #1" in said(asked, "dave@acme.example")
    assert len(to_ann(asked)) == 1
    asked.post(CAROL, "#drop", answers=notice_new(asked, "carol@acme.example"))
    assert "no mail of yours is held on #1" in said(asked, "carol@acme.example")
    assert [state for state, _ in asked.states()].count("held") == 2


def test_a_forward_is_sent_by_naming_its_writer_and_by_no_other_word(office: Office) -> None:
    office.post(CAROL, FORWARDED.format(who='"Eve"'), subject="Fwd: No paper")
    letter = office.last("carol@acme.example")
    office.post(CAROL, "#send", answers=letter)
    assert "say #for ADDRESS, or #drop it" in said(office, "carol@acme.example")
    office.post(CAROL, "#clsoe", subject="Fwd: No paper")
    mistyped = office.last("carol@acme.example")
    office.post(CAROL, "#new\n#for eve@example.org", answers=mistyped)
    assert "your mail is held: a line in it" in said(office, "carol@acme.example")
    assert office.kinds("eve@example.org") == []


def test_a_word_beside_a_line_that_cannot_be_read_does_nothing(asked: Office) -> None:
    notice = asked.last("dave@acme.example")
    overtaken(asked)
    asked.post(DAVE, "#send\n#clsoe", answers=notice)
    assert len(to_ann(asked)) == 1
    assert "#clsoe" in said(asked, "dave@acme.example")
    assert [state for state, _ in asked.states()].count("held") == 1


def test_a_dry_word_does_nothing(asked: Office) -> None:
    overtaken(asked)
    asked.post(DAVE, "#dry\n#send", answers=asked.last("dave@acme.example"))
    assert len(to_ann(asked)) == 1
    assert "without #dry it would be done" in said(asked, "dave@acme.example")


def test_a_new_ticket_without_text_is_told(asked: Office) -> None:
    asked.post(CAROL, "#new", answers=asked.last("carol@acme.example"))
    assert asked.states()[-1] == ("held", "no_text")
    assert "write below #new what the ticket is about" in said(asked, "carol@acme.example")


# ---- what the letter says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["#ntoe she is brave", "Dear Ann,\n#close", "#forward sue@supplier.example", "#merge 1\n\nDone."]
)
def test_send_is_offered_only_where_it_helps(asked: Office, text: str) -> None:
    asked.post(CAROL, text, answers=asked.last("carol@acme.example"))
    assert asked.states()[-1][0] == "held"
    letter = asked.last("carol@acme.example")
    assert "#send" not in text_of(letter)
    assert "#drop" in text_of(letter)
    letters = len(asked.mails("carol@acme.example", "notice_held"))
    asked.post(CAROL, "#send", answers=letter)
    assert "your mail is held" in said(asked, "carol@acme.example")
    assert len(asked.mails("carol@acme.example", "notice_held")) == letters
    assert to_ann(asked) == []


def test_the_later_agent_reads_what_went_out(asked: Office) -> None:
    overtaken(asked)
    told = text_of(asked.last("dave@acme.example"))
    assert "> Call the fire brigade." in told
    assert re.search(r", carol \(answer\):", told)


# ---- what came since -----------------------------------------------------------------------------------------------


def test_a_word_covers_what_the_agent_was_told_and_nothing_later(asked: Office) -> None:
    overtaken(asked)
    first = asked.last("dave@acme.example")
    asked.post(ANN, "Cancel my order.", answers=asked.last("ann@example.net"))
    asked.post(DAVE, "#send", answers=first)
    assert len(to_ann(asked)) == 1
    second = asked.mails("dave@acme.example", "notice_held")[-1]
    assert "> Cancel my order." in text_of(second)
    assert "Call the fire brigade" not in text_of(second).partition("What it said")[0]
    asked.post(DAVE, "#send", answers=second)
    assert "Pull the plug." in to_ann(asked)[-1]


def test_what_came_before_an_unproved_mail_was_confirmed_is_told_too(asked: Office) -> None:
    notice = asked.last("dave@acme.example")
    asked.post(CAROL, "Call the fire brigade.", answers=asked.last("carol@acme.example"))
    asked.desk.auth = unproved
    asked.post(DAVE, "Pull the plug.", answers=notice)
    asked.desk.auth = proved
    asked.post(DAVE, "#send", answers=asked.last("dave@acme.example"))
    assert len(to_ann(asked)) == 1
    asked.post(DAVE, "#send", answers=asked.last("dave@acme.example"))
    assert "Pull the plug." in to_ann(asked)[-1]


def test_what_a_machine_wrote_overtakes_nobody(asked: Office) -> None:
    notice = asked.last("carol@acme.example")
    asked.post(CAROL, "Call the fire brigade.", answers=notice)
    reply = asked.mails("ann@example.net", "reply")[-1]
    asked.post(ANN, "I am away.", answers=reply, more={"Auto-Submitted": "auto-replied"})
    assert asked.articles(1)[-1][1] == "ann@example.net"
    bounce = (
        f"Final-Recipient: rfc822; ann@example.net\nAction: failed\nStatus: 5.1.1\n\nMessage-ID: {reply['Message-ID']}"
    )
    asked.post("MAILER-DAEMON <mailer-daemon@example.net>", f"It could not be delivered.\n\n{bounce}", answers=reply,
               subject="Undelivered Mail Returned to Sender", more={"Auto-Submitted": "auto-replied"})  # fmt: skip
    asked.post(CAROL, "Pull the plug too.", answers=notice)
    assert asked.states()[-1] == ("done", "answers_the_conversation")
    assert "Pull the plug too." in to_ann(asked)[-1]


# ---- what is stopped in time ---------------------------------------------------------------------------------------


@pytest.fixture
def slow(office: Office) -> Office:
    """Agents' mail waits ten minutes; an answer is promised."""
    office.desk.configure(more='[sla.standard]\nfirst_response = "4 h"\nresolution = "48 h"\n')
    config = office.desk.config.read_text().replace("[mail]\n", '[mail]\nundo = "10 min"\n', 1)
    office.desk.config.write_text(config)
    office.post(ANN, "It burns with a blue flame.")
    return office


CLOCKS = ("status", "first_response_at", "last_agent_at", "first_response_due", "next_response_due", "resolve_due")


def now_of(office: Office) -> dict[str, object]:
    row = office.ticket(1)
    return {name: row[name] for name in CLOCKS}


def test_an_answer_that_was_stopped_counts_as_not_given(slow: Office) -> None:
    before = now_of(slow)
    runs = slow.ticket(1)["clocks"]["of"]  # type: ignore[index]
    notice = slow.last("carol@acme.example")
    slow.post(CAROL, "Pull the plug.", answers=notice)
    assert slow.ticket(1)["status"] == "waiting"
    slow.post(CAROL, "#cancel", answers=notice)
    assert "your mail was stopped" in said(slow, "carol@acme.example")
    assert now_of(slow) == before
    assert slow.ticket(1)["clocks"]["of"] == runs  # type: ignore[index]
    assert slow.articles(1)[-1] == ("withdrawn", "agent:carol", "Pull the plug.")
    assert "stopped before it left, by agent:carol" in slow.desk.run("show", "1").out


def test_what_takes_the_place_of_a_stopped_answer_is_the_answer(slow: Office) -> None:
    notice = slow.last("carol@acme.example")
    slow.post(CAROL, "Pull the plgu. She is brave.", answers=notice)
    slow.post(CAROL, "#cancel\n\nPull the plug. She is brave.", answers=notice)
    assert slow.states()[-1][0] == "done"
    assert [one[0] for one in slow.articles(1)] == ["in", "withdrawn", "out"]
    assert slow.ticket(1)["status"] == "waiting"
    assert slow.ticket(1)["first_response_at"] is not None


def test_of_a_ticket_that_moved_on_only_the_answer_is_taken_back(slow: Office) -> None:
    notice = slow.last("carol@acme.example")
    slow.post(CAROL, "#resolve\n\nPull the plug.", answers=notice)
    slow.post(CAROL, "#cancel", answers=notice)
    row = slow.ticket(1)
    assert (row["status"], row["first_response_at"], row["last_agent_at"]) == ("resolved", None, None)
    assert row["resolved_at"] is not None


def test_nobody_waits_for_a_stopped_answer(slow: Office) -> None:
    notice = slow.last("dave@acme.example")
    slow.post(CAROL, "Call the fire brigade.", answers=slow.last("carol@acme.example"))
    slow.post(CAROL, "#cancel", answers=notice_new(slow, "carol@acme.example"))
    slow.post(DAVE, "Pull the plug.", answers=notice)
    assert slow.states()[-1] == ("done", "answers_the_conversation")


def test_an_answer_of_which_a_copy_has_left_stands(slow: Office) -> None:
    slow.post(CAROL, "#cc +bob@example.org", answers=slow.last("carol@acme.example"))
    notice = notice_new(slow, "carol@acme.example")
    slow.post(CAROL, "Pull the plug.", answers=notice)
    with slow.desk.store.main.write() as conn:
        one = tables.outbox.c
        mine = select(one.id).where(one.recipient == "bob@example.org")
        sent = {"state": "sent", "sent_at": slow.ticket(1)["last_agent_at"]}
        conn.execute(tables.outbox.update().where(one.id.in_(mine)).values(**sent))
    slow.post(CAROL, "#cancel", answers=notice)
    assert slow.articles(1)[-1][0] == "out"
    assert slow.ticket(1)["status"] == "waiting"
