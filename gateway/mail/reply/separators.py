"""What mail programs put above a whole mail they quote: a line that says so, a block of its header lines, or both.

Words customers write can look alike: a form with name, address and date is no header block, a heading in dashes no
separator. So a block needs labels mail programs use (`labels`), or else much more structure.
"""

import re
from collections.abc import Sequence

from gateway.mail.forward.labels import MAX_LABEL, label
from gateway.mail.reply.marks import QUOTES, Mark, fill, next_line
from gateway.mail.reply.phrases import ABOVE_THIS_LINE, ORIGINAL

MAX_LINE = 300
MAX_WORDS = 80  # characters between the dashes of a separator
MAX_TRIES = 5000  # lines that might begin one
MIN_RULE = 3
MAX_WRAPPED = 12  # lines of recipients that go on below their label

_FIELDS = {"from", "to", "cc", "date", "subject"}
_RULE = " \t*-_=~—–‐#+"
_DECORATION = " \t\u00a0-_=*~—–‐>#|+."
_BY_FORM = re.compile(r"[\W_]{0,4}[^\W\d_][^\W\d_ -]{0,12}(?: [^\W\d_]{1,12}){0,2}\W{0,3}[:：]\**\s+\S")
_NAMED_ADDRESS = re.compile(r"[^\s<\[]\W{0,3}\s?(?:<[^<>\s@]{1,64}@[^<>\s]{1,255}>|\[mailto:)")
# GroupWise: `>>> Ann Lee <ann@example.net> 03.03.2026 09:00 >>>`
_GROUPWISE = re.compile(r">>> ?[^>\n]{0,100}<?[^\s<>@]{1,64}@[^\s<>]{1,255}>?[^>\n]{0,60}\d[^>\n]{0,60}>>>\Z")
_ANY_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
_CLOCK = re.compile(r"\d\W{0,2}[:.h]\W{0,2}\d\d|[时時시]")


def mark(bare: Sequence[str], marks: list[Mark], start: int, stop: int, *, is_answer: bool) -> int:
    """Mark separators and header blocks. The first line below one that is quoted without any mark, or `stop`.

    In a mail that answers nothing a block by itself is no quote: `forward` says whether it is another mail.
    """
    own, at, tries = Mark.OWN, start, 0
    while at < stop and tries < MAX_TRIES:
        line = bare[at]
        may_open = marks[at] is own and (line[0] in _DECORATION or (is_answer and _has_label(line)))
        if not may_open or len(line) > MAX_LINE:
            at += 1
            continue
        tries += 1
        below, opens = _mark_opener(bare, marks, at, is_answer=is_answer)
        if opens:
            quoted = next_line(marks, below)
            if quoted < len(bare) and marks[quoted] not in QUOTES:
                return below
        at = below
    return stop


def _mark_opener(bare: Sequence[str], marks: list[Mark], at: int, *, is_answer: bool) -> tuple[int, bool]:
    """Mark what begins here if it is a separator, a header block, or one above the other; the line below it."""
    if not _is_separator(bare, at):
        return _mark_block(bare, marks, at) if is_answer else (at + 1, False)
    fill(marks, _top(bare, marks, at), at + 1, Mark.SEPARATOR)
    under = next_line(marks, at + 1)
    if under < len(marks) and marks[under] is Mark.OWN and _has_label(bare[under]):
        below, is_block = _mark_block(bare, marks, under)
        return below if is_block else at + 1, True
    return at + 1, True


def _mark_block(bare: Sequence[str], marks: list[Mark], at: int) -> tuple[int, bool]:
    below, is_block = _block(bare, marks, at)
    if is_block:
        fill(marks, _top(bare, marks, at), below, Mark.HEADERS)
    return below, is_block


def _has_label(line: str) -> bool:
    return (":" in line and line.find(":", 1, MAX_LABEL) > 0) or (
        not line.isascii() and line.find("：", 1, MAX_LABEL) > 0
    )


def _is_separator(bare: Sequence[str], at: int) -> bool:
    line = bare[at]
    if line.startswith(">>>") and _GROUPWISE.match(line):
        return True
    words = line.strip(_DECORATION)
    if line[0] not in _DECORATION or not 4 <= len(words) <= MAX_WORDS:
        return False
    dressed = len(line) - len(words) >= 4 or (line[0] in "*_" and _is_rule(bare, at - 1))
    words = " ".join(words.casefold().split())
    return dressed and (words in ORIGINAL or any(phrase in words for phrase in ABOVE_THIS_LINE))


