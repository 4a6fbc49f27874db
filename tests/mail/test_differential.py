"""Where our reading of From, Message-ID or a boundary is ours alone, the mail is marked; where mail is ordinary, not.

The others are the standard library in both of its manners and mail-parser. A reader that raises has no reading.
"""

import email
import email.policy
import email.utils
import logging
from collections.abc import Callable, Iterator
from email.message import Message
from typing import NamedTuple

import mailparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.mail import read, tree
from support import corpus
from support.fuzz import examples

logging.getLogger("mailparser").setLevel(logging.CRITICAL)


class Reading(NamedTuple):
    """What one reader takes for the sender, the id without its brackets, and the boundaries in order."""

    sender: frozenset[str]
    message_id: str
    boundaries: tuple[str, ...]


def ours(raw: bytes) -> Reading:
    mail = read(raw)
    return Reading(
        frozenset({mail.from_.key} if mail.from_ else ()),
        mail.message_id[1:-1],
        tuple(_our_boundaries(tree.parse(raw).root)),
    )


def _our_boundaries(part: tree.Part) -> Iterator[str]:
    if part.children:
        yield part.params["boundary"].rstrip()
        for child in part.children:
            yield from _our_boundaries(child)


def library(raw: bytes, policy: email.policy.Policy) -> Reading:
    mail = email.message_from_bytes(raw, policy=policy)
    field = mail["from"]
    if hasattr(field, "addresses"):
        named = [address.addr_spec for address in field.addresses]
    else:
        named = [addr for _, addr in email.utils.getaddresses([str(field or "")])]
    return Reading(_addresses(named), _bare(str(mail["message-id"] or "")), tuple(_boundaries(mail)))


def _boundaries(part: Message) -> Iterator[str]:
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        yield part.get_boundary("")
        for child in part.get_payload():
            yield from _boundaries(child)


def mail_parser(raw: bytes) -> Reading:
    mail = mailparser.parse_from_bytes(raw)
    named = [addr for _, addr in mail.from_]
    return Reading(_addresses(named), _bare(str(mail.message_id or "")), tuple(_boundaries(mail.message)))


def _addresses(named: list[str]) -> frozenset[str]:
    return frozenset(addr.lower() for addr in named if "@" in addr)


def _bare(message_id: str) -> str:
    return message_id.strip("<> \t\r\n")


READERS: tuple[Callable[[bytes], Reading], ...] = (
    lambda raw: library(raw, email.policy.default),
    lambda raw: library(raw, email.policy.compat32),
    mail_parser,
)


def alone(raw: bytes) -> set[str]:
    """The marks that a mail needs: what we read as none of the others does."""
    others = []
    for reader in READERS:
        try:
            others.append(reader(raw))
        except Exception:
            continue
    mine = ours(raw)
    fields = zip(("from", "message-id", "boundary"), mine, zip(*others, strict=True), strict=True)
    return {f"ambiguous:{name}" for name, value, theirs in fields if value not in theirs}


def marks(raw: bytes) -> set[str]:
    return {defect for defect in read(raw).defects if defect.startswith("ambiguous:")}


def mail(head: str | bytes, body: str = "text\r\n") -> bytes:
    head = head.encode() if isinstance(head, str) else head
    return head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body.encode()


ORDINARY = [
    "From: ann@example.net",
    "From: Ann Lee <ann@example.net>\nMessage-ID: <a.b+c=1$2@mail.example.net>",
    'From: "Lee, Ann" <ann@example.net>',
    "From: Lee, Ann <ann@example.net>",
    "From: Test User [#123] <ann@example.net>",
    'From: "Ann (Sales) @ Work: us" <ann@example.net>',
    "From: Ann Lee (Sales) <ann@example.net>",
    "From: ann@example.net (Ann Lee)",
    "From: =?utf-8?q?J=C3=B6rg?= <j@example.net>\nMessage-ID:\n <x@example.net>",
    "From: =?utf-8?q?=3Cagent=40corp=2Eexample=3E?= <j@example.net>",
    "From: J\u00f6rg <j@example.net>",
    "From: O'Brien via List <list-bounces+a=b.example@lists.example.net>",
    "From: A. B. Lee <a@example.net>\nSubject: folded\n over two",
    "From: a@b.example\nFrom: a@b.example",
    "Received: from x (y [192.0.2.1])\n\tby z with ESMTP id 1; Fri, 27 Nov 2026\nFrom: a@b.example\nMessage-ID: <1@b>",
    "To: nobody wrote this@example.net",
    "From: Mail Delivery System",
]

