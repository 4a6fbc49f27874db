"""Writing what one mail of an agent comes to: each way it may end is one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import act, log
from gateway.agents import held
from gateway.agents.acting import Acted, RefusedError, carry_out_mail
from gateway.agents.case import Case
from gateway.agents.replying import HeldBackError
from gateway.agents.transcript import transcript
from gateway.commands import looked_at
from gateway.compose.notices import Line
from gateway.filing import article, mail_row, remember
from gateway.site import Site
from gateway.store import Store
from gateway.store.savepoint import savepoint
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import Actor, Note, Send
from gateway.tickets.auth_result import AuthResult
from gateway.tickets.deeds.moves import answered
from gateway.tickets.reason import Reason, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The mail came to this; `state` is that of its spool row."""

    state: str
    reason: str
    ticket: int | None = None


class Writer:
    """What may become of one mail of an agent; just one of these is called."""

    def __init__(self, store: Store, site: Site, case: Case, auth: AuthResult, at: datetime) -> None:
        self.store, self.site, self.case, self.auth, self.at = store, site, case, auth, at

    def entered(
        self, conn: Connection, verdict: Verdict, reason: str, ticket: int | None, *more: Mapping[str, Any]
    ) -> int:
        """The row of the mail. `more`: steps that its trace ends with."""
        case = self.case
        row = mail_row(
            case.incoming,
            verdict=verdict,
            reason=reason,
            ticket=ticket,
            auth=self.auth.to_json(),
            trace=[*trace_of(case), *more],
            rule_set_id=self.site.rule_set_id,
        )
        return act.record_mail(conn, row)

    def ignored(self, reason: Reason) -> Done:
        with self.store.main.write() as conn:
            self.entered(conn, Verdict.IGNORE, reason, None)
        return Done(state="ignored", reason=reason)

    def held(self, reason: Reason, say: str, *, may_send: bool, lines: tuple[Line, ...] = ()) -> Done:
        """Kept, and its agent told."""
        with self.store.main.write() as conn:
            step = {"step": "held", "say": say, "may_send": may_send}
            mail_id = self.entered(conn, Verdict.HOLD, reason, None, step)
            held.hold(
                conn, self.case, self.site, self.at, mail_id, reason=reason, say=say, may_send=may_send, lines=lines
            )
        log.mail_held(self.case.incoming.spool.id, self.case.mail, self.case.number, reason)
        return Done(state="held", reason=reason)

    def recorded(self, around: Surroundings) -> Done:
        """The customer has it from the agent: it is our answer, and nothing is sent."""
        case, number = self.case, self.case.number
        assert number is not None
        with self.store.main.write() as conn:
            mail_id = self.entered(conn, Verdict.ACCEPT, case.course.reason, number)
            actor = Actor(name=f"agent:{case.agent}", at=self.at, mail_id=mail_id)
            one, _ = looked_at(conn, number)
            change = answered(one, self.site.cfg.status_table, self.at, case.course.reason)
            told = article(case.incoming, number, "out", author=actor.name)
            note = Note(ticket=number, kind="replied", data={"by": "hand"}, reason=case.course.reason)
            named = remember(case.mail, number, around, self.site.cfg)
            act.apply(conn, [change, told, named, note], actor, self.site.promises)
        return Done(state="done", reason=case.course.reason, ticket=number)

    def acted(self, raw: bytes, around: Surroundings) -> Done:
        """Everything it says, or nothing: what cannot be done or may not leave holds the mail."""
        case = self.case
        try:
            with self.store.main.write() as conn:
                actor = self._entered_as_agent(conn)
                acted = self._carried_out(conn, raw, around, actor)
                if case.script.calls:
                    told = self.transcript(acted, self._shown_alone(conn))
                    act.apply(conn, [told], Actor(name="mail", at=self.at, mail_id=actor.mail_id))
        except HeldBackError as exc:
            found = exc.withheld
            return self.held(found.reason, found.say, may_send=found.may_send)
        except RefusedError as exc:
            return self.held(Reason.REFUSED, str(exc), may_send=False, lines=exc.lines)
        return Done(state="done", reason=case.course.reason, ticket=case.number)

    def tried(self, raw: bytes, around: Surroundings) -> Acted:
        """What all of it would come to, taken back again. Raises HeldBackError and RefusedError."""
        try:
            with self.store.main.write() as conn:
                actor = self._entered_as_agent(conn)
                raise _DryRunError(carry_out_mail(conn, self.store, self.case, raw, around, self.site, actor))
        except _DryRunError as dry:
            return dry.acted

    def _entered_as_agent(self, conn: Connection) -> Actor:
        case = self.case
        mail_id = self.entered(conn, Verdict.ACCEPT, case.course.reason, case.number)
        return Actor(name=f"agent:{case.agent}", at=self.at, mail_id=mail_id)

    def _carried_out(self, conn: Connection, raw: bytes, around: Surroundings, actor: Actor) -> Acted:
        if not self.case.script.is_dry:
            return carry_out_mail(conn, self.store, self.case, raw, around, self.site, actor)
        try:
            with savepoint(conn):
                raise _DryRunError(carry_out_mail(conn, self.store, self.case, raw, around, self.site, actor))
        except _DryRunError as dry:
            return dry.acted

    def _shown_alone(self, conn: Connection) -> Mapping[str, Any] | None:
        """The one ticket that a mail on none asks to be shown: what is answered to that is about it."""
        asked = [call.argument for call in self.case.script.calls if call.command == "show"]
        numbers = asked[0] if len(asked) == 1 and isinstance(asked[0], tuple) else ()
        if self.case.row is not None or len(numbers) != 1:
            return None
        (number,) = numbers
        return looked_at(conn, int(number))[0].row

    def transcript(self, acted: Acted, shown: Mapping[str, Any] | None = None) -> Send:
        case = self.case
        row = case.row or shown
        return transcript(
            self.site,
            agent=case.agent,
            number=int(row["number"]) if row else None,
            row=dict(row) if row else None,
            subject=case.mail.subject,
            message_id=case.mail.message_id,
            acted=acted,
            of=f"transcript {case.incoming.spool.id}",
            at=self.at,
            dry=case.script.is_dry,
        )


class _DryRunError(Exception):
    """Takes back what was tried, and keeps what it came to."""

    def __init__(self, acted: Acted) -> None:
        super().__init__()
        self.acted = acted


def trace_of(case: Case) -> list[dict[str, Any]]:
    """Every decision on the mail, for `explain`."""
    power = case.authority
    return [
        {
            "step": "authority",
            "agent": case.agent,
            "power": power.power,
            "from_ok": power.from_ok,
            "verified": power.verified,
            "token": power.token,
            "reason": power.reason,
            "detail": power.detail,
            "confirmed": case.confirmed,
        },
        {"step": "thread", "ticket": case.number, "reason": case.thread.reason, "follows": None, "reopens": False,
         "mentions": [], "tried": []},
        {
            "step": "script",
            "commands": [call.line for call in case.script.calls],
            "misread": [one.say for one in case.script.misread],
        },
        {
            "step": "course",
            "fate": case.course.fate,
            "reason": case.course.reason,
            "notice": case.answered.notice,
            "newer": case.answered.newer,
        },
    ]  # fmt: skip
