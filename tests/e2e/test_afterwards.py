"""The daemon dies while rules act on what happened to tickets: each of them acts once."""

from collections import Counter
from pathlib import Path

import pytest

from support.daemon import Daemon
from support.mails import mail
from support.wait import wait_for
from support.whole_site import make_site

RULES = """
[[rule]]
name = "afterwards"
on = "assigned"
add.tags = ["seen"]
notify = "dave"
"""


@pytest.mark.parametrize("point", ["before_telling_commit", "after_telling_commit"])
def test_death_while_rules_act_lets_each_act_once(tmp_path: Path, point: str) -> None:
    config = make_site(tmp_path / "site")
    (config.parent / "rules" / "95-afterwards.toml").write_text(RULES)
    armed = Daemon(config, env={"GATEWAY_TEST": "1", "GATEWAY_FAULT": f"{point}:2"}).start()
    for count in range(3):
        armed.send(mail(sender=f"P <p{count}@example.net>", subject=f"Lamp {count}"), sender=f"p{count}@example.net")
    armed.wait_dead()
    with Daemon(config) as daemon:
        daemon.settled()
        numbers = [one["number"] for one in daemon.ask("tickets")]
        assert len(numbers) == 3
        wait_for(lambda: all(events(daemon, number)["ruled"] for number in numbers), 30, "the rule acts on each")
        daemon.settled()
        for number in numbers:
            assert (events(daemon, number)["ruled"], events(daemon, number)["called"]) == (1, 1)
        assert [one["tags"] for one in daemon.ask("tickets")] == [["seen"]] * 3
        assert daemon.command("fsck").returncode == 0


def events(daemon: Daemon, number: int) -> Counter[str]:
    return Counter(one["kind"] for one in daemon.ask("show", str(number))["events"])
