"""What agents hear of a declared monitor: its problems, each time, and nothing of what leaves nothing to be done."""

import pytest

from support.agent_desk import Office
from support.desk import Desk

NAGIOS = (
    "[[source]]\nfrom = 'nagios@mon.example'\nrequester = 'thread_key:Alert: (.+) is '\n"
    "problem = 'PROBLEM'\nrecovery = 'RECOVERY'\n"
)
C = "carol@acme.example"
ASSIGNED = '[[rule]]\nname = "hers"\nset.assign = ["carol"]\n'


@pytest.fixture
def office(desk: Desk) -> Office:
    desk.configure(more=NAGIOS)
    return Office(desk)


def alert(office: Office, what: str) -> None:
    office.post("nagios@mon.example", what, subject=f"** {what} Service Alert: web1/HTTP is so **")


def test_a_problem_that_comes_back_is_told(office: Office) -> None:
    alert(office, "PROBLEM")
    alert(office, "RECOVERY")
    assert office.ticket(1)["status"] == "resolved"
    assert office.kinds(C) == ["notice_new"]
    alert(office, "PROBLEM")
    assert office.ticket(1)["status"] == "open"
    assert office.kinds(C) == ["notice_new", "notice_answered"]
    alert(office, "PROBLEM")
    assert office.kinds(C) == ["notice_new", "notice_answered"]


@pytest.mark.parametrize("what", ["RECOVERY", "ACKNOWLEDGEMENT"])
@pytest.mark.parametrize("rules", ["", ASSIGNED])
def test_of_what_is_no_problem_nobody_hears(office: Office, what: str, rules: str) -> None:
    office.desk.rules = rules
    alert(office, what)
    assert office.ticket(1)["status"] == "resolved"
    assert office.kinds(C) == []
    alert(office, "PROBLEM")
    assert office.ticket(1)["status"] == "open"
    assert office.kinds(C) == ["notice_answered"]
