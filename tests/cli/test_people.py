"""`gateway people tag`: tags that rules see."""

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
