"""HTML that others wrote, made fit for a letter of ours: formatting stays, nothing acts, nothing is fetched (T141)."""

import re
from collections import Counter
from collections.abc import Mapping
from html import unescape

from gateway.compose import body

MAX_HTML = 500_000  # characters; the sanitiser's time grows with the square of the depth, so that has its limit too
MAX_DEPTH = 300

_TAGS = frozenset(
    """a abbr address b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em
    figcaption figure font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strike strong sub sup
    table tbody td tfoot th thead tr tt u ul var wbr""".split()
)
_GONE_WITH_CONTENT = frozenset("script style title template noscript iframe object svg math textarea select".split())
_ATTRIBUTES = {
    "*": frozenset({"style", "dir"}),
    "a": frozenset({"href"}),
    "col": frozenset({"width", "span"}),
    "font": frozenset({"color", "face", "size"}),
    "img": frozenset({"src", "alt", "width", "height"}),
    "li": frozenset({"value"}),
    "ol": frozenset({"start", "type"}),
    "p": frozenset({"align"}),
    "div": frozenset({"align"}),
    "table": frozenset({"border", "cellpadding", "cellspacing", "width", "align", "bgcolor"}),
    "td": frozenset({"colspan", "rowspan", "width", "align", "valign", "bgcolor"}),
    "th": frozenset({"colspan", "rowspan", "width", "align", "valign", "bgcolor"}),
    "tr": frozenset({"align", "valign", "bgcolor"}),
}
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid"})
_PROPERTIES = re.compile(
    r"color|background-color|direction|font-(?:family|size|style|variant|weight)|line-height|list-style-type"
    r"|text-(?:align|decoration|decoration-line|indent)|vertical-align|white-space"
    r"|(?:margin|padding|border)(?:-(?:top|right|bottom|left|color|style|width|collapse|spacing))?"
)
# No url(), no escapes, nothing that moves text out of sight.
_VALUE = re.compile(r"""(?:rgba?\([\d\s,.%]{1,40}\)|[\w#%.,"'/]|\s|(?<=\w)-(?=\w)){1,120}""")
_UNSEEN_SIZE = re.compile(r"0*(?:[0-4](?:\.\d+)?(?:px|pt)?|\.\d+(?:px|pt)?|0?\.[0-4]\d*r?em|[0-4]?\d(?:\.\d+)?%)")
_OPENED = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
# Never open in each other, so that leaving them open makes nothing deeper.
_FLAT = frozenset("br hr img col wbr input meta link base area p li td th tr dt dd option body html head".split())
_IMAGE = re.compile(r"""<img(?:\s+[\w-]+="[^"]*")*\s*/?>""")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*>")
_PARTS_WORDS = frozenset(
    "address blockquote br caption center dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr img li ol p pre table"
    " tbody td tfoot th thead tr ul".split()
)
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_WORD = re.compile(r"[^\W_]+")  # Markdown writes _so_


def safe(html: str, images: Mapping[str, str] | None = None) -> str:
    """The page as a fragment; `""` where it is too large, too deep, or says nothing.

    `images`: the cid of each image that may be shown, and the one it has in our letter. Others, remote ones above all,
    go.
    """
    if len(html) > MAX_HTML or _depth(html) > MAX_DEPTH:
        return ""
    html = body.clean(html).strip()
    known = images or {}

    def kept(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return _style(value)
        if tag == "img" and name == "src":
            cid = known.get(value.removeprefix("cid:")) if value.startswith("cid:") else None
            return f"cid:{cid}" if cid else None
        if name == "href" and value.lower().startswith("cid:"):
            return None
        return value

    import nh3  # a megabyte and a half, for HTML alone

    clean = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_GONE_WITH_CONTENT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=kept,
        url_schemes=set(_SCHEMES),
        url_relative="deny",
        link_rel=None,
    )
    clean = _IMAGE.sub(lambda match: match[0] if ' src="' in match[0] else "", clean)
    clean = body.clean(clean).strip()  # once more: "&#1;" was a control character all the same
    return clean if "<img" in clean or text(clean).strip() else ""


def text(fragment: str) -> str:
    """All words of what `safe` made, seen or not, parted as the tags part them."""
    bare = _TAG.sub(lambda match: " " if match[2] in _PARTS_WORDS else "", fragment)
    return unescape(bare)


def says_no_more(fragment: str, than: str) -> bool:
    """Whether every word of what `safe` made stands in the text too, as often: so that nothing leaves unseen.

    Marks such as those of Markdown part words in the text where the tags made of them do not: both ways count.
    """
    there = Counter(_words(than))
    ways = (text(fragment), unescape(_TAG.sub(" ", fragment)))
    return any(not Counter(_words(way)) - there for way in ways)


def _words(said: str) -> list[str]:
    return _WORD.findall(_UNSEEN.sub("", said).casefold())


def _depth(html: str) -> int:
    """At most so many elements are open at once."""
    depth = deepest = 0
    for match in _OPENED.finditer(html):
        if match[2].lower() in _FLAT:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _style(value: str) -> str | None:
    found = []
    for declaration in value.split(";"):
        name, _, said = (part.strip().lower() for part in declaration.partition(":"))
        said = said.removesuffix("!important").strip()
        if not (_PROPERTIES.fullmatch(name) and _VALUE.fullmatch(said)):
            continue
        if name == "font-size" and _UNSEEN_SIZE.fullmatch(said):
            continue
        found.append(f"{name}:{said}")
    return ";".join(found) or None
