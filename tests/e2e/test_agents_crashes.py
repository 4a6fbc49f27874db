"""The daemon dies while it tells people of tickets: each hears of each ticket once."""

from pathlib import Path

import pytest

from support.daemon import Daemon
from support.mails import mail
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
