"""Every letter we compose, as it leaves: ham to SpamAssassin, and aligned for DMARC by its signature alone."""

import os
import re
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from compose import test_golden
from gateway.compose import builtin, samples
from gateway.compose.letters import Auto, Stamp, letter
from gateway.compose.render import Templates
from gateway.compose.values import Letter
from gateway.delivery.signing import Signer
from gateway.tickets.auth_result import Result
from support.mails import mail
from support.require import require
from support.signing import rsa_key
from support.verifying import AT, STRANGER, verifying

LINE = 5.0  # of a fresh installation: from here on a mail is spam
# What a receiver's own server writes above it: without a hop, half of the rules would not be asked.
_HOP = (
    "Return-Path: <{envelope}>\r\nReceived: from mail.acme.example (mail.acme.example [93.184.216.34])\r\n"
    "\tby mx.example.net (Postfix) with ESMTPS id {name};\r\n\t{date}\r\n"
)
_GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
_STATUS = re.compile(r"score=(-?[\d.]+) required=([\d.]+) tests=([\w,\s]*?)\s+autolearn")


@pytest.fixture(scope="module")
def letters() -> Mapping[str, Letter]:
    """NAME.LANG.full of each template in each language that is complete, and NAME.en.bare."""
    made = {}
    for name in sorted(builtin.NAMES):
        for language in test_golden.SPOKEN:
            full = (test_golden.to_agent if name in builtin.AGENT else test_golden.to_customer)(name, language)
            made[f"{name}.{language}.full"] = full
        made[f"{name}.en.bare"] = bare(name, "en")
    return made


def bare(name: str, language: str) -> Letter:
    """With as little to say as there may be."""
    return letter(
        Templates.load(test_golden.FOLDER.parents[2] / "templates"),
        test_golden.DESK,
        kind=name,
        recipient=samples.AGENT if name in builtin.AGENT else samples.CUSTOMER,
        ticket=test_golden.TICKET,
        stamp=Stamp(message_id=f"<{name}.{language}@mail.acme.example>", at=samples.AT),
        auto=Auto.NO if name == "reply" else Auto.GENERATED,
        language=language,
        context=samples.samples(name, language)[1],
    )


def scores(letters: Mapping[str, bytes], home: Path) -> dict[str, tuple[float, str]]:
    """What SpamAssassin's own rules say without the network: name -> (score, rules that hit)."""
    mbox = home / "letters.mbox"
    with mbox.open("wb") as file:
        for data in letters.values():
            text = re.sub(rb"(?m)^(>*From )", rb">\1", data.replace(b"\r\n", b"\n"))
            file.write(b"From sender@acme.example Fri Nov 27 12:00:01 2026\n" + text + b"\n")
    # It looks for the addresses of relays in the DNS unless -L; preferences of its caller do not count.
    with mbox.open("rb") as file:
        done = subprocess.run(
            ["spamassassin", "-L", "--mbox", "-p", "/dev/null"], stdin=file, capture_output=True, timeout=120,
            check=True, env={**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    found = {}
    for one in re.split(rb"(?m)^From sender@acme\.example .*\n", done.stdout)[1:]:
        judged = message_from_bytes(one)
        name = re.search(rb"with ESMTPS id (\S+);", one)  # what is spam is wrapped, and its Received lies within
        status = _STATUS.search(judged["X-Spam-Status"].replace("\n", " "))
        assert name, one[:2000]
        assert status, judged["X-Spam-Status"]
        found[name[1].decode()] = float(status[1]), "".join(status[3].split())
    return found


def as_received(name: str, made: Letter, signer: Signer) -> bytes:
    date = message_from_bytes(made.data)["Date"]
    return _HOP.format(name=name, envelope=made.envelope_from, date=date).encode() + signer.signed(made.data)


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer(rsa_key().private.decode(), "s1")


def test_no_letter_looks_like_spam(letters: Mapping[str, Letter], signer: Signer, tmp_path: Path) -> None:
    require("spam")
    received = {name: as_received(name, made, signer) for name, made in letters.items()}
    # One that must not pass, so that rules were asked at all: SpamAssassin's own test of itself.
    received["gtube"] = _HOP.format(name="gtube", envelope="", date="").encode() + mail(text=_GTUBE)
    found = scores(received, tmp_path)
    assert found.keys() == received.keys()
    assert found.pop("gtube")[0] > LINE
    worst = sorted(((score, name, rules) for name, (score, rules) in found.items()), reverse=True)
    print("\n".join(f"{score:5.1f} {name} {rules}" for score, name, rules in worst[:12]))
    assert worst[0][0] < 2.0, "far from the line: what a site writes into a letter adds to it"


def test_every_letter_passes_dmarc_by_its_signature(
    letters: Mapping[str, Letter], signer: Signer, tmp_path: Path
) -> None:
    """Sent by a host that SPF does not know, under the envelope of somebody else: as after a redirect."""
    with verifying(tmp_path) as site:
        for name, made in letters.items():
            result = site.judge(signer.signed(made.data), peer=STRANGER, at=AT + timedelta(hours=4))
            assert result.dmarc.result is Result.PASS, name
            assert site.judge(made.data, peer=STRANGER).dmarc.result is Result.FAIL, "unsigned it would not"
