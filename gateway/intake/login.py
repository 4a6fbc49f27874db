"""AUTH on a submission listener (RFC 4954, 4616): who logs in, what they may send, how often one may guess (T27)."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gateway import log
from gateway.config import Config
from gateway.errors import Temporary
from gateway.intake.admission import Tally
from gateway.intake.replies import Reply
from gateway.mail.header import addresses, verbatim
from gateway.verify.users import LONGEST, Users, login_of

_GUESSES, _GUESSES_PER = 10, 3600.0  # by one peer, and of one agent's password
_AT_ONCE = 2  # checks: each takes 20 MB and a while of CPU

Challenge = Callable[[str], Awaitable[bytes | None]]  # asks the client, and gives its line


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the client says it is called, and its password."""

    name: str
    password: str


async def credentials(arg: str, challenge: Challenge) -> Credentials | Reply:
    """The exchange behind `AUTH`, PLAIN or LOGIN, or the reply that refuses it."""
    mechanism, _, initial = arg.partition(" ")
    match mechanism.upper():
        case "PLAIN":
            parts = await _answer(initial.strip(), "", challenge)
            if isinstance(parts, Reply):
                return parts
            acts_for, _, rest = parts.partition("\0")
            name, nul, password = rest.partition("\0")
            if not nul or "\0" in password or acts_for not in ("", name):
                return Reply.LOGIN_SYNTAX
        case "LOGIN":
            said = await _answer(initial.strip(), "Username:", challenge)
            if isinstance(said, Reply):
                return said
            secret = await _answer("", "Password:", challenge)
            if isinstance(secret, Reply):
                return secret
            name, password = said, secret
        case _:
            return Reply.UNKNOWN_MECHANISM
    return Credentials(name=name, password=password)


async def _answer(initial: str, prompt: str, challenge: Challenge) -> str | Reply:
    """One answer, decoded; the initial response counts where it was given (`=` is an empty one)."""
    if initial:
        text = "" if initial == "=" else initial
    else:
        line = await challenge(base64.b64encode(prompt.encode()).decode())
        if line is None:
            return Reply.LINE_TOO_LONG
        text = line.decode("ascii", "replace").rstrip("\r\n")
        if text == "*":
            return Reply.LOGIN_CANCELLED
    try:
        decoded = base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return Reply.LOGIN_SYNTAX
    return decoded if len(decoded) <= 3 * LONGEST else Reply.LOGIN_SYNTAX


@dataclass(slots=True, kw_only=True)
class Logins:
    """What all sessions of a listener share. `cfg` is replaced when the settings change."""

    cfg: Config
    users: Users
    may_be_clear: bool  # a password never leaves this machine: no TLS is needed
    failed: Tally = field(default_factory=lambda: Tally(_GUESSES, _GUESSES_PER))
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def agent(self, given: Credentials, peer: str) -> str | Reply:
        """The agent whose name and password these are, or the reply: wrong, guessed too often, not to be told now."""
        agent = login_of(given.name, self.cfg)
        keys = (f"peer {peer}", f"agent {agent}") if agent else (f"peer {peer}",)
        clock = asyncio.get_running_loop().time
        if any(self.failed.is_full(key, clock()) for key in keys):
            log.login_failed(peer, agent or "", why="too many failures")
            return Reply.LOGIN_LATER
        try:
            async with self._slots:
                # Nobody's password is checked too, so that the time tells nothing of who is there.
                right = await asyncio.to_thread(self.users.check, agent or "", given.password)
        except Temporary as error:
            log.login_failed(peer, agent or "", why=str(error))
            return Reply.LOGIN_LATER
        if agent and right:
            log.logged_in(peer, agent)
            return agent
        for key in keys:
            self.failed.add(key, clock())
        log.login_failed(peer, agent or "", why="wrong password" if agent else "no such agent")
        return Reply.LOGIN_FAILED

    def may_send_as(self, agent: str, address: str) -> bool:
        """Is this one of their own addresses (T87)?"""
        return self.cfg.agent_for(address) == agent

    def is_theirs(self, agent: str, mail: bytes) -> bool:
        """Has the mail one From, with an address of theirs?"""
        header = verbatim.read(mail)
        fields = header.all("from")
        if header.damage or len(fields) != 1:
            return False
        sender, _ = addresses.sender([fields[0].value])
        return sender is not None and self.may_send_as(agent, sender.addr)
