"""What a ticket shows of a mail."""

import pytest

from gateway.filing import shown_text
from gateway.mail import Attachment, Invitation, Mail
from gateway.mail.attached.invitation import in_words

FILES = tuple(
    Attachment(name=name, size=1, sha256="0", type="a/b", inline=False, part="1") for name in ("a.asc", "b.asc")
)
TEA = Invitation(method="REQUEST", summary="Tea", start="2026-12-01")
SHOWN = [
    (Mail(text="all\n> quoted", reply="all"), "all"),
    (Mail(text="all", reply=" \n"), "all"),
    (Mail(), "(no text)"),
    (Mail(attachments=FILES), "(no text; attached: a.asc, b.asc)"),
    (Mail(text="words", reply="words", sealed="pgp signed"), "words"),
    (
        Mail(sealed="pgp encrypted", attachments=FILES),
        "(encrypted with PGP: the gateway cannot read it; attached: a.asc, b.asc)",
    ),
    (Mail(sealed="smime encrypted"), "(encrypted with S/MIME: the gateway cannot read it)"),
    (
        Mail(text="armour", reply="armour", sealed="pgp encrypted"),
        "(encrypted with PGP: the gateway cannot read it)\n\narmour",
    ),
    (
        Mail(text="Please see.\nFrom: Bob\n\nlamp", reply="Please see.", is_forward=True),
        "Please see.\nFrom: Bob\n\nlamp",
    ),
    (Mail(text="Come!", reply="Come!", invitation=TEA), f"Come!\n\n{in_words(TEA)}"),
    (Mail(text=in_words(TEA), reply=in_words(TEA), invitation=TEA), in_words(TEA)),
]


@pytest.mark.parametrize(("mail", "text"), SHOWN)
def test_never_nothing_and_why_an_encrypted_mail_cannot_be_read(mail: Mail, text: str) -> None:
    assert shown_text(mail) == text
