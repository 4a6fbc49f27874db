"""`gateway check --live`: connects to every listener, mailbox and smarthost, and says what it saw. Changes nothing."""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.cli import output
from gateway.cli.main import Session
from gateway.cli.opening import opened
from gateway.config import Config, Imap, Smtp
from gateway.delivery.maildir import Maildir
from gateway.delivery.sender import carrier_of
from gateway.delivery.smtp import Smarthost
from gateway.errors import GatewayError
from gateway.intake.imap_login import Login
from gateway.intake.imap_session import ImapSession, Look, Times
from gateway.oauth import Keeper
from gateway.shown import size
from gateway.store import Store

_PATIENCE = 15.0  # seconds for each step
_FIRST_LOOK = {
    "new": "what lies there at the first look is left alone",
    "all": "what lies there at the first look becomes tickets, without acknowledgements",
}


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
        for one in found:
            output.say(f"{one.place}: {one.problem or 'good'}")
            for line in one.saw:
                output.say(f"  {line}")
    return 1 if any(one.problem for one in found) else 0


def _all(cfg: Config, store: Store) -> Iterator[Seen]:
    for listener in cfg.smtp:
        yield _listener(listener)
    for account in cfg.imap:
        yield _mailbox(account, Keeper(store))
    yield _way_out(cfg, store)


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


# ---- mailboxes -----------------------------------------------------------------------------------------------------


def _mailbox(account: Imap, tokens: Keeper) -> Seen:
    place = f"mailbox {account.name} ({account.user} at {account.host}:{account.port})"
    saw: list[str] = []
    session: ImapSession | None = None
    try:
        session = ImapSession.connect(account, Times(connect=_PATIENCE, read=_PATIENCE), Login(account, tokens))
        saw.append(f"TLS: {session.tls or 'none'}")
        can = {"IDLE": session.can_idle, "MOVE": session.can_move, "UIDPLUS": session.can_expunge}
        saw.append(f"can: {', '.join(name for name, it_can in can.items() if it_can) or 'none of IDLE, MOVE, UIDPLUS'}")
        look = session.select(account.folder)
        saw.append(f"{account.folder}: {look.exists} mails; {_FIRST_LOOK[account.start]}")
        saw += [*_target(session, account), *_quota(session, account.folder)]
        return Seen(place=place, saw=saw, problem=_lacks(session, account, look))
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


def _lacks(session: ImapSession, account: Imap, look: Look) -> str:
    """What keeps a mail that we have from going where `after` says."""
    if account.after_kind in ("move", "delete") and not look.deletes:
        return f"we may not delete from {account.folder}, so nothing can be moved out of it"
    if account.after_kind == "flag" and not look.keywords:
        return f'{account.folder} keeps no keywords of our own; write after = "move:Processed"'
    if account.sent and not session.has_folder(account.sent):
        return f"there is no folder {account.sent}"
    return ""


def _target(session: ImapSession, account: Imap) -> Iterator[str]:
    if account.after_kind == "move":
        there = "is there" if session.has_folder(account.after_arg) else "will be made"
        yield f"{account.after_arg}: {there}"


# ---- the way out ---------------------------------------------------------------------------------------------------


def _way_out(cfg: Config, store: Store) -> Seen:
    place = f"delivery {cfg.delivery.to}"
    carrier = carrier_of(cfg, Keeper(store))
    if isinstance(carrier, Maildir):
        return Seen(place=place, saw=["a folder: nothing leaves this machine"])
    assert isinstance(carrier, Smarthost)
    try:
        return Seen(place=place, saw=carrier.greet())
    except GatewayError as error:
        return Seen(place=place, problem=str(error))
    finally:
        carrier.close()
