"""What the words of mail servers mean: status, reply, and whether an address is dead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.machine import status

# words, the status they come to without one given, hard
WORDS = [
    ("550 5.1.1 <a@x.example>... User Unknown", "5.1.1", True),
    ("550 No such user here", "5.1.1", True),
    ("550 Unknown user a@x.example", "5.1.1", True),
    ("Unrouteable address", "5.1.1", True),
    ("550 Recipient address rejected: User unknown in virtual mailbox table", "5.1.1", True),
    ("554 5.7.1 <a@x.example>: Recipient address rejected: Access denied", "5.7.1", False),
    ("This user doesn't have an x.example account", "5.1.1", True),
    ("Empfänger unbekannt", "5.1.1", True),
    ("Destinataire inconnu", "5.1.1", True),
    ("нет такого пользователя", "5.1.1", True),
    ("宛先不明", "5.1.1", True),
    ("Host or domain name not found. Name service error for name=x.example", "5.1.2", True),
    ("551 not our customer", "5.1.6", True),
    ("host/domain does not accept mail", "5.1.10", True),
    ("552 5.2.2 Over quota", "5.2.2", False),
    ("Postfach des Empfängers ist voll", "5.2.2", False),
    ("メールボックスが一杯", "5.2.2", False),
    ("552 Message size exceeds fixed limit", "5.3.4", False),
    ("550 5.2.1 The email account that you tried to reach is disabled", "5.2.1", False),
    ("This account has been suspended", "5.2.1", False),
    ("550 5.7.1 Unable to relay", "5.7.1", False),
    ("554 Message rejected as spam", "5.7.1", False),
    ("450 4.7.1 Client host rejected: cannot find your reverse hostname", "4.7.1", False),
    ("550 Access denied, IP blacklisted", "5.7.1", False),
    ("501 5.1.8 Sender address rejected", "5.1.8", False),
    ("550 Unroutable sender address", "5.1.8", False),
    ("450 User unknown, try later", "4.1.1", False),
    ("retry timeout exceeded", "5.4.7", False),
    ("connect to mx.x.example[192.0.2.9]:25: Connection timed out", "5.4.7", False),
    ("421 Host not reachable", "4.4.7", False),
    ("Command died with status 1: procmail", "5.3.0", False),
    ("550 Unknown user (in reply to end of DATA command)", "5.1.1", False),
    ("550 unknown sender domain (in reply to MAIL FROM command)", "5.1.8", False),
    ("something else", "5.0.0", False),
]


@pytest.mark.parametrize(("words", "code", "hard"), WORDS)
def test_words(words: str, code: str, hard: bool) -> None:
    assert status.conclude("", words, "failed") == (code, hard)


@pytest.mark.parametrize(
    ("named", "words", "code", "hard"),
    [
        ("5.1.1", "", "5.1.1", True),
        ("5.0.0", "550 User unknown", "5.0.0", True),
        ("5.1.1", "550 5.7.1 IP address blacklisted", "5.7.1", False),  # the refusing server knows better
        ("5.2.0", "550 : User unknown", "5.2.0", False),  # its own code says otherwise
        ("5.7.8", "", "5.7.8", False),
        ("", "4.0.0", "4.0.0", False),
    ],
)
def test_the_named_status_and_the_words(named: str, words: str, code: str, hard: bool) -> None:
    assert status.conclude(named, words, "failed") == (code, hard)


def test_nothing_delayed_is_hard() -> None:
    assert status.conclude("", "user unknown", "delayed") == ("4.1.1", False)


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("host mx.x.example[192.0.2.1] said: 550 5.1.1 no\n  such user", "550 5.1.1 no such user"),
        ("ERROR_CODE :550, no", "550, no"),
        ("550-5.7.1 first\n550 5.7.1 last", "550-5.7.1 first 550 5.7.1 last"),
        ("connect to [192.0.2.1]:465: timed out", ""),
        ("version 4.5.0 of 192.0.2.45", ""),
        ("", ""),
    ],
)
def test_the_reply_in_words(words: str, reply: str) -> None:
    assert status.reply_in(words) == reply


@pytest.mark.parametrize(
    ("words", "code"),
    [("no (#5.1.1)", "5.1.1"), ("from 5.4.3.2", ""), ("4.16.55.1", ""), ("5.1.351 x", "5.1.351"), ("v0.5.1.1", "")],
)
def test_the_status_in_words(words: str, code: str) -> None:
    assert status.status_in(words) == code


@given(st.text(max_size=400), st.sampled_from(["", "5.1.1", "4.2.2"]), st.sampled_from(["failed", "delayed"]))
def test_always_a_status_of_its_class(words: str, named: str, action: str) -> None:
    code, hard = status.conclude(named, words, action)
    assert status.status_in(code) == code
    assert code[0] in "45"
    assert not hard or code[0] == "5"
