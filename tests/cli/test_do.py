"""`gateway do` and `gateway reply`: each command and taking it back; what is refused says why."""

import io
import itertools
import json
import threading
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from gateway import deeds
from gateway.commands import Doer
from gateway.config import load
from gateway.errors import Permanent
from gateway.mail import Address
from gateway.store import outbox
from gateway.store.lookup import tickets
from gateway.tickets.actions import AddArticle, Change, Leave, Participate
from gateway.tickets.commands import COMMANDS, Call
from support.desk import Desk, who
from support.mails import mail, reply_to

ANN, BOB, CID = "ann@example.net", "bob@example.org", "cid@example.com"


def do(desk: Desk, *args: str | int) -> Any:
    return desk.ask("do", *map(str, args))


def refused(desk: Desk, *args: str | int) -> str:
    answer = desk.run("do", *map(str, args))
    assert (answer.code, answer.out) == (1, "")
    return answer.err.removeprefix("gateway: ").strip()


def links(desk: Desk, number: int) -> list[tuple[str, int, str]]:
    return sorted((one["kind"], one["ticket"], one["direction"]) for one in desk.ask("show", str(number))["links"])


def status(desk: Desk, number: int) -> str:
    return str(desk.ask("show", str(number))["status"])


def kinds(desk: Desk, number: int) -> list[str]:
    return [event["kind"] for event in desk.ask("show", str(number))["events"]]


def people(shown: Any) -> list[tuple[str, str]]:
    return [(person["address"], person["role"]) for person in shown["participants"]]


def letters(desk: Desk) -> list[dict[str, str]]:
    found = []
    for row in outbox.rows(desk.store):
        read = message_from_bytes(outbox.bytes_of(desk.store, row.id))
        found.append({"to": row.recipient, "subject": str(read["Subject"]), "text": str(read.get_payload())})
    return found


# ---- link and unlink -----------------------------------------------------------------------------------------------


def test_link_and_unlink_and_undo_of_each(desk: Desk) -> None:
    one, two, three = desk.ticket(), desk.ticket(requester=BOB), desk.ticket(requester=CID)
    assert do(desk, one, "link", two, three) == {
        "ticket": one,
        "command": "link",
        "done": True,
        "said": f"linked to #{two}, #{three}",
        "tickets": [two, three],
        "skipped": [],
    }
    assert links(desk, one) == [("similar", two, "out"), ("similar", three, "out")]
    assert links(desk, two) == [("similar", one, "in")]
    again = do(desk, two, "link", one)
    assert (again["done"], again["skipped"]) == (False, [{"ticket": one, "why": "is linked already"}])
    assert do(desk, one, "unlink", two)["tickets"] == [two]
    assert links(desk, one) == [("similar", three, "out")]
    assert do(desk, one, "undo")["said"] == f"undone: unlinked #{two}"
    assert links(desk, one) == [("similar", two, "out"), ("similar", three, "out")]
    assert do(desk, one, "undo")["said"] == f"undone: linked #{two}, #{three}"
    assert links(desk, one) == []
    assert refused(desk, one, "undo") == f"there is nothing to undo on #{one}"
    events = desk.ask("show", str(one))["events"]
    assert [event["kind"] for event in events] == ["opened", "linked", "unlinked", "undone", "undone"]
    assert {event["actor"] for event in events[1:]} == {who()}
    assert {event["reason"] for event in events[1:]} == {"person"}
    assert kinds(desk, two) == ["opened", "linked", "unlinked", "undone", "undone"]


def test_a_link_that_is_gone_cannot_be_undone(desk: Desk) -> None:
    one, two = desk.ticket(), desk.ticket(requester=BOB)
    do(desk, one, "link", two)
    do(desk, two, "unlink", one)
    assert refused(desk, one, "undo") == f"#{one} is no longer linked to #{two}"
    assert refused(desk, one, "unlink", two) == f"#{one} has no such link to #{two}"
    assert refused(desk, one, "link", one) == f"#{one} cannot be linked to itself"


# ---- merge ---------------------------------------------------------------------------------------------------------


def test_merge_needs_the_same_requester(desk: Desk) -> None:
    one, two = desk.ticket(), desk.ticket(requester=BOB)
    said = refused(desk, one, "merge", two)
    assert said == f"different requesters are never joined; link {two} to #{one} instead"
    assert (links(desk, one), status(desk, two)) == ([], "new")


