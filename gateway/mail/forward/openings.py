"""Where in a text a forwarded mail begins, and the header block there: in any client, as far as we know them.

The first thing that begins foreign words decides. A line that speaks of forwarding above a header block tells by
itself; a bare block or an attribution stands in replies too, so there the subject's prefix tells (`Manner`).
"""

import re
from dataclasses import dataclass

from gateway.mail.forward import header_block
from gateway.mail.forward.header_block import BLANK, Block, unquote
from gateway.mail.forward.labels import fold, label
from gateway.mail.forward.subject_prefix import Manner

MAX_NOTE = 1000  # lines; a covering note is shorter
MAX_PHRASE = 90  # characters of a line that introduces
MAX_PHRASE_BLANKS = 6  # in it
MAX_ATTRIBUTION = 300
RULE = "-–—=*_" + BLANK

# Stems of "forward" in the lines that clients put above what they forward.
_STEMS = tuple(
    map(
        fold,
        """
        forwarded weitergeleit weiterleit transfér transmis réexpédié réachemin reenvi encaminhad reencaminha inoltrat
        doorgestuur doorgezonden vidarebefordra videresend vidaresend välitet edelleenlähet przekaz przesłan przesył
        přepos předan prepos továbbít redirec înaint proslije prosleđ posredovan прослеђ препрат пересыл пересил пересл
        переадрес перенапр перасл προωθ iletil iletim yönlendir yönləndir הועבר מועבר توجيه محول محوّل بازارسال فوروارد
        ارجاع 転送 전달 转发 轉寄 轉發 转寄 ส่งต่อ chuyểntiếp diteruskan terusan dimajukan edastat edasisaad pārsūt
        persiun persiųst áframsen framsen birbidal përcjell अग्रेषित fwd
        """.split(),
    )
)
# `----- Forwarded message -----`; some clients say it twice, in two languages.
_RULED = re.compile(
    r"[-–—=*_]{2,60}[ \t]{0,4}([^\W_][^\n]{2,80}?)[ \t]{0,4}[-–—=*_]{2,60}(?:[ \t]?[^-:\n]{1,60}-{2,60})?"
)
_TIME = re.compile(r"\d[:.h]\d\d|\d{4}")
_WHEN = re.compile(
    r"\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4}[^<>\"'«„“@]{0,12}?\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[AaPp]\.?[Mm]\.?)?"
)
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]{1,64}@[^\s<>()\[\]\"',;:]{1,255}")
_QUOTED_NAME = re.compile(r"[\"«„“”][ \u00a0]?([^\"«»„“”<>@]{1,100}?)[ \u00a0]?[\"»“”][ ,]{0,3}\Z")
_BARE_NAME = re.compile(r"(?:[^\W\d_]|[ .'’-]){2,100}\Z")
_COLONS = (": ", ":\n", ":\t", ":*")  # of a label, not of a time or an address of the web
_COLONS_ELSEWHERE = ("：", ":\u00a0", ":\u200e", ":\u200f", ":\u202c")
_TIME_OF_DAY = re.compile(r"\d\u200e?[:.h]\u200e?\d\d|[時时시]")
# The fields of a block in the orders of the clients; headers copied from a mail's source stand in others.
_OUTLOOK = ("from", "date", "to", "subject")
_ORDERS = (
    [*_OUTLOOK],
    ["from", "date", "subject", "to"],  # Gmail
    ["from", "subject", "date", "to"],  # Apple
    ["from", "to", "date", "subject"],  # Notes
    ["subject", "date", "from", "to"],  # Thunderbird
    ["from", "date", "to"],  # of a mail without a subject
)
_ORDERS_RULED = (*_ORDERS, ["date", "from", "to", "subject"])  # Orange
_ORDERED = frozenset(_OUTLOOK)
_DIGIT = re.compile(r"\d|[〇一二三四五六七八九十]")


@dataclass(slots=True)
class Opening:
    """Where foreign words begin: the line of what introduces them, the block there, how deep that is quoted."""

    first: int
    block: Block
    depth: int
    is_named: bool = False  # the introduction speaks of forwarding


def may_open(text: str, manner: Manner) -> bool:
    """False for texts in which nothing can introduce a mail: with most, that is all there is to do."""
    if "---" in text or manner is Manner.FORWARD:
        return True
    if text.count(":") + text.count("：") < 2:
        return False
    ends = _COLONS if text.isascii() else _COLONS + _COLONS_ELSEWHERE
    return sum(map(text.count, ends)) > 1


def opening(lines: list[str], manner: Manner) -> Opening | None:
    """The first place in the first thousand lines where foreign words begin, None where it is not that of a forward."""
    attributed: Opening | None = None
    for index, line in enumerate(lines[:MAX_NOTE]):
        if ":" not in line and "--" not in line and line[:1] != ">" and "：" not in line:
            continue
        content = line.lstrip("> \t\u00a0\ufeff")
        depth = line[: len(line) - len(content)].count(">")
        found: Opening | None = None
        if ruled := _RULED.match(content):
            found = _below_ruled(lines, index, depth, ruled)
        elif label(content):
            found = Opening(index, header_block.parse(lines, index, depth), depth)
        elif content.rstrip(BLANK).endswith((":", "：")):
            found = _below_phrase(lines, index, depth, content)
            if found is None and (_TIME.search(content) or "@" in content):
                if manner is Manner.REPLY:
                    return None
                attributed = attributed or _attribution(lines, index, depth)
        if (
            found is not None
            and _begins(lines, found, manner)
            and (manner is Manner.FORWARD or _is_a_clients(lines, found))
        ):
            return found if found.is_named or manner is not Manner.REPLY else None
        if depth and manner is not Manner.FORWARD and content.strip(BLANK):
            return None
    return attributed if manner is Manner.FORWARD else None


