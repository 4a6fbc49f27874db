"""DKIM against signatures that dkimpy made: canonical forms, keys, what covers too little, what DNS says of it."""

import base64
import hashlib
import re

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mail.header import verbatim
from gateway.tickets.auth_result import Result, Signed
from gateway.verify import signatures
from support.signing import Key, ed25519_key, publish, rsa_key, sign
from support.verifying import AT, Verifying, of_carol, signed_by_carol

SMALL = Key(  # 768 bits: no library makes such a key any more
    private=b"""-----BEGIN RSA PRIVATE KEY-----
MIIBywIBAAJhAKOl1rl4P3G4fMTIWJvUnPaCjliDqdz4ATNDEGC9/CGtu5KOXgwi
/Ry7ZwRyknyCXDpPQ3aNSiMosiQWP1lwUJpZWfRLINs4/pdBKlR3jYw+Hh4H5s2t
hTR2YPBOFtM2UQIDAQABAmEAood1oBTGZiqFeGdGYdYi4k0+FLkHPlft0Ty9CmgF
/mjuzxqoW0NwwVV6dhdYV2KbocMOQnn6PR4SQJoLV5hLStBK5K8jDLOCjjxQu+c4
dIwxcyQqoxPHgkoAdTGfvS1xAjEA1STkDTsYFPnqlBJR4YUujMBotE5BkxdrQhat
k0W667pMhVhLbQZfYKLrX+MLGredAjEAxI09BLxTp8GfmI6LkFQee0DTr2Nbfy8k
xFzGl+fF+KYPYz6taebhhn7sNWMDw81FAjEAwhvKpFIA6HmBLEBS2XMUpZJEyI/M
IEzfnVxRzyFdzXfoYDe82RlImxVEDhsS7c3xAjA/CDBOSXrmbICa8vOs6F0SF7sL
Hujjw6Gd20bQxkJFuDNtF1eTg7hFYoSrpkI506UCMGcdsICtp+OpulpMhqB4wCk9
1uFTQULqfQsstIKELSGNxRudvasuY40CoQtRYLmYvw==
-----END RSA PRIVATE KEY-----
""",
    public="MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAKOl1rl4P3G4fMTIWJvUnPaCjliDqdz4ATNDEGC9/CGtu5KO"
    "Xgwi/Ry7ZwRyknyCXDpPQ3aNSiMosiQWP1lwUJpZWfRLINs4/pdBKlR3jYw+Hh4H5s2thTR2YPBOFtM2UQIDAQAB",
)


def first(site: Verifying, raw: bytes) -> Signed:
    """The verdict on the topmost signature that is looked at."""
    return site.judge(raw).dkim[0]


# ---- canonical forms -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("canon", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"])
@pytest.mark.parametrize("key", [rsa_key(), rsa_key(1024), ed25519_key()], ids=["2048", "1024", "ed25519"])
def test_every_form_with_every_kind_of_key(canon: str, key: Key, site: Verifying) -> None:
    publish(site.dns, "acme.example", key, selector="k")
    raw = signed_by_carol("Hello  there \n\n\tindented\n\n\n", key=key, selector="k", canon=canon)
    assert (first(site, raw).result, first(site, raw).weak) == (Result.PASS, "")
    assert first(site, raw.replace(b"there", b"where")).result is Result.FAIL
    assert first(site, raw.replace(b"My lamp", b"My lamb")).result is Result.FAIL
    assert site.judge(raw).by == "dkim"


def test_line_ends_of_files_are_those_of_the_wire(site: Verifying) -> None:
    assert first(site, signed_by_carol().replace(b"\r\n", b"\n")).result is Result.PASS


