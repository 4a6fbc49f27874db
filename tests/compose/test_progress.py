"""Letters that keep customers informed: the state, what was done when, what comes next, and the rating."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest

from compose.test_letters import ANN, DESK, STAMP, TEMPLATES, TOKEN, parse, text_of
from gateway.compose import builtin, letters, progress
from gateway.compose.progress import Done, News
from gateway.compose.values import Auto, Desk, Shown
from gateway.mail import Address, Kind, Mail, read
from gateway.tickets.token import Keys, Role
from gateway.tickets.wishes import Wish, rating_of, wish_of

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
PRAGUE = ZoneInfo("Europe/Prague")
KEYS = Keys(secrets={1: b"k" * 32})
RATING = KEYS.issue(ticket=1042, role=Role.RATING, recipient=ANN.key, at=AT)
TICKET = Shown(number="1042", tag="[Acme #1042]", title="Lamp", status="in progress")
KINDS = sorted(builtin.CUSTOMER - {"acknowledgement", "reply"})
HISTORY = (Done(at=AT - timedelta(days=2), kind="received"), Done(at=AT, kind="answered"))


def news(kind="progress", desk=DESK, language="", subject="Where is my lamp?", **facts):
    return progress.news(
        TEMPLATES, desk, kind=kind, ticket=TICKET, subject=subject, recipient=ANN, stamp=STAMP, zone=PRAGUE,
        language=language, news=News(**{"history": HISTORY} | facts),
    )  # fmt: skip


def said(letter) -> str:
    return text_of(letter).replace("\r\n", "\n")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("rating", "known_problem")])
@pytest.mark.parametrize(
    ("language", "state", "done", "then"),
    [
        ("en", "Where it stands: in progress", "27 November 2026, 10:00 CET: we answered", "What comes next: "),
        ("ru", "Состояние: in progress", "27 ноября 2026 года, 10:00 CET: мы ответили", "Что дальше: "),
        ("cs", "Stav: in progress", "27. listopadu 2026, 10:00 CET: odpověděli jsme", "Co bude dál: "),
    ],
)
def test_each_tells_the_state_what_was_done_when_and_what_comes_next(kind, language, state, done, then):
    letter = news(kind, language=language)
    assert letter.fallback == ""
    text = said(letter)
    assert f"\n{state}\n" in text
    assert f"  {done}\n" in text
    assert f"\n\n{then}" in text
    assert "#1042" in text
    page = parse(letter).get_body(("html",)).get_content()
    assert all(part in re.sub("<[^>]*>", "", page) for part in (state, done, then, "#1042"))
    assert letter.automatic
    assert parse(letter)["Auto-Submitted"] == "auto-generated"
    assert read(letter.data).kind is not Kind.NORMAL


@pytest.mark.parametrize(
    ("step", "facts", "line"),
    [
        ("assigned", {"agent": "Carol Reyes"}, "Carol Reyes now looks after your request #1042."),
        ("assigned", {}, "one of us now looks after your request #1042."),
        ("started", {}, "we are working on your request #1042."),
        ("waiting", {}, "to go on with your request #1042 we need an answer from you."),
        (
            "moved",
            {"moved_from": "Sales", "sender_moved": True},
            "your request #1042 is now with Support (before: Sales). From now on our",
        ),
        ("", {}, "there is news about your request #1042."),
    ],
)
def test_the_steps_of_progress(step, facts, line):
    assert line in said(news(step=step, **facts))


def test_what_comes_next_depends_on_what_is_known():
    by = AT + timedelta(days=3)
    assert "What comes next: you hear from us by 30 November 2026, 10:00 CET" in said(news(answer_by=by))
    assert "What comes next: we write to you as soon as there is more to tell." in said(news())
    assert "What comes next: we go on as soon as you reply" in said(news(step="waiting", answer_by=by))
    assert "Otherwise we close it on 30 November 2026." in said(news("resolved", closes_at=by))
    assert "Otherwise" not in said(news("resolved"))
    assert "not heard from you for 7 days" in said(news("closed_for_silence", waited=timedelta(days=7)))


@pytest.mark.parametrize("language", ["en", "ru", "cs"])
def test_the_words_a_letter_teaches_are_understood(language):
    taught = re.findall("[“«„]([^“”»]*)[”»“]", said(news(language=language)) + said(news("closed", language=language)))
    assert {wish_of(word) for word in taught} == {Wish.UNSUBSCRIBE, Wish.CLOSE, Wish.REOPEN}


def test_after_a_handover_from_and_language_follow_the_queue():
    billing = Desk(
        queue="billing", title="Billing", sender=Address(addr="billing@acme.example", name="Acme Billing"),
        automatic_from="", tag="Acme", language="cs", signature="Účtárna",
    )  # fmt: skip
    letter = news(desk=billing, step="moved", moved_from="Support")
    assert parse(letter)["From"] == "Acme Billing <billing@acme.example>"
    assert letter.template == "progress.cs.txt"
    assert "má teď na starosti Billing (dříve Support)" in said(letter)
    assert "Účtárna" in said(letter)
    assert letter.subject == news().subject


# ---- the rating ----------------------------------------------------------------------------------------------------


def links_of(letter) -> list[str]:
    page = parse(letter).get_body(("html",)).get_content()
    return [link.replace("&amp;", "&") for link in re.findall('href="(mailto:[^"]*)"', page)]


@pytest.mark.parametrize("kind", ["rating", "resolved", "closed", "closed_for_silence"])
@pytest.mark.parametrize("language", ["en", "ru", "cs"])
def test_a_rating_is_asked_for_in_words_and_in_signed_links(kind, language):
    letter = news(kind, language=language, rating_token=RATING)
    assert [f"  {value} " in said(letter) for value in range(1, 6)] == [True] * 5
    assert RATING not in said(letter)
    links = links_of(letter)
    assert len(links) == 5
    for value, link in zip(range(5, 0, -1), links, strict=True):
        address, _, rest = link.removeprefix("mailto:").partition("?subject=")
        subject, _, body = (unquote(part) for part in rest.partition("&body="))
        assert address == "support@acme.example"
        assert subject == "Re: [Acme #1042] Where is my lamp?" == letter.subject
        assert rating_of(body.replace("\r\n", "\n"))[0] == value
        (token,) = read(f"Subject: x\n\n{body}".encode()).markers
        claim = KEYS.read(token)
        assert (claim.ticket, claim.role) == (1042, Role.RATING)
        assert KEYS.is_for(claim, ANN.key)


def test_an_answer_to_the_letter_itself_is_no_rating_by_its_token():
    letter = news("rating", rating_token=RATING)
    assert read(letter.data).markers == (TOKEN,)


def test_where_no_rating_is_asked_for_there_is_none():
    assert links_of(news("closed")) == []
    assert "excellent" not in said(news("resolved"))


def test_a_rating_letter_without_a_token_still_says_how():
    letter = letters.letter(
        TEMPLATES, DESK, kind="rating", recipient=ANN, ticket=TICKET, stamp=STAMP, auto=Auto.GENERATED
    )
    assert "  5 excellent" in said(letter)
    assert len(links_of(letter)) == 5
    assert "ref" not in links_of(letter)[0]


def test_with_plus_addressing_the_token_is_in_the_address_too():
    plus = Desk(
        queue="s", title="S", sender=Address(addr="support@acme.example"), automatic_from="", tag="Acme",
        language="en", plus_addressing=True,
    )  # fmt: skip
    assert links_of(news("rating", desk=plus, rating_token=RATING))[0].startswith(
        f"mailto:support+{RATING}@acme.example?"
    )


@pytest.mark.parametrize("subject", ['a&b=c?d#e%20"<x>', "Лампа\r\nBcc: x@y.z", "", "x" * 300])
def test_a_link_is_one_link_whatever_the_subject(subject):
    for link in links_of(news("rating", subject=subject, rating_token=RATING)):
        assert re.fullmatch(r"mailto:support@acme\.example\?subject=[\w.~%-]+&body=[\w.~%-]+", link, re.ASCII)


def test_an_acknowledgement_quotes_nothing_and_tells_no_history():
    mail = Mail(subject="Lamp", message_id="<a@b>", text="secret words", reply="secret words", html="<p>secret words")
    letter = letters.acknowledgement(TEMPLATES, DESK, mail=mail, recipient=ANN, ticket=TICKET, stamp=STAMP)
    assert "secret" not in said(letter)
    assert "secret" not in parse(letter).get_body(("html",)).get_content()
