"""The words of dates in English, Russian and Czech, folded: months, weekdays, units, small words."""

from gateway.tickets.commands.folding import fold

_MONTHS = (
    "january february march april may june july august september october november december",
    "jan feb mar apr . jun jul aug sep,sept oct nov dec",
    "январь,января,янв февраль,февраля,фев март,марта,мар апрель,апреля,апр май,мая июнь,июня,июн июль,июля,июл "
    "август,августа,авг сентябрь,сентября,сен,сент октябрь,октября,окт ноябрь,ноября,ноя,нояб декабрь,декабря,дек",
    "leden,ledna únor,února březen,března duben,dubna květen,května červen,června červenec,července srpen,srpna září "
    "říjen,října listopad,listopadu prosinec,prosince",
)
# Czech has two letters for each day, which are words of other languages: those are left out.
_WEEKDAYS = (
    "monday,mon tuesday,tue,tues wednesday,wed thursday,thu,thur,thurs friday,fri saturday,sat sunday,sun",
    "понедельник,понедельника,понедельнику,пн вторник,вторника,вторнику,вт среда,среду,среды,среде,ср "
    "четверг,четверга,четвергу,чт пятница,пятницу,пятницы,пятнице,пт суббота,субботу,субботы,субботе,сб "
    "воскресенье,воскресенья,воскресенью,вс",
    "pondělí úterý,úterka,úterku středa,středu,středy,středě čtvrtek,čtvrtka,čtvrtku pátek,pátku "
    "sobota,sobotu,soboty,sobotě neděle,neděli",
)
_UNITS = {
    "min": "min mins minute minutes мин минута минуту минуты минут minuta minutu minuty minut",
    "h": "h hr hrs hour hours ч час часа часов hod hodina hodinu hodiny hodin",
    "day": "d day days д день дня дней den dny dnů dnech",
    "week": "w wk wks week weeks нед неделя неделю недели недель неделе týden týdny týdnů týdnu",
    "month": "month months мес месяц месяца месяцев месяце měsíc měsíce měsíců měsíci",
    "year": "y year years год года лет rok roky roků let",
}


def _numbered(rows: tuple[str, ...], first: int) -> dict[str, int]:
    return {
        fold(word): number
        for row in rows
        for number, words in enumerate(row.split(), first)
        for word in words.split(",")
        if word != "."
    }


MONTHS = _numbered(_MONTHS, 1)
WEEKDAYS = _numbered(_WEEKDAYS, 0)  # Monday is 0
UNITS = {fold(word): unit for unit, words in _UNITS.items() for word in words.split()}
DAYS_AHEAD = {
    fold(word): days
    for days, words in enumerate(
        ("today,сегодня,dnes", "tomorrow,tmrw,завтра,zítra", "day after tomorrow,послезавтра,pozítří")
    )
    for word in words.split(",")
}
LEADS = frozenset(
    map(fold, "until till til by on from since before the для до к ко на в во с со от do dne od v ve na k ke".split())
)
AT = frozenset(map(fold, "at @ в v ve o um к ke".split()))
IN = frozenset(map(fold, "in within через za".split()))
NEXT = frozenset(
    map(fold, "next следующий следующую следующее следующей следующем следующего příští příštího příštím".split())
)
THIS = frozenset(map(fold, "this coming этот эту это этой этого ближайший ближайшую tento tuto toto nejbližší".split()))
NOONS = frozenset(map(fold, "noon полдень poledne v poledne".split()))
BUSINESS = frozenset(map(fold, "business working workdays workday рабочих рабочий рабочие pracovní pracovních".split()))
ONE = frozenset(map(fold, "a an one один одну jeden jednu".split()))
