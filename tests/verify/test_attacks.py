"""The published ways to write in an agent's name (robustness.md 3.4), replayed: none of them proves anything.

Each has beside it the honest mail that it imitates, which does.
"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.tickets.auth_result import Result
from support.fuzz import examples
from support.mails import mail
from support.signing import publish, rsa_key, sign
from support.verifying import AT, HOST, STRANGER, Verifying, of_carol, signed_by_carol, verifying

EVIL = rsa_key(number=1)


def refused(site: Verifying, raw: bytes, **how: object) -> None:
    """Neither by open SMTP nor by a mailbox, whichever source is trusted."""
    for found in (site.judge(raw, **how), site.by_mailbox(raw)):  # type: ignore[arg-type]
        assert not found.by, found.notes
        assert found.proofs == ()


def test_the_honest_mails(site: Verifying) -> None:
    assert site.judge(signed_by_carol()).by == "dkim"
    assert site.by_mailbox(signed_by_carol()).by == "dkim"
    assert site.judge(of_carol(), peer=HOST, mail_from="carol@acme.example").by == "spf"
    assert site.judge(of_carol(), auth_user="carol").by == "submission"


def test_a_from_and_nothing_else(site: Verifying) -> None:
    """CVE-2026-47123: an agent's address was enough."""
    refused(site, of_carol())
    found = site.judge(of_carol(), peer=STRANGER, mail_from="carol@acme.example")
    assert not found.by
    assert (found.spf.result, found.dmarc.result, found.failed) == (Result.FAIL, Result.FAIL, True)


def test_a_stranger_with_everything_in_order_for_himself(site: Verifying) -> None:
    raw = sign(of_carol(), "evil.example", EVIL)
    found = site.judge(raw, peer=STRANGER, mail_from="eve@evil.example", helo="mail.evil.example")
    assert found.spf.result is Result.PASS
    assert found.dkim[0].result is Result.PASS
    assert not found.by
    assert found.failed


@pytest.mark.parametrize("first", ["carol@acme.example", "eve@evil.example"])
@pytest.mark.parametrize("signer", ["acme.example", "evil.example"])
def test_two_from_lines(first: str, signer: str, site: Verifying) -> None:
    """A signature may cover one From while the other is shown."""
    key = EVIL if signer == "evil.example" else None
    second = "eve@evil.example" if first.startswith("carol") else "carol@acme.example"
    refused(site, f"From: {first}\r\n".encode() + sign(mail(sender=second), signer, key))


@pytest.mark.parametrize(
    "sender",
    [
        '"carol@acme.example" <eve@evil.example>',
        "carol@acme.example <eve@evil.example>",
        '"Carol Reyes (carol@acme.example)" <eve@evil.example>',
        "eve@evil.example (carol@acme.example)",
        "<carol@acme.example> <eve@evil.example>",
        "carol@acme.example, eve@evil.example",
        "eve@evil.example, carol@acme.example",
        "carol@acme.example; <eve@evil.example>",
        "<@acme.example:eve@evil.example>",
        "carol@acme.example: eve@evil.example;",
        '"carol@acme.example\\" <eve@evil.example>"@evil.example',
        "=?utf-8?q?carol=40acme.example_=3C?= <eve@evil.example>",
        "carol@acme.example\t<eve@evil.example>",
    ],
)
def test_an_address_that_only_looks_like_one(sender: str, site: Verifying) -> None:
    """Whatever it is taken for, the stranger's own signature and host never prove Carol."""
    raw = sign(mail(sender=sender), "evil.example", EVIL)
    for found in (site.judge(raw, peer=STRANGER, mail_from="eve@evil.example"), site.by_mailbox(raw)):
        assert not (found.by and found.from_addr == "carol@acme.example")
        assert not found.by or found.from_addr == "eve@evil.example"


def test_a_body_that_was_lengthened(site: Verifying) -> None:
    """l= leaves its end open; dkimpy says the mail is good."""
    refused(site, signed_by_carol(length=True) + b"\r\n#assign eve\r\n")


def test_a_subject_beside_the_signed_one(site: Verifying) -> None:
    """dkimpy says the mail is good: it looks at the lowest."""
    refused(site, b"Subject: [Acme #1] #close\r\n" + signed_by_carol())


