"""Short words that letters put together: labels, what was done, how a check came out. Whole sentences are templates.

In a language without a table here they are English; a template of a site's own may use the plain values instead.
"""

from collections.abc import Mapping

SPOKEN = ("en", "ru", "cs")

_Table = Mapping[str, tuple[str, str, str]]  # in the order of SPOKEN

# Neither "you" nor "the customer": the same word stands in letters to customers and to agents.
_STATUS: _Table = {
    "new": ("new", "новое", "nový"),
    "open": ("in progress", "в работе", "v řešení"),
    "waiting": ("waiting for an answer", "ждёт ответа", "čeká na odpověď"),
    "on_hold": ("on hold", "отложено", "odložený"),
    "resolved": ("resolved", "решено", "vyřešený"),
    "closed": ("closed", "закрыто", "uzavřený"),
}
# To customers: what was done on their request.
_DONE: _Table = {
    "received": ("your message reached us", "мы получили ваше сообщение", "obdrželi jsme Vaši zprávu"),
    "wrote": ("you wrote to us", "вы написали нам", "napsali jste nám"),
    "assigned": ("one of us took it on", "им занялся наш сотрудник", "ujal se ho někdo z nás"),
    "started": ("we began to work on it", "мы начали работу", "začali jsme na něm pracovat"),
    "answered": ("we answered", "мы ответили", "odpověděli jsme"),
    "waiting": ("we asked you something", "мы задали вам вопрос", "na něco jsme se Vás zeptali"),
    "on_hold": ("we put it on hold", "мы отложили работу", "odložili jsme ho"),
    "delayed": ("we told you of a delay", "мы сообщили о задержке", "oznámili jsme zdržení"),
    "moved": ("another team took it over", "его передали другой команде", "převzal ho jiný tým"),
    "resolved": ("we resolved it", "мы решили вопрос", "vyřešili jsme ho"),
    "closed": ("it was closed", "обращение закрыто", "byl uzavřen"),
    "reopened": ("it was opened again", "обращение снова открыто", "byl znovu otevřen"),
    "rated": ("you told us how we did", "вы оценили нашу работу", "ohodnotili jste nás"),
}
_FACT: _Table = {
    "customer": ("Customer", "Клиент", "Zákazník"),
    "title": ("Title", "Заголовок", "Název"),
    "queue": ("Queue", "Очередь", "Fronta"),
    "status": ("Status", "Статус", "Stav"),
    "priority": ("Priority", "Приоритет", "Priorita"),
    "assignee": ("Assignee", "Исполнитель", "Řešitel"),
    "type": ("Type", "Тип", "Typ"),
    "category": ("Category", "Категория", "Kategorie"),
    "area": ("Area", "Область", "Oblast"),
    "impact": ("Impact", "Влияние", "Dopad"),
    "occurrence": ("Like it lately", "Похожих недавно", "Podobných v poslední době"),
    "tags": ("Tags", "Метки", "Štítky"),
    "copies": ("Copies to", "Копии", "Kopie"),
    "proposed": ("Proposed for copies", "Предложены в копию", "Navrženi do kopie"),
    "mentions": ("Mentions", "Упоминает", "Zmiňuje"),
    "note": ("Note", "Заметка", "Poznámka"),
    "files": ("Files in all", "Всего файлов", "Souborů celkem"),
    "due": ("Due", "Срок", "Termín"),
    "first_response": ("First answer due", "Первый ответ до", "První odpověď do"),
    "next_response": ("Next answer due", "Следующий ответ до", "Další odpověď do"),
    "resolution": ("To be resolved by", "Решить до", "Vyřešit do"),
    "reason": ("Why", "Почему", "Proč"),
    "organisation": ("Organisation", "Организация", "Organizace"),
    "known_as": ("Also writes as", "Другие адреса", "Píše také z"),
    "known_tags": ("Customer's tags", "Метки клиента", "Štítky zákazníka"),
    "known_since": ("Known since", "Известен с", "Známý od"),
    "tickets": ("Customer's tickets", "Обращения клиента", "Požadavky zákazníka"),
    "reply_to": ("Wants answers at", "Просит отвечать на", "Chce odpovědi na"),
}
_PRIORITY: _Table = {
    "low": ("low", "низкий", "nízká"),
    "normal": ("normal", "обычный", "běžná"),
    "high": ("high", "высокий", "vysoká"),
    "urgent": ("urgent", "срочный", "naléhavá"),
}
_TYPE: _Table = {
    "question": ("question", "вопрос", "dotaz"),
    "problem": ("problem", "проблема", "problém"),
    "request": ("request", "просьба", "žádost"),
    "complaint": ("complaint", "жалоба", "stížnost"),
}
_IMPACT: _Table = {
    "blocking": ("blocking", "блокирует работу", "blokující"),
    "major": ("major", "большое", "velký"),
    "minor": ("minor", "небольшое", "malý"),
    "none": ("none", "никакого", "žádný"),
}
# To agents: is it really from whom it says.
_VERDICT: _Table = {
    "verified": ("verified", "проверено", "ověřeno"),
    "unverified": (
        "NOT VERIFIED: anybody can write this sender's address",
        "НЕ ПРОВЕРЕНО: этот адрес отправителя может написать кто угодно",
        "NEOVĚŘENO: tuto adresu odesílatele může napsat kdokoli",
    ),
    "failed": (
        "THE CHECK FAILED: probably not from whom it says",
        "ПРОВЕРКА НЕ ПРОЙДЕНА: вероятно, писал кто-то другой",
        "KONTROLA SELHALA: odesílatel je zřejmě podvržený",
    ),
    "mixed": (
        "LETTERS OF SEVERAL ALPHABETS: it may be made to look like somebody else",
        "БУКВЫ РАЗНЫХ АЛФАВИТОВ: возможно, имя или адрес подделаны под чужие",
        "PÍSMENA RŮZNÝCH ABECED: jméno nebo adresa mohou napodobovat někoho jiného",
    ),
}
_PARTY: _Table = {
    "requester": ("", "", ""),
    "watcher": ("gets copies", "получает копии", "dostává kopie"),
    "agent": ("agent", "сотрудник", "pracovník"),
    "other": ("other person, unverified", "другое лицо, не подтверждено", "jiná osoba, neověřená"),
    "proposed": (
        "proposed for copies, unverified",
        "предложен в копию, не подтверждено",
        "navržen do kopie, neověřený",
    ),
    "third": ("third party", "третья сторона", "třetí strana"),
    "unknown": ("Unknown sender", "Неизвестный отправитель", "Neznámý odesílatel"),
}
_ARTICLE: _Table = {
    "in": ("customer", "клиент", "zákazník"),
    "out": ("answer", "ответ", "odpověď"),
    "note": ("internal note", "внутренняя заметка", "interní poznámka"),
    "withdrawn": ("stopped before it left", "остановлено до отправки", "zastaveno před odesláním"),
}
_GROUP: _Table = {
    "overdue": ("Overdue", "Просроченные", "Po termínu"),
    "due": ("Due soon", "Срок скоро истекает", "Blíží se termín"),
    "new": ("New", "Новые", "Nové"),
    "assigned": ("Yours now", "Теперь ваши", "Teď Vaše"),
    "answered": ("Answered by customers", "Ответили клиенты", "Odpovědi zákazníků"),
    "open": ("Open", "В работе", "V řešení"),
    "waiting": ("Waiting for an answer", "Ждут ответа", "Čekají na odpověď"),
    "unassigned": ("Nobody's", "Без исполнителя", "Bez řešitele"),
}
_COUNT: _Table = {
    "tickets": ("{open} open of {all}", "открыто {open} из {all}", "otevřené {open} z {all}"),
    "cut": (
        "[cut here: {left} more characters]",
        "[здесь обрезано, ещё {left} знаков]",
        "[zkráceno, zbývá {left} znaků]",
    ),
    "earlier": (
        "[{left} earlier ones are left out; #show in a reply brings all]",
        "[пропущено более ранних: {left}; ответьте #show, чтобы получить все]",
        "[vynecháno starších: {left}; všechny pošle odpověď #show]",
    ),
}
# To agents: why they are told.
_WHY: _Table = {
    "rule": ('the rule "{name}"', "правило «{name}»", "pravidlo „{name}“"),
    "reminder": ("you wished to be reminded", "вы просили напомнить", "chtěli jste být upozorněni"),
    "away": ("in place of {who}, who is away", "вместо отсутствующих: {who}", "místo těch, kdo tu nejsou: {who}"),
    "all_away": ("everybody else is away", "все остальные отсутствуют", "všichni ostatní tu nejsou"),
    "unassigned": ("nobody has the ticket", "исполнителя нет", "požadavek nemá řešitele"),
}
# Of a report: what is counted, and what it is broken down by.
_FIGURE: _Table = {
    "open": ("open", "открыто", "otevřené"),
    "late": ("late", "просрочено", "po termínu"),
    "soon": ("due soon", "скоро срок", "brzy termín"),
    "created": ("new", "новых", "nové"),
    "solved": ("solved", "решено", "vyřešené"),
    "reopened": ("opened again", "открыто снова", "znovu otevřené"),
    "usual": ("usually {n}", "обычно {n}", "obvykle {n}"),
    "first_response": ("First answer", "Первый ответ", "První odpověď"),
    "resolution": ("Resolution", "Решение", "Vyřešení"),
    "handling": ("Opening to end, nights included", "От открытия до конца с ночами", "Od otevření do konce s nocemi"),
    "time_spent": ("Time spent", "Затрачено времени", "Strávený čas"),
    "ratings": ("Ratings", "Оценки", "Hodnocení"),
    "several": (
        "{n} of {solved} solved by several agents",
        "несколькими сотрудниками решено {n} из {solved}",
        "více řešiteli vyřešeno {n} z {solved}",
    ),
    "times": (
        "median {median}, mean {mean}, nine of ten within {p90}",
        "медиана {median}, среднее {mean}, девять из десяти за {p90}",
        "medián {median}, průměr {mean}, devět z deseti do {p90}",
    ),
    "kept": (
        "promised {sla}, kept in {kept}%",
        "обещано {sla}, соблюдено в {kept}%",
        "slíbeno {sla}, dodrženo v {kept} %",
    ),
    "rating": ("{mean} of 5 ({n})", "{mean} из 5 ({n})", "{mean} z 5 ({n})"),
    "minutes": ("{min} min", "{min} мин", "{min} min"),
    "hours": ("{h} h {min} min", "{h} ч {min} мин", "{h} h {min} min"),
    "whole_hours": ("{h} h", "{h} ч", "{h} h"),
}
_BY: _Table = {
    "all": ("In all", "Всего", "Celkem"),
    "queue": ("By queue", "По очередям", "Podle front"),
    "agent": ("By agent", "По сотрудникам", "Podle řešitelů"),
    "type": ("By type", "По типам", "Podle typů"),
    "category": ("By category", "По категориям", "Podle kategorií"),
    "area": ("By area", "По областям", "Podle oblastí"),
    "tag": ("By tag", "По меткам", "Podle štítků"),
    "organisation": ("By organisation", "По организациям", "Podle organizací"),
    "priority": ("By priority", "По приоритетам", "Podle priorit"),
    "sender": ("Who wrote more than once", "Кто писал не раз", "Kdo psal vícekrát"),
    "grew": ("More than usual", "Больше обычного", "Víc než obvykle"),
    "several": (
        "Where several agents were needed",
        "Где понадобилось несколько сотрудников",
        "Kde bylo třeba víc řešitelů",
    ),
}
_TABLES: Mapping[str, _Table] = {
    "status": _STATUS,
    "done": _DONE,
    "fact": _FACT,
    "priority": _PRIORITY,
    "type": _TYPE,
    "impact": _IMPACT,
    "verdict": _VERDICT,
    "party": _PARTY,
    "article": _ARTICLE,
    "group": _GROUP,
    "count": _COUNT,
    "why": _WHY,
    "figure": _FIGURE,
    "by": _BY,
}


def phrase(table: str, word: str, language: str) -> str:
    """What a word of ours is called in that language, else in English; one that is not ours stays as it is."""
    row = _TABLES[table].get(word)
    if row is None:
        return word
    return row[SPOKEN.index(language)] if language in SPOKEN else row[0]


def known(table: str) -> tuple[str, ...]:
    """The words of a table, in order."""
    return tuple(_TABLES[table])
