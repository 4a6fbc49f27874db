"""DKIM signatures of ours, checked by dkimpy as a receiver would, and by our own reading."""

import base64
import re
import subprocess
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from gateway.delivery.signing import Signer
from gateway.errors import ConfigError
from support.daemon import PROGRAM, Daemon
from support.mails import mail
from support.sink import Sink
from support.whole_site import make_site

LETTER = (
    b"From: Acme Support <support@acme.example>\r\nTo: Ann <ann@example.net>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Date: Fri, 27 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@mail.acme.example>\r\nAuto-Submitted: auto-replied\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello  \r\n\r\n.\r\nend\r\n\r\n"
)


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, form: serialization.PrivateFormat) -> str:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS = {
    "rsa, PKCS 1": pem(RSA, serialization.PrivateFormat.TraditionalOpenSSL),
    "rsa, PKCS 8": pem(RSA, serialization.PrivateFormat.PKCS8),
    "ed25519": pem(ed25519.Ed25519PrivateKey.generate(), serialization.PrivateFormat.PKCS8),
}


def verifies(data: bytes, record: str) -> bool:
    asked: list[bytes] = []

    def answer(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record.encode()

    good = dkim.verify(data, dnsfunc=answer)
    assert asked in ([], [b"s1._domainkey.acme.example."])
    return bool(good)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_receiver_finds_it_good(key: str) -> None:
    signer = Signer(key, "s1")
    signed = signer.signed(LETTER)
    assert signed.endswith(LETTER), "nothing but a line in front is new"
    assert verifies(signed, signer.public)
    assert not verifies(signed.replace(b"Hello", b"Hallo"), signer.public)
    assert not verifies(
        signed, Signer(KEYS["rsa, PKCS 1"], "s1").public if "k=ed25519" in signer.public else OTHER.public
    )


OTHER = Signer(
    pem(rsa.generate_private_key(public_exponent=65537, key_size=2048), serialization.PrivateFormat.PKCS8), "s1"
)


@pytest.mark.parametrize(
    ("author", "domain"),
    [
        ('"Support @ Acme" <support@acme.example>', b"acme.example"),
        ('"a@b.example" <support@ACME.example>', b"acme.example"),
        ("Acme and its many friends,\r\n <support@acme.example>", b"acme.example"),
        ("support@acme.example", b"acme.example"),
        ("Acme <súpport@müller.example>", b"xn--mller-kva.example"),
    ],
)
def test_the_domain_is_that_of_the_address(author: str, domain: bytes) -> None:
    data = LETTER.replace(b"Acme Support <support@acme.example>", author.encode())
    signed = Signer(KEYS["ed25519"], "s1").signed(data)
    assert b"d=%b;" % domain in re.sub(rb"\r\n[ \t]+", b" ", signed.removesuffix(data))


@pytest.mark.parametrize("author", ["", "Acme", "support@", "a@" + "x" * 70 + ".example"])
def test_what_has_no_domain_is_refused(author: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Signer(KEYS["ed25519"], "s1").signed(LETTER.replace(b"Acme Support <support@acme.example>", author.encode()))


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Date", "Message-ID"])
def test_a_second_header_breaks_it(name: str) -> None:
    signer = Signer(KEYS["rsa, PKCS 8"], "s1")
    signed = signer.signed(LETTER)
    for end in (b"", LETTER):
        put = f"{name}: other <o@acme.example>\r\n".encode()
        changed = put + signed if not end else signed.replace(b"MIME-Version", put + b"MIME-Version")
        assert not verifies(changed, signer.public)


def test_a_header_that_was_not_there_breaks_it() -> None:
    signer = Signer(KEYS["ed25519"], "s1")
    bare = LETTER.replace(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n", b"")
    signed = signer.signed(bare)
    assert verifies(signed, signer.public)
    assert not verifies(signed.replace(b"MIME-Version", b"Subject: pay me\r\nMIME-Version"), signer.public)


def test_a_folded_from() -> None:
    signer = Signer(KEYS["ed25519"], "s1")
    folded = LETTER.replace(b"Acme Support <", b"=?utf-8?q?a=40b?=\r\n <")
    assert verifies(signer.signed(folded), signer.public)


@pytest.mark.parametrize("key", ["", "no key", KEYS["ed25519"].replace("MC4", "MC5"), KEYS["rsa, PKCS 8"][:300]])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(ConfigError, match="is no private key"):
        Signer(key, "s1")


def test_what_the_daemon_sends_is_signed(tmp_path: Path) -> None:
    with Sink() as sink:
        config = make_site(tmp_path / "site", delivery=f"smtp://127.0.0.1:{sink.port}")
        key = config.parent / "dkim.pem"
        key.write_text(KEYS["rsa, PKCS 8"])
        key.chmod(0o600)
        text = config.read_text()
        config.write_text(text.replace("[delivery]\n", '[delivery]\ndkim_key = "dkim.pem"\ndkim_selector = "s1"\n'))
        with Daemon(config) as daemon:
            daemon.send(mail())
            daemon.settled(30)
        got = [one.data for one in sink.received]
    record = Signer(KEYS["rsa, PKCS 8"], "s1").public
    assert got
    assert [verifies(one, record) for one in got] == [True] * len(got)
    claims = re.search(rb"h=([^;]+);", got[0])
    assert claims
    signed = re.sub(rb"\s", b"", claims[1]).split(b":")
    assert [signed.count(name) for name in (b"from", b"to", b"subject", b"date", b"message-id")] == [2] * 5
    assert base64.b64decode(record.partition("p=")[2])


def test_check_signs_with_every_from(tmp_path: Path) -> None:
    config = make_site(tmp_path / "site")
    (config.parent / "dkim.pem").write_text(KEYS["ed25519"])
    (config.parent / "dkim.pem").chmod(0o600)
    text = config.read_text().replace("[delivery]\n", '[delivery]\ndkim_key = "dkim.pem"\ndkim_selector = "s1"\n')
    own = """[queues.billing]\nfrom = '"Billing @ Acme" <billing@acme.example>'\n"""
    config.write_text(text.replace("[queues.billing]\n", own))
    done = subprocess.run(
        [*PROGRAM, "-c", str(config), "check"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done


def test_a_key_that_cannot_sign_is_told_before_it_is_needed(tmp_path: Path) -> None:
    config = make_site(tmp_path / "site")
    (config.parent / "dkim.pem").write_text("no key")
    (config.parent / "dkim.pem").chmod(0o600)
    text = config.read_text()
    config.write_text(text.replace("[delivery]\n", '[delivery]\ndkim_key = "dkim.pem"\ndkim_selector = "s1"\n'))
    for command in ("check", "run"):
        done = subprocess.run(
            [*PROGRAM, "-c", str(config), command], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 78, done
        assert "delivery.dkim_key: is no private key in PEM" in done.stdout + done.stderr
