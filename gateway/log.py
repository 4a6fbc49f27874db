"""One function per event; the list of functions is the log format. No body, no secret, addresses as they are needed.

A line is one JSON object (or `key=value` text): `at level event` and the fields the function names. The journal has
each field as one of its own, too.
"""

import json
import logging
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway import journald
from gateway.now import now
from gateway.systemd import is_journal

if TYPE_CHECKING:
    from gateway.mail import Mail
    from gateway.store.outbox import Due

_log = logging.getLogger("gateway")
_MOST_PROBLEMS = 200


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"at": now().isoformat(timespec="milliseconds"), "level": record.levelname.lower(), **_fields(record)}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = _fields(record)
        event = fields.pop("event")
        pairs = " ".join(f"{key}={json.dumps(value, default=str)}" for key, value in fields.items())
        line = f"{now():%Y-%m-%d %H:%M:%S} {record.levelname.lower()} {event} {pairs}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] | None = getattr(record, "gateway_fields", None)
    if fields is None:  # a library's own line
        return {"event": "library", "logger": record.name, "text": record.getMessage()}
    return {"event": record.getMessage(), **fields}


def _goes_to_journal() -> bool:
    try:
        return is_journal(sys.stderr.fileno())
    except (OSError, ValueError):  # it is no file
        return False


def setup(level: str = "info", form: str = "json", *, journal: str = journald.PLACE) -> None:
    """Log to standard error from here on, and where that is the journal, to its socket `journal` instead.

    Libraries speak at WARNING only: their DEBUG lines hold mail.
    """
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    lines = _Json() if form == "json" else _Text()
    handler.setFormatter(lines)
    if _goes_to_journal():
        handler.setFormatter(journald.Marked(lines))
        handler = journald.JournalHandler(lines, _fields, handler, journal)
    root = logging.getLogger()
    before, root.handlers[:] = list(root.handlers), [handler]
    for one in before:
        if isinstance(one, journald.JournalHandler):
            one.close()
    root.setLevel(logging.WARNING)
    _log.setLevel(level.upper())


def _event(level: int, name: str, exc: BaseException | None = None, **fields: Any) -> None:
    if _log.isEnabledFor(level):
        shown = {key: value for key, value in fields.items() if value not in (None, "", [], ())}
        _log.log(level, name, extra={"gateway_fields": shown}, exc_info=exc)


class _Sieve:
    """Lets so many lines of one event through a minute: what strangers can cause must not fill the log."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._began = -60.0
        self._passed = 0
        self._held_back = 0

    def held_back(self, now: float) -> int | None:
        """None if this line is to be held back, else how many were since the last that passed."""
        if now - self._began >= 60:
            self._began, self._passed = now, 0
        if self._passed >= self._per_minute:
            self._held_back += 1
            return None
        self._passed += 1
        held_back, self._held_back = self._held_back, 0
        return held_back


_sieves: dict[str, _Sieve] = {}


def _rare(level: int, name: str, *, per_minute: int = 60, exc: BaseException | None = None, **fields: Any) -> None:
    held_back = _sieves.setdefault(name, _Sieve(per_minute)).held_back(time.monotonic())
    if held_back is not None:
        _event(level, name, exc=exc, **fields, held_back=held_back or None)


# ---- intake --------------------------------------------------------------------------------------------------------


def agents_by_token() -> None:
    """`[auth] agents = "token"`: no mail of an agent's is verified. Said at every start."""
    why = 'whoever gets hold of a notice acts as its agent; agents = "strict" asks for DKIM, SPF or a login as well'
    _event(logging.WARNING, "agents_by_token", why=why)


def shadow_mode(since: datetime, *, admin: str) -> None:
    """`[gateway] shadow = true`. Said at every start."""
    why = f"nothing is sent but reports and alarms to {admin}; mailboxes are only read"
    _event(logging.WARNING, "shadow_mode", since=since, why=why)


def imported(system: str, *, tickets: int, articles: int) -> None:
    _event(logging.INFO, "imported", system=system, tickets=tickets, articles=articles)


