"""The daemon dies while it tells people of tickets, and while it does what an agent asks: each once, and told truly."""

from email.utils import format_datetime
from pathlib import Path

import pytest

from gateway.now import now
from support.daemon import Daemon
from support.mails import body_of, mail, parsed, reply_to
from support.wait import wait_for
from support.whole_site import make_site


def told(daemon: Daemon) -> list[tuple[str, int]]:
    """What was written to agents, and has left."""
    letters = daemon.ask("outbox", "list")
    return sorted(
        (one["recipient"], one["ticket"])
        for one in letters
        if one["recipient"].endswith("@acme.example") and one["state"] == "sent"
    )


@pytest.mark.parametrize("point", ["before_telling_commit", "after_telling_commit"])
def test_death_while_telling_tells_everybody_once(tmp_path: Path, point: str) -> None:
    config = make_site(tmp_path / "site")
    armed = Daemon(config, env={"GATEWAY_TEST": "1", "GATEWAY_FAULT": f"{point}:2"}).start()
    for count in range(3):
        armed.send(mail(sender=f"P <p{count}@example.net>", subject=f"Lamp {count}"), sender=f"p{count}@example.net")
    armed.wait_dead()
    with Daemon(config) as daemon:
        daemon.settled()
        wanted = sorted((f"{one['assignee']}@acme.example", one["number"]) for one in daemon.ask("tickets"))
        assert len(wanted) == 3
        wait_for(lambda: len(told(daemon)) >= 3, 30, "everybody is told")
        daemon.settled()
        assert told(daemon) == wanted
        assert daemon.command("fsck").returncode == 0


def to_carol(daemon: Daemon, kind: str) -> list[bytes]:
    """The letters to her that say so."""
    letters = daemon.delivered(to_agents=True)
    return [one for one in letters if "carol@" in str(parsed(one)["To"]) and kind in body_of(one)]


def from_carol(letter: bytes, text: str) -> bytes:
    raw = reply_to(letter, sender="Carol Reyes <carol@acme.example>", text=text)
    return raw.replace(b"Date: Fri, 27 Nov 2026 09:00:00 +0000", f"Date: {format_datetime(now())}".encode())


def held_and_answered(daemon: Daemon, word: str, reply: str = "It is on its way.", *, on_notice: bool = False) -> None:
    """Carol's reply is held, for Ann wrote meanwhile; she answers the letter on that with a word, or the notice."""
    daemon.send(mail(subject="Lamp", text="Where is my lamp?"))
    wait_for(lambda: to_carol(daemon, "Where is my lamp?"), 30, "Carol hears of the ticket")
    notice = to_carol(daemon, "Where is my lamp?")[0]
    (acknowledgement,) = daemon.delivered()
    daemon.send(reply_to(acknowledgement, text="Forget it."))
    wait_for(lambda: to_carol(daemon, "Forget it."), 30, "Carol hears of the answer")
    daemon.send(from_carol(notice, reply), sender="carol@acme.example")
    wait_for(lambda: to_carol(daemon, "#drop"), 30, "Carol hears that her reply is held")
    letter = notice if on_notice else to_carol(daemon, "#drop")[0]
    daemon.send(from_carol(letter, word), sender="carol@acme.example")


@pytest.mark.parametrize("on_notice", [False, True])
@pytest.mark.parametrize("point", ["before_held_released", "after_held_settled"])
def test_death_while_a_held_mail_is_let_go_sends_it_once_and_tells_nothing_else(
    tmp_path: Path, point: str, on_notice: bool
) -> None:
    config = make_site(tmp_path / "site", more='[auth]\nagents = "token"\n')
    armed = Daemon(config, env={"GATEWAY_TEST": "1", "GATEWAY_FAULT": f"{point}:1"}).start()
    held_and_answered(armed, "#send", on_notice=on_notice)
    armed.wait_dead()
    with Daemon(config) as daemon:
        wait_for(
            lambda: any("It is on its way." in body_of(one) for one in daemon.delivered()), 30, "the reply is sent"
        )
        daemon.settled()
        assert sum("It is on its way." in body_of(one) for one in daemon.delivered()) == 1
        assert to_carol(daemon, "> #send") == []
        events = [one["kind"] for one in daemon.ask("show", "1")["events"]]
        assert events.count("held_confirmed") == 1
        assert daemon.command("fsck").returncode == 0


def test_death_overrules_nothing_that_the_agent_has_not_seen(tmp_path: Path) -> None:
    """Let go, the mail is held for another reason before the word that let it go is taken up again."""
    config = make_site(tmp_path / "site", more='[auth]\nagents = "token"\n')
    armed = Daemon(config, env={"GATEWAY_TEST": "1", "GATEWAY_FAULT": "after_held_settled:1"}).start()
    held_and_answered(armed, "#send", "Ask dave@acme.example for it.")
    armed.wait_dead()
    with Daemon(config) as daemon:
        wait_for(lambda: to_carol(daemon, "> #send"), 30, "Carol is told")
        daemon.settled()
        (told,) = to_carol(daemon, "> #send")
        assert "not done: your mail is held" in body_of(told)
        assert len(to_carol(daemon, "#drop")) == 2
        assert not any("Ask dave" in body_of(one) for one in daemon.delivered())
        assert [one["kind"] for one in daemon.ask("show", "1")["events"]].count("held_confirmed") == 1


@pytest.mark.parametrize("on_notice", [False, True])
def test_death_while_a_held_mail_is_dropped_tells_that_it_was(tmp_path: Path, on_notice: bool) -> None:
    config = make_site(tmp_path / "site", more='[auth]\nagents = "token"\n')
    armed = Daemon(config, env={"GATEWAY_TEST": "1", "GATEWAY_FAULT": "after_held_settled:1"}).start()
    held_and_answered(armed, "#drop", on_notice=on_notice)
    armed.wait_dead()
    with Daemon(config) as daemon:
        wait_for(lambda: to_carol(daemon, "your mail was dropped"), 30, "Carol is told")
        daemon.settled()
        (told,) = to_carol(daemon, "your mail was dropped")
        assert "not done" not in body_of(told)
        assert not any("It is on its way." in body_of(one) for one in daemon.delivered())
        assert daemon.command("fsck").returncode == 0
