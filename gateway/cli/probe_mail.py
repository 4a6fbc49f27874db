"""The mails of `gateway check --probe`, and the server they are handed to, as a customer's mail would be."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import click

from gateway.cli.probe_lmtp import LmtpDoor
from gateway.compose import headers
from gateway.config import Config, Listen, Target
from gateway.config.kinds import host as host_of
from gateway.config.kinds import port_of
from gateway.delivery.answer import Answer
from gateway.delivery.smtp import Smarthost, Timing
from gateway.mail import Address
from gateway.now import now
from gateway.store.outbox import Due
from gateway.tickets import probe
from gateway.tickets.token import Keys

_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_TIMING = Timing(step=20, final=60)
_TEXT = """\
This mail tests the way of mail to {to} and back. It was sent by
gateway check --probe, nobody needs to read it, and no agent hears of it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One mail; `nonce` stands in its header, its Message-ID and its subject."""

    nonce: str
    to: str
    message_id: str
    data: bytes


def composed(cfg: Config, keys: Keys, sender: str, to: str, *, answers: str = "") -> Probe:
    """A probe from `sender` to an address of ours; with `answers` it answers the mail with that Message-ID."""
    at, nonce = now(), secrets.token_hex(8)
    message_id = f"<probe.{nonce}@{sender.rpartition('@')[2]}>"
    data = headers.build(
        [
            ("From", Address(addr=sender, name="Gateway probe")),
            ("To", [Address(addr=to)]),
            ("Subject", f"{'Re: ' if answers else ''}Probe {nonce}"),
            ("Date", at),
            ("Message-ID", message_id),
            ("In-Reply-To", answers),
            ("References", answers),
            (probe.HEADER, probe.signed(keys, nonce=nonce, sender=sender, to=to, at=at)),
        ],
        text=_TEXT.format(to=to),
    )
    return Probe(nonce=nonce, to=to, message_id=message_id, data=data)


class Way:
    """The server that takes the probes."""

    def __init__(self, server: Smarthost | LmtpDoor, name: str) -> None:
        self._server = server
        self.name = name

    def hand_over(self, mail: Probe, sender: str) -> Answer:
        due = Due(
            id=0,
            fence=0,
            mail_id=0,
            ticket=None,
            recipient=mail.to,
            envelope_from=sender,
            automatic=False,
            attempts=1,
            created_at=now(),
            message_id=mail.message_id,
            data=mail.data,
        )
        return self._server.deliver([due])[0]

    def close(self) -> None:
        self._server.close()


def way_via(cfg: Config, via: str) -> Way:
    """The server that `--via` names: `HOST[:PORT]`, port 25, or a URL such as `smtps://HOST`; without a login.

    `lmtp://HOST:PORT` and `unix:PATH` are LMTP.
    """
    if (door := _lmtp(via)) is not None:
        return Way(LmtpDoor(door), f"lmtp {door}")
    target = _target(via)
    return Way(Smarthost(target, helo=cfg.mail.host, timing=_TIMING, ca_file=cfg.delivery.ca_file), str(target))


def way_in(cfg: Config) -> Way | None:
    """Our own door for mail, as it is reached from this machine; None where there is none with a known port.

    LMTP where there is no other: that is where the MTA in front hands mail over.
    """
    for role, scheme in (("mx", "smtp"), ("lmtp", "lmtp")):
        for one in cfg.smtp:
            where = one.listen
            if one.role != role or one.is_tls_at_once:
                continue
            if where.unix is not None:
                return way_via(cfg, f"unix:{where.unix}")
            if where.port:
                host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(where.host, where.host)
                return way_via(cfg, f"{scheme}://{Listen(host=host, port=where.port)}")
    return None


def _lmtp(via: str) -> Listen | None:
    if via.startswith("unix:"):
        return Listen(unix=Path(via.removeprefix("unix:")).absolute())
    if not via.startswith("lmtp://"):
        return None
    host, colon, port = via.removeprefix("lmtp://").rpartition(":")
    try:
        if not colon or (number := port_of(port)) == 0:
            raise ValueError
        return Listen(host=host_of(host.strip("[]")), port=number)
    except ValueError:
        told = f'"{via[:60]}" is no server; write lmtp://HOST:PORT or unix:PATH'
        raise click.BadParameter(told, param_hint="--via")


def _target(via: str) -> Target:
    scheme, _, place = via.rpartition("://")
    scheme = scheme or "smtp"
    host, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        host, port = place, ""
    try:
        if scheme not in _PORTS or not (port or not colon or place.endswith("]")):
            raise ValueError
        number = int(port) if port else _PORTS[scheme]
        if not 0 < number < 65_536:
            raise ValueError
        return Target(scheme=scheme, host=host_of(host.strip("[]")), port=number)
    except ValueError:
        raise click.BadParameter(
            f'"{via[:60]}" is no server; write HOST, HOST:PORT, smtps://HOST, smtp+starttls://HOST:PORT, '
            "lmtp://HOST:PORT or unix:PATH",
            param_hint="--via",
        )
