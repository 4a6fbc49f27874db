"""An outage: three hundred customers write the same, and the lead sees one list."""

from collections import Counter
from pathlib import Path

from support import mails
from support.daemon import Daemon
from support.mails import body_of, parsed
from support.wait import wait_for
from support.whole_site import make_site

CUSTOMERS = 300
SAID = (
    ("Cannot log in", "The login page says my password is wrong, error 4017."),
    ("Login broken?", "I cannot log in since this morning. The login page shows error 4017."),
    ("error 4017", "My password is right, and the login page refuses it with error 4017."),
    ("login page refuses me", "Every login ends with error 4017, although the password is right."),
)


def test_three_hundred_mails_are_one_list_for_the_lead_and_one_answer_for_us(tmp_path: Path, database_url: str) -> None:
    url = "sqlite:///data/gateway.db" if database_url.startswith("sqlite") else database_url
    config = make_site(tmp_path / "site", database=url, tell_lead_at=5)
    with Daemon(config) as daemon:
        for place in range(CUSTOMERS):
            subject, text = SAID[place % len(SAID)]
            address = f"user{place}@house{place}.example"
            daemon.send(
                mails.mail(sender=f"User {place} <{address}>", subject=subject, text=f"{text}\n\nUser {place}"),
                sender=address,
            )
        daemon.send(mails.mail(subject="My lamp has not arrived", text="where is my lamp?"))
        daemon.settled(60)
        wait_for(lambda: daemon.ask("similar", "--clusters", "--at-least", "300"), 30, "all are taken in")
        daemon.settled(60)

        (cluster,) = daemon.ask("similar", "--clusters", "--at-least", "5")
        assert (cluster["size"], cluster["requesters"]) == (CUSTOMERS, CUSTOMERS)
        lamp = next(one["number"] for one in daemon.ask("tickets") if one["subject"] == "My lamp has not arrived")
        assert lamp not in cluster["tickets"]
        assert daemon.ask("similar", str(lamp)) == []
        assert len(daemon.ask("show", str(cluster["tickets"][7]))["similar"]) == 20

        (told,) = letters_to(daemon, "carol@acme.example")  # the rest of the hour is told in the next
        assert "tickets look alike" in parsed(told)["Subject"]
        assert parsed(told)["Auto-Submitted"] == "auto-generated"
        assert f"gateway do {cluster['number']} common similar" in body_of(told)
        assert f"#{cluster['number']} " in body_of(told)
        events = [event["kind"] for event in daemon.ask("show", str(cluster["number"]))["events"]]
        assert events.count("lead_told") == 1

        head = str(cluster["number"])
        made = daemon.ask("do", head, "common", "similar")
        assert len(made["tickets"]) == CUSTOMERS - 1
        answer = tmp_path / "answer.txt"
        answer.write_text("Logging in works again. We are sorry.\n")
        assert daemon.ask("do", head, "answer", "--file", str(answer))["said"] == f"answered {CUSTOMERS} customers"
        again = daemon.command("do", head, "answer", stdin=answer.read_bytes())
        assert again.stdout.startswith(f"#{head} nothing to do".encode())  # type: ignore[arg-type]
        daemon.settled(60)
        sent = Counter(parsed(one)["Delivered-To"] for one in daemon.delivered())
        assert sent.pop("carol@acme.example") == 1
        assert set(sent.values()) == {1, 2}
        assert len(sent) == CUSTOMERS + 1
        assert [address for address, count in sent.items() if count == 1] == ["ann@example.net"]

        assert len(daemon.ask("do", head, "resolve")["tickets"]) == CUSTOMERS - 1
        assert Counter(one["status"] for one in daemon.ask("tickets")) == {"resolved": CUSTOMERS, "open": 1}
        assert daemon.command("fsck").returncode == 0


def letters_to(daemon: Daemon, address: str) -> list[bytes]:
    return [one for one in daemon.delivered() if parsed(one)["Delivered-To"] == address]
