"""The judgement on what was gathered: tables of evidence and verdicts. DNS and bytes have their tests in tests/verify."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from gateway.mail import Mail, read
from gateway.mail.header import results, verbatim
from gateway.tickets.auth_result import AuthResult, Dmarc, Result, Signed, Spf, from_json
from gateway.tickets.authentication import (
    Evidence,
    Policy,
    a_label,
    is_aligned,
    judge,
    read_policy,
    strict_from,
)

TRUST = ("dkim", "spf", "submission")
PASS, FAIL = Result.PASS, Result.FAIL


def organisation(domain: str) -> str:
    """The last two labels; `github.example` stands for a public suffix."""
    labels = domain.split(".")
    count = 3 if domain.endswith(".github.example") else 2
    return ".".join(labels[-count:]) if len(labels) >= count and domain != "github.example" else ""


def spf(result: Result = PASS, domain: str = "acme.example", identity: str = "mailfrom") -> Spf:
    return Spf(result=result, domain=domain, identity=identity, ip="192.0.2.7")


def signed(result: Result = PASS, domain: str = "acme.example", weak: str = "") -> Signed:
    return Signed(result=result, domain=domain, selector="s1", weak=weak)


def policy(**values: Any) -> Policy:
    return Policy(**({"domain": "acme.example", "policy": "reject"} | values))


UNKNOWN = Dmarc(result=Result.TEMPERROR, why="DNS gave no answer")


def judged(*, trust: tuple[str, ...] = TRUST, says: str = "", **evidence: Any) -> AuthResult:
    """The verdict on a mail from Carol; `says` is an Authentication-Results field of a server in front of us."""
    found = results.parse(says) if says else None
    assert not says or found
    seen = Evidence(from_addr="carol@acme.example", spf_asked=True, results=(found,) if found else ())
    seen = replace(seen, **evidence)
    if "carried" not in evidence:
        seen = replace(seen, carried=tuple((one.domain, one.selector) for one in seen.signed))
    return judge(seen, trust=trust, organisation=organisation)


# ---- what proves From ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evidence", "by", "proofs", "temporary"),
    [
        ({}, "", (), False),
        ({"signed": (signed(),)}, "dkim", ("dkim",), False),
        ({"signed": (signed(FAIL), signed())}, "dkim", ("dkim",), False),
        ({"signed": (signed(FAIL),)}, "", (), False),
        ({"signed": (signed(weak="l= leaves the end open"),)}, "", (), False),
        ({"signed": (signed(weak="l="), signed())}, "dkim", ("dkim",), False),
        ({"signed": (signed(domain="evil.example"),)}, "", (), False),
        ({"signed": (signed(domain="mail.acme.example"),)}, "dkim", ("dkim",), False),
        ({"signed": (signed(domain="mail.acme.example"),), "policy": policy(strict_dkim=True)}, "", (), False),
        ({"signed": (signed(Result.TEMPERROR),)}, "", (), True),
        ({"signed": (signed(Result.TEMPERROR, "evil.example"),)}, "", (), False),
        ({"signed": (signed(Result.PERMERROR),)}, "", (), False),
        ({"signed": (signed(),), "policy": UNKNOWN}, "dkim", ("dkim",), False),
        # The record that is not known may want exact domains.
        ({"signed": (signed(domain="mail.acme.example"),), "policy": UNKNOWN}, "", (), True),
        ({"spf": spf()}, "spf", ("spf",), False),
        ({"spf": spf(Result.SOFTFAIL)}, "", (), False),
        ({"spf": spf(domain="bounce.acme.example")}, "spf", ("spf",), False),
        ({"spf": spf(domain="bounce.acme.example"), "policy": policy(strict_spf=True)}, "", (), False),
        ({"spf": spf(domain="bounce.acme.example"), "policy": UNKNOWN}, "", (), True),
        ({"spf": spf(domain="evil.example")}, "", (), False),
        ({"spf": spf(identity="helo")}, "", (), False),
        ({"spf": spf(Result.TEMPERROR)}, "", (), True),
        ({"login_owns_from": True}, "submission", ("submission",), False),
        ({"tenant": True}, "", ("m365-internal",), False),
        ({"signed": (signed(),), "spf": spf()}, "dkim", ("dkim", "spf"), False),
        # Without a strict From nothing proves anything.
        (
            {"signed": (signed(),), "spf": spf(), "login_owns_from": True, "from_problem": "two From lines"},
            "",
            (),
            False,
        ),
        ({"from_addr": "", "from_problem": "missing", "signed": (signed(),)}, "", (), False),
    ],
)
def test_what_proves_from(evidence: dict[str, Any], by: str, proofs: tuple[str, ...], temporary: bool) -> None:
    found = judged(**evidence)
    assert (found.by, found.proofs, found.temporary) == (by, proofs, temporary)
    assert found.verified == bool(by)


@pytest.mark.parametrize(
    "trust", [(), ("dkim",), ("spf",), ("spf", "dkim"), ("m365-internal",), ("header:mx.acme.example",)]
)
def test_only_what_is_trusted_counts(trust: tuple[str, ...]) -> None:
    everything = judged(
        trust=trust,
        signed=(signed(),),
        spf=spf(),
        login_owns_from=True,
        tenant=True,
        says="mx.acme.example; spf=pass smtp.mailfrom=acme.example",
    )
    assert everything.by == (trust[0] if trust else "")
    assert set(everything.proofs) == {"dkim", "spf", "submission", "m365-internal", "header:mx.acme.example"}


def test_a_proof_that_is_not_trusted_is_not_waited_for() -> None:
    assert not judged(trust=("submission",), signed=(signed(Result.TEMPERROR),)).temporary


# ---- alignment -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "from_domain", "strict", "expected"),
    [
        ("acme.example", "acme.example", True, True),
        ("mail.acme.example", "acme.example", False, True),
        ("acme.example", "mail.acme.example", False, True),
        ("a.acme.example", "b.acme.example", False, True),
        ("mail.acme.example", "acme.example", True, False),
        ("notacme.example", "acme.example", False, False),
        ("acme.example.evil.example", "acme.example", False, False),
        ("evil.github.example", "carol.github.example", False, False),  # below a public suffix nobody is alike
        ("github.example", "carol.github.example", False, False),
        ("a.carol.github.example", "carol.github.example", False, True),
        ("github.example", "github.example", False, True),
        ("", "", False, False),
        ("", "acme.example", False, False),
    ],
)
def test_alignment(domain: str, from_domain: str, strict: bool, expected: bool) -> None:
    assert is_aligned(domain, from_domain, organisation, strict=strict) is expected


@pytest.mark.parametrize(
    ("domain", "expected"),
    [("Acme.Example", "acme.example"), ("bücher.example", "xn--bcher-kva.example"), ("", ""), ("ü" * 70 + ".x", "")],
)
def test_a_labels(domain: str, expected: str) -> None:
    assert a_label(domain) == expected


# ---- DMARC ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "of_subdomain", "expected"),
    [
        ("v=DMARC1; p=reject", False, policy()),
        ("v=DMARC1; p=reject; sp=none", True, policy(policy="none")),
        (
            "v=DMARC1; p=Quarantine; adkim=s; aspf=S",
            False,
            policy(policy="quarantine", strict_dkim=True, strict_spf=True),
        ),
        ("v=DMARC1; rua=mailto:x@acme.example", False, policy(policy="none")),
        ("v=DMARC1;p=none;", False, policy(policy="none")),
        ("v=DMARC1", False, None),
        ("v=DMARC1; p=maybe", False, None),
        ("v=DMARC2; p=reject", False, None),
        ("v=DMARC1; p=reject; p=none", False, None),
        ("v=spf1 -all", False, None),
    ],
)
def test_records(record: str, of_subdomain: bool, expected: Policy | None) -> None:
    assert read_policy(record, "acme.example", of_subdomain=of_subdomain) == expected


@pytest.mark.parametrize(
    ("evidence", "result", "failed", "standing"),
    [
        ({"policy": policy()}, FAIL, True, "fail"),
        ({"policy": policy(policy="quarantine")}, FAIL, True, "fail"),
        ({"policy": policy(policy="none")}, FAIL, False, "fail"),
        ({}, Result.NONE, False, "none"),
        ({"policy": policy(), "signed": (signed(),)}, PASS, False, "pass"),
        # By its own rules the mail passes; as a proof this signature is too weak.
        ({"policy": policy(), "signed": (signed(weak="l="),)}, PASS, False, "pass"),
        ({"policy": policy(), "spf": spf(identity="helo")}, PASS, False, "pass"),
        ({"policy": policy(), "signed": (signed(domain="evil.example"),), "spf": spf(domain="evil.example")}, FAIL, True, "fail"),
        ({"policy": policy(strict_dkim=True), "signed": (signed(domain="m.acme.example"),)}, FAIL, True, "fail"),
        ({"policy": policy(), "signed": (signed(Result.TEMPERROR),)}, Result.TEMPERROR, False, "temperror"),
        ({"policy": policy(), "signed": (signed(Result.TEMPERROR, "evil.example"),)}, FAIL, True, "fail"),
        ({"policy": policy(), "spf_asked": False}, Result.NONE, False, "none"),
        ({"policy": UNKNOWN}, Result.TEMPERROR, False, "temperror"),
        ({"policy": Dmarc(result=Result.PERMERROR)}, Result.PERMERROR, False, "permerror"),
        ({"signed": (signed(),)}, Result.NONE, False, "pass"),
        ({"from_problem": "two From lines"}, Result.NONE, True, "permerror"),
        ({"policy": policy(), "login_owns_from": True}, FAIL, False, "pass"),  # whoever logs in sends from anywhere
    ],
)  # fmt: skip
def test_dmarc(evidence: dict[str, Any], result: Result, failed: bool, standing: str) -> None:
    found = judged(**evidence)
    assert (found.dmarc.result, found.failed, found.standing) == (result, failed, standing)


# ---- what servers of ours say --------------------------------------------------------------------------------------

MX = "header:mx.acme.example"


@pytest.mark.parametrize(
    ("says", "proves"),
    [
        ("dmarc=pass header.from=acme.example", True),
        ("dmarc=pass header.from=ACME.example", True),
        ("dmarc=pass header.from=evil.example", False),
        ("dmarc=pass header.from=mail.acme.example", False),
        ("dmarc=pass", False),
        ("dmarc=fail header.from=acme.example; spf=pass smtp.mailfrom=acme.example", False),
        ("dmarc=temperror header.from=acme.example; spf=pass smtp.mailfrom=acme.example", False),
        ("dkim=pass header.d=acme.example", True),
        ("dkim=pass header.d=acme.example header.s=s1", True),
        ("dkim=pass header.i=@mail.acme.example", True),
        ("dkim=pass header.d=acme.example header.s=s2", False),  # no such signature is there
        ("dkim=pass header.d=evil.example", False),
        ("dkim=fail header.d=acme.example", False),
        ("dkim=pass header.d=acme.example header.d=acme.example", False),
        ("dkim=pass", False),
        ("spf=pass smtp.mailfrom=carol@acme.example", True),
        ("spf=pass smtp.mailfrom=bounces.acme.example", True),
        ("spf=pass smtp.mailfrom=evil.example", False),
        ("spf=pass smtp.helo=acme.example", False),
        ("spf=softfail smtp.mailfrom=acme.example", False),
        ("spf=pass smtp.mailfrom=acme.example; spf=none smtp.helo=mx", True),
        ("auth=pass smtp.auth=carol@acme.example", True),
        ("auth=pass smtp.auth=carol", False),
        ("auth=pass smtp.auth=dave@acme.example", False),
        # What a sender smuggled in stands beside what is true.
        ("dkim=fail header.d=acme.example header.s=s1; dkim=pass header.d=acme.example header.s=s1", False),
        ("dkim=fail header.d=acme.example; dkim=pass header.d=acme.example", False),
        ("spf=fail smtp.mailfrom=evil.example; spf=pass smtp.mailfrom=acme.example", False),
        ("dmarc=fail header.from=acme.example; dmarc=pass header.from=acme.example", False),
        ("spf=fail smtp.mailfrom=evil.example; dmarc=pass header.from=acme.example", False),
        ("dkim=pass header.d=acme.example; dkim=none", False),
        ("dkim=pass header.d=acme.example smtp.mailfrom=eve@evil.example", False),
        ("dmarc=pass header.from=acme.example smtp.mailfrom=eve@evil.example", False),
        ("spf=pass smtp.mailfrom=carol@acme.example header.d=x", False),
        ("none", False),
    ],
)
def test_what_a_server_says_proves(says: str, proves: bool) -> None:
    found = judged(trust=(MX,), says=f"mx.acme.example; {says}", carried=(("acme.example", "s1"),))
    assert found.by == (MX if proves else "")
    assert found.vouched[0].proves is proves
    assert found.vouched[0].why


def test_two_signatures_of_one_domain_one_of_a_kind_the_server_does_not_know() -> None:
    says = (
        "mx.acme.example; dkim=pass header.d=acme.example header.s=s1; dkim=permerror header.d=acme.example header.s=e1"
    )
    carried = (("acme.example", "s1"), ("acme.example", "e1"))
    assert judged(trust=(MX,), says=says, carried=carried).by == MX


def test_a_server_cannot_have_checked_a_signature_that_is_not_there() -> None:
    for carried in ((), (("evil.example", "s1"),)):
        found = judged(trust=(MX,), says="mx.acme.example; dkim=pass header.d=acme.example", carried=carried)
        assert not found.by
        assert "does not carry" in found.vouched[0].why
    two = "mx.acme.example; dkim=pass header.d=acme.example header.s=s1; dkim=neutral header.d=acme.example header.s=s1"
    assert "more signatures than the mail carries" in judged(trust=(MX,), says=two, signed=(signed(),)).vouched[0].why


def test_the_id_is_the_whole_id() -> None:
    says = "mx.acme.example.evil.example; dmarc=pass header.from=acme.example"
    assert not judged(trust=(MX,), says=says).by


def test_a_server_without_an_id_is_told_and_never_trusted() -> None:
    found = judged(trust=(MX, "header:"), says="dmarc=pass header.from=acme.example")
    assert found.vouched[0].proves
    assert not found.by
    assert found.proofs == ()


@pytest.mark.parametrize(
    ("trust", "says", "result"),
    [
        ((MX,), "dmarc=pass header.from=acme.example", PASS),
        ((MX,), "dmarc=fail header.from=acme.example", FAIL),
        ((MX,), "dmarc=fail header.from=evil.example", Result.NONE),
        ((), "dmarc=pass header.from=acme.example", Result.NONE),
        ((), "dmarc=fail header.from=acme.example", Result.NONE),
    ],
)
def test_a_trusted_server_saw_the_mail_arrive_and_knows_dmarc(
    trust: tuple[str, ...], says: str, result: Result
) -> None:
    found = judged(trust=trust, says=f"mx.acme.example; {says}", policy=policy(), spf_asked=False)
    assert found.dmarc.result is result


# ---- A: one strict From --------------------------------------------------------------------------------------------


def problem_of(header: bytes) -> str:
    raw = header + b"\r\nTo: support@acme.example\r\nMessage-ID: <1@acme.example>\r\n\r\ntext\r\n"
    address, problem = strict_from(read(raw), verbatim.read(raw))
    assert bool(address) or problem
    return problem


@pytest.mark.parametrize(
    "header",
    [
        b"From: carol@acme.example",
        b"From: Carol <carol@acme.example>",
        b'From: "Reyes, Carol" <carol@acme.example>',
        b"From: =?utf-8?q?Carol?= <carol@acme.example>",
        b"from:\r\n Carol\r\n <carol@acme.example>",
    ],
)
def test_a_strict_from(header: bytes) -> None:
    assert problem_of(header) == ""


@pytest.mark.parametrize(
    "header",
    [
        b"X: no From at all",
        b"From: carol@acme.example\r\nFrom: eve@evil.example",
        b"From: eve@evil.example\r\nFrom: carol@acme.example",
        b"From: carol@acme.example\r\nFrom: carol@acme.example",
        b"From: carol@acme.example\r\nFROM: eve@evil.example",
        b"From: carol@acme.example, eve@evil.example",
        b"From: carol@acme.example <eve@evil.example>",
        b'From: "carol@acme.example" <eve@evil.example>, <carol@acme.example>',
        b"From: <carol@acme.example> eve@evil.example",
        b"From: team: carol@acme.example;",
        b"From: <@relay.example:carol@acme.example>",
        b"From: carol@acme.example\0@evil.example",
        b"From: carol\xef\xbc\xa0acme.example",
        b"From: =?utf-8?q?carol=40acme.example?=",
        b"From: =?utf-8?q?carol=40acme.example=2C?= <eve@evil.example>, carol@acme.example",
        b"From: carol@acme.example\r\nX: y\rFrom: eve@evil.example",
        b"Subject: a\r\n \r\nFrom: carol@acme.example\r\nno field here\r\nFrom: eve@evil.example",
        b"From : carol@acme.example",
        b"From:",
    ],
)
def test_no_strict_from(header: bytes) -> None:
    assert problem_of(header) != ""


def test_a_display_name_is_no_address() -> None:
    raw = b'From: "carol@acme.example" <eve@evil.example>\r\nTo: support@acme.example\r\n\r\ntext\r\n'
    address, problem = strict_from(read(raw), verbatim.read(raw))
    assert address == "eve@evil.example" or problem


def test_a_broken_reader_cannot_lend_an_address() -> None:
    """The Mail comes from a process that a stranger's mail may have taken over; the bytes say who wrote."""
    raw = b"From: eve@evil.example\r\nTo: support@acme.example\r\n\r\ntext\r\n"
    honest = read(b"From: carol@acme.example\r\nTo: support@acme.example\r\n\r\ntext\r\n")
    assert strict_from(honest, verbatim.read(raw))[1]
    assert strict_from(replace(honest, from_=None), verbatim.read(raw)) == ("", "missing")


