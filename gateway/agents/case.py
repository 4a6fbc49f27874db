"""Everything that is known of one mail of an agent: its authority, its script, what it answers, where its text goes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.agents.names import called, names_of
from gateway.agents.said import told_on
from gateway.config import Agent
from gateway.config.calendars import zone_of
from gateway.incoming import Incoming
from gateway.mail import Mail
from gateway.plan import thread_of
from gateway.site import Site
from gateway.store import agents as stored
from gateway.store.agents import Confirmed, Said
from gateway.store.surroundings import Surroundings
from gateway.tickets import authority, script
from gateway.tickets.auth_result import AuthResult
from gateway.tickets.authority import Asked, Authority, Power
from gateway.tickets.commands import Kind, Script
from gateway.tickets.leaving import Answered, Course, course, whole
from gateway.tickets.reason import Reason
from gateway.tickets.threading import Thread
from gateway.tickets.token import Role, is_expired

HELD_FOR = timedelta(days=180)  # how long a letter on a held mail may be answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One mail of an agent. `row` is its ticket, `held` the spool row of an earlier mail that it confirms or drops.

    `confirmed`: this very mail was held, and its agent said it may act.
    """

    incoming: Incoming
    agent: str
    thread: Thread
    row: Mapping[str, Any] | None
    authority: Authority
    power: Power  # what it may do, what its agent confirmed counted
    script: Script
    answered: Answered
    course: Course
    newer: tuple[Said, ...] = ()  # what arrived or left that its agent was not told of
    held: int | None = None
    confirmed: bool = False
    is_to_them: bool = False  # it answers a letter that the agent got as a customer
    overruled: frozenset[Reason] = frozenset()  # what the agent said shall not hold it
    requester: str = ""  # whom the agent named when asked who first wrote what was forwarded

    @property
    def mail(self) -> Mail:
        return self.incoming.mail

    @property
    def number(self) -> int | None:
        return int(self.row["number"]) if self.row else None

    @property
    def is_plain_opening(self) -> bool:
        """An agent writes as anybody does: verified, naming no ticket, commanding and passing on nothing."""
        loose = self.row is None and not self.answered.is_of_many and not self.incoming.clues.claims
        is_plain = not self.script.calls and not self.script.misread and not self.mail.is_forward
        return self.power is Power.OPENS and loose and is_plain

    @property
    def settles(self) -> bool:
        """It says what is to become of a held mail: of the one whose letter it answers, else of that on its ticket."""
        acts = self.power is Power.ACTS and self.row is not None
        return self.held is not None or (acts and any(map(self.script.call, ("send", "drop"))))

    @property
    def is_customers(self) -> bool:
        """An agent who is a customer here, verified, answers what was written to them as such, and commands nothing."""
        is_theirs = self.authority.power is Power.OPENS and self.authority.reason is Reason.TOKEN_OF_CUSTOMER
        return is_theirs and self.is_to_them and not self.script.calls and not self.script.misread


def case_of(
    conn: Connection, incoming: Incoming, agent: str, auth: AuthResult, around: Surroundings, site: Site, at: datetime
) -> Case:
    """What this mail is, as the ticket stands now."""
    own = site.cfg.agents[agent]
    thread = thread_of(incoming, around, site, at)
    read = script.read(incoming.mail, names_of(site.cfg, site.templates, at, me=agent))
    number = thread.ticket if thread.ticket is not None else thread.follows
    if number is None and not incoming.mail.is_forward and read.call("new") is None:
        number = _by_subject(thread)
    row = around.tickets.get(number) if number is not None else None
    said = stored.confirmed(conn, incoming.spool.id)
    confirmed = said is not None and said.agent == agent
    power = _authority(incoming, agent, own, auth, number, around, site)
    if row is None and incoming.mail.is_forward:
        read = _without_forwarded(read, incoming.mail.fwd_body)
    answered, newer = _answered(conn, incoming, own, row, around, site, agent, said if confirmed else None)
    may = _power(power, row) if confirmed else power.power
    held = _held(incoming, own, power, auth, site, at)
    forbidden = script.forbidden(read.calls, own.role) or (script.without_ticket(read.calls) if row is None else ())
    if forbidden and not held:
        read = Script(calls=read.calls, rest=read.rest, misread=forbidden, use=read.use, text=read.text)
    if row is not None:
        read = whole(incoming.mail, read, told_on(conn, row, agent, site.cfg))
    way = course(
        _confirmed(answered, row) if confirmed else answered,
        read,
        power=may,
        why=power.reason,
        has_files=bool(incoming.mail.attachments),
    )
    return Case(
        incoming=incoming,
        agent=agent,
        thread=thread,
        row=row,
        authority=power,
        power=may,
        script=read,
        answered=answered,
        course=way,
        newer=newer,
        held=held,
        confirmed=confirmed,
        is_to_them=_is_to_them(incoming, own, site),
        overruled=_reasons(said.overruled) if said and confirmed else frozenset(),
        requester=said.requester if said and confirmed else "",
    )


def _by_subject(thread: Thread) -> int | None:
    """The ticket whose number stands in the subject, where nothing else says which it is: no agent takes part in one.

    It gives the mail no authority, but the agent may give it that, and what is a word on it opens no other ticket.
    """
    named = (one.ticket for one in thread.tried if one.evidence is Reason.SUBJECT_NUMBER)
    return next((number for number in named if number in thread.mentions), None)


