"""Old bytes go, and only those: what is open, held or young keeps them, and the law of conservation still holds."""

import os
import time
from datetime import timedelta

from sqlalchemy import select, update

from gateway import retention
from gateway.config import load
from gateway.errors import Permanent
from gateway.now import now
from gateway.site import load_site
from gateway.store import fsck, spool, tables
from gateway.store import retention as store_retention
from support.desk import Desk
from support.mails import mail


def age(desk: Desk, days: int, *ids: int) -> None:
    with desk.store.spool.write() as conn:
        at = now() - timedelta(days=days)
        conn.execute(update(tables.spool).where(tables.spool.c.id.in_(ids)).values(closed_at=at))


def has_bytes(desk: Desk, number: int) -> bool:
    try:
        return bool(spool.raw_of(desk.store, number))
    except Permanent:
        return False


def test_only_what_is_old_and_over(desk: Desk) -> None:
    site = load_site(load(desk.config), desk.store)
    big = mail(subject="Large", text="x" * 70 + "\n" * 1_200_000)
    twin = mail(subject="Large", text="x" * 70 + "\n" * 1_200_000, message_id="<twin@example.net>")
    ids = [
        desk.take_in(raw)
        for raw in (mail(subject="Old and closed"), mail(subject="Old and open"), mail(subject="Young"), big, twin)
    ]
    aside = desk.take_in(mail(subject="In quarantine"))
    with desk.store.spool.write() as conn:
        conn.execute(update(tables.spool).where(tables.spool.c.id == aside).values(state="quarantined", reason="x"))
    desk.work()
    for number in (1, 3, 4, 5):
        assert desk.run("do", str(number), "close").code == 0
    age(desk, 400, ids[0], ids[1], ids[3], aside)
    age(desk, 300, ids[2], ids[4])
    with desk.store.spool.read() as conn:
        files = [name for name in conn.execute(select(tables.spool.c.raw_file)).scalars() if name]
    assert len(files) == (2 if desk.store.spool.path else 0)  # PostgreSQL keeps all bytes itself
    for name in files:
        os.utime(desk.store.raw.path(name), (0, 0))
    for _ in range(2):
        retention.forget(desk.store, site)
    assert [has_bytes(desk, one) for one in (*ids, aside)] == [False, True, True, False, True, True]
    assert [desk.store.raw.path(name).exists() for name in files] == [False, True][: len(files)]
    assert fsck.check(desk.store) == []
    assert desk.run("explain", "1").code == 0
    assert desk.run("show", "1").code == 0


def test_what_was_put_back_meanwhile_keeps_its_bytes(desk: Desk) -> None:
    number = desk.take_in(mail())
    desk.work()
    with desk.store.spool.write() as conn:
        conn.execute(update(tables.spool).values(state="new", closed_at=None))
    assert store_retention.purge(desk.store, [number], now()) == 0
    assert has_bytes(desk, number)


def test_bytes_that_come_in_again_this_moment_stay(desk: Desk) -> None:
    name = desk.store.raw.put(b"x" * 2_000_000)
    assert not desk.store.raw.forget(name, time.time() - 3600)
    os.utime(desk.store.raw.path(name), (0, 0))
    assert desk.store.raw.forget(name, time.time() - 3600)
    assert not desk.store.raw.path(name).exists()


def test_a_file_that_two_mails_name_stays_for_the_other(desk: Desk) -> None:
    site = load_site(load(desk.config), desk.store)
    raw = mail(subject="Large", text="x" * 70 + "\n" * 1_200_000)
    first = desk.take_in(raw, recipient="support@acme.example")
    second = desk.take_in(raw, recipient="billing@acme.example")
    assert first != second
    desk.work()
    for one in desk.ask("tickets"):
        desk.run("do", str(one["number"]), "close")
    age(desk, 400, first)
    retention.forget(desk.store, site)
    assert not has_bytes(desk, first)
    assert has_bytes(desk, second)
    assert fsck.check(desk.store) == []


def test_how_long_is_for_the_site_to_say(desk: Desk) -> None:
    desk.take_in(mail())
    desk.work()
    desk.run("do", "1", "close")
    age(desk, 11, 1)
    desk.configure(more='[limits]\nspool_keep = "10 days"\n')
    retention.forget(desk.store, load_site(load(desk.config), desk.store))
    assert not has_bytes(desk, 1)
