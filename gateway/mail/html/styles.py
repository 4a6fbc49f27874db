"""What the CSS of an element says about its text: whether it is seen, keeps its blanks, leaves an empty line above.

Style sheets are read for single names (`.preheader`, `p.x`, `#id`) outside of `@media`; that is what mail relies on.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

MAX_SHEET = 200_000  # characters of style sheets looked at

_KEEP_BLANKS = ("pre", "xmp", "listing", "plaintext")
_SIZES = ("height", "max-height", "width", "max-width")
_MAX_NAMES = 50  # of one rule
_FONT_SIZE = re.compile(r"font-size\s{0,9}:\s{0,9}([\d.]{1,9})\s{0,9}(px|pt|em|rem|%)?")
_KEEPS_BLANKS = re.compile(r"white-space\s{0,9}:\s{0,9}(pre|break-spaces|normal|nowrap)")
_MARGIN = re.compile(r"margin(-top|-bottom)?\s{0,9}:\s{0,9}([^;!]{1,60})")
_NAME = re.compile(r"[\w-]*([.#][\w-]+)\Z|p\Z")
_DIGITS = re.compile(r"\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}")
_COMMENT = re.compile(r"/\*(?:[^*]++|\*(?!/))*+(?:\*/)?|<!--|-->")


@dataclass(frozen=True, slots=True)
class Look:
    """What an element changes for the text inside it; None where the text around it decides."""

    is_hidden: bool = False
    is_tiny: bool | None = None  # font of no size: its words are unseen, but those of an element with a size are seen
    keeps_blanks: bool | None = None
    is_tight: bool = False  # no empty line above and below


PLAIN = Look()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Names of a style sheet (`.class`, `#id`, `p`) whose elements are hidden, and those that have no margin."""

    hidden: frozenset[str] = frozenset()
    tight: frozenset[str] = frozenset()


def sheet(css: str) -> Sheet:
    """What a style sheet says of single names; a later rule overrules an earlier one."""
    if "display" not in css and "margin" not in css:
        return Sheet()
    hidden: dict[str, bool] = {}
    tight: dict[str, bool] = {}
    for names, declarations in _rules(_COMMENT.sub("", css[:MAX_SHEET]).lower()):
        if "display" in declarations or "visibility" in declarations:
            hidden |= dict.fromkeys(names, _is_hidden(declarations))
        if "margin" in declarations:
            tight |= dict.fromkeys(names, _has_no_margin(declarations))
    return Sheet(*(frozenset(name for name, holds in found.items() if holds) for found in (hidden, tight)))


def _rules(css: str) -> Iterator[tuple[list[str], str]]:
    depth = 0
    for piece in css.split("}"):
        opened = piece.count("{")
        if depth == 0 and opened == 1:
            selectors, _, declarations = piece.partition("{")
            found = (_NAME.match(selector.strip()) for selector in selectors.split(",", _MAX_NAMES)[:_MAX_NAMES])
            yield [name.group(1) or "p" for name in found if name], declarations
        depth = max(0, depth + opened - 1)


def of_element(name: str, attributes: Mapping[str, str], names: Sheet) -> Look:
    """How an element looks, by its attributes and the style sheets of its page."""
    style = attributes.get("style", "").lower()
    classes = attributes.get("class", "")
    look = of_style(style) if style else PLAIN
    if name in _KEEP_BLANKS and look.keeps_blanks is None:
        look = replace(look, keeps_blanks=True)
    if "hidden" in attributes:
        look = replace(look, is_hidden=True)
    if classes[:3] == "Mso" and "margin" not in style:
        look = replace(look, is_tight=True)
    if names.hidden or names.tight:
        own = {name, "#" + attributes.get("id", "").lower(), *(f".{each}" for each in classes.lower().split()[:20])}
        if "display" not in style and not names.hidden.isdisjoint(own):
            look = replace(look, is_hidden=True)
        if "margin" not in style and not names.tight.isdisjoint(own):
            look = replace(look, is_tight=True)
    return look


_MAY_HIDE = ("none", "visibility", "overflow", "opacity", "transparent", "text-indent", "position")
_FAR = re.compile(r"-\d{3,}(?:\.\d*)?(?:px|pt|em)?")  # out of any window


def of_style(style: str) -> Look:
    """How declarations in lower case make an element look."""
    is_hidden = False
    if any(word in style for word in _MAY_HIDE):
        is_hidden = _is_hidden(style)
    is_tiny = keeps = None
    if "font-size" in style and (size := _FONT_SIZE.search(style)):
        is_tiny = _number(size.group(1)) <= (0 if size.group(2) in ("em", "rem") else 1)
    if "white-space" in style and (found := _KEEPS_BLANKS.search(style)):
        keeps = found.group(1) in ("pre", "break-spaces")
    is_tight = "margin" in style and _has_no_margin(style)
    if is_hidden or is_tight or is_tiny is not None or keeps is not None:
        return Look(is_hidden, is_tiny, keeps, is_tight)
    return PLAIN


def _is_hidden(style: str) -> bool:
    """True where every reader hides it. Of several declarations of one name the last counts, as in a browser."""
    declared = {}
    for one in style.split(";"):
        name, _, value = one.partition(":")
        declared[name.strip()] = value.partition("!")[0].strip()
    if declared.get("display") == "none" or declared.get("visibility") in ("hidden", "collapse"):
        return True
    if "opacity" in declared and _number(declared["opacity"]) == 0:
        return True
    if declared.get("color") == "transparent" or _FAR.match(declared.get("text-indent", "")):
        return True
    is_placed = declared.get("position") in ("absolute", "fixed")
    if is_placed and any(_FAR.match(declared.get(side, "")) for side in ("left", "top")):
        return True
    is_cut = declared.get("overflow", "").startswith("hidden")
    return is_cut and any(name in declared and _number(declared[name]) == 0 for name in _SIZES)


def _has_no_margin(style: str) -> bool:
    above = below = None
    for side, value in _MARGIN.findall(style):
        values = value.split()
        if not values:
            continue
        if side != "-bottom":
            above = values[0]
        if side != "-top":
            below = values[2] if not side and len(values) > 2 else values[0]
    return above is not None and below is not None and _number(above) < 1 and _number(below) < 1


def _number(value: str) -> float:
    """The number that a length begins with; 1 for words such as `auto`."""
    digits = _DIGITS.match(value)
    return float(digits.group()) if digits else 1
