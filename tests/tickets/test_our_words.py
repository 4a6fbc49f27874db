"""What an answer holds of our letters, where nothing in it shows that it quotes."""

from dataclasses import replace

import pytest

from gateway.mail import Mail
from gateway.tickets.our_words import may_hold_our_words, without_our_words

LETTER = (
    b"From: support@acme.example\r\nSubject: [Acme #1] Lamp\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Hello Ann,\r\n\r\nthank you for your message. It has the number #1, and one of us will answer it.\r\n"
)
OWN = "It is still not here.\n\n"
QUOTED = "thank you for your message. It has the\nnumber #1, and one of us will\nanswer it.\n\nAnn"
ANSWER = Mail(text=OWN + QUOTED, reply=OWN + QUOTED, in_reply_to=("<a@acme.example>",))


def test_our_words_are_taken_out() -> None:
    mail = without_our_words(ANSWER, [LETTER])
    assert (mail.reply, "one of us will" in mail.elided) == ("It is still not here.\n\nAnn", True)


@pytest.mark.parametrize(
    "mail",
    [
        replace(ANSWER, in_reply_to=()),
        replace(ANSWER, is_forward=True),
        replace(ANSWER, elided="> what was quoted"),
        replace(ANSWER, reply="short"),
        replace(ANSWER, reply=QUOTED + "x\n" * 60_000),
    ],
)
def test_where_it_is_not_looked_for(mail: Mail) -> None:
    assert not may_hold_our_words(mail)
    assert without_our_words(mail, [LETTER]) is mail


def test_a_signature_that_was_cut_is_no_quote() -> None:
    assert may_hold_our_words(replace(ANSWER, elided="-- \nAnn Lee", signature="Ann Lee"))


def test_without_letters_or_likeness_nothing_changes() -> None:
    other = replace(ANSWER, reply="a\nb\nc\nd\ne\nf")
    assert without_our_words(ANSWER, []) is ANSWER
    assert without_our_words(other, [LETTER]) is other