LINES = st.text(st.sampled_from(" \tab.\x0b"), max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(LINES, max_size=12),
    subject=st.lists(st.text(st.sampled_from(" \tab"), min_size=1, max_size=6), min_size=1, max_size=3),
    canon=st.sampled_from(["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]),
    slice_octets=st.integers(1, 40),
)
def test_we_hash_what_dkimpy_hashes(lines: list[str], subject: list[str], canon: str, slice_octets: int) -> None:
    """Signed by dkimpy, with the octets it hashed taken from it; ours are the same, however the body is cut."""
    folded = "\r\n ".join(part if part.strip() else f"{part}x" for part in subject)
    body = "".join(f"{line}\r\n" for line in lines)
    mail = f"From: carol@acme.example\r\nSubject: {folded}\r\nX-Empty:\r\n\r\n{body}".encode()
    raw = sign(mail, "acme.example", headers=("from", "from", "subject", "x-empty", "subject"), canon=canon)
    header = verbatim.read(raw)
    (claims,) = signatures.read_all(header)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signatures, "_SLICE", slice_octets)
        digest, _ = signatures.Body(raw, header.body).digest(claims.body_canon, None)
    assert digest == claims.body_hash
    octets = signatures._header_octets(claims, header)
    key = signatures._key_of("rsa", rsa_key().public, "test", is_test=False)
    assert key.verifies(octets, claims.signature)
    assert dkim.verify(raw, dnsfunc=lambda *_, **__: rsa_key().record.encode())


def test_an_empty_body_has_a_hash_of_its_own() -> None:
    """RFC 6376 sections 3.4.3 and 3.4.4 print both."""
    body = signatures.Body(b"From: a\r\n\r\n", 11)
    assert base64.b64encode(body.digest("simple", None)[0]) == b"frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="
    assert base64.b64encode(body.digest("relaxed", None)[0]) == b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


# ---- what a good signature must cover (T78) ------------------------------------------------------------------------


def without_proof(site: Verifying, raw: bytes, weakness: str) -> None:
    found = site.judge(raw)
    assert found.dkim[0].result is Result.PASS
    assert weakness in found.dkim[0].weak
    assert not found.by
    assert "dkim" not in found.proofs


def test_a_body_that_may_grow(site: Verifying) -> None:
    raw = signed_by_carol(length=True)
    without_proof(site, raw, "l= leaves the end of the body to anybody")
    without_proof(site, raw + b"#assign eve\r\n", "l=")


def test_a_subject_that_is_not_signed(site: Verifying) -> None:
    raw = signed_by_carol(headers=("from", "to", "date"))
    without_proof(site, raw, "Subject is not signed")
    without_proof(site, raw.replace(b"Re: [Acme #7]", b"Re: [Acme #8]"), "Subject is not signed")


@pytest.mark.parametrize("line", ["Subject: Re: [Acme #8]", "Content-Type: text/html", "To: x@acme.example"])
@pytest.mark.parametrize("place", ["above", "below"])
def test_a_second_field_that_may_stand_once(line: str, place: str, site: Verifying) -> None:
    """The signature covers the lowest one; which one others read nobody knows."""
    raw = signed_by_carol()
    if place == "above":
        without_proof(site, f"{line}\r\n".encode() + raw, "more than one")
    else:
        head, _, body = raw.partition(b"\r\n\r\n")
        assert not site.judge(head + f"\r\n{line}\r\n\r\n".encode() + body).by


def test_a_field_signed_once_more_than_it_stands_cannot_be_added(site: Verifying) -> None:
    raw = signed_by_carol(headers=("from", "from", "subject", "subject", "to", "date"))
    assert site.judge(raw).by == "dkim"
    assert first(site, b"Subject: another\r\n" + raw).result is Result.FAIL


def test_headers_of_transport_may_be_added(site: Verifying) -> None:
    trace = b"Received: from a (b [192.0.2.1]) by mx.acme.example; x\r\nX-Spam: no\r\n"
    assert site.judge(trace + signed_by_carol()).by == "dkim"


# ---- signatures that are none --------------------------------------------------------------------------------------


def altered(raw: bytes, pattern: bytes, new: bytes) -> bytes:
    changed, count = re.subn(pattern, new, raw, count=1)
    assert count == 1
    return changed


@pytest.mark.parametrize(
    ("pattern", "new", "result", "why"),
    [
        (rb"h=from : ", b"h=", Result.PERMERROR, "From is not signed"),
        (rb"a=rsa-sha256", b"a=rsa-sha1", Result.PERMERROR, "not believed any more"),
        (rb"s=s1", b"s=s2", Result.PERMERROR, "no key"),
        (rb"d=acme", b"d=acne", Result.PERMERROR, "i= lies outside"),
        (rb"v=1", b"v=1; v=1", Result.PERMERROR, "no list of tags"),
        (rb"bh=...", b"bh=AAA", Result.FAIL, "body was changed"),
        (rb" b=...", b" b=AAA", Result.FAIL, "header was changed"),
        (rb"t=\d+", b"t=1; x=1700000000", Result.FAIL, "expired"),
        (rb"c=relaxed/relaxed", b"c=relaxed/relaxed; l=999999", Result.PERMERROR, "l= is more than the body has"),
    ],
)
def test_what_fails_and_why(pattern: bytes, new: bytes, result: Result, why: str, site: Verifying) -> None:
    found = site.judge(altered(signed_by_carol(), pattern, new))
    assert found.dkim[0].result is result
    assert why in found.dkim[0].why
    assert not found.by
    assert not found.temporary


def test_it_expires_by_the_time_the_mail_came(site: Verifying) -> None:
    """x= is signed too, so a signature is made here that says so."""
    raw = of_carol()
    field = sign(raw, "acme.example")[: -len(raw)]
    field = altered(field, rb"t=\d+", b"t=1; x=%d" % AT.timestamp())
    claims = signatures.read_all(verbatim.read(field + raw))[0]
    octets = signatures._header_octets(claims, verbatim.read(field + raw))
    made = base64.b64encode(
        bytes(dkim.RSASSA_PKCS1_v1_5_sign(hashlib.sha256(octets), dkim.parse_pem_private_key(rsa_key().private)))
    )
    whole = re.sub(rb"(?s) b=.*", b" b=" + made + b"\r\n", field) + raw
    assert site.judge(whole, at=AT).by == "dkim"
    assert "expired" in site.judge(whole, at=AT.replace(second=1)).dkim[0].why


# ---- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "result", "why"),
    [
        (f"p={rsa_key().public}", Result.PASS, ""),
        (f"v=DKIM1; h=sha1:sha256; s=*; t=s; p={rsa_key().public}", Result.PASS, ""),
        (f"v=DKIM1; s=email:other; n=a note; p={rsa_key().public}", Result.PASS, ""),
        (f"v=DKIM1; p={rsa_key().public[:80]} {rsa_key().public[80:]}", Result.PASS, ""),
        (f"v=DKIM2; p={rsa_key().public}", Result.PERMERROR, "another version"),
        ("v=DKIM1; p=", Result.PERMERROR, "revoked"),
        ("v=DKIM1", Result.PERMERROR, "no key"),
        ("rubbish", Result.PERMERROR, "no key"),
        (f"v=DKIM1; h=sha1; p={rsa_key().public}", Result.PERMERROR, "not for SHA-256"),
        (f"v=DKIM1; s=tlsrpt; p={rsa_key().public}", Result.PERMERROR, "not for mail"),
        (f"v=DKIM1; k=ed25519; p={rsa_key().public}", Result.PERMERROR, "is for ed25519"),
        (f"v=DKIM1; k=dsa; p={rsa_key().public}", Result.PERMERROR, "is for dsa"),
        ("v=DKIM1; p=!!!", Result.PERMERROR, "no base64"),
        ("v=DKIM1; p=YWJj", Result.PERMERROR, "no RSA key"),
        ("v=DKIM1; p=MIIB", Result.PERMERROR, "no RSA key"),
        (f"v=DKIM1; p={rsa_key(number=5).public}", Result.FAIL, "another key"),
    ],
)
def test_keys(record: str, result: Result, why: str, site: Verifying) -> None:
    site.dns.txt("k._domainkey.acme.example", record)
    found = site.judge(signed_by_carol(selector="k"))
    assert found.dkim[0].result is result
    assert why in found.dkim[0].why
    assert bool(found.by) is (result is Result.PASS)


