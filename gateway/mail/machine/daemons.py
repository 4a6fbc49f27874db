"""How surely a mail server wrote a mail, by its header alone: names, empty paths, RFC 3834, and whom it went to."""

import re
from enum import IntEnum

from gateway.mail.header import addresses, headers
from gateway.mail.header.headers import Fields
from gateway.mail.value import Address

_NOBODY = re.compile(r"(?:no|do[-_.]?not|don.?t)[-_.]?reply|bounces?[-+=@_]|(?:auto)?notifications?@", re.I)
# Who writes reports, by the whole of From: such names often stand without a domain.
_DAEMON = re.compile(
    r"mailer[-_. ]?daemon|mail deliver(?:y|ing|) (?:sub)?(?:system|service)|mail[-_.]delivery|internet mail delivery"
    r"|mail (?:router|robot)",
    re.I,
)
_OFFICE = re.compile(
    r"post[-_]?master|system administrator|mail administrator|smtp|ndr admin|mail system|content-?filter|interscan"
    r"|mdaemon|mail ?(?:sweeper|marshal|scanner)|\badministrator\b",
    re.I,
)
_WORDS = ("daemon", "mail", "master", "smtp", "admin", "filter", "scan")  # one of them is in all the above
_DAEMONS_PATH = re.compile(r"<?\s*mailer-daemon\b", re.I)
_TO_BOUNCES = re.compile(
    r"(?:^|[<\s,+=._-])(?:bounces?|verp|returns?|errors?)(?:[-+=._]\S{0,200})?@|-(?:admin|owner|request)@", re.I
)


class Sign(IntEnum):
    """How surely the header of a mail is that of a mail server."""

    HINT = 1  # some machine's
    TO_BOUNCES = 2  # written to an address that takes reports
    OFFICE = 3  # a postmaster's: sometimes a person
    NULL_PATH = 4  # other automatic mail has it too
    DAEMON = 5


def sign_of(fields: Fields) -> tuple[Sign, str] | None:
    """The strongest sign that a mail server wrote this, and where it stands."""
    from_ = " ".join(fields.all("from"))[:1_000]
    if "=?" in from_:
        from_ = headers.decode(from_)
    suspect = any(word in from_.lower() for word in _WORDS)
    if suspect and _DAEMON.search(from_):
        return Sign.DAEMON, f"From: {addresses.one(from_) or from_[:80]}"
    path = fields.first("return-path")
    if path and _DAEMONS_PATH.match(path):
        return Sign.DAEMON, f"Return-Path: {path[:80]}"
    if "<>" in from_:
        return Sign.NULL_PATH, "From: <>"
    if has_null_path(fields):
        return Sign.NULL_PATH, "Return-Path: <>"
    if suspect and _OFFICE.search(from_):
        return Sign.OFFICE, f"From: {addresses.one(from_) or from_[:80]}"
    return None


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
