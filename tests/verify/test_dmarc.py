"""DMARC by DNS: where the record stands, and what the public suffix list makes of a name."""

import pytest

from gateway.mail import Address
from gateway.tickets.auth_result import Result
from gateway.verify.suffixes import organisation
from support import signing
from support.mails import mail
from support.verifying import HOST, Verifying, of_carol, signed_by_carol


def of(sender: str, signer: str = "") -> bytes:
    raw = mail(sender=sender)
    return signing.sign(raw, signer) if signer else raw


def test_a_subdomain_has_the_record_of_its_domain(site: Verifying) -> None:
    site.dns.forget("_dmarc.acme.example")
    site.dns.txt("_dmarc.acme.example", "v=DMARC1; p=reject; sp=quarantine")
    found = site.judge(of("x@a.b.acme.example"))
    assert (found.dmarc.result, found.dmarc.policy, found.dmarc.domain) == (Result.FAIL, "quarantine", "acme.example")
    site.dns.txt("_dmarc.a.b.acme.example", "v=DMARC1; p=none")
    site.resolver._known.clear()
    assert site.judge(of("x@a.b.acme.example")).dmarc.policy == "none"


def test_relaxed_and_strict(site: Verifying) -> None:
    signing.publish(site.dns, "mail.acme.example")
    raw = of("carol@acme.example", "mail.acme.example")
    assert site.judge(raw).by == "dkim"
    site.dns.forget("_dmarc.acme.example")
    site.dns.txt("_dmarc.acme.example", "v=DMARC1; p=reject; adkim=s")
    site.resolver._known.clear()
    found = site.judge(raw)
    assert not found.by
    assert found.dmarc.result is Result.FAIL


@pytest.mark.parametrize(
    ("sender", "signer"),
    [
        ("carol@acme.github.io", "evil.github.io"),
        ("carol@acme.co.uk", "evil.co.uk"),
        ("carol@acme.co.uk", "co.uk"),
        ("carol@github.io", "evil.github.io"),
        ("carol@acme.example", "other.example"),
        ("carol@acme.example", "acme.example.evil.test"),
        ("carol@acme.example", "notacme.example"),
        ("carol@sub.acme.example", "other.example"),
    ],
)
def test_neighbours_below_a_public_suffix_are_strangers(sender: str, signer: str, site: Verifying) -> None:
    signing.publish(site.dns, signer)
    found = site.judge(of(sender, signer))
    assert found.dkim[0].result is Result.PASS
    assert not found.dkim[0].is_aligned
    assert not found.by


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("acme.example", "acme.example"),
        ("a.b.acme.co.uk", "acme.co.uk"),
        ("co.uk", ""),
        ("carol.github.io", "carol.github.io"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("example", ""),
        ("", ""),
        ("a..b", ""),
    ],
)
def test_who_registered_it(domain: str, expected: str) -> None:
    assert organisation(domain) == expected


@pytest.mark.parametrize(
    ("records", "result"),
    [
        ([], Result.NONE),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], Result.PERMERROR),
        (["v=DMARC1; p=reject", "some other text"], Result.FAIL),
        (["v=DMARC1; q=x"], Result.PERMERROR),
        (["p=reject; v=DMARC1"], Result.NONE),
    ],
)
def test_records(records: list[str], result: Result, site: Verifying) -> None:
    site.dns.forget("_dmarc.acme.example")
    site.dns.txt("_dmarc.acme.example", *records)
    assert site.judge(of_carol()).dmarc.result is result


def test_a_record_that_dns_keeps_from_us(site: Verifying) -> None:
    """A forgery is no more than not known; what needs no record stands."""
    site.dns.misbehave("_dmarc.acme.example", "servfail")
    found = site.judge(of_carol())
    assert (found.dmarc.result, found.standing, found.failed) == (Result.TEMPERROR, "temperror", False)
    assert site.judge(signed_by_carol()).by == "dkim"


def test_a_letter_of_another_alphabet_is_another_domain(site: Verifying) -> None:
    found = site.judge(
        signing.sign("From: carol@\u0430cme.example\r\nTo: support@acme.example\r\n\r\nx\r\n".encode(), "acme.example")
    )
    assert not found.by
    assert Address(addr=found.from_addr).domain != "acme.example"


def test_a_domain_in_letters_of_its_own(site: Verifying) -> None:
    signing.publish(site.dns, "xn--bcher-kva.example")
    site.dns.txt("_dmarc.xn--bcher-kva.example", "v=DMARC1; p=reject")
    raw = "From: carol@bücher.example\r\nSubject: x\r\nTo: support@acme.example\r\n\r\nx\r\n".encode()
    assert site.judge(raw).dmarc.result is Result.FAIL
    assert site.judge(signing.sign(raw, "xn--bcher-kva.example")).by == "dkim"


def test_the_verdict_on_mail_of_its_own_host(site: Verifying) -> None:
    found = site.judge(of_carol(), peer=HOST, mail_from="bounces@acme.example")
    assert (found.by, found.dmarc.result) == ("spf", Result.PASS)
