"""The three clocks of a ticket: what its row says of them after each thing that can happen to it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.config.promises import hours_of, promise_of
from gateway.config.schema_desk import Calendar, Sla
from gateway.tickets import clocks, reckoned, sla
from gateway.tickets.clocks import Promises
from gateway.tickets.sla import Clock
from gateway.tickets.status import Status, Statuses

OFFICE = Calendar.model_validate({"timezone": "Europe/Prague", "mon-fri": "09:00-12:30 13:00-17:30"})
STANDARD = {
    "calendar": "office",
    "first_response": "4 h",
    "next_response": "1 business day",
    "resolution": {"urgent": "4 h", "high": "8 h", "normal": "2 business days"},
    "step": [
        {"of": "resolution", "at": "80%", "do": ["notify:assignee"]},
        {"of": "resolution", "at": "100%", "do": ["notify:lead"]},
        {"of": "resolution", "at": "+1 h", "every": "2 h", "times": 3, "do": ["tag:late"]},
        {"of": "first_response", "at": "-30m", "do": ["notify:assignee"]},
    ],
}
BASIC = {"first_response": "1 h"}


def promises(*, silences: tuple[timedelta, ...] | None = (), **changed: Any) -> Promises:
    hours = {"office": hours_of(OFFICE)}
    return Promises(
        slas={
            "standard": promise_of("standard", Sla.model_validate({**STANDARD, **changed}), hours),
            "basic": promise_of("basic", Sla.model_validate(BASIC), hours),
        },
        by_queue={"support": "standard"},
        statuses=Statuses(likes={"at_supplier": Status.ON_HOLD}),
        close_after=timedelta(days=7),
        silences=silences,
    )


class Ticket:
    """A row that lives: `then` changes it at a time of November 2026, in Prague."""

    def __init__(self, opened: str = "26 09:00", promised: Promises | None = None, **values: Any) -> None:
        self.promises = promised or promises()
        at = _at(opened)
        names = ("clocks", "first_response_at", "last_agent_at", "merged_into", "resolved_at", "closed_at", "sla",
                 "first_response_due", "next_response_due", "resolve_due", "next_tick_at", "first_response_minutes",
                 "resolve_minutes")  # fmt: skip
        row = {"status": "new", "queue": "support", "priority": "normal", "set_by": {}, "last_customer_at": at}
        self.row: dict[str, Any] = {**dict.fromkeys(names), **row, **values}
        self.then(opened)

    def then(self, when: str, **values: Any) -> "Ticket":
        self.row |= values
        found = clocks.after(self.row, self.promises, _at(when))
        self.row |= clocks.columns(found, self.row, self.promises, _at(when))
        return self

    def answered(self, when: str) -> "Ticket":
        at = _at(when)
        first = self.row["first_response_at"] or at
        return self.then(when, status="waiting", last_agent_at=at, first_response_at=first)

    def wrote(self, when: str) -> "Ticket":
        return self.then(when, status="open", last_customer_at=_at(when))

    @property
    def dues(self) -> tuple[str | None, str | None, str | None]:
        """First response, next response, resolution."""
        return tuple(_shown(self.row[column]) for column in sla.DUE.values())  # type: ignore[return-value]

    @property
    def tick(self) -> str | None:
        return _shown(self.row["next_tick_at"])


def _at(when: str) -> datetime:
    month, _, rest = when.rpartition("/")
    return datetime.fromisoformat(f"2026-{month or '11'}-{rest.replace(' ', 'T')}+01:00")


def _shown(at: datetime | None) -> str | None:
    if at is None:
        return None
    local = at.astimezone(_at("26 09:00").tzinfo)
    return f"{local:%m/%d %H:%M}".removeprefix("11/")


def test_a_new_ticket() -> None:
    one = Ticket()
    assert one.dues == ("26 13:30", None, "27 17:30")
    assert one.tick == "26 12:12"  # four fifths of the first: rules may ask


def test_an_answer_ends_the_first_clock_and_stops_the_last() -> None:
    one = Ticket().answered("26 10:00")
    assert one.dues == (None, None, None)
    assert one.row["first_response_minutes"] == 60
    assert one.tick is None


def test_the_customer_sets_the_next_response_anew() -> None:
    one = Ticket().answered("26 10:00").wrote("27 09:00")
    assert one.dues == (None, "27 17:30", "30 16:30")  # an hour of two days was used up, and the wait does not count
    assert one.wrote("27 12:00").dues[1] == "27 17:30", "writing again gives no more time"
    assert one.answered("27 13:30").dues == (None, None, None)
    assert one.wrote("30 09:00").dues[1] == "30 17:30", "each answer begins with the whole time"


def test_a_mail_before_the_first_answer_changes_nothing() -> None:
    assert Ticket().wrote("26 12:00").dues == Ticket().dues


@pytest.mark.parametrize("status", ["waiting", "on_hold", "at_supplier"])
def test_the_clocks_stand_still_meanwhile(status: str) -> None:
    one = Ticket().then("26 10:00", status=status)
    assert one.dues == (None, None, None)
    assert one.then("27 10:00", status="open").dues == ("27 13:30", None, "30 17:30")
    assert one.row["first_response_minutes"] is None


def test_a_passed_due_time_stands_while_the_clock_does() -> None:
    assert Ticket().then("27 10:00", status="on_hold").dues == ("26 13:30", None, None)


def test_resolved_and_open_again() -> None:
    one = Ticket(priority="high").answered("26 10:00").then("26 11:00", status="resolved", resolved_at=_at("26 11:00"))
    assert one.dues == (None, None, None)
    assert one.row["resolve_minutes"] == 60
    assert one.tick == "12/03 11:00"  # when it is closed by itself
    one.then("30 09:00", status="open", resolved_at=None, last_customer_at=_at("30 09:00"))
    assert one.dues == (None, "30 17:30", "30 16:30")
    assert one.row["resolve_minutes"] is None


def test_resolved_without_an_answer() -> None:
    one = Ticket().then("26 10:00", status="closed", resolved_at=_at("26 10:00"), closed_at=_at("26 10:00"))
    assert one.dues == (None, None, None)
    assert (one.row["first_response_minutes"], one.row["resolve_minutes"]) == (None, 60)


@pytest.mark.parametrize(
    ("changed", "dues"),
    [
        ({"priority": "urgent"}, ("26 13:30", None, "26 13:30")),
        ({"priority": "low"}, ("26 13:30", None, None)),  # the table has none
        ({"queue": "billing"}, (None, None, None)),  # which promises nothing
        ({"sla": "basic"}, ("26 10:00", None, None)),  # around the clock
    ],
)
def test_reckoned_anew(changed: dict[str, str], dues: tuple[str | None, ...]) -> None:
    assert Ticket().then("26 09:30", **changed).dues == dues


def test_what_a_person_says_stands() -> None:
    one = Ticket().then("26 09:30", resolve_due=_at("30 12:00"), set_by={"resolve_due": "person:carol"})
    assert one.dues[2] == "30 12:00"
    assert one.then("26 09:40", priority="urgent").dues[2] == "30 12:00"


def test_a_merged_ticket_asks_for_nothing() -> None:
    one = Ticket().then("26 09:30", status="closed", merged_into=7, closed_at=_at("26 09:30"))
    assert (one.dues, one.tick) == ((None, None, None), None)


def test_looking_again_finds_the_same() -> None:
    one = Ticket().answered("26 10:00").wrote("27 09:00")
    before = dict(one.row)
    assert one.then("27 09:05").row == before


# ---- steps ---------------------------------------------------------------------------------------------------------


def _come(one: Ticket, name: str, when: str) -> list[tuple[str, str | None]]:
    """Which steps of a clock have come by then; they are over with that."""
    found = clocks.kept(one.row)
    assert found is not None
    promise, clock = one.promises.of(one.row), found.of[name]
    budget = clocks.budget_of(promise, name, clock, one.row)
    assert budget is not None
    came, after = sla.come(promise, clock, budget, one.row[sla.DUE[name]], name, _at(when))
    one.row["clocks"] = clocks.with_clock(found, name, after).to_json()
    return [(step.key, _shown(step.at)) for step in came if not step.step.asks]


def test_steps_come_one_by_one() -> None:
    one = Ticket(priority="high")
    assert _come(one, "resolution", "26 16:00") == [("80%", "26 15:54")]
    assert _come(one, "resolution", "26 17:00") == []
    assert _come(one, "resolution", "26 17:30") == [("100%", "26 17:30")]
    assert _come(one, "resolution", "27 10:00") == [("+1 h", "27 10:00")]
    assert _come(one, "resolution", "27 12:00") == [("+1 h/2", "27 12:00")]


def test_after_an_outage_a_step_that_came_several_times_is_done_once() -> None:
    one = Ticket(priority="high")
    assert _come(one, "resolution", "30 17:00") == [("80%", "26 15:54"), ("100%", "26 17:30"), ("+1 h/3", "27 14:30")]
    assert _come(one, "resolution", "30 17:30") == []


def test_a_clock_that_stands_still_takes_no_steps() -> None:
    one = Ticket(priority="high").answered("26 17:00")
    assert _come(one, "resolution", "30 17:00") == []
    assert one.then("12/01 09:00", status="open").tick == "26 15:54"


def test_a_due_time_that_moves_later_is_kept_anew() -> None:
    one = Ticket(priority="urgent")
    assert _come(one, "resolution", "26 13:30") == [("80%", "26 12:12"), ("100%", "26 13:30")]
    assert one.then("26 13:40", priority="normal").dues[2] == "27 17:30"
    for when, priority in (("26 13:50", "urgent"), ("26 13:55", "normal"), ("26 14:00", "urgent")):
        assert _come(one.then(when, priority=priority), "resolution", when) == []
    assert _come(one.then("26 14:05", priority="normal"), "resolution", "27 17:30") == [
        ("80%", "27 14:18"), ("100%", "27 17:30"),
    ]  # fmt: skip
    assert _come(one, "resolution", "27 17:31") == []


def test_a_due_time_that_moves_to_before_it_was_told_is_not_told() -> None:
    one = Ticket(priority="urgent")
    assert [key for key, _ in _come(one, "resolution", "30 12:00")] == ["80%", "100%", "+1 h/3"]  # after an outage
    assert _come(one.then("30 12:01", priority="normal"), "resolution", "30 12:02") == []


def test_what_is_late_when_it_is_opened_again_comes_once_more() -> None:
    one = Ticket(priority="urgent")
    _come(one, "resolution", "27 12:00")
    one.then("27 12:10", status="resolved", resolved_at=_at("27 12:10"))
    one.then("30 09:00", status="open", resolved_at=None)
    assert one.dues[2] == "26 13:30"
    assert _come(one, "resolution", "30 09:00") == [("100%", "30 09:00"), ("+1 h/3", "30 09:00")]
    assert _come(one, "resolution", "30 17:00") == []
    one.then("12/01 09:00", status="on_hold").then("12/01 10:00", status="open")
    assert _come(one, "resolution", "12/01 10:00") == [], "that it stood still is no end"


def test_what_is_in_time_when_it_is_opened_again_goes_on() -> None:
    one = Ticket(priority="high")
    assert _come(one, "resolution", "26 16:00") == [("80%", "26 15:54")]
    one.then("26 16:10", status="resolved", resolved_at=_at("26 16:10"))
    one.then("27 09:00", status="open", resolved_at=None)
    assert _come(one, "resolution", "27 09:01") == []
    assert _come(one, "resolution", "27 10:20") == [("100%", "27 10:20")]


def test_again_after_business_days() -> None:
    step = {"of": "resolution", "at": "100%", "every": "1 business day", "times": 2, "do": ["tag:late"]}
    one = Ticket(priority="high", promised=promises(step=[step]))
    assert _come(one, "resolution", "26 17:30") == [("100%", "26 17:30")]
    assert _come(one, "resolution", "27 17:29") == []
    assert _come(one, "resolution", "27 17:30") == [("100%/2", "27 17:30")]


def test_an_offset_before_the_due_time_is_working_time() -> None:
    one = Ticket("26 14:00")
    assert one.dues[0] == "27 09:30"
    assert _come(one, "first_response", "27 08:00") == []
    assert _come(one, "first_response", "27 09:00") == [("-30 min", "27 09:00")]


# ---- silence -------------------------------------------------------------------------------------------------------


def test_rules_are_asked_after_silences() -> None:
    one = Ticket(promised=promises(silences=(timedelta(days=3), timedelta(days=7)))).answered("26 10:00")
    assert one.row["next_tick_at"] == _at("29 10:00:01")
    found = clocks.kept(one.row)
    assert found is not None
    assert clocks.silence(found, one.row, one.promises, _at("29 10:00:00")) is None
    assert clocks.silence(found, one.row, one.promises, _at("29 10:00:01")) == timedelta(days=3)
    assert clocks.silence(found, one.row, one.promises, _at("12/09 10:00")) == timedelta(days=7)
    assert one.wrote("29 09:00").answered("29 09:30").tick == "12/02 09:30", "somebody wrote"


def test_who_does_not_know_the_rules_leaves_it_to_the_clock() -> None:
    assert Ticket(promised=promises(silences=None)).tick == "26 09:00"


# ---- explained -----------------------------------------------------------------------------------------------------


def test_interval_by_interval() -> None:
    one = Ticket("26 15:00", priority="high").then("26 16:00", status="on_hold").then("27 11:00", status="open")
    told = reckoned.told(one.row, one.promises)["resolve_due"]
    assert told is not None
    assert (_shown(told["at"]), told["budget"], told["calendar"], told["state"]) == (
        "30 10:00",
        "8 h",
        "office",
        "running",
    )
    assert [(_shown(span["from"]), _shown(span["to"]), span["minutes"]) for span in told["intervals"]] == [
        ("26 15:00", "26 16:00", 60),
        ("27 11:00", "27 12:30", 90),
        ("27 13:00", "27 17:30", 270),
        ("30 09:00", "30 10:00", 60),
    ]
    assert told["minutes"] == 480


def test_a_clock_is_kept_as_it_is() -> None:
    clock = Clock(runs=((_at("26 09:00"), _at("26 10:00")), (_at("27 09:00"), None)), done={"80%": _at("27 09:00")})
    assert Clock.from_json(clock.to_json()) == clock
