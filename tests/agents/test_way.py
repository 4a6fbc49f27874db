"""An agent works a ticket by mail alone."""

import pytest

from support.agent_desk import Office, text_of, unproved
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
DAVE = "Dave <dave@acme.example>"


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def test_the_whole_life_of_a_ticket(office: Office) -> None:
    office.post(ANN, "It burns with a blue flame.")
    assert office.kinds("carol@acme.example") == ["notice_new"]
    assert office.kinds("dave@acme.example") == ["notice_new"]
    notice = office.last("carol@acme.example")
    assert "blue flame" in text_of(notice)

    office.post(CAROL, "Please pull the plug.", answers=notice)
    assert office.states()[-1] == ("done", "answers_the_conversation"), office.states()
    reply = office.mails("ann@example.net", "reply")[-1]
    assert "Please pull the plug." in text_of(reply)
    assert "carol@acme.example" not in reply.as_string()
    assert office.ticket(1)["status"] == "waiting"

    office.post(ANN, "I did, and it is out.", answers=reply)
    assert office.ticket(1)["status"] == "open"
    answered = office.last("carol@acme.example")
    assert "it is out" in text_of(answered)

    office.post(CAROL, "#note\nShe is brave.\n", answers=answered)
    assert office.articles(1)[-1][0] == "note"
    assert len(office.mails("ann@example.net", "reply")) == 1
    assert "#note" in text_of(office.last("carol@acme.example"))

    office.post(CAROL, "#resolve\n#assign me\n", answers=answered)
    assert office.ticket(1)["status"] == "resolved"
    assert office.ticket(1)["assignee"] == "carol"
    assert office.kinds("ann@example.net") == ["acknowledgement", "reply", "resolved"]


