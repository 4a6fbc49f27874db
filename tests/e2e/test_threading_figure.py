"""Threading as a figure: many made-up lives of tickets; how many follow-ups join, how many join wrongly."""

import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway import act
from gateway.compose import letters
from gateway.config import load
from gateway.mail import Address, Envelope, read
from gateway.now import now
from gateway.pipeline import Read, process
from gateway.rules import RegexMatcher
from gateway.site import Site, load_site
from gateway.store import Store, migrate, open_store, spool, tables
from gateway.tickets.actions import Actor
from gateway.tickets.token import Role
from support.lives import Life, Step
from support.scale import FULL
from support.whole_site import make_site

LIVES = 2_000 if FULL else 300
BATCH = 100


class Desk:
    """The pipeline on a store, without the processes around it: mails in, letters out."""

    def __init__(self, store: Store, site: Site) -> None:
        self.store, self.site = store, site
        self.matcher = RegexMatcher(time.monotonic)

    def take(self, steps: Sequence[Step]) -> list[int | None]:
        """The ticket each mail came to."""
        mails = [
            spool.NewMail(
                raw=step.raw,
                envelope=Envelope(mail_from=step.sender, recipients=("support@acme.example",), peer="127.0.0.1"),
                source="smtp",
                received_at=now(),
            )
            for step in steps
        ]
        ids = [accepted.spool_id for accepted in spool.insert_batch(self.store, mails)]
        came: dict[int, int | None] = {}
        while claimed := spool.claim(self.store, node=self.store.node, limit=BATCH, now=now()):
            batch = [Read(one, raw, read(raw)) for one in claimed for raw in (spool.raw_of(self.store, one),)]
            outcomes = process(self.store, self.site, self.matcher, batch)
            came |= {one.claimed.id: one.plan.ticket if one.plan else None for one in outcomes}
            done = [
                spool.Closed(id=one.claimed.id, fence=one.claimed.fence, state=one.state, reason=one.reason)
                for one in outcomes
                if one.state
            ]
            assert len(done) == len(claimed)
            assert not spool.close(self.store, node=self.store.node, done=done)
        return [came[spool_id] for spool_id in ids]

    def letters_since(self, mail_id: int) -> list[tuple[int, int, bytes]]:
        """(mail id, ticket, bytes) of what was written after `mail_id`."""
        query = (
            select(tables.mail.c.id, tables.mail.c.ticket, tables.mail_out.c.data)
            .join(tables.mail_out, tables.mail_out.c.mail_id == tables.mail.c.id)
            .where(tables.mail.c.id > mail_id)
            .order_by(tables.mail.c.id)
        )
        with self.store.main.read() as conn:
            return [(row.id, row.ticket, row.data) for row in conn.execute(query)]

    def agent_replies(self, life: Life) -> bytes:
        """An agent answers the customer: a letter as the gateway would write it."""
        at, number = now(), life.ticket
        assert number is not None
        token = self.site.keys.issue(ticket=number, role=Role.REQUESTER, recipient=life.owner, at=at)
        letter = letters.letter(
            self.site.templates,
            letters.desk(self.site.cfg, "support"),
            kind="reply",
            recipient=Address(addr=life.owner),
            ticket=letters.Shown(number=str(number), tag=life.tag, title=life.subject),
            stamp=letters.Stamp(
                message_id=f"<{token}.{life.rng.getrandbits(40):x}@mail.acme.example>", at=at, token=token
            ),
            auto=letters.Auto.NO,
            in_reply_to=life.seen[-1][0],
            references=(*life.seen[-1][1], life.seen[-1][0]),
            context={"text": "We are looking into it.", "subject": life.subject},
        )
        with self.store.main.write() as conn:
            act.apply(conn, [letters.send(letter, number)], Actor(name="agent:carol", at=at))
        return letter.data


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    cfg = load(make_site(tmp_path / "site"))
    store = open_store(cfg.database.url, cfg.gateway.data_dir)
    migrate.ensure(store)
    yield Desk(store, load_site(cfg, store))
    store.close()


@pytest.mark.timeout(600)
def test_follow_ups_join_and_never_wrongly(desk: Desk) -> None:
    seed = int(os.environ.get("GATEWAY_LIVES_SEED", "20261127"))
    print(f"seed {seed}")
    rng = random.Random(seed)
    lives = [Life(number, random.Random(rng.getrandbits(64))) for number in range(LIVES)]
    for life, ticket in zip(lives, desk.take([life.first() for life in lives]), strict=True):
        life.ticket = ticket
    assert len({life.ticket for life in lives}) == LIVES, "two first mails share a ticket"
    by_ticket = {life.ticket: life for life in lives}
    last = 0
    joined = follow_ups = 0
    wrong: list[str] = []
    missed: list[str] = []
    while True:
        for mail_id, ticket, data in desk.letters_since(last):
            last = mail_id
            if ticket in by_ticket:
                by_ticket[ticket].letters.append(data)
                by_ticket[ticket].tag = f"[Acme #{ticket}]"
        for life in lives:
            if life.steps_left and life.rng.random() < 0.3:
                life.letters.append(desk.agent_replies(life))
        steps = [step for life in lives for step in life.steps()]
        if not steps:
            break
        rng.shuffle(steps)
        for step, ticket in zip(steps, desk.take(steps), strict=True):
            if step.joins:
                follow_ups += 1
                joined += ticket == step.life.ticket
                if ticket != step.life.ticket:
                    (wrong if ticket in by_ticket else missed).append(step.raw[:600].decode())
            elif ticket in by_ticket:
                wrong.append(step.raw[:600].decode())
    print(f"{LIVES} lives, {follow_ups} follow-ups, {joined} joined ({joined / follow_ups:.3%}), {len(wrong)} wrong")
    for raw in missed[:3]:
        print("missed:", raw)
    assert not wrong, wrong[0]
    assert joined / follow_ups >= 0.995