def test_merge_and_undo(desk: Desk) -> None:
    one = desk.ticket("Lamp", text="where is my lamp?")
    two = desk.ticket("Lamp again", text="still no lamp", status="waiting")
    desk.act(Participate(ticket=two, address=Address(addr=BOB), role="watcher"))
    desk.act(Participate(ticket=two, address=Address(addr=CID), role="proposed"))
    assert do(desk, one, "merge", two)["said"] == f"took in #{two}"
    shown, merged = desk.ask("show", str(one)), desk.ask("show", str(two))
    assert [(article["ticket"], article["text"]) for article in shown["articles"]] == [
        (one, "where is my lamp?"),
        (two, "still no lamp"),
    ]
    assert people(shown) == [(ANN, "requester"), (BOB, "proposed"), (CID, "proposed")]
    assert merged["status"] == "closed"
    assert len(merged["articles"]) == 1
    assert links(desk, one) == [("merged", two, "in")]
    page = desk.run("show", str(one)).out
    assert f"took in #{two}" in page
    assert f", on #{two} ---" in page
    assert f"merged into #{one}" in desk.run("show", str(two)).out
    assert do(desk, one, "undo")["tickets"] == [two]
    assert (status(desk, two), links(desk, one), links(desk, two)) == ("waiting", [], [])
    shown = desk.ask("show", str(one))
    assert [article["text"] for article in shown["articles"]] == ["where is my lamp?"]
    assert people(shown) == [(ANN, "requester")]
    assert refused(desk, one, "undo") == f"there is nothing to undo on #{one}"
    assert desk.run("fsck").code == 0


def test_who_stood_in_copy_of_a_merged_ticket_gets_no_say_on_the_survivor(desk: Desk) -> None:
    """The opening mail of the other ticket may be forged: whom it names in Cc an agent has to let in (T82)."""
    desk.take_in(mail(subject="lamp", text="where is the lamp?"))
    desk.work()
    desk.take_in(mail(subject="again", text="still no lamp", headers=("Cc: Eve <eve@evil.example>",)))
    desk.work()
    assert people(desk.ask("show", "2")) == [(ANN, "requester"), ("eve@evil.example", "watcher")]
    do(desk, 1, "merge", 2)
    assert people(desk.ask("show", "1")) == [(ANN, "requester"), ("eve@evil.example", "proposed")]
    desk.take_in(mail(sender="eve@evil.example", subject="Re: [Acme #1] lamp", text="Tell me."), mail_from=None)
    desk.work()
    assert len(desk.ask("show", "1")["articles"]) == 2
    assert desk.ask("show", "3")["links"][0]["kind"] == "mentions"


def test_a_merge_leaves_the_survivors_own_people_as_they_are(desk: Desk) -> None:
    one, two = desk.ticket(), desk.ticket("again")
    desk.act(Participate(ticket=one, address=Address(addr=BOB), role="watcher"))
    desk.act(Participate(ticket=two, address=Address(addr=BOB), role="proposed"))
    desk.act(Participate(ticket=two, address=Address(addr=CID), role="other"))
    do(desk, one, "merge", two)
    assert people(desk.ask("show", str(one))) == [(ANN, "requester"), (BOB, "watcher"), (CID, "proposed")]
    do(desk, one, "undo")
    assert people(desk.ask("show", str(one))) == [(ANN, "requester"), (BOB, "watcher")]


def test_undoing_a_merge_keeps_whom_an_agent_let_in_meanwhile(desk: Desk) -> None:
    one, two = desk.ticket(), desk.ticket("again")
    desk.act(Participate(ticket=two, address=Address(addr=BOB), role="watcher"))
    desk.act(Participate(ticket=two, address=Address(addr=CID), role="watcher"))
    do(desk, one, "merge", two)
    desk.act(Leave(ticket=one, address=Address(addr=BOB)))
    desk.act(Participate(ticket=one, address=Address(addr=BOB), role="watcher"))
    do(desk, one, "undo")
    assert people(desk.ask("show", str(one))) == [(ANN, "requester"), (BOB, "watcher")]


