"""Every table. Two databases on SQLite (`spool_db`, `main_db`), one on PostgreSQL, where both sets lie side by side.

Instants are aware UTC (`Instant`); json columns hold plain lists and dicts. A table with an automatic id of which rows
are deleted takes `sqlite_autoincrement`: ids stand in logs, keys and Message-IDs, and SQLite would give them out again.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
spool_db = MetaData(naming_convention=_NAMES)
main_db = MetaData(naming_convention=_NAMES)

# SQLite gives an automatic rowid only to INTEGER; PostgreSQL wants 64 bits.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware instant. SQLite keeps text `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, PostgreSQL a timestamptz."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# ---- spool.db ------------------------------------------------------------------------------------------------------

spool = Table(
    "spool",
    spool_db,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False),  # "smtp", "imap:main", "sent:main", "pipe", "import"
    Column("mail_from", Text),  # "" is the null sender, NULL: there was no envelope
    Column("recipients", JSON, nullable=False),
    Column("peer", Text, nullable=False, server_default=""),
    Column("helo", Text, nullable=False, server_default=""),
    Column("tls", Text, nullable=False, server_default=""),
    Column("auth_user", Text, nullable=False, server_default=""),
    Column("quiet", Boolean, nullable=False),  # filed without acknowledgements (import, a mailbox's old mail)
    Column("received_at", Instant, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("raw_file", Text),  # the sha256 under which RawStore keeps the bytes; NULL: they are in spool_raw
    Column("state", Text, nullable=False),  # new done ignored held quarantined
    Column("reason", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("alone", Boolean, nullable=False),  # a claim ended without a verdict: next time by itself
    Column("next_at", Instant, nullable=False),
    Column("lease_node", Text),
    Column("lease_until", Instant),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("copies", Integer, nullable=False, server_default="0"),
    Column("closed_at", Instant),
    Column("purged_at", Instant),  # when its bytes were deleted, long after
    # Only what waits is looked for, and it is a sliver of the table.
    Index(
        "ix_spool_raw_file",
        "raw_file",
        sqlite_where=text("raw_file IS NOT NULL"),
        postgresql_where=text("raw_file IS NOT NULL"),
    ),
    Index("ix_spool_waiting", "id", sqlite_where=text("state = 'new'"), postgresql_where=text("state = 'new'")),
    sqlite_autoincrement=True,
)

# Apart from the row: SQLite writes a whole row anew whenever it is claimed or closed.
spool_raw = Table(
    "spool_raw",
    spool_db,
    Column("spool_id", BigId, ForeignKey("spool.id"), primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

delivery_key = Table(
    "delivery_key",
    spool_db,
    Column("key", Text, primary_key=True),
    Column("spool_id", BigId, ForeignKey("spool.id"), nullable=False, index=True),
    Column("peer", Text, nullable=False, server_default=""),
    Column("seen_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

imap_uid = Table(
    "imap_uid",
    spool_db,
    Column("account", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column(
        "spool_id", BigId, ForeignKey("spool.id"), index=True
    ),  # NULL: seen and left alone (start = "new", too large)
    Column("moved_at", Instant),  # when the server confirmed `after`
    Index(
        "ix_imap_uid_unfiled",
        "account",
        "folder",
        "uidvalidity",
        sqlite_where=text("moved_at IS NULL AND spool_id IS NOT NULL"),
        postgresql_where=text("moved_at IS NULL AND spool_id IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

imap_folder = Table(
    "imap_folder",
    spool_db,
    Column("account", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid_next", BigInteger, nullable=False),  # nothing below it needs looking at
    Column("seen_at", Instant, nullable=False),
    Column("swept_at", Instant),  # when it was last looked over to its end, by the minute
    Column("reread_since", Instant),  # a backup was put back: what arrived since then is to be read once more
    Column("unfiled_since", Instant),  # since when `after` cannot be done with its mails
    Column("unfiled_why", Text, nullable=False, server_default=""),  # what the server said last of that
)

lease = Table(
    "lease",
    spool_db,
    Column("name", Text, primary_key=True),  # "imap:main"
    Column("node", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("fence", Integer, nullable=False),
)

OPEN_SQL = "status NOT IN ('resolved', 'closed')"

# ---- gateway.db ----------------------------------------------------------------------------------------------------

mail = Table(
    "mail",
    main_db,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("direction", Text, nullable=False),  # "in", "out"
    Column("spool_id", BigInteger, unique=True),  # in: the door through which a spool row enters at most once
    Column("ticket", BigInteger, index=True),
    Column("kind", Text, nullable=False),  # in: Mail.kind; out: acknowledgement, reply, notice_new, ...
    Column("message_id", Text, nullable=False, server_default="", index=True),
    Column("from_addr", Text, nullable=False, server_default="", index=True),
    Column("recipient", Text, nullable=False, server_default=""),  # out: the one recipient's key; in: our address
    Column("subject", Text, nullable=False, server_default=""),
    Column("queue_ids", Text, nullable=False, server_default=""),  # the MTAs' ids, space separated
    Column("at", Instant, nullable=False),  # in: received; out: composed
    Column("size", Integer, nullable=False, server_default="0"),
    Column("sha256", Text, nullable=False, server_default=""),
    # what stays the same whichever way a copy came: SHA-256 without the trace headers
    Column("content", Text, nullable=False, server_default=""),
    Column("verdict", Text, nullable=False, server_default=""),  # accept quiet bounce ignore hold quarantine
    Column("reason", Text, nullable=False, server_default=""),
    Column("facts", JSON, nullable=False),  # what rules and replay need
    Column("auth", JSON, nullable=False),
    Column("trace", JSON, nullable=False),  # every decision, in order
    Column("rule_set_id", BigInteger),
    # caps count our automatic mail per address in a window
    Index("ix_mail_recipient_at", "recipient", "at"),
    sqlite_autoincrement=True,
)

mail_out = Table(
    "mail_out",
    main_db,
    Column("mail_id", BigId, ForeignKey("mail.id"), primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

ticket = Table(
    "ticket",
    main_db,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False, index=True),
    Column("queue", Text, nullable=False, index=True),
    Column("priority", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("type", Text),
    Column("category", Text),
    Column("area", Text),
    Column("impact", Text),
    Column("occurrence", Integer, nullable=False, server_default="1"),
    Column("assignee", Text),
    Column("sla", Text),
    Column("tags", JSON, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("set_by", JSON, nullable=False),  # field -> {"by": "rule:NAME" | "person:carol" | "address" | "default"}
    Column("language", Text, nullable=False, server_default=""),
    Column("requester_id", BigInteger, ForeignKey("person.id"), index=True),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("closed_at", Instant),
    Column("first_response_at", Instant),
    Column("last_customer_at", Instant),
    Column("last_agent_at", Instant),
    Column("on_hold_until", Instant),
    Column("first_response_due", Instant),
    Column("next_response_due", Instant),
    Column("resolve_due", Instant),
    Column("next_tick_at", Instant, index=True),  # nothing is due before
    # tickets.clocks; NULL: nobody reckoned yet, {}: filed as old mail, which asks for nothing
    Column("clocks", JSON(none_as_null=True)),
    Column("first_response_minutes", Integer),  # of working time, once there was one
    Column("resolve_minutes", Integer),  # of working time, once it is resolved
    Column("time_spent", Integer, nullable=False, server_default="0"),  # minutes
    Column("merged_into", BigInteger),
    Column("pinned", Boolean, nullable=False, server_default=text("false")),
    Column("rating", Integer),  # of the requester, 1 to 5
    Column("rated_at", Instant),
    Column("version", Integer, nullable=False, server_default="1"),
    # how many each agent has open: asked for every new ticket
    Index(
        "ix_ticket_on_hold_until",
        "on_hold_until",
        sqlite_where=text("on_hold_until IS NOT NULL"),
        postgresql_where=text("on_hold_until IS NOT NULL"),
    ),
    Index("ix_ticket_created_at", "created_at"),  # what came lately
    Index("ix_ticket_open", "assignee", sqlite_where=text(OPEN_SQL), postgresql_where=text(OPEN_SQL)),
)

article = Table(
    "article",
    main_db,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("ticket", BigInteger, ForeignKey("ticket.number"), nullable=False, index=True),
    Column("direction", Text, nullable=False),  # in, out, note, withdrawn (an answer that was stopped)
    Column("author", Text, nullable=False),  # an address, "agent:carol", "system"
    Column("subject", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("elided", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    Column("is_auto", Boolean, nullable=False),
    Column("mail_id", BigInteger, ForeignKey("mail.id"), index=True),
    Column("at", Instant, nullable=False),
)

attachment = Table(
    "attachment",
    main_db,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("article_id", BigInteger, ForeignKey("article.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False, index=True),
    Column("part", Text, nullable=False),
    Column("inline", Boolean, nullable=False),
    Column("declared", Text, nullable=False, server_default=""),  # the type its sender gave, where that is another
)

message_ref = Table(
    "message_ref",
    main_db,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("key", BigInteger, nullable=False, index=True),  # first 63 bits of SHA-256 of the id: a narrow index
    Column("message_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # "own": a mail with this id is stored; "named": a stored mail names it
    Column("ticket", BigInteger, ForeignKey("ticket.number"), nullable=False, index=True),
    Column("mail_id", BigInteger, ForeignKey("mail.id"), nullable=False),
    Column("parties", JSON, nullable=False),  # address keys: From, To and Cc of the mail in `mail_id`
)

# What monitors' mails are grouped by: the ticket that a declared source opened last under a key.
thread_key = Table(
    "thread_key",
    main_db,
    Column("source", Text, primary_key=True),  # `from` of the [[source]]
    Column("key", Text, primary_key=True),  # what its pattern captured
    Column("ticket", BigInteger, ForeignKey("ticket.number"), nullable=False, index=True),
    sqlite_with_rowid=False,
)

person = Table(
    "person",
    main_db,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    Column("tags", JSON, nullable=False),
    Column("muted_until", Instant),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

address = Table(
    "address",
    main_db,
    Column("addr", Text, primary_key=True),  # Address.key
    Column("person_id", BigInteger, ForeignKey("person.id"), nullable=False, index=True),
    Column("shown", Text, nullable=False),  # as the person spells it; what we write to
    sqlite_with_rowid=False,
)

# Addresses that mail did not get through to, whoever's they are: customers', agents', the admin's.
reach = Table(
    "reach",
    main_db,
    Column("addr", Text, primary_key=True),  # Address.key
    Column("score", Integer, nullable=False),
    Column("failed_at", Instant, nullable=False),  # the last time
    Column("reply", Text, nullable=False, server_default=""),  # what the other side said then
    Column("suspended_at", Instant),  # from then on nothing automatic goes there
    sqlite_with_rowid=False,
)

participant = Table(
    "participant",
    main_db,
    Column("ticket", BigInteger, ForeignKey("ticket.number"), primary_key=True),
    Column("person_id", BigInteger, ForeignKey("person.id"), primary_key=True),
    Column("role", Text, nullable=False),  # requester, watcher, third, proposed, other
    Column("at", Instant, nullable=False),
    Column("no_progress", Boolean, nullable=False, server_default=text("false")),  # wants no letters on progress
    Index("ix_participant_person_id", "person_id"),
    sqlite_with_rowid=False,
)

link = Table(
    "link",
    main_db,
    Column("ticket", BigInteger, ForeignKey("ticket.number"), primary_key=True),
    Column("other", BigInteger, ForeignKey("ticket.number"), primary_key=True),
    Column("kind", Text, primary_key=True),  # mentions, follows, similar, common, merged
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Index("ix_link_other", "other"),
    sqlite_with_rowid=False,
)

# Which open tickets look alike: suggestions for people, made anew at any time, forgotten after some days.
ticket_token = Table(
    "ticket_token",
    main_db,
    Column("token", Text, primary_key=True),
    Column("ticket", BigInteger, primary_key=True),  # the newest holders of a token are the end of its range
    Index("ix_ticket_token_ticket", "ticket"),
    sqlite_with_rowid=False,
)

ticket_matter = Table(
    "ticket_matter",
    main_db,
    Column("ticket", BigId, primary_key=True, autoincrement=False),
    Column("matter", BigInteger, nullable=False, index=True),  # the first ticket of those that look alike
    Column("at", Instant, nullable=False, index=True),  # when the ticket was opened
)

matter = Table(
    "matter",
    main_db,
    Column("number", BigId, primary_key=True, autoincrement=False),  # the first ticket
    Column("tickets", Integer, nullable=False),
    Column("told", Integer, nullable=False),  # how many there were when the lead was last told
    Column("told_at", Instant),
)

event = Table(
    "event",
    main_db,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("ticket", BigInteger, ForeignKey("ticket.number"), index=True),
    Column("mail_id", BigInteger, ForeignKey("mail.id")),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),  # "mail", "agent:carol", "clock", "cli:root", "rule:NAME"
    Column("kind", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("step_key", Text),
    UniqueConstraint("ticket", "step_key"),
)

outbox = Table(
    "outbox",
    main_db,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("mail_id", BigInteger, ForeignKey("mail.id"), nullable=False, unique=True),
    Column("ticket", BigInteger, index=True),
    Column("recipient", Text, nullable=False),
    Column("sender", Text, nullable=False, server_default=""),  # the address in its From, lower case
    Column("envelope_from", Text, nullable=False),  # "" is the null sender
    Column("automatic", Boolean, nullable=False),
    Column("is_alarm", Boolean, nullable=False, server_default=false()),  # leaves by gateway.alarm_delivery
    Column("state", Text, nullable=False),  # pending sending sent failed held shadowed
    Column("reason", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Instant, nullable=False),
    Column("lease_node", Text),
    Column("lease_until", Instant),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("last_reply", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),  # when it was to leave first; `mail.at`: when it was written
    Column("sent_at", Instant),
    Index(
        "ix_outbox_due",
        "next_try_at",
        sqlite_where=text("state IN ('pending', 'sending')"),
        postgresql_where=text("state IN ('pending', 'sending')"),
    ),
    Index("ix_outbox_created_at", "created_at"),
)

rule_set = Table(
    "rule_set",
    main_db,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("sha256", Text, nullable=False, index=True),
    Column("text", Text, nullable=False),  # rules files and lists, as one JSON text
    Column("config", Text, nullable=False, server_default=""),  # the text of config.toml
    Column("templates", Text, nullable=False, server_default=""),  # JSON: file -> text
    Column("activated_at", Instant, nullable=False),
    Column("node", Text, nullable=False),
    Column("activated_by", Text, nullable=False, server_default=""),
    Column("summary", Text, nullable=False, server_default=""),
)

# PostgreSQL numbers tickets from a sequence (gaps allowed), SQLite from a row of `counter`.
ticket_number = Sequence("ticket_number", metadata=main_db)

counter = Table(
    "counter",
    main_db,
    Column("name", Text, primary_key=True),  # "ticket"; "shadow" and "shadow:NODE": see store.shadowing
    Column("value", BigInteger, nullable=False),
)

rota = Table(
    "rota",
    main_db,
    Column("queue", Text, primary_key=True),  # or "organisation:NAME"
    Column("agent", Text, nullable=False),  # who had the last turn
)

# Tickets that nobody was free to take; the clock tries them again.
unassigned = Table(
    "unassigned",
    main_db,
    Column("ticket", BigInteger, ForeignKey("ticket.number"), primary_key=True, autoincrement=False),
    Column("policy", JSON, nullable=False),  # as the rule gave it
    Column("skills", JSON, nullable=False),
    Column("organisation", Text),
    Column("how", JSON, nullable=False),  # why nobody was free, line by line
    Column("since", Instant, nullable=False),
    Column("told_at", Instant),  # when the queue's lead heard of it
)

# What agents wished to be reminded of.
reminder = Table(
    "reminder",
    main_db,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("ticket", BigInteger, ForeignKey("ticket.number"), nullable=False, index=True),
    Column("agent", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("done_at", Instant),
    Index("ix_reminder_due", "at", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
    sqlite_autoincrement=True,
)

# What people are to be told of, until the letters about it are written.
announcement = Table(
    "announcement",
    main_db,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("ticket", BigInteger, ForeignKey("ticket.number"), nullable=False, index=True),
    Column("kind", Text, nullable=False),  # opened assigned wrote noted status moved undelivered reminder
    Column("actor", Text, nullable=False),
    Column("mail_id", BigInteger),
    Column("at", Instant, nullable=False),
    Column("data", JSON, nullable=False),
    sqlite_autoincrement=True,
)

# New tickets that agents hear of together, for too many came for a letter each.
digest_item = Table(
    "digest_item",
    main_db,
    Column("agent", Text, primary_key=True),
    Column("ticket", BigInteger, ForeignKey("ticket.number"), primary_key=True),
    Column("at", Instant, nullable=False),
    Index("ix_digest_item_ticket", "ticket"),
    sqlite_with_rowid=False,
)

# Held mails that their agent said may act.
confirmation = Table(
    "confirmation",
    main_db,
    Column("spool_id", BigId, primary_key=True, autoincrement=False),
    Column("agent", Text, nullable=False),
    Column("requester", Text, nullable=False, server_default=""),  # who first wrote what was forwarded
    Column("overruled", JSON, nullable=False),  # the reasons for which it was held
    Column("at", Instant, nullable=False),
)

absence = Table(
    "absence",
    main_db,
    Column("agent", Text, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
)

# Access tokens of mailboxes and ways out that take no password (see `oauth`).
oauth_token = Table(
    "oauth_token",
    main_db,
    Column("account", Text, primary_key=True),
    Column("granted_for", Text, primary_key=True),  # whose mailbox, by which client, from whom, what for
    Column("access", Text, nullable=False, server_default=""),
    Column("ends", Instant),
    Column("refresh", Text, nullable=False, server_default=""),
    Column("refresh_ends", Instant),
    Column("refresh_set_at", Instant),  # when that end was set; NULL: each renewal moves it
    Column("claimed_by", Text),  # the node that renews it now
    Column("claimed_until", Instant),
    Column("failed_at", Instant),  # since when renewing it fails
    Column("failure", Text, nullable=False, server_default=""),
)
