"""The poller against servers that lie, drop, stall and lack: our own scripted one. Nothing lost, nothing twice."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config import Config
from gateway.intake.imap_session import Times
from gateway.store import Store
from support.imap_stub import ALL, ImapStub
from support.mails import mail
from support.poller import QUICK, imap_config, polling, spool_count, spooled, unmoved
from support.wait import wait_for

# The database plays no part here; the mailbox against both is in test_imap.py.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def stub() -> Iterator[ImapStub]:
    server = ImapStub().start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def cfg(stub: ImapStub, tmp_path: Path) -> Config:
    return imap_config(tmp_path, stub.port, start="all")


def without(*names: str) -> tuple[str, ...]:
    return tuple(name for name in ALL if name not in names)


def processed(stub: ImapStub) -> list[bytes]:
    return list(stub.folders["Processed"].mails.values()) if "Processed" in stub.folders else []


# ---- what a server may lack ----------------------------------------------------------------------------------------


def test_without_idle_the_folder_is_polled(stub: ImapStub, store: Store, tmp_path: Path) -> None:
    stub.capabilities = without("IDLE")
    cfg = imap_config(tmp_path, stub.port, start="all", poll="1 s")
    with polling(cfg, store):
        wait_for(lambda: len(stub.said("SELECT")) >= 2)
        stub.add(mail())
        wait_for(lambda: len(processed(stub)) == 1)
    assert not stub.said("IDLE")


def test_the_clock_says_when_to_look(stub: ImapStub, store: Store, tmp_path: Path) -> None:
    stub.capabilities = without("IDLE")
    cfg = imap_config(tmp_path, stub.port, start="all", poll="1 h")
    with polling(cfg, store) as poller:
        wait_for(lambda: poller.is_waiting)
        stub.add(mail())

        def looked() -> bool:
            poller.look()
            return len(processed(stub)) == 1

        wait_for(looked)


def test_idle_that_is_refused_becomes_polling(stub: ImapStub, store: Store, tmp_path: Path) -> None:
    stub.answers["IDLE"] = "NO not today"
    cfg = imap_config(tmp_path, stub.port, start="all", poll="1 s")
    with polling(cfg, store) as poller:
        wait_for(lambda: len(stub.said("SELECT")) >= 3)
        stub.add(mail())
        wait_for(lambda: len(processed(stub)) == 1)
        assert poller.failures == 0
    assert len(stub.said("IDLE")) == 1
    assert stub.connections == 1


def test_without_move_mails_are_copied_and_exactly_they_are_expunged(stub: ImapStub, cfg: Config, store: Store) -> None:
    stub.capabilities = without("MOVE")
    mine = [mail() for _ in range(4)]
    for raw in mine:
        stub.add(raw)
    deleted_by_somebody = stub.folders["INBOX"].add(b"")
    stub.folders["INBOX"].flags[deleted_by_somebody].add("\\Deleted")
    stub.size_of[deleted_by_somebody] = 10**9
    with polling(cfg, store):
        wait_for(lambda: len(processed(stub)) == 4 and not unmoved(store))
    assert processed(stub) == mine
    assert stub.said("UID EXPUNGE")
    assert "UID EXPUNGE 1:4" in stub.lines


def test_without_move_and_uidplus_a_keyword_is_set_and_nothing_removed(
    stub: ImapStub, cfg: Config, store: Store
) -> None:
    stub.capabilities = without("MOVE", "UIDPLUS")
    for _ in range(3):
        stub.add(mail())
    with polling(cfg, store):
        wait_for(lambda: spool_count(store) == 3 and not unmoved(store))
    assert stub.folders["INBOX"].flags == {uid: {"$Ticketed"} for uid in (1, 2, 3)}
    assert not [line for line in stub.lines if "EXPUNGE" in line or "COPY" in line or "Deleted" in line]


def test_without_keywords_the_ledger_alone_remembers(stub: ImapStub, cfg: Config, store: Store) -> None:
    stub.capabilities, stub.keywords = without("MOVE", "UIDPLUS"), False
    stub.add(mail())
    for _ in range(2):
        with polling(cfg, store):
            wait_for(lambda: spool_count(store) == 1 and not unmoved(store))
            wait_for(lambda: stub.said("IDLE"))
        stub.lines.clear()
    assert [row.copies for row in spooled(store)] == [0]


def test_delete_without_uidplus_never_expunges(stub: ImapStub, store: Store, tmp_path: Path) -> None:
    stub.capabilities = without("UIDPLUS", "MOVE")
    stub.add(mail())
    with polling(imap_config(tmp_path, stub.port, start="all", after="delete"), store):
        wait_for(lambda: spool_count(store) == 1 and not unmoved(store))
    assert stub.folders["INBOX"].flags == {1: {"\\Deleted"}}
    assert not [line for line in stub.lines if "EXPUNGE" in line]


# ---- what happens in the middle ------------------------------------------------------------------------------------


def test_expunged_in_the_middle_of_a_batch(stub: ImapStub, cfg: Config, store: Store) -> None:
    for _ in range(10):
        stub.add(mail())
    stub.vanish = {3, 7}
    with polling(cfg, store) as poller:
        wait_for(lambda: len(processed(stub)) == 8 and not unmoved(store))
        assert poller.failures == 0
    assert spool_count(store) == 8


def test_fetch_refused_because_of_an_expunge(stub: ImapStub, cfg: Config, store: Store) -> None:
    """Some servers answer the whole FETCH with NO [EXPUNGEISSUED] when one of its mails is gone."""
    for _ in range(5):
        stub.add(mail())
    fetches = 0

    def refuse_the_batch(command: str) -> None:
        nonlocal fetches
        if command == "UID FETCH" and "BODY.PEEK[]" in stub.lines[-1]:
            fetches += 1
            stub.answers["UID FETCH"] = "NO [EXPUNGEISSUED] gone" if fetches in (1, 3) else ""

    stub.on_command = refuse_the_batch
    with polling(cfg, store):
        wait_for(lambda: len(processed(stub)) == 4 and not unmoved(store))
    assert spool_count(store) == 4


def test_dropped_in_the_middle_of_a_mail(stub: ImapStub, cfg: Config, store: Store) -> None:
    sent = [mail(text="x" * 5000) for _ in range(6)]
    for raw in sent:
        stub.add(raw)
    stub.drop_in_literal[4] = 2
    with polling(cfg, store):
        wait_for(lambda: len(processed(stub)) == 6 and not unmoved(store))
    assert sorted(row.raw for row in spooled(store)) == sorted(sent)
    assert stub.connections == 3


def test_stalled_answer_ends_the_connection(stub: ImapStub, cfg: Config, store: Store) -> None:
    stub.add(mail())
    stub.stall = {"UID SEARCH"}
    with polling(cfg, store, times=replace(QUICK, read=0.3)):
        wait_for(lambda: stub.connections >= 2)
        stub.stall = set()
        wait_for(lambda: len(processed(stub)) == 1)


def test_dripping_answer_ends_at_the_wall_deadline(stub: ImapStub, cfg: Config, store: Store) -> None:
    """One byte now and then never times out a socket."""
    stub.add(mail())
    stub.drip = {"UID SEARCH"}
    with polling(cfg, store, times=replace(QUICK, read=5, command=0.5)):
        wait_for(lambda: stub.connections >= 2)
        stub.drip = set()
        wait_for(lambda: len(processed(stub)) == 1)


@pytest.mark.parametrize("command", ["UID FETCH", "UID MOVE", "LIST"])
def test_announced_in_the_answer_to_another_command(stub: ImapStub, cfg: Config, store: Store, command: str) -> None:
    """A mail that comes during the sweep is announced there, and IDLE does not say it again."""
    stub.add(mail())
    stub.arrives_during[command] = mail()
    with polling(cfg, store):
        wait_for(lambda: len(processed(stub)) == 2)


def test_bye_while_idling_and_mail_announced_around_it(stub: ImapStub, cfg: Config, store: Store) -> None:
    stub.bye_in_idle = 2
    with polling(cfg, store):
        wait_for(lambda: stub.connections >= 3)
        wait_for(lambda: stub.said("IDLE"))
        stub.add(mail())
        wait_for(lambda: len(processed(stub)) == 1)


# ---- what a server may lie about -----------------------------------------------------------------------------------


def test_huge_literal_is_not_believed_and_its_neighbours_come_in(stub: ImapStub, cfg: Config, store: Store) -> None:
    """A poison among ten: nine mails, and one note that says where the tenth lies."""
    sent = [mail() for _ in range(10)]
    for raw in sent:
        stub.add(raw)
    stub.announce[5] = 99_999_999_999
    with polling(cfg, store):
        wait_for(lambda: spool_count(store) == 10, timeout=30)
        wait_for(lambda: not stub.folders["INBOX"].mails)
    rows = [row.raw for row in spooled(store)]
    assert sorted(rows[:9]) == sorted(raw for raw in sent if raw != sent[4])
    assert b"the server could not deliver it" in rows[9]
    assert list(stub.folders["Oversize"].mails.values()) == [sent[4]]


def test_too_large_is_not_fetched(stub: ImapStub, store: Store, tmp_path: Path) -> None:
    small, large = mail(), mail(subject="My holidays", text="x" * 200_000)
    stub.add(large)
    stub.add(small)
    cfg = imap_config(tmp_path, stub.port, start="all", max_size="100 KB", after="delete")
    with polling(cfg, store):
        wait_for(lambda: spool_count(store) == 2 and not stub.folders["INBOX"].mails)
    taken, note = (row.raw for row in spooled(store))
    assert taken == small
    assert b"Subject: My holidays\r\n" in note
    assert b"From: Ann Lee <ann@example.net>\r\n" in note
    assert b"folder Oversize" in note
    assert len(note) < 2000
    assert list(stub.folders["Oversize"].mails.values()) == [large]  # never deleted: we do not have it
    assert not [line for line in stub.said("UID FETCH") if line.startswith("UID FETCH 1 (BODY.PEEK[])")]


def test_body_nil_is_tried_again_then_told(stub: ImapStub, cfg: Config, store: Store) -> None:
    sent = [mail() for _ in range(3)]
    for raw in sent:
        stub.add(raw)
    stub.nil[1], stub.nil[2] = 2, 1000
    with polling(cfg, store):
        wait_for(lambda: spool_count(store) == 3 and not stub.folders["INBOX"].mails)
    rows = [row.raw for row in spooled(store)]
    assert rows[:2] == [sent[2], sent[0]]
    assert b"the server could not deliver it" in rows[2]


def test_sizes_that_are_estimates_are_lived_with(stub: ImapStub, cfg: Config, store: Store) -> None:
    """Exchange estimates RFC822.SIZE: a mail of another size is fetched twice, and taken if it is the same."""
    sent = [mail(text="x" * 3000) for _ in range(3)]
    for raw in sent:
        stub.add(raw)
    stub.size_of = {1: 2000, 2: 4000, 3: 1}
    with polling(cfg, store):
        wait_for(lambda: len(processed(stub)) == 3)
    assert sorted(row.raw for row in spooled(store)) == sorted(sent)


def test_new_uidvalidity_on_the_same_connection(stub: ImapStub, cfg: Config, store: Store, tmp_path: Path) -> None:
    cfg = imap_config(tmp_path, stub.port, start="all", after="flag:$Ticketed")
    for _ in range(3):
        stub.add(mail())
    with polling(cfg, store):
        wait_for(lambda: spool_count(store) == 3 and not unmoved(store))
        wait_for(lambda: stub.said("IDLE"))
        folder = stub.folders["INBOX"]
        folder.uidvalidity = 2
        folder.mails = {uid + 100: raw for uid, raw in folder.mails.items()}
        folder.flags = {uid: set() for uid in folder.mails}
        folder.date = dict.fromkeys(folder.mails, "01-Jan-2020 10:00:00 +0000")
        folder.uid_next = 200
        stub.add(mail())
        wait_for(lambda: spool_count(store) == 4 and not unmoved(store))
        wait_for(lambda: all(flags == {"$Ticketed"} for flags in folder.flags.values()))
    assert [row.copies for row in spooled(store)] == [1, 1, 1, 0]


def test_no_uidvalidity_no_polling(stub: ImapStub, cfg: Config, store: Store) -> None:
    stub.without_uidvalidity = True
    stub.add(mail())
    with polling(cfg, store) as poller:
        wait_for(lambda: poller.failures >= 3)
    assert spool_count(store) == 0
    assert not stub.said("UID FETCH")


def test_idle_folder_is_not_fetched_again(stub: ImapStub, store: Store, tmp_path: Path) -> None:
    """`UID SEARCH n:*` names the last mail even if its uid is below n."""
    stub.capabilities = without("IDLE")
    stub.add(mail())
    cfg = imap_config(tmp_path, stub.port, start="all", after="flag:$Ticketed", poll="1 s")
    with polling(cfg, store):
        wait_for(lambda: len(stub.said("SELECT")) >= 3)
    assert len([line for line in stub.said("UID FETCH") if "BODY.PEEK[]" in line]) == 1


# ---- filing that fails ---------------------------------------------------------------------------------------------


def test_move_refused_is_tried_again_and_loses_nothing(stub: ImapStub, cfg: Config, store: Store) -> None:
    stub.add(mail())
    stub.answers["UID MOVE"] = "NO over quota"
    with polling(cfg, store) as poller:
        wait_for(lambda: len(stub.said("UID MOVE")) >= 2)
        assert spool_count(store) == 1
        assert unmoved(store) == 1
        assert poller.failures == 0
        del stub.answers["UID MOVE"]
        wait_for(lambda: len(processed(stub)) == 1 and not unmoved(store))
    assert [row.copies for row in spooled(store)] == [0]


# ---- getting in ----------------------------------------------------------------------------------------------------


def test_login_refused_is_tried_rarely(
    stub: ImapStub, cfg: Config, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Providers lock an account that fails too often: at most six tries within an hour, here within 3.6 s."""
    stub.answers["AUTHENTICATE"] = "NO [AUTHENTICATIONFAILED] no"
    times = replace(QUICK, login_first=Times().login_first / 1000, login_most=Times().login_most / 1000)
    with polling(cfg, store, times=times) as poller:
        wait_for(lambda: poller.failures == 7)
    pauses = [record.gateway_fields["retry_in"] for record in caplog.records if record.message == "imap_failed"]
    assert all(sum(pauses[start : start + 6]) >= 3.6 for start in range(len(pauses) - 5))
    assert [record.levelname for record in caplog.records if record.message == "imap_failed"][:4] == [
        "WARNING",
        "WARNING",
        "ERROR",
        "ERROR",
    ]


