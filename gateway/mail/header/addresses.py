"""Address fields (RFC 5322 3.4), read before encoded words are decoded: a decoded name never becomes an address.

Linear in the length of the field. `From` is one mailbox or none with the reason (T74), other fields are what they hold.
"""

import re
import unicodedata

from gateway.mail.header import headers
from gateway.mail.header.address_list import Element, Token, elements, tokens
from gateway.mail.value import Address

MAX_ADDRESSES = 1000
MAX_NAME = 250

# `Name <a@b>`, `"Name" <a@b>` and `a@b` with nothing odd about them: nearly every field there is.
_PLAIN = re.compile(
    r"""((?:"([^"\\<>@]*)"\s*|([^"\\<>(),:;@\[\]]*))<)?"""
    r"""([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,128})@((?:[A-Za-z0-9_-]{1,63}\.){0,30}[A-Za-z0-9_-]{1,63})(?(1)>)\Z"""
)
_ESCAPE = re.compile(r"\\(.)", re.S)
_NAME_QUOTES = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"|"|\\(.)', re.S)
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]{1,128}\Z")
_QUOTED_LOCAL = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e]){1,128}"\Z')
_DOMAIN = re.compile(r"(?=.{1,255}\Z)(?:[A-Za-z0-9_\x80-\U0010ffff-]{1,63}\.)*[A-Za-z0-9_\x80-\U0010ffff-]{1,63}\Z")
_LITERAL = re.compile(r"\[[0-9A-Za-z:.]{3,60}\]\Z")
_AROUND = "[]'\" "  # what senders put around an address instead of angles
# The kinds of tokens of a field in which every reader finds the same mailbox: any name and one angle, or one word.
_CLEAR = re.compile(r"[wq,]*<w>\Z|w\Z")
_NO_SQUARE = re.compile(r"[^\[\]]+")
_STRAY_DOT = re.compile(r"\A\.|\.\.|\.@")


def mailboxes(raw: str, charset: str = "") -> tuple[Address, ...]:
    """Every usable address of a raw field in order, at most 1,000; groups are opened, the unusable is left out."""
    if plain := _plain(raw, charset):
        return (plain,)
    claims = (element for element in elements(tokens(raw)) if element.is_claim)
    return tuple(address for claim in claims for address in _addresses(claim, charset))[:MAX_ADDRESSES]


def sender(fields: list[str], charset: str = "") -> tuple[Address | None, str]:
    """The one mailbox of the `From` fields, or None and why there is none that may be believed.

    Several fields that name the same mailbox are as good as one.
    """
    if len(fields) == 1 and (plain := _plain(fields[0], charset)):
        return plain, ""
    if not fields:
        return None, "missing"
    found = [_sender(tokens(value), charset) for value in _filled(fields)]
    if len({address.key if address else "" for address, _ in found}) > 1:
        return None, "two From lines"
    if found[0][0] is None and len(fields) == 1 and (encoded := _in_words(fields[0], charset)):
        return encoded, ""
    return found[0]


def is_doubtful(fields: list[str]) -> bool:
    """True where another reader may find another mailbox in the `From` fields than `sender` does."""
    if len(fields) == 1 and _plain(fields[0], ""):
        return False
    address, _ = sender(fields)
    if address is None:
        return any("@" in value for value in fields)
    return not fields[0].strip() or not all(_is_clear(tokens(value), address.key) for value in _filled(fields))


def one(raw: str) -> str:
    """The bare address of a trace field (`Delivered-To`, `Return-Path`) as it stood, `""` where there is none."""
    found = mailboxes(raw)
    return found[0].addr if found else ""


def _plain(raw: str, charset: str) -> Address | None:
    found = _PLAIN.match(raw.strip())
    if not found:
        return None
    quoted, phrase, local, domain = found.group(2, 3, 4, 5)
    if "=?" in local:
        return None
    return Address(addr=f"{local}@{domain.lower()}", name=_name(quoted or phrase or "", charset))


