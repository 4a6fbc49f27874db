"""An agent who is gone from config.toml with open tickets: `gateway check` and `gateway run` say so and exit 78."""

import subprocess

from support.daemon import PROGRAM
from support.desk import Desk

SAID = "config.toml: agents.dave: is gone, and has 1 open ticket; keep [agents.dave] and write left = true"


def without_dave(desk: Desk) -> None:
    text = desk.config.read_text()
    text = text.replace('"carol", "dave"', '"carol"').replace('agents = ["dave"]', "")
    desk.config.write_text(text.replace('[agents.dave]\naddresses = ["dave@acme.example"]\n', ""))


def test_check_refuses_to_forget_one_who_has_open_tickets(desk: Desk) -> None:
    desk.configure()
    number = desk.ticket(assignee="dave")
    assert desk.run("check").code == 0
    without_dave(desk)
    refused = desk.run("check")
    assert refused.code == 78
    assert SAID in refused.err
    kept = '[agents.dave]\naddresses = ["dave@acme.example"]\nleft = true\nsuccessor = "carol"\n'
    desk.config.write_text(desk.config.read_text() + kept)
    assert desk.run("check").code == 0
    assert desk.ask("show", str(number))["assignee"] == "dave"  # a check changes nothing


def test_the_daemon_does_not_start_without_one_who_has_open_tickets(desk: Desk) -> None:
    desk.work()
    desk.ticket(assignee="dave")
    without_dave(desk)
    ended = subprocess.run(
        [*PROGRAM, "-c", str(desk.config), "run"], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 78
    assert SAID in ended.stderr


def test_a_check_of_a_site_that_never_ran_makes_nothing(desk: Desk) -> None:
    text = desk.config.read_text()
    desk.config.write_text(text.replace('data_dir = "data"', 'data_dir = "other"'))
    assert desk.run("check").code == 0
    assert not (desk.folder / "other").exists()
