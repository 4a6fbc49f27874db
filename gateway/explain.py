"""Where explanations come from: a dry run on the site as it stands, or what was stored when a mail was decided.

Nothing here writes, and nothing here prints.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.config import Config
from gateway.explanation import (
    Asked,
    Explanation,
    TicketExplanation,
    as_stored,
    ask,
    current,
    explanation,
    letter,
    outgoing,
    reaction,
)
from gateway.incoming import envelope_json
from gateway.mail import Mail
from gateway.pipeline import foretell
from gateway.recorded import RulesOfThen
from gateway.rules import RegexMatcher
from gateway.site import Site
from gateway.store import Store, explained, rule_sets, trace
from gateway.store.explained import JournalLine, Record
from gateway.store.spool import Claimed
from gateway.store.trace import Trail
from gateway.tickets import reckoned
from gateway.tickets.actions import Action, Change, OpenTicket, Send
from gateway.verify import Arrival, Resolver, verify

# ---- foretold ------------------------------------------------------------------------------------------------------


def dry_run(
    store: Store, site: Site, claimed: Claimed, raw: bytes, mail: Mail, *, known_as: int | None = None
) -> Explanation:
    """What would become of this mail now. `known_as`: the spool row that it would only repeat."""
    arrival = Arrival(raw=raw, mail=mail, envelope=claimed.envelope, source=claimed.source, at=claimed.received_at)
    auth = None if claimed.quiet or claimed.is_sent else verify(arrival, site.cfg, Resolver(site.cfg.auth.dns))
    plan = foretell(store, site, RegexMatcher(time.monotonic), claimed, raw, mail, auth)
    asked = ask(site.rules, plan.facts, _shown_files(store, site))
    trail = Trail(
        at=claimed.received_at,
        direction="in",
        spool_id=None,
        mail_id=None,
        source=claimed.source,
        peer=claimed.envelope.peer,
        helo=claimed.envelope.helo,
        mail_from=claimed.envelope.mail_from,
        from_addr=plan.incoming.sender,
        recipients=claimed.envelope.recipients,
        subject=mail.subject,
        message_id=mail.message_id,
        queue_ids=mail.queue_ids,
        size=claimed.size,
        sha256=claimed.sha256,
        kind=str(plan.incoming.mail.kind),
        state=plan.state,
        reason=plan.reason,
        attempts=0,
        copies=0,
        verdict=str(plan.verdict),
        ticket=plan.ticket,
        steps=as_stored(plan.trace),
        sending=None,
    )
    record = Record(
        facts=as_stored(
            {**plan.facts, "envelope": envelope_json(claimed.envelope), "trail": list(plan.incoming.mail.trail)}
        ),
        auth=auth.to_json() if auth else {},
        rule_set_id=None,
        changes=tuple(_changes(plan.actions)),
        sent=(),
    )
    would = [
        {"mail_id": None, "kind": one.kind, "to": one.recipient.addr, "subject": one.subject, "state": None}
        for one in plan.actions
        if isinstance(one, Send)
    ]
    return explanation(trail, record, asked, would, dry=True, known_as=known_as, row=None)


def _shown_files(store: Store, site: Site) -> dict[str, Any]:
    """The rules as their files stand, with the id under which they are in force, if they are."""
    newest = rule_sets.newest(store)
    if newest is None or newest[0].sha256 != site.rules.sha256:
        return {"id": None, "sha256": site.rules.sha256, "activated_at": None}
    return {"id": newest[0].id, "sha256": newest[0].sha256, "activated_at": newest[0].activated_at}


def _changes(actions: Iterable[Action]) -> Iterator[JournalLine]:
    """What the journal would say of a ticket opened or changed."""
    for one in actions:
        if isinstance(one, OpenTicket):
            yield JournalLine(kind="opened", reason="", data={"queue": one.queue, "title": one.title})
        elif isinstance(one, Change):
            data = {name: [_plain(one.before.get(name)), _plain(value)] for name, value in one.values.items()}
            yield JournalLine(kind="changed", reason=one.reason, data=data)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


# ---- as it was -----------------------------------------------------------------------------------------------------


class History:
    """Explains mails that were decided, by the rules of then."""

    def __init__(self, store: Store, cfg: Config) -> None:
        self._store = store
        self._matcher = RegexMatcher(time.monotonic)
        self._rules = RulesOfThen(store, cfg)
        self._promises = cfg.promises

    def mail(self, mail_id: int) -> Explanation | None:
        """What happened to a stored mail, in or out."""
        found = self._explain([mail_id])
        return found[0] if found else None

    def spooled(self, spool_id: int) -> Explanation | None:
        """The same by the number that its sender was told; also of a mail that was never decided."""
        mail_id = trace.by_spool(self._store, [spool_id]).get(spool_id)
        if mail_id is not None:
            return self.mail(mail_id)
        trails = trace.trails(self._store, (), [spool_id])
        record = Record(facts={}, auth={}, rule_set_id=None, changes=(), sent=())
        return explanation(trails[0], record, Asked(), [], dry=False, known_as=None, row=None) if trails else None

    def ticket(self, number: int) -> TicketExplanation | None:
        """Why a ticket is where it is: its fields, and every mail of it, oldest first."""
        row = explained.ticket_row(self._store, number)
        if row is None:
            return None
        mails = self._explain(trace.by_ticket(self._store, number))
        afterwards = tuple(reaction(at, ruled) for at, ruled in explained.ruled(self._store, number))
        return TicketExplanation(
            ticket=number,
            fields=current(row, mails, explained.last_changes(self._store, number), afterwards),
            due=reckoned.told(row, self._promises, self._was_due(number)),
            clock=tuple(self._ticked(number, row)),
            mails=tuple(mails),
            afterwards=afterwards,
        )

    def _ticked(self, number: int, row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """By the clock of the calendar that the ticket's due times are by."""
        zone = self._promises.of(row).hours.zone
        return ({**line, "at": line["at"].astimezone(zone)} for line in explained.ticked(self._store, number))

    def _was_due(self, number: int) -> dict[str, datetime]:
        return {column: one.due for column, one in explained.promised(self._store, number).items()}

    def _explain(self, mail_ids: Sequence[int]) -> list[Explanation]:
        records = explained.records(self._store, mail_ids)
        trails = trace.trails(self._store, mail_ids)
        left = trace.trails(self._store, [one for record in records.values() for one in record.sent])
        sent = {one.mail_id: one for one in left}
        tickets = {one.ticket for one in trails if one.ticket is not None}
        rows = {number: explained.ticket_row(self._store, number) for number in tickets}
        causes = explained.causes(self._store, tickets)
        found = []
        for trail in trails:
            assert trail.mail_id is not None
            row = rows.get(trail.ticket or 0)
            if trail.direction == "out":
                found.append(outgoing(trail, causes.get(trail.mail_id), row))
                continue
            record = records[trail.mail_id]
            mails = [letter(sent[one]) for one in record.sent if one in sent]
            found.append(explanation(trail, record, self._again(record), mails, dry=False, known_as=None, row=row))
        return found

    def _again(self, record: Record) -> Asked:
        if record.rule_set_id is None:
            return Asked(problem="which rules were in force was not recorded")
        then = self._rules.at(record.rule_set_id)
        if then.rules is None:
            return Asked(shown=then.shown, problem=then.problem)
        return ask(then.rules, record.facts, then.shown, self._matcher)