def _in_words(field: str, charset: str) -> Address | None:
    """The mailbox of a field that is encoded as a whole (RFC 2047 5 forbids it); `is_doubtful` says so of it."""
    if "@" in field or field[:2] != "=?" or field[-2:] != "?=":
        return None
    found = _plain(headers.decode(field, charset), "")
    return found if found and found.addr.isascii() else None


def _filled(fields: list[str]) -> list[str]:
    return [value for value in fields if value.strip()] or fields[:1]


def _sender(field: list[Token], charset: str) -> tuple[Address | None, str]:
    parts = elements(field)
    claims = [part for part in parts if part.is_claim]
    found = [address for claim in claims for address in _addresses(claim, charset)]
    if any(part.in_group for part in parts):
        return None, "a group in From"
    if any(part.is_route for part in parts):
        return None, "a route in From"
    if len(found) == len(claims) and len({address.key for address in found}) == 1:
        return found[0], ""
    return None, "several addresses in From" if max(len(claims), len(found)) > 1 else "no usable address"


def _is_clear(field: list[Token], key: str) -> bool:
    """True where nothing in the field makes another reader find another address."""
    shape = "".join(token.kind for token in field).replace(" ", "").replace("c", "")
    words = [token.text.lower() for token in field if token.kind == "w"]
    at_signs = {word.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for word in words if "@" in word}
    return (
        bool(_CLEAR.match(shape))
        and at_signs == {key}
        and not _NO_SQUARE.sub("", "".join(words)).replace("[]", "")
        and (key.isascii() or not _STRAY_DOT.search(key))
    )


def _addresses(claim: Element, charset: str) -> list[Address]:
    """The usable addresses of one element: one, or several where blanks stand for the commas."""
    if claim.angle is not None and claim.angle.strip():
        addr = _addr(_closed_up(claim.angle, ".@"))
        return [Address(addr=addr, name=_name(claim.phrase or claim.comment, charset))] if addr else []
    phrase = _closed_up(claim.phrase, "@")
    if addr := _addr(phrase):
        return [Address(addr=addr, name=_name(claim.comment, charset))]
    words = [word for word in phrase.split() if "@" in word]
    found = [addr for word in words if (addr := _addr(word))]
    if len(found) == len(words) == 1:
        return [Address(addr=found[0], name=_name(phrase.replace(words[0], "", 1), charset))]
    return [Address(addr=addr) for addr in found]


def _closed_up(text: str, signs: str) -> str:
    """Without the blanks around these signs, which RFC 5322 4.4 allows of old, and with single ones elsewhere."""
    text = " ".join(text.split())
    for sign in signs:
        text = text.replace(f" {sign}", sign).replace(f"{sign} ", sign)
    return text


def _addr(text: str) -> str | None:
    """`local@domain`, the domain in lower case; None where it is none or has characters that only look like others."""
    text = text.strip()
    if not text.isascii():
        try:
            text = text.encode("utf-8", "surrogateescape").decode("utf-8")
        except UnicodeDecodeError:
            return None
        letters = all(unicodedata.category(char)[0] in "LMN" for char in text if not char.isascii())
        if not letters or unicodedata.normalize("NFKC", text) != text:
            return None
    return _well_formed(text) or _well_formed(text.strip(_AROUND))


def _well_formed(text: str) -> str | None:
    """The address, its domain in lower case; an encoded word before the `@` may be another address to others."""
    local, at, domain = text.rpartition("@")
    local, domain = local.strip(), domain.strip().rstrip(".").lower()
    if not at or "=?" in local or not (_DOMAIN.match(domain) or _LITERAL.match(domain)):
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
    if '"' in raw or "\\" in raw:
        raw = _NAME_QUOTES.sub(_unquoted, raw)
    name = headers.decode(raw, charset).strip(" ,")
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name[:MAX_NAME]


def _unquoted(found: re.Match[str]) -> str:
    """What a quoted string or an escape stands for; a quote without its fellow for nothing."""
    quoted, escaped = found.groups()
    return _ESCAPE.sub(r"\1", quoted) if quoted is not None else escaped or ""