def listening(what: str, where: str) -> None:
    _event(logging.INFO, "listening", what=what, where=where)


def mail_accepted(
    spool: int, source: str, *, size: int, mail_from: str | None = None, peer: str = "", queue_id: str = ""
) -> None:
    """`queue_id` is what the MTA that handed it over calls it in its own log; `spool` what all our lines call it."""
    fields = {"spool": spool, "queue_id": queue_id, "source": source, "size": size}
    _event(logging.INFO, "mail_accepted", None, **fields, mail_from=mail_from, peer=peer)


def mail_repeated(spool: int, source: str, *, peer: str = "", queue_id: str = "") -> None:
    _event(logging.INFO, "mail_repeated", spool=spool, queue_id=queue_id, source=source, peer=peer)


def tokens_forgotten(account: str) -> None:
    """They were granted for something else than the settings name now."""
    _event(logging.INFO, "tokens_forgotten", account=account)


def token_failed(account: str, error: str) -> None:
    _event(logging.ERROR, "token_failed", account=account, error=error)


def imap_opened(account: str, folder: str, *, idle: bool, move: bool) -> None:
    """Logged in; whether the server pushes, and whether it moves."""
    _event(logging.INFO, "imap_opened", account=account, folder=folder, idle=idle, move=move)


def imap_first_look(account: str, folder: str, *, mails: int, unseen: int | None, start: str, what: str) -> None:
    """What lies in a folder when we first see it, and what is about to become of it; nothing was done yet."""
    fields = {"account": account, "folder": folder, "mails": mails, "unseen": unseen, "start": start}
    _event(logging.INFO, "imap_first_look", None, **fields, what=what)


def imap_folder_failed(account: str, folder: str, error: str) -> None:
    """One folder of several cannot be read; the others are, and this one is tried again."""
    _event(logging.ERROR, "imap_folder_failed", account=account, folder=folder, error=error)


def imap_not_there(account: str, folder: str) -> None:
    """The folder of sent mail does not exist; it is looked for again, and what then lies in it is taken."""
    _event(logging.WARNING, "imap_not_there", account=account, folder=folder)


def imap_uidvalidity_changed(account: str, folder: str, *, before: int, after: int) -> None:
    """The server numbered its mails anew; the folder is read again and what we have is recognised."""
    _event(logging.WARNING, "imap_uidvalidity_changed", account=account, folder=folder, before=before, after=after)


def imap_swept(account: str, folder: str, *, taken: int, left_alone: int, seconds: float) -> None:
    _event(
        logging.INFO,
        "imap_swept",
        account=account,
        folder=folder,
        taken=taken,
        left_alone=left_alone or None,
        seconds=round(seconds, 3),
    )


def imap_reread(account: str, folder: str, *, since: datetime, mails: int) -> None:
    """After a backup was put back: the folder of processed mail was read again."""
    _event(logging.INFO, "imap_reread", account=account, folder=folder, since=since.isoformat(), mails=mails)


def imap_vanished(account: str, folder: str, uids: Sequence[int]) -> None:
    """Mails that somebody else removed or moved before we had them."""
    _rare(logging.INFO, "imap_vanished", account=account, folder=folder, count=len(uids), uids=list(uids[:20]))


def imap_size_differs(account: str, folder: str, uid: int, *, told: int, got: int) -> None:
    """The server's RFC822.SIZE is an estimate; the mail was fetched twice, alike, and is taken."""
    _rare(logging.WARNING, "imap_size_differs", account=account, folder=folder, uid=uid, told=told, got=got)


def imap_not_fetched(account: str, folder: str, uid: int, *, size: int, why: str) -> None:
    """A mail stays at the server, and a note with its header was accepted in its place. Wants a human."""
    _event(logging.ERROR, "imap_not_fetched", account=account, folder=folder, uid=uid, size=size, why=why)


