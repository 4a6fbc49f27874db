"""`gateway check --live`: connects to every listener, mailbox and smarthost, and says what it saw. Changes nothing."""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.cli import output
from gateway.cli.main import Session
from gateway.cli.opening import opened
from gateway.config import Config, Imap, Route, Smtp
from gateway.delivery.maildir import Maildir
from gateway.delivery.sender import carrier_of
from gateway.delivery.smtp import Smarthost
from gateway.errors import GatewayError
from gateway.health.certificate import ends_at
from gateway.intake.imap_filing import foretold
from gateway.intake.imap_login import Login
from gateway.intake.imap_session import ImapSession, Look, Times
from gateway.now import now
from gateway.oauth import Keeper
from gateway.shown import size
from gateway.store import Store, imap

_PATIENCE = 15.0  # seconds for each step
_MOST_FOLDERS = 50  # that are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was found at one place. `problem` is `""` where all is well."""

    place: str
    saw: Sequence[str] = ()
    problem: str = ""


def check_live(session: Session, *, as_json: bool) -> int:
    """0 where every place answers as it should, 1 where one does not."""
    with opened(session) as (cfg, store):
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
                ends, problem = _certificate_of(client)
                saw.append(ends)
                return Seen(place=place, saw=saw, problem=problem)
            return Seen(place=place, saw=saw)
    except (OSError, smtplib.SMTPException, ValueError) as error:
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


def _certificate_of(client: smtplib.SMTP) -> tuple[str, str]:
    """Until when the certificate that is shown is good, and what is wrong with that."""
    shown = client.sock.getpeercert(binary_form=True) if isinstance(client.sock, ssl.SSLSocket) else None
    if shown is None:
        return "certificate: none", "shows no certificate"
    ends = ends_at(ssl.DER_cert_to_PEM_cert(shown))
    left = ends - now()
    over = "" if left > timedelta() else f"the certificate ended on {ends:%Y-%m-%d}: renew it"
    return f"certificate: until {ends:%Y-%m-%d}", over


# ---- mailboxes -----------------------------------------------------------------------------------------------------


def _mailbox(account: Imap, store: Store, *, is_readonly: bool) -> Seen:
    place = f"mailbox {account.name} ({account.user} at {account.host}:{account.port})"
    saw: list[str] = []
    session: ImapSession | None = None
    try:
        times = Times(connect=_PATIENCE, read=_PATIENCE)
        session = ImapSession.connect(account, times, Login(account, Keeper(store)), readonly=is_readonly)
        saw.append(f"TLS: {session.tls or 'none'}")
        can = {"IDLE": session.can_idle, "MOVE": session.can_move, "UIDPLUS": session.can_expunge}
        saw.append(f"can: {', '.join(name for name, it_can in can.items() if it_can) or 'none of IDLE, MOVE, UIDPLUS'}")
        problems = []
        for folder in account.folders:
            line, problem = _folder(session, account, folder, store, is_readonly=is_readonly)
            saw += [line] if line else []
            problems += [problem] if problem else []
        saw += [*_target(session, account), *_quota(session, account.folders[0])]
        if account.sent and not session.has_folder(account.sent):
            problems.append(f"there is no folder {account.sent}")
        if problems:
            saw.append(f"folders: {', '.join(session.folders()[:_MOST_FOLDERS])}")
        return Seen(place=place, saw=saw, problem="; ".join(problems))
    except GatewayError as error:
        return Seen(place=place, saw=saw, problem=str(error))
    finally:
        if session is not None:
            session.close()


def _quota(session: ImapSession, folder: str) -> Iterator[str]:
    found = session.quota(folder)
    if found is not None:
        used, limit = found
        yield f"quota: {size(used)} of {size(limit)}"


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


def _target(session: ImapSession, account: Imap) -> Iterator[str]:
    if account.after_kind == "move":
        there = "is there" if session.has_folder(account.after_arg) else "will be made"
        yield f"{account.after_arg}: {there}"


# ---- the way out ---------------------------------------------------------------------------------------------------


def _way_out(route: Route, cfg: Config, store: Store) -> Seen:
    place = f"{route.name} {route.way.to}"
    carrier = carrier_of(route, cfg, Keeper(store))
    if isinstance(carrier, Maildir):
        return Seen(place=place, saw=["a folder: nothing leaves this machine"])
    assert isinstance(carrier, Smarthost)
    try:
        return Seen(place=place, saw=carrier.greet())
    except GatewayError as error:
        return Seen(place=place, problem=str(error))
    finally:
        carrier.close()