def test_mail_to_the_merged_number_goes_to_the_survivor(desk: Desk) -> None:
    for subject in ("lamp", "another lamp"):
        desk.take_in(mail(subject=subject, text=f"where is the {subject}?"))
    desk.work()
    acknowledged = outbox.bytes_of(desk.store, outbox.rows(desk.store)[1].id)
    assert do(desk, 1, "merge", 2)["done"]
    desk.take_in(reply_to(acknowledged, text="By its token."))
    desk.take_in(mail(subject="Re: [Acme #2] another lamp", text="By its number."))
    desk.work()
    shown = desk.ask("show", "1")
    assert [article["text"].strip() for article in shown["articles"]][2:] == ["By its token.", "By its number."]
    assert len(desk.ask("show", "2")["articles"]) == 1
    assert len(desk.ask("tickets")) == 2
    assert links(desk, 1) == [("merged", 2, "in")]  # what it took in is not mentioned as another ticket
    assert refused(desk, 1, "undo") == "#1 has had mail since, which would stay on it alone"


def test_merge_rules(desk: Desk) -> None:
    one, two, three, four = (desk.ticket(f"Lamp {name}") for name in "abcd")
    assert refused(desk, one, "merge", one) == f"#{one} cannot be merged with itself"
    do(desk, one, "merge", two)
    assert refused(desk, two, "merge", three) == f"#{two} was merged into #{one}; use that"
    assert refused(desk, three, "merge", two) == f"#{two} was merged into #{one}; use that"
    assert refused(desk, two, "merge", one) == f"#{two} was merged into #{one}; use that"
    assert do(desk, three, "merge", one, four)["tickets"] == [one, four]
    assert [article["ticket"] for article in desk.ask("show", str(three))["articles"]] == [one, two, three, four]
    assert refused(desk, one, "undo") == f"#{one} was merged into #{three}; use that"
    do(desk, three, "undo")
    do(desk, one, "undo")
    assert [one["status"] for one in desk.ask("tickets")] == ["new"] * 4


def test_a_row_of_merges_ends_before_threading_loses_its_way(desk: Desk) -> None:
    numbers = [desk.ticket(f"Lamp {place}") for place in range(10)]
    for before, after in itertools.pairwise(numbers[:-1]):
        do(desk, after, "merge", before)
    assert "too many merges in a row" in refused(desk, numbers[-1], "merge", numbers[-2])


def test_undo_of_a_merge_is_refused_where_the_ticket_moved_on(desk: Desk) -> None:
    one, two = desk.ticket(), desk.ticket("again")
    do(desk, one, "merge", two)
    desk.act(AddArticle(ticket=one, direction="in", author=ANN, subject="", text="more"))
    assert refused(desk, one, "undo") == f"#{one} has had mail since, which would stay on it alone"
    assert status(desk, two) == "closed"


