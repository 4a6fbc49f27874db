"""What a coverage-guided fuzzer may feed: one function a target, bytes in, an exception where a promise is broken.

Each must also be fast: atheris stops at an input that takes longer than its `-timeout`.
"""

from collections.abc import Callable

from gateway.mail import NotAMail, clean, html, mail_from_json, mail_to_json, read, reply
from gateway.mail.header import addresses, headers, params
from gateway.tickets.script import read as commands
from support.commanding import NAMES
from support.reading import check


def whole_mail(data: bytes) -> None:
    check(data)


def header_block(data: bytes) -> None:
    fields, body = headers.split(data)
    assert body is None or 0 <= body <= len(data)
    for _, value in headers.decode_all(fields, ""):
        assert clean.is_clean(value)


def address_list(data: bytes) -> None:
    raw = data.decode("ascii", "surrogateescape").replace("\n", " ")
    for address in (*addresses.mailboxes(raw), addresses.sender([raw])[0]):
        if address:
            assert address.addr.count("@") >= 1
            assert clean.is_clean(address.addr + address.name)


def parameters(data: bytes) -> None:
    value, found = params.parse(data.decode("ascii", "surrogateescape").replace("\n", " "))
    assert all(clean.is_clean(text) for name, text in found.items() if name != "boundary")
    params.media_type(value)


def html_page(data: bytes) -> None:
    page = html.to_text(data.decode("utf-8", "replace"))
    lines = page.text.count("\n") + 1
    assert all(0 <= line < lines for line in page.boxed.quoted | page.boxed.signed)


def reply_text(data: bytes) -> None:
    text = clean.text(data.decode("utf-8", "replace"))
    split = reply.split(text)
    assert bool(split.reply.strip()) == bool(text.strip())


def forwarded_text(data: bytes) -> None:
    """The same bytes as the text of a mail whose subject says that it was forwarded."""
    check(b"From: a@b.example\r\nSubject: Fwd: x\r\n\r\n" + data)


def from_a_reader(data: bytes) -> None:
    try:
        mail = mail_from_json(data)
    except NotAMail:
        return
    assert mail_from_json(mail_to_json(mail)) == mail


def agents_commands(data: bytes) -> None:
    """The same bytes as what an agent typed, alone and below a command."""
    for above in (b"", b"#close\n#"):
        mail = read(b"From: carol@acme.example\nSubject: x\n\n" + above + data)
        script = commands(mail, NAMES)
        assert all(call.line.startswith("#") for call in script.calls)
        assert all(one.say and "\n" not in one.say for one in script.misread)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        whole_mail,
        header_block,
        address_list,
        parameters,
        html_page,
        reply_text,
        forwarded_text,
        from_a_reader,
        agents_commands,
    )
}
