"""For whom is a mail that comes without an envelope, from a mailbox or a file? A look at the header bytes, no parse."""

import re

from gateway.config import Config

_HEADER_MAX = 256 * 1024  # bytes
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(
    rb"^(delivered-to|x-original-to|to|cc)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE
)
_ORDER = (b"delivered-to", b"x-original-to", b"to", b"cc")
# Quoted names and comments hold no addresses. A quote that is not closed takes the rest: no second look, no long way.
_NAMES = re.compile(rb'"(?:[^"\\]|\\.?)*+(?:"|\Z)|\([^()]*+\)', re.DOTALL)
_ADDRESS = re.compile(rb"[\w!#$&'*+/=?^`{|}~.-]{1,64}@[\w.-]{1,255}", re.ASCII)
_ANGLE = re.compile(rb"<[ \t]*(" + _ADDRESS.pattern + rb")[ \t]*>", re.ASCII)


def recipient(raw: bytes, cfg: Config, own: str = "") -> str:
    """The first of Delivered-To, X-Original-To, To, Cc that is ours, else `own`, else the first of our addresses."""
    end = _HEADER_END.search(raw, 0, _HEADER_MAX)
    found: dict[bytes, list[bytes]] = {name: [] for name in _ORDER}
    for field in _FIELD.finditer(raw, 0, end.start() if end else _HEADER_MAX):
        found[field[1].lower()].append(field[2])
    for name in _ORDER:
        for value in found[name]:
            for address in _addresses(value):
                if cfg.is_ours(address):
                    return address
    return own if own and cfg.is_ours(own) else next(iter(cfg.addresses()), own)


def _addresses(value: bytes) -> list[str]:
    """The addresses in a header, in their order. `Name <a@b>` gives a@b even if the name looks like one, too."""
    addresses = []
    for part in _NAMES.sub(b" ", value).split(b","):
        match = _ANGLE.search(part) or _ADDRESS.search(part)
        if match:
            addresses.append(match[match.lastindex or 0].decode("ascii"))
    return addresses
