"""Tokens: what we signed is read back; anything else is nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tickets import token
from gateway.tickets.token import Keys, Role

KEYS = Keys(secrets={1: b"k" * 32})
AT = datetime(2026, 11, 27, tzinfo=UTC)


def issue(
    ticket: int = 1042, role: Role = Role.REQUESTER, recipient: str = "ann@example.net", keys: Keys = KEYS
) -> str:
    return keys.issue(ticket=ticket, role=role, recipient=recipient, at=AT)


@given(st.integers(min_value=1, max_value=2**63 - 1), st.sampled_from(Role), st.emails())
def test_round_trip(ticket: int, role: Role, recipient: str) -> None:
    text = issue(ticket, role, recipient)
    claim = KEYS.read(text.upper())  # local parts get case-folded on the way, either way
    assert claim is not None
    assert (claim.ticket, claim.role) == (ticket, role)
    assert KEYS.is_for(claim, recipient.upper())
    assert not KEYS.is_for(claim, "x" + recipient)
    assert len(f"support+{text}") <= 64


@given(st.data())
def test_any_changed_character_is_a_forgery(data: st.DataObject) -> None:
    text = issue()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
    changed = text[:place] + other + text[place + 1 :]
    assert (KEYS.read(changed) is None) == (changed != text)


@pytest.mark.parametrize("text", ["", "x", "a" * 34, "a" * 400, "1" * 34, "ä" * 34, issue()[:-1], issue() + "a"])
def test_what_is_no_token(text: str) -> None:
    assert KEYS.read(text) is None


def test_rotation_reads_old_keys_and_signs_with_the_newest() -> None:
    both = Keys(secrets={1: b"k" * 32, 2: b"n" * 32})
    old, new = issue(), issue(keys=both)
    assert both.read(old) is not None
    claim = both.read(new)
    assert claim is not None
    assert claim.recipient_tag[0] == 2
    assert KEYS.read(new) is None


def test_places() -> None:
    text = issue()
    assert list(token.in_message_ids([f"<{text}.17@mail.acme.example>", "<other@x>"])) == [text]
    assert token.in_address(f"support+{text}@acme.example") == text
    assert token.in_address("support@acme.example") is None
    assert token.looks_like_token(text)
    assert not token.looks_like_token("newsletter")


def test_expiry_ends_authority_only() -> None:
    claim = KEYS.read(issue())
    assert claim is not None
    assert not token.is_expired(claim, at=AT + timedelta(days=20), after=timedelta(days=30))
    assert token.is_expired(claim, at=AT + timedelta(days=60), after=timedelta(days=30))
