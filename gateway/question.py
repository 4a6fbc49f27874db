"""A third party is asked about a ticket: a supplier, a colleague elsewhere. Their answer comes back as a note."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from gateway.commands import Doer, looked_at, perform
from gateway.compose import letters, replies
from gateway.compose.stamp import signed
from gateway.config import Agent, Config
from gateway.errors import Permanent
from gateway.mail import Address, Attachment
from gateway.reply import Pen
from gateway.store import agents as stored
from gateway.tickets.actions import AddArticle, Note, Participate
from gateway.tickets.commands import Call
from gateway.tickets.effect import Effect, moved
from gateway.tickets.reason import Reason
from gateway.tickets.token import Role


def ask(doer: Doer, pen: Pen, number: int, call: Call, text: str) -> Effect:
    """As a person at the command line asks."""
    whom = call.argument
    assert isinstance(whom, Address)

    def decide(conn: Connection, at: datetime) -> Effect:
        return question(conn, doer.cfg, pen, number, whom, text, by=doer.name, of=f"{doer.name} {at}", at=at)

    return perform(doer, decide)


def question(
    conn: Connection,
    cfg: Config,
    pen: Pen,
    number: int,
    whom: Address,
    text: str,
    *,
    by: str,
    of: str,
    at: datetime,
    agent: Agent | None = None,
    files: Sequence[Attachment] = (),
) -> Effect:
    """They get the text and the customer's last words; the customer is told nothing. `of`: what the letter is made of.

    `files` hung on the agent's mail: they stay with the note.
    """
    text = text.strip()
    if not text:
        raise Permanent("#forward needs a text below it: what you ask them")
    one, _ = looked_at(conn, number)
    if any(address.key == whom.key and role == "requester" for address, role in one.participants):
        raise Permanent(f"{whom.addr} is the customer; a plain reply goes to them")
    last = next((said for said in reversed(stored.said(conn, number)) if said.direction == "in"), None)
    quoted = "\n".join(f"> {line}".rstrip() for line in last.text.split("\n")) if last else ""
    letter = replies.reply(
        pen.templates,
        letters.desk(cfg, one.row["queue"]),
        ticket=letters.shown(cfg, one.row, cfg.mail.language),
        subject=one.row["title"],
        recipient=whom,
        stamp=signed(cfg, pen.keys, number, whom, role=Role.THIRD, at=at, of=f"{of} third"),
        text=f"{text}\n\n{quoted}".rstrip(),
        agent=agent.name if agent else "",
        never=agent.addresses if agent else (),
        kind="question",
    )
    return Effect(
        actions=(
            moved(one),
            Participate(ticket=number, address=whom, role="third"),
            AddArticle(
                ticket=number,
                direction="note",
                author=by,
                subject=f"to {whom.addr}",
                text=text,
                attachments=tuple(files),
            ),
            letters.send(letter, number, wait=cfg.mail.undo),
            Note(ticket=number, kind="asked", data={"whom": whom.addr}, reason=Reason.BY_COMMAND),
        ),
        said=f"{whom.addr} is asked; their answer comes back as a note",
    )
