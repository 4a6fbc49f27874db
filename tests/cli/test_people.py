"""`gateway people`: tags that rules see, several addresses of one person, muted and suspended ones."""

from datetime import timedelta

from gateway.mail import Address
from gateway.tickets.actions import Participate, Unreached
from support.desk import Desk
from support.mails import mail

RULES = '[[rule]]\nname = "vip"\nwhen.sender.tags = "vip"\nset.priority = "high"\n'
BIG = '[organisations.big]\ndomains = ["big.example"]\ntags = ["trade"]\n'


def test_a_persons_tags_are_seen_by_rules(desk: Desk) -> None:
    desk.rules = RULES
    desk.take_in(mail())
    desk.work()
    assert desk.ask("people", "tag", "Ann@example.net", "vip", "new")["tags"] == ["vip", "new"]
    assert desk.ask("people", "tag", "ann@example.net", "vip", "--remove", "new")["tags"] == ["vip"]
    assert desk.ask("people", "tag", "ann@example.net")["tags"] == ["vip"]
    desk.take_in(mail())
    desk.take_in(mail(sender="bob@example.net"))
    desk.work()
    assert [one["priority"] for one in desk.ask("tickets")] == ["normal", "high", "normal"]


def test_what_it_prints(desk: Desk) -> None:
    desk.configure(more=BIG)
    desk.rules = RULES
    desk.take_in(mail(sender="ann@big.example"))
    desk.work()
    answer = desk.run("people", "tag", "ann@big.example")
    assert (answer.code, answer.out) == (0, "ann@big.example: no tags\norganisation big: trade\n")
    nobody = desk.run("people", "tag", "eve@example.net", "vip")
    assert (nobody.code, nobody.err) == (66, "gateway people tag: nobody has written from eve@example.net\n")
    assert desk.run("people", "tag", "ann@big.example", "two words").code == 64


def from_(desk: Desk, *senders: str) -> None:
    for sender in senders:
        desk.take_in(mail(sender=sender), mail_from=sender)
        desk.work()


def roles(desk: Desk, number: int) -> dict[str, str]:
    return {one["address"]: one["role"] for one in desk.ask("show", str(number))["participants"]}


def test_two_addresses_are_one_person_on_the_tickets_of_both(desk: Desk) -> None:
    desk.configure(more=BIG)
    from_(desk, "Ann Lee <ann@big.example>", "ann.lee@home.example")
    desk.act(Participate(ticket=1, address=Address(addr="ann.lee@home.example"), role="proposed"))
    assert desk.run("people", "merge", "ann@big.example", "Ann.Lee@home.example").code == 0
    assert roles(desk, 1) == {"ann@big.example": "requester", "ann.lee@home.example": "requester"}
    assert roles(desk, 2) == {"ann@big.example": "requester", "ann.lee@home.example": "requester"}
    shown = desk.ask("people", "show", "ann.lee@home.example")
    assert shown == {
        "name": "Ann Lee",
        "addresses": ["ann.lee@home.example", "ann@big.example"],
        "language": None,
        "tags": [],
        "organisation": "big",
        "organisation_tags": ["trade"],
        "muted_until": None,
        "tickets": 2,
        "open_tickets": 2,
        "bounces": [],
    }
    answer = mail(sender="ann.lee@home.example", subject="Re: [Acme #1] My lamp has not arrived")
    desk.take_in(answer, mail_from="ann.lee@home.example")
    desk.work()
    assert len(desk.ask("show", "1")["articles"]) == 2
    assert desk.run("fsck").code == 0

    assert desk.run("people", "split", "ann.lee@home.example").code == 0
    assert roles(desk, 1) == {"ann@big.example": "requester"}
    assert desk.ask("people", "show", "ann.lee@home.example")["tickets"] == 0
    alone = desk.run("people", "split", "ann@big.example")
    assert (alone.code, alone.err) == (1, "gateway: ann@big.example is the only address of its person\n")


