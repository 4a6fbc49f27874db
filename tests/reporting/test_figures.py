"""The figures of a report, by tickets made by hand of which every number is known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.config import load
from gateway.reporting.figures import Group, Period, Ratings, Times, reckon, weekly
from gateway.reporting.terms import SiteTerms
from gateway.store.reports import Course, Handed, Move, Spent
from support.site import GOOD, write

# A Monday, at nine in Prague; the office is open 09:00-12:30 13:00-17:30, eight hours a day.
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = Period(start=MONDAY, end=MONDAY + timedelta(days=7))
MORE = """
[organisations.big]
domains = ["big.example"]
[statuses.at_supplier]
like = "on_hold"
"""


@pytest.fixture
def terms(tmp_path: Path) -> SiteTerms:
    return SiteTerms(load(write(tmp_path, GOOD + MORE)))


def hours(count: float) -> datetime:
    """So long after the Monday's opening."""
    return MONDAY + timedelta(hours=count)


def course(number: int = 1, **changes: Any) -> Course:
    nothing = dict.fromkeys(
        ("type", "category", "area", "assignee", "sla", "first_response_at", "first_response_due", "next_response_due",
         "first_response_minutes", "resolve_minutes", "resolve_due", "rating", "rated_at")
    )  # fmt: skip
    plain: dict[str, Any] = {
        "title": "lamp", "status": "open", "queue": "support", "priority": "normal", "tags": (),
        "requester": "ann@example.net", "requester_name": "Ann", "created_at": MONDAY, "updated_at": MONDAY,
    }  # fmt: skip
    return Course(number=number, **{**nothing, **plain, **changes})


def reckoned(terms: SiteTerms, *courses: Course, by: str = "queue", since: datetime | None = None) -> dict[str, Group]:
    """The groups by their name; `all` is all tickets."""
    first = since or MONDAY - timedelta(days=365)
    found = reckon(
        courses, [by], period=WEEK, at=hours(12), soon=timedelta(hours=24), first_opened_at=first, terms=terms
    )
    return {"all" if one.by == "all" else str(one.name): one for one in found}


def solved(at: datetime, *before: Move) -> dict[str, Any]:
    return {"status": "resolved", "moves": (*before, Move(at=at, before="open", after="resolved"))}


# ---- how things stand ----------------------------------------------------------------------------------------------

STANDS = {
    "no due time": (course(), (1, 0, 0)),
    "over": (course(resolve_due=hours(11)), (1, 1, 0)),
    "at this very moment": (course(resolve_due=hours(12)), (1, 0, 1)),
    "soon": (course(resolve_due=hours(35.9)), (1, 0, 1)),
    "later": (course(resolve_due=hours(36)), (1, 0, 0)),
    "the first answer is late": (course(first_response_due=hours(1), resolve_due=hours(90)), (1, 1, 0)),
    "the first answer was given": (course(first_response_due=hours(1), first_response_at=hours(2)), (1, 0, 0)),
    "the next answer is late": (course(next_response_due=hours(1)), (1, 1, 0)),
    "done with": (course(status="resolved", resolve_due=hours(1)), (0, 0, 0)),
    "waiting is open": (course(status="waiting"), (1, 0, 0)),
    "a status of the site's own": (course(status="at_supplier"), (1, 0, 0)),
}


@pytest.mark.parametrize(("one", "stands"), STANDS.values(), ids=STANDS)
def test_how_things_stand(one: Course, stands: tuple[int, int, int], terms: SiteTerms) -> None:
    found = reckoned(terms, one)["all"]
    assert (found.open, found.late, found.soon) == stands


# ---- what came and went --------------------------------------------------------------------------------------------

