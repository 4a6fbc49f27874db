"""What stands above a whole quoted mail, and what customers write that looks alike."""

import pytest

from gateway.mail.reply import split

OPENERS = [
    "-----Original Message-----",
    "*-------- Original Message --------*",
    "-----Ursprüngliche Nachricht-----",
    "---- Message d'origine ----",
    "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
    "------------------ 原始邮件 ------------------",
    "_____ הודעה מקורית _____",
    "##- Please type your reply above this line -##",
    "-- Bitte antworten Sie oberhalb dieser Zeile --",
    "---\n*Previous Replies*",
    'Gesendet: Donnerstag, 03. März 2026 um 17:21 Uhr\nVon: "Ann Lee" <ann@example.net>\nAn: info@example.org\nBetreff: Re',
    '发件人: "Ann Lee"<ann@example.net>;\n发送时间: 2026年3月3日(星期四) 下午5:21\n收件人: "info"<info@example.org>;\n主题: Re: lamp',
    "差出人: Ann Lee <ann@example.net>\n送信日時: 2026年3月3日 17:21\n宛先: info@example.org\n件名: RE: ランプ",
    "*Von:* Ann Lee <ann@example.net>\n*Gesendet:* Donnerstag, 3. März 2026 17:21\n*An:* info@example.org\n*Betreff:* Re",
    "От: Ann Lee\nОтправлено: четверг, 3 марта 2026 г. 17:21\nКому: Bob",
    "From: Ann Lee \n<ann@example.net> \nSent: Monday, March 3, 2026 4:37 PM\nTo: a@example.net; b@example.net;\nc@example.net\nSubject: lamp",
    "---------------\nFrom: Ann Lee <ann@example.net>\nSubject: lamp",
    "From: Ann Lee <ann@example.net>\nDate: 3 March 2026 17:21",
    "Abcdef: Ann Lee <ann@example.net>\nGhijkl: 3 xyz 2026 17:21\nMnop: info@example.org\nQrst: lamp",  # of no language we know
    "Ghijkl: 3 xyz 2026 17:21\nFrom: Ann Lee <ann@example.net>\nTo: Bob Ray <bob@example.net>",  # of two languages
]
# Looked for in answers only.
JOURNEYS = [
    "From: Oslo\nTo: Bergen\nDate: 12.05.2026 08:15\nSubject: fair",
    "From: Oslo\nDate: 12.05.2026 08:15\nSubject: fair",
    "De: Madrid\nPara: Lisboa\nFecha: 12/05/2026 08:15\nAsunto: viaje",
    "Von: Konto 123\nAn: Konto 456\nDatum: 12.05.2026\nBetreff: Miete",
    "Date: 12 May 2026 08:15\nFrom: Ann Lee\nTo: all of us\nSubject: minutes",
    "Date: 12 May 2026, 08:15\nFrom: 8:15 to 9:30\nTo: the north wing\nSubject: budget",
    "Date: 2026-05-12 08:15:00\nSubject: Backup failed\nFrom: backup@example.net\nState: 2",
    "From: sales@example.net\nTo: bob@example.net\nSubject: any",
]
NONE = [
    *JOURNEYS,
    "--- Error log ---",
    "Original Message",
    "The original message - which I lost - was longer.",
    "From: Berlin\nTo: Munich",
    "From: Berlin\nTo: Munich\nDate: 3 March 2026",
    "Name: Ann Lee\nEmail: ann@example.net\nPhone: 0123 456789\nBought: 3.3.2026",
    "Subject: lamp\nOrder: 1182",
    "Customer: Ann Lee <ann@example.net>\nMeeting: 3.3.2026 17:21\nPlace: Berlin",
    "* The text above this line is wrong.",
    "Note: see below\nTime: 17:21\nPlace: Berlin",
    "To: nobody\nSubject: nothing\nPriority: high",
]


@pytest.mark.parametrize("opener", OPENERS)
def test_everything_below_is_quoted(opener: str) -> None:
    assert split(f"yes\n\n{opener}\n\nno\n\nnever").reply == "yes"
    assert split(f"yes\n\n{opener}\nno").reply == "yes"
    assert split(f"yes\n\n{opener}\n\n> no\n\nindeed").reply == "yes\n\nindeed"


@pytest.mark.parametrize("opener", OPENERS)
def test_the_answer_below_the_quote(opener: str) -> None:
    assert split(f"{opener}\n\n> no\n>\n> never\n\nindeed").reply == "indeed"
    assert split(f"{opener}\n\n> no\n\nyes\n\n> never\n\nindeed").reply.startswith("> no\n\nyes")


def test_a_block_below_a_separator_belongs_to_it() -> None:
    block = "From: Ann Lee <ann@example.net>\nDate: 3 March 2026 17:21\nSubject: lamp"
    parts = split(f"-------- Mensaje original --------\n{block}\n\n> no\n\nindeed")
    assert (parts.reply, "lamp" in parts.elided) == ("indeed", True)


@pytest.mark.parametrize("recipients", [2, 8])
def test_recipients_go_on_below_their_label(recipients: int) -> None:
    to = "\n".join(f"Person {number} of the long road <p{number}@example.net>;" for number in range(recipients))
    block = f"From: Ann Lee <ann@example.net>\nTo: {to}\nSent: 12 May 2026 08:15\nSubject: lamp"
    parts = split(f"yes\n\n{block}\n\n> no\n\nindeed")
    assert (parts.reply, parts.cuts[0].endswith("header block of a quoted mail")) == ("yes\n\nindeed", True)
    assert "lamp" in parts.elided


def test_a_block_that_is_announced_stays() -> None:
    block = "From: Ann Lee <ann@example.net>\nSent: 12 May 2026 08:15\nTo: Bob\nSubject: lamp"
    assert split(f"I got this:\n\n{block}\n\nIs it true?").cuts == ()
    assert split(f"I got this:\n\n________________\n{block}\n\nno").reply == "I got this:"


@pytest.mark.parametrize("text", NONE)
def test_none(text: str) -> None:
    assert split(f"Hello,\n\n{text}\n\nRegards").cuts == ()
