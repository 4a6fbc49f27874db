"""Declared sources: whom a mail is from, which kind it is taken for, and what a monitor's mails belong to."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from gateway.mail import Address, Kind, Mail
from gateway.rules.globs import glob
from gateway.tickets.sources import Captured, Signal, Source, Way, as_sent, declared

FORM = Address(addr="form@acme.example", name="Web form")
ANN = Address(addr="Ann@example.net", name="Ann Lee")
GROUP = "team@groups.example"


def search(pattern: Any, text: str) -> Captured | None:
    found = pattern.search(text)
    groups = tuple(filter(None, found.groups())) or (found[0],) if found else ()
    return Captured(groups=groups, named=found.groupdict()) if found else None


def whose(key: str) -> str:
    return {"support@acme.example": "an address of ours", "carol@acme.example": "the agent carol's"}.get(key, "")


def source(way: Way, pattern: str = "", *, name: str = "form@acme.example", **more: Any) -> Source:
    patterns = {key: re.compile(more.pop(key)) for key in ("problem", "recovery") if key in more}
    return Source(
        name=name,
        matches=glob(name),
        way=way,
        pattern=re.compile(pattern) if pattern else None,
        may=frozenset(more.pop("may", ())),
        **patterns,
    )


def taken(mail: Mail, *sources: Source, by: Callable[[Any, str], Captured | None] = search):
    return declared(mail, sources, by, whose)


def form(**fields: Any) -> Mail:
    return Mail(from_=FORM, **fields)


def test_mail_that_no_source_declares_is_as_it_is() -> None:
    assert taken(form()) is None
    assert taken(Mail(from_=ANN), source(Way.REPLY_TO)) is None
    assert taken(Mail(from_=None), source(Way.REPLY_TO, name="*@*")) is None


BODY = r"(?m)^Mail: (?P<address>\S+)$"
PERSONS = [
    (Way.REPLY_TO, "", {"reply_to": (ANN,)}, "Ann@example.net", ""),
    (Way.REPLY_TO, "", {}, None, "it has no Reply-To"),
    (Way.REPLY_TO, "", {"reply_to": (ANN, FORM)}, None, "it has several addresses in Reply-To"),
    (Way.REPLY_TO, "", {"reply_to": (Address(addr="Carol@acme.example"),)}, None, "is the agent carol's"),
    (Way.REPLY_TO, "", {"reply_to": (Address(addr="support@acme.example"),)}, None, "is an address of ours"),
    (Way.X_ORIGINAL_FROM, "", {"headers": (("X-Original-From", "Ann Lee <ann@example.net>"),)}, "ann@example.net", ""),
    (Way.X_ORIGINAL_FROM, "", {"headers": (("X-Original-Sender", "ann@example.net"),)}, "ann@example.net", ""),
    (Way.X_ORIGINAL_FROM, "", {}, None, "there is no address in X-Original-From"),
    (
        Way.X_ORIGINAL_FROM,
        "",
        {"headers": (("X-Original-From", "a@b.example, c@d.example"),)},
        None,
        "there are several addresses in X-Original-From",
    ),
    (Way.BODY, BODY, {"text": "Name: Ann\nMail: ann@example.net\n"}, "ann@example.net", ""),
    (Way.BODY, r"Mail: (\S+)", {"text": "Mail: <ann@example.net>"}, "ann@example.net", ""),
    (Way.BODY, r"\S+@\S+", {"text": "from ann@example.net"}, "ann@example.net", ""),
    (Way.BODY, BODY, {"text": "Name: Ann"}, None, "its pattern captures nothing in the text"),
    (Way.BODY, BODY, {"text": "Mail: nobody"}, None, "there is no address in its text"),
    (Way.BODY, BODY, {"text": "Mail: a@b.example,c@d.example"}, None, "there are several addresses in its text"),
]


@pytest.mark.parametrize(("way", "pattern", "fields", "addr", "why"), PERSONS)
def test_who_stands_behind_it(way: Way, pattern: str, fields: dict[str, Any], addr: str | None, why: str) -> None:
    found = taken(form(kind=Kind.AUTO, **fields), source(way, pattern))
    assert found
    mail, what = found
    assert (what.author and what.author.addr) == addr
    assert what.why.endswith(why)
    assert mail.from_ == (what.author or FORM)
    assert mail.kind is (Kind.NORMAL if addr else Kind.AUTO)  # the robot is expected where a person was found
    assert as_sent(mail, what).from_ == FORM
    assert as_sent(mail, what).kind is Kind.AUTO


def test_a_name_may_be_captured_beside_the_address() -> None:
    found = taken(
        form(text="Name:  Ann   Lee\nMail: ann@example.net"),
        source(Way.BODY, r"Name: (?P<name>.+)\nMail: (?P<address>\S+)"),
    )
    assert found
    assert found[0].from_ == Address(addr="ann@example.net", name="Ann Lee")


@pytest.mark.parametrize(
    ("kind", "may", "becomes"),
    [
        (Kind.LIST, ["list"], Kind.NORMAL),
        (Kind.LIST, [], Kind.LIST),
        (Kind.AUTO, [], Kind.NORMAL),
        (Kind.AUTOREPLY, ["ours", "list", "flood"], Kind.AUTOREPLY),  # an absence that a list passed on
        (Kind.BOUNCE, ["ours", "list", "flood"], Kind.BOUNCE),
        (Kind.NORMAL, [], Kind.NORMAL),
    ],
)
def test_what_the_source_does_to_all_its_mail_says_nothing_of_the_person(
    kind: Kind, may: list[str], becomes: Kind
) -> None:
    found = taken(form(kind=kind, reply_to=(ANN,)), source(Way.REPLY_TO, may=may))
    assert found
    assert found[0].kind is becomes


@pytest.mark.parametrize(("kind", "becomes"), [(Kind.LIST, Kind.NORMAL), (Kind.AUTO, Kind.AUTO)])
def test_a_shop_that_writes_in_its_customers_names(kind: Kind, becomes: Kind) -> None:
    buyer = Address(addr="x7f@market.example")
    found = taken(Mail(from_=buyer, kind=kind), source(Way.FROM, name="*@market.example", may=["list"]))
    assert found
    assert (found[0].from_, found[0].kind, found[1].author) == (buyer, becomes, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": Address(addr=GROUP)},
        {"headers": (("X-BeenThere", GROUP),)},
        {"headers": (("List-Post", f"<https://groups.example/g/team/post>, <mailto:{GROUP}>"),)},
    ],
)
def test_a_list_that_left_from_as_it_was(fields: dict[str, Any]) -> None:
    forged = (*fields.pop("headers", ()), ("X-Original-From", "victim@example.org"))
    mail = Mail(from_=ANN, kind=Kind.LIST, headers=forged, **fields)
    found = taken(mail, source(Way.X_ORIGINAL_FROM, name=GROUP, may=["ours", "list"]))
    assert found
    assert (found[0].from_, found[0].kind) == (ANN, Kind.NORMAL)
    assert (found[1].author, found[1].may) == (None, {"list"})
    assert taken(mail, source(Way.X_ORIGINAL_FROM, name=GROUP)) is None


def test_the_first_source_of_an_address_counts() -> None:
    found = taken(form(reply_to=(ANN,)), source(Way.FROM, name="*@acme.example"), source(Way.REPLY_TO))
    assert found
    assert found[1].way is Way.FROM


# ---- monitors ------------------------------------------------------------------------------------------------------

NAGIOS = {"pattern": r"Alert: (\S+?)(?:/(.+))? is", "problem": r"\bPROBLEM\b", "recovery": r"\bRECOVERY\b"}
SIGNALS = [
    ("** PROBLEM Service Alert: web1/HTTP is CRITICAL **", "web1 http", Signal.PROBLEM),
    ("** RECOVERY Service Alert: WEB1/HTTP is OK **", "web1 http", Signal.RECOVERY),
    ("** PROBLEM Host Alert: web1 is DOWN **", "web1", Signal.PROBLEM),
    ("** ACKNOWLEDGEMENT Service Alert: web1/HTTP is CRITICAL **", "web1 http", None),
    ("Weekly report", "", None),
]


@pytest.mark.parametrize(("subject", "key", "signal"), SIGNALS)
def test_what_a_monitor_says_of_what(subject: str, key: str, signal: Signal | None) -> None:
    pattern = NAGIOS["pattern"]
    rest = {name: NAGIOS[name] for name in ("problem", "recovery")}
    found = taken(form(subject=subject), source(Way.THREAD_KEY, pattern, **rest))
    assert found
    assert (found[1].key, found[1].signal) == (key, signal)
    assert found[0].kind is Kind.AUTO  # nothing automatic answers a machine
    assert (found[1].why == "") == bool(key)


def test_the_subject_goes_before_the_text_and_the_text_is_looked_at_too() -> None:
    pattern = r"(?m)^Host: (\S+)"
    one = source(Way.THREAD_KEY, pattern, problem="PROBLEM", recovery="RECOVERY")
    found = taken(form(subject="PROBLEM", text="Host: web1\nlast RECOVERY: yesterday"), one)
    assert found
    assert (found[1].key, found[1].signal) == ("web1", Signal.PROBLEM)
    found = taken(form(subject="Zabbix", text="Host: web1\nRECOVERY"), one)
    assert found
    assert found[1].signal is Signal.RECOVERY


def test_without_a_pattern_for_problems_whatever_is_no_recovery_is_one() -> None:
    for subject, signal in (("Job x7 failed", Signal.PROBLEM), ("Job x7 is fine again", Signal.RECOVERY)):
        found = taken(form(subject=subject), source(Way.THREAD_KEY, r"Job (\w+)", recovery="fine again"))
        assert found
        assert (found[1].key, found[1].signal) == ("x7", signal)


def test_a_key_is_one_bounded_line() -> None:
    found = taken(form(subject="a", text="Key: " + "x \n" * 500), source(Way.THREAD_KEY, r"(?s)Key: (.*)"))
    assert found
    assert len(found[1].key) == 200
    assert "\n" not in found[1].key
