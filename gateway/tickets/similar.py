"""Do two tickets look like the same matter? A suggestion for people, with its reasons; never a reason to join.

What is compared is bounded in every direction, for strangers write it. How common a token is comes in from outside.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from gateway.mail.fold import fold

TEXT_CAP = 2_000  # characters of a text that count
MAX_TOKENS = 32  # of one ticket
NEWEST = 64  # tickets looked at for one token; a token that so many share is common
MAX_CANDIDATES = 30  # tickets compared with one
ALIKE = 0.4  # from here on two tickets are shown to people as alike; tests/tickets/test_similar.py measures it
SAME_MATTER = 0.45  # from here on a ticket counts as one more of a matter: one mistake would draw others after it

_WEAK = 0.03  # what is the same for many matters
_SUBJECT_CAP = 250
_FUZZY_CAP = 400
_MAX_WORD = 40
_STEM = 6  # letters: "deliver", "delivery" and "delivered" are one
_RARE = 10  # tickets; a number or code that more of them share tells little
_NO_SUBJECT, _NO_TEXT = "(no subject)", "(no text"  # our words for what a customer did not write
# regex, not re: its \w holds the vowel marks of Indic scripts.
_WORD = regex.compile(r"[^\W_]+(?:[-./:_][^\W_]+)*")
_PIECE = regex.compile(r"[^\W_]+")
# Scripts that do not part words by blanks.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
# In front of them a number of two to four digits is an error code, else it is any number.
_CODE_WORDS = frozenset(
    "error err code errno status http fehler fehlercode erreur chyba chybu kod blad ошибка код".split()
)
# Where everybody may have a mailbox: sharing it says nothing.
_PROVIDERS = frozenset(
    """
    gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.de hotmail.fr hotmail.it live.com live.de
    msn.com yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.co.jp ymail.com icloud.com me.com mac.com aol.com mail.com
    proton.me protonmail.com pm.me fastmail.com zoho.com tutanota.com comcast.net verizon.net att.net btinternet.com
    gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de freenet.de arcor.de bluewin.ch orange.fr wanadoo.fr free.fr
    sfr.fr laposte.net libero.it alice.it virgilio.it tiscali.it ziggo.nl kpnmail.nl telenet.be skynet.be seznam.cz
    email.cz centrum.cz post.cz volny.cz atlas.cz azet.sk zoznam.sk wp.pl o2.pl onet.pl interia.pl mail.ru yandex.ru
    ya.ru bk.ru list.ru inbox.ru rambler.ru ukr.net i.ua uol.com.br bol.com.br terra.com.br qq.com foxmail.com 163.com
    126.com sina.com naver.com daum.net hanmail.net docomo.ne.jp ezweb.ne.jp
    """.split()
)
_STOP = frozenset(
    """
    the and for you your our are was were been this that these those with from have has had not but can could would
    will what when where which who why how all any there here then than them they she her his him its into out about
    please hello dear thanks thank regards kind best hope sir madam team support just get got still also since
    und der die das ist ich sie wir mit von bei nicht bitte hallo danke grusse freundlichen eine einen haben kann
    les des une est que pour dans avec pas vous nous bonjour merci sur cordialement
    que los las una por para con hola gracias del
    prosim dobry den dekuji jsem jsme neni pro jak
    что это как для при или нет меня мне вас вам нас здравствуйте добрый день пожалуйста спасибо
    """.split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A ticket as it is compared. `tokens`: what it is found by -> how its author wrote that."""

    number: int
    subject: str
    text: str
    tokens: Mapping[str, str]
    requester: int | None = None
    house: str = ""  # see `house_of`
    area: str | None = None


