"""Addresses behind commands: `+ann@example.net -bo@example.net`, with names and what clients put behind."""

import re
from collections.abc import Iterator

from gateway.mail import Address
from gateway.mail.header import addresses
from gateway.tickets.commands.names import Names
from gateway.tickets.commands.values import Kind, People, Unreadable, shown

MAX_PEOPLE = 50

_PLUS, _MINUS = "+＋﹢", "-−–—‐‑﹣－"
# `ann@example.net<mailto:ann@example.net>` and `[mailto:...]`, as clients write links in plain text.
_LINK = re.compile(r"\s?[<\[(]mailto:[^<>\[\]()\s]{1,300}[>\])]", re.I)
_SIGNED = re.compile(rf"(?:\A|(?<=[\s,;]))([{re.escape(_PLUS + _MINUS)}])\s?(?=[^\s])")
_ITEM = re.compile(
    r"""\s*(?:"(?P<quoted>[^"<>]{0,200})"|(?P<name>[^"<>@,;]{0,200}?))\s*<(?P<angle>[^<>\s]{1,320})>\s*[,;]?"""
    r"""|\s*(?P<addr>[^\s<>,;"]{1,320}@[^\s<>,;"]{1,255})\s*[,;]?"""
)


def address(text: str) -> Address:
    """One address, perhaps with a name."""
    found = list(_addresses(_LINK.sub("", text)))
    if not found:
        raise Unreadable(Kind.MISSING, "needs an address, such as ann@example.net")
    if len(found) > 1:
        raise Unreadable(Kind.ARGUMENT, f"takes one address, and there stand {len(found)}")
    return found[0]


def not_ours(text: str, names: Names) -> Address:
    """One address of somebody else."""
    found = address(text)
    if names.is_ours(found.key):
        raise Unreadable(Kind.ARGUMENT, f"{found.addr} is one of our own addresses; write the person's")
    return found


def people(text: str, names: Names) -> People:
    """`+a -b c`: who has no sign is added."""
    text = _LINK.sub("", text)
    first, *signed = _SIGNED.split(text)
    add: dict[str, Address] = {}
    drop: dict[str, Address] = {}
    for sign, written in [("+", first), *zip(signed[::2], signed[1::2], strict=True)]:
        side = drop if sign in _MINUS else add
        for one in _addresses(written):
            if side is add and names.is_ours(one.key):
                raise Unreadable(Kind.ARGUMENT, f"{one.addr} is one of our own addresses; write the person's")
            side.setdefault(one.key, one)
    if not add and not drop:
        raise Unreadable(Kind.MISSING, "needs an address, such as +ann@example.net or -ann@example.net")
    if both := add.keys() & drop.keys():
        raise Unreadable(Kind.CONFLICT, f"both adds and takes away {', '.join(sorted(both))}")
    if len(add) + len(drop) > MAX_PEOPLE:
        raise Unreadable(Kind.ARGUMENT, f"names {len(add) + len(drop)} people; at most {MAX_PEOPLE} at once")
    return People(add=tuple(add.values()), drop=tuple(drop.values()))


def _addresses(text: str) -> Iterator[Address]:
    at = 0
    text = text.strip()
    while at < len(text):
        item = _ITEM.match(text, at)
        written = (item["angle"] or item["addr"]) if item else ""
        found = addresses.mailboxes(_ascii(written)) if written else ()
        if item is None or len(found) != 1 or "@" not in written:
            raise Unreadable(Kind.ARGUMENT, f'"{shown(text[at:])}" is no address; write such as ann@example.net')
        yield Address(addr=found[0].addr, name=(item["quoted"] or item["name"] or "").strip(" '"))
        at = item.end()


def _ascii(written: str) -> str:
    """An address as `mailboxes` reads it; letters beyond ASCII only look like others too often."""
    written = written.removeprefix("mailto:").rstrip(".")
    if not written.isascii():
        raise Unreadable(Kind.LOOKALIKE, f'"{shown(written)}" has letters beyond ASCII; type the address anew')
    return written