def closes(line: str) -> bool:
    """True for what some clients put below the forwarded mail: `----- End forwarded message -----`, a long rule."""
    ruled = _RULED.match(line.strip(BLANK))
    return speaks(ruled.group(1)) if ruled else len(line) > 40 and not line.strip("-" + BLANK)


def speaks(phrase: str) -> bool:
    """True for words about forwarding."""
    folded = fold(phrase)
    return any(stem in folded for stem in _STEMS)


def _begins(lines: list[str], found: Opening, manner: Manner) -> bool:
    """True where a block is one: a name and a colon also begin lines of forms, lists and minutes."""
    block, fields = found.block, found.block.fields
    if found.is_named:
        return bool(fields) or manner is Manner.FORWARD
    is_dated = bool(_DIGIT.search(fields.get("date", "")))
    certain = "@" in fields.get("from", "") or (len(fields) > 2 and (is_dated or block.has("subject", "to")))
    return "from" in fields and ("date" in fields or "subject" in fields) and certain


def _is_a_clients(lines: list[str], found: Opening) -> bool:
    """True where no person wrote the block, though the subject says nothing: forms, memos, timetables, orders to
    transfer money and headers somebody asks about have the same labels.

    Clients name the sender with his address, and the fields in an order of theirs; nobody announces the block with a
    colon, and no fields of another kind follow. Below a line that speaks of forwarding a sender is enough.
    """
    fields = found.block.fields
    sender = fields.get("from", "")
    if found.is_named:
        return "@" in sender or (bool(sender) and ("date" in fields or "to" in fields))
    order = [name for name in fields if name in _ORDERED]
    above = next((line for line in reversed(lines[max(0, found.first - 3) : found.first]) if line.strip(BLANK)), "")
    if order not in (_ORDERS_RULED if above and not above.strip(RULE) else _ORDERS) or next(iter(fields)) == "other":
        return False
    below = lines[found.block.end] if found.block.end < len(lines) else ""
    if (found.first and lines[found.first - 1].strip(RULE)) or above.rstrip(BLANK + "*").endswith((":", "：")):
        return False
    if header_block.is_field(unquote(below, found.depth)):
        return False
    is_timed = _TIME_OF_DAY.search(fields["date"]) is not None
    if not _ADDRESS.search(sender):
        return is_timed and _is_name(sender, order)
    return is_timed or (len(order) > 3 and _DIGIT.search(fields["date"]) is not None)


def _is_name(sender: str, order: list[str]) -> bool:
    """True for a sender without an address in a block as Outlook writes it: two words and more, no digit."""
    words = sender.split()
    return order == list(_OUTLOOK) and len(words) > 1 and not _DIGIT.search(sender) and words[0][:1].isupper()


def _below_ruled(lines: list[str], index: int, depth: int, ruled: re.Match[str]) -> Opening | None:
    """What `---- Forwarded message ----` opens; some clients put all fields on its own line."""
    is_named = speaks(ruled.group(1))
    inline = ruled.string[ruled.end() :].strip(BLANK)
    if inline:
        block = header_block.parse([inline, *lines[index + 1 : index + header_block.MAX_LINES]], 0, depth)
        block.end += index
        return Opening(index, block, depth, is_named) if block.fields else None
    start = _next_line(lines, index)
    if start == len(lines):
        return None
    within = lines[start].count(">", 0, 20)
    block = header_block.parse(lines, start, within)
    if not block.fields and is_named:
        attributed = _attribution(lines, start, within)
        block = attributed.block if attributed else Block(end=index + 1)
    return Opening(index, block, within, is_named) if block.fields or is_named else None


def _below_phrase(lines: list[str], index: int, depth: int, content: str) -> Opening | None:
    """What `Begin forwarded message:` opens: a block with a sender. Above anything else it is the sender's sentence."""
    if len(content) > MAX_PHRASE or content.count(" ") > MAX_PHRASE_BLANKS:
        return None
    if not (speaks(content) or (depth and not _TIME.search(content))):
        return None
    start = _next_line(lines, index)
    if start == len(lines):
        return None
    within = lines[start].count(">", 0, 20)
    block = header_block.parse(lines, start, within)
    is_block = block.has("from") and len(block.fields) > 1 and within >= depth
    return Opening(index, block, within, is_named=True) if is_block else None


def _attribution(lines: list[str], index: int, depth: int) -> Opening | None:
    """What `On 28/10/2021 12:46, "Ann" <ann@a.example> wrote:` opens, perhaps wrapped once; None without an address."""
    first, content = index, unquote(lines[index], depth)
    if index and ("@" not in content or not _TIME.search(content)):
        first, content = index - 1, f"{unquote(lines[index - 1], depth)} {content}"
    address = _ADDRESS.search(content) if len(content) <= MAX_ATTRIBUTION else None
    if address is None or not _TIME.search(content):
        return None
    before = content[: address.start()].rstrip(" \u00a0<[(")
    when = _WHEN.search(content)
    fields = {"from": f'"{_name(before)}" <{address.group()}>', "date": when.group() if when else ""}
    return Opening(first, Block(end=index + 1, fields=fields), depth)


def _name(before: str) -> str:
    """The name that ends the words in front of an address."""
    if quoted := _QUOTED_NAME.search(before):
        return quoted.group(1)
    bare = _BARE_NAME.search(before)
    words = bare.group().split() if bare else []
    while words and words[0].islower():  # "heeft Ann Smith", "skrev Ann Smith"
        del words[0]
    return " ".join(words)


def _next_line(lines: list[str], index: int) -> int:
    """The next line with text on it within four, or the number of lines."""
    for below in range(index + 1, min(index + 5, len(lines))):
        if lines[below].strip(BLANK + ">"):
            return below
    return len(lines)
