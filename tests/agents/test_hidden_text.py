"""What a reader of an agent's HTML mail does not see reaches no customer, neither as text nor as HTML."""

from email.message import EmailMessage

import pytest

from support.agent_desk import Office
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
SECRET = "refund limit is five hundred"

HIDDEN = {
    "display": f'<div style="display:none">{SECRET}</div>',
    "display, shouted": f'<div style="DISPLAY: NONE !important">{SECRET}</div>',
    "attribute": f"<div hidden>{SECRET}</div>",
    "visibility": f'<span style="visibility:hidden">{SECRET}</span>',
    "style sheet": f"<style>.x {{display:none}}</style><p class=x>{SECRET}</p>",
    "no size": f'<span style="font-size:0">{SECRET}</span>',
    "tiny": f'<span style="font-size:1px">{SECRET}</span>',
    "cut": f'<div style="max-height:0;overflow:hidden">{SECRET}</div>',
    "opacity": f'<div style="opacity:0">{SECRET}</div>',
    "out of the window": f'<div style="position:absolute;left:-9999px">{SECRET}</div>',
    "out of the line": f'<p style="text-indent:-9999px">{SECRET}</p>',
    "transparent": f'<span style="color:transparent">{SECRET}</span>',
    "comment": f"<!-- {SECRET} -->",
    "title": f"<title>{SECRET}</title>",
    "template": f"<template>{SECRET}</template>",
    "alt": f'<img src="https://example.org/p.gif" alt="{SECRET}">',
    "attribute text": f'<a href="https://example.org/" title="{SECRET}">here</a>',
}


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def written(notice: EmailMessage, page: str, text: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = CAROL, "support@acme.example", f"Re: {notice['Subject']}"
    mail["Date"], mail["Message-ID"] = notice["Date"], "<phone@acme.example>"
    mail["In-Reply-To"] = mail["References"] = notice["Message-ID"]
    if text:
        mail.set_content(text)
        mail.add_alternative(page, subtype="html")
    else:
        mail.set_content(page, subtype="html")
    return mail


def said(mail: EmailMessage) -> str:
    """All of a letter's words, text and HTML."""
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]  # type: ignore[attr-defined]
    return " ".join(parts)


@pytest.mark.parametrize("way", HIDDEN)
@pytest.mark.parametrize("text", ["", "Pull the plug."], ids=["page alone", "text and page"])
def test_what_nobody_sees_does_not_leave(office: Office, way: str, text: str) -> None:
    office.post(ANN, "It burns.")
    notice = office.last("carol@acme.example")
    page = f"<html><body><p><b>Pull</b> the plug.</p>{HIDDEN[way]}</body></html>"
    office.send(written(notice, page, text))
    replies = office.mails("ann@example.net", "reply")
    assert all(SECRET not in said(reply) for reply in replies)
    assert replies or office.states()[-1][0] == "held"
    if replies:
        assert "plug." in said(replies[-1])
