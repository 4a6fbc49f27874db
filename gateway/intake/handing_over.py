"""A mail of a pipe goes to the running daemon by LMTP (RFC 2033), where its files are another user's."""

import os
import smtplib
from collections.abc import Sequence

from gateway.config import Config, Smtp
from gateway.errors import Permanent, Temporary
from gateway.mail import read

_TIMEOUT = 120.0  # seconds for each answer; the daemon's commit is one of them


def is_anothers(cfg: Config) -> bool:
    """Does the data of this site belong to another user than the one who runs this?"""
    try:
        return cfg.gateway.data_dir.stat().st_uid != os.geteuid()
    except FileNotFoundError:
        return False  # nothing is there yet: whoever comes first makes it
    except PermissionError:
        return True


def sender_of(raw: bytes) -> str:
    """The envelope sender where nobody tells it: the Return-Path, else From. `""` would say that nothing may answer."""
    mail = read(raw)
    path = mail.header("Return-Path").strip()
    if path:
        return path.removeprefix("<").removesuffix(">")
    return mail.from_.addr if mail.from_ else ""


def hand_over(cfg: Config, raw: bytes, *, mail_from: str, recipients: Sequence[str]) -> str:
    """The daemon's reply once it has the mail. Raises Temporary or Permanent with what it said instead."""
    try:
        with _greeted(cfg) as client:
            return _said(client, raw, mail_from, recipients)
    except OSError as error:  # SMTPException is one
        raise Temporary(f"the gateway does not answer: {error}")


def _greeted(cfg: Config) -> smtplib.LMTP:
    """The first of its LMTP listeners that lets this user in."""
    refusals = []
    for listener in (one for one in cfg.smtp if one.role == "lmtp"):
        try:
            return _connected(listener)
        except OSError as error:
            refusals.append(f"{listener.listen}: {error}")
    if refusals:
        raise Temporary(f"the gateway does not answer at {'; '.join(refusals)}")
    raise Temporary(f'{cfg.gateway.data_dir} is another user\'s, and no [[smtp]] has role = "lmtp" to hand it over')


def _connected(listener: Smtp) -> smtplib.LMTP:
    where = listener.listen
    if where.unix is not None:
        return smtplib.LMTP(str(where.unix), timeout=_TIMEOUT)
    return smtplib.LMTP(where.host, where.port, timeout=_TIMEOUT)


def _said(client: smtplib.LMTP, raw: bytes, mail_from: str, recipients: Sequence[str]) -> str:
    client.ehlo()  # LMTP's own LHLO
    client.mail(mail_from, ["SMTPUTF8"] if not mail_from.isascii() else [])
    answers = [client.rcpt(recipient) for recipient in recipients]
    good = sum(code == 250 for code, _ in answers)
    if good:
        answers = [client.data(raw)] + [client.getreply() for _ in range(good - 1)]
    code, text = max(answers, key=lambda answer: (answer[0] // 100 == 4, answer[0] // 100 == 5))
    said = f"{code} {text.decode('ascii', 'replace')}"
    if code // 100 == 2:
        return said
    raise Temporary(said) if code // 100 == 4 else Permanent(said)
