"""`gateway explain FILE` of an agent's mail: what it would do is told, and none of it is done."""

from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from gateway.store import tables
from support.agent_desk import Office
from support.desk import Answer, Desk

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"


@pytest.fixture
def office(desk: Desk) -> Office:
    desk.configure(more='\n[auth]\nagents = "token"\n')
    office = Office(desk)
    office.post(ANN, "It burns.")
    return office


def counts(conn: Connection) -> list[int]:
    watched = (tables.mail, tables.article, tables.event, tables.outbox, tables.announcement, tables.ticket)
    return [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in watched]


def explained(office: Office, folder: Path, text: str, *, sender: str = CAROL, **headers: str) -> dict[str, Any]:
    """The steps by name, and `told`: the whole. Asserts that nothing was written."""
    notice = office.mails("carol@acme.example", "notice_new")[-1]
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, "support@acme.example", f"Re: {notice['Subject']}"
    mail["Date"], mail["Message-ID"] = notice["Date"], "<draft@acme.example>"
    mail["In-Reply-To"] = mail["References"] = notice["Message-ID"]
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    path = folder / "draft.eml"
    path.write_bytes(bytes(mail))
    with office.desk.store.main.read() as conn:
        before = counts(conn), dict(conn.execute(select(tables.ticket)).one()._mapping)
    told = office.desk.ask("explain", str(path))
    with office.desk.store.main.read() as conn:
        assert (counts(conn), dict(conn.execute(select(tables.ticket)).one()._mapping)) == before
    return {"told": told, **{one["step"]: one for one in told["steps"]}}


def printed(office: Office, folder: Path) -> str:
    answer: Answer = office.desk.run("explain", str(folder / "draft.eml"))
    assert answer.code == 0, answer
    return answer.out


def test_a_reply_and_its_commands(office: Office, tmp_path: Path) -> None:
    found = explained(office, tmp_path, "#priority high\n#assign me\n\nPull the plug.")
    assert found["told"]["ticket"] == 1
    assert found["told"]["state"] == "done"
    assert found["course"]["fate"] == "reply"
    assert [one["said"] for one in found["would"]["commands"]] == ["#priority high", "#assign me"]
    assert all(one["ok"] for one in found["would"]["commands"])
    assert found["would"]["reaches"] == ["ann@example.net"]
    out = printed(office, tmp_path)
    assert "a reply would reach ann@example.net" in out
    assert "#1 priority is high" in out


def test_what_may_not_act_says_why_it_would_be_held(office: Office, tmp_path: Path) -> None:
    office.desk.configure()
    found = explained(office, tmp_path, "Pull the plug.")
    assert (found["told"]["state"], found["told"]["reason"]) == ("held", "sender_not_verified")
    assert found["would"]["say"] == "nothing that this site trusts says who sent it"
    assert "would be held: nothing that this site trusts" in printed(office, tmp_path)


@pytest.mark.parametrize(
    ("text", "reason", "say"),
    [
        ("#clsoe\n\nPull the plug.", "command_misread", "#clsoe"),
        ("#canned nosuch\n", "command_misread", "nosuch"),
        ("#merge 99\n", "command_misread", "lead"),
        ("#tag +a\n#link 99\n", "cannot_be_done", "99"),
        ("I am out of the office until Monday and have no access to my mail.", "out_of_office", "out"),
        ("As carol@acme.example said, pull the plug.", "shows_an_address", "carol@acme.example"),
    ],
)
def test_what_would_be_held_for_its_words(office: Office, tmp_path: Path, text: str, reason: str, say: str) -> None:
    found = explained(office, tmp_path, text)
    assert (found["told"]["state"], found["told"]["reason"]) == ("held", reason)
    assert say in found["would"]["say"]


def test_a_new_ticket_for_a_customer_is_told_as_theirs(office: Office, tmp_path: Path) -> None:
    found = explained(office, tmp_path, "#new\n#for bob@example.org\n\nHe wants his money back.")
    assert found["told"]["ticket"] == 2
    assert found["identify"]["opened_by"] == "carol"
    assert [one["to"] for one in found["send"]["mails"]] == ["bob@example.org"]