@pytest.mark.parametrize("how", ["AUTHENTICATE", "LOGIN"])
def test_a_server_that_quotes_our_login(
    stub: ImapStub, cfg: Config, store: Store, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    """T147: also where it refuses another command, later."""
    caplog.set_level("INFO", "gateway")
    password = "c4nary-of.Acme!"
    cfg.gateway.data_dir.parent.joinpath("imap.secret").write_text(password)
    if how == "LOGIN":
        stub.capabilities = without("AUTH=PLAIN")
    coded = base64.b64encode(f"\0u1\0{password}".encode()).decode()
    stub.answers[how] = f"NO [AUTHENTICATIONFAILED] we know {password} and {coded[:-6]} you"
    stub.answers["IDLE"] = f"NO {password} idles"
    with polling(cfg, store) as poller:
        wait_for(lambda: poller.failures >= 1)
        del stub.answers[how]
        wait_for(lambda: "imap_no_idle" in caplog.messages)
    told = ("imap_failed", "imap_no_idle")
    said = [record.gateway_fields["error"] for record in caplog.records if record.message in told]
    assert any("we know *** and" in line for line in said)
    assert any("*** idles" in line for line in said)
    assert not any(piece in line for line in said for piece in (password[:8], password[-8:], coded[-16:-6]))


def test_no_login_is_sent_in_the_clear_when_starttls_is_wanted_and_not_offered(
    stub: ImapStub, store: Store, tmp_path: Path
) -> None:
    with polling(imap_config(tmp_path, stub.port, tls='"starttls"'), store) as poller:
        wait_for(lambda: poller.failures >= 2)
    assert set(stub.lines) <= {"CAPABILITY", "LOGOUT"}
