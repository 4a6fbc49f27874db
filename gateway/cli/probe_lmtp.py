"""An LMTP listener (RFC 2033) as the server that takes the probes, where no SMTP server of ours does."""

import smtplib
from collections.abc import Sequence

from gateway.config import Listen
from gateway.delivery.answer import Answer, Failed, Retry, Sent, Unreachable, shown
from gateway.store.outbox import Due

_PATIENCE = 60.0  # seconds for each answer


class LmtpDoor:
    """Takes each mail over a connection of its own."""

    def __init__(self, listen: Listen) -> None:
        self._listen = listen

    def deliver(self, dues: Sequence[Due]) -> list[Answer]:
        """Hand over each mail; one answer each."""
        return [self._deliver(due) for due in dues]

    def close(self) -> None:
        """There is nothing that was kept open."""

    def _deliver(self, due: Due) -> Answer:
        try:
            with self._connected() as client:
                client.ehlo_or_helo_if_needed()  # LMTP's own LHLO
                code, said = self._last_reply(client, due)
        except OSError as error:  # SMTPException is one
            return Unreachable(reply=shown(f"{self._listen}: {error}"))
        reply = shown(f"{code} {said.decode('utf-8', 'replace')}")
        if code < 400:
            return Sent(reply=reply)
        return Retry(reply=reply) if code < 500 else Failed(reply=reply)

    def _last_reply(self, client: smtplib.LMTP, due: Due) -> tuple[int, bytes]:
        """The first refusal, or what was said to the mail itself."""
        for code, reply in (client.mail(due.envelope_from), client.rcpt(due.recipient)):
            if code >= 400:
                return code, reply
        try:
            return client.data(due.data)
        except smtplib.SMTPDataError as error:  # DATA itself was refused
            said = error.smtp_error
            return error.smtp_code, said if isinstance(said, bytes) else said.encode()

    def _connected(self) -> smtplib.LMTP:
        if self._listen.unix is not None:
            return smtplib.LMTP(str(self._listen.unix), timeout=_PATIENCE)
        return smtplib.LMTP(self._listen.host, self._listen.port, timeout=_PATIENCE)