def imap_not_filed(account: str, folder: str, *, mails: int, error: str) -> None:
    """Accepted mails could not be moved, flagged or deleted; it is tried again at the next sweep."""
    _event(logging.WARNING, "imap_not_filed", account=account, folder=folder, mails=mails, error=error)


def imap_no_idle(account: str, error: str) -> None:
    _event(logging.INFO, "imap_no_idle", account=account, error=error)


def imap_taken_over(account: str) -> None:
    """Another node polls this mailbox now."""
    _event(logging.INFO, "imap_taken_over", account=account)


def imap_failed(account: str, error: str, *, failures: int, retry_in: float) -> None:
    """A mailbox cannot be read. The third failure in a row is an alarm."""
    level = logging.ERROR if failures >= 3 else logging.WARNING
    _event(level, "imap_failed", account=account, error=error, failures=failures, retry_in=round(retry_in, 3))


def imap_recovered(account: str, *, failures: int) -> None:
    _event(logging.INFO, "imap_recovered", account=account, failures=failures)


def ingest_failed(path: str, error: str) -> None:
    _event(logging.WARNING, "ingest_failed", path=path, error=error)


def certificate_refused(error: str) -> None:
    """A renewed certificate cannot be used; the one before stays in use."""
    _event(logging.ERROR, "certificate_refused", error=error)


def smtp_refused(peer: str, reply: str, *, mail_from: str | None = None, recipient: str = "", error: str = "") -> None:
    """A connection, a recipient or a mail was answered 4xx or 5xx; `error` is what we know and the client does not."""
    level = logging.WARNING if error else logging.INFO
    _rare(level, "smtp_refused", peer=peer, reply=reply, mail_from=mail_from, recipient=recipient, error=error)


def smtp_closed(peer: str, reply: str, *, phase: str) -> None:
    """We ended a session that its client had not ended."""
    _rare(logging.INFO, "smtp_closed", peer=peer, reply=reply, phase=phase)


def smtp_failed(peer: str, exc: BaseException) -> None:
    """Something nobody foresaw in a session; the client was told 451."""
    _rare(logging.ERROR, "smtp_failed", per_minute=10, peer=peer, error=type(exc).__name__, exc=exc)


def bad_token(peer: str, recipient: str) -> None:
    _rare(logging.WARNING, "bad_token", peer=peer, recipient=recipient)


def logged_in(peer: str, agent: str) -> None:
    _event(logging.INFO, "logged_in", peer=peer, agent=agent)


def login_failed(peer: str, agent: str, *, why: str) -> None:
    """`agent` is empty where the name is nobody's: it may be a password typed into the wrong field."""
    _rare(logging.WARNING, "login_failed", peer=peer, agent=agent, why=why)


def loop_lagged(seconds: float) -> None:
    """The event loop was held up: something blocks in it."""
    _rare(logging.WARNING, "loop_lagged", per_minute=6, seconds=round(seconds, 3))


# ---- worker --------------------------------------------------------------------------------------------------------


def mail_done(spool: int, mail: "Mail", ticket: int | None, *, verdict: str, reason: str) -> None:
    _event(logging.INFO, "mail_done", None, **_names(spool, mail), ticket=ticket, verdict=str(verdict), reason=reason)


def mail_failed(spool: int, mail: "Mail | None", exc: BaseException) -> None:
    """Our own code stumbled over this mail; it will be tried again by itself. `mail` is None where it was not read."""
    _event(logging.ERROR, "mail_failed", exc, **_names(spool, mail), error=type(exc).__name__)


def mail_held(spool: int, mail: "Mail", ticket: int | None, reason: str) -> None:
    """An agent's mail that may not act; its agent is told."""
    _event(logging.WARNING, "mail_held", None, **_names(spool, mail), ticket=ticket, reason=reason)


def mail_quarantined(spool: int, mail: "Mail | None", reason: str) -> None:
    _event(logging.WARNING, "mail_quarantined", None, **_names(spool, mail), reason=reason)


