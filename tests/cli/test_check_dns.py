"""`gateway check --dns` against a DNS server of ours: a good site, and each record that is missing or wrong."""

import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.main import run
from support.dns_stub import DnsStub
from support.signing import Key, rsa_key
from support.whole_site import make_site

OURS, RELAY = "192.0.2.25", "192.0.2.80"
SPF = "v=spf1 mx ip4:192.0.2.80 -all"
DMARC = "v=DMARC1; p=quarantine; rua=mailto:dmarc@acme.example"
KEY_NAME = "k1._domainkey.acme.example"


@pytest.fixture(scope="module")
def key() -> Key:
    return rsa_key()


@pytest.fixture
def dns(key: Key) -> Iterator[DnsStub]:
    """Everything as it should be, for mail that leaves by smarthost.acme.example."""
    with DnsStub() as stub:
        stub.put("acme.example", "MX", "10 mail.acme.example.").put("mail.acme.example", "A", OURS)
        stub.put("smarthost.acme.example", "A", RELAY).put("25.2.0.192.in-addr.arpa", "PTR", "mail.acme.example.")
        stub.txt("acme.example", "google-site-verification=x", SPF).txt("_dmarc.acme.example", DMARC)
        stub.txt("mail.acme.example", "v=spf1 a ip4:192.0.2.80 -all")
        stub.txt(KEY_NAME, key.record)
        yield stub


@pytest.fixture
def config(tmp_path: Path, dns: DnsStub, key: Key) -> Path:
    path = make_site(
        tmp_path, delivery="smtp://smarthost.acme.example:25", more=f'[auth]\ndns = "127.0.0.1:{dns.port}"'
    )
    secret = tmp_path / "dkim.pem"
    secret.write_bytes(key.private)
    secret.chmod(0o600)
    text = path.read_text()
    path.write_text(text.replace("[similar]", 'dkim_key = "dkim.pem"\ndkim_selector = "k1"\n[similar]'))
    return path


