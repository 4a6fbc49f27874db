"""An outage: many customers write the same, and the lead sees one list."""

from collections import Counter
from pathlib import Path

from support import mails
from support.daemon import Daemon
from support.mails import body_of, parsed
from support.scale import FULL
from support.wait import wait_for
from support.whole_site import make_site

CUSTOMERS = 300 if FULL else 130  # for each way of saying it more than are ever counted (similar.NEWEST)
NOTICES = 12  # that an agent may get in these minutes: the list, single tickets before there are many, digests
SAID = (
    ("Cannot log in", "The login page says my password is wrong, error 4017."),
    ("Login broken?", "I cannot log in since this morning. The login page shows error 4017."),
    ("error 4017", "My password is right, and the login page refuses it with error 4017."),
    ("login page refuses me", "Every login ends with error 4017, although the password is right."),
)


def test_all_their_mails_are_one_list_for_the_lead_and_one_reply_for_us(tmp_path: Path, database_url: str) -> None:
    url = "sqlite:///data/gateway.db" if database_url.startswith("sqlite") else database_url
    config = make_site(tmp_path / "site", database=url, tell_lead_at=5)
    with Daemon(config) as daemon:
        for place in range(CUSTOMERS):
            subject, text = SAID[place % (len(SAID) if FULL else 2)]
            address = f"user{place}@house{place}.example"
            daemon.send(
                mails.mail(sender=f"User {place} <{address}>", subject=subject, text=f"{text}\n\nUser {place}"),
                sender=address,
            )
        daemon.send(mails.mail(subject="My lamp has not arrived", text="where is my lamp?"))
        daemon.settled(60)
        wait_for(lambda: daemon.ask("similar", "--matters", "--at-least", str(CUSTOMERS)), 30, "all are taken in")
        daemon.settled(60)

        (matter,) = daemon.ask("similar", "--matters", "--at-least", "5")
        assert (matter["size"], matter["requesters"]) == (CUSTOMERS, CUSTOMERS)
        lamp = next(one["number"] for one in daemon.ask("tickets") if one["subject"] == "My lamp has not arrived")
        assert lamp not in matter["tickets"]
        assert daemon.ask("similar", str(lamp)) == []
        assert len(daemon.ask("show", str(matter["tickets"][7]))["similar"]) == 20

        to_lead = letters_to(daemon, "carol@acme.example")
        (told,) = [one for one in to_lead if "tickets look alike" in parsed(one)["Subject"]]  # the next is in an hour
        assert len(to_lead) <= NOTICES
        assert parsed(told)["Auto-Submitted"] == "auto-generated"
        assert f"gateway do {matter['number']} common similar" in body_of(told)
        assert f"#{matter['number']} " in body_of(told)
        events = [event["kind"] for event in daemon.ask("show", str(matter["number"]))["events"]]
        assert events.count("lead_told") == 1

        head = str(matter["number"])
        made = daemon.ask("do", head, "common", "similar")
        assert len(made["tickets"]) == CUSTOMERS - 1
        reply = tmp_path / "reply.txt"
        reply.write_text("Logging in works again. We are sorry.\n")
        assert daemon.ask("reply", head, "--file", str(reply))["said"] == f"replied to {CUSTOMERS} customers"
        again = daemon.command("reply", head, stdin=reply.read_bytes())
        assert again.stdout.startswith(f"#{head} nothing to do".encode())  # type: ignore[arg-type]
        daemon.settled(60)
        sent = Counter(parsed(one)["Delivered-To"] for one in daemon.delivered(to_agents=True))
        assert [sent.pop(f"{agent}@acme.example", 0) <= NOTICES for agent in ("carol", "dave")] == [True, True]
        assert set(sent.values()) == {1, 2}
        assert len(sent) == CUSTOMERS + 1
        assert [address for address, count in sent.items() if count == 1] == ["ann@example.net"]

        assert len(daemon.ask("do", head, "resolve")["tickets"]) == CUSTOMERS - 1
        assert Counter(one["status"] for one in daemon.ask("tickets")) == {"resolved": CUSTOMERS, "open": 1}
        assert daemon.command("fsck").returncode == 0


def letters_to(daemon: Daemon, address: str) -> list[bytes]:
    return [one for one in daemon.delivered(to_agents=True) if parsed(one)["Delivered-To"] == address]
