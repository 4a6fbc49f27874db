"""For whom is a mail without an envelope?"""

from pathlib import Path

import pytest

from gateway.config import Config
from gateway.intake.unaddressed import recipient
from support.poller import imap_config


@pytest.fixture
def cfg(tmp_path: Path) -> Config:
    return imap_config(tmp_path, 143)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("To: billing@acme.example", "billing@acme.example"),
        ("To: ann@example.net, Billing <Billing@Acme.Example>", "Billing@Acme.Example"),
        ("To: support+abc@acme.example", "support+abc@acme.example"),
        ("Cc: x@y.example\r\n\t, billing@acme.example", "billing@acme.example"),
        ("To: support@acme.example\r\nDelivered-To: billing@acme.example", "billing@acme.example"),
        ("Cc: billing@acme.example\r\nto: support@acme.example", "support@acme.example"),
        ("X-Original-To: billing@acme.example\r\nDelivered-To: mailbox@host.example", "billing@acme.example"),
        ('To: "billing@acme.example" <ann@example.net>', "support@acme.example"),
        ("To: billing@acme.example <ann@example.net>", "support@acme.example"),
        ("To: (billing@acme.example) ann@example.net", "support@acme.example"),
        ("To: undisclosed-recipients:;", "support@acme.example"),
        ("Subject: to: billing@acme.example", "support@acme.example"),
        ("X-Note: 1\r\n\r\nTo: billing@acme.example", "support@acme.example"),
        ("", "support@acme.example"),
    ],
)
def test_first_header_that_names_us(cfg: Config, header: str, wanted: str) -> None:
    assert recipient(f"{header}\r\n\r\nbody".encode(), cfg) == wanted


def test_accounts_own_address_before_the_first_of_ours(cfg: Config) -> None:
    assert recipient(b"To: x@y.example\r\n\r\n", cfg, "billing@acme.example") == "billing@acme.example"
    assert recipient(b"To: x@y.example\r\n\r\n", cfg, "login@elsewhere.example") == "support@acme.example"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("value", [b'"\\', b'"', b'"a', b"(", b"(a", b"a@", b"<a@a", b"a\n b@", b"\xff", b",", b"\\"])
@pytest.mark.parametrize("end", [b"", b"\\", b'"', b"\r\n\r\n"])
def test_hostile_headers_are_read_in_no_time(cfg: Config, value: bytes, end: bytes) -> None:
    assert recipient(b"To: " + value * 200_000 + end, cfg) == "support@acme.example"