ODD = {
    "from": [
        "From: agent@corp.example\nFrom: evil@other.example",
        "From: agent@corp.example, evil@other.example",
        "From: agent@corp.example evil@other.example",
        "From: agent@corp.example <evil@other.example>",
        "From: <agent@corp.example> <evil@other.example>",
        "From: <agent@corp.example, evil@other.example>",
        "From: <@evil.example:agent@corp.example>",
        "From: Us: agent@corp.example;",
        "From: Us: agent@corp.example, evil@other.example;",
        'From: "agent@corp.example" evil@other.example',
        'From: "agent@corp.example',
        "From: (agent@corp.example evil@other.example",
        "From: \u201cagent@corp.example\u201d <evil@other.example>, <x",
        "From: agent@corp.example\u0000evil@other.example",
        "From: agent\uff20corp.example, a@b.example",
        "From: Ann <ann@example.net.>",
        "From: Ann <<ann@example.net>>",
        "From: Ann <mailto:ann@example.net>",
        "From: Ann [ann@example.net]",
        "From: Ann Lee ann@example.net",
        "From: Ann <ann@example.net",
        "From: ann@example.net>",
        "Subject: s\nno field at all\nFrom: ann@example.net",
        "Subject : s\nFrom: ann@example.net",
        "From : ann@example.net",
        "From:\nFrom: ann@example.net",
        "Subject: s\rFrom: ann@example.net\rx\nFrom: evil@other.example",
        b"\xef\xbb\xbfFrom: ann@example.net",
        "\n\nFrom: ann@example.net",
        ">From ann Fri Nov 27\nFrom: ann@example.net",
        "Subject: s\r\nFrom: ann@example.net\r",
    ],
    "message-id": [
        "Message-ID: <a@x>\nMessage-ID: <b@x>",
        "Message-ID: <a@x> <b@x>",
        "Message-ID: <a b@x>",
        "Message-ID: <a@x\n y.example>",
        "Message-ID: <a@x> (added by mx)",
        "Message-ID: a@x b@x",
        "Message-ID: =?utf-8?q?=3Ca=40x=3E?=",
        "Message-ID: <\u00fc@x>",
        "no field at all\nSubject: s\nMessage-ID: <a@x>",
    ],
    "boundary": [
        "Content-Type: multipart/mixed; boundary=a; boundary=b",
        "Content-Type: multipart/mixed; boundary=b; boundary=a",
        "Content-Type: multipart/mixed boundary=b",
        "Content-Type: multipart/mixed; boundary='b'",
        'Content-Type: multipart/mixed; boundary="b',
        'Content-Type: multipart/mixed; boundary=b"',
        'Content-Type: multipart/mixed; boundary="\\b"',
        "Content-Type: multipart/mixed; boundary=<b>",
        "Content-Type: multipart/mixed; boundary=b (comment)",
        "Content-Type: multipart/mixed; boundary*=utf-8''b",
        'Content-Type: multipart/mixed; boundary*0=b; boundary*1=""',
        "Content-Type: multipart/mixed; boundary=a; boundary*=us-ascii''b",
        "Content-Type: multipart/mixed; boundary = b",
        "Content-Type: multipart/mixed",
        "Content-Type: multipart/mixed; boundary=wrong",
        "Content-Type: multipart/mixed;\nboundary=b",
        "Content-Type: multipart/mixed; boundary=b\nContent-Type: multipart/mixed; boundary=a",
        "Subject: s\nno field at all\nContent-Type: multipart/mixed; boundary=b",
    ],
}
PARTS = "--b\r\nContent-Type: text/plain\r\n\r\n--a\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n"


