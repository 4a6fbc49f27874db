"""`gateway check --probe`: a mail to each of our addresses, followed until an answer to its acknowledgement has joined.

The daemon does all the work as for any other mail; here its rows are read. No agent hears of a probe (`tickets.probe`).
"""

import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import click

from gateway.cli import output
from gateway.cli.main import Session
from gateway.cli.opening import opened
from gateway.cli.probe_mail import Probe, Way, composed, way_in, way_via
from gateway.config import Config
from gateway.config.kinds import addr
from gateway.delivery.answer import Failed, Reason, Sent, Unreachable
from gateway.delivery.sender import carrier_of
from gateway.delivery.signing import signer_of
from gateway.delivery.smtp import Smarthost
from gateway.errors import Permanent
from gateway.health.state import running
from gateway.keys import load_keys
from gateway.now import now
from gateway.oauth import Keeper
from gateway.store import Store, probes
from gateway.tickets import probe as marks
from gateway.tickets.auth_result import Result, from_json
from gateway.tickets.reason import in_words
from gateway.tickets.token import Keys

_LOOK_EVERY = 0.2  # seconds
_OFFER_EVERY = 5.0  # seconds between two tries where the server says later
STEPS = ("handed over", "came in", "ticket", "verified", "acknowledged", "answered", "joined")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that went well, so many seconds after the beginning."""

    step: str
    seconds: float
    what: str


class _Stopped(Exception):
    """It ends here: `args` are what is wrong, and what to look at."""


@dataclass(slots=True, kw_only=True)
class Walk:
    """The way of one probe so far. `waits`: what is said if time runs out now: what is missing, where to look."""

    address: str
    began: datetime
    steps: list[Step] = field(default_factory=list)
    ticket: int | None = None
    waits: tuple[str, str] = ("", "")
    not_shown: list[str] = field(default_factory=list)  # what may fail although all went well
    problem: str = ""
    look_at: str = ""
    tell: Callable[["Walk", Step], None] | None = None

    def done(self, what: str, at: datetime | None = None) -> None:
        """The next step is done, now or when the rows say so."""
        seconds = max(0.0, ((at or now()) - self.began).total_seconds())
        before = self.steps[-1].seconds if self.steps else 0.0  # other clocks, and mailboxes that tell whole seconds
        self.steps.append(Step(step=STEPS[len(self.steps)], seconds=max(before, round(seconds, 2)), what=what))
        if self.tell is not None:
            self.tell(self, self.steps[-1])

    @property
    def stopped_at(self) -> str | None:
        return STEPS[len(self.steps)] if len(self.steps) < len(STEPS) else None


def check_probe(session: Session, *, via: str | None, sender: str | None, timeout: timedelta, as_json: bool) -> int:
    """0 where every address went the whole way, 1 where one did not."""
    with opened(session) as (cfg, store):
        if cfg.gateway.shadow:
            raise Permanent(
                "a probe is a mail, and in shadow mode nothing is sent; what would have been: gateway report --shadow"
            )
        author = _author(cfg, sender)
        secret = cfg.gateway.secret_file
        if secret.path is not None and not secret.path.exists():
            raise Permanent(f"{secret.path} is not there yet: start the daemon, which makes it, and probe again")
        way = _way(cfg, store, via, author)
        try:
            if not as_json:
                _now(f"probes from {author} by {way.name}")
            told = _say_step if not as_json else None
            walks = _Probing(cfg, store, load_keys(secret), way, author).run(timeout, told)
        finally:
            way.close()
    _tell(walks, way, author, as_json=as_json)
    return 0 if all(one.stopped_at is None and not one.problem for one in walks) else 1


def _author(cfg: Config, sender: str | None) -> str:
    """Whom the probes are from: --from, else the admin. UsageError where their mail is no customer's."""
    try:
        author = addr(sender) if sender is not None else cfg.gateway.admin
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--from")
    if whose := cfg.whose(author):
        raise click.UsageError(
            f"{author} is {whose}, so a probe from there would not be a customer's mail; "
            "name another mailbox, which gets the acknowledgements: --from ADDRESS"
        )
    return author


def _way(cfg: Config, store: Store, via: str | None, author: str) -> Way:
    if via is not None:
        return way_via(cfg, via)
    route = next(one for one in cfg.routes if one.is_default)
    is_near = author.rpartition("@")[2].lower() == cfg.mail.from_.domain  # we sign for our own domain only
    carrier = carrier_of(route, cfg, Keeper(store), signer_of(route) if is_near else None)
    if isinstance(carrier, Smarthost):
        return Way(carrier, str(route.way.to))
    if (own := way_in(cfg)) is not None:
        return own
    raise click.UsageError(
        "mail leaves into a folder here; name the server that takes our mail: --via HOST:PORT or unix:PATH"
    )


# ---- the way -------------------------------------------------------------------------------------------------------