def test_merges_at_the_same_time_make_no_ring(desk: Desk) -> None:
    """Each of ten pairs is merged both ways at once: one wins, the other is told so."""
    pairs = [(desk.ticket(f"a{place}"), desk.ticket(f"b{place}")) for place in range(10)]
    doer = Doer(store=desk.store, cfg=load(desk.config, secrets=False), name="cli:test")
    start = threading.Barrier(2)
    refusals: list[str] = []

    def run(first: int, second: int) -> None:
        for pair in pairs:
            start.wait()
            try:
                deeds.do(doer, pair[first], Call(command="merge", argument=(pair[second],), line=""))
            except Permanent as error:
                refusals.append(str(error))

    threads = [threading.Thread(target=run, args=way) for way in ((0, 1), (1, 0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 10
    assert all("was merged into" in refusal for refusal in refusals)
    for one, two in pairs:
        assert sorted((status(desk, one), status(desk, two))) == ["closed", "new"]


# ---- common --------------------------------------------------------------------------------------------------------


@pytest.fixture
def family(desk: Desk) -> tuple[int, int, int]:
    """A common ticket of three customers."""
    one = desk.ticket("Shop is down", requester=ANN)
    two = desk.ticket("Your shop?", requester=BOB)
    three = desk.ticket("No shop today", requester=CID)
    assert do(desk, one, "common", two, three)["tickets"] == [two, three]
    return one, two, three


def test_common_and_undo(desk: Desk, family: tuple[int, int, int]) -> None:
    one, two, three = family
    assert links(desk, one) == [("common", two, "in"), ("common", three, "in")]
    assert links(desk, two) == [("common", one, "out")]
    assert f"is the common ticket of #{two} (person)" in desk.run("show", str(one)).out
    assert f"belongs to the common ticket #{one} (person)" in desk.run("show", str(two)).out
    assert do(desk, one, "undo")["tickets"] == [two, three]
    assert links(desk, one) == []


def test_one_can_be_taken_out_and_the_rest_undone(desk: Desk, family: tuple[int, int, int]) -> None:
    one, two, three = family
    do(desk, two, "unlink", one)
    assert links(desk, one) == [("common", three, "in")]
    undone = do(desk, one, "undo")
    assert (undone["tickets"], undone["skipped"]) == ([three], [{"ticket": two, "why": "was taken out already"}])
    do(desk, two, "undo")
    assert links(desk, two) == [("common", one, "out")]


def test_common_rules(desk: Desk, family: tuple[int, int, int]) -> None:
    one, two, three = family
    four, five = desk.ticket(requester="dan@example.net"), desk.ticket(requester="eve@example.net")
    assert refused(desk, two, "common", four) == f"#{two} is part of the common ticket #{one} itself"
    assert refused(desk, four, "common", two, five) == f"nothing was done: #{two} is part of the common ticket #{one}"
    assert refused(desk, four, "common", one) == f"nothing was done: #{one} is a common ticket itself"
    assert refused(desk, one, "common", one) == f"nothing was done: #{one} cannot be common to itself"
    again = do(desk, one, "common", three, four)
    assert (again["tickets"], again["skipped"]) == ([four], [{"ticket": three, "why": "is one of them already"}])
    do(desk, five, "resolve")
    assert refused(desk, one, "common", five) == f"nothing was done: #{five} is resolved"
    assert refused(desk, five, "merge", one).startswith("different requesters")
    six, seven = desk.ticket("x", requester=ANN), desk.ticket("y", requester=BOB)
    assert refused(desk, six, "merge", one) == f"#{one} is a common ticket; merge #{six} into it instead"
    assert do(desk, two, "merge", seven)["done"]


def test_common_similar_takes_what_looks_like_it(desk: Desk) -> None:
    alike = [
        desk.ticket("Cannot log in", text="the login page says wrong password", requester=f"user{place}@example.net")
        for place in range(40)
    ]
    other = desk.ticket("Refund", text="the money has not come back", requester=BOB)
    assert do(desk, alike[3], "common", "similar")["tickets"] == [one for one in alike if one != alike[3]]
    said = refused(desk, other, "common", "similar")
    assert said == f"no open ticket of the last days looks like #{other} by 0.4 or more"
    assert do(desk, alike[3], "common", "similar")["done"] is False
    do(desk, alike[3], "undo")
    assert links(desk, alike[3]) == []


def chain(desk: Desk) -> list[int]:
    """Five tickets, each like the one before it: the last is like the first no more."""
    words = "lamp parcel invoice carrier refund socket garden mirror window carpet ladder hammer".split()
    return [
        desk.ticket(
            " ".join(words[place : place + 5]), text=" ".join(words[place : place + 6]), requester=f"p{place}@x.example"
        )
        for place in range(7)
    ]


def test_common_similar_takes_only_what_looks_like_the_ticket_itself(desk: Desk) -> None:
    """A matter is a chain: what its far end has in common with the ticket may be nothing."""
    numbers = chain(desk)
    (matter,) = desk.ask("similar", "--matters")
    assert matter["tickets"] == numbers
    like = {one["number"]: one["score"] for one in desk.ask("similar", str(numbers[0]))}
    assert 0 < len(like) < len(numbers) - 1
    assert all(score >= 0.4 for score in like.values())
    made = do(desk, numbers[0], "common", "similar")
    assert made["tickets"] == sorted(like)
    assert made["skipped"]
    assert all("is of the matter, but looks like #1 by 0." in one["why"] for one in made["skipped"])
    assert {one["ticket"] for one in made["skipped"]} < set(numbers) - like.keys()


def test_common_similar_lists_what_it_takes_before_it_does(desk: Desk) -> None:
    numbers = chain(desk)
    scores = {one["number"]: one["score"] for one in desk.ask("similar", str(numbers[0]))}
    best = max(scores.values())
    chosen = [number for number, score in scores.items() if score == best]
    args = ("do", str(numbers[0]), "common", "similar", "--at-least", str(best))
    dry = desk.run(*args, "--dry").out.splitlines()
    assert dry[0] == f"these look like #{numbers[0]}:"
    assert dry[1].split() == ["ticket", "score", "subject"]
    said = 2 + len(chosen)
    assert [line.split()[:2] for line in dry[2:said]] == [[f"#{number}", f"{best:.2f}"] for number in chosen]
    assert (
        dry[said] == f"dry run, nothing was done: #{numbers[0]} is common to {', '.join(f'#{one}' for one in chosen)}"
    )
    assert links(desk, numbers[0]) == []
    assert desk.run(*args).out.splitlines()[:said] == dry[:said]
    assert [number for _, number, _ in links(desk, numbers[0])] == sorted(chosen)


# ---- reply and resolve --------------------------------------------------------------------------------------------


def test_a_reply_goes_to_each_requester_on_their_own_ticket_once(
    desk: Desk, family: tuple[int, int, int], tmp_path: Path
) -> None:
    one, two, three = family
    twin = desk.ticket("Shop still down", requester=BOB)
    do(desk, one, "common", twin)
    text = tmp_path / "reply.txt"
    text.write_text("The shop is back.\n\nCarol")
    replied = do(desk, one, "reply", "--file", str(text))
    assert (replied["said"], replied["tickets"]) == ("replied to 3 customers", [one, two, three, twin])
    sent = letters(desk)
    assert [(one["to"], one["subject"]) for one in sent] == [
        (ANN, f"Re: [Acme #{one}] Shop is down"),
        (BOB, f"Re: [Acme #{two}] Your shop?"),
        (CID, f"Re: [Acme #{three}] No shop today"),
    ]
    assert all("The shop is back." in one["text"] and "[ref:" in one["text"] for one in sent)
    assert not any(other in letter["text"] for letter in sent for other in (ANN, BOB, CID) if other != letter["to"])
    for number in (one, two, three, twin):
        shown = desk.ask("show", str(number))
        assert (shown["status"], shown["articles"][-1]["direction"], shown["articles"][-1]["author"]) == (
            "waiting",
            "out",
            who(),
        )
    late = desk.ticket("And me?", requester="late@example.net")
    do(desk, one, "common", late)
    again = do(desk, one, "reply", "--file", str(text))
    assert again["tickets"] == [late]
    assert {skip["why"] for skip in again["skipped"]} == {"has had this reply"}
    assert do(desk, one, "reply", "--file", str(text))["done"] is False
    assert [letter["to"] for letter in letters(desk)] == [ANN, BOB, CID, "late@example.net"]
    assert refused(desk, one, "undo").startswith(f"#{one} was answered since")
    assert desk.run("fsck").code == 0


def test_nobody_gets_the_same_text_again_on_another_of_their_tickets(
    desk: Desk, family: tuple[int, int, int], tmp_path: Path
) -> None:
    text = tmp_path / "reply.txt"
    text.write_text("The shop is back.")
    do(desk, family[0], "reply", "--file", str(text))
    again = desk.ticket("Is it still down?", requester=BOB)
    do(desk, family[0], "common", again)
    assert do(desk, family[0], "reply", "--file", str(text))["said"] == "replied to 0 customers"
    assert [letter["to"] for letter in letters(desk)] == [ANN, BOB, CID]
    assert "not_sent" in kinds(desk, again)


def test_the_customers_answer_comes_back_to_their_own_ticket(
    desk: Desk, family: tuple[int, int, int], tmp_path: Path
) -> None:
    _, two, _ = family
    (tmp_path / "reply.txt").write_text("The shop is back.")
    do(desk, family[0], "reply", "--file", str(tmp_path / "reply.txt"))
    letter = outbox.bytes_of(desk.store, outbox.rows(desk.store)[1].id)
    desk.take_in(reply_to(letter, sender=BOB, text="Not for me."), mail_from=BOB)
    desk.work()
    shown = desk.ask("show", str(two))
    assert (shown["status"], shown["articles"][-1]["text"].strip()) == ("open", "Not for me.")


def test_what_cannot_be_written_to_is_told_and_the_others_are_answered(desk: Desk, tmp_path: Path) -> None:
    one = desk.ticket(requester=ANN)
    ours = desk.ticket("loop", requester="support@acme.example")
    closed = desk.ticket("done", requester=BOB)
    do(desk, one, "common", ours, closed)
    desk.act(Change(ticket=closed, seen_version=2, values={"status": "closed"}, before={"status": "new"}))
    (tmp_path / "a.txt").write_text("Hello.")
    replied = do(desk, one, "reply", "--file", str(tmp_path / "a.txt"))
    assert replied["said"] == "replied to 1 customer"
    assert replied["skipped"] == [
        {"ticket": closed, "why": "is closed"},
        {"ticket": ours, "why": "cannot be written to"},
    ]
    assert [letter["to"] for letter in letters(desk)] == [ANN]
    assert "not_sent" in kinds(desk, ours)


def test_a_reply_that_is_none_is_refused(desk: Desk, tmp_path: Path) -> None:
    number = str(desk.ticket())
    for name, data in (("empty", b" \n"), ("binary", b"\xff\xfe\x00"), ("huge", b"x" * (1024 * 1024 + 1))):
        (tmp_path / name).write_bytes(data)
        assert desk.run("do", number, "reply", "--file", str(tmp_path / name)).code == 64
    assert desk.run("do", number, "reply", "--file", str(tmp_path / "missing")).code == 66
    assert letters(desk) == []


def test_resolving_the_parent_resolves_the_children_and_undo(desk: Desk, family: tuple[int, int, int]) -> None:
    one, two, three = family
    resolved = do(desk, one, "resolve")
    assert (resolved["said"], resolved["tickets"]) == (f"resolved with #{two}, #{three}", [two, three])
    assert [status(desk, number) for number in family] == ["resolved"] * 3
    again = do(desk, one, "resolve")
    assert (again["done"], again["said"]) == (False, "is resolved already")
    with desk.store.main.read() as conn:
        row = tickets(conn, [three])[three]
    version = 4  # opened, made common, resolved
    desk.act(Change(ticket=three, seen_version=version - 1, values={"status": "open", "resolved_at": None}, before=row))
    undone = do(desk, one, "undo")
    assert undone["tickets"] == [two]
    assert undone["skipped"] == [{"ticket": three, "why": "has moved on since: it is open"}]
    assert [status(desk, number) for number in family] == ["new", "new", "open"]
    do(desk, one, "undo")
    assert links(desk, one) == []


def test_resolving_cannot_be_undone_once_the_customer_wrote(desk: Desk) -> None:
    desk.take_in(mail())
    desk.work()
    do(desk, 1, "resolve")
    desk.take_in(mail(subject="Re: [Acme #1] lamp", text="It is not."))
    desk.work()
    assert refused(desk, 1, "undo") == "#1 has moved on since: it is open"


def test_a_child_that_was_merged_is_answered_as_what_it_is_now(
    desk: Desk, family: tuple[int, int, int], tmp_path: Path
) -> None:
    one, two, _ = family
    survivor = desk.ticket("Shop again", requester=BOB)
    do(desk, survivor, "merge", two)
    (tmp_path / "a.txt").write_text("Back.")
    assert survivor in do(desk, one, "reply", "--file", str(tmp_path / "a.txt"))["tickets"]
    assert f"Re: [Acme #{survivor}] Shop again" in [letter["subject"] for letter in letters(desk)]
    do(desk, one, "resolve")
    assert status(desk, survivor) == "resolved"


# ---- calls ---------------------------------------------------------------------------------------------------------


def test_undo_takes_each_back_once_however_many_ask(desk: Desk) -> None:
    one, two = desk.ticket(), desk.ticket(requester=BOB)
    do(desk, one, "link", two)
    doer = Doer(store=desk.store, cfg=load(desk.config, secrets=False), name="cli:test")
    start = threading.Barrier(4)
    said: list[str] = []

    def run() -> None:
        start.wait()
        try:
            said.append(deeds.do(doer, one, Call(command="undo", argument=None, line="")).said)
        except Permanent as error:
            said.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [f"there is nothing to undo on #{one}"] * 3 + [f"undone: linked #{two}"]
    assert kinds(desk, one).count("undone") == 1


def test_open_and_undo_of_it(desk: Desk) -> None:
    one, two = desk.ticket(), desk.ticket(requester=BOB)
    do(desk, one, "common", two)
    do(desk, one, "resolve")
    assert do(desk, one, "open")["said"] == "is open"
    assert (status(desk, one), status(desk, two)) == ("open", "resolved")
    again = do(desk, one, "open")
    assert (again["done"], again["said"]) == (False, "is open already")
    assert do(desk, one, "undo")["said"] == "undone: status is resolved again"
    assert status(desk, one) == "resolved"
    do(desk, one, "undo")
    assert (status(desk, one), status(desk, two)) == ("new", "new")
    do(desk, two, "resolve")
    do(desk, two, "open")
    desk.act(AddArticle(ticket=two, direction="in", author=BOB, subject="", text="more"))
    assert refused(desk, two, "undo") == f"#{two} has had mail or a note since"


def test_open_goes_where_the_site_lets_it_go(desk: Desk) -> None:
    desk.configure(more='[statuses.at_lawyer]\nlike = "on_hold"\nmoves = ["resolved"]\n')
    number = desk.ticket(status="at_lawyer")
    assert refused(desk, number, "open").startswith(f"#{number} is at_lawyer: [statuses.at_lawyer] moves")
    do(desk, desk.ticket("again"), "merge", number)
    assert "was merged into" in refused(desk, number, "open")


def test_what_a_dry_run_says_is_not_done(desk: Desk, tmp_path: Path) -> None:
    one, two = desk.ticket(), desk.ticket("again")
    (tmp_path / "a.txt").write_text("Hello.")
    before = [desk.ask("show", str(number)) for number in (one, two)]
    for args in (("link", two), ("merge", two), ("common", two), ("resolve",), ("reply", "--file", tmp_path / "a.txt")):
        said = do(desk, one, *map(str, args), "--dry")
        assert (said["done"], bool(said["said"])) == (False, True)
    assert desk.ask("reply", str(one), "--file", str(tmp_path / "a.txt"), "--dry")["done"] is False
    assert [desk.ask("show", str(number)) for number in (one, two)] == before
    assert letters(desk) == []


def test_a_reply_is_read_from_standard_input(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = desk.ticket(), desk.ticket(requester=BOB)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"It left today.\n")))
    assert desk.ask("reply", f"[Acme #{one}]")["said"] == "replied to 1 customer"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"It left today.\n")))
    assert desk.run("do", str(two), "reply").out == f"#{two} replied to 1 customer\n"
    assert [letter["to"] for letter in letters(desk)] == [ANN, BOB]
    missing = desk.run("reply", "99", "--file", str(desk.config))
    assert (missing.code, missing.err) == (66, "gateway reply: there is no ticket 99\n")


