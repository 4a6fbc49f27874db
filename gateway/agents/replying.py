"""An agent's reply on its way to the customer: what is guarded, the letters, and what becomes of the ticket."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from gateway.agents.case import Case
from gateway.agents.said import told_on
from gateway.compose import letters, replies
from gateway.compose.files import File
from gateway.compose.stamp import signed
from gateway.errors import Permanent
from gateway.mail.attached.attachments import bytes_of
from gateway.site import Site
from gateway.store import snapshots
from gateway.tickets.actions import Action, AddArticle, Note
from gateway.tickets.deeds.moves import answered
from gateway.tickets.leaving import Outgoing, Withheld, outgoing
from gateway.tickets.leaving import Site as Guarded
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.token import Role


class HeldBackError(Exception):
    """The text of the mail may not leave; nothing of the mail is done."""

    def __init__(self, withheld: Withheld) -> None:
        super().__init__(withheld.say)
        self.withheld = withheld


def guarded(conn: Connection, case: Case, site: Site) -> Outgoing | Withheld:
    """What of the mail may leave; what its agent overruled stands in the way no more, where that is theirs to say."""
    assert case.row is not None
    cfg, mail = site.cfg, case.mail
    own = cfg.agents[case.agent]
    canned = _canned(case, site)
    if canned and not case.script.text.strip():
        return Outgoing(text=canned)
    found = outgoing(
        mail,
        case.script.text,
        addresses=own.addresses,
        told=told_on(conn, case.row, case.agent, cfg),
        site=Guarded(numbers=cfg.numbers, keys=site.keys),
        overruled=case.overruled,
    )
    if canned and isinstance(found, Outgoing):
        return replace(found, text=f"{found.text}\n\n{canned}", html="")
    return found


def _canned(case: Case, site: Site) -> str:
    """The prepared reply that the mail names."""
    call = case.script.call("canned")
    language = str(case.row["language"]) if case.row else ""
    return site.templates.canned_text(str(call.argument), language, site.cfg.mail.language) if call else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the reply comes to, and whom it reaches."""

    actions: tuple[Action, ...]
    reaches: tuple[str, ...]


def reply(
    conn: Connection, case: Case, one: Snapshot, leaving: Outgoing, raw: bytes, site: Site, at: datetime
) -> Reply:
    """One letter to the requester and one to each who has copies; the ticket waits for the customer now.

    Raises HeldBackError where the requester cannot be written to.
    """
    cfg, row = site.cfg, one.row
    by = f"agent:{case.agent}"
    to = snapshots.correspondents(conn, [one.number]).get(one.number)
    if to is None or cfg.is_ours(to.address.key):
        raise HeldBackError(_unanswerable(to))
    files = [
        File(name=item.name, type=item.type, content=bytes_of(raw, item.part), cid=item.part if item.inline else "")
        for item in leaving.attachments
    ]
    article = AddArticle(
        ticket=one.number,
        direction="out",
        author=by,
        subject=row["title"],
        text=leaving.text,
        attachments=leaving.attachments,
    )
    actions: list[Action] = [answered(one, cfg.status_table, at, Reason.BY_PERSON), article]
    reaches: list[str] = []
    copies = [address for address in snapshots.watchers(conn, one.number) if address.key != to.address.key]
    named = letters.readers(to.address, copies, cfg)
    for recipient, role in ((to.address, Role.REQUESTER), *((address, Role.WATCHER) for address in copies)):
        if cfg.is_ours(recipient.key):
            continue
        of = f"{case.incoming.spool.id} {case.incoming.spool.sha256}"
        try:
            letter = replies.reply(
                site.templates,
                letters.desk(cfg, row["queue"]),
                ticket=letters.shown(cfg, row, to.language),
                subject=row["title"],
                recipient=recipient,
                stamp=signed(cfg, site.keys, one.number, recipient, role=role, at=at, of=of),
                text=leaving.text,
                html=leaving.html,
                files=files,
                agent=cfg.agents[case.agent].name,
                never=cfg.agents[case.agent].addresses,
                language=to.language,
                in_reply_to=to.message_id,
                references=(to.message_id,) if to.message_id else (),
                named=named,
            )
        except Permanent as exc:  # an address that no mail can be written to, or a text that tells what it must not
            if role is Role.REQUESTER:
                raise HeldBackError(Withheld(reason=Reason.BAD_ADDRESS, say=str(exc), may_send=False))
            kept = {"template": "reply", "recipient": recipient.addr, "detail": str(exc)}
            actions.append(Note(ticket=one.number, kind="not_sent", data=kept, reason=Reason.BAD_ADDRESS))
            continue
        actions.append(letters.send(letter, one.number, wait=cfg.mail.undo))
        reaches.append(recipient.addr)
    actions.append(Note(ticket=one.number, kind="replied", data={"to": reaches}, reason=case.course.reason))
    return Reply(actions=tuple(actions), reaches=tuple(reaches))


def _unanswerable(to: snapshots.Correspondent | None) -> Withheld:
    """Nobody would read the answer: a mail without a usable From opened the ticket, or one from an address of ours."""
    whom = f"the ticket is for {to.address.addr}, which is an address of ours" if to else "the ticket is for nobody"
    say = f"{whom}; send it again with #requester ADDR in its first line"
    return Withheld(reason=Reason.OURSELVES if to else Reason.NO_SENDER, say=say, may_send=False)
