"""`gateway status`: does it run, what waits, what needs a person. Made for people and for Nagios."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from gateway import __version__
from gateway.cli import output
from gateway.cli.last_good import last_good
from gateway.cli.main import Session, config_option
from gateway.cli.opening import opened
from gateway.cli.page import instant, print_pairs
from gateway.errors import ConfigError, GatewayError
from gateway.health.state import Gathered, Level, gathered, judged, of_machine
from gateway.health.ways import WayOut
from gateway.ownership import NotOurs
from gateway.shown import size, span
from gateway.store.backlog import OUTBOX_STATES

_UNKNOWN = 3  # to Nagios


@click.command(epilog="Example: gateway status || mail -s 'the gateway needs a look' root")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(session: Session, as_json: bool) -> int:
    """Say whether the daemon runs on this machine, what waits and since when, and what needs a person.

    The first line and the exit code are made for Nagios: 0 OK, 1 WARNING (mail is late, failed or in quarantine, a
    mailbox is polled by nobody), 2 CRITICAL (the daemon or the database is down, the disk is full; the spool, the
    outbox or a mailbox stands still).
    3 UNKNOWN: the data are another user's, so run it as the gateway's (in Nagios: sudo -u gateway gateway status).
    While config.toml has mistakes, which is a WARNING, all else is told by the settings that were in force last.

    Mail that a person gave up with `gateway outbox drop`, and a recipient whom a server refuses, raise no alarm.
    """
    try:
        found = _gathered(session)
    except NotOurs as error:  # neither good nor bad is known
        output.say(f"UNKNOWN: {error} status")
        return _UNKNOWN
    concerns = list(judged(found))
    level = max((one.level for one in concerns), default=Level.OK)
    if as_json:
        output.print_json(_json_of(found, level, [one.text for one in concerns]))
    else:
        mode = "SHADOW MODE, nothing is sent: " if found.shadow else ""
        output.say(f"{level.name}: {mode}{'; '.join(one.text for one in concerns) or 'nothing to be done'}")
        print_pairs(_lines(found))
    return int(level)


def _gathered(session: Session) -> Gathered:
    try:
        cfg = session.config(secrets=False)
    except ConfigError as mistakes:
        with last_good(session.path) as known:
            if known is None:
                raise
            return replace(gathered(known[1], known[0]), mistakes=mistakes.problems)
    try:
        with opened(session, ready=False) as (_, store):
            return gathered(store, cfg)
    except (ConfigError, NotOurs):
        raise
    except GatewayError as error:
        return Gathered(**of_machine(cfg), schemas={}, set_aside={}, problem=str(error))


# ---- telling -------------------------------------------------------------------------------------------------------


def _lines(found: Gathered) -> Iterator[tuple[str, str]]:
    if found.mistakes:
        yield "settings", f"config.toml has {len(found.mistakes)} mistake{'' if len(found.mistakes) == 1 else 's'}"
    yield "daemon", f"running, pid {found.pid}" if found.pid else "not running"
    if found.processes:
        yield "processes", ", ".join(f"{role} {pid or 'not running'}" for role, pid in found.processes.items())
    for name, problem in found.doors.items():
        yield f"listener {name}", problem or "answers"
    if found.last_look:
        last = found.last_look
        since = _ago(found.at, datetime.fromisoformat(last.refused_at)) if last.refused_at else ""
        refused = f"; a newer one was refused {since}" if last.problems else ""
        yield "rules", f"set {last.rule_set} ({last.summary}){refused}"
    if found.waiting:
        yield "spool", f"{found.waiting.count} waiting{_since(found.at, found.waiting.oldest_at)}"
    if found.outgoing:
        states = found.outgoing.by_state
        parts = [f"{states[state]} {state}" for state in ("pending", "sending", "failed", "held")]
        parts += [f"{states['shadowed']} shadowed"] if states["shadowed"] else []
        yield "outbox", f"{', '.join(parts)}{_since(found.at, found.outgoing.oldest_at)}"
    for way in found.ways:
        if len(found.ways) > 1 or way.paced or way.trouble:
            yield way.name, f"{way.to}, {way.waiting} waiting{_since(found.at, way.oldest_at)}{_stands(way)}"
    for state, count in found.set_aside.items():
        yield state, str(count)
    if found.tickets:
        yield (
            "tickets",
            f"{found.tickets.open} open, {found.tickets.overdue} overdue, {found.tickets.due_soon} due soon",
        )
    for one in found.mailboxes:
        polled = f"polled by {one.node}" if one.node else "polled by nobody"
        first = f"last read {_ago(found.at, one.last_success_at)}" if one.last_success_at else "never read to its end"
        newest = f", newest mail {_ago(found.at, one.newest_mail_at)}" if one.newest_mail_at else ""
        yield f"mailbox {one.name}", f"{polled}, {first}{newest}"
    for name, token in found.tokens.items():
        good = f"good for {span(token.ends - found.at)}" if token.ends and token.ends > found.at else "none at hand"
        yield f"token {name}", good
    for name, ends in found.certificates.items():
        yield f"certificate {name}", f"until {ends:%Y-%m-%d}"
    for name, ends in found.secrets.items():
        yield f"secret {name}", f"until {ends:%Y-%m-%d}"
    yield "disk free", f"{size(found.disk.free)} in {found.disk.folder}"
    schemas = ", ".join(f"{name} {at or '-'}" for name, at in found.schemas.items())
    yield "version", f"{__version__}, schema {schemas or 'unknown'}"


def _stands(way: WayOut) -> str:
    if way.trouble:
        return "; it does not take our mail"
    return f"; {way.rate} is used up until {instant(way.paced)}" if way.paced else ""


def _since(at: datetime, oldest: datetime | None) -> str:
    return f", the oldest for {span(at - oldest)}" if oldest else ""


def _ago(at: datetime, then: datetime) -> str:
    return f"{span(at - then)} ago"


def _json_of(found: Gathered, level: Level, alarms: list[str]) -> dict[str, Any]:
    states = found.outgoing.by_state if found.outgoing else {}
    last = found.last_look
    return {
        "level": level.name.lower(),
        "alarms": alarms,
        "pid": found.pid,
        "processes": found.processes,
        "listeners": {name: problem or None for name, problem in found.doors.items()},
        "shadow": found.shadow,
        "rules": {
            "rule_set": last.rule_set if last else None,
            "summary": last.summary if last else None,
            "refused_at": last.refused_at if last else None,
            "problems": last.problems if last else [],
            "needs_restart": last.needs_restart if last else [],
        },
        "spool": {
            "waiting": found.waiting.count if found.waiting else None,
            "oldest_at": found.waiting.oldest_at if found.waiting else None,
        },
        "outbox": {
            **{state: states.get(state) for state in OUTBOX_STATES},
            "oldest_at": found.outgoing.oldest_at if found.outgoing else None,
            "due_since": found.outgoing.due_since if found.outgoing else None,
        },
        "ways": [
            {
                "name": one.name,
                "to": one.to,
                "waiting": one.waiting,
                "oldest_at": one.oldest_at,
                "trouble": one.trouble or None,
                "rate_used_up": one.rate or None,
                "used_up_until": one.paced,
            }
            for one in found.ways
        ],
        "quarantined": found.set_aside.get("quarantined"),
        "held": found.set_aside.get("held"),
        "tickets": found.tickets,
        "mailboxes": found.mailboxes,
        "tokens": {
            name: {
                "ends": one.ends,
                "consent_ends": one.refresh_ends,
                "failed_at": one.failed_at,
                "failure": one.failure,
            }
            for name, one in found.tokens.items()
        },
        "certificates": found.certificates,
        "secrets": found.secrets,
        "unreached": found.unreached,
        "disk_free": found.disk.free,
        "program": __version__,
        "schema": found.schemas,
    }