def test_bad_calls_say_what_is_wrong(desk: Desk) -> None:
    one = str(desk.ticket())
    for args in (
        (one, "link"),
        (one, "undo", "2"),
        (one, "resolve", "2"),
        (one, "lnik", "2"),
        (one, "link", "1", "--file", "x"),
        (one, "link", "1", "--at-least", "0.5"),
        (one, "common", "1", "--at-least", "0.5"),
        (one, "common", "similar", "--at-least", "7"),
        (one, "cancel"),
        (one, "note", "--dri"),
        (one, "assign", "me"),
        (one, "assign", "eve"),
        (one, "remind", "tomorrow"),
    ):
        assert desk.run("do", *args).code == 64
    missing = desk.run("do", one, "link", "99")
    assert (missing.code, missing.err) == (66, "gateway do: there is no ticket 99\n")
    assert desk.run("do", "99", "undo").code == 66
    assert desk.run("do", f"[Acme #{one}]", "link", f"#{one}").code == 1
    other = desk.ticket(requester=BOB)
    text = desk.run("do", one, "link", str(other)).out
    assert text == f"#{one} linked to #{other}\n"
    assert json.loads(desk.run("do", one, "undo", "--json").out)["done"] is True


# ---- the commands of agents' mail ----------------------------------------------------------------------------------

