"""The whole life of a ticket with two agents and two customers, nobody using anything but a mail program.

Agents' mail is signed by their company's server and verified against our own DNS; nothing is believed for its From.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import Daemon
from support.dns_stub import DnsStub
from support.nail import Delivered, Person
from support.require import require
from support.signing_relay import SigningRelay
from support.wait import wait_for
from support.whole_site import make_site


class House:
    """The daemon, its people, and the server their mail leaves by."""

    def __init__(self, daemon: Daemon, relay: SigningRelay, folder: Path) -> None:
        self.daemon = daemon
        self._relay = relay
        self._box = folder / "data" / "sent"

    def person(self, address: str, name: str) -> Person:
        return Person(address, name=name, mailbox=self._box, port=self._relay.port)

    def forger(self, address: str, name: str) -> Person:
        """Somebody who writes a From that is not theirs, straight to the gateway."""
        return Person(address, name=name, mailbox=self._box, port=self.daemon.port)

    def show(self, number: int) -> dict[str, object]:
        shown: dict[str, object] = self.daemon.ask("show", str(number))
        return shown

    def has(self, number: int, **wanted: object) -> None:
        wait_for(lambda: wanted.items() <= self.show(number).items(), 20, f"ticket {number} is {wanted}")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    require("nail")
    with DnsStub() as dns:
        more = f'[auth]\ntrust = ["dkim"]\ndns = "127.0.0.1:{dns.port}"\n'
        config = make_site(tmp_path / "site", more=more)
        with (
            Daemon(config) as daemon,
            SigningRelay(daemon.port, dns, "acme.example", "example.net", "example.org") as relay,
        ):
            yield House(daemon, relay, config.parent)


def test_the_whole_life_of_a_ticket(house: House) -> None:
    carol, dave = house.person("carol@acme.example", "Carol"), house.person("dave@acme.example", "Dave")
    ann, bob = house.person("ann@example.net", "Ann"), house.person("bob@example.org", "Bob")

    ann.write("support@acme.example", "Printer is on fire", "It burns with a blue flame.")
    acknowledged = ann.next()
    assert "#1" in acknowledged.subject
    told = carol.next()
    assert "blue flame" in told.text

    carol.reply(told, "Please pull the plug.\n\nCarol")
    answer = ann.next()
    assert "Please pull the plug." in answer.text
    assert "carol@acme.example" not in answer.path.read_text()
    house.has(1, status="waiting")

    ann.reply(answer, "I did. Now the lamp burns, too.")
    carol_hears = carol.next()
    assert "the lamp burns" in carol_hears.text

    carol.reply(carol_hears, "#assign dave\n#note\nThat house is cursed.")
    assert "cursed" not in "".join(mail.text for mail in ann.inbox())
    transcript = carol.next()
    assert "#assign dave" in transcript.text
    handed = dave.next()
    assert "cursed" in handed.text  # the whole thread, notes too
    house.has(1, assignee="dave")

    dave.reply(handed, "#resolve\n\nA new printer is on its way.")
    assert "on its way" in ann.next().text
    resolved = ann.next()
    assert "resolved" in resolved.text.lower()
    dave.next()
    house.has(1, status="resolved")

    ann.reply(resolved, "5", quote=False)
    wait_for(lambda: any(event["kind"] == "wish" for event in house.show(1)["events"]), 20)  # type: ignore[attr-defined]
    house.has(1, status="resolved")

    bob.write("support@acme.example", "Where is my order?", "It is late.")
    assert "#2" in bob.next().subject
    assert not any("#1" in mail.subject for mail in bob.inbox())
    house.daemon.settled()
    automatic = [mail for mail in ann.inbox() if mail.message["Auto-Submitted"]]
    assert len(automatic) <= 3, [mail.subject for mail in automatic]
    about_it = [mail for mail in carol.inbox() if "#1" in mail.subject]
    assert len(about_it) <= 4, [mail.text[:60] for mail in about_it]


def test_a_forged_from_achieves_nothing(house: House) -> None:
    carol, ann = house.person("carol@acme.example", "Carol"), house.person("ann@example.net", "Ann")
    ann.write("support@acme.example", "Printer is on fire", "It burns.")
    ann.next()
    told: Delivered = carol.next()
    mallory = house.forger("carol@acme.example", "Carol")
    mallory.reply(told, "#close\n\nSend your password to mallory@evil.example.")  # even with a stolen token
    held = carol.next()
    assert "password" in held.text
    house.daemon.settled()
    assert not any("password" in mail.text for mail in ann.inbox())
    assert house.show(1)["status"] == "open"
