"""Stacks of headers as servers leave them and as strangers forge them (T77): which Authentication-Results is believed."""

from pathlib import Path

import pytest

from support.verifying import HOST, Verifying, of_carol, signed_by_carol, verifying

TRUST = 'trust = ["header:mx.acme.example"]'
BY_MX = "Received: from mail.acme.example (mail.acme.example [192.0.2.7]) by mx.acme.example with ESMTPS id 1; x"
BY_US = "Received: from mx.acme.example (mx [10.0.0.1]) by imap3.acme.example with LMTP id 2; x"
INSIDE = "Received: by 2002:a05:6a10::1 with SMTP id x; x"
LOCAL = "Received: from localhost (localhost [127.0.0.1]) by localhost (filter) with ESMTP id 3; x"
FOREIGN = "Received: from somewhere (x [203.0.113.5]) by mta.evil.example with ESMTP id 4; x"
PASSED = "Authentication-Results: mx.acme.example; spf=pass smtp.mailfrom=carol@acme.example"
FAILED = "Authentication-Results: mx.acme.example; spf=fail smtp.mailfrom=carol@acme.example"
NONE = "Authentication-Results: mx.acme.example; none"
BROKEN = "Authentication-Results: mx.acme.example; spf=pass smtp.mailfrom=carol@acme.example ("
OTHER = "Authentication-Results: mx.evil.example; dmarc=pass header.from=acme.example"
SUBDOMAIN = "Authentication-Results: x.mx.acme.example; dmarc=pass header.from=acme.example"
NO_ID = "Authentication-Results: spf=pass smtp.mailfrom=acme.example; dmarc=pass header.from=acme.example"


def stacked(*lines: str, mail: bytes | None = None) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode() + (mail or of_carol())


STACKS = {
    "as Postfix leaves it": ((PASSED, BY_MX), True),
    "as Google leaves it": ((INSIDE, BY_MX, PASSED), True),
    "filtered and handed on": ((BY_US, LOCAL, PASSED, BY_MX), True),
    "handed on within the house": ((BY_US, BY_MX, PASSED), True),
    "without any Received": ((PASSED,), True),
    "what the sender's own server said stands below": ((PASSED, BY_MX, OTHER, FOREIGN), True),
    "another server of the house above it": ((OTHER, PASSED, BY_MX), True),
    "the id in capitals": ((PASSED.replace("mx.acme", "MX.Acme"), BY_MX), True),
    "a comment before the id": ((PASSED.replace(": mx", ": (by us) mx"), BY_MX), True),
    "none at all": ((BY_MX,), False),
    "only another server's": ((OTHER, BY_MX), False),
    "the id of another below ours": ((SUBDOMAIN, BY_MX), False),
    "without an id": ((NO_ID, BY_MX), False),
    "ours says fail": ((FAILED, BY_MX), False),
    "ours says nothing": ((NONE, BY_MX), False),
    # The topmost of an id is the one that counts, whatever stands below.
    "forged below what ours said": ((FAILED, BY_MX, PASSED), False),
    "forged right below what ours said": ((FAILED, PASSED, BY_MX), False),
    "forged where ours found nothing": ((NONE, BY_MX, PASSED, FOREIGN), False),
    # Below a foreign hop everything is a stranger's.
    "forged below a foreign hop": ((BY_MX, FOREIGN, PASSED), False),
    "forged below a foreign hop, with a forged hop of ours": ((BY_MX, FOREIGN, BY_MX, PASSED), False),
    "brought back after it had left the house": ((FOREIGN, BY_MX, PASSED), False),
    "a foreign hop that looks like ours": (
        (BY_MX, FOREIGN.replace("mta.evil.example", "mx.acme.example.evil.example"), PASSED), False,
    ),
    "a foreign hop with our name in its HELO": (
        (BY_MX, FOREIGN.replace("from somewhere", "from x by mx.acme.example").replace("by mta", "by mta"), OTHER), False,
    ),
    # A field that does not read whole is none: the next of the same id would be the sender's.
    "broken": ((BROKEN, BY_MX), False),
    "another name for the field": ((PASSED.replace("Authentication-Results", "X-Authentication-Results"), BY_MX), False),
    "ARC is no Authentication-Results": (
        (PASSED.replace("Authentication-Results: ", "ARC-Authentication-Results: i=1; "), BY_MX), False,
    ),
    "encoded words stay what they are": (("Authentication-Results: =?utf-8?q?mx.acme.example=3B_spf=3Dpass?=", BY_MX), False),
    "for another domain": ((PASSED.replace("carol@acme.example", "eve@evil.example"), BY_MX), False),
    "a signature that is not there": (
        ("Authentication-Results: mx.acme.example; dkim=pass header.d=acme.example", BY_MX), False,
    ),
    "twenty before it": ((*[OTHER] * 20, PASSED, BY_MX), False),
}  # fmt: skip


@pytest.mark.parametrize("name", STACKS)
def test_a_mailbox(name: str, tmp_path: Path) -> None:
    lines, proves = STACKS[name]
    with verifying(tmp_path, auth=TRUST) as site:
        found = site.by_mailbox(stacked(*lines))
    assert found.by == ("header:mx.acme.example" if proves else ""), found.vouched