@pytest.mark.parametrize("head", ORDINARY)
def test_ordinary_mail_is_not_marked(head: str) -> None:
    assert marks(mail(head)) == alone(mail(head)) == set()


@pytest.mark.parametrize(("what", "head"), [(what, head) for what, heads in ODD.items() for head in heads])
def test_odd_mail_is_marked(what: str, head: str | bytes) -> None:
    raw = mail(head, PARTS if what == "boundary" else "text")
    assert alone(raw) <= marks(raw)
    assert f"ambiguous:{what}" in marks(raw)


def test_a_sender_below_what_is_kept_of_a_bomb() -> None:
    raw = mail("X-Long: " + "x" * 70_000 + "\nFrom: ann@example.net")
    assert alone(raw) <= marks(raw) == {"ambiguous:from", "ambiguous:message-id"}


BITS = {
    "From": 'a@b.example <a@b.example> c@d.example <c@d.example> Ann "Ann" , ; : < > ( ) [ ] " \\ @ . \' [#1] (x) mailto:'
    ' =?utf-8?q?e=40f=2Eexample?= \u00e9 \u65e5 a@b. @b: Us: \\" <> a.@b \u00e9@b.example',
    "Message-ID": '<a@b> <c@d> <a b@c> a@b a <> < > ( ) (x) " \\ , \u00e9 =?utf-8?q?=3Ca=40b=3E?= [ ] <[1@b]> @ .',
    "Content-Type": "multipart/mixed text/plain ; boundary=b boundary=a boundary=\"b\" boundary*=utf-8''b boundary*0=b"
    " boundary*1=a boundary=\"b boundary=b\" boundary='b' \" ' \\ ( ) (x) , = / charset=x Boundary = b <b> boundary= %62",
}
BLANKS = ["", "", "", " ", " ", " ", "\t", "\r\n ", "\r\n\t", "\r\n \r\n ", "\r\n"]
LINES = ["Subject: s", "X-Y:z", "no field", "Subject : s", ":", "", " ", "\r", "From ", ">From ", "a\u00e9: b", "--b"]


@st.composite
def fields(draw: st.DrawFn, name: str) -> str:
    bits = st.sampled_from(BITS[name].split(" "))
    pieces = draw(st.lists(st.tuples(bits, st.sampled_from(BLANKS)), max_size=6))
    return f"{name}{draw(st.sampled_from(['', '', '', '', ' ']))}: " + "".join(bit + blank for bit, blank in pieces)


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """A header with fields of ours in any order, damaged lines between them, and a body in parts."""
    lines = draw(st.lists(st.one_of(*map(fields, BITS), st.sampled_from(LINES)), min_size=1, max_size=5))
    end = draw(st.sampled_from(["\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n"]))
    head = end.join(line.replace("\r\n", end) for line in lines)
    return (head + end + end + PARTS.replace("\r\n", end)).encode()


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(headers())
def test_whatever_we_read_alone_is_marked(raw: bytes) -> None:
    assert alone(raw) <= marks(raw)


@settings(max_examples=examples(100), deadline=None)
@given(fields("From"))
def test_a_sender_that_we_read_alone_is_marked(field: str) -> None:
    assert alone(mail(field)) <= marks(mail(field))


def test_real_mail_that_we_read_alone_is_marked() -> None:
    for path, raw in corpus.mails():
        assert alone(raw) <= marks(raw), path


def test_real_mail_of_people_is_hardly_ever_marked() -> None:
    marked = [row["file"] for row in corpus.rows() if row["labels"].get("implied_ordinary") and _is_marked(row["file"])]
    assert len(marked) <= 2, marked


def _is_marked(name: str) -> bool:
    return bool(marks((corpus.ROOT / name).read_bytes()))
