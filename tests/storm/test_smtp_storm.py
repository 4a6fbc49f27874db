"""The storm: the daemon is killed at random while mail comes in; what was promised is there once, and once only."""

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from support.daemon import Daemon
from support.mails import parsed
from support.oracle import Ledger, Sender, articles, spooled, storm_mail
from support.scale import FULL
from support.sink import Sink
from support.wait import wait_for
from support.whole_site import make_site

MAILS, KILLS, SECONDS = (20_000, 300, 450) if FULL else (800, 10, 15)
SEED = int(os.environ.get("GATEWAY_STORM_SEED", random.SystemRandom().randrange(2**32)))


class Storm:
    """So many mails, so many kills; afterwards `lost`, `doubled` and the sink's copies can be judged."""

    def __init__(
        self, folder: Path, sink: Sink, *, mails: int, kills: int, seconds: float, sabotage: str = "", fault: str = ""
    ) -> None:
        """`sabotage` is the promise to break, `fault` the point at which the first daemon dies or hangs besides."""
        self.rng = random.Random(SEED)
        self.sink = sink
        self.kills = kills
        self.ledger = Ledger()
        self.data = folder / "site" / "data"
        config = make_site(folder / "site", delivery=f"smtp://127.0.0.1:{sink.port}")
        self.fault = fault
        env = {"GATEWAY_TEST": "1", "GATEWAY_SABOTAGE": sabotage, "GATEWAY_FAULT": fault} if sabotage else {}
        self.daemon = Daemon(config, env=env)
        self.port = 0
        deadline = time.monotonic() + seconds * 12
        raws = {number: storm_mail(number, self.rng) for number in range(mails)}
        lanes = 4
        self.senders = [
            Sender(
                self.ledger,
                {number: raw for number, raw in raws.items() if number % lanes == lane},
                lambda: self.port,
                seconds * lanes / mails,
                deadline,
            )
            for lane in range(lanes)
        ]

    def blow(self) -> None:
        print(f"storm seed {SEED}")
        self._start()
        for sender in self.senders:
            sender.start()
        if self.fault:
            self._worst_moment()
            del self.daemon.env["GATEWAY_FAULT"]
            self._start()
        for _ in range(self.kills):
            time.sleep(self.rng.uniform(0.05, 1.2))
            self.daemon.kill()
            self._start()
        for sender in self.senders:
            sender.join()
            assert not sender.unsent
        self.daemon.settled(120)

    def _worst_moment(self) -> None:
        """Wait for the death by the fault; where it only hangs, kill as soon as somebody holds an empty promise."""
        if self.fault.endswith(":hang"):
            wait_for(lambda: any(line.endswith(" hangs\n") for line in self.daemon.raw), 60)
            wait_for(lambda: self.lost, 60)
            self.daemon.kill()
        else:
            self.daemon.wait_dead(60)

    def _start(self) -> None:
        self.daemon.start()
        self.port = self.daemon.port

    @property
    def lost(self) -> list[int]:
        there = spooled(self.data)
        return [number for number, sha256 in self.ledger.promised.items() if not there[sha256]]

    @property
    def doubled(self) -> list[str]:
        return [sha256 for sha256, count in spooled(self.data).items() if count > 1]


@pytest.fixture
def sink():
    with Sink() as running:
        yield running


@pytest.mark.timeout(3600 if FULL else 900)
def test_nothing_lost_nothing_doubled(tmp_path: Path, sink: Sink) -> None:
    storm = Storm(tmp_path, sink, mails=MAILS, kills=KILLS, seconds=SECONDS)
    try:
        storm.blow()
        assert storm.ledger.retried >= KILLS, "the storm did not interrupt anything: nothing was proved"
        assert len(storm.ledger.promised) == MAILS
        assert storm.lost == []
        assert storm.doubled == []
        assert [spool for spool, count in articles(storm.data).items() if count > 1] == []
        assert len(articles(storm.data)) == MAILS
        assert storm.daemon.ask("quarantine", "list") == []
        assert storm.daemon.command("fsck").returncode == 0
        copies = Counter(parsed(one.data)["Message-ID"] for one in sink.received)
        outgoing = {one["message_id"]: one for one in storm.daemon.ask("outbox", "list")}
        assert set(copies) == set(outgoing)
        assert sum(copies.values()) - len(copies) <= storm.kills
        assert {one["state"] for one in outgoing.values()} == {"sent"}
    finally:
        storm.daemon.kill()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("sabotage", "fault"), [("early_250", "before_spool_commit:40:hang"), ("no_key", "after_spool_commit:40")]
)
def test_a_broken_promise_is_found_out(tmp_path: Path, sink: Sink, sabotage: str, fault: str) -> None:
    """With the 250 before the commit mail is lost, without delivery keys it is doubled: the oracle must see it.

    One death comes at the worst moment, which chance alone would seldom find; the others come when they will.
    """
    storm = Storm(tmp_path, sink, mails=400, kills=3, seconds=4, sabotage=sabotage, fault=fault)
    try:
        storm.blow()
        assert storm.lost if sabotage == "early_250" else storm.doubled, f"{sabotage} went unnoticed"
    finally:
        storm.daemon.kill()
