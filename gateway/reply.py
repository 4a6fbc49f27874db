"""A person's reply on a ticket and on each that has it in common, to each customer on their own ticket, once."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from gateway.commands import Doer, children, looked_at, perform
from gateway.compose import letters
from gateway.compose.render import Templates
from gateway.compose.stamp import signed
from gateway.errors import Permanent
from gateway.mail import Address
from gateway.shown import counted
from gateway.store import snapshots
from gateway.store.snapshots import Correspondent
from gateway.tickets.actions import Action, AddArticle, Note
from gateway.tickets.deeds.moves import answered
from gateway.tickets.effect import Effect
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Status
from gateway.tickets.subject import base_subject
from gateway.tickets.token import Keys, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """What a reply is written with."""

    templates: Templates
    keys: Keys


@dataclass(slots=True)
class _Round:
    """One reply to several tickets: who has had it, and what is left out."""

    text: str
    step_key: str
    at: datetime
    written: dict[str, int] = field(default_factory=dict)  # address key -> the ticket it was written on
    skipped: list[tuple[int, str]] = field(default_factory=list)


def reply(doer: Doer, pen: Pen, number: int, text: str) -> Effect:
    """The text goes to the requester of the ticket and of each that has it in common, as a mail on their own ticket.

    Who has had this very text on their ticket does not get it again, so it may be repeated for those who came since.
    """
    text = text.strip()
    if not text:
        raise Permanent("a reply needs a text")
    step_key = f"reply:{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    return perform(doer, lambda conn, at: _reply(doer, pen, conn, number, _Round(text=text, step_key=step_key, at=at)))


def canned(doer: Doer, pen: Pen, number: int, name: str, above: str = "") -> Effect:
    """The prepared reply of that name, in the language of the ticket, below what stands `above` it."""
    with doer.store.main.read() as conn:
        language = str(looked_at(conn, number)[0].row["language"])
    text = pen.templates.canned_text(name, language, doer.cfg.mail.language)
    return reply(doer, pen, number, f"{above.strip()}\n\n{text}")


def _reply(doer: Doer, pen: Pen, conn: Connection, number: int, this: _Round) -> Effect:
    one, _ = looked_at(conn, number)
    if one.row["merged_into"] is not None:
        raise Permanent(f"#{number} was merged into #{one.row['merged_into']}; reply on that")
    asked = [one]
    for child in children(conn, one):
        if doer.cfg.status_table.like(child.row["status"]) is Status.CLOSED:
            this.skipped.append((child.number, f"is {child.row['status']}"))
        else:
            asked.append(child)
    had = snapshots.with_step(conn, [each.number for each in asked], this.step_key)
    this.skipped += [(each.number, "has had this reply") for each in asked if each.number in had]
    people = snapshots.correspondents(conn, [each.number for each in asked])
    copied = {each.number: snapshots.watchers(conn, each.number) for each in asked}
    # Who has had it on one ticket does not get it again on another of theirs.
    before = {whom.address.key: each for each in sorted(had) if (whom := people.get(each))}
    this.written.update(before)
    fresh = sorted((each for each in asked if each.number not in had), key=lambda each: each.number)
    if not fresh:
        return Effect(actions=(), said="nothing to do", skipped=tuple(this.skipped))
    letters_of = {each.number: list(_letters(doer, pen, each, people.get(each.number), copied, this)) for each in fresh}
    unreached = {unreachable for unreachable, _ in this.skipped} & letters_of.keys()
    if unreached == letters_of.keys():
        all_of_them = ", ".join(f"#{one}" for one in sorted(unreached))
        raise Permanent(f"{all_of_them} has nobody to write to: `requester ADDR` says whom it is for; nothing was done")
    # What its children were answered is an answer on the parent too, whomever that is for.
    replied = [each for each in fresh if each.number not in unreached or each.number == number]
    changes = [answered(each, doer.cfg.status_table, this.at, Reason.BY_PERSON) for each in replied]
    rest: list[Action] = []
    for each in fresh:
        if each in replied:
            title = each.row["title"]
            rest.append(
                AddArticle(ticket=each.number, direction="out", author=doer.name, subject=title, text=this.text)
            )
        rest += letters_of[each.number]
        if each in replied:
            rest.append(Note(ticket=each.number, kind="replied", reason=Reason.BY_PERSON, step_key=this.step_key))
    numbers = tuple(each.number for each in replied)
    if number not in numbers:  # it went to those only that came since
        rest.append(Note(ticket=number, kind="replied", data={"on": list(numbers)}, reason=Reason.BY_PERSON))
    customers = len(this.written) - len(before)
    return Effect(
        actions=(*changes, *rest),
        said=_said(customers, is_shadow=doer.cfg.gateway.shadow),
        tickets=numbers,
        skipped=tuple(this.skipped),
    )


def _said(customers: int, *, is_shadow: bool) -> str:
    whom = counted(customers, "customer")
    return f"wrote to {whom}; nothing is sent in shadow mode" if is_shadow else f"replied to {whom}"


def _letters(
    doer: Doer,
    pen: Pen,
    one: Snapshot,
    whom: Correspondent | None,
    copied: Mapping[int, Sequence[Address]],
    this: _Round,
) -> Iterator[Action]:
    """The letters on one ticket; where its requester cannot be written to, nothing leaves and it is left out."""
    kept = {"template": "reply"}
    why = ""
    if whom is None:
        why = Reason.NO_SENDER
    elif doer.cfg.is_ours(whom.address.key):
        why = Reason.OURSELVES
    elif whom.address.key in this.written:
        why, kept["on"] = Reason.COPY, f"#{this.written[whom.address.key]}"
    else:
        others = (each for each in copied[one.number] if each.key != whom.address.key)
        copies = [each for each in others if not doer.cfg.is_ours(each.key)]
        try:
            yield letters.send(_composed(doer, pen, one, whom, whom.address, copies, this), one.number)
            this.written[whom.address.key] = one.number
        except Permanent as exc:
            why, kept["detail"] = Reason.BAD_ADDRESS, str(exc)
            copies = []
        for each in copies:
            try:
                yield letters.send(_composed(doer, pen, one, whom, each, copies, this), one.number)
            except Permanent as exc:
                data = {"template": "reply", "recipient": each.addr, "detail": str(exc)}
                yield Note(ticket=one.number, kind="not_sent", data=data, reason=Reason.BAD_ADDRESS)
    if why:
        yield Note(ticket=one.number, kind="not_sent", data=kept, reason=why)
        if why != Reason.COPY:
            this.skipped.append((one.number, "has nobody to write to" if whom is None else "cannot be written to"))


def _composed(
    doer: Doer,
    pen: Pen,
    one: Snapshot,
    whom: Correspondent,
    recipient: Address,
    copies: Sequence[Address],
    this: _Round,
) -> letters.Letter:
    """The letter to one of those who get it: `whom` it is for, or who has a copy."""
    row, cfg = one.row, doer.cfg
    role = Role.REQUESTER if recipient is whom.address else Role.WATCHER
    desk = letters.desk(cfg, row["queue"])
    of = f"{one.number} {this.step_key}"
    return letters.letter(
        pen.templates,
        desk,
        kind="reply",
        recipient=recipient,
        ticket=letters.shown(cfg, row, whom.language),
        stamp=signed(cfg, pen.keys, one.number, recipient, role=role, at=this.at, of=of),
        named=letters.readers(whom.address, copies, cfg),
        auto=letters.Auto.NO,
        language=whom.language,
        in_reply_to=whom.message_id,
        references=(whom.message_id,) if whom.message_id else (),
        context={"subject": base_subject(row["title"], desk.tag), "text": this.text},
    )
