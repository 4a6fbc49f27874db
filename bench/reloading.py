"""How soon what an admin saves is in force: from the save to the daemon's own word that decisions follow it."""

import time
from pathlib import Path

from bench.measures import Figure, Scale, fill, site
from support.daemon import Daemon

RULES = 500
SAVES = 20


def save_to_live(folder: Path, scale: Scale) -> list[Figure]:
    """Both with 500 rules in one file, each with a test; the worker idle, and while it works through a backlog."""
    idle: list[float] = []
    busy: list[float] = []
    for _ in range(scale.runs):
        idle += _lives(site(folder / "idle", scale), scale.of(SAVES))
        config = site(folder / "busy", scale)
        fill(config, scale.of(20_000))
        busy += _lives(config, scale.of(SAVES))
    what = f"save to live, {RULES} rules with tests"
    return [
        Figure(what=f"{what}, idle", unit="ms", values=idle, target="<= 1000"),
        Figure(what=f"{what}, worker busy", unit="ms", values=busy, target="<= 1000"),
    ]


def _lives(config: Path, saves: int) -> list[float]:
    """Milliseconds of each save; every other one changes a rule, adds one, or changes a remark alone."""
    rules = config.parent / "rules" / "50-bench.toml"
    rules.write_text(_text(0))
    times = []
    with Daemon(config) as daemon:
        for number in range(1, saves + 1):
            seen = len(daemon.lines)
            fresh = rules.with_suffix(".new")
            fresh.write_text(_text(number))
            began = time.perf_counter()
            fresh.replace(rules)
            _wait_until_live(daemon, seen)
            times.append((time.perf_counter() - began) * 1000)
        daemon.kill()
    return times


def _wait_until_live(daemon: Daemon, seen: int) -> None:
    """Each line of the log is looked at once: a busy worker writes many, and we run beside it."""
    deadline = time.perf_counter() + 30
    while time.perf_counter() < deadline:
        fresh = daemon.lines[seen:]
        if any(line.get("event") == "site_changed" for line in fresh):
            return
        seen += len(fresh)
        time.sleep(0.001)
    raise SystemExit(f"a save was never put in force:\n{''.join(daemon.raw[-5:])}")


def _text(save: int) -> str:
    changed = save * 7 % RULES
    rules = [_rule(number, "urgent" if number == changed else "high") for number in range(RULES)]
    if save % 3 == 1:
        rules.insert(changed, _rule(RULES + save, "low"))
    return f"# save {save}\n\n{''.join(rules)}"


def _rule(number: int, priority: str) -> str:
    return f"""[[rule]]
name = "bench {number}"
when.subject = ["topic{number}", "theme{number}*"]
when.body.contains = "word{number} "
unless.from = "*@blocked{number}.example"
set.priority = "{priority}"

  [[rule.test]]
  mail.subject = "About topic{number}"
  mail.body = "The word{number} is in it."
  expect.priority = "{priority}"

"""
