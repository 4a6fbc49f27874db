"""`gateway auth probe AGENT`: what one mail of an agent proves, and which `trust` line would make it act."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click

from gateway.cli import output
from gateway.cli.main import EX_NOINPUT, EX_TEMPFAIL, Session
from gateway.cli.opening import opened
from gateway.cli.page import print_pairs
from gateway.config import Config
from gateway.config.section import did_you_mean
from gateway.errors import GatewayError
from gateway.health.state import running
from gateway.intake.files import without_from_line
from gateway.keys import load_keys
from gateway.mail import Envelope, Mail
from gateway.mail.header import verbatim
from gateway.now import now
from gateway.reader import ReaderDied, Readers
from gateway.store import Store, spool, watching
from gateway.tickets.auth_result import AuthResult
from gateway.tickets.threading import clues
from gateway.tickets.token import Claim, Keys, Role, is_expired
from gateway.verify import Arrival, Resolver, verify

_LOOK_EVERY = 0.5  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one mail showed of A, B and C, each with its reason. `trust` is the line that would bring B, or empty."""

    a: bool
    b: bool
    c: bool
    why_a: str
    why_b: str
    why_c: str
    trust: Sequence[str]
    advice: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A mail in a file, and how it would have come."""

    file: str
    source: str
    peer: str
    sender: str | None


def probe(session: Session, agent: str, given: Given | None, within: timedelta, *, as_json: bool) -> int:
    """The exit code of `gateway auth probe`; `given` None: wait `within` for a mail."""
    cfg = session.config(secrets=False)
    if agent not in cfg.agents:
        guess = did_you_mean(agent, cfg.agents) or f"; known are {', '.join(cfg.agents) or 'none'}"
        output.warn(f'gateway auth probe: there is no agent "{agent}"{guess}')
        return EX_NOINPUT
    if given is not None:
        arrival = _of_file(given, cfg)
        keys = load_keys(cfg.gateway.secret_file) if _is_there(cfg) else None
    else:
        with opened(session) as (cfg, store):
            found = _waited_for(agent, cfg, store, within)
            keys = load_keys(cfg.gateway.secret_file)
        if found is None:
            output.warn(f"gateway auth probe: no mail of {agent} came within {within}")
            return EX_TEMPFAIL
        arrival = found
    result = verify(arrival, cfg, Resolver(cfg.auth.dns))
    shown = judged(agent, arrival, result, cfg, keys)
    _tell(agent, arrival, result, shown, as_json=as_json)
    return 0 if shown.a and shown.b else 1


# ---- the mail ------------------------------------------------------------------------------------------------------


def _known(source: str, cfg: Config) -> str:
    known = ("smtp", "pipe", *(f"imap:{account.name}" for account in cfg.imap))
    if source not in known:
        raise click.BadParameter(f'"{source}" is no source{did_you_mean(source, known)}', param_hint="--source")
    return source


def _is_there(cfg: Config) -> bool:
    path = cfg.gateway.secret_file.path
    return path is None or path.exists()


def _of_file(given: Given, cfg: Config) -> Arrival:
    name, source = given.file, _known(given.source or "smtp", cfg)
    raw = without_from_line(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    if not raw.strip():
        raise GatewayError(f"{name}: there is no mail in it")
    envelope = Envelope(mail_from=None if given.sender is None else given.sender.strip("<> "), peer=given.peer)
    with Readers(count=1) as readers:
        (mail,) = readers.read_many([raw])
    if isinstance(mail, ReaderDied):
        raise GatewayError(f"{name}: {mail}")
    return Arrival(raw=raw, mail=mail, envelope=envelope, source=source, at=now())


def _waited_for(agent: str, cfg: Config, store: Store, within: timedelta) -> Arrival | None:
    """The first mail of the agent that comes from now on; None where none does in time."""
    last = watching.newest_id(store)
    addresses = cfg.agents[agent].addresses
    where = next(iter(cfg.addresses()), "one of our addresses")
    output.warn(f"waiting for a mail of {agent} ({', '.join(addresses)}), such as one to {where}; Ctrl-C ends it")
    if running(cfg.gateway.data_dir) is None:
        output.warn("the daemon is not running here: only `gateway ingest` or another node can bring a mail")
    until = time.monotonic() + within.total_seconds()
    with Readers(count=1) as readers:
        while True:
            for arrived in watching.arrived_since(store, last):
                last = arrived.id
                raw = spool.raw_of(store, arrived.id)
                (mail,) = readers.read_many([raw])
                if isinstance(mail, Mail) and _is_of(agent, addresses, raw, mail, arrived.envelope):
                    return Arrival(
                        raw=raw,
                        mail=mail,
                        envelope=arrived.envelope,
                        source=arrived.source,
                        at=arrived.received_at,
                    )
            if time.monotonic() > until:
                return None
            time.sleep(_LOOK_EVERY)


def _is_of(agent: str, addresses: Sequence[str], raw: bytes, mail: Mail, envelope: Envelope) -> bool:
    """Does it say that it is of the agent, however doubtful its From is?"""
    froms = " ".join(field.value.lower() for field in verbatim.read(raw).all("from"))
    sender = (envelope.mail_from or "").lower()
    named = mail.from_.key if mail.from_ else ""
    return agent == envelope.auth_user or any(one in (named, sender) or one in froms for one in addresses)


# ---- A, B and C ----------------------------------------------------------------------------------------------------


def judged(agent: str, arrival: Arrival, result: AuthResult, cfg: Config, keys: Keys | None) -> Shown:
    """What the mail showed, by the configuration as it is now."""
    owner = cfg.agent_for(result.from_addr) if result.is_strict else None
    if not result.is_strict:
        why_a = f"From may not be believed: {result.from_problem}"
    elif owner != agent:
        why_a = f"From is {result.from_addr}, " + (f"an address of {owner}" if owner else "no agent's address")
    else:
        why_a = f"one From, {result.from_addr}, is an address of {agent}"
    c, why_c = _token(agent, arrival, cfg, keys)
    a = owner == agent
    more = [proof for proof in result.proofs if proof not in cfg.auth.trust]
    return Shown(
        a=a,
        b=result.verified,
        c=c,
        why_a=why_a,
        why_b=f"{result.by} proves it" if result.by else "nothing that [auth] trust names proves From",
        why_c=why_c,
        trust=(*cfg.auth.trust, more[0]) if a and more and not result.by else (),
        advice=tuple(_advice(result, cfg)) if not result.by else (),
    )


def _advice(result: AuthResult, cfg: Config) -> list[str]:
    """What else would bring B, or do without it."""
    domain = result.from_addr.rpartition("@")[2]
    said: list[str] = []
    if result.temporary:
        said.append("DNS gave no answer on what would prove it; try again when it does")
    said += [f"{one.domain} signed it, but that proves nothing: {one.weak}" for one in result.dkim if one.weak]
    if result.is_strict and not result.proofs:
        said.append(f"have the mail of {domain} signed with DKIM, or let the agent submit to us (gateway auth add)")
        if cfg.auth.agents == "strict":
            said.append('or set agents = "token" in [auth]: A and C are enough then, and a forged From with a stolen')
            said[-1] += " token would act"
    return said


def _token(agent: str, arrival: Arrival, cfg: Config, keys: Keys | None) -> tuple[bool, str]:
    if keys is None:
        return False, "no token was ever signed here: the gateway has no secret yet"
    numbers = cfg.numbers
    recipients = arrival.envelope.recipients if cfg.mail.plus_addressing else ()
    found = clues(arrival.mail, recipients, keys, tag=numbers.tag, number_format=numbers.pattern)
    for claim, _ in found.claims:
        if claim.role is Role.AGENT and _is_theirs(claim, agent, cfg, keys):
            if is_expired(claim, at=arrival.at, after=cfg.auth.token_life):
                return False, f"its token for ticket {claim.ticket} has expired"
            return True, f"it carries a token for {agent} on ticket {claim.ticket}"
    if found.claims:
        return False, f"its token is not one for {agent}"
    return False, "it answers no notice of ours; a mail that opens a ticket or forwards one needs none"


def _is_theirs(claim: Claim, agent: str, cfg: Config, keys: Keys) -> bool:
    return any(keys.is_for(claim, address) for address in cfg.agents[agent].addresses)


# ---- told ----------------------------------------------------------------------------------------------------------


def _tell(agent: str, arrival: Arrival, result: AuthResult, shown: Shown, *, as_json: bool) -> None:
    if as_json:
        output.print_json(
            {
                "agent": agent,
                "message_id": arrival.mail.message_id or None,
                "source": arrival.source,
                "at": arrival.at,
                "a": shown.a,
                "b": shown.b,
                "c": shown.c,
                "why": {"a": shown.why_a, "b": shown.why_b, "c": shown.why_c},
                "trust": list(shown.trust),
                "advice": list(shown.advice),
                "evidence": result.to_json(),
            }
        )
        return
    output.say(f"{arrival.mail.message_id or 'a mail without an id'}, by {arrival.source}")
    print_pairs(
        (letter, f"{'yes' if yes else 'no '}  {why}")
        for letter, yes, why in (
            ("A", shown.a, shown.why_a),
            ("B", shown.b, shown.why_b),
            ("C", shown.c, shown.why_c),
        )
    )
    for note in result.notes:
        output.say(f"   {note}")
    if shown.trust:
        quoted = ", ".join(f'"{one}"' for one in shown.trust)
        output.say(f"B would pass with this line in [auth]:  trust = [{quoted}]")
        output.say("Write it only if this mail is really theirs and that server is yours.")
    for one in shown.advice:
        output.say(one)
