"""Delivery reports (RFC 3464) on mails of ours, as servers send them and as others make them up."""

from support.mails import mail


def report_on(
    letter: bytes,
    recipient: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    words: str = "550 5.1.1 no such user",
    keep: str = "Message-ID",
    message_id: str | None = None,
    whole: bool = False,
) -> bytes:
    """A report that returns the header of `letter`: only the lines that begin with `keep`, "" for all of them.

    `whole`: it returns all of the letter.
    """
    head = letter.partition(b"\r\n\r\n")[0].decode()
    returned = "\r\n".join(line for line in head.split("\r\n") if line.startswith(keep))
    parts = [
        ("text/plain", f"The mail to {recipient} did not arrive."),
        (
            "message/delivery-status",
            f"Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: {action}\r\n"
            f"Status: {status}\r\nDiagnostic-Code: smtp; {words}\r\n",
        ),
        ("message/rfc822", letter.decode()) if whole else ("text/rfc822-headers", f"{returned}\r\n"),
    ]
    text = "\r\n".join(f"--b\r\nContent-Type: {kind}\r\n\r\n{body}" for kind, body in parts) + "\r\n--b--"
    raw = mail(
        sender="MAILER-DAEMON@mx.example.net",
        subject="Undelivered Mail Returned to Sender",
        text=text,
        message_id=message_id,
    )
    kind = b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"'
    return raw.replace(b"Content-Type: text/plain; charset=utf-8", kind, 1)
