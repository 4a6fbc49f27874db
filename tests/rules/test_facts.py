"""What rules see of a mail, and that it can be stored and tried again years later."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given

from gateway.mail import Address, Attachment, Envelope, Kind, Mail
from gateway.rules import Facts, facts_of
from gateway.rules.facts import MAX_TEXT
from support.any_facts import FACTS

AT = datetime(2026, 12, 24, 10, 0, tzinfo=UTC)


def facts(mail: Mail, **more: object) -> Facts:
    given: dict[str, object] = {"source": "smtp", "recipient": "support@acme.example", "queue": "support"}
    return facts_of(mail, envelope=Envelope(recipients=("Support+x@acme.example",)), **(given | more))  # type: ignore[arg-type]


def test_what_a_mail_says() -> None:
    mail = Mail(
        from_=Address(addr="Bo@Shop.example", name="Bo"),
        to=(Address(addr="support@acme.example"),),
        cc=(Address(addr="Ann@x.example"),),
        reply_to=(Address(addr="desk@x.example"),),
        subject="Lamp",
        text="Where?\n> old",
        reply="Where?",
        date=AT,
        headers=(
            ("Subject", "Lamp"),
            ("Received", "from x"),
            ("DKIM-Signature", "v=1"),
            ("ARC-Seal", "i=1"),
            ("X-A", "1"),
        ),
        attachments=(Attachment(name="a.pdf", size=9, sha256="", type="application/pdf", inline=False, part="2"),),
        kind=Kind.LIST,
        language="en",
    )
    found = facts(mail, at=AT, size=1_000, auth="pass", known={"sender.known": True, "tags": ["a"]})
    assert found == Facts(
        at=AT, sent_at=AT, source="smtp", recipient="support@acme.example", from_="bo@shop.example",
        to=("support@acme.example",), cc=("ann@x.example",), reply_to=("desk@x.example",), subject="Lamp", body="Where?",
        headers=(("subject", "Lamp"), ("x-a", "1")), attachments=("a.pdf",), size=1_000, language="en", kind="list",
        auth="pass", known={"sender.known": True, "tags": ("a",), "queue": "support"},
    )  # fmt: skip


def test_a_mail_of_quotes_only_shows_its_whole_text() -> None:
    assert facts(Mail(text="> all of it", reply="")).body == "> all of it"


def test_without_an_address_of_ours_the_envelope_tells() -> None:
    assert facts(Mail(), recipient="").recipient == "support+x@acme.example"


def test_the_size_is_guessed_where_nobody_says_it() -> None:
    attachment = Attachment(name="a", size=500, sha256="", type="x/y", inline=False, part="2")
    assert facts(Mail(text="x" * 10, attachments=(attachment,))).size == 510


def test_what_is_too_large_is_cut() -> None:
    found = facts(
        Mail(text="x" * (MAX_TEXT + 1), subject="s" * 9_999, headers=tuple((f"x-{n}", "y" * 5_000) for n in range(40)))
    )
    assert len(found.body) == MAX_TEXT
    assert len(found.subject) == 2_000
    assert sum(len(name) + len(value) for name, value in found.headers) <= 32_768
    assert len(json.dumps(found.to_json())) < 110_000


@pytest.mark.parametrize(
    ("name", "value", "points"),
    [
        ("X-Spam-Status", "Yes, score=7.1 required=5.0", 7.1),
        ("X-Spam-Status", "No, hits=-0.5 required=5.0", -0.5),
        ("X-Spam-Score", "3", 3.0),
        ("X-Spamd-Result", "default: False [4.20 / 15.00]; A(0.1)", 4.2),
        ("X-Rspamd-Score", "-1.5", -1.5),
        ("X-Spam-Score", "many", None),
        ("X-Other", "9", None),
    ],
)
def test_points_of_a_spam_filter(name: str, value: str, points: float | None) -> None:
    assert facts(Mail(headers=((name, value),))).spam == points


@pytest.mark.parametrize(
    "wrong", [{"queu": "x"}, {"sender.known": "yes"}, {"tags": "a"}, {"idle": 1.5}, {"fields": {"a": 1}}, {"queue": 7}]
)
def test_a_fact_of_the_wrong_type_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=str(next(iter(wrong)))):
        Facts(known=wrong)


def test_none_is_not_known() -> None:
    assert Facts(known={"queue": None}) == Facts()


# ---- stored and read back -------------------------------------------------------------------------------------------


@given(FACTS)
def test_facts_survive_json(stored: Facts) -> None:
    assert Facts.from_json(json.loads(json.dumps(stored.to_json()))) == stored


def test_facts_of_another_release_are_read_as_far_as_they_are_understood() -> None:
    stored = {"subject": "Lamp", "moon_phase": "full", "known": {"queue": "support", "mood": "good"}}
    assert Facts.from_json(stored) == Facts(subject="Lamp", known={"queue": "support"})


@pytest.mark.parametrize(
    "stored",
    [
        {"subject": 1},
        {"to": "a@b.example"},
        {"at": "noon"},
        {"headers": [["a"]]},
        {"size": "1"},
        {"known": []},
        {"known": {"tags": 1}},
    ],
)
def test_stored_facts_of_the_wrong_type_are_refused(stored: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Facts.from_json(stored)
