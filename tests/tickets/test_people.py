"""Who comes to take part in a ticket by a mail (T82)."""

import pytest

from gateway.mail import Address
from gateway.tickets.people import following, opening, shown

ANN, BOB, EVE = (Address(addr=f"{name}@example.net") for name in ("ann", "bob", "eve"))
MEMBERS = frozenset({ANN.key})


@pytest.mark.parametrize(("refuted", "roles"), [(False, {BOB.addr: "watcher", EVE.addr: "watcher"}), (True, {})])
def test_who_is_copied_on_the_opening_mail_stays_copied(refuted: bool, roles: dict[str, str]) -> None:
    assert {one.address.addr: one.role for one in opening(1, [BOB, EVE], refuted=refuted)} == roles


CASES = [
    # author, copied, refuted, by the requester, proved -> who joins in what role, and whether that confirms
    (ANN, [BOB], False, False, [(BOB, "proposed", False)]),
    (ANN, [BOB], False, True, [(BOB, "watcher", True)]),
    (ANN, [BOB], True, False, []),
    (ANN, [ANN], False, True, []),
    (EVE, [BOB], False, False, [(EVE, "other", False), (BOB, "proposed", False)]),
    (EVE, [BOB], True, False, []),
    (None, [BOB], False, False, [(BOB, "proposed", False)]),
]


@pytest.mark.parametrize(("author", "copied", "refuted", "by_requester", "joining"), CASES)
def test_who_joins_by_a_later_mail(author, copied, refuted, by_requester, joining) -> None:
    found = following(1, author, copied, MEMBERS, refuted=refuted, by_requester=by_requester)
    assert [(one.address, one.role, one.confirms) for one in found] == joining


def test_a_colleague_is_shown_as_what_they_are() -> None:
    assert shown("other") == "other person, unverified"