def test_merging_again_changes_nothing_and_nobody_unknown_is_merged(desk: Desk) -> None:
    from_(desk, "ann@example.net", "bob@example.net")
    for _ in range(2):
        assert desk.run("people", "merge", "ann@example.net", "bob@example.net").code == 0
    nobody = desk.run("people", "merge", "ann@example.net", "eve@example.net")
    assert (nobody.code, nobody.err) == (66, "gateway people merge: nobody has written from eve@example.net\n")


def test_another_address_of_a_person(desk: Desk) -> None:
    from_(desk, "ann@example.net", "bob@example.net")
    assert desk.run("people", "add", "ann@example.net", "Ann@Home.example").code == 0
    assert desk.ask("people", "show", "ann@home.example")["addresses"] == ["ann@example.net", "Ann@Home.example"]
    for other, said in (
        ("bob@example.net", "is another person's"),
        ("support@acme.example", "is an address of ours"),
        ("carol@acme.example", "is the agent carol's"),
    ):
        refused = desk.run("people", "add", "ann@example.net", other)
        assert refused.code == 1
        assert said in refused.err
    assert desk.run("people", "add", "ann@example.net", "nonsense").code == 64
    assert desk.run("people", "add", "eve@example.net", "eve@home.example").code == 66


def test_who_is_muted_gets_nothing_automatic(desk: Desk) -> None:
    from_(desk, "ann@example.net")
    assert desk.run("people", "mute", "ann@example.net", "--for", "2 days").code == 0
    assert [one["addresses"] for one in desk.ask("people", "list", "--muted")] == [["ann@example.net"]]
    from_(desk, "ann@example.net")
    assert len(desk.ask("outbox", "list")) == 1
    assert desk.run("people", "unmute", "ann@example.net").code == 0
    from_(desk, "ann@example.net")
    assert len(desk.ask("outbox", "list")) == 2
    assert desk.ask("people", "list", "--muted") == []
    assert desk.run("people", "mute", "ann@example.net", "--for", "soon").code == 64


def test_the_language_of_a_person(desk: Desk) -> None:
    from_(desk, "ann@example.net")
    assert desk.run("people", "language", "ann@example.net", "cs").code == 0
    assert desk.ask("people", "show", "ann@example.net")["language"] == "cs"
    assert desk.run("people", "language", "ann@example.net", "-").code == 0
    assert desk.ask("people", "show", "ann@example.net")["language"] is None
    assert desk.run("people", "language", "ann@example.net", "klingon!").code == 64
    assert desk.run("people", "language", "eve@example.net", "cs").code == 66


def test_where_mail_does_not_get_through(desk: Desk) -> None:
    from_(desk, "ann@example.net")
    for address, points in (("ann@example.net", 4), ("dave@acme.example", 4), ("bob@example.net", 1)):
        desk.act(
            Unreached(
                ticket=None, address=address, points=points, reply="550 no such user", limit=4, within=timedelta(days=9)
            )
        )
    listed = desk.ask("people", "list", "--suspended")
    assert [one["addresses"] for one in listed] == [["ann@example.net"], ["dave@acme.example"]]
    (bounce,) = desk.ask("people", "show", "ann@example.net")["bounces"]
    assert (bounce["score"], bounce["reply"], bounce["suspended_at"] is not None) == (4, "550 no such user", True)
    assert "suspended since" in desk.run("people", "show", "dave@acme.example").out
    assert "550 no such user" in desk.run("people", "show", "ann@example.net").out
    assert "ann@example.net" in desk.run("people", "list").out
    for address in ("ann@example.net", "dave@acme.example"):
        assert desk.run("people", "resume", address).code == 0
    assert desk.ask("people", "list", "--suspended") == []
    assert desk.run("people", "resume", "ann@example.net").code == 66
    assert desk.run("people", "show", "dave@acme.example").code == 66