def _names(spool: int, mail: "Mail | None") -> dict[str, Any]:
    """What a mail is called: by us, by the MTA that handed it over, by whoever wrote it."""
    if mail is None:
        return {"spool": spool}
    return {"spool": spool, "queue_id": next(iter(mail.queue_ids), ""), "message_id": mail.message_id}


def database_trouble(exc: BaseException) -> None:
    _rare(logging.WARNING, "database_trouble", error=str(exc))


def lead_told(ticket: int, *, agent: str, of: str, tickets: int) -> None:
    """The lead of a queue got a list: `of` tickets that look alike, or that nobody was free to take; the first."""
    _event(logging.INFO, "lead_told", ticket=ticket, agent=agent, of=of, tickets=tickets)


def report_told(start: datetime, end: datetime, *, recipients: int) -> None:
    """The report on a time was written, to so many."""
    _event(logging.INFO, "report_told", start=start.isoformat(), end=end.isoformat(), recipients=recipients)


def awaited(what: str, cron: str) -> None:
    """The times of `report`, or of `digest:AGENT`, are new: the first that counts is the next one."""
    _event(logging.INFO, "awaited", what=what, cron=cron)


def list_told(agent: str, tickets: int) -> None:
    """An agent is told of all that stands open with them."""
    _event(logging.INFO, "list_told", agent=agent, tickets=tickets)


def clock_jumped(seconds: float) -> None:
    """The clock of this machine was set forward, or back (negative)."""
    _event(logging.WARNING, "clock_jumped", seconds=round(seconds))


def step_failed(ticket: int, exc: Exception) -> None:
    """Our own code stumbled over what was due on a ticket; it is looked at again in some minutes."""
    _event(logging.ERROR, "step_failed", ticket=ticket, error=str(exc))


def reckoned_anew(tickets: int) -> None:
    """Calendars or SLAs have changed, and with them the due times of so many tickets."""
    _event(logging.INFO, "reckoned_anew", tickets=tickets)


def pages_not_written(folder: str, error: str) -> None:
    """The static pages of [report] html are those of before."""
    _event(logging.WARNING, "pages_not_written", folder=folder, error=error)


def alarm(key: str, text: str) -> None:
    _event(logging.ERROR, "alarm", alarm=key, text=text)


def all_clear(key: str) -> None:
    _event(logging.WARNING, "all_clear", alarm=key)


def purged(mails: int, freed: int) -> None:
    """The bytes of old mails were deleted."""
    _event(logging.INFO, "purged", mails=mails, bytes=freed)


def admin_told(subject: str) -> None:
    _event(logging.WARNING, "admin_told", subject=subject)


# ---- delivery ------------------------------------------------------------------------------------------------------


def sending_resumed(count: int) -> None:
    """Mails this node was sending when it died: the other side may get them twice, with the same Message-ID."""
    _event(logging.WARNING, "sending_resumed", count=count)


def sent(due: "Due", *, route: str, reply: str, queue_id: str) -> None:
    """`queue_id` is what the server that took it calls it in its own log, as far as it said."""
    _event(logging.INFO, "sent", None, **_row(due), route=route, queue_id=queue_id, reply=reply)


def send_delayed(due: "Due", *, route: str, reason: str, reply: str, again_at: datetime | None) -> None:
    fields = {"route": route, "reason": reason, "reply": reply}
    _event(logging.WARNING, "send_delayed", None, **_row(due), **fields, again_at=again_at)


def send_failed(due: "Due", *, route: str, reason: str, reply: str) -> None:
    _event(logging.WARNING, "send_failed", None, **_row(due), route=route, reason=reason, reply=reply)


def send_lost(due: "Due") -> None:
    """Delivered, but the claim had passed to another node meanwhile, which may deliver it too."""
    _event(logging.WARNING, "send_lost", None, **_row(due))


def _row(due: "Due") -> dict[str, Any]:
    return {"outbox": due.id, "ticket": due.ticket, "message_id": due.message_id, "recipient": due.recipient}


