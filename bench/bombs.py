"""What patterns that would search for ever cost: one search, all rules of a mail, and the mail behind it.

The limit of a search is processor time: on a machine that is busy with other things all of it takes longer.
"""

import smtplib
import statistics
import time
from pathlib import Path

from bench.measures import Figure, Scale, site
from gateway.rules import Facts, Names, RegexMatcher, load
from support.daemon import Daemon
from support.mails import mail
from support.wait import wait_for

BOMB = r"(\w+\w+)+\d\d$"
TEXT = "x" * 65_536
RULES = 20
ROUNDS = 40
_NAMES = Names(queues=("support",))


def bombs(folder: Path, scale: Scale) -> list[Figure]:
    """In this process with the limits of the shipped site, and by the running daemon."""
    searches: list[float] = []
    wholes: list[float] = []
    delays: list[float] = []
    for _ in range(scale.runs):
        rounds = scale.of(ROUNDS)
        searches += [_rules(1) for _ in range(rounds)]
        wholes += [_rules(RULES) for _ in range(rounds)]
        delays += _delays(site(folder / "bombs", scale, rules=50), rounds)
    return [
        Figure(what="one pattern that would search for ever", unit="ms", values=searches, target="<= 60"),
        Figure(what=f"all rules of a mail, {RULES} such patterns", unit="ms", values=wholes, target="<= 260"),
        Figure(what="delay of the mail behind one with a bomb, median", unit="ms", values=delays, target="<= 100"),
    ]


def _rules(count: int) -> float:
    """Milliseconds of one evaluation with so many patterns, each another one, on 64 KiB."""
    blocks = (
        f'[[rule]]\nname = "bomb {n}"\nwhen.body.matches = \'{BOMB}|{n}\'\nset.priority = "low"\n' for n in range(count)
    )
    rules = load({"rules/bench.toml": "\n".join(blocks)}, _NAMES)
    matcher, facts = RegexMatcher(time.monotonic), Facts(body=TEXT)
    began = time.perf_counter()
    rules.evaluate(facts, "created", matcher)
    return (time.perf_counter() - began) * 1000


def _delays(config: Path, rounds: int) -> list[float]:
    """Milliseconds that a mail waits longer for its ticket when one with a bomb came right before it.

    Every other pair has no bomb in it: its median is what such a mail takes anyway. The mail behind it is searched by
    the same pattern in no time, so that the pattern is never switched off.
    """
    bomb = f'[[rule]]\nname = "bomb"\nwhen.body.matches = \'{BOMB}\'\nset.priority = "low"\n'
    (config.parent / "rules" / "40-bomb.toml").write_text(bomb)
    plain: list[float] = []
    behind: list[float] = []
    with Daemon(config) as daemon, smtplib.SMTP("127.0.0.1", daemon.port) as client:
        client.ehlo("client.example")
        for number in range(2 * rounds):
            text = "x" * 3_500 if number % 2 else "x " * 1_750
            taken = _second_of_two(daemon, client, number, text)
            (behind if number % 2 else plain).append(taken)
        daemon.kill()
    usual = statistics.median(plain)
    return [taken - usual for taken in behind]


def _second_of_two(daemon: Daemon, client: smtplib.SMTP, number: int, text: str) -> float:
    """Milliseconds from the end of the second mail until its ticket is committed."""
    seen = len(daemon.lines)
    client.sendmail(f"first{number}@example.net", "support@acme.example", mail(text=text))
    client.mail(f"second{number}@example.net")
    client.rcpt("support@acme.example")
    client.putcmd("data")
    client.getreply()
    client.send(mail(sender=f"second{number}@example.net", text="Where is it?") + b".\r\n")
    began = time.perf_counter()
    client.getreply()
    wait_for(lambda: _done(daemon, seen) == 2, 10, "both are tickets")
    taken = (time.perf_counter() - began) * 1000
    return taken


def _done(daemon: Daemon, seen: int) -> int:
    """How many mails are done since; it waits a moment without sleeping as long as `wait_for` does."""
    deadline = time.perf_counter() + 0.5
    while time.perf_counter() < deadline:
        count = sum(line.get("event") == "mail_done" for line in daemon.lines[seen:])
        if count == 2:
            return count
        time.sleep(0.0005)
    return 0
