"""A ticket whose customer cannot be written to: an answer to it is kept and its agent told, and nothing counts as said."""

import shutil
from pathlib import Path

import pytest

from support.agent_desk import Office, text_of
from support.desk import Desk

CAROL = "Carol <carol@acme.example>"
C = "carol@acme.example"
OURS = "billing@acme.example"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@pytest.fixture
def office(desk: Desk) -> Office:
    shutil.copytree(TEMPLATES, desk.folder / "templates")
    return Office(desk)


def opened(office: Office, sender: str) -> None:
    """A ticket of a web form that nobody declared, or of a mail without a sender."""
    desk = office.desk
    office.desk.auth = None
    lines = f"{sender}To: support@acme.example\r\nSubject: Where is my lamp\r\nMessage-ID: <form@acme.example>\r\n"
    desk.take_in(
        f"{lines}Date: Fri, 27 Nov 2026 10:00:00 +0000\r\n\r\nIt has not come.\r\n".encode(), mail_from="x@y.example"
    )
    desk.work()
    office.tell()
    office.__post_init__()


NOBODY = {
    "no From": "",
    "two Froms": "From: a@example.net\r\nFrom: b@example.net\r\n",
    "our own address": f"From: {OURS}\r\n",
}


@pytest.mark.parametrize("sender", NOBODY.values(), ids=NOBODY)
def test_an_answer_that_reaches_nobody_is_held_with_what_to_do(office: Office, sender: str) -> None:
    opened(office, sender)
    before = office.ticket(1)
    notice = office.last(C)
    assert "#requester ADDR" in text_of(notice)
    assert "reaches nobody" in text_of(notice)
    office.post(CAROL, "It left yesterday.", answers=notice)
    assert office.states()[-1][0] == "held"
    told = text_of(office.last(C))
    assert "#requester ADDR" in told
    assert office.ticket(1) == before
    assert [one[0] for one in office.articles(1)] == ["in"]
    office.post(CAROL, "#requester ann@example.net\n\nIt left yesterday.", answers=notice)
    assert "It left yesterday." in text_of(office.last("ann@example.net"))
    assert office.ticket(1)["status"] == "waiting"


@pytest.mark.parametrize("sender", NOBODY.values(), ids=NOBODY)
def test_gateway_reply_says_that_nobody_got_it(office: Office, sender: str) -> None:
    opened(office, sender)
    before = office.ticket(1)
    (office.desk.folder / "a.txt").write_text("It left yesterday.")
    said = office.desk.run("reply", "1", "--file", str(office.desk.folder / "a.txt"))
    assert (said.code, said.out) == (1, "")
    assert "#1 has nobody to write to" in said.err
    assert office.ticket(1) == before
    assert [one[0] for one in office.articles(1)] == ["in"]
