"""What a person does to tickets that belong together: decided on a look, written through the one door, and answers.

Whoever else wrote meanwhile makes it be decided again; nothing is composed while others are kept from writing.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway import act
from gateway.compose import letters
from gateway.compose.render import Templates
from gateway.config import Config
from gateway.errors import Conflict, Permanent
from gateway.now import now
from gateway.store import Store, matters
from gateway.tickets import matter
from gateway.tickets.actions import Action, Actor, AddArticle, Change, Note
from gateway.tickets.reason import Reason
from gateway.tickets.standing import Deed, Standing
from gateway.tickets.status import Happening, Status
from gateway.tickets.subject import NumberFormat, base_subject
from gateway.tickets.token import Keys, Role

TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Who does it, and where."""

    store: Store
    cfg: Config
    name: str  # of the actor: cli:root


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """What an answer is written with."""

    templates: Templates
    keys: Keys
    numbers: NumberFormat


def link(doer: Doer, number: int, others: Sequence[int]) -> Deed:
    """The tickets are similar to one another."""
    return _perform(doer, lambda conn, _: matter.link(*_those(conn, number, others)))


def unlink(doer: Doer, number: int, others: Sequence[int]) -> Deed:
    """Take away what links them."""
    return _perform(doer, lambda conn, _: matter.unlink(*_those(conn, number, others)))


def merge(doer: Doer, number: int, others: Sequence[int]) -> Deed:
    """`number` takes in the others, of the same requester."""
    return _perform(doer, lambda conn, at: matter.merge(*_those(conn, number, others), at))


def common(doer: Doer, number: int, others: Sequence[int], *, picky: bool = True) -> Deed:
    """`number` becomes the ticket that the others have in common."""
    statuses = doer.cfg.status_table
    return _perform(doer, lambda conn, _: matter.common(*_those(conn, number, others), statuses, picky=picky))


def resolve(doer: Doer, number: int) -> Deed:
    """The ticket and all that have it in common are resolved."""

    def decide(conn: Connection, at: datetime) -> Deed:
        one, _ = _those(conn, number, ())
        return matter.resolve(one, _children(conn, one), doer.cfg.status_table, at)

    return _perform(doer, decide)


def undo(doer: Doer, number: int) -> Deed:
    """Take back the last deed on a ticket that can be taken back."""

    def decide(conn: Connection, _: datetime) -> Deed:
        one, _others = _those(conn, number, ())
        done = matters.last_done(conn, number)
        if done is None:
            raise Permanent(f"there is nothing to undo on #{number}")
        return matter.undo(one, done, matters.standings(conn, matter.concerned(done)))

    return _perform(doer, decide)


def _perform(doer: Doer, decide: Callable[[Connection, datetime], Deed]) -> Deed:
    for _ in range(TRIES):
        at = now()
        with doer.store.main.read() as conn:
            deed = decide(conn, at)
        if not deed.actions:
            return deed
        try:
            with doer.store.main.write() as conn:
                act.apply(conn, deed.actions, Actor(name=doer.name, at=at))
        except (Conflict, IntegrityError):
            continue
        return deed
    raise Conflict("others keep changing these tickets; nothing was done")


def _those(conn: Connection, number: int, others: Sequence[int]) -> tuple[Standing, list[Standing]]:
    found = matters.standings(conn, [number, *others])
    missing = [one for one in (number, *others) if one not in found]
    if missing:
        raise Permanent(f"there is no ticket {', '.join(f'#{one}' for one in missing)}")
    return found[number], [found[other] for other in dict.fromkeys(others)]


def _children(conn: Connection, one: Standing) -> list[Standing]:
    """Those that have it in common, or what they were merged into since."""
    found = matters.survivors(conn, one.children)
    return [found[number] for number in sorted(found) if number != one.number]


# ---- answers -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Round:
    """One answer to several tickets: who has had it, and what is left out."""

    text: str
    step_key: str
    at: datetime
    written: dict[str, int] = field(default_factory=dict)  # address key -> the ticket it was written on
    skipped: list[tuple[int, str]] = field(default_factory=list)


def answer(doer: Doer, pen: Pen, number: int, text: str) -> Deed:
    """The text goes to the requester of the ticket and of each that has it in common, as a mail on their own ticket.

    Who has had this very text on their ticket does not get it again, so it may be repeated for those who came since.
    """
    text = text.strip()
    if not text:
        raise Permanent("an answer needs a text")
    step_key = f"answer:{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    return _perform(
        doer, lambda conn, at: _answer(doer, pen, conn, number, _Round(text=text, step_key=step_key, at=at))
    )


