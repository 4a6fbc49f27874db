"""A site that verifies mail against the DNS stub: acme.example signs, publishes SPF and wants forgeries rejected."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.config import Config, load
from gateway.mail import Envelope, read
from gateway.tickets.auth_result import AuthResult
from gateway.verify import Arrival, Resolver, verify
from support import signing
from support.dns_stub import DnsStub
from support.mails import mail
from support.site import GOOD, write

CAROL = "Carol Reyes <carol@acme.example>"
HOST = "192.0.2.7"  # may send for acme.example
STRANGER = "198.51.100.66"
AT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)

MAILBOXES = """
[[imap]]
name = "main"
host = "imap.acme.example"
user = "support@acme.example"
password_file = "imap.secret"
[[imap]]
name = "cloud"
host = "outlook.office365.com"
user = "support@acme.example"
[imap.oauth]
client_id = "x"
"""


@dataclass(kw_only=True)
class Verifying:
    """What a test needs: the stub, the configuration, and mails of Carol's to have judged."""

    dns: DnsStub
    cfg: Config
    resolver: Resolver

    def judge(
        self,
        raw: bytes,
        *,
        peer: str = STRANGER,
        mail_from: str | None = "eve@evil.example",
        helo: str = "mail.evil.example",
        source: str = "smtp",
        auth_user: str = "",
        at: datetime = AT,
    ) -> AuthResult:
        """The verdict on a mail that, unless said otherwise, a stranger's host brings under a stranger's envelope."""
        envelope = Envelope(mail_from=mail_from, peer=peer, helo=helo, auth_user=auth_user)
        arrival = Arrival(raw=raw, mail=read(raw), envelope=envelope, source=source, at=at)
        return verify(arrival, self.cfg, self.resolver)

    def by_mailbox(self, raw: bytes, name: str = "main") -> AuthResult:
        return self.judge(raw, source=f"imap:{name}", peer="", mail_from=None, helo="")


@contextmanager
def verifying(folder: Path, *, auth: str = "", smtp: str = "") -> Iterator[Verifying]:
    """`auth` are lines of `[auth]`, `smtp` further lines of its listener."""
    text = GOOD.replace('max_size = "35 MB"', f'max_size = "35 MB"\n{smtp}')
    with DnsStub() as dns:
        auth = f'dns = "127.0.0.1:{dns.port}"\n{auth}'
        cfg = load(write(folder, f"{text}{MAILBOXES}[auth]\n{auth}\n"), secrets=False)
        signing.publish(dns, "acme.example")
        dns.txt("acme.example", f"v=spf1 ip4:{HOST} -all")
        dns.txt("_dmarc.acme.example", "v=DMARC1; p=reject")
        dns.txt("evil.example", f"v=spf1 ip4:{STRANGER} -all")
        signing.publish(dns, "evil.example", signing.rsa_key(number=1))
        yield Verifying(dns=dns, cfg=cfg, resolver=Resolver(cfg.auth.dns))


def of_carol(text: str = "#close\n\nDone.", **more: object) -> bytes:
    """An unsigned mail from Carol."""
    return mail(sender=CAROL, subject="Re: [Acme #7] My lamp", text=text, **more)  # type: ignore[arg-type]


def signed_by_carol(text: str = "#close\n\nDone.", **how: object) -> bytes:
    """As her mail server signs it; `how` goes to `signing.sign`."""
    return signing.sign(of_carol(text), "acme.example", **how)  # type: ignore[arg-type]
