"""Whatever an export holds, a mail can be made of it, the same one each time, and read again."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import load
from gateway.imports.composing import mail_of
from gateway.imports.old import OldArticle, OldFile, OldPerson, OldTicket, addresses, person
from gateway.mail import read
from support import site

AT = datetime(2025, 3, 1, 9, tzinfo=UTC)
ANY = st.text(st.characters(), max_size=40)
NASTY = st.sampled_from(
    [
        "a\r\nBcc: x@y",
        "\ud800",
        "<>",
        "a@b",
        "é@é.example",
        '"q" <a@b.example>',
        "a@b.example, c",
        "x" * 3000,
        "\x00",
        "=?utf-8?q?=41?=",
    ]
)
TEXT = ANY | NASTY


@given(name=TEXT, sender=TEXT, subject=TEXT, text=TEXT, to=TEXT, ids=TEXT, file=TEXT, kind=TEXT, html=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_article_is_a_mail(
    tmp_path_factory: object,
    name: str,
    sender: str,
    subject: str,
    text: str,
    to: str,
    ids: str,
    file: str,
    kind: str,
    html: bool,
) -> None:
    cfg = load(site.write(Path(tmp_path_factory.getbasetemp()), site.GOOD))  # type: ignore[attr-defined]
    article = OldArticle(
        key=name, at=AT, author=OldPerson(addr=person(sender).addr, name=name), direction="in", subject=subject, text=text,
        is_html=html, message_id=ids, in_reply_to=ids, to=addresses(to), files=(OldFile(name=file, type=kind, data=b"data"),),
    )  # fmt: skip
    ticket = OldTicket(
        number=7, subject=subject, status="open", queue="q", owner=OldPerson(), requester=person(sender),
        created_at=AT, articles=(article,),
    )  # fmt: skip
    raw = mail_of("rt", ticket, article, cfg)
    assert raw == mail_of("rt", ticket, article, cfg)
    mail = read(raw)
    assert mail.date == AT
    assert mail.message_id
    assert [one.size for one in mail.attachments] == [4]
    assert b"\nBcc:" not in raw.partition(b"\r\n\r\n")[0]
