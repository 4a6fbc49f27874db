"""Who gets a ticket, and what becomes of one that nobody is free to take."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from gateway import unassigned
from gateway.clock import start_clock
from gateway.config import load
from gateway.errors import Conflict
from gateway.mail import read
from gateway.now import now
from gateway.pipeline import foretell
from gateway.plan import Plan
from gateway.rules import RegexMatcher
from gateway.site import load_site
from gateway.store import lookup, spool, tables
from gateway.store import unassigned as rows
from gateway.store.fast import insert
from gateway.store.surroundings import Wants, look_around
from gateway.tickets.actions import Note, TakeTurn
from gateway.tickets.assignment import Turn
from gateway.turns import in_turn
from support.desk import Desk
from support.mails import mail

ROTA = '[[rule]]\nname = "in turn"\nset.assign = ["rota"]\n'
LEAD = """
[queues.returns]
agents = ["eve", "kim"]
lead = "eve"
addresses = ["returns@acme.example"]
[agents.eve]
addresses = ["eve@acme.example"]
skills = ["law"]
[agents.kim]
addresses = ["kim@acme.example"]
max_open = 1
"""


def away(desk: Desk, *agents: str) -> None:
    with desk.store.main.write() as conn:
        for agent in agents:
            since, until = now() - timedelta(days=1), now() + timedelta(days=1)
            insert(conn, tables.absence, agent=agent, since=since, until=until)


def back(desk: Desk, agent: str) -> None:
    with desk.store.main.write() as conn:
        conn.execute(delete(tables.absence).where(tables.absence.c.agent == agent))


def tick(desk: Desk) -> None:
    unassigned.try_again(desk.store, load_site(load(desk.config), desk.store))


def file_in(desk: Desk, count: int = 1, subject: str = "My lamp") -> None:
    for _ in range(count):
        person = f"p{now().timestamp()}@example.net"
        desk.take_in(mail(sender=person, subject=subject, to="returns@acme.example"), mail_from=person)
    desk.work()


def answer_first(desk: Desk, text: str) -> None:
    """The customer of ticket 1 writes again."""
    requester = desk.ask("show", "1")["requester"]
    desk.take_in(mail(sender=requester, subject="Re: [Acme #1]", text=text), mail_from=requester)
    desk.work()


def row_of(desk: Desk, number: int) -> Mapping[str, Any]:
    with desk.store.main.read() as conn:
        return lookup.tickets(conn, [number])[number]


def returns(desk: Desk, rules: str) -> None:
    desk.rules = rules + '\n[[rule]]\nname = "all"\nset.queue = "returns"\n'
    desk.configure(more=LEAD)


def assignees(desk: Desk) -> list[str | None]:
    return [one["assignee"] for one in desk.ask("tickets")]


def letters(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("outbox", "list")
    return found


def test_a_batch_takes_turns(desk: Desk) -> None:
    desk.rules = ROTA
    for person in range(7):
        desk.take_in(mail(sender=f"p{person}@example.net"))
    desk.work()
    assert assignees(desk) == ["carol", "dave"] * 3 + ["carol"]


def test_an_answer_that_moves_its_ticket_is_for_the_agents_of_the_new_queue(desk: Desk) -> None:
    desk.rules = (
        '[[rule]]\nname = "moves"\non = "follow_up"\nset.queue = "billing"\nset.assign = ["rota"]\n'
        'add.watchers = ["boss@acme.example"]\n'
    )
    desk.take_in(mail(message_id="<first@example.net>"))
    desk.work()
    assert assignees(desk) == [None]
    desk.take_in(mail(subject="and a bill", text="x", headers=("In-Reply-To: <first@example.net>",)))
    desk.work()
    shown = desk.ask("show", "1")
    assert (shown["queue"], shown["assignee"]) == ("billing", "dave")
    assert {"address": "boss@acme.example", "name": "", "role": "watcher"} in shown["participants"]


@pytest.mark.parametrize("subject", ["opening", "follow-up", "later"])
def test_whoever_assigns_leaves_the_same_mark(desk: Desk, subject: str) -> None:
    """The mail that opens a ticket, one that follows up, and the clock: status, event and its reason are alike."""
    on = "created" if subject != "follow-up" else "follow_up"
    returns(desk, f'[[rule]]\nname = "turn"\non = "{on}"\nset.assign = ["rota"]\n')
    if subject == "later":
        away(desk, "eve", "kim")
    file_in(desk)
    if subject == "follow-up":
        answer_first(desk, "It is broken, too.")
    if subject == "later":
        back(desk, "eve")
        back(desk, "kim")
        tick(desk)
    page = desk.ask("show", "1")
    assert (page["assignee"], page["status"]) == ("eve", "open")
    (assigned,) = [one for one in page["events"] if one["kind"] == "assigned"]
    assert assigned["data"] == {"assignee": "eve", "how": ["rota: after nobody comes eve"]}
    assert assigned["reason"] == "policy:rota"
    assert row_of(desk, 1)["set_by"]["assignee"] == "policy:rota"


def test_a_status_that_a_rule_sets_stands_above_the_assignment(desk: Desk) -> None:
    desk.rules = '[[rule]]\nname = "r"\non = "follow_up"\nset.status = "on_hold"\nset.assign = ["carol"]\n'
    file_in(desk)
    answer_first(desk, "It is broken, too.")
    page = desk.ask("show", "1")
    assert (page["assignee"], page["status"]) == ("carol", "on_hold")


@pytest.mark.parametrize("status", ["closed", "resolved", "waiting"])
def test_an_assignment_opens_nothing_but_what_is_new(desk: Desk, status: str) -> None:
    """A mere "thank you" leaves the ticket where it is, be somebody given it or not."""
    desk.rules = '[[rule]]\nname = "r"\non = "follow_up"\nset.assign = ["carol"]\n'
    file_in(desk)
    with desk.store.main.write() as conn:
        conn.execute(tables.ticket.update().values(status=status, closed_at=now() if status == "closed" else None))
    answer_first(desk, "Thank you!")
    page = desk.ask("show", "1")
    assert (page["assignee"], page["status"]) == ("carol", "open" if status == "waiting" else status)


def test_caps_hold_within_a_batch(desk: Desk) -> None:
    returns(desk, '[[rule]]\nname = "kim first"\nset.assign = ["kim", "balance"]\n')
    file_in(desk, 3)
    assert assignees(desk) == ["kim", "eve", "eve"]


def test_a_skill_that_is_needed(desk: Desk) -> None:
    returns(desk, '[[rule]]\nname = "law"\nneed.skills = ["law"]\nset.assign = ["rota"]\n')
    file_in(desk, 2)
    assert assignees(desk) == ["eve", "eve"]


def test_who_is_not_at_work_gets_nothing(desk: Desk) -> None:
    desk.rules = ROTA
    days = ", ".join(f'"{(now() + timedelta(days=day)).date()}"' for day in (-1, 0, 1))
    desk.configure(more=f'[calendars.never]\nmon-sun = "00:00-24:00"\nclosed = [{days}]\n')
    desk.config.write_text(desk.config.read_text().replace("[agents.carol]", '[agents.carol]\ncalendar = "never"'))
    desk.take_in(mail())
    desk.work()
    assert assignees(desk) == ["dave"]


def test_nobody_free_tells_the_lead_once_and_the_clock_tries_again(desk: Desk) -> None:
    returns(desk, ROTA)
    away(desk, "eve", "kim")
    file_in(desk)
    assert assignees(desk) == [None]
    assert letters(desk) == []
    tick(desk)
    tick(desk)
    (told,) = letters(desk)
    assert (told["recipient"], told["ticket"]) == ("eve@acme.example", 1)
    with desk.store.main.read() as conn:
        text = conn.execute(select(tables.mail_out.c.data)).scalar_one().decode()
    assert "eve is away; kim is away; rota: nobody available" in text.replace("\r\n", " ")
    back(desk, "kim")
    tick(desk)
    page = desk.ask("show", "1")
    assert (page["assignee"], page["status"]) == ("kim", "open")
    assert [(one["actor"], one["kind"]) for one in page["events"]][-2:] == [("clock", "changed"), ("clock", "assigned")]
    assert page["events"][-1]["data"]["how"][-1] == "rota: after nobody comes kim"
    tick(desk)
    assert len(desk.ask("show", "1")["events"]) == len(page["events"])


def test_a_lead_hears_of_many_in_one_letter_and_of_more_in_the_next_hour(desk: Desk) -> None:
    returns(desk, ROTA)
    away(desk, "eve", "kim")
    file_in(desk, 9)
    tick(desk)
    file_in(desk, 3)
    tick(desk)
    (told,) = letters(desk)
    assert told["ticket"] is None
    with desk.store.main.read() as conn:
        text = conn.execute(select(tables.mail_out.c.data)).scalar_one().decode()
        untold = conn.execute(select(tables.unassigned.c.ticket).where(tables.unassigned.c.told_at.is_(None))).all()
    assert "9 tickets that nobody was free to take" in text
    assert [row.ticket for row in untold] == [10, 11, 12]


def test_one_that_somebody_took_meanwhile_waits_no_more(desk: Desk) -> None:
    returns(desk, ROTA)
    away(desk, "eve", "kim")
    file_in(desk)
    with desk.store.main.write() as conn:
        conn.execute(tables.ticket.update().values(assignee="kim"))
    tick(desk)
    assert letters(desk) == []
    with desk.store.main.read() as conn:
        assert conn.execute(select(tables.unassigned)).first() is None


# ---- another node assigns at the same time -------------------------------------------------------------------------

NOTHING = Wants(
    own_ids=(), named_ids=(), numbers=(), spool_ids=(), senders=(), letters=False,
    address_windows=(), ticket_windows=(), total_rates=(),
)  # fmt: skip


def overtaken(desk: Desk, raw: bytes) -> tuple[Plan, Plan]:
    """A plan as it was decided, and as it is to be written after another mail went through meanwhile."""
    desk.take_in(raw)
    (claimed,) = spool.claim(desk.store, node="another", limit=1, now=now() + timedelta(seconds=1))
    site = load_site(load(desk.config), desk.store)
    with desk.store.main.read() as conn:
        around = look_around(conn, replace(NOTHING, address_windows=(timedelta(hours=1),)), now())
    plan = foretell(desk.store, site, RegexMatcher(time.monotonic), claimed, raw, read(raw))
    assert isinstance(plan, Plan)
    desk.take_in(mail(sender="meanwhile@example.net"))
    desk.work()
    with desk.store.main.write() as conn:
        (renewed,) = in_turn(conn, site, [plan], around, now())
    return plan, renewed


def agent_of(plan: Plan) -> str | None:
    assert plan.choice is not None
    return plan.choice.agent


def test_whose_turn_it_is_is_looked_at_again_before_writing(desk: Desk) -> None:
    desk.rules = ROTA
    desk.take_in(mail(sender="first@example.net"))
    desk.work()
    decided, written = overtaken(desk, mail(sender="second@example.net"))
    assert assignees(desk) == ["carol", "dave"]
    assert (agent_of(decided), agent_of(written)) == ("dave", "carol")


def test_who_was_named_as_the_requester_is_not_flooded_by_what_is_decided_again(desk: Desk) -> None:
    desk.rules = (
        f'{ROTA}set.reply = "acknowledgement"\n[[rule]]\nname = "form"\n'
        "when.body.matches = '(?m)^Mail: (?P<mail>.+)$'\nset.requester = \"{mail}\"\n"
    )
    desk.configure(more='[limits]\nauto_per_address = "1/h"\n')
    named = "Mail: ann@example.net"
    desk.take_in(mail(sender="first@example.org", text=named), mail_from="first@example.org")
    desk.work()
    for plan in overtaken(desk, mail(sender="second@example.org", text=named)):
        (silence,) = [one for one in plan.actions if isinstance(one, Note) and one.kind == "not_sent"]
        assert silence.reason == "cap_per_address"


def test_caps_are_looked_at_again_before_writing(desk: Desk) -> None:
    desk.rules = '[[rule]]\nname = "all"\nset.assign = ["carol", "dave"]\n'
    desk.config.write_text(desk.config.read_text().replace("[agents.carol]", "[agents.carol]\nmax_open = 1"))
    (desk.folder / "rules").mkdir(exist_ok=True)
    (desk.folder / "rules" / "10-all.toml").write_text(desk.rules)
    decided, written = overtaken(desk, mail(sender="second@example.net"))
    assert assignees(desk) == ["carol"]
    assert (agent_of(decided), agent_of(written)) == ("carol", "dave")


def test_a_turn_that_somebody_else_took_cannot_be_taken(desk: Desk) -> None:
    turn = Turn(of="support", agent="dave", before="carol")
    firsts = [TakeTurn(turn=Turn(of="support", agent=agent, before=None)) for agent in ("carol", "dave")]
    with pytest.raises(IntegrityError):
        desk.act(*firsts)  # both believe that nobody had one
    desk.act(firsts[0], TakeTurn(turn=turn))
    with pytest.raises(Conflict, match="the turn in support went on"):
        desk.act(TakeTurn(turn=turn))


def test_the_clock_has_it_among_its_jobs(desk: Desk) -> None:
    returns(desk, ROTA)
    away(desk, "eve", "kim")
    file_in(desk)
    back(desk, "eve")
    site = load_site(load(desk.config), desk.store)
    clock = start_clock(desk.store, lambda: site)
    try:
        for job in clock.get_jobs():
            job.func()
    finally:
        clock.shutdown(wait=True)
    assert assignees(desk) == ["eve"]


def test_one_that_nobody_can_take_keeps_no_other_from_being_tried(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PAGE", 2)
    law = '[[rule]]\nname = "law"\nwhen.subject = "law"\nneed.skills = ["law"]\n'
    returns(desk, law + ROTA)
    away(desk, "eve", "kim")
    file_in(desk, 5, subject="law")
    file_in(desk)
    back(desk, "kim")
    tick(desk)
    assert assignees(desk) == [None] * 5 + ["kim"]