class _Probing:
    """All probes of one call, side by side."""

    def __init__(self, cfg: Config, store: Store, keys: Keys, way: Way, author: str) -> None:
        self._cfg, self._store, self._keys, self._way, self._author = cfg, store, keys, way, author
        self._baseline = probes.newest(store)
        self._looked: set[int] = set()
        self._expected: set[str] = set()
        self._arrived: dict[str, int] = {}

    def run(self, timeout: timedelta, tell: Callable[[Walk, Step], None] | None) -> list[Walk]:
        """`tell` hears of each step when it is done."""
        until = time.monotonic() + timeout.total_seconds()
        walks = [Walk(address=address, began=now(), tell=tell) for address in self._cfg.addresses()]
        going = [(walk, self._follow(walk)) for walk in walks]
        while going and time.monotonic() < until:
            self._look()
            going = [(walk, steps) for walk, steps in going if _goes_on(walk, steps)]
            if going:
                time.sleep(_LOOK_EVERY)
        for walk, _ in going:
            walk.problem, walk.look_at = walk.waits
        return walks

    def _look(self) -> None:
        """Which of the probes that were handed over are in the spool by now."""
        missing = self._expected - self._arrived.keys()
        if missing:
            for nonce, spool_id in probes.found(self._store, missing, after=self._baseline, but=self._looked):
                self._arrived.setdefault(nonce, spool_id)

    def _follow(self, walk: Walk) -> Generator[None]:
        """The whole way of one probe; each `yield` waits for a moment. Raises _Stopped."""
        walk.began = now()
        first = composed(self._cfg, self._keys, self._author, walk.address)
        yield from self._handed_over(walk, first)
        came = yield from self._taken(walk, first)
        walk.ticket = came.ticket
        assert came.ticket is not None
        walk.done(f"#{came.ticket}, {_classified(came)}", came.closed_at)
        walk.done(_verified(came), came.closed_at)
        if _is_unproved(came):
            nothing = f"neither SPF nor DKIM nor DMARC had anything to say of {self._author} by {self._way.name}"
            walk.not_shown.append(f"who sent it: {nothing}; a mailbox elsewhere shows it: --from ADDRESS")
        if marks.TAG not in came.tags:
            raise _Stopped(
                f"#{came.ticket} is a ticket like any other: {_why_ordinary(came)}",
                f"what the servers on the way remove; close it: gateway do {came.ticket} close",
            )
        sent = yield from self._acknowledged(walk, came.ticket)
        second = composed(self._cfg, self._keys, self._author, walk.address, answers=sent.message_id)
        yield from self._handed_over(walk, second)
        joined = yield from self._taken(walk, second, is_answer=True)
        if joined.ticket != came.ticket:
            raise _Stopped(
                f"the answer became #{joined.ticket} instead of joining #{came.ticket}: {_threaded(joined)}",
                f"gateway explain {joined.ticket}; does something on the way rewrite In-Reply-To and References?",
            )
        walk.done(f"#{joined.ticket}, {_threaded(joined)}", joined.closed_at)
        if self._cfg.delivery.is_server:
            kept = f"whether {self._cfg.delivery.to} keeps them was not looked at, the answer was written by our own"
            walk.not_shown.append(f"our Message-IDs: {kept}; compare the acknowledgement that arrived")

    def _handed_over(self, walk: Walk, mail: Probe) -> Generator[None]:
        self._expected.add(mail.nonce)
        other = "gateway check --live; or name the server that takes customers' mail with --via HOST:PORT"
        while True:
            answer = self._way.hand_over(mail, self._author)
            if isinstance(answer, Sent):
                walk.done(f"{self._way.name} said {answer.reply}")
                return
            said = f"{self._way.name} did not take it: {answer.reply}"
            if isinstance(answer, Unreachable) and answer.reason is not Reason.SLOW_DOWN:
                raise _Stopped(said, f"does it run? gateway status; {other}")
            if isinstance(answer, Failed):
                raise _Stopped(said, other)
            is_full = answer.reply.startswith(("452", "431"))
            walk.waits = said, "gateway status: is its disk full, or does the spool stand still?" if is_full else other
            again = time.monotonic() + _OFFER_EVERY
            while time.monotonic() < again:
                yield

    def _taken(self, walk: Walk, mail: Probe, *, is_answer: bool = False) -> Generator[None, None, probes.Came]:
        """Until the mail is in and processed; gives what is known of it then."""
        walk.waits = "it did not come in", self._on_the_way(walk)
        while mail.nonce not in self._arrived:
            yield
        spool_id = self._arrived[mail.nonce]
        came = probes.came(self._store, spool_id)
        if not is_answer:
            walk.done(f"by {came.source}, mail {spool_id} of the spool", came.received_at)
        walk.waits = f"mail {spool_id} waits in the spool", "gateway status; the log of the daemon"
        while came.state == "new":
            yield
            came = probes.came(self._store, spool_id)
        if came.ticket is None or came.state in ("quarantined", "held"):
            why = in_words(came.reason.partition(":")[0])
            look = f"gateway explain spool:{spool_id}; gateway quarantine list"
            raise _Stopped(f"mail {spool_id} was {came.state}: {why}", look)
        return came

    def _on_the_way(self, walk: Walk) -> str:
        if running(self._cfg.gateway.data_dir) is None:
            return "the daemon is not running on this machine: gateway status"
        doors = [f"{one.role} {one.listen}" for one in self._cfg.smtp]
        doors += [f"mailbox {one.name}" for one in self._cfg.imap]
        return (
            f"the queue and log of {self._way.name}: does it bring mail to {walk.address} "
            f"to {' or '.join(doors) or 'a door of ours (there is none)'}? gateway check --live tries each"
        )

    def _acknowledged(self, walk: Walk, number: int) -> Generator[None, None, probes.Answered]:
        """Until the automatic answer has left; gives its row."""
        sent = probes.answered(self._store, number, self._author.lower())
        if sent is None:
            why = in_words(probes.silence(self._store, number)) or "no rule asks for it"
            raise _Stopped(f"nothing was written: {why}", f"gateway explain {number}")
        while sent.state in ("pending", "sending"):
            said = f": {sent.last_reply}" if sent.last_reply else ""
            walk.waits = (
                f"the acknowledgement, mail {sent.outbox_id} of the outbox, has not left{said}",
                "gateway status; gateway outbox list; gateway check --live",
            )
            yield
            sent = probes.answered(self._store, number, self._author.lower()) or sent
        if sent.state != "sent" and sent.state != "shadowed":
            raise _Stopped(
                f"the acknowledgement, mail {sent.outbox_id} of the outbox, is {sent.state}: "
                f"{sent.last_reply or in_words(sent.reason)}",
                "gateway outbox list",
            )
        walk.done(f"to {self._author}: {sent.last_reply or sent.state}", sent.sent_at)
        return sent


