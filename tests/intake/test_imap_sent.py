"""The folder of sent mail against a real Dovecot: what is new in it is taken once, and nothing in it is touched."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.store import Store
from support.dovecot import Dovecot
from support.mails import mail
from support.poller import QUICK, imap_config, polling, spooled, unmoved
from support.require import require
from support.wait import wait_for

OFTEN = replace(QUICK, look=0.2)  # Dovecot announces nothing of a folder that is not selected


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    require("imap")
    dovecot = Dovecot().start()
    try:
        yield dovecot
    finally:
        dovecot.stop()


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A mailbox of this test's own."""
    return f"u{abs(hash(request.node.nodeid)) % 10**9}"


def answers(count: int) -> list[bytes]:
    sent = {"sender": "support@acme.example", "to": "ann@example.net", "text": "It is on its way."}
    return [mail(subject=f"Re: Lamp {n}", **sent) for n in range(count)]


def folders_looked_at(store: Store) -> set[str]:
    with store.spool.read() as conn:
        return set(conn.exec_driver_sql("SELECT folder FROM imap_folder").scalars())


def sources(store: Store) -> list[str]:
    return [row.source for row in spooled(store)]


def test_what_is_sent_from_now_on_is_taken_and_stays_as_it_lies(
    server: Dovecot, user: str, store: Store, tmp_path: Path
) -> None:
    server.fill(answers(3), user=user, folder="Sent")
    cfg = imap_config(tmp_path, server.port, user=user, sent="Sent", after="delete", start="all")
    with polling(cfg, store, times=OFTEN):
        wait_for(lambda: folders_looked_at(store) == {"INBOX", "Sent"})
        fresh = answers(2)
        server.fill(fresh, user=user, folder="Sent")
        wait_for(lambda: len(spooled(store)) == 2)
        server.fill([mail()], user=user)
        wait_for(lambda: sources(store) == ["sent:main", "sent:main", "imap:main"])
    assert [row.raw for row in spooled(store)[:2]] == fresh
    assert not any(row.quiet for row in spooled(store))
    assert [flags for _, flags in server.contents("Sent", user=user).values()] == [()] * 5
    assert unmoved(store) == 0


def test_a_folder_that_appears_later_is_taken_from_its_first_mail(
    server: Dovecot, user: str, store: Store, tmp_path: Path
) -> None:
    with polling(imap_config(tmp_path, server.port, user=user, sent="Sent"), store, times=OFTEN):
        wait_for(lambda: folders_looked_at(store) == {"INBOX", "Sent"})
        server.fill(answers(1), user=user, folder="Sent")
        wait_for(lambda: sources(store) == ["sent:main"])


def test_after_a_new_start_what_was_sent_meanwhile_is_taken_once(
    server: Dovecot, user: str, store: Store, tmp_path: Path
) -> None:
    cfg = imap_config(tmp_path, server.port, user=user, sent="Sent")
    server.fill(answers(1), user=user, folder="Sent")
    with polling(cfg, store, times=OFTEN):
        wait_for(lambda: folders_looked_at(store) == {"INBOX", "Sent"})
    server.fill([mail()], user=user)
    server.fill(answers(2), user=user, folder="Sent")
    for _ in range(2):
        with polling(cfg, store, times=OFTEN):
            wait_for(lambda: len(spooled(store)) == 3)
    assert sources(store) == ["imap:main", "sent:main", "sent:main"]  # what is answered before the answers


def test_a_mail_that_is_too_large_is_left_alone(server: Dovecot, user: str, store: Store, tmp_path: Path) -> None:
    cfg = imap_config(tmp_path, server.port, user=user, sent="Sent", max_size="2 KB")
    with polling(cfg, store, times=OFTEN):
        wait_for(lambda: folders_looked_at(store) == {"INBOX", "Sent"})
        server.fill([mail(text="x" * 5000), *answers(1)], user=user, folder="Sent")
        wait_for(lambda: sources(store) == ["sent:main"])
    assert server.count("Sent", user=user) == 2
    assert server.count("Oversize", user=user) == 0