def test_a_key_of_fewer_than_1024_bits(site: Verifying) -> None:
    """dkimpy signs with it, and nobody may believe it (RFC 8301)."""
    publish(site.dns, "acme.example", SMALL, selector="small")
    raw = signed_by_carol(key=SMALL, selector="small")
    assert dkim.verify(raw, minkey=512, dnsfunc=lambda *_, **__: SMALL.record.encode())
    found = site.judge(raw)
    assert found.dkim[0].result is Result.PERMERROR
    assert "768 bits" in found.dkim[0].why
    assert not found.by


COSTLY = {
    "a modulus of 20,000 bits": (2**20_000 + 1, 65537),
    "an exponent of 2,000 bits": (2**2047 + 1, 2**2000 + 1),
    "an exponent that changes nothing": (2**2047 + 1, 1),
    "an even modulus": (2**2047, 65537),
}


def _octets(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _der(tag: int, data: bytes) -> bytes:
    length = bytes([len(data)]) if len(data) < 128 else b"\x82" + len(data).to_bytes(2, "big")
    return bytes([tag]) + length + data


@pytest.mark.parametrize("what", COSTLY)
def test_a_key_that_costs_or_proves_too_much(what: str, site: Verifying) -> None:
    numbers = b"".join(_der(2, _octets(number)) for number in COSTLY[what])
    der = base64.b64encode(_der(0x30, numbers)).decode()
    site.dns.txt("k._domainkey.acme.example", f"p={der}")
    found = first(site, signed_by_carol(selector="k"))
    assert found.result is Result.PERMERROR
    assert "bits; 1024" in found.why or "weak RSA key" in found.why


def test_two_keys_at_one_name_are_none(site: Verifying) -> None:
    site.dns.txt("k._domainkey.acme.example", "v=DKIM1; p=YWJj", rsa_key().record)
    assert "more than one key" in first(site, signed_by_carol(selector="k")).why


def test_a_key_beside_what_is_no_key(site: Verifying) -> None:
    site.dns.txt("k._domainkey.acme.example", "some verification of somebody", rsa_key().record)
    assert site.judge(signed_by_carol(selector="k")).by == "dkim"


def test_a_key_in_test_proves_nothing(site: Verifying) -> None:
    publish(site.dns, "acme.example", selector="k", flags="t=y:s;")
    without_proof(site, signed_by_carol(selector="k"), "in test")


def test_a_key_for_the_domain_alone(site: Verifying) -> None:
    publish(site.dns, "acme.example", selector="k", flags="t=s;")
    assert first(site, signed_by_carol(selector="k", identity="@acme.example")).result is Result.PASS
    assert "not for names below" in first(site, signed_by_carol(selector="k", identity="@mail.acme.example")).why


# ---- DNS -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "result", "temporary"),
    [
        ("servfail", Result.TEMPERROR, True),
        ("refused", Result.TEMPERROR, True),
        ("garbage", Result.TEMPERROR, True),
        ("drop", Result.TEMPERROR, True),
        ("truncate", Result.PASS, False),
        (None, Result.PASS, False),
    ],
)
def test_what_dns_does(mode: str | None, result: Result, temporary: bool, site: Verifying) -> None:
    site.dns.misbehave("s1._domainkey.acme.example", mode)  # type: ignore[arg-type]
    found = site.judge(signed_by_carol())
    assert found.dkim[0].result is result
    assert found.temporary is temporary
    assert found.verified is not temporary