def _answer(doer: Doer, pen: Pen, conn: Connection, number: int, this: _Round) -> Deed:
    one, _ = _those(conn, number, ())
    if one.row["merged_into"] is not None:
        raise Permanent(f"#{number} was merged into #{one.row['merged_into']}; answer that")
    asked = [one]
    for child in _children(conn, one):
        if doer.cfg.status_table.like(child.row["status"]) is Status.CLOSED:
            this.skipped.append((child.number, f"is {child.row['status']}"))
        else:
            asked.append(child)
    had = matters.with_step(conn, [each.number for each in asked], this.step_key)
    this.skipped += [(each.number, "has had this answer") for each in asked if each.number in had]
    people = matters.correspondents(conn, [each.number for each in asked])
    # Who has had it on one ticket does not get it again on another of theirs.
    before = {whom.address.key: each for each in sorted(had) if (whom := people.get(each))}
    this.written.update(before)
    changes: list[Change] = []
    rest: list[Action] = []
    answered = []
    for each in sorted((each for each in asked if each.number not in had), key=lambda each: each.number):
        changes.append(_answered(doer, each, this.at))
        rest += _letter(doer, pen, each, people.get(each.number), this)
        answered.append(each.number)
    if not answered:
        return Deed(actions=(), said="nothing to do", skipped=tuple(this.skipped))
    if number not in answered:  # it went to those only that came since
        rest.append(Note(ticket=number, kind="answered", data={"on": answered}, reason=Reason.BY_PERSON))
    return Deed(
        actions=(*changes, *rest),
        said=_answered_how_many(len(this.written) - len(before)),
        tickets=tuple(answered),
        skipped=tuple(this.skipped),
    )


def _answered_how_many(customers: int) -> str:
    return f"answered {customers} customer{'' if customers == 1 else 's'}"


def _answered(doer: Doer, one: Standing, at: datetime) -> Change:
    values: dict[str, Any] = {"last_agent_at": at}
    status = doer.cfg.status_table.next(one.row["status"], Happening.AGENT_REPLIED)
    if status != one.row["status"]:
        values |= {"status": status, "resolved_at": None, "closed_at": None}
    if one.row["first_response_at"] is None:
        values["first_response_at"] = at
    seen = one.row["version"]
    return Change(ticket=one.number, seen_version=seen, values=values, before=one.row, reason=Reason.BY_PERSON)


def _letter(doer: Doer, pen: Pen, one: Standing, whom: matters.Correspondent | None, this: _Round) -> Iterator[Action]:
    title = one.row["title"]
    yield AddArticle(ticket=one.number, direction="out", author=doer.name, subject=title, text=this.text)
    kept = {"template": "reply"}
    why = ""
    if whom is None:
        why = Reason.NO_SENDER
    elif doer.cfg.is_ours(whom.address.key):
        why = Reason.OURSELVES
    elif whom.address.key in this.written:
        why, kept["on"] = Reason.COPY, f"#{this.written[whom.address.key]}"
    else:
        try:
            yield letters.send(_composed(doer, pen, one, whom, this), one.number)
            this.written[whom.address.key] = one.number
        except Permanent as exc:
            why, kept["detail"] = Reason.BAD_ADDRESS, str(exc)
    if why:
        yield Note(ticket=one.number, kind="not_sent", data=kept, reason=why)
        if why != Reason.COPY:
            this.skipped.append((one.number, "has nobody to write to" if whom is None else "cannot be written to"))
    yield Note(ticket=one.number, kind="answered", reason=Reason.BY_PERSON, step_key=this.step_key)


def _composed(doer: Doer, pen: Pen, one: Standing, whom: matters.Correspondent, this: _Round) -> letters.Letter:
    row, cfg = one.row, doer.cfg
    desk = letters.desk(cfg, row["queue"])
    token = pen.keys.issue(ticket=one.number, role=Role.REQUESTER, recipient=whom.address.key, at=this.at)
    unique = hashlib.sha256(f"{one.number} {this.step_key} {whom.address.key}".encode()).hexdigest()[:12]
    return letters.letter(
        pen.templates,
        desk,
        kind="reply",
        recipient=whom.address,
        ticket=letters.Shown(
            number=pen.numbers.show(one.number, row["created_at"]),
            tag=pen.numbers.tagged(one.number, row["created_at"]),
            title=row["title"],
            status=cfg.status_label(row["status"], whom.language),
        ),
        stamp=letters.Stamp(message_id=f"<{token}.{unique}@{cfg.mail.host}>", at=this.at, token=token),
        auto=letters.Auto.NO,
        language=whom.language,
        in_reply_to=whom.message_id,
        references=(whom.message_id,) if whom.message_id else (),
        context={"subject": base_subject(row["title"], desk.tag), "text": this.text},
    )
