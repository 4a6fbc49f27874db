"""A person's reply to a customer: under the queue's address and signature, in text and HTML, with what hangs on it."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from html import unescape
from urllib.parse import unquote

from markupsafe import Markup

from gateway.compose import body, letters, markdown, sanitise
from gateway.compose.files import File
from gateway.compose.render import Templates
from gateway.compose.values import Auto, Desk, Letter, Shown, Stamp
from gateway.errors import Permanent
from gateway.mail.value import Address
from gateway.tickets.subject import base_subject


def reply(
    templates: Templates,
    desk: Desk,
    *,
    ticket: Shown,
    subject: str,
    recipient: Address,
    stamp: Stamp,
    text: str,
    html: str = "",
    files: Sequence[File] = (),
    agent: str = "",
    never: Collection[str] = (),
    language: str = "",
    in_reply_to: str = "",
    references: Sequence[str] = (),
    kind: str = "reply",
    named: Sequence[Address] = (),
) -> Letter:
    """The letter. `subject`: of the ticket's first mail; `text`, `html`: what is to leave, all else cut from both.

    The HTML is made safe and leaves where it says no more than the text; else the text does, its Markdown as HTML.
    `files`: those with a cid may be shown by the HTML, by another name. `never`: the agent's addresses, tokens and
    whatever else must not leave; Permanent where the text holds one. `named`: who gets it, the requester first, each in
    a letter of their own.
    """
    text = body.clean(text).strip("\n") or "\n".join(file.name for file in files)
    told = next((one for one in never if one and one.casefold() in text.casefold()), None)
    if told is not None:
        raise Permanent(f"not sent, the reply would tell the customer {told}")
    shown = {file.cid: _renamed(file, stamp) for file in files if file.cid}
    page = sanitise.safe(html, {cid: file.cid for cid, file in shown.items()}) if html else ""
    if not page or not sanitise.says_no_more(page, text) or _holds(page, never):
        page = markdown.to_html(text).strip()
    return letters.letter(
        templates,
        desk,
        kind=kind,
        template="reply",
        recipient=recipient,
        ticket=ticket,
        stamp=stamp,
        auto=Auto.NO,
        language=language,
        in_reply_to=in_reply_to,
        references=references,
        context={
            "subject": base_subject(subject, desk.tag),
            "text": text,
            "html": Markup(page),
            "agent": {"name": agent},
        },
        files=_hung(files, shown, page),
        named=named,
    )


def _renamed(file: File, stamp: Stamp) -> File:
    """With a cid that is ours: theirs may hold the name of their mail server."""
    host = stamp.message_id.rpartition("@")[2].rstrip(">")
    return replace(file, cid=f"{hashlib.sha256(file.content).hexdigest()[:20]}@{host}")


def _hung(files: Sequence[File], shown: dict[str, File], page: str) -> list[File]:
    """Images that the page shows, each once, and all others as files to save."""
    found: dict[str, File] = {}
    for at, file in enumerate(files):
        ours = shown.get(file.cid) if file.cid else None
        if ours is not None and f'"cid:{ours.cid}"' in page:
            found.setdefault(ours.cid, ours)
        else:
            found[str(at)] = replace(file, cid="")
    return list(found.values())


def _holds(page: str, never: Collection[str]) -> bool:
    folded = unquote(unescape(page)).casefold()
    return any(one.casefold() in folded for one in never if one)
