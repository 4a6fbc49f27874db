"""Any bytes are a mail: `read` never raises, its texts are clean, the attachments are what it says, the same every time."""

import base64
import quopri

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.mail import clean
from gateway.mail.attached.attachments import safe_name
from support.fuzz import examples
from support.reading import check

EASY = settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.too_slow])

FIELDS = "From To Cc Sender Reply-To Subject Date Message-ID In-Reply-To References Received Return-Path Delivered-To".split()
FIELDS += "Auto-Submitted Precedence List-Id X-Failed-Recipients Content-Type Content-Disposition".split()
FIELDS += "Content-Transfer-Encoding Content-ID MIME-Version".split()
TYPES = (
    "text/plain text/html text/calendar image/png application/pdf message/rfc822 message/delivery-status text".split()
)
CHARSETS = "utf-8 us-ascii iso-8859-1 gb2312 iso-2022-jp koi8-r utf-16 utf-7 nonsense idna unicode_escape".split()
ENCODINGS = "7bit 8bit base64 quoted-printable x-uuencode nonsense".split()
BITS = '=?utf-8?q?=C3=B6?= =?utf-8?B?w7Y=?= =? ?= <a@b.example> , ; : " \\ ( ) < > @ \x00 \x0b \x85 \u2028 \u202e ё 日本 é'.split(
    " "
)
BITS += [
    "\r\n ",
    "\r\n\t",
    "\r\n",
    "\n",
    "\r",
    "--b",
    "[ref:abcdefghijklmnop]",
    "; boundary=b",
    "; name*0*=utf-8''%FF",
    "*1=x",
]

value = st.one_of(st.lists(st.sampled_from(BITS), max_size=8).map("".join), st.text(max_size=40))


@EASY
@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    check(raw)


@EASY
@given(st.lists(st.tuples(st.sampled_from(FIELDS), value), max_size=12), value)
def test_any_header(fields: list[tuple[str, str]], body: str) -> None:
    head = "".join(f"{name}: {text}\r\n" for name, text in fields)
    check(f"{head}\r\n{body}".encode("utf-8", "surrogatepass"))


@st.composite
def parts(draw: st.DrawFn, depth: int = 0) -> bytes:
    """A MIME part, well formed or nearly."""
    if depth < 4 and draw(st.integers(0, 3)) == 0:
        boundary = draw(st.sampled_from(["b", "b", f"b{depth}", "", "=_?"]))
        kind = draw(st.sampled_from(["mixed", "alternative", "related", "report", "digest", "*"]))
        inside = draw(st.lists(parts(depth + 1), max_size=4))
        end = draw(st.sampled_from([b"--", b"", b"--\r\nepilogue"]))
        mark = b"--" + boundary.encode()
        joined = b"".join(mark + b"\r\n" + part + b"\r\n" for part in inside)
        return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode() + joined + mark + end
    kind, charset = draw(st.sampled_from(TYPES)), draw(st.sampled_from(CHARSETS))
    encoding = draw(st.sampled_from(ENCODINGS))
    data = draw(st.one_of(st.binary(max_size=60), value.map(lambda text: text.encode("utf-8", "surrogatepass"))))
    if encoding == "base64" and draw(st.booleans()):
        data = base64.encodebytes(data)
    elif encoding == "quoted-printable" and draw(st.booleans()):
        data = quopri.encodestring(data)
    name = draw(st.one_of(st.just(""), value)).replace("\r", "").replace("\n", "")
    disposition = draw(st.sampled_from(["", "inline", "attachment", "nonsense"]))
    head = f"Content-Type: {kind}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    if disposition:
        head += f'Content-Disposition: {disposition}; filename="{name}"\r\n'
    return head.encode("utf-8", "surrogatepass") + b"\r\n" + data


@EASY
@given(parts())
def test_any_tree(part: bytes) -> None:
    check(b"From: a@b.example\r\nSubject: s\r\n" + part)


@EASY
@given(parts(), st.data())
def test_any_damaged_tree(part: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(part)))
    check(part[:at] + data.draw(st.sampled_from([b"", b"\r\n", b"\x00", b'"', b"\r\n\r\n", b"--b--"])) + part[at + 1 :])


@EASY
@given(st.text(max_size=300))
def test_any_file_name_becomes_a_safe_one(name: str) -> None:
    safe = safe_name(name)
    assert len(safe) <= 120
    assert not set(safe) & set('/\\:*?"<>|\n\r\t\0')
    assert not safe.startswith(".")
    assert ".." not in safe


@EASY
@given(st.text())
def test_any_text_becomes_clean_and_stays(raw: str) -> None:
    text = clean.text(raw)
    assert clean.is_clean(text)
    assert clean.text(text) == text
    line = clean.line(raw)
    assert not set(line) & set("\n\t\r")
    assert clean.line(line) == line


WRITTEN = """
yes|> no|>> never||  |On 3.3.2026 at 17:21, Ann Lee <ann@example.net> wrote:|-----Original Message-----|From: Ann <ann@x.example>|
Sent: 3 March 2026 17:21|To: bob@x.example|Subject: lamp|---- Forwarded message ----|Begin forwarded message:|> From: a@b.example|
Sent from my iPhone|-- |--|Ann Lee|Tel. 0123 456789|Kind regards|P.S. a bulb too|see below|[ref:abcdefghijklmnopqrstuvwxyz234567]|
________________|> [ref:abcdefghijklmnopqrstuvwxyz234567]|[cid:image001.png]|Virus-free. www.example.com|\u200b\u00a0x
""".replace("\n", "").split("|")


@EASY
@given(
    st.sampled_from(["lamp", "Re: lamp", "Fwd: lamp", "Re: lamp\r\nIn-Reply-To: <1@x.example>"]),
    st.lists(st.sampled_from(WRITTEN), max_size=14),
)
def test_any_letter(subject: str, lines: list[str]) -> None:
    text = "\r\n".join(lines)
    check(f"From: a@b.example\r\nSubject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}".encode())