def _goes_on(walk: Walk, steps: Generator[None]) -> bool:
    try:
        next(steps)
    except StopIteration:
        return False
    except _Stopped as stopped:
        walk.problem, walk.look_at = stopped.args
        return False
    return True


def _classified(came: probes.Came) -> str:
    rules = next((step for step in came.steps if step.get("step") == "rules"), {})
    names = [one["name"] for one in rules.get("rules", []) if one["matched"]]
    return f"rules that matched: {', '.join(names)}" if names else "no rule matched"


def _threaded(came: probes.Came) -> str:
    step = next((step for step in came.steps if step.get("step") == "thread"), {})
    return in_words(str(step.get("reason", "")))


def _verified(came: probes.Came) -> str:
    """What was found of who sent it: the standing that rules see, and each method."""
    auth = from_json(came.auth)
    if auth is None:
        return "nobody looked who sent it"
    dkim = ", ".join(f"{one.result} {one.domain}".rstrip() for one in auth.dkim) or "none"
    return f"{auth.standing} (SPF {auth.spf.result}, DKIM {dkim}, DMARC {auth.dmarc.result})"


def _is_unproved(came: probes.Came) -> bool:
    auth = from_json(came.auth)
    return auth is None or auth.standing == Result.NONE


def _why_ordinary(came: probes.Came) -> str:
    auth = from_json(came.auth)
    if auth is not None and auth.failed:
        return f"it is proved not to be from whom it says: {_verified(came)}"
    return f"the header {marks.HEADER} did not arrive as it was sent"


# ---- telling -------------------------------------------------------------------------------------------------------


def _now(line: str) -> None:
    """A line that is seen at once, also through a pipe."""
    output.say(line)
    sys.stdout.flush()


def _say_step(walk: Walk, step: Step) -> None:
    _now(f"  {step.seconds:7.2f} s  {walk.address}: {step.step}: {step.what}")


def _tell(walks: Sequence[Walk], way: Way, author: str, *, as_json: bool) -> None:
    """What came of each; people have seen the steps by now."""
    if as_json:
        output.print_json({"via": way.name, "from": author, "addresses": [_json_of(one) for one in walks]})
        return
    for one in walks:
        last = one.steps[-1].seconds if one.steps else 0.0
        output.say(f"{one.address}: {f'stopped before: {one.stopped_at}' if one.problem else f'good, {last:.2f} s'}")
        for what in one.not_shown if not one.problem else ():
            output.say(f"  not shown: {what}")
        if one.problem:
            output.say(f"  {one.problem}")
            output.say(f"  look at: {one.look_at}")


def _json_of(one: Walk) -> dict[str, object]:
    return {
        "address": one.address,
        "good": not one.problem and one.stopped_at is None,
        "ticket": one.ticket,
        "steps": [{"step": step.step, "seconds": step.seconds, "what": step.what} for step in one.steps],
        "stopped_at": one.stopped_at if one.problem else None,
        "not_shown": one.not_shown,
        "problem": one.problem or None,
        "look_at": one.look_at or None,
    }
