"""Where a link leads, as a reader needs it: behind its text, and only where the text does not say it."""

import re
from urllib.parse import unquote

MAX_TARGET = 1000  # characters; what is longer is a tracker's and helps nobody

_SHOWN = ("http:", "https:", "ftp:", "mailto:", "tel:")
# Rewriters that put the address itself into their own: Outlook's Safe Links, Google.
_WRAPPED = re.compile(
    r"https?://(?:[\w.-]{1,99}\.safelinks\.protection\.outlook\.com/|www\.google\.[a-z.]{2,6}/url)\?"
    r"(?:[^#]{0,999}&)?(?:url|q)=(https?(?::|%3a)[^&#]{1,2000})",
    re.I,
)


def target(href: str) -> str:
    """The address a link leads to, `""` where it is none to show (scripts, anchors, attached parts)."""
    address = "".join(href.split())
    if "/url?" in address or ".safelinks." in address:
        wrapped = _WRAPPED.match(address)
        address = _unquoted(wrapped.group(1)) if wrapped else address
    return address if len(address) <= MAX_TARGET and address.lower().startswith(_SHOWN) else ""


def behind(shown: str, address: str) -> str:
    """What to write behind the text of a link: `" <address>"`, or nothing where the text tells it already."""
    scheme, _, rest = address.partition(":")
    if scheme.lower() == "tel":
        return ""
    if scheme.lower() == "mailto":
        mailbox = _unquoted(rest.partition("?")[0])
        return f" <{mailbox}>" if "@" in mailbox and "@" not in shown else ""
    return "" if _bare(shown) == _bare(address) else f" <{address}>"


def _bare(address: str) -> str:
    address = address.strip().lower().partition("://")[2] or address.strip().lower()
    return unquote(address.removeprefix("www.").rstrip("/"))


def _unquoted(address: str) -> str:
    return "".join(unquote(address).split())
