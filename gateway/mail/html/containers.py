"""Which elements of a page hold quoted words or a signature, by what the mail clients of the world write around them.

Whatever is ambiguous is no quote: what is missed here `reply` still finds in the text, what is taken wrongly is lost.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto

from gateway.mail.forward import header_block
from gateway.mail.forward.labels import label


class Mark(Enum):
    """What an element is to its text."""

    QUOTE = auto()  # it holds quoted words
    THREAD = auto()  # it holds an attribution and a blockquote; answers may stand below that
    REST = auto()  # from here to the end of the page all is quoted
    RULE = auto()  # the same, if a header block stands below
    FORWARD = auto()  # it holds another mail, meant to be read
    SIGNATURE = auto()
    INDENT = auto()  # a blockquote that only moves its text to the right


_CLASSES = {
    # Gmail, and clients that took over its names (Mailspring, Superhuman, K-9, Hiver)
    "gmail_quote": Mark.THREAD,
    "gmail_quote_container": Mark.THREAD,
    "protonmail_quote": Mark.THREAD,
    "zmail_extra": Mark.THREAD,  # Zoho
    "freshdesk_quote": Mark.THREAD,
    "missive_quote": Mark.THREAD,
    "skiff_quote": Mark.THREAD,
    "nylas-quote": Mark.THREAD,
    "yahoo_quoted": Mark.QUOTE,
    "iosymail": Mark.QUOTE,  # Yahoo on iOS
    "tutanota_quote": Mark.QUOTE,
    "spark_quote": Mark.QUOTE,
    "front-blockquote": Mark.QUOTE,
    "moz-cite-prefix": Mark.QUOTE,
    "moz-forward-container": Mark.FORWARD,
    "outlookmessageheader": Mark.REST,  # Outlook 2003
    "mail-editor-reference-message-container": Mark.REST,  # Outlook on phones, Windows Mail
    "ms-outlook-mobile-reference-message": Mark.REST,
    "gmail_signature": Mark.SIGNATURE,
    "moz-signature": Mark.SIGNATURE,
    "protonmail_signature_block": Mark.SIGNATURE,
    "front-signature": Mark.SIGNATURE,
    "sh-signature": Mark.SIGNATURE,
    "spark_signature": Mark.SIGNATURE,
    "webkit-indent-blockquote": Mark.INDENT,
}
_IDS = {
    "divrplyfwdmsg": Mark.REST,  # Outlook.com
    "appendonsend": Mark.REST,
    "mail-editor-reference-message-container": Mark.REST,
    "stopspelling": Mark.REST,  # Hotmail
    "orimsghtmlseperator": Mark.REST,
    "olk_src_body_section": Mark.QUOTE,  # Outlook for Mac
    "isreplycontent": Mark.QUOTE,  # NetEase
    "reply139content": Mark.QUOTE,
    "origbody": Mark.QUOTE,
    "reply-intro": Mark.QUOTE,  # Roundcube's attribution
    "zwchr": Mark.RULE,  # Zimbra's rule
    "isforwardcontent": Mark.FORWARD,
    "signature": Mark.SIGNATURE,  # Outlook.com, mail.ru
    "applemailsignature": Mark.SIGNATURE,
    "ms-outlook-mobile-signature": Mark.SIGNATURE,
    "composer_signature": Mark.SIGNATURE,  # Samsung
}
_NAMES = {"quote": Mark.QUOTE, "messagereplysection": Mark.THREAD}  # GMX, Spark
_DATA_MARKERS = {  # Zimbra
    "__divider__": Mark.QUOTE,
    "__headers__": Mark.QUOTE,
    "__quoted_text__": Mark.QUOTE,
    "__sig_pre__": Mark.SIGNATURE,
    "__sig_post__": Mark.SIGNATURE,
}
# Outlook's rule above `From: Sent: To: Subject:`, as Word writes it and as webmails rewrite it.
_HEADER_RULE = re.compile(
    r"border-top:\s?(?:solid |1(?:\.0)?p[tx] ){1,2}(?:#(?:e1e1e1|b5c4df)|rgb\((?:225, ?225, ?225|181, ?196, ?223)\))"
    r"|border-color:\s?(?:#(?:e1e1e1|b5c4df)|rgb\((?:225, ?225, ?225|181, ?196, ?223)\))"
)
_NO_BORDER = re.compile(r"border(?:-left)?:\s?(?:none|0|medium none)")


def mark(name: str, attributes: Mapping[str, str]) -> Mark | None:
    """What an element is, by its name and attributes; None for one that is just text."""
    found = _of_names(attributes)
    style = attributes.get("style", "").lower()
    if name == "blockquote":
        is_bare = found is None and attributes.get("type", "").lower() != "cite"
        if is_bare and "solid" not in style and _NO_BORDER.search(style):
            return Mark.INDENT
        return Mark.QUOTE if found is None or found is Mark.THREAD else found
    if found is None and name == "div":
        if "border" in style and "padding" in style and _is_header_rule(style):
            return Mark.RULE
        return _NAMES.get(attributes.get("name", "").lower())
    return found


def _of_names(attributes: Mapping[str, str]) -> Mark | None:
    if "class" in attributes:
        for token in attributes["class"].lower().split()[:20]:
            if found := _CLASSES.get(token):
                return found
            if "yahoo_quoted" in token:  # ydp1a2b3c4yahoo_quoted
                return Mark.QUOTE
    if "id" in attributes:
        token = attributes["id"].lower()
        if found := _IDS.get(token):
            return found
        if token.startswith("yahoo_quoted"):
            return Mark.QUOTE
    return _DATA_MARKERS.get(attributes["data-marker"].lower()) if "data-marker" in attributes else None


def _is_header_rule(style: str) -> bool:
    return ("3pt" in style or "3.0pt" in style) and _HEADER_RULE.search(style) is not None


_MARKER = re.compile(
    r"[^\d@\n]{3,60}\Z"
)  # `Begin forwarded message:`; what introduces a quote has a date or an address
_LOOKED_AT = 8  # lines


def is_forward(lines: list[str], first: int) -> bool:
    """True where the text of a container begins with a header block, or a line without a date stands between them."""
    looked_at = 0
    for number in range(first, min(first + _LOOKED_AT, len(lines))):
        line = lines[number]
        if not line:
            continue
        looked_at += 1
        if label(line) is not None:
            return _is_header(lines, number)
        if looked_at == 2 or not _MARKER.match(line):
            return False
    return False


def heads_quote(lines: list[str], first: int) -> bool:
    """True where the first words from a line on are a header block, whatever its labels are called."""
    first = next((at for at in range(first, min(first + 4, len(lines))) if lines[at].strip("-")), len(lines))
    if first == len(lines):
        return False
    return label(lines[first]) is not None or sum(map(header_block.is_field, lines[first : first + 4])) > 2


def follows_header(lines: list[str], first: int) -> bool:
    """True where a header block stands right above a container."""
    above = first - 1
    while above >= 0 and first - above < 4 and not lines[above]:
        above -= 1
    top = above
    while top >= 0 and above - top < 8 and label(lines[top]) is not None:
        top -= 1
    return top < above and _is_header(lines, top + 1)


def _is_header(lines: list[str], number: int) -> bool:
    block = header_block.parse(lines, number)
    return block.has("from") and (block.has("date") or block.has("subject"))
