"""What one word or one digit asks for."""

import pytest

from gateway.tickets import wishes
from gateway.tickets.wishes import RATES, WORDS, Wish, rating_of, wish_of

WISHES = [
    ("close", Wish.CLOSE), ("Close.", Wish.CLOSE), ("  CLOSE! ", Wish.CLOSE), ("“close”", Wish.CLOSE), ("закрыть", Wish.CLOSE),
    ("Zavřít", Wish.CLOSE), ("zavrit", Wish.CLOSE), ("reopen", Wish.REOPEN), ("re-open", Wish.REOPEN), ("Открыть", Wish.REOPEN),
    ("znovu  otevřít", Wish.REOPEN), ("unsubscribe", Wish.UNSUBSCRIBE), ("«отписаться»", Wish.UNSUBSCRIBE), ("odhlasit", Wish.UNSUBSCRIBE),
    ("#close", Wish.CLOSE),
    ("", None), ("close it please", None), ("do not close", None), ("close\n\nthanks", None), ("Close to the door", None),
    ("yes", None), ("c l o s e", None), ("closed", None), ("close" + " " * 100, None),
]  # fmt: skip
RATINGS = [
    ("5", (5, "")), ("1", (1, "")), ("5!", (5, "")), ("(4)", (4, "")), ("3/5", (3, "")), ("4 of 5", (4, "")), ("2 из 5", (2, "")),
    ("5\n\nCarol was quick.", (5, "Carol was quick.")), ("\n 5 \nx", (5, "x")), ("Excellent!", (5, "")), ("good", (4, "")),
    ("ОТЛИЧНО", (5, "")), ("плохо", (2, "")), ("výborně", (5, "")), ("vyborne", (5, "")), ("terrible", (1, "")),
    ("", None), ("0", None), ("6", None), ("10", None), ("55", None), ("5 lamps", None), ("5 6", None), ("Good,\nbut it fails again", None),
    ("Well", None), ("It was good", None), ("-", None), ("4.5", None), ("5 stars are too many for what you did, really, believe me", None),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "wish"), WISHES)
def test_a_wish(reply, wish):
    assert wish_of(reply) is wish


@pytest.mark.parametrize(("reply", "rating"), RATINGS)
def test_a_rating(reply, rating):
    assert rating_of(reply) == rating


def test_no_word_means_two_things():
    words = [word for spoken in WORDS.values() for said in spoken.values() for word in said]
    words += [word for spoken in RATES.values() for said in spoken.values() for word in said]
    assert len({wishes._folded(word) for word in words}) == len(words)


@pytest.mark.parametrize("language", ["en", "ru", "cs", "hu", ""])
def test_what_a_letter_teaches_is_understood(language):
    assert all(wish_of(wishes.word(wish, language)) is wish for wish in Wish)
    assert all(rating_of(wishes.rate(value, language)) == (value, "") for value in RATES)