def test_a_subject_that_was_not_signed(site: Verifying) -> None:
    refused(site, signed_by_carol(headers=("from", "date")).replace(b"My lamp", b"#close"))


def test_a_body_read_otherwise_by_an_added_content_type(site: Verifying) -> None:
    refused(site, b'Content-Type: multipart/mixed; boundary="x"\r\n' + signed_by_carol("--x\n\n#close\n--x--"))


def test_a_signature_that_leaves_from_out(site: Verifying) -> None:
    raw = signed_by_carol()
    refused(site, raw.replace(b"h=from : ", b"h="))


def test_a_key_that_can_be_broken(site: Verifying) -> None:
    """From 512 bits on such keys are factored in hours; 1,024 is the least that is believed."""
    site.dns.txt(
        "old._domainkey.acme.example", "v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL" + "A" * 66 + "CAwEAAQ=="
    )
    refused(site, signed_by_carol(selector="old"))


def test_a_name_below_the_domain_that_a_stranger_got(site: Verifying) -> None:
    """Under a public suffix it is nobody's, under a domain with adkim=s it is not the domain."""
    publish(site.dns, "evil.github.io", EVIL)
    refused(site, sign(mail(sender="carol@acme.github.io"), "evil.github.io", EVIL))


def test_a_signature_of_one_mail_on_another(site: Verifying) -> None:
    field = signed_by_carol()[: -len(of_carol())]
    refused(site, field[: field.rindex(b"b=")] + b"b=" + b"A" * 340 + b"==\r\n" + of_carol("#close\n\nanother"))


def test_an_old_signature_that_has_expired(site: Verifying) -> None:
    raw = signed_by_carol()
    assert site.judge(raw, at=AT.replace(year=2036)).by == "dkim"  # without x= it holds: T88 has other means
    refused(site, raw.replace(b"; t=", b"; x=1; t="))


def test_a_bounce_address_for_spf(site: Verifying) -> None:
    """The null sender, and a HELO that may send for the domain."""
    site.dns.txt("mail.acme.example", f"v=spf1 ip4:{STRANGER} -all")
    refused(site, of_carol(), peer=STRANGER, mail_from="", helo="mail.acme.example")


def test_somebody_elses_login(site: Verifying) -> None:
    for user in ("dave", "carol@acme.example", "Carol", "nobody"):
        assert not site.judge(of_carol(), auth_user=user).by
    assert not site.judge(mail(sender="Dave <dave@acme.example>"), auth_user="carol").by


FORGED = (
    "Authentication-Results: mx.acme.example; dmarc=pass header.from=acme.example",
    "Authentication-Results: mx.acme.example; auth=pass smtp.auth=carol@acme.example",
    "Authentication-Results: mx.acme.example; dkim=pass header.d=acme.example",
    "X-MS-Exchange-Organization-AuthAs: Internal",
    "X-MS-Exchange-CrossTenant-Id: 8b1f3c52-7a0e-4d57-9c1a-2f6f0e9d4b11",
    "X-MS-Exchange-CrossTenant-AuthAs: Internal",
    "Received-SPF: pass (mx.acme.example: domain of acme.example designates 192.0.2.7) client-ip=192.0.2.7",
    "Received: from mail.acme.example (mail.acme.example [192.0.2.7]) by mx.acme.example (Authenticated sender: carol)",
    "ARC-Seal: i=1; cv=none; d=acme.example; s=s1; b=YWJj",
    "ARC-Authentication-Results: i=1; mx.acme.example; dmarc=pass header.from=acme.example",
    "X-Google-DKIM-Signature: v=1; a=rsa-sha256; d=acme.example; s=s1; h=from; bh=YWJj; b=YWJj",
    "X-Verified: yes",
)


@pytest.mark.parametrize("line", FORGED)
def test_a_header_that_says_it_was_verified(line: str, tmp_path: Path) -> None:
    auth = (
        'trust = ["dkim", "spf", "submission", "header:mx.acme.example", "m365-internal"]\n'
        'm365_tenant = "8b1f3c52-7a0e-4d57-9c1a-2f6f0e9d4b11"'
    )
    with verifying(tmp_path, auth=auth) as site:
        for lines in (line, "\r\n".join(FORGED)):
            found = site.judge(f"{lines}\r\n".encode() + of_carol())
            assert not found.by
            assert found.vouched == ()


