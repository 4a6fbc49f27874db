"""An office whose rules act on what happens to its one ticket."""

from typing import Any

from support.agent_desk import Office
from support.desk import RULES, Desk

ANN = "Ann Novak <ann@example.net>"
WAITING = """
[[rule]]
name = "who waits is served first"
on = "status"
when.status = "waiting"
set.priority = "high"
set.title = "asked back"
add.tags = ["asked"]
add.watchers = ["boss@example.org", "dave"]
"""


def office_with(desk: Desk, rules: str, more: str = "") -> Office:
    """An office with these rules beside the usual ones, Dave leading it, and a ticket of Ann's."""
    desk.configure(more=more)
    text = desk.config.read_text().replace(
        'agents = ["carol", "dave"]\n', 'agents = ["carol", "dave"]\nlead = "dave"\n'
    )
    desk.config.write_text(text)
    desk.rules = f"{rules}\n{RULES}"
    office = Office(desk)
    office.post(ANN, "It burns with a blue flame.")
    return office


def ruled(office: Office, number: int = 1) -> list[dict[str, Any]]:
    """What the journal says of the rules that acted afterwards."""
    return [one["data"] for one in office.desk.ask("show", str(number))["events"] if one["kind"] == "ruled"]


def names(office: Office) -> list[list[str]]:
    return [[rule["name"] for rule in line["rules"]] for line in ruled(office)]


def do(office: Office, *command: str) -> None:
    answer = office.desk.run("do", "1", *command)
    assert answer.code == 0, answer
    office.tell()
