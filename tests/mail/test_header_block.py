"""The fields of a header block in a text, and where it ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.forward.header_block import parse, people, person, unglue, unquote
from gateway.mail.value import Address

ANN = Address(addr="ann@lee.example", name="Ann Lee")
BLOCK = {"from": "Ann Lee <ann@lee.example>", "date": "5 May 2020 15:04", "to": "bob@x.example", "subject": "Pump"}


@pytest.mark.parametrize(
    "text",
    [
        "From: Ann Lee <ann@lee.example>\nSent: 5 May 2020 15:04\nTo: bob@x.example\nSubject: Pump\n",
        "*From:* Ann Lee <ann@lee.example>\n*Sent:* 5 May 2020 15:04\n*To:* bob@x.example\n*Subject:* *Pump*\n",
        "*Von: *Ann Lee <ann@lee.example>\n*Datum: *5 May 2020 15:04\n*An: *bob@x.example\n*Betreff: *Pump\n",
        "De : Ann Lee <ann@lee.example>\nEnvoyé : 5 May 2020 15:04\nÀ : bob@x.example\nObjet : Pump\n",
        "From:\tAnn Lee <ann@lee.example>\nDate:\t5 May 2020 15:04\nTo:\tbob@x.example\nSubject:\tPump\n",
        "| From: | Ann Lee <ann@lee.example> |\n| Date: | 5 May 2020 15:04 |\n| To: | bob@x.example |\n| Subject: | Pump |\n",
        "From: Ann Lee\n<ann@lee.example>\nSent: 5 May 2020 15:04\nTo: bob@x.example\nSubject: Pump\n",
        "From: Ann Lee <ann@lee.example>\nSent: 5 May\n2020 15:04\nTo: bob@x.example\nSubject: Pump\n",
        "From: Ann Lee <ann@lee.example>\n\nSent: 5 May 2020 15:04\n\nTo: bob@x.example\n\nSubject: Pump\n",
        "From:\nAnn Lee <ann@lee.example>\nSent:\n5 May 2020 15:04\nTo:\nbob@x.example\nSubject:\nPump\n",
        "From:\n\nAnn Lee <ann@lee.example>\n\nSent:\n\n5 May 2020 15:04\n\nTo:\n\nbob@x.example\n\nSubject:\n\nPump\n",
        "From: Ann Lee <ann@lee.example>\nSent: 5 May 2020 15:04\nTo: bob@x.example\n\nSubject: Pump\n",
        "From: Ann Lee <ann@lee.example> Sent: 5 May 2020 15:04 To: bob@x.example Subject: Pump\n",
        "From: Ann Lee <ann@lee.example>To: bob@x.exampleSent: 5 May 2020 15:04Subject: Pump\n".replace(
            "exampleSent", "example>Sent"
        ).replace(" bob", " <bob"),
        "发件人：Ann Lee <ann@lee.example>\n时间：5 May 2020 15:04\n收件人：bob@x.example\n主题：Pump\n",
    ],
)
@pytest.mark.parametrize("body", ["\nThe pump leaks.", "\n\n\nThe pump leaks."])
def test_the_same_block_in_many_shapes(text: str, body: str) -> None:
    lines = (text + body).split("\n")
    block = parse(lines, 0)
    block.fields["to"] = block.fields["to"].strip("<>")
    assert block.fields == BLOCK
    assert "".join(lines[block.end :]) == "The pump leaks."


def test_a_body_right_below_the_subject() -> None:
    lines = "From: Ann\nDate: today\nTo: Bob\nSubject: Pump\nThe pump leaks.\nTo: be fixed\n".split("\n")
    block = parse(lines, 0)
    assert (block.end, block.fields["subject"]) == (4, "Pump")


def test_a_wrapped_subject() -> None:
    subject = "Subject: The pump that you sold to us in the winter leaks at its"
    lines = f"From: Ann\nDate: today\nTo: Bob\n{subject}\nconnections and more\n\nDear all".split("\n")
    assert parse(lines, 0).fields["subject"].endswith("at its connections and more")
    lines[4] = "Hi,"  # would have had room on the line above
    assert parse(lines, 0).fields["subject"].endswith("at its")


def test_fields_that_no_table_knows_are_passed_over() -> None:
    lines = "From: Ann\nZustellart: schnell\nDate: today\nSubject: Pump\n\nx".split("\n")
    assert parse(lines, 0).fields == {"from": "Ann", "date": "today", "subject": "Pump"}


def test_a_second_block_is_not_part_of_the_first() -> None:
    lines = "From: Ann\nDate: today\nFrom: Bob\nDate: yesterday".split("\n")
    assert parse(lines, 0).end == 2


def test_through_quote_marks() -> None:
    lines = "> > From: Ann\n> > Date: today\n> >\n> > The pump".split("\n")
    assert parse(lines, 0, depth=2).fields == {"from": "Ann", "date": "today"}
    assert unquote("> > > x", 2) == "> x"
    assert unquote(">x", 2) == "x"


@pytest.mark.parametrize("line", ["", "Hello", "> From: Ann", "see: this"])
def test_no_block(line: str) -> None:
    assert parse([line, "From: Ann"], 0).fields == {}


def test_unglue() -> None:
    line = "From: A <a@b.example>To: B <b@b.example>Sent: 2 May 2021, 09:26 CETSubject: Re: To: you"
    assert unglue(line) == ["From: A <a@b.example>", "To: B <b@b.example>", "Sent: 2 May 2021, 09:26 CET", *_rest()]
    assert unglue("nothing: of that at 12:30") == ["nothing: of that at 12:30"]


def _rest() -> list[str]:
    return ["Subject: Re: ", "To: you"]


@pytest.mark.parametrize(
    "value",
    [
        "Ann Lee <ann@lee.example>",
        '"Ann Lee" <ann@lee.example>',
        "'Ann Lee' <ann@lee.example>",
        "*Ann Lee* <ann@lee.example>",
        "Ann Lee [mailto:ann@lee.example]",
        "Ann Lee [ann@lee.example]",
        "Ann Lee (ann@lee.example)",
        "Ann Lee <mailto:ann@lee.example>",
        "Ann Lee <ann@lee.example<mailto:ann@lee.example>>",
        "Ann Lee <ann@lee.example> <mailto:ann@lee.example>",
        "Ann Lee < ann@lee.example>",
        "Ann Lee <[ann@lee.example](mailto:ann@lee.example)>",
        "ann@lee.example [mailto:ann@lee.example] On Behalf Of Ann Lee",
        '"Ann Lee" <ann@lee.example>;',
    ],
)
def test_one_person(value: str) -> None:
    assert person(value) == ANN


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("Ann Lee", Address(addr="", name="Ann Lee")),
        ("Lee, Ann", Address(addr="", name="Lee, Ann")),
        ("Ann Lee/Sales/Acme@Acme", Address(addr="", name="Ann Lee/Sales/Acme@Acme")),
        ("Lee, Ann <ann@lee.example>", Address(addr="ann@lee.example", name="Lee, Ann")),
        ("ann@lee.example <ann@lee.example>", Address(addr="ann@lee.example")),
        ("ann@lee.example<mailto:ann@lee.example>", Address(addr="ann@lee.example")),
        ("李安 <ann@lee.example>", Address(addr="ann@lee.example", name="李安")),
        ("Mail System <MAILER-DAEMON>", Address(addr="", name="Mail System")),
        ("", None),
        (" <> ", None),
    ],
)
def test_other_persons(value: str, wanted: Address | None) -> None:
    assert person(value) == wanted


@pytest.mark.parametrize(
    "value",
    [
        "Ann <a@x.example>, b@x.example",
        "Ann <a@x.example>; b@x.example;",
        "Ann <a@x.example<mailto:a@x.example>>; <b@x.example<mailto:b@x.example>>",
        "Lee, Ann <a@x.example>; Carl; Ray, Bob [mailto:b@x.example]",
        "Ann <a@x.example>, Bob Ray/Acme@Acme, b@x.example",
    ],
)
def test_people(value: str) -> None:
    assert [one.addr for one in people(value)] == ["a@x.example", "b@x.example"]


LINE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        "From: a To: b@c.example Cc: Subject: Sent: 12:30|\n > |Date: x|*From:*|Von：|a <b@c.example>;".split("|")
    ),
)


@given(st.lists(LINE, max_size=12), st.integers(0, 3))
def test_any_lines(lines: list[str], depth: int) -> None:
    lines = lines or [""]
    block = parse(lines, 0, depth)
    assert 0 <= block.end <= len(lines)
    for value in block.fields.values():
        people(value)
        person(value)