@pytest.mark.parametrize("name", STACKS)
def test_nobody_writes_headers_for_us_over_open_smtp(name: str, tmp_path: Path) -> None:
    lines, _ = STACKS[name]
    with verifying(tmp_path, auth=TRUST) as site:
        found = site.judge(stacked(*lines), peer=HOST)
    assert (found.by, found.vouched) == ("", ())


def test_a_broken_field_of_ours_hides_a_forged_one(tmp_path: Path) -> None:
    with verifying(tmp_path, auth=TRUST) as site:
        assert not site.by_mailbox(stacked(BROKEN, BY_MX, PASSED)).by
        assert not site.by_mailbox(stacked(BROKEN, PASSED, BY_MX)).by


def test_a_relay_of_ours_may_say_so_and_no_other(tmp_path: Path) -> None:
    with verifying(tmp_path, auth=TRUST, smtp='trusted_relays = ["10.0.0.25"]') as site:
        raw = stacked(PASSED, BY_MX)
        assert site.judge(raw, peer="10.0.0.25", helo="mx.acme.example").by == "header:mx.acme.example"
        assert not site.judge(raw, peer="10.0.0.26", helo="mx.acme.example").by
        assert not site.judge(raw, peer="127.0.0.1", helo="mx.acme.example").by


@pytest.mark.parametrize(
    ("source", "proves"), [("pipe", True), ("lmtp", True), ("import", False), ("imap:gone", False)]
)
def test_other_ways_in(source: str, proves: bool, tmp_path: Path) -> None:
    with verifying(tmp_path, auth=TRUST) as site:
        assert bool(site.judge(stacked(PASSED, BY_MX), source=source, peer="", mail_from=None).by) is proves


def test_lmtp_at_a_port_is_believed_from_a_relay_alone(site: Verifying) -> None:
    """Anybody on this machine can come to a port; to a socket only those of our group."""
    raw = stacked(PASSED, BY_MX)
    assert not site.judge(raw, source="lmtp", peer="127.0.0.1", helo="mx.acme.example").by


def test_what_would_be_believed_is_told_though_it_is_not(site: Verifying) -> None:
    found = site.by_mailbox(stacked(PASSED, BY_MX))
    assert not found.by
    assert found.proofs == ("header:mx.acme.example",)


def test_a_signature_holds_in_a_mailbox_too(site: Verifying) -> None:
    assert site.by_mailbox(stacked(BY_MX, mail=signed_by_carol())).by == "dkim"


# ---- Microsoft 365 -------------------------------------------------------------------------------------------------

TENANT = "8b1f3c52-7a0e-4d57-9c1a-2f6f0e9d4b11"
CLOUD = f'trust = ["m365-internal"]\nm365_tenant = "{TENANT}"'
INTERNAL = "X-MS-Exchange-Organization-AuthAs: Internal"
OURS = f"X-MS-Exchange-CrossTenant-Id: {TENANT.upper()}"
THEIRS = "X-MS-Exchange-CrossTenant-Id: 00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    ("lines", "proves"),
    [
        ((INTERNAL, OURS), True),
        ((OURS, "x-ms-exchange-organization-authas:internal"), True),
        ((INTERNAL,), False),
        ((OURS,), False),
        ((INTERNAL, THEIRS), False),
        (("X-MS-Exchange-Organization-AuthAs: Anonymous", OURS), False),
        ((INTERNAL, INTERNAL, OURS), False),
        (("X-MS-Exchange-Organization-AuthAs: Anonymous", INTERNAL, OURS), False),
        ((INTERNAL, OURS, THEIRS), False),
        (("X-MS-Exchange-CrossTenant-AuthAs: Internal", OURS), False),  # may be another tenant's word
        ((NO_ID,), False),
    ],
)
def test_inside_our_tenant(lines: tuple[str, ...], proves: bool, tmp_path: Path) -> None:
    with verifying(tmp_path, auth=CLOUD) as site:
        found = site.by_mailbox(stacked(*lines), "cloud")
        assert found.by == ("m365-internal" if proves else "")
        assert not site.by_mailbox(stacked(*lines), "main").by  # another provider's mailbox
        assert not site.judge(stacked(*lines), peer=HOST).by
        assert not site.judge(stacked(*lines), source="pipe", peer="", mail_from=None).by


def test_without_a_tenant_of_ours_there_is_no_inside(site: Verifying) -> None:
    assert not site.by_mailbox(stacked(INTERNAL, OURS), "cloud").proofs


def test_its_results_without_an_id_are_told_and_prove_nothing(tmp_path: Path) -> None:
    with verifying(tmp_path, auth=CLOUD) as site:
        found = site.by_mailbox(stacked(NO_ID), "cloud")
        assert found.vouched[0].said == ("spf=pass acme.example", "dmarc=pass acme.example")
        assert not found.by
        assert site.by_mailbox(stacked(NO_ID), "main").vouched == ()
