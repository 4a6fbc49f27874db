"""Where a site says which way a status may go, that binds people as it binds rules."""

import pytest

from support.desk import Desk

WORKFLOW = """
[statuses.at_lawyer]
like = "on_hold"
moves = ["open"]
"""
WHY = "[statuses.at_lawyer] moves lets no ticket go from at_lawyer to resolved"


def test_a_person_cannot_set_a_ticket_where_the_site_lets_none_go(desk: Desk) -> None:
    desk.configure(more=WORKFLOW)
    number = desk.ticket(status="at_lawyer")
    refused = desk.run("do", str(number), "resolve")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.strip() == f"gateway: #{number} is at_lawyer: {WHY}"
    assert desk.ask("show", str(number))["status"] == "at_lawyer"


def test_of_several_tickets_those_that_may_not_go_are_left_out(desk: Desk) -> None:
    desk.configure(more=WORKFLOW)
    parent, free = desk.ticket(), desk.ticket(requester="bob@example.org")
    bound = desk.ticket(requester="cid@example.com", status="at_lawyer")
    desk.ask("do", str(parent), "common", str(free), str(bound))
    done = desk.ask("do", str(parent), "resolve")
    assert (done["said"], done["tickets"]) == (f"resolved with #{free}", [free])
    assert done["skipped"] == [{"ticket": bound, "why": f"is at_lawyer: {WHY}"}]
    found = [desk.ask("show", str(number))["status"] for number in (parent, free, bound)]
    assert found == ["resolved", "resolved", "at_lawyer"]


@pytest.mark.parametrize("command", ["wait", "hold"])
def test_a_closed_ticket_must_be_opened_first(desk: Desk, command: str) -> None:
    number = desk.ticket(status="closed")
    refused = desk.run("do", str(number), command)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.strip() == f"gateway: #{number} is closed: it must be opened first (#open)"
