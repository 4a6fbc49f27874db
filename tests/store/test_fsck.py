"""fsck finds every damage that is put there, and nothing on a site that is whole."""

import os

import pytest
from sqlalchemy import select, text, update

from gateway.store import fsck, migrate, open_store, spool, tables
from gateway.store.fast import insert
from gateway.store.spool import Closed
from gateway.store.spool_rows import discard
from support import rows
from support.arrivals import mail_bytes, new_mail

LARGE = mail_bytes(3, size=5000)


@pytest.fixture
def site(another_store):
    """Three processed mails, one of them large, one more that waits, and one that was quarantined unread."""
    return filled(another_store(raw_inline_max=2000))


@pytest.fixture
def sqlite_site(tmp_path):
    """The same on SQLite, where large mails lie in files."""
    store = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path, raw_inline_max=2000)
    migrate.ensure(store)
    yield filled(store)
    store.close()


def filled(store):
    spool.insert_batch(store, [new_mail(1), new_mail(2), new_mail(3, raw=LARGE)])
    rows.processed(store)
    spool.insert_batch(store, [new_mail(4), new_mail(5)])
    poison = spool.claim(store, node="x", limit=1, now=rows.NOON.replace(year=9999))[0]
    spool.close(store, node="x", done=[Closed(id=poison.id, fence=1, state="quarantined", reason="kills readers")])
    return store


def spoil(database, statement):
    with database.write() as conn:
        if conn.dialect.name == "sqlite":
            conn.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        conn.execute(text(statement) if isinstance(statement, str) else statement)


def unchecked(store, database, statement):
    """Run a statement that foreign keys would forbid, as a broken disk or program might."""
    if store.dialect == "sqlite":
        with database.engine.connect() as conn:
            driver = conn.connection.driver_connection
            driver.execute("PRAGMA foreign_keys = OFF")
            driver.execute(statement)
            driver.execute("PRAGMA foreign_keys = ON")
    else:
        with database.write() as conn:
            conn.execute(text("SET LOCAL session_replication_role = replica"))
            conn.execute(text(statement))


def test_a_whole_site_has_no_findings(site):
    assert fsck.check(site) == []


def test_the_gap_between_the_two_commits_is_no_finding(site):
    claimed = spool.claim(site, node="x", limit=1, now=rows.NOON.replace(year=9999))[0]
    with site.main.write() as conn:
        rows.ticket(conn, 4)
        rows.article(conn, 4, rows.mail_in(conn, claimed, ticket=4))
        rows.counted_to(site, conn, 4)
    assert fsck.check(site) == []


def test_a_discarded_mail_is_no_finding(site):
    poison = site_ids(site, "quarantined")
    assert discard(site, poison) == set(poison)
    assert fsck.check(site) == []


def site_ids(site, state):
    with site.spool.read() as conn:
        statement = select(tables.spool.c.id).where(tables.spool.c.state == state).order_by(tables.spool.c.id)
        return list(conn.execute(statement).scalars())


SPOOL_DAMAGE = {
    "UPDATE spool SET state = 'gone' WHERE id = 1": "mail 1 is in the state 'gone', which does not exist",
    "UPDATE spool SET closed_at = NULL WHERE id = 1": "mail 1 is done without an instant of closing",
    "UPDATE spool SET reason = '' WHERE state = 'quarantined'": "mail 4 is quarantined without a reason",
    "UPDATE spool SET closed_at = received_at WHERE state = 'new'": "mail 5 waits to be processed and is marked closed",
    "UPDATE spool SET lease_node = 'x' WHERE id = 2": "mail 2 is done and still claimed by x",
    "UPDATE spool_raw SET data = 'other bytes' WHERE spool_id = 2": "mail 2: its bytes are not those that were accepted",
    "UPDATE spool SET size = size + 1 WHERE id = 5": "mail 5: its bytes are not those that were accepted",
    "DELETE FROM spool_raw WHERE spool_id = 1": "mail 1 has no bytes",
    "UPDATE spool SET state = 'done', closed_at = received_at WHERE id = 5": "mail 5 is done, and nothing came of it",
    "UPDATE spool SET state = 'ignored', reason = 'loop', closed_at = received_at WHERE id = 5": (
        "mail 5 is ignored, and nothing came of it"
    ),
}


@pytest.mark.parametrize(("sql", "finding"), SPOOL_DAMAGE.items(), ids=SPOOL_DAMAGE.values())
def test_damage_in_the_spool(site, sql, finding):
    spoil(site.spool, sql)
    assert finding in fsck.check(site)


def test_a_spool_row_that_was_deleted(site):
    for sql in ("delivery_key WHERE spool_id", "spool_raw WHERE spool_id", "spool WHERE id"):
        spoil(site.spool, f"DELETE FROM {sql} = 2")
    assert any("names mail 2 of the spool, which is not there" in finding for finding in fsck.check(site))


