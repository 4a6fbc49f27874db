"""Address fields (RFC 5322 3.4), read before encoded words are decoded: a decoded name never becomes an address.

Linear in the length of the field. `From` is one mailbox or none with the reason (T74), other fields are what they hold.
"""

import re
import unicodedata
from dataclasses import dataclass

from gateway.mail import headers
from gateway.mail.value import Address

MAX_ADDRESSES = 1000
MAX_NAME = 250

# `Name <a@b>`, `"Name" <a@b>` and `a@b` with nothing odd about them: nearly every field there is.
_PLAIN = re.compile(
    r"""(?:"([^"\\<>@]*)"\s*<|([^"\\<>(),:;@]*)<)?"""
    r"""([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,128}@(?:[A-Za-z0-9_-]{1,63}\.){0,30}[A-Za-z0-9_-]{1,63})(>)?\Z"""
)
_TOKEN = re.compile(r"""\s+|[^\s"(),:;<>\\]+|\\.|[(),:;<>"\\]""", re.S)
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.S)
_COMMENT = re.compile(r"[^()\\]+|\\.|[()]", re.S)
_ESCAPE = re.compile(r"\\(.)", re.S)
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]{1,128}\Z")
_QUOTED_LOCAL = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e]){1,128}"\Z')
_DOMAIN = re.compile(r"(?=.{1,255}\Z)(?:[A-Za-z0-9_\x80-\U0010ffff-]{1,63}\.)*[A-Za-z0-9_\x80-\U0010ffff-]{1,63}\Z")
_LITERAL = re.compile(r"\[[0-9A-Za-z:.]{3,60}\]\Z")


@dataclass(slots=True)
class _Mailbox:
    """One element of a list: what stands before the angle, in the angle, and in comments."""

    phrase: str = ""
    angle: str | None = None
    comment: str = ""
    in_group: bool = False
    route: bool = False


def mailboxes(raw: str, charset: str = "") -> tuple[Address, ...]:
    """Every usable address of a raw field in order, at most 1,000; groups are opened, the unusable is left out."""
    if plain := _plain(raw, charset):
        return (plain,)
    found = (_address(box, charset) for box in _boxes(raw) if box.angle is not None or "@" in box.phrase)
    return tuple(address for address in found if address)[:MAX_ADDRESSES]


def sender(fields: list[str], charset: str = "") -> tuple[Address | None, str]:
    """The one mailbox of the `From` fields, or None and why there is none that may be believed."""
    if not fields:
        return None, "missing"
    if len(fields) > 1:
        return None, "two From lines"
    if plain := _plain(fields[0], charset):
        return plain, ""
    boxes = _boxes(fields[0])
    if any(box.in_group for box in boxes):
        return None, "a group in From"
    if any(box.route for box in boxes):
        return None, "a route in From"
    claims = [box for box in boxes if box.angle is not None or "@" in box.phrase]
    found = [address for box in claims if (address := _address(box, charset))]
    if len(claims) > 1:
        same = len(found) == len(claims) and len({address.key for address in found}) == 1
        return (found[0], "") if same else (None, "several addresses in From")
    if not found:
        return None, "no usable address"
    return found[0], ""


def one(raw: str) -> str:
    """The bare address of a trace field (`Delivered-To`, `Return-Path`) as it stood, `""` where there is none."""
    found = mailboxes(raw)
    return found[0].addr if found else ""


def _plain(raw: str, charset: str) -> Address | None:
    found = _PLAIN.match(raw.strip())
    if not found:
        return None
    quoted, phrase, addr, closed = found.groups()
    if (quoted is None and phrase is None) == bool(closed):
        return None
    local, _, domain = addr.rpartition("@")
    return Address(addr=f"{local}@{domain.lower()}", name=_name(quoted or phrase or "", charset))


