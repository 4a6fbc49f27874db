"""The mail server of a company, as far as our people need one: signs what its users send, and passes it on."""

import smtplib
import socket
from typing import Any

from aiosmtpd.controller import Controller

from support.dns_stub import DnsStub
from support.signing import publish, sign


class SigningRelay:
    """Listens on a free port; what is from `domains` leaves with a DKIM signature of theirs."""

    def __init__(self, target: int, dns: DnsStub, *domains: str) -> None:
        self._target = target
        self._domains = domains
        for domain in domains:
            publish(dns, domain)
            dns.txt(f"_dmarc.{domain}", "v=DMARC1; p=reject")
        with socket.create_server(("127.0.0.1", 0)) as free:  # the controller wants a port by number
            self.port = int(free.getsockname()[1])
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self) -> "SigningRelay":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        raw = envelope.original_content or envelope.content
        domain = str(envelope.mail_from).rpartition("@")[2]
        signed = sign(raw, domain) if domain in self._domains else raw
        with smtplib.SMTP("127.0.0.1", self._target, timeout=30) as client:
            client.ehlo(f"mx.{domain}")
            client.sendmail(envelope.mail_from, envelope.rcpt_tos, signed)
        return "250 passed on"
