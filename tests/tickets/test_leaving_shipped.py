"""Whatever the shipped notices say to agents, nothing of it leaves with an answer to them, by any client."""

from pathlib import Path

import pytest

from gateway.compose.render import Templates
from gateway.compose.samples import samples
from gateway.mail import read
from gateway.tickets.leaving import Outgoing, Told, outgoing, whole
from gateway.tickets.leaving.runs import words
from gateway.tickets.script import read as script_of
from gateway.tickets.token import Role
from support.agent_mails import AT, CAROL, KEYS, NAMES, SITE
from support.answering import CLIENTS, Answer

TEMPLATES = Templates.load(Path(__file__).parents[2] / "templates")
NOTICES = ("notice_new", "notice_assigned", "notice_answered")
TYPED = ("Hello Ann,", "", "your lamp left us yesterday and will reach you on Tuesday.", "", "Kind regards,", "Carol")
CARD = ("Carol Reyes", "Support Engineer", "+420 555 100 200", CAROL[0])


def notice(name: str, language: str) -> tuple[str, ...]:
    token = KEYS.issue(ticket=1042, role=Role.AGENT, recipient=CAROL[0], at=AT)
    lines: list[str] = []
    for context in samples(name, language):
        lines += TEMPLATES.render(name, language=language, context=context).text.split("\n")
    return (*lines, "", f"[ref:{token}]")


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("language", ["en", "ru", "cs"])
@pytest.mark.parametrize("name", NOTICES)
def test_an_answer_is_all_that_leaves(name: str, language: str, client: str) -> None:
    lines = notice(name, language)
    third = len(lines) // 3
    layouts = {
        "top": (((), TYPED), (lines, ())),
        "bottom": ((lines, TYPED),),
        "within": (((), ("See below, in red.",)), (lines[:third], ("", TYPED[2], "")), (lines[third:], ())),
    }
    for layout, blocks in layouts.items():
        answer = Answer(
            blocks=blocks,
            subject="Re: [Acme #1042] Lamp",
            message_id="<notice@acme.example>",
            references=(),
            card=CARD,
            language=language,
        )
        mail = read(CLIENTS[client](answer))
        told = Told(notices=lines, numbers=frozenset((1042,)))
        script = whole(mail, script_of(mail, NAMES), told)
        assert not script.misread, (layout, script.misread)
        found = outgoing(mail, script.text, addresses=CAROL, told=told, site=SITE)
        assert isinstance(found, Outgoing), (layout, found, script.text)
        typed = [line for _, own in blocks for line in own]
        assert words(found.text) == words(" ".join(typed)), layout
