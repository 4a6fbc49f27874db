"""What an agent hears of a mail with commands: each line with what became of it, and what was asked for."""

from collections.abc import Sequence
from datetime import datetime

from gateway.agents.acting import Acted
from gateway.compose import letters
from gateway.compose.notices import Attached, Line, Notice, notice
from gateway.compose.stamp import plain, signed
from gateway.config.calendars import zone_of
from gateway.mail import Address
from gateway.site import Site
from gateway.tickets.actions import Send
from gateway.tickets.token import Role


def transcript(
    site: Site,
    *,
    agent: str,
    number: int | None,
    row: dict[str, object] | None,
    subject: str,
    message_id: str,
    acted: Acted,
    of: str,
    at: datetime,
    dry: bool = False,
    lines: Sequence[Line] = (),
) -> Send:
    """The letter. An answer to it is a note on the ticket."""
    cfg, own = site.cfg, site.cfg.agents[agent]
    recipient = Address(addr=own.addresses[0], name=own.name)
    language = own.language or cfg.mail.language
    texts = list(acted.answers)
    if dry:
        reached = ", ".join(acted.reaches) or "nobody"
        texts.insert(0, f"This was a dry run: nothing was done, nothing was sent. A reply would reach: {reached}.")
    stamp = (
        signed(cfg, site.keys, number, recipient, role=Role.AGENT, at=at, of=of)
        if number is not None
        else plain(cfg, at)
    )
    letter = notice(
        site.templates,
        letters.desk(cfg, str(row["queue"]) if row else ""),
        kind="transcript",
        about=Notice(
            ticket=letters.shown(cfg, row, language) if row else None,
            subject=str(row["title"]) if row else subject,
            lines=tuple(lines) or acted.lines,
            text="\n\n".join(texts),
            attachments=[
                Attached(name=one.name, type=one.type, size=one.size, content=one.content) for one in acted.files
            ],
        ),
        recipient=recipient,
        stamp=stamp,
        notice_max=25 * 1024 * 1024,
        zone=zone_of(cfg),
        language=language,
        in_reply_to=message_id,
        references=(message_id,) if message_id else (),
    )
    return letters.send(letter, number)