def delivery_unreachable(route: str, reply: str) -> None:
    """Ten mails in a row could not even be offered; one a minute probes from here on."""
    _event(logging.ERROR, "delivery_unreachable", route=route, reply=reply)


def delivery_back(route: str) -> None:
    _event(logging.INFO, "delivery_back", route=route)


# ---- daemon --------------------------------------------------------------------------------------------------------


def started(version: str, *, node: str, config: str, pid: int) -> None:
    _event(logging.INFO, "started", version=version, node=node, config=config, pid=pid)


def ready(role: str) -> None:
    _event(logging.INFO, "ready", role=role)


def stopping(role: str) -> None:
    _event(logging.INFO, "stopping", role=role)


def stopped(role: str) -> None:
    _event(logging.INFO, "stopped", role=role)


def process_died(role: str, *, status: str, again_in: float) -> None:
    _event(logging.ERROR, "process_died", role=role, status=status, again_in=again_in)


def process_hung(role: str, *, seconds: float) -> None:
    """It showed no sign of life for so long, and is killed."""
    _event(logging.ERROR, "process_hung", role=role, seconds=seconds)


def site_changed(rule_set: int | None, *, summary: str, by: str) -> None:
    """Edited rules, templates or settings are in force; `rule_set` is what decisions name from here on."""
    _event(logging.INFO, "site_changed", rule_set=rule_set, summary=summary, by=by)


def site_refused(problems: Sequence[str], *, stays: int | None) -> None:
    """What was saved has mistakes: one line each, and which rule set stays in force."""
    for problem in problems[:_MOST_PROBLEMS]:
        _event(logging.ERROR, "site_mistake", problem=problem)
    _event(logging.ERROR, "site_refused", mistakes=len(problems), stays=stays)


def handed_over(tickets: int, *, of: str) -> None:
    """Open tickets of agents who have left are their successors' now."""
    _event(logging.INFO, "handed_over", tickets=tickets, of=of)


def site_mended(rule_set: int | None) -> None:
    """The files were refused, and are again as they are in force."""
    _event(logging.INFO, "site_mended", rule_set=rule_set)


def needs_restart(settings: Sequence[str]) -> None:
    """Changed settings that count from the next start only."""
    _event(logging.WARNING, "needs_restart", settings=list(settings))


def settings_taken_up(role: str) -> None:
    """A process that works by the settings has the changed ones."""
    _event(logging.INFO, "settings_taken_up", role=role)


def not_watching(error: str) -> None:
    """The system does not tell of changed files (too many are watched); we look twice a second instead."""
    _rare(logging.WARNING, "not_watching", per_minute=1, error=error)


def no_rules(folder: str) -> None:
    """Mail becomes tickets, but nothing is acknowledged, assigned or set aside."""
    _event(logging.WARNING, "no_rules", folder=folder)


def old_python(version: str, *, wants: str) -> None:
    """Holes in its standard library are known; we pass by them, what we are built on may not. Said at every start."""
    _event(logging.WARNING, "old_python", version=version, wants=wants)


def unsafe_disk(folder: str, why: str) -> None:
    """What we accept may be lost there. Said at every start."""
    _event(logging.WARNING, "unsafe_disk", folder=folder, why=why)


def unclean_stop(data_dir: str) -> None:
    _event(logging.WARNING, "unclean_stop", data_dir=data_dir)


def database_updated(database: str, before: str, after: str, to_go_back: str) -> None:
    _event(logging.INFO, "database_updated", database=database, before=before, after=after, to_go_back=to_go_back)


def runs_as_root() -> None:
    remedy = "set gateway.run_as to a user of its own, or let systemd start it as one (gateway init --systemd)"
    _event(logging.WARNING, "runs_as_root", remedy=remedy)


def left_root(user: str) -> None:
    _event(logging.INFO, "left_root", user=user)


def crashed(where: str, exc: BaseException) -> None:
    """Something nobody foresaw, at the top of a loop."""
    _event(logging.ERROR, "crashed", where=where, error=f"{type(exc).__name__}: {exc}", exc=exc)
