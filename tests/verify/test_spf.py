"""SPF with records of the stub: results, limits, what costs too much, and which host is asked about."""

import ipaddress

import pytest

from gateway.tickets.auth_result import Result, Spf
from support.verifying import HOST, STRANGER, Verifying, of_carol, verifying

V6 = "2001:db8::7"


def spf(
    site: Verifying, *, peer: str = HOST, mail_from: str = "carol@acme.example", helo: str = "mx.acme.example"
) -> Spf:
    return site.judge(of_carol(), peer=peer, mail_from=mail_from, helo=helo).spf


def publish(site: Verifying, record: str, name: str = "acme.example") -> None:
    site.dns.forget(name)
    site.dns.txt(name, record)


@pytest.mark.parametrize(
    ("record", "peer", "result"),
    [
        (f"v=spf1 ip4:{HOST} -all", HOST, "pass"),
        (f"v=spf1 ip4:{HOST} -all", STRANGER, "fail"),
        (f"v=spf1 ip4:{HOST} ~all", STRANGER, "softfail"),
        (f"v=spf1 ip4:{HOST} ?all", STRANGER, "neutral"),
        (f"v=spf1 ip4:{HOST}", STRANGER, "neutral"),
        ("v=spf1 +all", STRANGER, "pass"),
        ("v=spf1 ip4:192.0.2.0/24 -all", HOST, "pass"),
        (f"v=spf1 ip4:{HOST} -all", f"::ffff:{HOST}", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", V6, "pass"),
        (f"v=spf1 ip4:{HOST} -all", V6, "fail"),
        ("v=spf1 a -all", HOST, "pass"),
        ("v=spf1 a:mail.acme.example -all", HOST, "pass"),
        ("v=spf1 a:mail.acme.example/24 -all", "192.0.2.200", "pass"),
        ("v=spf1 mx -all", HOST, "pass"),
        ("v=spf1 mx -all", V6, "fail"),  # a server without an IPv6 address is no void look-up
        ("v=spf1 ptr -all", HOST, "pass"),
        ("v=spf1 ptr -all", STRANGER, "fail"),
        ("v=spf1 exists:%{ir}.allow.acme.example -all", HOST, "pass"),
        ("v=spf1 include:_spf.acme.example -all", HOST, "pass"),
        ("v=spf1 include:_spf.acme.example -all", STRANGER, "fail"),
        ("v=spf1 redirect=_spf.acme.example", HOST, "pass"),
        ("V=SPF1 IP4:192.0.2.7 -ALL", HOST, "pass"),
        ("v=spf1 include:nowhere.acme.example -all", HOST, "permerror"),
        ("v=spf1 include:acme.example -all", HOST, "permerror"),
        ("v=spf1 ip4:192.0.2.999 -all", HOST, "permerror"),
        ("v=spf1 moo -all", HOST, "permerror"),
        ("v=spf1 %{z} -all", HOST, "permerror"),
        ("v=spf10 +all", HOST, "none"),
        ("google-site-verification=x", HOST, "none"),
        (f"v=spf1 {'ip4:198.51.100.1 ' * 300}ip4:{HOST} -all", HOST, "permerror"),  # longer than anybody needs
    ],
)
def test_results(record: str, peer: str, result: str, site: Verifying) -> None:
    site.dns.forget("acme.example")
    site.dns.txt("acme.example", record).put("acme.example", "A", HOST).put(
        "acme.example", "MX", "10 mail.acme.example."
    )
    site.dns.put("mail.acme.example", "A", HOST)
    site.dns.txt("_spf.acme.example", f"v=spf1 ip4:{HOST} -all")
    reverse = ipaddress.ip_address(HOST).reverse_pointer
    site.dns.put(reverse, "PTR", "mail.acme.example.")
    site.dns.put(f"{'.'.join(reversed(HOST.split('.')))}.allow.acme.example", "A", "127.0.0.2")
    found = spf(site, peer=peer)
    assert found.result == result
    assert found.why.isprintable()
    assert found.why


def test_two_records_are_an_error(site: Verifying) -> None:
    site.dns.txt("acme.example", "v=spf1 +all")
    assert spf(site).result is Result.PERMERROR


def test_what_is_cut_in_pieces_and_long_comes_by_tcp(site: Verifying) -> None:
    publish(site, f"v=spf1 {'ip4:198.51.100.1 ' * 150}ip4:{HOST} -all")
    assert spf(site).result is Result.PASS
    assert site.dns.by_tcp


@pytest.mark.parametrize(("mode", "result"), [("servfail", Result.TEMPERROR), ("drop", Result.TEMPERROR)])
def test_dns_trouble_on_the_way(mode: str, result: Result, site: Verifying) -> None:
    publish(site, "v=spf1 include:_spf.acme.example -all")
    site.dns.misbehave("_spf.acme.example", mode)  # type: ignore[arg-type]
    found = site.judge(of_carol(), peer=HOST, mail_from="carol@acme.example")
    assert found.spf.result is result
    assert found.temporary


# ---- limits (RFC 7208 section 4.6.4) -------------------------------------------------------------------------------


def test_ten_mechanisms_that_ask_are_all(site: Verifying) -> None:
    for count, result in ((10, Result.PASS), (11, Result.PERMERROR)):
        for number in range(count):
            site.dns.forget(f"n{number}.acme.example")
            site.dns.txt(f"n{number}.acme.example", "v=spf1 ?all")
        includes = " ".join(f"include:n{number}.acme.example" for number in range(count))
        publish(site, f"v=spf1 {includes} ip4:{HOST} -all")
        site.resolver._known.clear()
        assert spf(site).result is result


def test_two_names_that_do_not_exist_are_all(site: Verifying) -> None:
    for count, result in ((2, Result.PASS), (3, Result.PERMERROR)):
        publish(site, f"v=spf1 {' '.join(f'a:gone{number}.acme.example' for number in range(count))} ip4:{HOST} -all")
        site.resolver._known.clear()
        assert spf(site).result is result


def test_a_record_that_asks_without_end(site: Verifying) -> None:
    """Each of ten mechanisms asks for ten servers: 110 questions, of which forty are asked."""
    for number in range(10):
        for server in range(10):
            site.dns.put(f"d{number}.acme.example", "MX", f"{server} s{server}.d{number}.acme.example.")
            site.dns.put(f"s{server}.d{number}.acme.example", "A", "198.51.100.1")
    publish(site, f"v=spf1 {' '.join(f'mx:d{number}.acme.example' for number in range(10))} -all")
    assert spf(site).result is Result.PERMERROR
    assert sum(site.dns.asked.values()) < 50


def test_a_record_that_is_slow_to_read(site: Verifying) -> None:
    """pyspf searches the whole of a term once for each of its labels; a record of 64 KB would take minutes."""
    publish(site, "v=spf1 a:" + "a." * 12_000 + "%{d} -all")
    assert spf(site).result is Result.PERMERROR


def test_an_explanation_is_not_fetched(site: Verifying) -> None:
    publish(site, "v=spf1 exp=why.acme.example -all")
    assert spf(site).result is Result.FAIL
    assert ("why.acme.example", "TXT") not in site.dns.asked


# ---- who is asked about --------------------------------------------------------------------------------------------


def test_the_null_sender_is_asked_by_its_helo_and_proves_nothing(site: Verifying) -> None:
    site.dns.txt("mx.acme.example", f"v=spf1 ip4:{HOST} -all")
    found = site.judge(of_carol(), peer=HOST, mail_from="", helo="mx.acme.example")
    assert (found.spf.result, found.spf.identity, found.spf.domain) == (Result.PASS, "helo", "mx.acme.example")
    assert not found.by
    assert found.dmarc.result is Result.PASS


@pytest.mark.parametrize("helo", ["localhost", "[198.51.100.66]", "", "a" * 300])
def test_who_hides_the_domain_has_not_escaped_dmarc(helo: str, site: Verifying) -> None:
    found = site.judge(of_carol(), peer=STRANGER, mail_from="", helo=helo)
    assert found.spf.result is Result.NONE
    assert found.dmarc.result is Result.FAIL
    assert found.failed


@pytest.mark.parametrize(
    "mail_from",
    ["carol@bücher.example", '"odd local"@acme.example', "a" * 200 + "@acme.example", "carol@[192.0.2.7]", "x@y"],
)
def test_odd_senders(mail_from: str, site: Verifying) -> None:
    assert site.judge(of_carol(), peer=HOST, mail_from=mail_from).spf.result in set(Result)


def test_a_domain_in_letters_of_its_own(site: Verifying) -> None:
    site.dns.txt("xn--bcher-kva.example", f"v=spf1 ip4:{HOST} -all")
    assert spf(site, mail_from="carol@bücher.example").result is Result.PASS


# ---- which host ----------------------------------------------------------------------------------------------------

RELAY = "10.0.0.25"
SEEN = "Received: from mail.acme.example (unknown [{}]) by relay.acme.example (Postfix) with ESMTP id 1; x\r\n"


def test_behind_a_relay_of_ours_it_is_the_first_host_that_is_not(tmp_path: object) -> None:
    with verifying(tmp_path, smtp='trusted_relays = ["10.0.0.0/24"]') as site:  # type: ignore[arg-type]

        def by_relay(*lines: str) -> Spf:
            raw = "".join(lines).encode() + of_carol()
            return site.judge(raw, peer=RELAY, helo="relay.acme.example", mail_from="carol@acme.example").spf

        assert by_relay(SEEN.format(HOST)).result is Result.PASS
        assert by_relay(SEEN.format(STRANGER)).ip == STRANGER
        assert by_relay(SEEN.format("10.0.0.9"), SEEN.format(HOST)).ip == HOST  # through two of ours
        assert by_relay(SEEN.format("127.0.0.1"), SEEN.format(HOST)).ip == HOST  # a filter on the relay
        # What the stranger wrote himself stands below what our relay wrote.
        assert by_relay(SEEN.format(STRANGER), SEEN.format(HOST)).ip == STRANGER
        # Our relay says who it was only in one clear way, or nobody is asked.
        nobody = by_relay(SEEN.format("x"), SEEN.format(HOST))
        assert (nobody.result, nobody.ip) == (Result.NONE, "")
        assert by_relay().result is Result.NONE
        assert by_relay(*[SEEN.format("10.0.0.9")] * 20, SEEN.format(HOST)).ip == ""


def test_a_stranger_is_no_relay(site: Verifying) -> None:
    raw = SEEN.format(HOST).encode() + of_carol()
    assert site.judge(raw, peer=STRANGER, mail_from="carol@acme.example").spf.result is Result.FAIL


@pytest.mark.parametrize("source", ["imap:main", "imap:gone", "import"])
def test_a_mailbox_does_not_tell_the_host(source: str, site: Verifying) -> None:
    raw = SEEN.format(HOST).encode() + of_carol()
    found = site.judge(raw, source=source, peer="", mail_from=None)
    assert found.spf.result is Result.NONE
    assert found.dmarc.result is Result.NONE  # so it cannot have failed
    assert not found.failed


def test_a_local_server_that_hands_over_tells_the_host(site: Verifying) -> None:
    raw = SEEN.format(HOST).encode() + of_carol()
    for source in ("pipe", "lmtp"):
        assert site.judge(raw, source=source, peer="", mail_from="carol@acme.example").spf.result is Result.PASS
        assert site.judge(raw, source=source, peer="", mail_from=None).spf.result is Result.NONE


def test_this_machine_is_asked_about_only_as_a_relay(site: Verifying) -> None:
    found = site.judge(of_carol(), peer="127.0.0.1", mail_from="carol@acme.example")
    assert found.spf.result is Result.NONE
    assert "trusted_relays" in found.spf.why
    assert not found.failed
