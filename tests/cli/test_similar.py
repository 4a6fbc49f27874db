"""`gateway similar`: suggestions with their reasons, matters of many tickets, and that nothing is joined by itself."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.now import now
from gateway.store import matters, tables
from gateway.store.similar import Scope
from gateway.tickets.similar import SAME_MATTER, likeness, profile
from support.desk import Desk
from support.matters import MATTERS, written

OUTAGE = (
    ("Cannot log in", "The login page says my password is wrong."),
    ("Login broken", "I cannot log in, the login page says wrong password."),
    ("login page: wrong password?", "My password is right, and the login page refuses it."),
)


def outage(desk: Desk, count: int) -> list[int]:
    found = []
    for place in range(count):
        title, text = OUTAGE[place % len(OUTAGE)]
        found.append(desk.ticket(title, text=text, requester=f"user{place}@house{place}.example"))
    return found


def test_a_ticket_is_shown_with_what_looks_like_it(desk: Desk) -> None:
    first, second, third = outage(desk, 3)
    other = desk.ticket("Refund", text="the money has not come back", requester="bo@example.net")
    found = desk.ask("similar", str(second))
    assert {one["number"] for one in found} == {first, third}
    assert list(found[0]) == ["number", "score", "why", "subject"]
    assert found[0]["score"] >= found[1]["score"] >= 0.4
    assert any("shared words" in why for why in found[0]["why"])
    shown = desk.ask("show", str(second))["similar"]
    assert shown == [{key: one[key] for key in ("number", "score", "why")} for one in found]
    assert desk.ask("show", str(other))["similar"] == []
    page = desk.run("show", str(second)).out
    assert f"looks like #{first} Cannot log in (0." in page
    assert desk.run("similar", str(other)).out == "no open ticket looks like it\n"
    table = desk.run("similar", f"#{second}").out
    assert "Cannot log in" in table
    assert "shared words" in table


def test_nothing_is_joined_by_itself(desk: Desk) -> None:
    numbers = outage(desk, 5)
    desk.ask("similar", "--matters")
    for number in numbers:
        shown = desk.ask("show", str(number))
        assert (shown["links"], shown["status"], len(shown["articles"])) == ([], "new", 1)


def test_only_open_tickets_of_the_last_days_are_shown(desk: Desk) -> None:
    first, second, third = outage(desk, 3)
    old = desk.ticket(*OUTAGE[0][:1], text=OUTAGE[0][1], requester="old@example.net", at=now() - timedelta(days=8))
    assert {one["number"] for one in desk.ask("similar", str(first))} == {second, third}
    assert desk.run("do", str(third), "resolve").code == 0
    assert {one["number"] for one in desk.ask("similar", str(first))} == {second}
    assert {one["number"] for one in desk.ask("similar", str(old))} == {first, second}
    assert desk.ask("similar", "--matters") == [] or desk.ask("similar", "--matters")[0]["size"] == 2


def test_a_status_of_the_site_that_ends_a_ticket_counts_as_ended(desk: Desk) -> None:
    desk.configure(more='[statuses.settled]\nlike = "resolved"\n')
    first, second, third = outage(desk, 3)
    settled = desk.ticket(OUTAGE[0][0], text=OUTAGE[0][1], requester="x@example.net", status="settled")
    assert {one["number"] for one in desk.ask("similar", str(first))} == {second, third}
    assert settled not in desk.ask("similar", "--matters")[0]["tickets"]


def test_matters_are_found_one_by_one(desk: Desk) -> None:
    """Each list holds tickets of one matter, and together they hold most of them."""
    matter = {}
    for place, one in enumerate(written()):
        matter[desk.ticket(one.subject, text=one.text, requester=f"user{place}@example.net")] = one.matter
    found = desk.ask("similar", "--matters")
    pure = sum(max([matter[number] for number in one["tickets"]].count(name) for name in MATTERS) for one in found)
    listed = sum(one["size"] for one in found)
    assert pure / listed >= 0.97
    assert listed >= 190
    assert len(found) <= 40
    sizes = [one["size"] for one in found]
    assert sizes == sorted(sizes, reverse=True)


def test_the_matters_of_an_outage(desk: Desk) -> None:
    numbers = outage(desk, 12)
    desk.ticket("Refund", text="the money has not come back", requester="bo@example.net")
    (found,) = desk.ask("similar", "--matters", "--at-least", "5")
    assert list(found) == ["number", "subject", "queue", "size", "requesters", "since", "latest", "tickets"]
    assert (found["number"], found["size"], found["requesters"]) == (numbers[0], 12, 12)
    assert found["tickets"] == numbers
    assert "and 2 more" in desk.run("similar", "--matters").out
    assert desk.ask("similar", "--matters", "--at-least", "13") == []


def test_the_list_of_one_ticket_is_cut_at_a_score(desk: Desk) -> None:
    first, second, third = outage(desk, 3)
    scores = {one["number"]: one["score"] for one in desk.ask("similar", str(first))}
    assert scores.keys() == {second, third}
    high, low = max(scores, key=scores.__getitem__), min(scores, key=scores.__getitem__)
    assert scores[high] > scores[low]
    found = desk.ask("similar", str(first), "--at-least", str(scores[high]))
    assert [one["number"] for one in found] == [high]
    assert desk.ask("similar", str(first), "--at-least", "1") == []
    assert len(desk.ask("similar", str(first), "--at-least", "0.01")) == 2


def test_the_list_of_one_ticket_is_whole(desk: Desk) -> None:
    """More look like it than are compared by their rarest tokens."""
    numbers = [
        desk.ticket("Cannot log in", text="the login page says wrong password", requester=f"user{place}@example.net")
        for place in range(50)
    ]
    assert [one["number"] for one in desk.ask("similar", str(numbers[7]))] == [
        one for one in numbers if one != numbers[7]
    ]
    assert len(desk.ask("show", str(numbers[7]))["similar"]) == 20


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("1", "--at-least", "5"), '"5" is no score, which is a number over 0 up to 1, such as 0.4 or 0.75'),
        (("1", "--at-least", "0"), '"0" is no score'),
        (("1", "--at-least", "nan"), '"nan" is no score'),
        (("1", "--at-least", "many"), '"many" is no score'),
        (("--matters", "--at-least", "0.5"), '"0.5" is no number of tickets, which is a whole number from 2 on'),
        (("--matters", "--at-least", "1"), '"1" is no number of tickets'),
        (("--matters", "--at-least", "9" * 40), "is no number of tickets"),
    ],
)
def test_a_threshold_that_is_none_is_refused(desk: Desk, args: tuple[str, ...], said: str) -> None:
    desk.ticket()
    answer = desk.run("similar", *args)
    assert (answer.code, answer.out) == (64, "")
    assert "--at-least" in answer.err
    assert said in answer.err


ORGANISATION = """
[organisations.big]
domains = ["big.example", "*.big-lamps.example"]
[organisations.mailers]
domains = ["gmail.com"]
"""


def test_colleagues_are_those_of_the_organisations_that_the_site_declares(desk: Desk) -> None:
    def why(*addresses: str) -> str:
        numbers = [desk.ticket("Cannot log in", text="wrong password", requester=address) for address in addresses]
        found = next(one for one in desk.ask("similar", str(numbers[0])) if one["number"] == numbers[1])
        return "; ".join(found["why"])

    assert "same organisation" not in why("a@big.example", "b@eu.big-lamps.example")
    desk.configure(more=ORGANISATION)
    assert "same organisation" in why("c@big.example", "d@eu.big-lamps.example")
    assert "same organisation" in why("e@other.example", "f@other.example")
    assert "same organisation" not in why("g@seznam.cz", "h@seznam.cz")
    assert "same organisation" in why("i@gmail.com", "j@gmail.com")  # the site says so


def test_the_scores_are_those_that_the_figures_were_measured_with(desk: Desk) -> None:
    """How common a word is counts on both sides, or an outage would part those who use different words for it."""
    said = [*OUTAGE, ("login page refuses me", "Every login ends with error 4017, although the password is right.")]
    tickets = [
        (
            said[place % 4],
            desk.ticket(*said[place % 4][:1], text=said[place % 4][1], requester=f"u@house{place}.example"),
        )
        for place in range(40)
    ]
    profiles = {number: profile(number, *words) for words, number in tickets}
    common = Counter(token for one in profiles.values() for token in one.tokens)
    found = {one["number"]: one["score"] for one in desk.ask("similar", "1", "--at-least", "0.01")}
    assert found == {
        number: likeness(profiles[1], one, common).score for number, one in profiles.items() if number != 1
    }
    assert len(set(found.values())) == 4


def test_taking_in_goes_in_batches_and_counts_each_ticket_once(desk: Desk) -> None:
    numbers = outage(desk, 230)
    scope = Scope(since=now() - timedelta(days=7))
    rounds = 0
    while matters.take_in(desk.store, scope):
        rounds += 1
    assert rounds == -(-230 // matters.BATCH)
    assert not matters.take_in(desk.store, scope)
    (found,) = matters.matters(desk.store, scope)
    assert found.tickets == tuple(numbers)
    assert matters.matter_of(desk.store, numbers[7], scope) == tuple(numbers)


CHATTER = (
    "Although neighbours ordered yesterday: garden chairs, tables, cushions, parasols, covers, delivery on Saturday."
)


def test_what_everybody_writes_makes_no_matter_smaller(desk: Desk) -> None:
    """The words of both tickets are counted alike, those of the older that the new one lacks as well."""
    for place in range(30):
        desk.ticket(f"Question {place}", text=CHATTER, requester=f"user{place}@house{place}.example")
    long = desk.ticket("Dimmer trouble", text=f"My dimmer flickers. {CHATTER}", requester="ann@example.net")
    desk.ask("similar", "--matters")  # it is taken in, and with it the words it shares
    short = desk.ticket("Dimmer flickers", text="the dimmer flickers", requester="bo@example.org")
    score = next(one["score"] for one in desk.ask("similar", str(short)) if one["number"] == long)
    assert score >= SAME_MATTER
    found = next(one for one in desk.ask("similar", "--matters") if short in one["tickets"])
    assert long in found["tickets"]


def test_two_nodes_take_each_ticket_in_once(desk: Desk) -> None:
    numbers = outage(desk, 450)
    scope = Scope(since=now() - timedelta(days=7))
    start = threading.Barrier(3)

    def run() -> None:
        start.wait()
        while matters.take_in(desk.store, scope):
            pass

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (found,) = matters.matters(desk.store, scope)
    assert found.tickets == tuple(numbers)
    with desk.store.main.read() as conn:
        assert conn.execute(select(tables.matter.c.tickets)).scalars().all() == [450]


def test_what_is_old_is_forgotten(desk: Desk) -> None:
    numbers = outage(desk, 4)
    desk.ask("similar", "--matters")
    scope = Scope(since=now() - timedelta(days=7))
    assert matters.forget(desk.store, before=now())
    assert not matters.forget(desk.store, before=now())
    assert matters.matters(desk.store, scope) == []
    assert matters.matter_of(desk.store, numbers[0], scope) == ()
    desk.ask("similar", "--matters")  # what is past the mark is not taken in again, unless it came late


def test_hostile_subjects_are_shown_and_compared(desk: Desk) -> None:
    for place, title in enumerate(
        ("\x1b[2Jlogin" * 50, "%s{0}${jndi}" * 40, "'; DROP TABLE ticket; --", "\u202egolni")
    ):
        desk.ticket(title, text=title * 100, requester=f"h{place}@example.net")
        desk.ticket(title, text=title * 100, requester=f"i{place}@example.net")
    assert {3, 5, 7} >= {one["number"] for one in desk.ask("similar", "--matters")} >= {7}
    assert "\x1b" not in desk.run("similar", "1").out


def test_bad_calls_say_what_is_wrong(desk: Desk) -> None:
    assert desk.run("similar").code == 64
    assert desk.run("similar", "1", "--matters").code == 64
    missing = desk.run("similar", "7")
    assert (missing.code, missing.err) == (66, "gateway similar: there is no ticket 7\n")
    assert desk.ask("similar", "--matters") == []
    assert desk.run("similar", "--matters").out == "no open tickets look alike\n"
