"""A ticket's whole life over two weeks with holidays, a pause and a re-open, in the running program: every step once."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support.clocked import OFFICE
from support.daemon import Daemon
from support.mails import mail
from support.require import faketime, require
from support.wait import wait_for
from support.whole_site import make_site

PRAGUE = ZoneInfo("Europe/Prague")
SLA = f"""{OFFICE}
[sla.standard]
calendar = "office"
first_response = "4 h"
next_response = "1 business day"
resolution = "2 business days"

[[sla.standard.step]]
of = "first_response"
at = "50%"
do = ["notify:assignee"]

[[sla.standard.step]]
of = "next_response"
at = "100%"
do = ["notify:lead", "priority:+1"]

[[sla.standard.step]]
of = "resolution"
at = "50%"
do = ["notify:lead"]

[[sla.standard.step]]
of = "resolution"
at = "100%"
do = ["notify:lead", "tag:late"]
"""
# libfaketime answers the sleep of Python, which names its end by the monotonic clock, with EINVAL.
SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds) and None\n"
Move = Callable[[str], None]
CLOCKS = ["seam", "faketime"]


@pytest.fixture(params=CLOCKS)
def moved(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Move, dict[str, str], timedelta]:
    """How to set the clock to a time in Prague, the environment that obeys it, and how exact it is."""
    file = tmp_path / "clock"

    def write(text: str) -> None:
        half = file.with_suffix(".half")
        half.write_text(text)
        half.replace(file)

    def seam(when: str) -> None:
        write(_prague(when).isoformat())

    def fake(when: str) -> None:
        write(f"@{_prague(when).astimezone(UTC):%Y-%m-%d %H:%M:%S}\n")

    if request.param == "seam":
        return seam, {"GATEWAY_CLOCK": str(file)}, timedelta(0)
    require("faketime")
    (tmp_path / "sitecustomize.py").write_text(SLEEP)
    env = {
        "PYTHONPATH": str(tmp_path),
        "LD_PRELOAD": faketime(),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "TZ": "UTC",
    }
    return fake, env, timedelta(minutes=5)  # it goes on, from the start of each process


def _prague(when: str) -> datetime:
    return datetime.fromisoformat(when).replace(tzinfo=PRAGUE)


def test_a_life_over_two_weeks(tmp_path: Path, moved: tuple[Move, dict[str, str], timedelta]) -> None:
    move, env, slack = moved
    config = make_site(tmp_path / "site", more=SLA)
    text = config.read_text().replace('lead = "carol"\n', 'lead = "carol"\nsla = "standard"\n')
    config.write_text(text)
    move("2026-12-22 09:30")  # a Tuesday; Thursday to Saturday are holidays
    with Daemon(config, env={**os.environ, **env}) as daemon:
        daemon.send(mail(subject="My lamp", message_id="<one@example.net>"))
        daemon.settled()
        _is_due(daemon, slack, first_response_due="2026-12-22 13:30", resolve_due="2026-12-28 09:30")
        move("2026-12-22 11:31")
        expected = ["first_response 50% 2026-12-22 11:30"]
        _wait_for_steps(daemon, expected, slack)

        move("2026-12-22 12:00")
        daemon.command("reply", "1", "--file", str(_file(tmp_path, "Which lamp?")))
        move("2026-12-23 10:00")
        ours = f"[Acme #1] My lamp\nReferences: {daemon.ask('outbox', 'list')[-1]['message_id']}"
        daemon.send(mail(subject=ours, message_id="<two@example.net>"))
        daemon.settled()
        _is_due(daemon, slack, next_response_due="2026-12-28 10:00", resolve_due="2026-12-28 15:30")

        told = len(_notices(daemon))
        daemon.stop()  # over the holidays: what came due meanwhile is done once, and told in one letter
        move("2026-12-28 10:05")
        daemon.start()
        expected += ["resolution 50% 2026-12-23 15:30", "next_response 100% 2026-12-28 10:00"]
        _wait_for_steps(daemon, expected, slack)
        wait_for(lambda: len(_notices(daemon)) > told, 60, "it was told")
        daemon.settled()
        assert [b"is overdue" in one for one in _notices(daemon)[told:]] == [True]
        move("2026-12-28 11:30")
        daemon.command("do", "1", "hold")
        assert _dues(daemon)["resolve_due"] is None
        move("2026-12-29 11:30")
        daemon.command("do", "1", "open")
        _is_due(daemon, slack, resolve_due="2026-12-29 15:30")
        daemon.command("do", "1", "resolve")
        move("2026-12-30 09:00")
        daemon.send(mail(subject=ours, message_id="<three@example.net>"))
        daemon.settled()
        _is_due(daemon, slack, resolve_due="2026-12-30 13:00")

        move("2027-01-04 17:05")
        expected += ["resolution 100% 2026-12-30 13:00"]
        _wait_for_steps(daemon, expected, slack)
        shown = daemon.ask("show", "1")
        assert (shown["priority"], shown["tags"]) == ("high", ["late"])
        assert [shown["overdue"], shown["status"]] == [True, "open"]


def _notices(daemon: Daemon) -> list[bytes]:
    """What agents heard of due times."""
    return [one for one in daemon.delivered(to_agents=True) if b"is overdue" in one or b"is due soon" in one]


def _file(folder: Path, text: str) -> Path:
    file = folder / "reply.txt"
    file.write_text(text)
    return file


def _dues(daemon: Daemon) -> dict[str, Any]:
    (ticket,) = daemon.ask("tickets")
    return {name: ticket[name] for name in ("first_response_due", "next_response_due", "resolve_due")}


def _is_due(daemon: Daemon, slack: timedelta, **wanted: str) -> None:
    dues = _dues(daemon)
    for name, when in wanted.items():
        assert abs(datetime.fromisoformat(dues[name]) - _prague(when)) <= slack, (name, dues)


def _steps(daemon: Daemon) -> list[tuple[str, datetime]]:
    events = [one["data"] for one in daemon.ask("show", "1")["events"] if one["kind"] == "step"]
    return [(f"{one['clock']} {one['step']}", datetime.fromisoformat(one["at"])) for one in events]


def _wait_for_steps(daemon: Daemon, wanted: list[str], slack: timedelta) -> None:
    """Exactly these have come, each at its minute."""
    wait_for(lambda: len(_steps(daemon)) >= len(wanted), 60, f"{len(wanted)} steps have come")
    for (name, at), line in zip(_steps(daemon), wanted, strict=True):
        step, when = line[:-17], line[-16:]
        assert (name, abs(at - _prague(when)) <= slack) == (step, True), (at, line)