@pytest.mark.parametrize("defect", ["ambiguous:from", "ambiguous:message-id", "ambiguous:boundary", "dup_header:from"])
def test_whatever_can_be_read_in_two_ways_is_no_proof(defect: str) -> None:
    raw = b"From: carol@acme.example\r\nTo: support@acme.example\r\n\r\ntext\r\n"
    mail: Mail = replace(read(raw), defects=(defect,))
    assert defect in strict_from(mail, verbatim.read(raw))[1]


# ---- kept and read back --------------------------------------------------------------------------------------------


def test_the_verdict_survives_json() -> None:
    choices = itertools.product(
        [(), (signed(), signed(FAIL, "evil.example", "l="))],
        [spf(), spf(Result.TEMPERROR)],
        [None, policy(), UNKNOWN],
        ["", "mx.acme.example; dkim=pass header.d=acme.example"],
        ["", "two From lines"],
    )
    for dkim, sent, record, says, problem in choices:
        found = judged(signed=dkim, spf=sent, policy=record, says=says, from_problem=problem)
        stored = found.to_json()
        assert from_json(stored) == found
        assert stored["verified"] is found.verified
        assert all(isinstance(note, str) and note for note in found.notes)


def test_what_was_never_verified_is_nothing() -> None:
    assert from_json({}) is None
