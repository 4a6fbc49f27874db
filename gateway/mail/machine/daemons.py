"""How surely a mail server wrote a mail, by its header alone: names, empty paths, RFC 3834, and whom it went to."""

import re
from enum import IntEnum

from gateway.mail.header import addresses, headers
from gateway.mail.header.headers import Fields
from gateway.mail.value import Address

_NOBODY = re.compile(r"(?:no|do[-_.]?not|don.?t)[-_.]?reply|bounces?[-+=@_]|(?:auto)?notifications?@", re.I)
# Who writes reports: by the whole of a display name, or from the start of an address. A part of a name says nothing,
# for people work for a Mail Delivery Service.
_DAEMON = re.compile(
    r"(?:(?:[\w.-]{1,40} )?mail(?:er)?[-_. ]?daemon|internet mail delivery|mail (?:router|robot)"
    r"|mail deliver(?:y|ing|) (?:(?:sub)?system|service|agent|robot))(?: (?:(?:at|of|on|from) \S{1,80}|\(.{1,80}\)))?",
    re.I,
)
_DAEMONS_ADDRESS = re.compile(
    r"(?:mailer[-_.]?daemon|mail[-_.]?delivery(?:[-_.]?(?:sub)?(?:system|service))?|microsoftexchange[0-9a-f]{32})"
    r"(?:[+=-][^@]*)?(?:@|\Z)",
    re.I,
)
_OFFICE = re.compile(
    r"(?:the |(?:e-?)?mail |\S{1,40}\.\S{1,40} )?post[-_ ]?master"
    r"|(?:\S{1,60} ){0,2}(?:ndr admin(?:istrator)?|mail delivery (?:sub)?system)"
    r"|(?:(?:systems?|network|domain|exchange|server|(?:e-?)?mail) )?admin(?:istrator)?"
    r"|(?:mail system|smtp(?:[ -](?:server|gateway|daemon))?|content-?filter|interscan\b.{0,40}|mdaemon"
    r"|mail ?(?:sweeper"
    r"|marshal|scanner)\b.{0,40})(?: (?:at|of|on|for) \S{1,80})?",
    re.I,
)
_OFFICES_ADDRESS = re.compile(
    r"(?:(?:[\w-]{1,20}[-_.])?post[-_.]?master|(?:system[-_.]?|mail[-_.]?)?administrator|daemon|smtp|mdaemon"
    r"|content-?filter"
    r"|interscan|mail(?:sweeper|marshal|scanner))(?:[+=-][^@]*)?(?:@|\Z)",
    re.I,
)
_PIECE = re.compile(r"[^<>()\",]+")
_POSTMASTER = re.compile(r"post[-_.]?master@", re.I)
# One of them is in all the above.
_WORDS = ("daemon", "mail", "master", "smtp", "admin", "filter", "scan", "microsoftexchange")
_DAEMONS_PATH = re.compile(r"<?\s*mailer-daemon\b", re.I)
_TO_BOUNCES = re.compile(
    r"(?:^|[<\s,+=._-])(?:(?:bounces?|verp)(?:[-+=._]\S{0,200})?|(?:returns?|errors?)[-+=._]\S{1,200})@"
    r"|-(?:admin|owner|request)@",
    re.I,
)  # goods come back to returns@


class Sign(IntEnum):
    """How surely the header of a mail is that of a mail server."""

    HINT = 1  # some machine's
    TO_BOUNCES = 2  # written to an address that takes reports
    OFFICE = 3  # a postmaster's: sometimes a person
    NULL_PATH = 4  # other automatic mail has it too
    DAEMON = 5


def sign_of(fields: Fields) -> tuple[Sign, str] | None:
    """The strongest sign that a mail server wrote this, and where it stands."""
    raw = " ".join(fields.all("from"))[:1_000]
    from_ = headers.decode(raw) if "=?" in raw else raw
    suspect = _named(raw, from_) if any(word in from_.lower() for word in _WORDS) else None
    if suspect is Sign.DAEMON:
        return Sign.DAEMON, f"From: {addresses.one(raw) or from_[:80]}"
    path = fields.first("return-path")
    if path and _DAEMONS_PATH.match(path):
        return Sign.DAEMON, f"Return-Path: {path[:80]}"
    if "<>" in from_:
        return Sign.NULL_PATH, "From: <>"
    if has_null_path(fields):
        return Sign.NULL_PATH, "Return-Path: <>"
    if suspect is Sign.OFFICE and not _is_own(path, raw):
        return Sign.OFFICE, f"From: {addresses.one(raw) or from_[:80]}"
    return None


def _is_own(path: str, from_: str) -> bool:
    """Do answers to a mail reach whoever wrote it? A server's reports have no such path; an administrator has one."""
    addr = addresses.one(path) if path else ""
    return bool(addr) and not _OFFICES_ADDRESS.match(addr) and addr.lower() == addresses.one(from_).lower()


def _named(raw: str, decoded: str) -> Sign | None:
    """What the name and the address in From say. A daemon's often has no domain: then each piece is either."""
    if found := addresses.mailboxes(raw):
        names, addrs = [found[0].name], [found[0].addr]
    else:
        names = addrs = [piece.strip(" \t'") for piece in _PIECE.findall(decoded)]
    if any(map(_DAEMONS_ADDRESS.match, addrs)) or any(map(_DAEMON.fullmatch, names)):
        return Sign.DAEMON
    if any(map(_OFFICES_ADDRESS.match, addrs)) or any(map(_OFFICE.fullmatch, names)):
        return Sign.OFFICE
    return None


def is_unnamed_postmaster(sender: Address) -> bool:
    """Is this a postmaster's address without a person's name beside it?"""
    if not _POSTMASTER.match(sender.addr):
        return False
    return (
        not sender.name or "@" in sender.name or bool(_DAEMON.fullmatch(sender.name) or _OFFICE.fullmatch(sender.name))
    )


def hint_of(fields: Fields, sender: Address | None) -> tuple[Sign, str] | None:
    """A sign that some machine wrote this, or that it was written to one."""
    for name in ("to", "delivered-to", "x-original-to"):
        if (value := fields.first(name)) and _TO_BOUNCES.search(value[:1_000]):
            return Sign.TO_BOUNCES, f"{name.title()}: {addresses.one(value)}"
    if word := submitted(fields):
        return Sign.HINT, f"Auto-Submitted: {word[:60]}"
    return (Sign.HINT, f"From: {sender.addr}") if is_nobody(sender) and sender else None


def is_nobody(sender: Address | None) -> bool:
    """Is this an address like no-reply@, that nobody reads?"""
    return sender is not None and bool(_NOBODY.match(sender.addr))


def submitted(fields: Fields) -> str:
    """What Auto-Submitted says (RFC 3834 section 5), without comment and parameters; `""` for `no`."""
    value = fields.first("auto-submitted")
    word = value.partition(";")[0].partition("(")[0].strip().lower() if value else ""
    return "" if word == "no" else word


def has_null_path(fields: Fields) -> bool:
    """Is the envelope sender empty, as far as the header says?"""
    return "return-path" in fields.by_name and fields.first("return-path").strip() in ("<>", "")
