"""The site as a whole: who we are, where data lies, which addresses are ours, limits, log and metrics."""

import os
import re
import string
from collections.abc import Mapping
from datetime import UTC
from typing import Annotated, Literal

from pydantic import PlainValidator, ValidationInfo

from gateway.config import kinds
from gateway.config.schema_delivery import OwnWay
from gateway.config.section import Section, key

_NUMBER_FIELDS = ("n", "yy", "yyyy", "mm", "dd")


def _number_format(value: object) -> str:
    text = kinds.text_of(value, "{n}")
    try:
        parts = [(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        raise ValueError('has a brace that is not closed; write such as "{n}" or "{yy}{mm}-{n:04}"')
    for name, spec in parts:
        if name not in _NUMBER_FIELDS:
            raise ValueError(f"knows no {{{name[:20]}}}; it knows {{n}}, {{n:04}}, {{yy}}, {{yyyy}}, {{mm}}, {{dd}}")
        if spec and not (name == "n" and re.fullmatch(r"0?[1-9]", spec)):
            raise ValueError(f"cannot write {{{name}:{spec[:20]}}}; only {{n:04}} and the like pad with zeros")
    if [name for name, _ in parts].count("n") != 1:
        raise ValueError('must contain {n}, the number of the ticket, once; write such as "{n}"')
    if re.search(r"[\s\[\]#]", text) or len(text) > 40:
        raise ValueError('must hold no spaces, "[", "]" or "#", and be at most 40 characters')
    return text


def _tag(value: object) -> str:
    text = kinds.text_of(value, "Acme").strip()
    if not text or len(text) > 40 or re.search(r"[\[\]#:]", text):
        raise ValueError('must be 1 to 40 characters without "[", "]", "#" and ":"')
    return text


def _old_tag(value: object) -> str:
    from gateway.rules.patterns import compile_pattern  # a quarter of a second, and few sites had another helpdesk

    if not isinstance(value, str):
        raise ValueError(r"must be text in single quotes, such as '\[RT #(\d+)\]'")
    text = kinds.text_of(value)
    if compile_pattern(text).groups != 1:
        raise ValueError(r"must have one group, around the number; write such as '\[RT #(\d+)\]'")
    return text


def _site_name(value: object) -> str:
    text = kinds.text_of(value, "acme")
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", text):
        raise ValueError('must be lower-case letters, digits and "-", at most 32 characters: it stands in Message-IDs')
    return text


def _database_url(value: object, info: ValidationInfo) -> str:
    """With the path of SQLite absolute, and `env:NAME` looked up."""
    text = kinds.text_of(value, "sqlite:///data/gateway.db").strip()
    if text.startswith("env:"):
        text = os.environ.get(text.removeprefix("env:"), "").strip()
        if not text:
            raise ValueError("names an environment variable that is not set")
    elif kinds.PASSWORD_IN_URL.search(text):
        raise ValueError('must not hold a password; write url = "env:NAME" and keep it out of the file')
    scheme, colon, rest = text.partition("://")
    if scheme == "sqlite" and colon:
        path = rest.removeprefix("/")
        if not rest.startswith("/") or not path or path == ":memory:" or "?" in path:
            raise ValueError('must name a file: write such as "sqlite:///data/gateway.db"')
        if path.rpartition("/")[2] == "spool.db":
            raise ValueError("must not be named spool.db: a second file of that name lies beside it")
        return f"sqlite:///{kinds.path_of(path, info)}"
    if scheme in ("postgresql+psycopg", "postgresql") and colon and rest.strip("/"):
        return f"postgresql+psycopg://{rest}"
    raise ValueError(
        'must be "sqlite:///PATH" or "postgresql+psycopg://USER@HOST/NAME" ("env:NAME" keeps it out of the file)'
    )


def _system_user(value: object) -> str:
    text = kinds.text_of(value, "gateway").strip()
    if not re.fullmatch(r"[a-z_][a-z0-9_.-]{0,31}", text, re.ASCII):
        raise ValueError(f'is no name of a user of this machine: "{text[:60]}"; write such as "gateway"')
    return text


class Gateway(Section):
    """Who we are."""

    name: Annotated[str, PlainValidator(_site_name)] = key("Stands in Message-IDs and tokens; never change it later.")
    data_dir: kinds.FilePath = key("Where everything we keep lies; made with mode 0700.", "data")
    secret_file: kinds.SecretRef = key(
        "Signs tokens; made on the first start with mode 0600. By default `secret` in data_dir.", "data/secret"
    )
    admin: kinds.Addr = key(
        "Told when something needs a human. By default postmaster at the domain of mail.from.", "postmaster@localhost"
    )
    run_as: Annotated[str, PlainValidator(_system_user)] | None = key(
        "Started as root: the user to become once the ports are taken. Where systemd starts us it is not needed.", None
    )
    alarm_delivery: OwnWay | None = key(
        "The way out, as [delivery], of letters to the admin about mail that does not leave, and of all alarms "
        "while that is so; by default as all else.",
        None,
    )
    shadow: kinds.Switch = key(
        "true: works on a copy of the mail beside another helpdesk; sends nothing but reports and alarms to admin.",
        False,
    )


class Database(Section):
    """Where tickets are kept."""

    url: Annotated[str, PlainValidator(_database_url)] = key(
        "SQLite (spool.db lies beside it) or postgresql+psycopg://user@host/name; env:NAME reads it from there.",
        "sqlite:///data/gateway.db",
    )


class Mail(Section):
    """What our mail looks like, and which addresses are ours."""

    from_: kinds.Mailbox = key("The sender of our mails, with its name.", alias="from")
    host: kinds.Host = key(
        "The right side of our Message-IDs, and our HELO. By default the domain of from.", "localhost"
    )
    subject_tag: Annotated[str, PlainValidator(_tag)] = key(
        "The word before the number in subjects: [Acme #1042]. By default gateway.name with a capital.", "Ticket"
    )
    number_format: Annotated[str, PlainValidator(_number_format)] = key(
        "How people see a number; {n:04} pads, {yy} {yyyy} {mm} {dd} are the day the ticket was opened.", "{n}"
    )
    language: kinds.Language = key("The language of our mails where no other is known.", "en")
    timezone: kinds.Timezone | None = key(
        "By whose clock people read and write times, and cron counts; by default that of the first calendar, else UTC.",
        None,
    )
    plus_addressing: kinds.Switch = key(
        "true where the mail server lets support+anything@ reach us; our replies then carry their token there.", False
    )
    number_start: int = key("The least number of the first ticket; later changes only raise it.", 1, low=1, high=10**15)
    old_tags: tuple[Annotated[str, PlainValidator(_old_tag)], ...] = key(
        "Regexes, each with one group: how the helpdesk before us writes its ticket numbers in subjects.", ()
    )
    reopen_for: kinds.Duration = key("A customer's mail opens a closed ticket again within this time.", "14 days")
    close_after: kinds.Duration = key("Resolved tickets are closed after this time.", "7 days")
    progress: tuple[
        Literal["assigned", "started", "waiting", "moved", "delayed", "resolved", "closed", "reopened"], ...
    ] = key("Which steps customers hear of by a letter of their own.", ("resolved", "closed"))
    undo: kinds.Duration = key("How long agents' mail waits for #cancel.", "0 min")
    two_queues: Literal["first", "twins"] = key(
        "One mail to two of our addresses: the first one owns the ticket, or each queue gets a linked twin.", "first"
    )
    addresses: Mapping[kinds.AddrKey, str] = key(
        "What we answer to, and the queue it opens tickets in. By default mail.from, in the first queue.", {}
    )


class Limits(Section):
    """How much of anything is too much. Rates are any number of COUNT/UNIT, all of which hold; "0" is no limit."""

    auto_per_address: kinds.Rates = key("Automatic mails to one address; later ones are recorded.", "3/h 10/day")
    auto_per_ticket: kinds.Rates = key("Automatic mails on one ticket.", "20/day")
    auto_total: kinds.Rates = key(
        "Automatic mails to customers in all; what is over it leaves later, in order, where that is within 4 hours.",
        "60/min",
    )
    notices_per_agent: kinds.Rates = key("Notices to one agent; the rest waits for a digest.", "60/h 400/day")
    bounce_score: int = key(
        "Nothing automatic goes to an address that failed so often: each time counts 2 where it does not exist, "
        "else 1; 0: it always goes.",
        4,
        low=0,
        high=1_000,
    )
    bounce_within: kinds.Duration = key("Failures within this time of one another add up.", "30 days")
    connections: int = key("SMTP connections at a time.", 500, low=1, high=100_000)
    connections_per_peer: int = key("SMTP connections of one peer at a time; loopback exempt.", 20, low=1, high=100_000)
    new_per_peer: kinds.Rates = key("New SMTP connections of one peer; loopback exempt.", "30/min")
    recipients: int = key("Recipients of one mail.", 50, low=1, high=10_000)
    hops: int = key("Received lines of one mail; more is a loop.", 30, low=5, high=500)
    line_length: kinds.Size = key("The longest line of a mail.", "64 KB")
    auth_failures: int = key("Failed logins before an SMTP connection is closed.", 3, low=1, high=100)
    smtp_idle: kinds.Duration = key("How long an SMTP connection may be silent before its first mail.", "60 s")
    data_idle: kinds.Duration = key("How long a sender may be silent within a mail.", "5 min")
    data_total: kinds.Duration = key("How long one mail may take to arrive.", "15 min")
    inflight: kinds.Size = key("Bytes of mail being received at a time; more is answered 452.", "256 MB")
    min_free: kinds.Size = key("Below this much free disk no mail is accepted (452).", "100 MB")
    raw_inline_max: kinds.Size = key("Larger mails lie in a file under data_dir/raw.", "1 MB")
    duplicate_for: kinds.Duration = key("A repeated delivery is recognised within this time (IMAP: ever).", "7 days")
    spool_keep: kinds.Duration = key("How long the bytes of processed mail are kept.", "365 days")
    readers: int = key("Reader processes; they parse what strangers wrote.", 1, low=1, high=64)
    reader_time: kinds.Duration = key("How long a reader may take over one mail.", "10 s")
    reader_memory: kinds.Size = key("The address space of a reader.", "700 MB")
    reader_mails: int = key("A reader is replaced after this many mails.", 1_000, low=1, high=1_000_000)
    rules_time: kinds.Duration = key("How long all rules may take over one mail.", "250 ms")
    regex_time: kinds.Duration = key("How long one regular expression may take.", "50 ms")
    deliveries_per_host: int = key(
        "What the connections of all ways out to one mail server may come to together.", 5, low=1, high=100
    )
    stop_within: kinds.Duration = key("How long a clean stop waits for mail being received.", "30 s")


class Similar(Section):
    """Open tickets that look like the same matter: shown, never joined by themselves."""

    within: kinds.Duration = key("Tickets are compared with those opened within this time.", "7 days")
    tell_lead_at: int = key(
        "A matter of so many customers is told to the queue's lead, in one letter an hour with all others; 0: never.",
        5,
        low=0,
        high=100_000,
    )


def _cron(value: object) -> str:
    from gateway.config.cron import trigger  # a tenth of a second: only where somebody asks

    text = kinds.text_of(value, "0 7 * * mon").strip()
    trigger(text, UTC)
    return text


class Report(Section):
    """What supervisors get: figures by mail, and pages."""

    cron: Annotated[str, PlainValidator(_cron)] | None = key(
        "When a report is mailed: minute, hour, day, month, weekday; it covers the time since the one before. One "
        "that fell into an outage is mailed at the next start.",
        None,
    )
    to: tuple[kinds.Line, ...] = key(
        "Who gets it: agents by name, or addresses; also agents whose notify lists report.", ()
    )
    by: tuple[
        Literal["queue", "agent", "type", "category", "area", "tag", "organisation", "priority", "sender"], ...
    ] = key("What it is broken down by.", ("queue", "agent", "area"))
    soon: kinds.Duration = key("What is due within this time is soon late.", "24 h")
    html: kinds.FilePath | None = key("A folder for static pages, written every five minutes.", None)


class Digest(Section):
    """The list of their open tickets for agents whose notify lists digest."""

    cron: Annotated[str, PlainValidator(_cron)] = key(
        "When it is mailed; none is where nothing is open. It waits for the end of an agent's quiet hours.",
        "0 7 * * mon-fri",
    )


class Shadow(Section):
    """What is compared in shadow mode ([gateway] shadow)."""

    cron: Annotated[str, PlainValidator(_cron)] = key(
        "When the comparison is mailed to admin; it covers the time since the one before.", "0 7 * * *"
    )


class Metrics(Section):
    """Figures for Prometheus."""

    listen: kinds.ListenAt | None = key("Where to answer /metrics, /healthz and /readyz; off where left out.", None)
    token_file: kinds.SecretRef | None = key("A bearer token, needed where listen is not loopback.", None)


class Log(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = key("The least that is logged.", "info")
    format: Literal["json", "text"] = key("One JSON object a line, or text for people.", "json")
