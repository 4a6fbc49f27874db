"""Ticket numbers in subjects, and subjects without their ornaments (RFC 5256 section 2.1, in the world's prefixes)."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

# Reply and forward prefixes seen in mail clients of some thirty languages; `Re[2]:` and full-width colons included.
_PREFIX = re.compile(
    r"\s*(?:re|aw|antw|antwort|sv|vs|vl|odp|odg|ynt|res|rv|ref|rif|r|tr|enc|fwd?|fw|wg|i|pd|doorst|vb|"
    r"ha|továbbítás|vá|atb|rép|на|отв|ответ|пересл|回复|回覆|转发|轉寄|答复|返信|転送)"
    r"\s*(?:[\[(]\d{1,3}[\])])?\s*[:：]",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
MAX_SUBJECT = 250  # characters
_LOOKED_AT = 1_000  # characters; nobody writes a number or a prefix behind them, and strangers write 60,000
_MAX_PREFIXES = 50


@lru_cache(maxsize=8)
def _tag_pattern(tag: str) -> re.Pattern[str]:
    # [Acme #12], [Acme#12], (Acme #12), Acme #12, [#12], and #12 at the head of the subject
    return re.compile(
        rf"(?P<whole>[\[(]\s*{re.escape(tag)}\s*[#:№]?\s*(?P<a>\d{{1,18}})\s*[\])])"
        rf"|(?<!\w){re.escape(tag)}\s*[#№]\s*(?P<b>\d{{1,18}})(?!\w)"
        rf"|[\[(]\s*[#№]\s*(?P<c>\d{{1,18}})\s*[\])]"
        rf"|[\[(][^\[(\])]{{0,100}}[\])]"  # [Other #12]: the number of another system
        rf"|\A[#№](?P<d>\d{{1,18}})(?!\w)",  # bare only at the head: "order #3" is no ticket
        re.IGNORECASE,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormat:
    """How numbers are shown: `tag` and a pattern of `{n} {yyyy} {yy} {mm} {dd}` such as `{yy}{mm}-{n:04}`."""

    tag: str
    pattern: str = "{n}"

    def show(self, number: int, opened: datetime) -> str:
        """`1042` as people see it; `opened` is when the ticket was."""
        if self.pattern == "{n}":
            return str(number)
        day = {"yyyy": f"{opened:%Y}", "yy": f"{opened:%y}", "mm": f"{opened:%m}", "dd": f"{opened:%d}"}
        return self.pattern.format(n=number, **day)

    def tagged(self, number: int, opened: datetime) -> str:
        return f"[{self.tag} #{self.show(number, opened)}]"

    def read(self, text: str) -> int | None:
        """The number that a text is and nothing else: `1042`, `#1042`, `[Acme #1042]`, `2611-0042`; None if it is none.

        What may be both is taken as numbers are shown.
        """
        found = _whole_pattern(self.tag, self.pattern).fullmatch(text.strip()[:_LOOKED_AT])
        return int(found["n"] or found["bare"]) if found else None


def numbers_in(subject: str, tag: str, pattern: str = "{n}") -> tuple[int, ...]:
    """The ticket numbers a subject names, the most explicit spelling first."""
    subject = _without_prefixes(subject[:_LOOKED_AT])
    found: list[tuple[int, int]] = []
    if pattern != "{n}":
        found += [(0, int(match["n"])) for match in _shown_pattern(tag, pattern).finditer(subject)]
    for match in _tag_pattern(tag).finditer(subject):
        found += [(rank, int(match[name])) for rank, name in enumerate("abcd", start=1) if match[name]]
    return tuple(dict.fromkeys(number for _, number in sorted(found, key=lambda pair: pair[0])))


_DATE_PIECES = {"{yyyy}": r"\d{4}", "{yy}": r"\d\d", "{mm}": r"\d\d", "{dd}": r"\d\d"}


@lru_cache(maxsize=8)
def _shown_pattern(tag: str, pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(tag)}\s*[#№]?\s*{_shown_body(pattern)}(?!\w)", re.IGNORECASE)


def _shown_body(pattern: str) -> str:
    return "".join(
        _DATE_PIECES.get(piece, r"(?P<n>\d{1,18})" if piece.startswith("{n") else re.escape(piece))
        for piece in re.split(r"(\{[^}]*\})", pattern)
    )


@lru_cache(maxsize=8)
def _whole_pattern(tag: str, pattern: str) -> re.Pattern[str]:
    tagged = rf"(?:{re.escape(tag)}\s*)?[#№:]?\s*"
    body = rf"{tagged}(?:{_shown_body(pattern)}|(?P<bare>\d{{1,18}}))"
    return re.compile(rf"[\[(]?\s*{body}\s*[\])]?", re.IGNORECASE)


def base_subject(subject: str, tag: str = "") -> str:
    """The subject without reply prefixes, our tag and surplus blanks; at most 250 characters.

    Of an answer to it, in whatever client and language, it is the same again: mail clients group by that, so all
    letters of a ticket bear the base subject of its first mail, whatever its title became since.
    """
    text = _SPACES.sub(" ", subject[:_LOOKED_AT]).strip()
    for _ in range(_MAX_PREFIXES):
        bare = _without_prefixes(text)
        if tag:
            bare = _SPACES.sub(" ", _our_tag(tag).sub(" ", bare)).strip()
        if bare == text:
            break
        text = bare
    return text[:MAX_SUBJECT].rstrip()


@lru_cache(maxsize=8)
def _our_tag(tag: str) -> re.Pattern[str]:
    return re.compile(rf"[\[(]\s*{re.escape(tag)}\s*#[^\[(\])]{{1,40}}[\])]", re.IGNORECASE)


def _without_prefixes(text: str) -> str:
    for _ in range(_MAX_PREFIXES):
        prefix = _PREFIX.match(text)
        if prefix is None:
            break
        text = text[prefix.end() :]
    return text.strip()


def is_reply(subject: str) -> bool:
    """Does the subject start with a reply or forward prefix?"""
    return bool(_PREFIX.match(subject))