@pytest.mark.parametrize(
    "said",
    [
        # A sender called himself so that a careless server closed its comment too early.
        "spf=fail (sender x) smtp.mailfrom=x; dmarc=pass header.from=acme.example (y) smtp.mailfrom=eve@evil.example",
        "spf=fail (x); dkim=pass header.d=acme.example (y) smtp.mailfrom=eve@evil.example; dkim=none",
        "spf=fail (x); spf=pass smtp.mailfrom=carol@acme.example (y) smtp.mailfrom=eve@evil.example",
        "spf=fail (x) smtp.mailfrom=eve@evil.example; dmarc=fail header.from=acme.example; dmarc=pass header.from=acme.example",
        "dkim=fail header.d=acme.example; dkim=pass header.d=acme.example header.s=s2",
        'spf=fail smtp.mailfrom="x\\"; dmarc=pass header.from=acme.example; x="',
        "spf=fail (x\\) ; dmarc=pass header.from=acme.example",
    ],
)
def test_what_was_smuggled_into_a_trusted_field(said: str, tmp_path: Path) -> None:
    bogus = b"DKIM-Signature: v=1; a=rsa-sha256; d=acme.example; s=s1; h=from:subject; bh=YWJj; b=YWJj\r\n"
    with verifying(tmp_path, auth='trust = ["header:mx.acme.example"]') as site:
        for forged in (b"", bogus):
            raw = f"Authentication-Results: mx.acme.example; {said}\r\n".encode() + forged + of_carol()
            assert not site.by_mailbox(raw).by


# ---- whatever else a stranger puts together ------------------------------------------------------------------------

_OWN = sign(of_carol(), "evil.example", EVIL)
_OLD = signed_by_carol("an older mail")
_FIELDS = [
    *FORGED,
    _OWN[: _OWN.index(b"From: Carol")].decode().removesuffix("\r\n"),
    _OLD[: _OLD.index(b"From: Carol")].decode().removesuffix("\r\n"),
    _OLD[: _OLD.index(b"From: Carol")].decode().removesuffix("\r\n").replace("h=from", "h=x : from"),
    "From: carol@acme.example",
    "From: Carol <carol@acme.example>",
    "From: eve@evil.example",
    "From: carol@acme.example, eve@evil.example",
    "Sender: carol@acme.example",
    "Resent-From: carol@acme.example",
    "Reply-To: carol@acme.example",
    "Subject: #close",
    "Subject: Re: [Acme #7] My lamp",
    "Date: Fri, 27 Nov 2026 09:00:00 +0000",
    "To: support@acme.example",
    "Content-Type: text/plain",
    " folded",
    "no field at all",
    "\rFrom: carol@acme.example",
    " ",
]
_ENVELOPES = st.fixed_dictionaries(
    {
        "peer": st.sampled_from([STRANGER, "203.0.113.5", "2001:db8::66", "::ffff:198.51.100.66", ""]),
        "mail_from": st.sampled_from(
            ["carol@acme.example", "eve@evil.example", "", "carol@acme.example@evil.example", None]
        ),
        "helo": st.sampled_from(
            ["mail.acme.example", "acme.example", "[192.0.2.7]", "mx.acme.example (x [192.0.2.7])", ""]
        ),
    }
)


def test_no_mail_that_a_stranger_can_write_is_carols(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Built from all of the above in any order, by any envelope from any host but hers."""
    auth = (
        'trust = ["dkim", "spf", "submission", "header:mx.acme.example", "m365-internal"]\n'
        'm365_tenant = "8b1f3c52-7a0e-4d57-9c1a-2f6f0e9d4b11"'
    )
    seen: list[str] = []
    with verifying(tmp_path_factory.mktemp("site"), auth=auth) as site:

        @settings(max_examples=examples(400), deadline=None)
        @given(
            lines=st.lists(st.sampled_from(_FIELDS), min_size=1, max_size=9),
            how=_ENVELOPES,
            text=st.sampled_from(["#close", "an older mail"]),
        )
        def attack(lines: list[str], how: dict[str, str | None], text: str) -> None:
            raw = "\r\n".join([*lines, "", text, ""]).encode()
            found = site.judge(raw, **how)  # type: ignore[arg-type]
            seen.append(found.from_addr)
            if found.from_addr != "eve@evil.example":
                assert not found.by, (raw, found.notes)

        attack()
    assert "carol@acme.example" in seen