A_SECOND = timedelta(seconds=1)
WENT = {
    "opened": (course(created_at=WEEK.start), (1, 0, 0)),
    "opened before": (course(created_at=WEEK.start - A_SECOND), (0, 0, 0)),
    "opened after": (course(created_at=WEEK.end), (0, 0, 0)),
    "solved": (course(**solved(hours(3))), (1, 1, 0)),
    "solved after": (course(**solved(WEEK.end)), (1, 0, 0)),
    "closed after it was resolved is one end": (
        course(
            status="closed",
            moves=(Move(at=hours(3), before="open", after="resolved"), Move(at=hours(4), before="resolved", after="closed")),
        ),
        (1, 1, 0),
    ),
    "opened again and solved again": (
        course(**solved(
            hours(9),
            Move(at=hours(3), before="open", after="resolved"),
            Move(at=hours(5), before="resolved", after="open"),
        )),
        (1, 2, 1),
    ),
    "opened again only": (
        course(created_at=hours(-99), moves=(Move(at=hours(3), before="closed", after="open"),)), (0, 0, 1)),
}  # fmt: skip


@pytest.mark.parametrize(("one", "went"), WENT.values(), ids=WENT)
def test_what_came_and_went(one: Course, went: tuple[int, int, int], terms: SiteTerms) -> None:
    found = reckoned(terms, one)["all"]
    assert (found.created, found.solved, found.reopened) == went


# ---- how long it took ----------------------------------------------------------------------------------------------


def test_times_are_working_time_beside_the_sla(terms: SiteTerms) -> None:
    """Four answers after 1, 2, 3 and 5 working hours: the SLA promises 4."""
    answers = [course(n, first_response_at=hours(at)) for n, at in enumerate((1, 2, 3, 5.5))]  # lunch is half an hour
    took = reckoned(terms, *answers)["all"].first_response
    assert took == Times(count=4, mean=165, median=150, p90=300, sla=240, kept=0.75)


def test_nine_of_ten(terms: SiteTerms) -> None:
    answers = [course(n, first_response_at=MONDAY + timedelta(minutes=n)) for n in range(1, 21)]
    took = reckoned(terms, *answers)["all"].first_response
    assert (took.median, took.p90, took.mean) == (10, 18, 10)  # of 10.5, the even one


def test_nights_are_no_working_time(terms: SiteTerms) -> None:
    """Tuesday at ten is nine working hours after Monday at nine; two business days are sixteen."""
    found = reckoned(terms, course(**solved(hours(25))))["all"]
    assert found.resolution == Times(count=1, mean=540, median=540, p90=540, sla=960, kept=1.0)
    assert found.handling == Times(count=1, mean=1500, median=1500, p90=1500)


@pytest.mark.parametrize("status", ["waiting", "on_hold", "at_supplier", "resolved"])
def test_pauses_are_left_out_of_the_resolution(status: str, terms: SiteTerms) -> None:
    pause = Move(at=hours(1), before="open", after=status), Move(at=hours(7), before=status, after="open")
    found = reckoned(terms, course(**solved(hours(8), *pause)))["all"]
    assert found.resolution.median == 120
    assert found.handling.median == 480


def test_what_the_clocks_had_at_the_time_counts(terms: SiteTerms) -> None:
    """Also where the calendar was changed since; a ticket that is open again has no such time."""
    kept = {"first_response_at": hours(1), "first_response_minutes": 30, "resolve_minutes": 70}
    found = reckoned(terms, course(**kept, **solved(hours(2))))["all"]
    assert (found.first_response.median, found.resolution.median) == (30, 70)
    again = (*solved(hours(2))["moves"], Move(at=hours(3), before="resolved", after="open"))
    assert reckoned(terms, course(**kept, moves=again))["all"].resolution.median == 120


def test_without_a_promise_there_is_none(terms: SiteTerms) -> None:
    """The queue billing has no SLA: around the clock; and the SLA has nothing for tickets of low priority."""
    elsewhere = reckoned(terms, course(queue="billing", first_response_at=hours(24)))["all"].first_response
    assert elsewhere == Times(count=1, mean=1440, median=1440, p90=1440, sla=None, kept=None)
    low = reckoned(terms, course(priority="low", **solved(hours(1))))["all"].resolution
    assert (low.median, low.sla, low.kept) == (60, None, None)


def test_an_answer_of_another_week_does_not_count(terms: SiteTerms) -> None:
    early = course(created_at=hours(-50), first_response_at=hours(-1))
    assert reckoned(terms, early)["all"].first_response.count == 0


# ---- by what -------------------------------------------------------------------------------------------------------

