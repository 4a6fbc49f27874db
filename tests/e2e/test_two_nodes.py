"""Two daemons on one PostgreSQL: they share the work, and what belongs together comes together."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import postgres
from support.daemon import Daemon
from support.mails import mail
from support.require import require
from support.whole_site import make_site

PAIRS = 250  # enough for a backlog, so that both nodes have several groups in hand at once
TICKETS = 1_000
TEAM = ("ann", "bob", "eve", "kim", "lee", "max", "zoe")
ROTA = """
[[rule]]
name = "in turn"
when.subject.starts = "matter"
set.queue = "team"
set.assign = ["rota"]
"""


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[Daemon, Daemon]]:
    require("pg")
    team = "\n".join(f'[agents.{name}]\naddresses = ["{name}@acme.example"]' for name in TEAM)
    queue = f"[queues.team]\nagents = {list(TEAM)}\n"
    with postgres.fresh_database() as url:
        configs = [make_site(tmp_path / name, database=url, more=queue + team) for name in ("one", "two")]
        for config in configs:
            secret = config.parent / "data" / "secret"
            secret.parent.mkdir(mode=0o700)
            secret.write_text(f"1:{'ab' * 32}\n")
            secret.chmod(0o600)
        with Daemon(configs[0]) as one, Daemon(configs[1]) as two:
            yield one, two


def sibling(name: str, pair: int) -> bytes:
    people = [f"ann{pair}@example.net", f"bob{pair}@example.org"]
    sender = people[0] if name == "ann" else people[1]
    return mail(
        sender=f"Somebody <{sender}>",
        to=f"support@acme.example, {', '.join(people)}",
        subject=f"Re: matter {pair}",
        headers=(f"References: <unseen{pair}@elsewhere.example>",),
    )


def test_siblings_that_come_to_two_nodes_at_once_share_a_ticket(nodes: tuple[Daemon, Daemon]) -> None:
    failures: list[BaseException] = []

    def send(daemon: Daemon, name: str) -> None:
        try:
            for pair in range(PAIRS):
                daemon.send(sibling(name, pair))
        except BaseException as error:  # told to the test's own thread
            failures.append(error)

    threads = [
        threading.Thread(target=send, args=(node, name)) for node, name in zip(nodes, ("ann", "bob"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    one, two = nodes
    one.settled(60)
    subjects = Counter(ticket["subject"] for ticket in two.ask("tickets"))
    assert [subject for subject, count in subjects.items() if count > 1] == []
    assert len(subjects) == PAIRS
    assert one.command("fsck").returncode == 0


def test_one_mail_to_both_nodes_is_one_mail(nodes: tuple[Daemon, Daemon]) -> None:
    one, two = nodes
    raw = mail()
    answers = [one.send(raw), two.send(raw)]
    assert sum("duplicate" in answer for answer in answers) == 1
    one.settled(60)
    assert len(two.ask("tickets")) == 1


@pytest.fixture
def in_turn(tmp_path: Path) -> None:
    """Both nodes give every ticket to the team, by rota."""
    for name in ("one", "two"):
        rules = tmp_path / name / "rules"
        rules.mkdir(parents=True)
        (rules / "05-team.toml").write_text(ROTA)


def test_a_rota_is_exact_over_two_nodes(in_turn: None, nodes: tuple[Daemon, Daemon], tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    for number in range(TICKETS):
        text = mail(sender=f"p{number}@example.net", subject=f"matter {number}")
        (folder / f"{number:04}.eml").write_bytes(text)
    one, _ = nodes
    one.command("ingest", str(folder))  # into the database that they share: both take from it
    one.settled(120)
    tickets = one.ask("tickets")
    had = Counter(ticket["assignee"] for ticket in tickets)
    assert len(tickets) == TICKETS
    assert set(had) == set(TEAM)
    assert max(had.values()) - min(had.values()) <= 1
    assert all(any(line.get("event") == "mail_done" for line in node.lines) for node in nodes)
