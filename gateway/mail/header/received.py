"""What the Received lines tell: the queue ids MTAs logged, nearest first, and who handed the mail to whom."""

import ipaddress
import re
from dataclasses import dataclass

from gateway.mail.header.address_list import tokens

MAX_IDS = 50
_MAX_OCTETS = 8 * 1024

_MAX_HEAD = 4 * 1024
_TOPMOST = re.compile(rb"^Received:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)
# Exchange writes its version there.
_QUEUE_ID = re.compile(r"\s(?i:id)\s+<?(?!\d+\.\d+\.\d+\.\d+\b)([A-Za-z0-9][A-Za-z0-9._+-]{3,63})")
# What the client said of itself, in the comments of Exim and qmail.
_SAID = re.compile(r"(?i)\b(?:helo|ehlo|ident)[= ]\s*(\S+)")
_BRACKETED = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One line: the server that wrote it (`by`), the address of the client it saw, and what that client called itself.

    Each is `""` where the line does not say so in one clear way.
    """

    by: str = ""
    ip: str = ""
    helo: str = ""


def queue_ids(values: list[str]) -> tuple[str, ...]:
    """The `id XXXX` of each Received field in order, each once, at most fifty."""
    found = (_QUEUE_ID.search(value) for value in values[:MAX_IDS])
    return tuple(dict.fromkeys(match.group(1) for match in found if match))


def handed_over_as(raw: bytes) -> str:
    """The id under which whoever handed a mail over had it in the queue, by its topmost Received line; else `""`."""
    head = raw[:_MAX_HEAD].partition(b"\r\n\r\n")[0]
    topmost = _TOPMOST.search(head)
    return next(iter(queue_ids([topmost[1].decode("latin-1")])), "") if topmost else ""


def hop(value: str) -> Hop:
    """One Received field, unfolded (RFC 5321 section 4.4).

    The client's address is what the server saw, which stands in a comment; what the client said of itself is passed
    over, and where two addresses are left there is none.
    """
    words: list[str] = []
    comments: list[str] = []
    client: list[str] | None = None  # what the comments say, once `by` has come
    is_open = False  # an IPv6 address is several tokens
    for token in tokens(value[:_MAX_OCTETS]):
        if token.kind == ";":
            break
        if token.kind in (" ", "c"):
            is_open = False
            comments += [token.text] if token.kind == "c" else []
        elif is_open:
            words[-1] += token.text
        else:
            is_open = True
            words.append(token.text)
            if token.text.lower() == "by" and client is None:
                client = list(comments)
    by = _after("by", words)
    name = _after("from", words[:2])
    if client is None or not name or name == "by":
        return Hop(by=by)
    said = [found[1].rstrip(",;)") for comment in client for found in [_SAID.search(comment)] if found]
    seen = {ip for comment in client if (ip := _address_in(_SAID.sub("", comment)))}
    if not seen and said and (ip := _address_in(name)):
        seen = {ip}
    return Hop(by=by, ip=seen.pop() if len(seen) == 1 else "", helo=(said[0] if said else name).lower()[:255])


def _after(word: str, words: list[str]) -> str:
    lower = [one.lower() for one in words]
    at = lower.index(word) + 1 if word in lower else len(words)
    return lower[at].rstrip(".") if at < len(words) else ""


def _address_in(comment: str) -> str:
    """`rdns [192.0.2.1]`, `[IPv6:2001:db8::1]:40312` or the bare address of Exchange and qmail."""
    bracketed = _BRACKETED.findall(comment)
    return _ip(bracketed[-1]) if bracketed else _ip(comment.strip())


def _ip(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