MANY = (
    course(1, queue="support", assignee="carol", area="login", type="problem", tags=("vip", "late")),
    course(2, queue="billing", assignee="dave", area="invoice", priority="high", requester="bo@big.example"),
    course(3, queue="support", assignee=None, area="login", category="access", tags=("vip",)),
)
BY = {
    "queue": {"support": 2, "billing": 1},
    "agent": {"carol": 1, "dave": 1, "None": 1},
    "area": {"login": 2, "invoice": 1},
    "type": {"problem": 1, "None": 2},
    "category": {"access": 1, "None": 2},
    "tag": {"vip": 2, "late": 1},
    "organisation": {"big": 1, "None": 2},
    "priority": {"normal": 2, "high": 1},
    "sender": {"ann@example.net": 2},
}


@pytest.mark.parametrize(("by", "counts"), BY.items(), ids=BY)
def test_groups(by: str, counts: dict[str, int], terms: SiteTerms) -> None:
    found = reckoned(terms, *MANY, by=by)
    assert {name: one.created for name, one in found.items()} == {"all": 3, **counts}


def test_the_largest_group_comes_first(terms: SiteTerms) -> None:
    assert list(reckoned(terms, *MANY, by="queue")) == ["all", "support", "billing"]


def test_time_is_theirs_who_spent_it(terms: SiteTerms) -> None:
    spent = (
        Spent(at=hours(1), minutes=20, by="agent:dave"),
        Spent(at=hours(2), minutes=5, by="cli:root"),  # of whoever has the ticket
        Spent(at=hours(-2), minutes=99, by="agent:dave"),  # last week
    )
    one = course(assignee="carol", spent=spent)
    assert {name: group.time_spent for name, group in reckoned(terms, one, by="agent").items()} == {
        "all": 25, "carol": 5, "dave": 20}  # fmt: skip
    assert reckoned(terms, one)["support"].time_spent == 25


# Carol has it on Monday from nine, Dave from one on; today it is nobody's.
HANDED = (
    Handed(at=hours(0), before=None, after="carol"),
    Handed(at=hours(4), before="carol", after="dave"),
    Handed(at=hours(8), before="dave", after=None),
)
ENDS = (
    Move(at=hours(3), before="open", after="resolved"),
    Move(at=hours(4), before="resolved", after="open"),
    Move(at=hours(5), before="open", after="resolved"),
    Move(at=hours(6), before="resolved", after="closed"),
)


def test_what_was_done_is_theirs_who_had_it_then(terms: SiteTerms) -> None:
    """Whoever was given it at the very instant has it; how long it took is of the last time it was solved."""
    one = course(
        status="closed", handed=HANDED, moves=ENDS, first_response_at=hours(2), rating=4, rated_at=hours(7),
        workers=frozenset({"carol", "dave"}), spent=(Spent(at=hours(1), minutes=5, by="cli:root"),),
    )  # fmt: skip
    found = reckoned(terms, one, by="agent")
    assert {
        name: (group.created, group.solved, group.reopened, group.first_response.count, group.resolution.count,
               group.several, group.ratings.count, group.time_spent)
        for name, group in found.items()
    } == {
        "all": (1, 2, 1, 1, 1, 1, 1, 5),
        "carol": (0, 1, 0, 1, 0, 0, 0, 5),
        "dave": (0, 1, 1, 0, 1, 1, 1, 0),
        "None": (1, 0, 0, 0, 0, 0, 0, 0),
    }  # fmt: skip
    assert reckoned(terms, one)["support"].solved == 2


def test_the_first_answer_is_theirs_who_gave_it(terms: SiteTerms) -> None:
    one = course(handed=HANDED, first_response_at=hours(2), answered_by="dave", created_at=hours(-200))
    found = reckoned(terms, one, by="agent")
    assert {name: (group.open, group.first_response.count) for name, group in found.items()} == {
        "all": (1, 1), "dave": (0, 1), "None": (1, 0)}  # fmt: skip


def test_what_stands_is_theirs_who_have_it_today(terms: SiteTerms) -> None:
    one = course(assignee="dave", handed=HANDED[:2], resolve_due=hours(11))
    found = reckoned(terms, one, by="agent")
    assert {name: (group.open, group.late) for name, group in found.items()} == {"all": (1, 1), "dave": (1, 1)}


