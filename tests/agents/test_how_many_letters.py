"""How many automatic mails the life of an ordinary ticket costs its people: a customer three, an agent four at most."""

from collections import Counter
from pathlib import Path

import pytest

from support.busy_office import BusyOffice

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
DAVE = "Dave <dave@acme.example>"
WRITTEN = {"reply", "question"}  # by a person


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of database is enough: what is proved here does not hang on it."""
    return f"sqlite:///{tmp_path}/data/gateway.db"


def automatic(office: BusyOffice) -> Counter[str]:
    return Counter(one.to for one in office.letters() if one.kind not in WRITTEN)


def within_bounds(office: BusyOffice) -> None:
    counted = automatic(office)
    told = [(one.to, one.kind) for one in office.letters()]
    assert counted["ann@example.net"] <= 3, told
    assert counted["carol@acme.example"] <= 4, told
    assert counted["dave@acme.example"] <= 4, told


def test_one_agent_takes_it_answers_and_resolves(busy: BusyOffice) -> None:
    """The other one hears of it, and that it is taken."""
    busy.post(ANN, "It burns.")
    busy.post(CAROL, "#assign me\n\nPull the plug, please.", answers=busy.last("carol@acme.example"))
    busy.post(ANN, "I did. It still smells.", answers=busy.last("ann@example.net"))
    busy.post(CAROL, "#resolve\n\nOpen a window.", answers=busy.last("carol@acme.example"))
    busy.post(ANN, "Thank you!", answers=busy.last("ann@example.net"))
    busy.post(ANN, "5", answers=busy.last("ann@example.net"))
    assert busy.ticket(1)["status"] == "resolved"
    assert busy.ticket(1)["rating"] == 5
    busy.desk.run("do", "1", "close")  # as the clock does in the end
    busy.tell()
    assert busy.ticket(1)["status"] == "closed"
    within_bounds(busy)
    assert len(busy.kinds("dave@acme.example")) <= 2


def test_one_agent_hands_it_to_the_other(busy: BusyOffice) -> None:
    busy.post(ANN, "It burns.")
    busy.post(CAROL, "Pull the plug, please.", answers=busy.last("carol@acme.example"))
    busy.post(ANN, "I did. It still smells.", answers=busy.last("ann@example.net"))
    busy.post(CAROL, "#assign dave\n#note\nShe is brave.", answers=busy.last("carol@acme.example"))
    busy.post(DAVE, "#resolve\n\nOpen a window.", answers=busy.last("dave@acme.example"))
    busy.post(ANN, "Thanks a lot.", answers=busy.last("ann@example.net"))
    assert busy.ticket(1)["status"] == "resolved"
    within_bounds(busy)
