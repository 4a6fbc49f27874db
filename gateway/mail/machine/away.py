"""The day an absent person is back, by an automatic reply: "back on 7 December", "bis zum 12.01.", "до 9 января".

A date counts only behind or before words of return or end, and only if it lies after the mail's own; None where unsure.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import Enum

_LOOKED_AT = 3_000  # characters
_MAX_DATES = 40
_NEAR = 45  # characters from a date in which its words stand
_LONGEST = timedelta(days=730)
_LONGEST_WITHOUT_YEAR = timedelta(days=300)

# Stems of month names, twelve to a row; a comma parts the spellings, `.` is another language's month.
_MONTHS = (
    "january february march april may june july august september october november december",
    "jan feb mar apr mai jun jul aug sep,sept oct nov dec",
    "jänner,januar februar,feber märz,mrz,mär april mai juni juli august september oktober,okt november dezember,dez",
    "janvier,janv février,févr mars avril,avr mai juin juillet,juil août,aout septembre octobre novembre décembre,déc",
    "enero,ene febrero marzo abril,abr mayo junio julio agosto,ago septiembre,setiem octubre noviembre diciembre,dic",
    "gennaio,gen febbraio marzo aprile maggio,mag giugno,giu luglio,lug agosto settem,set ottobre,ott novembre dicem",
    "janeiro fevereiro,fev março,marco abril maio junho julho agosto setembro outubro,out novembro dezembro",
    "januari februari maart,mrt april mei juni juli augustus,augusti september oktober november december",
    "januar,jan februar mars,marts april maj juni juli august september oktober november desember,des",
    "tammi helmi maalis huhti touko kesä heinä elokuu syys loka marras joulu",
    "jaanuar veebruar märts aprill . juuni juuli . . . . detsember",
    "leden,ledna únor březen,března duben,dubna květ červen,června červenec,července srpna září říjen,října . prosin",
    "januára februára marca apríl mája júna júla augusta . októb . .",
    "stycz lutego,luty . kwie maja czerw lipca,lipiec sierp wrześ paździer listopad grudnia,grudzień",
    "január február március,márc április,ápr május,máj június,jún július,júl augusztus szeptember október . .",
    "ianuarie februarie martie aprilie . iunie,iun iulie,iul . septembrie octombrie noiembrie,noi decembrie",
    "siječ velja ožuj travnja svib lipnja,lipanj srpnja,srpanj kolov rujn,rujan . studen prosinca",
    "januara februara . aprila . juna jula avgust septembra oktobra novembra decembra",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "январ,янв феврал,фев март,мар апрел,апр мая,май июн июл август,авг сентябр,сен октябр,окт ноябр,ноя декабр,дек",
    "січ лют берез квіт трав черв лип серп верес жовт листоп груд",
    "януари февруари . . . юни юли . септември октомври ноември декември",
    "ιανουαρ,ιαν φεβρουαρ,φεβ μαρτ,μαρ απριλ,απρ μαΐ,μαι ιουν ιουλ αυγ σεπτ,σεπ οκτ νοε δεκ",
)
_STEMS = {
    stem: number
    for row in _MONTHS
    for number, stems in enumerate(row.split(), 1)
    for stem in stems.split(",")
    if stem != "."
}
_LONGEST_STEM = max(map(len, _STEMS))
_SHORT = 4  # so short a stem must be the whole word: "3 mar" is a date, "3 markers" is none
_NAME = rf"(?:{'|'.join(sorted(_STEMS, key=len, reverse=True))})[^\W\d_]{{0,8}}"
_YEAR = r"(?:20\d\d)"
_DATE = re.compile(
    rf"(?<![\d.:/])(?:(?P<y1>{_YEAR})(?P<s1>[-/.])(?P<m1>\d{{1,2}})(?P=s1)(?P<d1>\d{{1,2}})(?![\d:])"
    rf"|(?P<a2>\d{{1,2}})\s?(?P<s2>[./-])\s?(?P<b2>\d{{1,2}})(?:\s?(?P=s2)\s?(?P<y2>{_YEAR}|\d\d(?![\d:.]))|\."
    rf"|(?![\d:.%]))"
    rf"|(?:(?P<y3>{_YEAR})\s?[年년]\s?)?(?P<m3>\d{{1,2}})\s?[月월]\s?(?P<d3>\d{{1,2}})\s?[日일]"
    rf"|(?P<d4>\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.|-?го|-?е)?\s{{1,2}}(?:of |de "
    rf"|d')?(?P<m4>{_NAME})\.?(?:,?\s(?:de )?(?P<y4>{_YEAR}))?"
    rf"|(?<!\w)(?P<m5>{_NAME})\.?\s(?P<d5>\d{{1,2}})(?:st|nd|rd|th|\.)?(?![\d:.])(?:,?\s(?P<y5>{_YEAR}))?"
    r")",
    re.I,
)
# Between the words and the date: a weekday, an article, "including", nothing that tells another date.
_GAP = r"[^\d\n.!?;]{0,25}\Z"
_BACK = re.compile(
    r"(?:\bback\b|return\w*|resum\w+|available (?:again )?(?:on|from)|in the office (?:again )?(?:on|from)|zurück"
    r"|wieder|erreichbar ab|de retour|retour|reviens|vuelv\w+|regres\w+|reincorpor\w+|rientr\w+|torn(?:o|erò)|volt\w+"
    r"|terug|weer|åter|tillbaka|tilbage|tilbake|palaan|takaisin|tagasi|wracam|powrót|wróc\w+|vrát\w+|zpět|späť"
    r"|vissza\w*|revin|înapoi|natrag|nazaj|върна|вернусь|выйду|возвра\w+|буду на|повернусь|επιστρ\w+"
    r"|dön\w+|אחזור|أعود|العودة)" + _GAP,
    re.I,
)
_UNTIL = re.compile(
    r"(?:\buntil\b|\btill?\b|\bthrough\b|\bthru\b|\bup to\b|\bto\b|\band\b|\bbis\b|jusqu.{0,4}|\bau\b|hasta(?: el)?"
    r"|\bal\b|fino al?|\bat[ée]\b|\ba\b|\btot\b|\bt/m\b|tot en met|\btills?\b|t\.o\.m\.?|\btil\b|til og med|\bdo\b"
    r"|do dnia|până(?: la| pe)?|\bdo\b|\bдо\b"
    r"|\bпо\b|έως|μέχρι|[-–—~〜～至到]|から)" + _GAP,
    re.I,
)
_BACK_BEHIND = re.compile(
    r"[^\d\n.,!?;]{0,30}(?:\bback\b|wieder|zurück|returning|de retour|terug|åter|tillbaka|tilbage|zpět|vissza|에 복귀"
    r"|(?:に|より|から)[^\n]{0,8}(?:戻|復帰|出社)|返回|回来)",
    re.I,
)
_UNTIL_BEHIND = re.compile(
    r"\s?(?:\([^)\n]{1,5}\))?\s?(?:まで|迄|까지|-?ig\b|asti\b|saakka\b|kadar\b|tarihine kadar"
    r"|(?:included|inclusive|inklusive|einschließlich|compris|inclus)\b)",
    re.I,
)
_DAY_FIRST = re.compile(
    r"\b(?:bis|vom|abwesen\w*|jusqu|absen\w*|hasta|fino|até|tot|afwez\w*|till|til|do|od|asti|kadar)\b"
    r"|[äößéèçñãõåøæěščřžůłąęńśźżőű]|[а-яёіїα-ω]",
    re.I,
)
_MONTH_FIRST = re.compile(r"\d\s?[ap]\.?m\b|\b(?:EST|EDT|CST|CDT|MST|PST|PDT)\b|\b1?\d/(?:1[3-9]|2\d|3[01])/\d\d", re.I)


class _Says(Enum):
    BACK = 2
    UNTIL = 1


def until(text: str, sent: datetime | None) -> date | None:
    """The day a text says its sender is back, after the day it was sent; None where it names none or several."""
    if sent is None:
        return None
    said: dict[_Says, set[date]] = {_Says.BACK: set(), _Says.UNTIL: set()}
    for what, day in _dates(text[:_LOOKED_AT], sent.date()):
        said[what].add(day)
    days = said[_Says.BACK] or said[_Says.UNTIL]
    return days.pop() if len(days) == 1 else None


def _dates(text: str, sent: date) -> Iterator[tuple[_Says, date]]:
    for count, found in enumerate(_DATE.finditer(text)):
        if count >= _MAX_DATES:
            return
        what = _said_of(text, found)
        day = _day(found, text, sent) if what else None
        if what and day and sent < day and day - sent <= _LONGEST:
            yield what, day


def _said_of(text: str, found: re.Match[str]) -> _Says | None:
    before = text[max(0, found.start() - _NEAR) : found.start()]
    behind = text[found.end() : found.end() + _NEAR]
    if _UNTIL_BEHIND.match(behind):
        return _Says.UNTIL
    if _BACK.search(before) or _BACK_BEHIND.match(behind):
        return _Says.BACK
    return _Says.UNTIL if _UNTIL.search(before) else None


def _day(found: re.Match[str], text: str, sent: date) -> date | None:
    part = found.groupdict()
    if part["a2"]:
        return _of_figures(int(part["a2"]), int(part["b2"]), part["s2"], part["y2"], text, sent)
    name = part["m4"] or part["m5"]
    month = _month(name) if name else int(part["m1"] or part["m3"])
    day = next(int(value) for key in ("d1", "d3", "d4", "d5") if (value := part[key]))
    year = next((int(value) for key in ("y1", "y3", "y4", "y5") if (value := part[key])), 0)
    return _made(year, month, day, sent)


def _of_figures(first: int, second: int, mark: str, year: str | None, text: str, sent: date) -> date | None:
    """`12.01.` is 12 January everywhere; of `12/01` only a figure beyond twelve or the language tells."""
    full = (2000 + int(year) if len(year) == 2 else int(year)) if year else 0
    if mark == "-" and not year:
        return None  # "5-9": a range
    if mark == "." or first > 12 or (second <= 12 and first == second):
        return _made(full, second, first, sent)
    if second > 12 or _MONTH_FIRST.search(text):
        return _made(full, first, second, sent)
    return _made(full, second, first, sent) if _DAY_FIRST.search(text) else None


def _month(name: str) -> int:
    word = name.lower()
    for length in range(min(len(word), _LONGEST_STEM), 2, -1):
        number = _STEMS.get(word[:length])
        if number and (length > _SHORT or length == len(word) or not word.isascii()):
            return number
    return 0


def _made(year: int, month: int, day: int, sent: date) -> date | None:
    """The date; without a year the next one of that name, unless that is nearly a year off: then it has passed."""
    try:
        if year:
            return date(year, month, day)
        found = date(sent.year, month, day)
        if found <= sent:
            found = date(sent.year + 1, month, day)
    except ValueError:
        return None
    return found if found - sent <= _LONGEST_WITHOUT_YEAR else None