MAIN_DAMAGE = {
    "UPDATE mail SET sha256 = 'ffffffffffffffff' WHERE spool_id = 1": "mail 1 was recorded as ffffffffffff, but",
    "UPDATE mail SET spool_id = NULL WHERE spool_id = 1": "mail 1 is done, and nothing came of it",
    "UPDATE mail SET spool_id = NULL WHERE spool_id = 2": "came in, but from no mail of the spool",
    "UPDATE article SET mail_id = NULL WHERE ticket = 1": "of ticket 1 came in, but from no mail",
    "UPDATE article SET mail_id = (SELECT max(id) FROM mail WHERE direction = 'out') WHERE ticket = 1": (
        "of ticket 1 came in, but from no mail"
    ),
    "UPDATE article SET mail_id = (SELECT max(mail_id) FROM article)": "became 3 articles",
    "UPDATE article SET ticket = 2 WHERE ticket = 1": "is on ticket 2, and its mail on 1",
    "UPDATE mail SET ticket = NULL WHERE spool_id = 2": "is on ticket 2, and its mail on none",
    "UPDATE mail SET message_id = '<1@acme.example>' WHERE direction = 'out'": (
        "3 letters have the Message-ID <1@acme.example>"
    ),
    "DELETE FROM article WHERE ticket = 2": "ticket 2 has no article",
    "DELETE FROM article WHERE ticket = 3": "was accepted and became no article",
    "DELETE FROM mail_out": "has no bytes to send",
    "UPDATE mail SET message_id = '' WHERE direction = 'out'": "has no Message-ID",
    "UPDATE outbox SET state = 'lost'": "is in the state 'lost', which does not exist",
    "UPDATE outbox SET state = 'sent'": "is sent, and its instant of sending says otherwise",
    "DELETE FROM outbox WHERE ticket = 1": "was written and is in no outbox row",
    "UPDATE outbox SET mail_id = (SELECT min(id) FROM mail WHERE direction = 'in') WHERE ticket = 1": "has no mail",
}


@pytest.mark.parametrize(("sql", "finding"), MAIN_DAMAGE.items(), ids=MAIN_DAMAGE.values())
def test_damage_among_the_tickets(site, sql, finding):
    spoil(site.main, sql)
    assert any(finding in one for one in fsck.check(site))


def test_a_mail_of_commands_alone_needs_no_article_and_a_line_in_the_journal(site):
    spoil(site.main, "UPDATE mail SET reason = 'commands_alone' WHERE spool_id = 3")
    spoil(site.main, "DELETE FROM article WHERE ticket = 3")
    assert any("was accepted, and the journal has nothing of it" in one for one in fsck.check(site))
    with site.main.write() as conn:
        mail_id = conn.execute(select(tables.mail.c.id).where(tables.mail.c.spool_id == 3)).scalar_one()
        insert(conn, tables.event, ticket=3, mail_id=mail_id, at=rows.NOON, actor="agent:carol", kind="tags", data={})
    assert not any("was accepted" in one for one in fsck.check(site))


def test_a_number_that_would_be_given_away_again(site):
    with site.main.write() as conn:
        rows.counted_to(site, conn, 2)
    assert "ticket 3 exists, and the next number would be 3" in fsck.check(site)


def test_a_dangling_reference(site):
    unchecked(site, site.main, "DELETE FROM mail WHERE direction = 'in' AND spool_id = 1")
    found = fsck.check(site)
    assert any("of ticket 1 came in, but from no mail" in one for one in found)
    if site.dialect == "sqlite":
        assert any("names a row of mail that is not there" in one for one in found)


# ---- files ---------------------------------------------------------------------------------------------------------


def test_a_raw_file_that_is_gone(sqlite_site):
    large_file(sqlite_site).unlink()
    assert any(one.startswith("mail 3: the raw mail") and "is missing" in one for one in fsck.check(sqlite_site))


def test_a_raw_file_that_was_changed(sqlite_site):
    large_file(sqlite_site).write_bytes(LARGE[:-1] + b"!")
    assert fsck.check(sqlite_site) == ["mail 3: its bytes are not those that were accepted"]


def large_file(site):
    return site.raw.path(next(site.raw.names()))


def test_a_raw_file_without_owner_once_it_is_old(site):
    path = site.raw.path(site.raw.put(b"nobody's"))
    assert fsck.check(site) == []  # perhaps its mail is being accepted this moment
    os.utime(path, (0, 0))
    assert fsck.check(site) == [f"the file raw/{path.parent.name}/{path.name} belongs to no mail"]


def test_a_page_of_the_database_that_was_overwritten(sqlite_site):
    store = sqlite_site
    with store.main.write() as conn:
        for number in range(200):
            insert(conn, tables.counter, name=f"n{number:05}" * 10, value=number)
    store.main.engine.dispose()
    with store.main.path.open("r+b") as file:
        place = file.read().rindex(b"n00150n00150")
        file.seek(place // 4096 * 4096 + 8)
        file.write(b"\xff" * 16)
    assert any("is damaged" in one for one in fsck.check(store))


def test_updates_leave_findings_alone(site):
    with site.main.write() as conn:
        conn.execute(update(tables.ticket).values(title="renamed"))
    assert fsck.check(site) == []
