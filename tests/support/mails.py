"""Mails as people's clients write them, built by hand so that every byte is ours."""

import itertools
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

_COUNT = itertools.count(1)


def mail(
    *,
    sender: str = "Ann Lee <ann@example.net>",
    to: str = "support@acme.example",
    subject: str = "My lamp has not arrived",
    text: str = "Hello,\n\nwhere is my lamp?\n\nAnn",
    message_id: str | None = None,
    headers: tuple[str, ...] = (),
) -> bytes:
    """One plain mail; `headers` are whole lines. `message_id=""` leaves the id out."""
    number = next(_COUNT)
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", "Date: Fri, 27 Nov 2026 09:00:00 +0000"]
    if message_id is None:
        message_id = f"<mail{number}.{id(lines)}@example.net>"
    if message_id:
        lines.append(f"Message-ID: {message_id}")
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return "\r\n".join([*lines, *headers, "", text, ""]).encode()


def reply_to(
    letter: bytes,
    *,
    sender: str = "Ann Lee <ann@example.net>",
    text: str = "It is still not here.",
    quote: bool = True,
    rewrite_ids: bool = False,
    subject: str | None = None,
    to: str | None = None,
) -> bytes:
    """What a client makes of Reply. `rewrite_ids`: a relay gave our mail another Message-ID."""
    read = parsed(letter)
    message_id = "<rewritten.by.relay@relay.example>" if rewrite_ids else read["Message-ID"].strip()
    references = "" if rewrite_ids else " ".join((read["References"] or "").split())
    quoted = "".join(f"> {line}\n" for line in body_of(letter).splitlines()) if quote else ""
    attribution = "On Fri, 27 Nov 2026, Acme Support wrote:\n" if quote else ""
    return mail(
        sender=sender,
        to=to or read["Reply-To"] or read["From"],
        subject=subject if subject is not None else f"Re: {read['Subject']}",
        text=f"{text}\n\n{attribution}{quoted}",
        headers=(f"In-Reply-To: {message_id}", f"References: {references} {message_id}".replace("  ", " ")),
    )


def parsed(letter: bytes) -> Message:
    return BytesParser(policy=compat32).parsebytes(letter)


def body_of(letter: bytes) -> str:
    read = parsed(letter)
    part = read.get_payload(0) if read.is_multipart() else read
    assert isinstance(part, Message)
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()
