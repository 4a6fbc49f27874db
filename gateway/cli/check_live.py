"""`gateway check --live`: connects to every listener, mailbox and smarthost, and says what it saw.

Changes nothing, but that tokens are kept which it is given on the way.
"""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.cli import output
from gateway.cli.main import Session
from gateway.cli.opening import become_the_owner, make_ready, opened
from gateway.config import Config, Imap, Route, Smtp
from gateway.delivery.maildir import Maildir
from gateway.delivery.sender import carrier_of
from gateway.delivery.smtp import Smarthost
from gateway.errors import GatewayError
from gateway.health.certificate import ENDS_SOON, shown_until
from gateway.intake.imap_filing import foretold
from gateway.intake.imap_login import Login
from gateway.intake.imap_session import ImapSession, Look, Times
from gateway.now import now
from gateway.oauth import Keeper, accounts
from gateway.shown import size
from gateway.store import Store, imap, open_store
from gateway.store.engine import sqlite_files

_PATIENCE = 15.0  # seconds for each step
_FULL = 0.9  # of a quota: what does not fit any more goes back to customers
_MOST_FOLDERS = 50  # that are listed
_MAKE = frozenset("kc")  # the right to make folders below one (RFC 4314, and RFC 2086 before it)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was found at one place. `problem` is `""` where all is well."""

    place: str
    saw: Sequence[str] = ()
    problem: str = ""


def check_live(session: Session, *, as_json: bool) -> int:
    """0 where every place answers as it should, 1 where one does not."""
    with _looked_into(session) as (cfg, store):
        found = list(_all(cfg, store))
    if as_json:
        output.print_json([{"place": one.place, "saw": list(one.saw), "problem": one.problem} for one in found])
    else:
        if cfg.gateway.shadow:
            output.say(f"SHADOW MODE: nothing is sent but reports and alarms to {cfg.gateway.admin}")
        for one in found:
            output.say(f"{one.place}: {one.problem or 'good'}")
            for line in one.saw:
                output.say(f"  {line}")
    return 1 if any(one.problem for one in found) else 0


@contextmanager
def _looked_into(session: Session) -> Iterator[tuple[Config, Store]]:
    """The site and what it has kept; where that is nothing yet, nothing is made, unless tokens have to be kept."""
    cfg = session.config(secrets=False)
    if not _is_fresh(cfg) or any(accounts(cfg)):
        with opened(session) as both:
            yield both
        return
    become_the_owner(cfg)
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/gateway.db", Path(folder))
        try:
            make_ready(store)
            yield cfg, store
        finally:
            store.close()


def _is_fresh(cfg: Config) -> bool:
    url = cfg.database.url
    kept = sqlite_files(url) if url.startswith("sqlite:") else (cfg.gateway.data_dir,)
    try:
        return not any(one.exists() for one in kept)
    except PermissionError:  # somebody else's, who has to hear that
        return False


def _all(cfg: Config, store: Store) -> Iterator[Seen]:
    for listener in cfg.smtp:
        yield _listener(listener)
    for account in cfg.imap:
        yield _mailbox(account, store, is_readonly=cfg.gateway.shadow)
    yield from (_way_out(route, cfg, store) for route in reversed(cfg.routes))


# ---- listeners -----------------------------------------------------------------------------------------------------


def _listener(smtp: Smtp) -> Seen:
    """Our own door, as a client sees it: closed while the daemon does not run."""
    place = f"{smtp.role} listener {smtp.listen}"
    if smtp.listen.unix is None and smtp.listen.port == 0:
        return Seen(place=place, saw=["a free port at each start; the log of the daemon names it"])
    try:
        with _client(smtp) as client:
            saw = list(_offers(client))
            if smtp.tls_cert is not None:
                if not smtp.is_tls_at_once:
                    client.starttls(context=_unverified())
                saw.append(f"TLS: {_tls_of(client)}")
                line, problem = _certificate(shown_until(client.sock))
                return Seen(place=place, saw=[*saw, line], problem=problem)
            return Seen(place=place, saw=saw)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        if smtp.is_for_relays and isinstance(error, smtplib.SMTPConnectError):
            return Seen(place=place, saw=["answers, and turns this host away: trusted_relays does not name it"])
        return Seen(place=place, problem=f"does not answer: {error}; does the daemon run?")


def _client(smtp: Smtp) -> smtplib.SMTP:
    kind, where = smtplib.LMTP if smtp.role == "lmtp" else smtplib.SMTP, smtp.listen
    if smtp.is_tls_at_once:
        client: smtplib.SMTP = smtplib.SMTP_SSL(where.host, where.port, timeout=_PATIENCE, context=_unverified())
        client.ehlo()
        return client
    client = kind(str(where.unix)) if where.unix is not None else kind(where.host, where.port, timeout=_PATIENCE)
    client.ehlo()
    return client


def _offers(client: smtplib.SMTP) -> Iterator[str]:
    limit = client.esmtp_features.get("size", "")
    if limit.isdigit():
        yield f"SIZE: {size(int(limit))}"
    yield f"offers: {', '.join(sorted(name.upper() for name in client.esmtp_features if name != 'size')) or 'nothing'}"


