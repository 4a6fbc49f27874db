"""What looks like a source that is not declared: the advice, and that what it says to paste does what it promises."""

from pathlib import Path

import pytest

from gateway.config import load
from gateway.mail import Address, Kind, Mail
from gateway.rules import RegexMatcher
from gateway.sources import taken
from gateway.tickets.sources import Signal
from gateway.tickets.undeclared import advice
from support import site

ANN = Address(addr="ann@example.net")
OURS = ("support@acme.example", "billing@acme.example")


def advised(mail: Mail):
    return advice(mail, lambda key: key in OURS, lambda key: key.endswith("acme.example"))


def from_(addr: str, name: str = "", **fields: object) -> Mail:
    return Mail(from_=Address(addr=addr, name=name), **fields)  # type: ignore[arg-type]


MONITORS = [
    ("** PROBLEM Service Alert: web1/HTTP is CRITICAL **", "** RECOVERY Service Alert: web1/HTTP is OK **"),
    ("** PROBLEM Host Alert: web1 is DOWN **", "** RECOVERY Host Alert: web1 is UP **"),
    ("[PROBLEM] disk on web1 is WARNING!", "[RECOVERY] disk on web1 is OK!"),
    ("*** PROBLEM *** web1 / CPU load is CRIT", "*** RECOVERY *** web1 / CPU load is OK"),
    ("Problem: Disk space is low on web1", "Resolved in 1h 2m 3s: Disk space is low on web1"),
    ("[FIRING:1] HighLatency (web1 critical)", "[RESOLVED] HighLatency (web1 critical)"),
    ("Monitor is DOWN: shop", "Monitor is UP: shop"),
    ('ALARM: "cpu of web1" in EU (Ireland)', 'OK: "cpu of web1" in EU (Ireland)'),
]


@pytest.mark.parametrize(("problem", "recovery"), MONITORS)
def test_what_is_pasted_for_a_monitor_groups_its_mails(problem: str, recovery: str, tmp_path: Path) -> None:
    mails = [from_("nagios@mon.example", subject=subject) for subject in (problem, recovery)]
    found = [advised(mail) for mail in mails]
    assert found[0]
    assert found[0] == found[1]
    cfg = load(site.write(tmp_path, site.GOOD + found[0].toml), secrets=False)
    read = [taken(mail, cfg, RegexMatcher(lambda: 0.0))[1] for mail in mails]
    assert [one and one.signal for one in read] == [Signal.PROBLEM, Signal.RECOVERY]
    assert len({one and one.key for one in read}) == 1
    assert read[0]
    assert read[0].key


PERSONS = [
    from_("no-reply@acme.example", kind=Kind.AUTO, reply_to=(ANN,)),
    from_("web@acme.example", reply_to=(ANN,), headers=(("X-Mailer", "PHPMailer 6.8.0"),)),
    from_("support@acme.example", reply_to=(ANN,)),
    from_("support@acme.example", "Ann via Support", kind=Kind.LIST, headers=(("X-Original-From", "ann@example.net"),)),
    from_("team@groups.example", "Ann via Team", kind=Kind.LIST, reply_to=(ANN,)),
]


@pytest.mark.parametrize("mail", PERSONS)
def test_what_is_pasted_for_a_form_or_list_finds_the_person(mail: Mail, tmp_path: Path) -> None:
    found = advised(mail)
    assert found
    cfg = load(site.write(tmp_path, site.GOOD + found.toml), secrets=False)
    shown, what = taken(mail, cfg, RegexMatcher(lambda: 0.0))
    assert shown.from_
    assert (shown.from_.key, shown.kind) == (ANN.key, Kind.NORMAL)
    assert what
    assert ("ours" in what.may) == (mail.from_ is not None and mail.from_.key in OURS)


def test_what_is_pasted_for_a_marketplace_holds_for_all_its_buyers(tmp_path: Path) -> None:
    mails = [from_(f"{n}f7@marketplace.amazon.de", kind=Kind.LIST) for n in range(2)]
    found = {advised(mail) for mail in mails}
    assert len(found) == 1
    (one,) = found
    assert one
    assert one.source == "*@marketplace.amazon.de"
    cfg = load(site.write(tmp_path, site.GOOD + one.toml), secrets=False)
    assert taken(mails[1], cfg, RegexMatcher(lambda: 0.0))[0].kind is Kind.NORMAL


ORDINARY = [
    from_("ann@example.net"),
    from_("ann@example.net", subject="[RESOLVED] my lamp works again"),
    from_("ann@example.net", subject="Re: ** PROBLEM Service Alert: web1 is DOWN **"),
    from_("ann@example.net", reply_to=(Address(addr="ann@home.example"),)),  # people have several addresses
    from_("shop@partner.example", kind=Kind.AUTO, reply_to=(ANN,)),  # a stranger's machine may name anybody
    from_("carol@acme.example", reply_to=(Address(addr="dave@acme.example"),)),
    from_("carol@acme.example", reply_to=(ANN,)),
    from_("list@elsewhere.example", kind=Kind.LIST),
    from_("nagios@mon.example", subject="** PROBLEM Host Alert: a is DOWN **", kind=Kind.AUTOREPLY),
    from_("it's@mon.example", subject="** PROBLEM Host Alert: a is DOWN **", kind=Kind.AUTO),
    Mail(from_=None),
]


@pytest.mark.parametrize("mail", ORDINARY)
def test_of_what_nothing_is_said(mail: Mail) -> None:
    assert advised(mail) is None