def looked_up(config: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and what was found by check, the last of each."""
    code, told = _run(config, "--json")
    return code, {one["check"]: one for one in json.loads(told)}


def _run(config: Path, *args: str) -> tuple[int, str]:
    """The exit code and standard output of the command, in this process: its start takes longer than its work."""
    with redirect_stdout(StringIO()) as told:
        code = run(["-c", str(config), "check", "--dns", *args])
    return code, told.getvalue()


def test_all_is_well(config: Path) -> None:
    code, found = looked_up(config)
    assert (code, [one["problem"] for one in found.values()]) == (0, [""] * 6)
    assert list(found) == ["MX", "SPF", "DKIM", "DMARC", "alignment", "HELO"]
    assert found["MX"]["saw"] == [f"10 mail.acme.example: {OURS}"]
    assert found["alignment"]["saw"] == [
        "replies: aligned by DKIM and SPF (envelope domain acme.example)",
        "automatic mail: aligned by DKIM (empty envelope, SPF is asked of smarthost.acme.example's HELO)",
    ]
    code, lines = _run(config)
    assert (code, lines.count(": good"), "publish" in lines) == (0, 6, False)


def _forget(name: str) -> Callable[[DnsStub], None]:
    return lambda dns: dns.forget(name)


def _instead(name: str, *texts: str) -> Callable[[DnsStub], None]:
    def act(dns: DnsStub) -> None:
        dns.forget(name)
        dns.txt(name, *texts)

    return act


def _mx(*values: str) -> Callable[[DnsStub], None]:
    def act(dns: DnsStub) -> None:
        dns.forget("acme.example")
        dns.txt("acme.example", SPF.replace("mx", f"ip4:{OURS}")).put("acme.example", "MX", *values)

    return act


def _many(dns: DnsStub) -> None:
    """Eleven look-ups: one include of ten."""
    _instead("acme.example", "v=spf1 ip4:192.0.2.80 include:more.example -all")(dns)
    dns.txt("more.example", "v=spf1 " + " ".join(f"a:h{number}.example" for number in range(10)) + " -all")
    for number in range(10):
        dns.put(f"h{number}.example", "A", "198.51.100.1")


def _spf_with(text: str) -> Callable[[DnsStub], None]:
    def act(dns: DnsStub) -> None:
        dns.forget("acme.example")
        dns.put("acme.example", "MX", "10 mail.acme.example.").txt("acme.example", text)

    return act


@pytest.mark.parametrize(
    ("broken", "check", "problem", "publish"),
    [
        (_mx(), "MX", "no server takes mail for it", "acme.example. IN MX 10 mail.acme.example."),
        (_mx("0 ."), "MX", "it takes no mail", "acme.example. IN MX 10 mail.acme.example."),
        (_mx("10 old.acme.example."), "MX", "old.acme.example has no address", None),
        (
            _spf_with("no such thing"),
            "SPF",
            "there is no record",
            'acme.example. IN TXT "v=spf1 ip4:192.0.2.80 ~all"',
        ),
        (
            lambda dns: dns.txt("acme.example", "v=spf1 include:other.example ?all"),
            "SPF",
            "there are 2 records",
            'acme.example. IN TXT "v=spf1 include:other.example mx ip4:192.0.2.80 -all"',
        ),
        (
            _spf_with("v=spf1 mx -all"),
            "SPF",
            "it does not let 192.0.2.80 send: fail",
            'acme.example. IN TXT "v=spf1 mx ip4:192.0.2.80 -all"',
        ),
        (_many, "SPF", "it takes 11 look-ups", None),
        (_spf_with("v=spf1 ip4:192.0.2.80 include:gone.example -all"), "SPF", "brings in gone.example", None),
        (_spf_with("v=spf1 mx +all"), "SPF", "lets everybody send", 'ip4:192.0.2.80 ~all"'),
        (_forget(KEY_NAME), "DKIM", "is not published", f'{KEY_NAME}. IN TXT "v=DKIM1; k=rsa; p='),
        (_instead(KEY_NAME, "v=DKIM1; k=rsa; p=AAAA"), "DKIM", "another key is published", f"{KEY_NAME}. IN TXT"),
        (_instead(KEY_NAME, "v=DKIM1; p="), "DKIM", "the key is revoked", f"{KEY_NAME}. IN TXT"),
        (
            _forget("_dmarc.acme.example"),
            "DMARC",
            "there is no record",
            '_dmarc.acme.example. IN TXT "v=DMARC1; p=none; rua=mailto:admin@acme.example"',
        ),
        (lambda dns: dns.txt("_dmarc.acme.example", "v=DMARC1; p=none"), "DMARC", "there are 2 records", None),
        (_instead("_dmarc.acme.example", "v=DMARC1; p=sometimes"), "DMARC", "no policy that receivers know", "p=none"),
        (_forget("mail.acme.example"), "HELO", "has no address in DNS", "mail.acme.example. IN A "),
        (_forget("smarthost.acme.example"), "delivery", "smarthost.acme.example has no address", None),
    ],
)
def test_what_is_wrong_is_named_with_the_record(
    config: Path,
    dns: DnsStub,
    broken: Callable[[DnsStub], Any],
    check: str,
    problem: str,
    publish: str | None,
) -> None:
    broken(dns)
    code, found = looked_up(config)
    assert code == 1
    assert problem in found[check]["problem"]
    if publish is None:
        assert found[check]["publish"] == []
    else:
        assert publish in found[check]["publish"][0]


def test_a_published_key_is_ready_to_paste(config: Path, dns: DnsStub) -> None:
    """What is printed, put into DNS as it stands there, mends it: also where the text takes several strings."""
    dns.forget(KEY_NAME)
    (record,) = looked_up(config)[1]["DKIM"]["publish"]
    owner, _, value = record.partition(". IN TXT ")
    assert value.count('"') == 4
    assert all(len(string) <= 255 for string in value.strip('"').split('" "'))
    dns.put(owner, "TXT", value)
    assert looked_up(config)[0] == 0


def test_nothing_aligns(config: Path, dns: DnsStub) -> None:
    """Without signature, automatic mail with an empty envelope stands by a HELO that is the smarthost's, not ours."""
    dns.forget(KEY_NAME)
    _instead("_dmarc.acme.example", "v=DMARC1; p=reject; aspf=s")(dns)
    code, found = looked_up(config)
    assert code == 1
    assert found["alignment"]["saw"] == [
        "replies: aligned by SPF (envelope domain acme.example)",
        "automatic mail: not aligned (empty envelope, SPF is asked of smarthost.acme.example's HELO)",
    ]
    assert "automatic mail would fail DMARC (its policy is reject)" in found["alignment"]["problem"]
    assert "smarthost.acme.example says hello, which is not known here" in found["alignment"]["problem"]


def test_the_record_of_our_own_hello(config: Path, dns: DnsStub) -> None:
    """Where this host itself speaks to receivers, its name needs a record of its own, which is printed."""
    config.write_text(config.read_text().replace("smarthost.acme.example", "127.0.0.1"))
    dns.forget(KEY_NAME)
    dns.forget("mail.acme.example")
    dns.put("mail.acme.example", "A", OURS)
    found = looked_up(config)[1]["alignment"]
    assert "the SPF record of mail.acme.example does not let it pass" in found["problem"]
    (record,) = found["publish"]
    owner, _, value = record.partition(". IN TXT ")
    dns.put(owner, "TXT", value)
    assert looked_up(config)[1]["alignment"]["problem"] == ""


def test_an_mta_on_this_machine(config: Path, dns: DnsStub) -> None:
    """It speaks to the world as mail.host: that address has to be let send, and to have a name."""
    config.write_text(config.read_text().replace("smarthost.acme.example", "127.0.0.1"))
    assert looked_up(config)[0] == 0
    dns.forget("25.2.0.192.in-addr.arpa")
    code, found = looked_up(config)
    assert (code, found["HELO"]["problem"]) == (
        1,
        f"{OURS} has no PTR: ask whoever gave you the address for the record",
    )
    assert found["HELO"]["publish"] == ["25.2.0.192.in-addr.arpa. IN PTR mail.acme.example."]
    dns.put("25.2.0.192.in-addr.arpa", "PTR", "static-25.provider.example.")
    assert "has another name than mail.acme.example" in looked_up(config)[1]["HELO"]["problem"]


def test_a_provider_and_a_queue_of_its_own(config: Path, dns: DnsStub) -> None:
    """Each From by its own way: the provider's include has to stand in that domain's record."""
    text = config.read_text().replace('title = "Billing"', 'title = "Billing"\nfrom = "billing@money.example"')
    more = '[[delivery.route]]\nfrom_domain = "money.example"\nto = "smtp+starttls://smtp.office365.com:587"\n'
    config.write_text(text.replace("[similar]", f"{more}[similar]"))
    dns.put("money.example", "MX", "10 mail.acme.example.").txt("_dmarc.money.example", DMARC)
    dns.txt("money.example", "v=spf1 mx -all")
    lines = _run(config)[1]
    assert "SPF money.example: it does not let our provider send: include:spf.protection.outlook.com" in lines
    assert "DKIM selector1._domainkey.money.example: the provider does not sign for this domain" in lines
    assert "automatic mail would fail DMARC (its policy is quarantine)" in lines
    dns.put("selector1._domainkey.money.example", "CNAME", "key.provider.example.")
    dns.txt("key.provider.example", "v=DKIM1; k=rsa; p=AAAA")
    signed = _run(config)[1]
    assert "DKIM selector1._domainkey.money.example: good" in signed
    assert "automatic mail: aligned by DKIM (empty envelope, SPF is asked of smtp.office365.com's HELO)" in signed
    assert lines.count("HELO mail.acme.example: good") == 1
    record = 'money.example. IN TXT "v=spf1 mx include:spf.protection.outlook.com -all"'
    assert f"publish: {record}" in lines


def test_a_dns_server_that_does_not_answer(config: Path, dns: DnsStub) -> None:
    """One line that says whom to mend, and none of what the library says."""
    dns.misbehave("", "drop")
    code, lines = _run(config)
    assert (code, lines.count("\n")) == (1, 1)
    assert f"127.0.0.1:{dns.port} (auth.dns) gives no answers" in lines
    assert "lifetime" not in lines


def test_one_domain_that_nobody_answers_for(config: Path, dns: DnsStub) -> None:
    dns.misbehave("acme.example", "drop")
    code, found = looked_up(config)
    assert (code, found["MX"]["problem"]) == (1, "DNS gave no answer on acme.example.: timed out")


def test_mail_that_leaves_into_a_folder(tmp_path: Path, dns: DnsStub) -> None:
    code, found = looked_up(make_site(tmp_path, more=f'[auth]\ndns = "127.0.0.1:{dns.port}"'))
    assert code == 0
    assert found["delivery"]["saw"] == ["a folder: nothing leaves this machine"]