WHOSE = {
    "before it was anybody's": (hours(-1), None),
    "at the very instant": (hours(0), "carol"),
    "between": (hours(3.9), "carol"),
    "later": (hours(5), "dave"),
    "today": (hours(9), None),
}


@pytest.mark.parametrize(("at", "agent"), WHOSE.values(), ids=WHOSE)
def test_whose_it_was(at: datetime, agent: str | None) -> None:
    assert course(assignee="eve", handed=HANDED).assigned_at(at) == agent
    assert course(assignee="eve").assigned_at(at) == "eve"


def test_what_took_several_agents(terms: SiteTerms) -> None:
    both, alone = frozenset({"carol", "dave"}), frozenset({"carol"})
    done = [course(n, area="login", workers=who, **solved(hours(2))) for n, who in enumerate((both, alone, both))]
    still = course(9, area="login", workers=both)
    found = reckoned(terms, *done, still, by="area")["login"]
    assert (found.several, found.solved) == (2, 3)


def test_ratings_of_the_week(terms: SiteTerms) -> None:
    rated = [course(n, rating=stars, rated_at=hours(3)) for n, stars in enumerate((5, 4, 4))]
    before = course(9, rating=1, rated_at=hours(-3))
    assert reckoned(terms, *rated, before)["all"].ratings == Ratings(count=3, mean=4.33)


# ---- what grew -----------------------------------------------------------------------------------------------------


def opened(count: int, weeks_ago: int) -> list[Course]:
    at = hours(1) - timedelta(days=7 * weeks_ago)
    return [course(100 * weeks_ago + n, created_at=at, area="login") for n in range(count)]


GREW = {
    "as ever": ((5, 5, 5, 5, 5), 5.0, False),
    "a little more": ((9, 5, 5, 5, 5), 5.0, False),
    "much more": ((10, 5, 5, 5, 5), 5.0, True),
    "out of nothing": ((4, 0, 0, 0, 0), 0.0, True),
    "too few to be a matter": ((2, 0, 0, 0, 0), 0.0, False),
    "less": ((1, 8, 8, 8, 8), 8.0, False),
    "the fifth week before is not asked": ((3, 0, 0, 0, 2), 0.5, True),
}


@pytest.mark.parametrize(("weeks", "usual", "grew"), GREW.values(), ids=GREW)
def test_what_grew_against_the_weeks_before(weeks: tuple[int, ...], usual: float, grew: bool, terms: SiteTerms) -> None:
    courses = [one for ago, count in enumerate(weeks) for one in opened(count, ago)]
    found = reckoned(terms, *courses, *opened(50, 5), by="area")["login"]
    assert (found.usual, found.grew) == (usual, grew)


def test_a_young_site_has_nothing_usual(terms: SiteTerms) -> None:
    found = reckoned(terms, *opened(9, 0), since=MONDAY - timedelta(days=3))["all"]
    assert (found.usual, found.grew) == (None, False)
    found = reckoned(terms, *opened(9, 0), *opened(4, 1), since=MONDAY - timedelta(days=7))["all"]
    assert (found.usual, found.grew) == (4.0, True)


def test_nothing_at_all(terms: SiteTerms) -> None:
    (whole,) = reckoned(terms).values()
    assert (whole.open, whole.created, whole.first_response.count, whole.ratings.mean) == (0, 0, 0, None)


# ---- weeks ---------------------------------------------------------------------------------------------------------


def test_weeks_oldest_first(terms: SiteTerms) -> None:
    again = course(
        created_at=hours(-1),
        moves=(
            Move(at=hours(-1), before="new", after="open"),
            Move(at=hours(1), before="open", after="closed"),
            Move(at=hours(2), before="closed", after="open"),
        ),
    )
    found = weekly([again, replace(again, created_at=hours(-999))], at=WEEK.end, weeks=2, is_ended=terms.is_ended)
    assert [(one.created, one.solved, one.reopened) for one in found] == [(1, 0, 0), (0, 2, 2)]
    assert [one.start for one in found] == [MONDAY - timedelta(days=7), MONDAY]
