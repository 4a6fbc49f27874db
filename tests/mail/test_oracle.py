"""Against two readers written by others: where a mail is well formed, all three must say the same."""

import email
import email.message
import email.policy
import email.utils
import logging
import unicodedata
from email.headerregistry import Address
from email.utils import format_datetime

import mailparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.mail import read
from support import corpus
from support.fuzz import examples

logging.getLogger("mailparser").setLevel(logging.CRITICAL)

word = st.text(st.characters(categories=["L", "N"], exclude_characters="\ufffd"), min_size=1, max_size=12)
word = word.map(lambda text: unicodedata.normalize("NFC", text))
name = st.lists(word, min_size=1, max_size=3).map(" ".join)
local = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
moment = st.datetimes(
    min_value=__import__("datetime").datetime(1990, 1, 1), timezones=st.just(__import__("datetime").UTC)
)


@st.composite
def mails(draw: st.DrawFn) -> email.message.EmailMessage:
    """A well-formed mail as the standard library composes it."""
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["From"] = Address(draw(name), draw(local), "x.example")
    # Names of several recipients in ASCII only: the standard library of 3.11 folds others into something else.
    mail["To"] = [Address(draw(local), draw(local), "y.example") for _ in range(draw(st.integers(1, 4)))]
    mail["Subject"] = draw(name)
    mail["Date"] = format_datetime(draw(moment).replace(microsecond=0))
    mail["Message-ID"] = f"<{draw(local)}@x.example>"
    mail.set_content("\n".join(draw(st.lists(name, min_size=1, max_size=6))))
    if draw(st.booleans()):
        mail.add_alternative(f"<p>{draw(name)}</p>", subtype="html")
    for _ in range(draw(st.integers(0, 2))):
        mail.add_attachment(
            draw(st.binary(max_size=50)), maintype="application", subtype="x-any", filename=f"a{draw(word)}.x"
        )
    return mail


def bare(text: str) -> str:
    """Without blanks: the standard library loses or doubles them where it folds encoded words."""
    return "".join(text.split())


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mails())
def test_what_the_standard_library_wrote(mail: email.message.EmailMessage) -> None:
    raw = mail.as_bytes()
    ours, theirs = read(raw), mailparser.parse_from_bytes(raw)
    body = mail.get_body(("plain",))
    assert body is not None
    assert ours.from_ is not None
    assert ours.defects == ()
    sender, shown = mail["From"].addresses[0], theirs.from_[0]
    assert bare(ours.from_.name) == bare(sender.display_name) == bare(shown[0])
    assert ours.from_.addr == sender.addr_spec == shown[1]
    assert [to.addr for to in ours.to] == [to.addr_spec for to in mail["To"].addresses]
    assert [bare(to.name) for to in ours.to] == [bare(to.display_name) for to in mail["To"].addresses]
    assert bare(ours.subject) == bare(str(mail["Subject"])) == bare(theirs.subject)
    assert ours.message_id == str(mail["Message-ID"]) == theirs.message_id
    assert ours.date == mail["Date"].datetime
    theirs = body.get_content().replace("\r\n", "\n").replace("\r", "\n")  # it keeps the line ends of what it read
    assert ours.text.rstrip("\n") == theirs.rstrip("\n")
    attached = [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()]
    assert [(item.name, item.size) for item in ours.attachments] == [(named, len(data)) for named, data in attached]


def mail_parser(raw: bytes) -> mailparser.MailParser | None:
    try:
        return mailparser.parse_from_bytes(raw)
    except Exception:  # it does on some
        return None


def test_received_chains_as_mail_parser_counts_them() -> None:
    for path, raw in corpus.mails():
        theirs = mail_parser(raw) if "spamassassin" in path else None
        if theirs is not None:
            assert read(raw).received_count == len(theirs.message.get_all("Received", [])), path


@pytest.mark.timeout(120)
def test_senders_of_real_mails() -> None:
    """Where we name a sender, the standard library and mail-parser must not both name another."""
    for path, raw in corpus.mails():
        ours = read(raw).from_
        if ours is None:
            continue
        fields = email.message_from_bytes(raw).get_all("From", [])
        said = {email.utils.parseaddr(str(fields[0]))[1].lower()} if fields else set()
        if not any(ours.key in addr for addr in said) and (theirs := mail_parser(raw)):
            said |= {addr.lower() for _, addr in theirs.from_}
        assert any(ours.key in addr for addr in said) or not any("@" in addr for addr in said), path