def _boxes(raw: str) -> list[_Mailbox]:
    """Split at the commas and semicolons that stand outside quotes, comments and angles."""
    boxes: list[_Mailbox] = []
    box, waiting = _Mailbox(), ""  # waiting: pieces without an address, as in `Smith, John <john@x.example>`
    in_angle = in_group = False
    for kind, token in _tokens(raw):
        if kind == "comment":
            box.comment = box.comment or token
        elif in_angle:
            if token == ">" and kind == "special":
                in_angle = False
            elif token in (",", ":") and kind == "special":
                box.route = True
                box.angle = box.angle if token == "," else ""
            else:
                box.angle = (box.angle or "") + token
        elif kind != "special":
            if box.angle is not None and token.strip():  # text behind `>`: the comma is missing
                boxes.append(box)
                box, waiting = _Mailbox(in_group=in_group), ""
            box.phrase += token
        elif token == "<":
            if box.angle is not None:
                boxes.append(box)
                box, waiting = _Mailbox(in_group=in_group), ""
            box.phrase, waiting = waiting + box.phrase, ""
            box.angle, in_angle = "", True
        elif token == ":" and box.angle is None and "@" not in box.phrase:
            box, waiting, in_group = _Mailbox(in_group=True), "", True
        elif token in (",", ";"):
            if box.angle is None and "@" not in box.phrase and token == ",":
                waiting += box.phrase + ","
            else:
                boxes.append(box)
                waiting = ""
            in_group = in_group and token == ","
            box = _Mailbox(in_group=in_group)
        else:
            box.phrase += token
    boxes.append(box)
    return [box for box in boxes if box.angle is not None or box.phrase.strip() or box.in_group]


def _tokens(raw: str) -> list[tuple[str, str]]:
    """Words, quoted strings, comments and specials. What is opened and never closed is taken as plain characters."""
    tokens: list[tuple[str, str]] = []
    at, may_quote, may_comment = 0, True, True
    while at < len(raw):
        if raw[at] == '"' and may_quote:
            quoted = _QUOTED.match(raw, at)
            if quoted:
                tokens.append(("quoted", quoted.group()))
                at = quoted.end()
                continue
            may_quote = False
        if raw[at] == "(" and may_comment:
            end = _comment_end(raw, at)
            if end:
                tokens.append(("comment", _ESCAPE.sub(r"\1", raw[at + 1 : end - 1])))
                at = end
                continue
            may_comment = False
        token = _TOKEN.match(raw, at)
        assert token is not None  # every character is covered
        text = token.group()
        tokens.append(("special" if text in ",:;<>" else "word", text))
        at = token.end()
    return tokens


def _comment_end(raw: str, start: int) -> int:
    depth = 0
    for token in _COMMENT.finditer(raw, start):
        depth += {"(": 1, ")": -1}.get(token.group(), 0)
        if not depth:
            return token.end()
    return 0


def _address(box: _Mailbox, charset: str) -> Address | None:
    if box.angle is not None:
        addr = _addr(box.angle.strip())
        if addr is None and "@" in box.phrase and not box.angle.strip():
            addr = _addr(box.phrase.strip())  # `a@b <>`
        return Address(addr=addr, name=_name(box.phrase or box.comment, charset)) if addr else None
    phrase = " ".join(box.phrase.split()).replace(" @", "@").replace("@ ", "@")
    if addr := _addr(phrase):
        return Address(addr=addr, name=_name(box.comment, charset))
    claims = [word for word in phrase.split() if "@" in word]
    addr = _addr(claims[0].strip("[]'")) if len(claims) == 1 else None
    if addr is None:
        return None
    name = phrase.replace(claims[0], "", 1)
    return Address(addr=addr, name=_name(name, charset))


def _addr(text: str) -> str | None:
    """`local@domain`, the domain in lower case; None where it is none or has characters that only look like others."""
    if not text.isascii():
        try:
            text = text.encode("ascii", "surrogateescape").decode("utf-8")
        except UnicodeDecodeError:
            return None
        letters = all(unicodedata.category(char)[0] in "LMN" for char in text if not char.isascii())
        if not letters or unicodedata.normalize("NFKC", text) != text:
            return None
    local, at, domain = text.rpartition("@")
    local, domain = local.strip(), domain.strip().rstrip(".").lower()
    if not at or not (_DOMAIN.match(domain) or _LITERAL.match(domain)):
        return None
    if _LOCAL.match(local):
        return f"{local}@{domain}"
    if _QUOTED_LOCAL.match(local):
        bare = _ESCAPE.sub(r"\1", local[1:-1])
        return f"{bare}@{domain}" if _LOCAL.match(bare) else f"{local}@{domain}"
    return None


def _name(raw: str, charset: str) -> str:
    """A display name: quotes undone, encoded words decoded, clean, at most 250 characters."""
    if not raw:
        return ""
    if '"' in raw:
        raw = _QUOTED.sub(lambda found: _ESCAPE.sub(r"\1", found.group()[1:-1]), raw)
    name = headers.decode(raw, charset).strip(" ,")
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name[:MAX_NAME]