def house_of(mailbox: str, organisation: str | None) -> str:
    """What somebody shares with their colleagues: the organisation of theirs, else the domain they write from.

    `""` at a provider that gives a mailbox to anybody, where a domain says nothing.
    """
    domain = mailbox.rpartition("@")[2].lower()
    return f"organisation:{organisation}" if organisation else "" if domain in _PROVIDERS else domain


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two tickets are, from 0 to 1, and why."""

    score: float
    why: tuple[str, ...] = ()


@lru_cache(maxsize=1_000)  # the same few tickets are compared with many that come after them
def profile(
    number: int,
    subject: str,
    text: str,
    *,
    requester: int | None = None,
    house: str = "",
    area: str | None = None,
) -> Profile:
    """What a ticket is compared by."""
    subject = "" if subject == _NO_SUBJECT else subject[:_SUBJECT_CAP]
    text = "" if text.startswith(_NO_TEXT) else text[:TEXT_CAP]
    return Profile(
        number=number,
        subject=_folded(subject, _SUBJECT_CAP),
        text=_folded(text, TEXT_CAP)[:_FUZZY_CAP],
        tokens=_tokens(subject, text),
        requester=requester,
        house=house,
        area=area,
    )


def candidates(one: Profile, holders: Mapping[str, Sequence[int]], *, limit: int = MAX_CANDIDATES) -> list[int]:
    """The tickets worth a comparison, likeliest first. `holders`: for each token the newest tickets that have it."""
    weights: dict[int, float] = defaultdict(float)
    for token in one.tokens:
        having = holders.get(token, ())
        weight = _weight(token, len(having))
        for number in having[-NEWEST:]:
            weights[number] += weight
    weights.pop(one.number, None)
    return sorted(weights, key=lambda number: (-weights[number], -number))[:limit]


def likeness(one: Profile, other: Profile, common: Mapping[str, int]) -> Likeness:
    """How alike two tickets are. `common`: how many tickets have a token, counted up to NEWEST."""
    shared = [token for token in one.tokens if token in other.tokens]
    both = math.sqrt(_mass(one.tokens, common) * _mass(other.tokens, common))
    words = _mass(shared, common) / both if both else 0.0
    from rapidfuzz import fuzz  # three megabytes, for who compares

    subjects = fuzz.token_sort_ratio(one.subject, other.subject) / 100 if one.subject and other.subject else 0.0
    texts = fuzz.token_sort_ratio(one.text, other.text) / 100 if one.text and other.text else 0.0
    marks = [token for token in shared if _is_mark(token) and common.get(token, 1) <= _RARE]
    score = 0.7 * words + 0.3 * _above_chance(subjects) + 0.2 * _above_chance(texts) + (0.3 if marks else 0.0)
    same_area = one.area is not None and one.area == other.area
    same_house = bool(one.house) and one.house == other.house
    if score and same_area:
        score += _WEAK
    if score and same_house:
        score += _WEAK
    return Likeness(
        score=round(min(score, 1.0), 2),
        why=tuple(_why(one, other, shared, marks, subjects=subjects, texts=texts, area=same_area, house=same_house)),
    )


def _why(
    one: Profile,
    other: Profile,
    shared: Sequence[str],
    marks: Sequence[str],
    *,
    subjects: float,
    texts: float,
    area: bool,
    house: bool,
) -> Iterator[str]:
    for mark in marks[:3]:
        yield f"both name {one.tokens[mark]}"
    if subjects >= 0.6:
        yield f"subjects alike ({subjects:.0%})"
    if texts >= 0.6:
        yield f"texts alike ({texts:.0%})"
    words = [one.tokens[token] for token in shared if not _is_mark(token)]
    if words:
        yield f"shared words: {', '.join(words[:5])}"
    if area:
        yield f"same area: {one.area}"
    if house:
        yield "same organisation"
    if one.requester is not None and one.requester == other.requester:
        yield "same requester"


_WEIGHTS = [math.log2(1 + NEWEST / max(holders, 1)) for holders in range(NEWEST + 1)]


def _above_chance(ratio: float) -> float:
    """Any two sentences of a language share 40 % of their letters."""
    return max(0.0, (ratio - 0.4) / 0.6)


def _mass(tokens: Mapping[str, str] | Sequence[str], common: Mapping[str, int]) -> float:
    return sum(_weight(token, common.get(token, 1)) for token in tokens)


def _weight(token: str, holders: int) -> float:
    """A rare token tells most; one that everybody uses still tells a little, for an outage makes words common."""
    weight = _WEIGHTS[min(holders, NEWEST)]
    return weight * 1.5 if token[0] == "#" else weight


# ---- tokens --------------------------------------------------------------------------------------------------------


def _is_mark(token: str) -> bool:
    """An order number, an error code, a serial: what two customers hardly name by chance."""
    return token[0] == "#"


def _tokens(subject: str, text: str) -> dict[str, str]:
    """The tokens that count: numbers and codes first, then words in their order, the subject's before the text's."""
    found: dict[str, str] = {}
    for token, written in (*_tokens_of(subject), *_tokens_of(text)):
        found.setdefault(token, written)
    ranked = sorted(found, key=lambda token: not _is_mark(token))
    return {token: found[token] for token in ranked[:MAX_TOKENS]}


def _tokens_of(text: str) -> Iterator[tuple[str, str]]:
    before = ""
    for match in _WORD.finditer(_folded(text, TEXT_CAP)):
        written = match[0][:_MAX_WORD]
        if written.isalpha():
            yield from _words(written)
        elif any(char.isdecimal() for char in written):
            yield from _marks(written, before)
        else:
            for piece in _PIECE.findall(written):
                yield from _words(piece)
        before = written


def _marks(written: str, before: str) -> Iterator[tuple[str, str]]:
    pieces = _PIECE.findall(written)
    bare = "".join(pieces)
    if bare.isdecimal():
        if len(pieces) == 1 and len(bare) >= 5:  # in pieces it is a date, a time, a price
            yield f"#{bare}", written
        elif len(pieces) == 1 and before in _CODE_WORDS and len(bare) >= 2:
            yield f"#code{bare}", f"{before} {written}"
        return
    if len(bare) >= 4 and sum(char.isdecimal() for char in bare) >= 2:
        yield f"#{bare}", written
    for piece in pieces:
        if piece != bare and piece.isdecimal() and len(piece) >= 5:
            yield f"#{piece}", piece  # "order 11820" is ORD-11820


def _words(word: str) -> Iterator[tuple[str, str]]:
    if _UNSPACED.fullmatch(word):
        for start in range(max(len(word) - 1, 1)):
            yield word[start : start + 2], word[start : start + 2]
    elif len(word) >= 3 and word not in _STOP:
        yield word[:_STEM], word


def _folded(text: str, cap: int) -> str:
    """Without capitals, accents and surplus blanks; it may not grow, for one sign can stand for eighteen."""
    return " ".join(fold(text)[:cap].split())