def test_a_key_in_an_alias(site: Verifying) -> None:
    site.dns.put("a._domainkey.acme.example", "CNAME", "s1._domainkey.acme.example.")
    assert site.judge(signed_by_carol(selector="a")).by == "dkim"


# ---- many signatures -----------------------------------------------------------------------------------------------


def test_one_that_is_good_is_enough(site: Verifying) -> None:
    raw = signed_by_carol()
    broken = altered(raw, rb" b=...", b" b=AAA")
    both = broken[: broken.index(b"From: Carol")] + raw
    assert [one.result for one in site.judge(both).dkim] == [Result.FAIL, Result.PASS]
    assert site.judge(both).by == "dkim"


def test_a_foreign_one_proves_nothing_of_us(site: Verifying) -> None:
    raw = sign(of_carol(), "evil.example", rsa_key(number=1))
    found = site.judge(raw)
    assert found.dkim[0].result is Result.PASS
    assert not found.dkim[0].is_aligned
    assert not found.by
    assert found.failed


def test_five_are_looked_at_and_those_of_froms_domain_first(site: Verifying) -> None:
    raw = signed_by_carol()
    foreign = b"".join(
        b"DKIM-Signature: v=1; a=rsa-sha256; d=n%d.evil.example; s=s; h=from; bh=YWJj; b=YWJj\r\n" % number
        for number in range(40)
    )
    found = site.judge(foreign + raw)
    assert len(found.dkim) == signatures.MAX_CHECKED
    assert found.by == "dkim"
    assert sum(name.endswith("_domainkey.acme.example") for name, _ in site.dns.asked) == 1
    assert len([name for name, _ in site.dns.asked if "_domainkey" in name]) == 5


# ---- what a stranger can make it cost ------------------------------------------------------------------------------


def test_a_large_body(site: Verifying) -> None:
    raw = sign(of_carol("x" * 70 + "\n") + b"a line\tof  text \r\n" * 700_000, "acme.example")
    assert site.judge(raw).by == "dkim"


BODIES = {
    "one line": lambda: b" " * 8_000_000 + b"x",
    "blanks and tabs": lambda: b" \t" * 3_000_000 + b"\r\n",
    "empty lines": lambda: b"\r\n" * 3_000_000,
    "empty lines of a file": lambda: b"\n" * 5_000_000,
    "blanks and CR": lambda: b" \r" * 3_000_000,
}


@pytest.mark.parametrize("what", BODIES)
def test_bodies_of_blanks(what: str, site: Verifying) -> None:
    """dkimpy's patterns would take hours over the first."""
    raw = signed_by_carol().partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + BODIES[what]()
    assert first(site, raw).result is Result.FAIL


def test_a_field_of_blanks(site: Verifying) -> None:
    blanks = b" \t" * 3_500
    field = b"DKIM-Signature: v=1; a=rsa-sha256; d=acme.example; s=s1; h=from; bh=YWJj; b" + blanks + b"=YWJj\r\n"
    assert first(site, field + of_carol()).result in (Result.FAIL, Result.PERMERROR)
    assert site.judge(field * 30 + of_carol()).dkim
