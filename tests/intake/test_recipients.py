"""Who is ours: the judge that RCPT asks."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.intake.recipients import Judge, Recipient, Standing, recipient_judge
from gateway.tickets.token import Keys, Role
from support.smtp_listener import KEYS, site, token_for


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return recipient_judge(site(tmp_path_factory.mktemp("site")), KEYS)


def test_a_postmaster_who_is_not_the_admin(tmp_path: Path) -> None:
    cfg = site(tmp_path, gateway='admin = "root@acme.example"')
    judge = recipient_judge(cfg, KEYS)
    assert judge("postmaster@acme.example") == Recipient(standing=Standing.OURS, queue="support")
    assert judge("root@acme.example").standing is Standing.UNKNOWN


def _bent(token: str) -> str:
    return ("b" if token[5] == "a" else "a").join((token[:5], token[6:]))


GOOD = token_for()
FOREIGN_KEY = Keys(secrets={1: b"x" * 32}).issue(
    ticket=7, role=Role.AGENT, recipient="carol@acme.example", at=datetime(2026, 11, 1, tzinfo=UTC)
)

CASES = [
    ("support@acme.example", Standing.OURS, False),
    ("Support@ACME.Example", Standing.OURS, False),
    ("support+anything@acme.example", Standing.OURS, False),
    ("support+@acme.example", Standing.OURS, False),
    (f"support+{GOOD}@acme.example", Standing.OURS, True),
    (f"support+{GOOD.upper()}@acme.example", Standing.OURS, True),
    (f"support+{_bent(GOOD)}@acme.example", Standing.FORGED, True),
    (f"support+{FOREIGN_KEY}@acme.example", Standing.FORGED, True),
    (f"support+{GOOD[:-8]}@acme.example", Standing.OURS, False),  # nor this
    (f"support+{GOOD}x@acme.example", Standing.OURS, False),  # no token of ours has this shape
    ("nobody@acme.example", Standing.UNKNOWN, False),
    (f"nobody+{GOOD}@acme.example", Standing.UNKNOWN, True),
    ("postmaster", Standing.OURS, False),  # RFC 5321 section 4.5.1
    ("Postmaster", Standing.OURS, False),
    ("abuse@acme.example", Standing.OURS, False),  # RFC 2142
    ("Abuse@ACME.example", Standing.OURS, False),
    ("abuse@sub.acme.example", Standing.FOREIGN, False),
    ("abuse", Standing.UNKNOWN, False),
    ("postmaster@acme.example", Standing.UNKNOWN, False),  # the admin's: letters to the admin must not come to us
    ("support@evil.example", Standing.FOREIGN, False),
    ("support@acme.example.evil.example", Standing.FOREIGN, False),
    ("support@sub.acme.example", Standing.FOREIGN, False),
    ("a@[192.0.2.1]", Standing.FOREIGN, False),
]


@pytest.mark.parametrize(("addr", "standing", "has_token"), CASES)
def test_standing(judge: Judge, addr: str, standing: Standing, has_token: bool) -> None:
    queue = "support" if standing is Standing.OURS else ""
    assert judge(addr) == Recipient(standing=standing, queue=queue, has_token=has_token)