DEEDS = (
    ("close", "is closed"),
    ("open", "is open"),
    ("wait", "is waiting"),
    ("hold until tomorrow", "is on hold until"),
    ("status at_supplier", "is at supplier"),
    ("assign carol", "is carol's"),
    ("assign nobody", "is nobody's"),
    ("assign balance", "is carol's"),
    ("queue billing", "is in the queue"),
    ("priority urgent", "priority is urgent"),
    ("type problem", "type is problem"),
    ("category billing/refund", "category is billing/refund"),
    ("impact major", "impact is major"),
    ("title Lamp burns", "title is Lamp burns"),
    ("describe It burned down.", "has a new description"),
    ("tag +hot -cold", "is tagged hot"),
    ("tag -hot", "has no tags"),
    ("due +3d", "is due"),
    ("time 25m on the phone", "25 more minutes"),
    ("cc +bob@example.org", "copies go to bob@example.org"),
    ("cc -bob@example.org", "no more copies go to bob@example.org"),
    ("requester cid@example.com", "is for cid@example.com"),
    ("pin", "is pinned"),
    ("unpin", "is not pinned"),
    ("note She is brave.", "note added"),
    ("spam", "is spam"),
)


def test_every_deed_is_done_and_what_can_be_undone_is(desk: Desk) -> None:
    one = desk.ticket()
    for line, said in DEEDS:
        before = desk.ask("show", str(one))
        assert said in do(desk, one, *line.split(), "--dry")["said"], line
        assert desk.ask("show", str(one)) == before, line
        assert said in do(desk, one, *line.split())["said"], line
    shown = desk.ask("show", str(one))
    assert (shown["status"], shown["tags"], shown["queue"], shown["priority"]) == (
        "closed", ["spam"], "billing", "urgent",
    )  # fmt: skip
    assert (shown["time_spent"], shown["description"], shown["requester"]) == (25, "It burned down.", CID)
    assert [(article["direction"], article["author"], article["text"]) for article in shown["articles"]][1:] == [
        ("note", who(), "She is brave.")
    ]
    while (undone := desk.run("do", str(one), "undo")).code == 0:
        pass
    assert f"#{one} has had mail or a note since" in undone.err  # as far back as it was opened again
    shown = desk.ask("show", str(one))
    for name in ("tags", "queue", "priority", "type", "category", "impact", "subject", "time_spent"):
        assert shown[name] == before_all(name), name


