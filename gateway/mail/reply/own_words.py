"""What the sender wrote this time, apart from what is quoted, the signature, and what mail systems add.

Lines are marked by one rule after the other; what keeps the mark OWN is the reply. Cutting too little is a nuisance,
cutting too much loses words: where nothing would remain, everything remains, and text below a quote is kept.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, takewhile

from gateway.mail.reply import (
    attributions,
    boilerplate,
    interleaved,
    known,
    markers,
    mobile,
    prefixes,
    separators,
    signoff,
)
from gateway.mail.reply.marks import OPENERS, SIGNED, Mark, fill, next_line, regions
from gateway.mail.value import Mail

MAX_CUTS = 20  # told one by one
MAX_HEAD = 20  # lines of a quote in which it is introduced
MAX_GREETING = 3  # words
MAX_LETTERS = 10  # of ours below one another
MAX_ROUNDS = 4  # footers below signatures below footers

# Without any of these nothing opens a quote. Single characters: looking for two takes fifty times as long.
_HINTS = (":", "@", "_", "*", "=", "#", "—", "‐", "：")
# Clients of languages written from right to left put them around everything they quote; U+200B and U+FEFF are alike.
_UNSEEN = "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_BIDI = dict.fromkeys(map(ord, _UNSEEN))


@dataclass(frozen=True, slots=True)
class Split:
    """A text in two: the reply, and all that was cut from it, in order; `signature` is the part of that which signs.

    `cuts` says by which rule: "lines 3-12: quoted, by its prefix".
    """

    reply: str
    elided: str = ""
    signature: str = ""
    cuts: tuple[str, ...] = ()


def split(
    text: str,
    *,
    quoted: Collection[int] = (),
    signed: Collection[int] = (),
    known_lines: Collection[str] = (),
    is_answer: bool = True,
) -> Split:
    """Take quotes, signature and footers off a text.

    `is_answer`: its mail answers another, so what looks like a quote is one. A mail that answers nothing tells of other
    mails: there only what no person writes by himself is cut.
    `quoted`, `signed`: numbers of lines, from 0, in a quote or signature container of the HTML the text was made from.
    `known_lines`: lines we sent; where they come back they are quoted, whatever the client made of them.
    """
    lines = text.split("\n")
    bare = list(map(str.strip, text.translate(_BIDI).split("\n") if _is_bidi(text) else lines))
    own, blank = Mark.OWN, Mark.BLANK
    marks = [own if line else blank for line in bare]
    marked = markers.marked_lines(text)
    if ">" in text or "|" in text or "＞" in text:
        prefixes.mark(bare, marks)
    if quoted or signed:
        _mark_containers(bare, marks, quoted, signed, marked)
    if known_lines:
        known.mark(bare, marks, known_lines)
    for at in marked:
        fill(marks, at, at + 1, Mark.MARKER)
    _mark_below(text, bare, marks, is_answer=is_answer)
    if "[" in text or "<cid:" in text:
        boilerplate.mark_images(bare, marks)
    _mark_ends(lines, bare, marks)
    if marks.count(own) + marks.count(blank) == len(marks):
        return Split(text.strip("\n"))
    interleaved.release(bare, marks)
    for at in marked:
        marks[at] = Mark.MARKER
    kept = [at for at in _kept(bare, marks, is_answer=is_answer) if at not in marked]
    if not kept:
        return Split(text.strip("\n"))
    shown = set(kept)
    cut = [at for at, line in enumerate(bare) if line and at not in shown]
    signature = [at for at in cut if marks[at] in SIGNED and bare[at] not in signoff.SEPARATORS]
    return Split(
        reply=_joined(lines, bare, kept),
        elided=_joined(lines, bare, cut),
        signature=_joined(lines, bare, signature),
        cuts=_told(marks, bare, cut),
    )


def without_known(mail: Mail, known_lines: Collection[str]) -> Mail:
    """The mail without the lines in its reply that we sent: for the caller who learns only later what that was."""
    parts = split(mail.reply, known_lines=known_lines, is_answer=False)  # all else was cut before
    if not any(Mark.KNOWN.value in cut for cut in parts.cuts):
        return mail
    return replace(
        mail,
        reply=parts.reply,
        elided="\n".join(filter(None, (parts.elided, mail.elided))),
        signature="\n".join(filter(None, (parts.signature, mail.signature))),
        trail=(*mail.trail, *(f"reply, again: {cut}" for cut in parts.cuts)),
    )


def _is_bidi(text: str) -> bool:
    return not text.isascii() and any(map(text.__contains__, _UNSEEN))


def _mark_containers(
    bare: Sequence[str], marks: list[Mark], quoted: Collection[int], signed: Collection[int], marked: Collection[int]
) -> None:
    """Mark what the HTML says. A container of everything ends at our marker line, as any letter of ours.

    Some write into the container their client made for the signature, and nothing but a greeting above it.
    """
    own = Mark.OWN
    if signed and _is_letter(bare, quoted, signed):
        signed = ()
    for numbers, mark in ((quoted, Mark.BOXED), (signed, Mark.SIGNATURE)):
        for at in numbers:
            if at < len(marks) and marks[at] is own:
                marks[at] = mark
    if marked and own not in marks:
        for at in range(max(marked) + 1, len(marks)):
            if marks[at] is Mark.BOXED:
                marks[at] = own


def _is_letter(bare: Sequence[str], quoted: Collection[int], signed: Collection[int]) -> bool:
    """True where a signature container holds sentences, and hardly a word stands outside of it."""
    inside = [bare[at] for at in sorted(signed) if at < len(bare)]
    boxed = {*quoted, *signed}
    outside = (line for at, line in enumerate(bare) if at not in boxed and line)
    words = sum(len(line.split()) for line in islice(outside, MAX_GREETING + 1))
    return words <= MAX_GREETING and any(signoff.is_sentence(line) and not mobile.is_footer(line) for line in inside)


def _mark_below(text: str, bare: Sequence[str], marks: list[Mark], *, is_answer: bool) -> None:
    """Mark what opens quotes, and the text below it where the client put no prefix there.

    Such a quote ends at our marker line, for that ends every letter of ours; else at the end of the text.
    """
    if not any(map(text.__contains__, _HINTS)) and not ("-" in text and "--" in text):
        return
    markers_at = (at for at, mark in enumerate(marks) if mark is Mark.MARKER)
    ends = [*islice(markers_at, MAX_LETTERS), len(marks)]
    start = 0
    for end in ends:
        separated = separators.mark(bare, marks, start, end, is_answer=is_answer)
        below = min(separated, attributions.mark(bare, marks, start, end, is_answer=is_answer))
        if "aka.ms/" in text:
            below = min(below, mobile.mark_above_quote(bare, marks, start, end))
        fill(marks, below, end, Mark.BELOW)
        start = end + 1


def _mark_ends(lines: Sequence[str], bare: Sequence[str], marks: list[Mark]) -> None:
    """Mark what does not belong to the text above the first quote and to that below the last one."""
    written = [*regions(marks)]
    if written:
        boilerplate.mark_warning(bare, marks, *written[0])
        _mark_end(lines, bare, marks, written[0][0] + 1, written[0][1])  # the first line is no footer
    if len(written) > 1:
        _mark_end(lines, bare, marks, *written[-1])


def _mark_end(lines: Sequence[str], bare: Sequence[str], marks: list[Mark], start: int, stop: int) -> None:
    for _ in range(MAX_ROUNDS):
        before = stop
        stop = boilerplate.mark_notices(bare, marks, start, stop)
        stop = mobile.mark(bare, marks, start, stop)
        stop = signoff.mark_signature(lines, bare, marks, start, stop)
        while stop > start and not bare[stop - 1]:
            stop -= 1
        if stop == before:
            break
    signoff.mark_contact(bare, marks, start, stop)


def _kept(bare: Sequence[str], marks: Sequence[Mark], *, is_answer: bool) -> list[int]:
    """The lines of the reply: the sender's own, and between them the quotes that they answer.

    A single quote that a client introduced is the mail that is answered below it, and goes; but stays where the sender
    says something above it, in a mail that answers none.
    """
    own = [at for at, mark in enumerate(marks) if mark is Mark.OWN]
    if not own:
        return []
    top, last = own[0], own[-1]
    kinds = [kind for kind, _ in groupby(mark for mark in marks[:last] if mark is Mark.OWN or mark is Mark.PREFIXED)]
    quotes = kinds.count(Mark.PREFIXED)
    if quotes == 0:
        return own
    if quotes == 1 and _is_introduced(bare, marks, first := marks.index(Mark.PREFIXED)):
        above = sum(len(bare[at].split()) for at in takewhile(first.__gt__, own))
        if is_answer or above <= MAX_GREETING:
            return own
    return [
        at
        for at, mark in enumerate(marks[: last + 1])
        if mark is Mark.OWN or mark is Mark.PREFIXED or (at > top and mark in OPENERS)
    ]


def _is_introduced(bare: Sequence[str], marks: Sequence[Mark], quote: int) -> bool:
    """True where a client says whose words the first quote is: above it, or in its first lines, behind the prefix."""
    if any(mark in OPENERS or mark is Mark.BOXED for mark in marks[:quote]):
        return True
    head = list(takewhile(lambda at: marks[at] is Mark.PREFIXED, range(quote, min(quote + MAX_HEAD, len(marks)))))
    inner = [prefixes.stripped(bare[at]) for at in head]
    inner_marks = [Mark.OWN if line else Mark.BLANK for line in inner]
    separators.mark(inner, inner_marks, 0, len(inner), is_answer=True)
    attributions.mark(inner, inner_marks, 0, len(inner), is_answer=True)
    first = next_line(inner_marks, 0)
    return first < len(inner) and inner_marks[first] in OPENERS


def _joined(lines: Sequence[str], bare: Sequence[str], numbers: Sequence[int]) -> str:
    """These lines, with the blank ones between them; at most one where others were taken out."""
    out: list[str] = []
    for above, at in zip([*numbers[:1], *numbers], numbers, strict=False):
        between = bare[above + 1 : at]
        if any(between):
            out += [""] * (not all(between))
        else:
            out += lines[above + 1 : at]
        out.append(lines[at])
    return "\n".join(out)


def _told(marks: Sequence[Mark], bare: Sequence[str], cut: Sequence[int]) -> tuple[str, ...]:
    runs: list[tuple[Mark, int, int]] = []
    for at in cut:
        if runs and runs[-1][0] is marks[at] and not any(bare[runs[-1][2] + 1 : at]):
            runs[-1] = (marks[at], runs[-1][1], at)
        else:
            runs.append((marks[at], at, at))
    told = [f"{_lines(first + 1, last + 1)}: {mark.value}" for mark, first, last in runs[:MAX_CUTS]]
    if len(runs) > MAX_CUTS:
        told.append(f"and {len(runs) - MAX_CUTS} more cuts")
    return tuple(told)


def _lines(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first}-{last}"
