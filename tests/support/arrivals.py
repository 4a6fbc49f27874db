"""Mails at the door, each different from the others by its number."""

from datetime import UTC, datetime
from typing import Any

from gateway.mail.value import Envelope
from gateway.store.spool import NewMail

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def mail_bytes(n: int, *, size: int = 0, trace: str = "", identity: bool = True) -> bytes:
    """A small mail; `trace` stands above its headers, `size` is how many bytes its body has at least."""
    told = f"Message-ID: <{n}@shop.example>\r\nDate: Mon, 02 Mar 2026 12:00:00 +0000\r\n" if identity else ""
    body = f"mail {n} " + "x" * size
    return f"{trace}From: anna@shop.example\r\n{told}Subject: number {n}\r\n\r\n{body}\r\n".encode()


def new_mail(n: int, **changes: Any) -> NewMail:
    """One mail from a customer by SMTP; `changes` are fields of NewMail, or `to` and `peer` of its envelope."""
    envelope = Envelope(
        mail_from="anna@shop.example",
        recipients=tuple(changes.pop("to", ("support@acme.example",))),
        peer=changes.pop("peer", "192.0.2.1"),
    )
    given = {"raw": mail_bytes(n), "envelope": envelope, "source": "smtp", "received_at": NOON}
    return NewMail(**{**given, **changes})