def before_all(name: str) -> Any:
    first = {"tags": [], "queue": "support", "priority": "normal", "time_spent": 0}
    return "My lamp has not arrived" if name == "subject" else first.get(name)


def test_a_text_is_the_rest_of_the_line_a_file_or_standard_input(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk.ticket()
    file = tmp_path / "text.txt"
    file.write_text("Second line.\n")
    do(desk, one, "note", "First", "line.", "--file", file)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Typed.\n")))
    do(desk, one, "#note")
    do(desk, one, "reply", "It left today.")
    texts = [article["text"] for article in desk.ask("show", str(one))["articles"]][1:]
    assert texts == ["First line.\nSecond line.", "Typed.", "It left today."]
    assert [letter["to"] for letter in letters(desk)] == [ANN]


def test_a_prepared_reply_and_a_question_to_a_third_party(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Do you have a spare one?")))
    (tmp_path / "templates" / "canned").mkdir(parents=True)
    (tmp_path / "templates" / "canned" / "hours.txt").write_text("We open at nine.\n")
    one = desk.ticket()
    assert do(desk, one, "canned", "hours")["said"] == "replied to 1 customer"
    assert "sue@supplier.example is asked" in do(desk, one, "forward", "sue@supplier.example", "--file", "-")["said"]
    sent = letters(desk)
    assert [letter["to"] for letter in sent] == [ANN, "sue@supplier.example"]
    assert "We open at nine." in sent[0]["text"]
    assert ("sue@supplier.example", "third") in people(desk.ask("show", str(one)))


def test_commands_that_ask_print_the_answer(desk: Desk) -> None:
    one, two = desk.ticket(), desk.ticket("Socket is loose", assignee="carol")
    assert "status: new" in desk.run("do", str(one), "show", str(one)).out
    assert "Socket is loose" in desk.run("do", str(one), "search", "socket").out
    listed = do(desk, one, "list")
    assert (listed["said"], f"#{two}" in listed["text"]) == ("2 found", True)
    assert desk.run("do", str(one), "list", "carol").out.startswith(f"#{two} ")
    assert "queue: support" in desk.run("do", str(one), "why").out
    assert desk.run("do", str(one), "files").out == f"#{one} #{one} has no files\n"
    assert desk.run("do", str(one), "help", "merge").out.startswith("merge N\n")
    missing = desk.run("do", str(one), "show", "99")
    assert (missing.code, missing.err) == (66, "gateway do: there is no ticket 99\n")


def test_the_help_is_the_table(desk: Desk) -> None:
    told = desk.run("do", "--help").out
    for command in COMMANDS.values():
        assert (f"  {command.usage}\n" in told) is not command.by_mail, command.name