def test_an_unproved_mail_is_held_and_its_agent_told_who_confirms_it(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    proved = office.desk.auth
    office.desk.auth = unproved
    office.post(CAROL, "Pull the plug.", answers=notice)
    assert office.states()[-1][0] == "held"
    assert "reply" not in office.kinds("ann@example.net")
    held = office.last("carol@acme.example")
    office.desk.auth = proved
    office.post(CAROL, "#send", answers=held)
    assert "Pull the plug." in text_of(office.mails("ann@example.net", "reply")[-1])


def test_one_bad_line_and_nothing_is_done(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.post(CAROL, "#priority high\n#clsoe\n\nPull the plug.", answers=notice)
    assert office.states()[-1] == ("held", "command_misread"), office.states()
    assert office.ticket(1)["priority"] == "normal"
    assert "reply" not in office.kinds("ann@example.net")
    assert "#clsoe" in text_of(office.last("carol@acme.example"))


def test_a_forward_opens_a_ticket_for_who_first_wrote(office: Office) -> None:
    office.post(
        CAROL,
        "She called me too.\n\n---------- Forwarded message ---------\nFrom: Ann Novak <ann@example.net>\n"
        "Date: Fri, 27 Nov 2026 at 09:00\nSubject: No paper\nTo: Carol <carol@acme.example>\n\nThere is no paper left.\n",
        subject="Fwd: No paper",
    )
    assert office.ticket(1)["title"] == "No paper"
    assert [one[0] for one in office.articles(1)] == ["in", "note"], office.articles(1)
    assert office.kinds("ann@example.net") == ["acknowledgement"]
    assert "transcript" in office.kinds("carol@acme.example")


def test_a_ticket_for_somebody_on_the_phone(office: Office) -> None:
    office.post(
        CAROL, "#new billing\n#for bob@example.org\n#priority high\n\nHe wants his money back.", subject="Refund"
    )
    assert office.ticket(1)["queue"] == "billing"
    assert office.ticket(1)["priority"] == "high"
    assert office.kinds("bob@example.org") == ["acknowledgement"]


def test_a_mail_that_was_held_may_be_written_again(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.post(CAROL, "#clsoe\n\nPull the plug.", answers=notice)
    office.post(CAROL, "Pull the plug.", answers=notice)
    assert office.states()[-1][0] == "done", office.states()


def test_a_customer_rates_closes_reopens_and_unsubscribes_by_one_word(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.post(CAROL, "#resolve", answers=notice)
    resolved = office.last("ann@example.net")
    office.post(ANN, "5", answers=resolved)
    assert office.ticket(1)["rating"] == 5
    assert office.ticket(1)["status"] == "resolved"
    office.post(ANN, "reopen", answers=resolved)
    assert office.ticket(1)["status"] == "open"
    office.post(ANN, "unsubscribe", answers=resolved)
    office.post(CAROL, "#resolve", answers=notice)
    assert office.kinds("ann@example.net").count("resolved") == 1
    office.post(ANN, "Close.", answers=resolved)
    assert office.ticket(1)["status"] == "closed"


def test_a_third_party_is_asked_and_answers_with_a_note(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.post(CAROL, "#forward sue@supplier.example\n\nDo you have a spare one?", answers=notice)
    question = office.last("sue@supplier.example")
    assert "spare one" in text_of(question)
    assert "It burns." in text_of(question)
    assert "carol@acme.example" not in question.as_string()
    office.post("Sue <sue@supplier.example>", "Yes, two.", answers=question)
    assert office.articles(1)[-1][:2] == ("note", "sue@supplier.example")
    assert not any("Yes, two" in text_of(mail) for mail in office.mails("ann@example.net"))


def test_another_matter_is_split_off(office: Office) -> None:
    office.post(ANN, "It burns.")
    ack = office.last("ann@example.net")
    office.post(ANN, "By the way, the lift is stuck.", answers=ack)
    office.post(CAROL, "#split", answers=office.last("carol@acme.example"))
    assert office.ticket(2)["title"] == "By the way, the lift is stuck."
    assert [one[2] for one in office.articles(1)] == ["It burns."]
    assert len(office.articles(2)) == 1


EVERYTHING = [
    "#close", "#open", "#wait", "#hold until tomorrow", "#assign dave", "#assign rota", "#assign nobody",
    "#queue billing", "#priority urgent", "#type problem", "#category hardware/printer", "#impact major",
    "#title Printer burns", "#describe It burned down.", "#tag +hot -cold", "#due +3d", "#remind tomorrow look",
    "#time 25m on the phone", "#cc +bob@example.org", "#requester eve@example.com", "#pin", "#unpin", "#files", "#why",
    "#show 1", "#search burns", "#list nobody", "#help", "#away until tomorrow", "#back", "#undo", "#status on_hold",
]  # fmt: skip


def test_every_command_does_what_it_says_or_says_why_not(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    for line in EVERYTHING:
        office.post(CAROL, line, answers=notice)
        assert office.states()[-1][0] == "done", (line, office.states()[-1], text_of(office.last("carol@acme.example")))
        assert line.split()[0] in text_of(office.last("carol@acme.example")), line
    row = office.ticket(1)
    assert (row["queue"], row["priority"], row["type"]) == ("billing", "urgent", "problem")
    assert row["time_spent"] == 25
    assert row["title"] == "Printer burns"


def test_what_cannot_be_done_to_a_closed_ticket_is_told(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.post(CAROL, "#close", answers=notice)
    office.post(CAROL, "#wait", answers=notice)
    assert office.states()[-1] == ("held", "cannot_be_done")
    told = " ".join(text_of(office.last("carol@acme.example")).split())
    assert "#1 is closed: it must be opened first (#open)" in told


def test_a_dry_run_changes_nothing(office: Office) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    office.post(CAROL, "#dry\n#resolve\n\nPull the plug.", answers=notice)
    assert office.ticket(1)["status"] == "new"
    assert "reply" not in office.kinds("ann@example.net")
    assert "ann@example.net" in text_of(office.last("carol@acme.example"))


def test_of_a_ticket_for_somebody_it_is_told_what_was_done_and_what_was_not(office: Office) -> None:
    office.post(
        CAROL, "#new billing\n#for bob@example.org\n#tag +hot\n#link 99\n#pin\n\nHe wants it back.", subject="Refund"
    )
    row = office.ticket(1)
    assert (row["queue"], row["tags"], row["pinned"]) == ("billing", ["money"], False)
    told = text_of(office.mails("carol@acme.example", "transcript")[-1])
    assert "ticket #1 was opened for bob@example.org" in told
    lines = [line.strip() for line in told.split("\n")]
    failed = next(at for at, line in enumerate(lines) if "#link 99" in line)
    assert "there is no ticket #99" in " ".join(lines[failed : failed + 2])
    for other in ("#tag +hot", "#pin"):
        at = next(at for at, line in enumerate(lines) if other in line)
        assert "all commands are done or none" in " ".join(lines[at : at + 2])


def test_of_a_forward_it_is_told_that_the_covering_note_is_kept(office: Office) -> None:
    forwarded = (
        "She called me too.\n\n---------- Forwarded message ---------\nFrom: Ann Novak <ann@example.net>\n"
        "Date: Fri, 27 Nov 2026 at 09:00\nSubject: No paper\nTo: Carol <carol@acme.example>\n\nThere is no paper left.\n"
    )
    office.post(CAROL, forwarded, subject="Fwd: No paper")
    assert "a note for agents" in text_of(office.mails("carol@acme.example", "transcript")[-1])


def test_who_wishes_hears_in_the_same_thread_that_somebody_took_it(office: Office) -> None:
    dave = 'addresses = ["dave@acme.example"]'
    config = office.desk.config
    config.write_text(config.read_text().replace(dave, f'{dave}\nnotify = ["new", "taken"]'))
    office.post(ANN, "It burns.")
    office.post(CAROL, "#assign me", answers=office.last("carol@acme.example"))
    new, taken = office.mails("dave@acme.example")
    assert office.kinds("dave@acme.example") == ["notice_new", "notice_taken"]
    assert new["References"] == taken["References"]
    assert new["Subject"] == taken["Subject"]
