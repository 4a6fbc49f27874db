"""A Mail over a pipe: the same at the other end, and nothing that a broken reader could have made up."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from gateway.mail import (
    Address,
    Attachment,
    Invitation,
    Kind,
    Mail,
    NotAMail,
    Notice,
    Recipient,
    mail_from_json,
    mail_to_json,
)

ANN = Address(addr="ann@x.example", name="Änn \\u0041")
FULL = Mail(
    from_=ANN,
    from_problem="p",
    from_claimed=ANN,
    sender=ANN,
    reply_to=(ANN,),
    to=(ANN, ANN),
    cc=(ANN,),
    delivered_to=("a",),
    subject='quote " backslash \\ \\n \\r \\u0000',
    message_id="<a@x>",
    in_reply_to=("<b@x>",),
    references=("<c@x>", "<d@x>"),
    date=datetime(2026, 11, 27, tzinfo=UTC),
    text="a\tb\nc",
    main_text="a",
    html="<p>",
    reply="r",
    elided="e",
    signature="s",
    attachments=(
        Attachment(name="n", size=1, sha256="0", type="a/b", inline=True, part="1", declared="c/d", content_id="i@x"),
    ),
    kind=Kind.BOUNCE,
    auto_reason="why",
    silence="X",
    headers=(("A", "b"),),
    markers=("m",),
    queue_ids=("q",),
    received_count=2,
    language="en",
    reported_ids=("<r@x>",),
    notice=Notice.DELAYED,
    away_until=date(2026, 12, 1),
    reported=(Recipient(addr="a@b", action="failed", status="5.1.1", reply="550 no", hard=True),),
    fwd_to=(ANN,),
    fwd_cc=(ANN,),
    fwd_date="yesterday",
    invitation=Invitation(method="REQUEST", summary="Tea", repeats="every day", attendees=("a@b",)),
    sealed="pgp signed",
    trail=("t",),
    text_forms=("1.1", "1.2"),
    is_forward=True,
    fwd_from=ANN,
    fwd_subject="fs",
    fwd_body="fb",
    fwd_message="fm",
    defects=("x",),
)


@pytest.mark.parametrize("mail", [Mail(), FULL])
def test_there_and_back(mail: Mail) -> None:
    assert mail_from_json(mail_to_json(mail)) == mail


def test_only_the_author_of_a_forwarded_mail_may_be_a_name_alone() -> None:
    mail = Mail(fwd_from=Address(addr="", name="Ann Lee"))
    assert mail_from_json(mail_to_json(mail)) == mail
    for data in (b'{"from_":["","Ann"]}', b'{"fwd_from":["",""]}', b'{"fwd_from":["ann","Ann"]}'):
        with pytest.raises(NotAMail):
            mail_from_json(data)


def test_every_field_is_carried() -> None:
    assert set(json.loads(mail_to_json(FULL))) == set(Mail.__slots__)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"subject":"\xff"}',
        b'{"nonsense":1}',
        b'{"subject":1}',
        b'{"subject":null}',
        b'{"subject":"\\u0000"}',
        b'{"subject":"\\ud800"}',
        b'{"subject":"a\\\\\\u0007"}',
        b'{"subject":"a\\rb"}',
        b'{"subject":"\x01"}',
        b'{"subject":"\x7f"}',
        b'{"subject":"\xc2\x85"}',
        b'{"to":["ann@x.example"]}',
        b'{"to":[["ann@x.example"]]}',
        b'{"to":[["ann",""]]}',
        b'{"from_":["a@b",1]}',
        b'{"from_":[]}',
        b'{"references":"<a@x>"}',
        b'{"references":[1]}',
        b'{"kind":"strange"}',
        b'{"received_count":-1}',
        b'{"received_count":true}',
        b'{"received_count":1.5}',
        b'{"is_forward":1}',
        b'{"hard_bounce":[0]}',
        b'{"date":"yesterday"}',
        b'{"date":"2026-11-27T00:00:00"}',
        b'{"headers":[["a"]]}',
        b'{"headers":["ab"]}',
        b'{"attachments":[["n",-1,"0","a/b",true,"1"]]}',
        b'{"attachments":[["n",1,"0","a/b",true]]}',
        b'{"attachments":[["n",1,"0","a/b","yes","1"]]}',
        b"[" * 100_000,
        b'{"received_count":' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_mail(data: bytes) -> None:
    with pytest.raises(NotAMail):
        mail_from_json(data)


@pytest.mark.parametrize("value", ["\\u0041", "\\\\u0000", "\\", "\\r", 'a"\\b', "\u00e9\u4e00", "\\\\\\f"])
def test_backslashes_in_a_text_are_just_that(value: str) -> None:
    mail = Mail(subject=value, text=f"{value}\n{value}")
    assert mail_from_json(mail_to_json(mail)) == mail


def test_too_long_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.mail.wire.MAX_JSON", 10)
    with pytest.raises(NotAMail):
        mail_from_json(mail_to_json(FULL))


def test_defaults_are_left_out() -> None:
    empty: dict[str, Any] = json.loads(mail_to_json(Mail()))
    assert empty == {}