def _without_forwarded(read: Script, body: str) -> Script:
    """The script of a mail that passes on another's: what they wrote is no line of the agent's."""
    theirs = {line.strip() for line in body.split("\n")}
    own = tuple(one for one in read.misread if one.kind is not Kind.BELOW_TEXT or one.line.strip() not in theirs)
    return replace(read, misread=own)


def _reasons(names: Iterable[str]) -> frozenset[Reason]:
    return frozenset(Reason(name) for name in names if name in set(Reason))


# For want of these a mail is held that its agent may say is theirs; what speaks against it nobody can overrule.
CONFIRMABLE = frozenset(
    {Reason.UNVERIFIED, Reason.AUTH_UNAVAILABLE, Reason.NO_TOKEN, Reason.TOKEN_EXPIRED, Reason.WRONG_DATE,
     Reason.TOKEN_OF_OTHER_TICKET}
)  # fmt: skip


def _power(power: Authority, row: Mapping[str, Any] | None) -> Power:
    """Of a mail that its agent confirmed."""
    if power.reason not in CONFIRMABLE:
        return power.power
    return Power.ACTS if row is not None else Power.OPENS


def _authority(
    incoming: Incoming,
    agent: str,
    own: Agent,
    auth: AuthResult,
    number: int | None,
    around: Surroundings,
    site: Site,
) -> Authority:
    before = around.stored.get(incoming.mail.message_id, ())
    shown = authority.shown(
        incoming.mail,
        auth,
        incoming.spool.envelope.recipients if site.cfg.mail.plus_addressing else (),
        site.keys,
        again=bool(incoming.mail.message_id) and any(one.direction == "in" for one in before),
    )
    asked = Asked(
        agent=agent,
        addresses=own.addresses,
        ticket=number,
        at=incoming.spool.received_at,
        token_life=site.cfg.auth.token_life,
        took_in=tuple(one for one, row in around.tickets.items() if row["merged_into"] == number),
    )
    return authority.authority(shown, asked, site.keys, mode=site.cfg.auth.agents)


def _confirmed(answered: Answered, row: Mapping[str, Any] | None) -> Answered:
    """Of a mail that its agent said may act: what it answers they know, and that it quotes a ticket is no doubt."""
    return replace(answered, notice=answered.notice or "new", is_forward=answered.is_forward and row is None)


def _answered(
    conn: Connection,
    incoming: Incoming,
    own: Agent,
    row: Mapping[str, Any] | None,
    around: Surroundings,
    site: Site,
    agent: str,
    said: Confirmed | None,
) -> tuple[Answered, tuple[Said, ...]]:
    """What the mail is an answer to, and what its agent has not seen of the ticket. `said`: how they confirmed it."""
    mail = incoming.mail
    if row is None:
        letter = stored.letter(conn, mail.in_reply_to, own.addresses)
        return Answered(is_of_many=letter is not None, is_forward=mail.is_forward), ()
    number = int(row["number"])
    theirs = around.participants.get(number, frozenset()) - set(own.addresses)
    is_direct = any(one.key in theirs for one in (*mail.to, *mail.cc))
    # To others with us in To it is an answer to our notice all the same, which somebody reads along.
    to_us = any(site.cfg.is_ours(one.key) for one in mail.to)
    is_to_others = not is_direct and not to_us and any(not site.cfg.whose(one.key) for one in mail.to)
    notice = stored.notice(conn, [*mail.in_reply_to, *mail.references], own.addresses, number)
    if notice is None:
        return Answered(is_direct=is_direct, is_to_others=is_to_others, is_forward=mail.is_forward), ()
    told_at = max(notice.at, said.told_at) if said and Reason.NEWER in said.overruled else notice.at
    newer = tuple(
        one
        for one in stored.said(conn, number, told_at)
        if one.direction in ("in", "out") and not one.is_auto and one.author not in (f"agent:{agent}", *own.addresses)
    )
    answered = Answered(
        notice=notice.kind,
        newer=_newer(newer[-1], site) if newer else "",
        is_direct=is_direct,
        is_to_others=is_to_others,
        is_forward=mail.is_forward and not mail.in_reply_to,
    )
    return answered, newer


def _newer(last: Said, site: Site) -> str:
    """What came or left meanwhile, in words."""
    at = last.at.astimezone(zone_of(site.cfg))
    wrote = "wrote" if last.direction == "in" else "answered the customer"
    return f"{called(last.author, site.cfg)} {wrote} at {at:%H:%M on %d %b}"


def _is_to_them(incoming: Incoming, own: Agent, site: Site) -> bool:
    return any(
        claim.role in (Role.REQUESTER, Role.WATCHER) and site.keys.is_for(claim, address)
        for claim, _ in incoming.clues.claims
        for address in own.addresses
    )


def _held(incoming: Incoming, own: Agent, power: Authority, auth: AuthResult, site: Site, at: datetime) -> int | None:
    """The held mail that this one confirms or drops, by our token for it: nobody else's mailbox has that."""
    if not power.from_ok or power.reason is Reason.AUTH_FAILED or incoming.mail.is_automatic:
        return None
    for claim, _ in incoming.clues.other_claims:
        is_theirs = any(site.keys.is_for(claim, address) for address in own.addresses)
        if claim.role is Role.HELD and is_theirs and not is_expired(claim, at=at, after=HELD_FOR):
            return claim.ticket
    return None
