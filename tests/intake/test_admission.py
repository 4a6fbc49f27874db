"""Connections, their pace, bytes in flight and wrong tokens, counted with instants given."""

import ipaddress

import pytest

from gateway.intake.admission import Budget, Door, Tally, Trusted

_MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("peer", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db9:1:2:3:4:5:6", "2001:db9:1:2::/64"),
        ("2001:db9:1:2::9", "2001:db9:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "nonsense"),
        ("", None),
        ("127.0.0.1", None),
        ("127.9.9.9", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("10.1.2.3", None),
        ("11.1.2.3", "11.1.2.3"),
        ("2001:db8::5", None),
    ],
)
def test_by_what_a_peer_is_counted(peer: str, key: str | None) -> None:
    trusted = Trusted([ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::/32")])
    assert trusted.key_of(peer) == key


def test_loopback_may_be_left_out() -> None:
    assert Trusted((), loopback=False).key_of("127.0.0.1") == "127.0.0.1"


def test_tally_slides() -> None:
    tally = Tally(3, 60)
    for at in (0, 10, 20):
        assert not tally.is_full("a", at)
        tally.add("a", at)
    assert tally.is_full("a", 59)
    assert not tally.is_full("b", 59)
    assert not tally.is_full("a", 60)  # the first has left the window
    tally.add("a", 60)
    assert tally.is_full("a", 69)
    assert not tally.is_full("a", 200)


def test_tally_forgets_the_longest_unused() -> None:
    tally = Tally(1, 3600)
    for number in range(20_001):
        tally.add(str(number), 0)
    assert not tally.is_full("0", 1)
    assert tally.is_full("1", 1)
    assert tally.is_full("20000", 1)


def door() -> Door:
    return Door(total=10, per_peer=2, paces=[(3, 60.0)])


def test_door_per_peer_and_pace() -> None:
    front = door()
    for _ in range(2):
        assert front.may_enter("192.0.2.1", 0)
        front.enter("192.0.2.1", 0)
    assert not front.may_enter("192.0.2.1", 0)  # two are open
    assert front.may_enter("192.0.2.2", 0)
    front.leave("192.0.2.1")
    assert front.may_enter("192.0.2.1", 1)
    front.enter("192.0.2.1", 1)
    front.leave("192.0.2.1")
    assert not front.may_enter("192.0.2.1", 2)  # three new ones within a minute
    assert front.may_enter("192.0.2.1", 60)


def test_door_has_a_total_even_for_the_trusted() -> None:
    front = door()
    for _ in range(10):
        assert not front.is_full
        assert front.may_enter(None, 0)
        front.enter(None, 0)
    assert front.is_full
    front.leave(None)
    assert not front.is_full


def test_budget() -> None:
    budget = Budget(100)
    first, second = budget.upload("192.0.2.1"), budget.upload("192.0.2.2")
    assert first.grow(60)
    assert not second.grow(50)
    assert second.grow(40)
    assert not budget.has_room(1)
    first.close()
    first.close()
    assert budget.used == 40
    assert second.grow(60)


def test_a_peer_has_two_large_uploads_at_a_time() -> None:
    budget = Budget(100 * _MIB)
    uploads = [budget.upload("192.0.2.1") for _ in range(3)]
    assert all(upload.grow(4 * _MIB) for upload in uploads)
    assert [upload.grow(2 * _MIB) for upload in uploads] == [True, True, False]
    assert budget.upload("192.0.2.9").grow(6 * _MIB)
    uploads[0].close()
    assert uploads[2].grow(2 * _MIB)
    assert all(budget.upload(None).grow(6 * _MIB) for _ in range(4))