def _is_rule(bare: Sequence[str], at: int) -> bool:
    return at >= 0 and len(bare[at]) >= MIN_RULE and not bare[at].strip(_RULE)


def _top(bare: Sequence[str], marks: Sequence[Mark], at: int) -> int:
    """Up to a rule right above, over at most two blank lines."""
    above = at - 1
    while above >= max(0, at - 3) and not bare[above]:
        above -= 1
    return above if above >= max(0, at - 3) and marks[above] is Mark.OWN and _is_rule(bare, above) else at


def _block(bare: Sequence[str], marks: Sequence[Mark], start: int) -> tuple[int, bool]:
    """Where the run of header lines that begins here ends, and whether it is a header block."""
    stop, values = _labelled(bare, marks, start)
    is_ruled = _top(bare, marks, start) < start
    if not is_ruled and _is_announced(bare, marks, start):
        return stop, False
    if _is_header(values, ruled=is_ruled):
        return stop, True
    if (start == 0 or marks[start - 1] is not Mark.OWN or _is_rule(bare, start - 1)) and (
        end := _by_form(bare, marks, start)
    ):
        return end, True
    return stop, False


def _labelled(bare: Sequence[str], marks: Sequence[Mark], start: int) -> tuple[int, dict[str, str]]:
    """Where the lines with known labels end, with the values by field. At least one line, whatever it is."""
    values: dict[str, str] = {}
    at, stop = start, start + 1
    wrapped = 0
    while at < len(bare) and marks[at] is Mark.OWN and len(bare[at]) <= MAX_LINE * 10:
        if found := label(bare[at]):
            values.setdefault(*found)
            stop, wrapped = at + 1, 0
        elif values and wrapped < MAX_WRAPPED and _goes_on(bare, at):
            wrapped += 1
        else:
            break
        at += 1
    return stop, values


def _goes_on(bare: Sequence[str], at: int) -> bool:
    """True for a line of recipients, or what a long line was wrapped into."""
    return "@" in bare[at] or bare[at - 1].endswith((";", ",", "<", ":")) or len(bare[at - 1]) > 60


def _is_header(values: dict[str, str], *, ruled: bool) -> bool:
    known = values.keys() & _FIELDS
    if len(known) < 2 or not (values.keys() & {"from", "date"}):
        return False
    order = [name for name in values if name in _FIELDS]
    addressed = any(_ANY_ADDRESS.search(value) for value in values.values())
    timed = bool(_CLOCK.search(values.get("date", "")))
    if "from" not in known:
        return len(known) >= 3 and timed and (addressed or ruled)
    if len(known) == 2:
        return addressed and (timed or ruled) and "to" not in known
    if not addressed:  # as Outlook names those it knows; places and times of a journey stand in other orders
        return order[:3] == ["from", "date", "to"] and (timed or "subject" in known)
    return ("date" in known or ruled) and ("to" in known or order[0] == "from")


def _is_announced(bare: Sequence[str], marks: Sequence[Mark], at: int) -> bool:
    """True where the sender says right above, with a colon, that something of his own choice follows."""
    above = at - 1
    while above >= max(0, at - 2) and not bare[above]:
        above -= 1
    if above < max(0, at - 2) or marks[above] is not Mark.OWN:
        return False
    return bare[above].endswith((":", "：")) and label(bare[above]) is None


def _by_form(bare: Sequence[str], marks: Sequence[Mark], start: int) -> int:
    """The end of a block some or all of whose labels we do not know: a named address, a time of day, and more."""
    at = start
    while at < min(start + 8, len(bare)) and marks[at] is Mark.OWN and _BY_FORM.match(bare[at]):
        at += 1
    if at - start < 3:
        return 0
    addresses = [_NAMED_ADDRESS.search(line) is not None for line in bare[start:at]]
    clocks = [_CLOCK.search(line) is not None for line in bare[start:at]]
    fields = {found[0] for line in bare[start:at] if (found := label(line))}
    half_known = "from" in fields and len(fields & _FIELDS) >= 2 and True in addresses and True in clocks
    in_order = at - start >= 4 and addresses[0] and clocks[1]
    return at if half_known or in_order else 0