def _unverified() -> ssl.SSLContext:
    """We look at what it offers; the name on the certificate is not the address by which we came."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _tls_of(client: smtplib.SMTP) -> str:
    return client.sock.version() or "none" if isinstance(client.sock, ssl.SSLSocket) else "none"


def _certificate(ends: datetime | None) -> tuple[str, str]:
    """Until when the certificate that is shown is good, and what is wrong with that."""
    if ends is None:
        return "certificate: none", "shows no certificate"
    left = ends - now()
    over = "ended" if left <= timedelta() else "ends"
    return f"certificate: until {ends:%Y-%m-%d}", (
        f"the certificate {over} on {ends:%Y-%m-%d}: renew it" if left < ENDS_SOON else ""
    )


# ---- mailboxes -----------------------------------------------------------------------------------------------------


def _mailbox(account: Imap, store: Store, *, is_readonly: bool) -> Seen:
    place = f"mailbox {account.name} ({account.user} at {account.host}:{account.port})"
    saw: list[str] = []
    problems: list[str] = []
    session: ImapSession | None = None
    try:
        times = Times(connect=_PATIENCE, read=_PATIENCE)
        session = ImapSession.connect(account, times, Login(account, Keeper(store)), readonly=is_readonly)
        for line, problem in _parts(session, account, store, is_readonly=is_readonly):
            saw += [line] if line else []
            problems += [problem] if problem else []
        if problems:
            saw.append(f"folders: {', '.join(session.folders()[:_MOST_FOLDERS])}")
        return Seen(place=place, saw=saw, problem="; ".join(problems))
    except GatewayError as error:
        return Seen(place=place, saw=saw, problem=str(error))
    finally:
        if session is not None:
            session.close()


def _parts(session: ImapSession, account: Imap, store: Store, *, is_readonly: bool) -> Iterator[tuple[str, str]]:
    """What was seen of each part of a mailbox, and what is wrong with it; either may be `""`."""
    yield f"TLS: {session.tls or 'none'}", ""
    if session.tls:
        yield _certificate(session.certificate_ends)
    can = {"IDLE": session.can_idle, "MOVE": session.can_move, "UIDPLUS": session.can_expunge}
    yield f"can: {', '.join(name for name, it_can in can.items() if it_can) or 'none of IDLE, MOVE, UIDPLUS'}", ""
    for folder in account.folders:
        yield _folder(session, account, folder, store, is_readonly=is_readonly)
    if account.after_kind == "move":
        line, problem = _target(session, account.after_arg)
        yield line, "" if is_readonly else problem
    if (found := session.quota(account.folders[0])) is not None:
        used, limit = found
        is_full = used >= _FULL * limit
        yield f"quota: {size(used)} of {size(limit)}", "it is nearly full, and then takes no mail" if is_full else ""
    if account.sent and session.has_folder(account.sent):
        yield f"{account.sent}: is there, and answers written by hand are found in it", ""
    elif account.sent:
        yield "", f"there is no folder {account.sent}"


def _folder(session: ImapSession, account: Imap, folder: str, store: Store, *, is_readonly: bool) -> tuple[str, str]:
    """What lies in a folder and what is about to become of it; and what is wrong with it."""
    unseen = session.unseen(folder)
    try:
        look = session.select(folder)
    except GatewayError as error:
        return "", str(error)
    holds = f"{folder}: {look.exists} mails" + (f", {unseen} of them unread" if unseen is not None else "")
    state = imap.folder_state(store, account.name, folder)
    if state is None:
        return f"{holds}; at the first look {foretold(account, is_readonly=is_readonly)}", _lacks(
            account, folder, look, is_readonly=is_readonly
        )
    since = f"read since {state.seen_at:%Y-%m-%d %H:%M}"
    if state.uidvalidity != look.uidvalidity:
        return f"{holds}; {since}, and numbered anew by the server: it is read again", _lacks(
            account, folder, look, is_readonly=is_readonly
        )
    fresh = len(session.uids(state.uid_next, look))
    return f"{holds}; {since}, {fresh} came since the last look", _lacks(account, folder, look, is_readonly=is_readonly)


def _lacks(account: Imap, folder: str, look: Look, *, is_readonly: bool) -> str:
    """What keeps a mail that we have from going where `after` says; nothing where it goes nowhere."""
    if is_readonly:
        return ""
    if account.after_kind in ("move", "delete") and not look.deletes:
        return f"we may not delete from {folder}, so nothing can be moved out of it"
    if account.after_kind == "flag" and not look.keywords:
        return f'{folder} keeps no keywords of our own; write after = "move:Processed"'
    return ""


def _target(session: ImapSession, folder: str) -> tuple[str, str]:
    """Whether the folder of processed mail is there; and what keeps mail from going there, as far as servers tell."""
    if session.has_folder(folder):
        rights = session.rights(folder)
        if rights is None or "i" in rights:
            return f"{folder}: is there", ""
        return f"{folder}: is there", f'we may not put mail into {folder} (we lack the right "i" of RFC 4314)'
    above = session.above(folder)
    rights = session.rights(above) if above else None
    if rights is None or not _MAKE.isdisjoint(rights):
        return f"{folder}: will be made", ""
    return f"{folder}: is not there", f'we may not make {folder} (we lack the right "k" of RFC 4314 on {above})'


# ---- the way out ---------------------------------------------------------------------------------------------------


def _way_out(route: Route, cfg: Config, store: Store) -> Seen:
    place = f"{route.name} {route.way.to}"
    carrier = carrier_of(route, cfg, Keeper(store))
    if isinstance(carrier, Maildir):
        return Seen(place=place, saw=["a folder: nothing leaves this machine"])
    assert isinstance(carrier, Smarthost)
    try:
        saw = carrier.greet()
        if (ends := carrier.certificate_ends) is None:
            return Seen(place=place, saw=saw)
        line, problem = _certificate(ends)
        return Seen(place=place, saw=[*saw, line], problem=problem)
    except GatewayError as error:
        return Seen(place=place, problem=str(error))
    finally:
        carrier.close()
