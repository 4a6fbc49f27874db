"""One connection to the scripted server: IDLE, and what must never be sent."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config import Config
from gateway.intake import imap_session
from gateway.intake.imap_errors import Lost, Refused
from gateway.intake.imap_session import ImapSession
from support.imap_stub import ImapStub
from support.mails import mail
from support.poller import QUICK, imap_config


@pytest.fixture
def stub() -> Iterator[ImapStub]:
    server = ImapStub().start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def cfg(stub: ImapStub, tmp_path: Path) -> Config:
    return imap_config(tmp_path, stub.port)


@pytest.mark.parametrize("where", ["before_plus", "with_plus"])
def test_announced_while_idle_begins(stub: ImapStub, cfg: Config, where: str) -> None:
    """Between the sweep and IDLE a mail arrives: the server says so before, or in one segment with, its +."""
    session = ImapSession.connect(cfg.imap[0], QUICK)
    try:
        session.select("INBOX")
        setattr(stub, where, ["* 1 EXISTS"])
        began = time.monotonic()
        session.idle(30, lambda: False)
        assert time.monotonic() - began < 5
    finally:
        session.close()


def test_dripping_greeting_ends_at_the_wall_deadline(stub: ImapStub, cfg: Config) -> None:
    stub.drip = {"greeting"}
    with pytest.raises(Lost, match="connecting"):
        ImapSession.connect(cfg.imap[0], replace(QUICK, connect=0.2))


def test_closed_while_idling_is_no_busy_loop(stub: ImapStub, cfg: Config) -> None:
    session = ImapSession.connect(cfg.imap[0], QUICK)
    session.select("INBOX")
    threading.Timer(0.2, session.cut).start()
    with pytest.raises(Lost):
        session.idle(30, lambda: False)
    session.close()


def test_text_with_a_line_end_is_never_sent(stub: ImapStub, cfg: Config) -> None:
    """The last gate below everything: whatever got into a command, a second command does not get out (T41)."""
    session = ImapSession.connect(cfg.imap[0], QUICK)
    session.select("INBOX")
    with pytest.raises((Lost, Refused)):
        session.flag([1], "$x)\r\nA99 DELETE INBOX\r\n")
    session.close()
    assert not [line for line in stub.lines if "DELETE" in line]


def test_huge_literal_is_not_even_begun(stub: ImapStub, cfg: Config) -> None:
    uid = stub.add(mail())
    stub.announce[uid] = 500_000_000
    session = ImapSession.connect(cfg.imap[0], QUICK)
    look = session.select("INBOX")
    with pytest.raises(Lost, match="announces a literal of 500000000 bytes"):
        session.fetch(session.waiting(session.uids(1, look)))
    session.close()


def test_huge_folder_is_listed_in_pieces(stub: ImapStub, cfg: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """imaplib refuses a line over 1 MB, so no answer may name more uids than fit."""
    monkeypatch.setattr(imap_session, "_SEARCH_MAX", 10)
    for _ in range(35):
        stub.add(b"")
    stub.folders["INBOX"].remove(35)
    session = ImapSession.connect(cfg.imap[0], QUICK)
    look = session.select("INBOX")
    stub.add(b"")  # after the SELECT
    assert session.uids(3, look) == [*range(3, 35), 36]
    assert session.uids(36, look) == [36]
    assert session.uids(37, look) == []
    assert stub.said("UID SEARCH")[:5] == [
        f"UID SEARCH UID {span}" for span in ("3:12", "13:22", "23:32", "33:42", "36:*")
    ]
    session.close()
