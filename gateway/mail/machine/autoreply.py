"""The words of answers that nobody wrote, in some thirty languages: absences and acknowledgements.

Words are one sign of two. A person may write any of them; `kind` asks for another sign beside.
"""

import re
from enum import StrEnum

from gateway.mail.forward import subject_prefix
from gateway.mail.forward.subject_prefix import Manner

_LOOKED_AT = 2_000  # characters of a text


class Tone(StrEnum):
    """How a subject sounds."""

    AUTOMATIC = "automatic"  # "Automatic reply: x": hardly anybody types that
    PREFIX = "prefix"  # "Out of office: x", "Away: Re: x": what mail programs put before the subject they answer
    AWAY = "away"  # "On holiday": a person may as well


_AUTOMATIC = (
    r"auto(?:matic|mated)?[- ]?(?:reply|response|responder|answer|acknowledge?ment)"
    r"|(?:out of (?:the )?office|vacation|away) (?:auto[- ]?reply|automatic reply|reply|response|responder|notif\w+)"
    r"|automatische (?:antwort|rückantwort|rückmeldung|abwesenheits\w+|(?:eingangs|empfangs)bestätigung"
    r"|e-?mail-antwort)|auto(?:matische )?antwort|réponse auto(?:matique)?|accusé de réception automatique"
    r"|respuesta autom[aá]tica|auto-?respuesta|resposta autom[aàá]tica|risposta automatica"
    r"|automatisch (?:antwoord|bericht)|autosvar|automatiskt? svar|automaattinen vastaus|auto(?:maat|maatne )vastus"
    r"|automātisk\w+ atbild\w+|automatinis atsakymas|sjálfvirkt svar|odpowiedź automatyczna|automatyczna odpowiedź"
    r"|autoodpowiedź|automatická odpov[eě][dď]|automatikus válasz|răspuns automat|automatski odgovor|samodejni odgovor"
    r"|автоматичен отговор|аутоматски одговор|автоответ(?:чик)?|автоматический ответ|автоматична відповідь"
    r"|автовідповідь|αυτόματη απάντηση|otomatik (?:yanıt|cevap)|תשובה אוטומטית|מענה אוטומטי|رد تلقائي|الرد التلقائي"
    r"|پاسخ خودکار|自動(?:返信|応答|回覆|回應|回复)|自动(?:回复|答复)|자동 ?(?:회신|응답|답장)|การตอบกลับอัตโนมัติ"
    r"|ตอบกลับอัตโนมัติ|trả lời tự động|balasan otomatis"
)
_AWAY = (
    r"out of (?:the )?office|out-of-office|ooo|away|away from (?:my |the )?(?:office|desk|e-?mail)"
    r"|(?:i am|i.m|on) (?:away|(?:annual |sick )?leave|vacation|holidays?)|vacation|abwesend"
    r"|abwesenheit(?:snotiz|smeldung|sbenachrichtigung|sinfo|sassistent)?|nicht im (?:büro|hause)|im urlaub"
    r"|urlaub(?:smeldung|snotiz)?|(?:message d.)?absen(?:ce|t)(?: du bureau| temporaire)?|en congés?|hors du bureau"
    r"|(?:fuera|ausente) de (?:la )?oficina|ausen(?:cia|te)|de vacaciones|fuori (?:sede|ufficio)|assen(?:za|te)"
    r"|in ferie|fora do escritório|ausência(?: temporária)?|de férias|fora de l.oficina"
    r"|afwezig(?:heid|heidsbericht|heidsassistent)?|niet op kantoor|(?:met|op) vakantie|frånvaro(?:meddelande)?"
    r"|(?:ej|inte) på (?:kontoret|plats)|på semester|fravær(?:smelding|sbesked)?|ikke (?:på kontoret|til stede)"
    r"|på ferie|poissa(?: toimistosta)?|poissaolo(?:viesti)?|lomalla|kontorist väljas|puhkusel|prombūtne"
    r"|nesu (?:biure|darbe)|atostogos|fjarverandi|nieobecn(?:ość|y|a)|poza biurem|na urlopie|urlop"
    r"|(?:odpověď )?mimo kancelář|nejsem v kanceláři|mimo kancelárie|nie som v kancelárii|nepřítom\w+|neprítom\w+"
    r"|dovolen(?:á|ka)|na dovolen(?:é|ke)|távollét|házon kívül|szabadságon"
    r"|în afara biroului|absent|în concediu|concediu|izvan ureda|van kancelarije|odsut\w+|odsotn\w+|na godišnjem"
    r"|извън офиса|отсъств\w+|в отпуска?е?|вне офиса|отсутств\w+(?: на (?:рабочем месте|работе))?|поза офісом"
    r"|відсутн\w+|у відпустці|εκτός γραφείου"
    r"|απουσία|ofis dışında(?:yım)?|ofiste değil(?:im)?|izinde(?:yim)?|מחוץ למשרד|בחופשה|خارج المكتب|في إجازة"
    r"|不在(?:通知|のお知らせ|連絡)?|外出(?:中)?|休暇(?:中)?|不在办公室|不在辦公室|休假|부재 ?중?|휴가"
    r"|ไม่อยู่ที่สำนักงาน|vắng mặt|ngoài văn phòng|di luar kantor|cuti"
)
_PREFIX = (
    r"out of (?:the )?office|abwesen(?:d|heit(?:snotiz|smeldung)?)|(?:absence|absente?) du bureau"
    r"|(?:fuera|ausente) de (?:la )?oficina|fuori (?:sede|ufficio)|fora do escritório|afwezig(?:heidsbericht)?"
    r"|frånvaro(?:meddelande)?|fravær(?:sbesked|smelding)?|poissa(?: toimistosta)?|poza biurem|mimo kancelář"
    r"|mimo kancelárie|házon kívül|în afara biroului|izvan ureda|извън офиса|вне офиса|поза офісом|εκτός γραφείου"
    r"|ofis dışında|不在|外出|부재 ?중"
)
_GOES_ON = (
    r"(?:\s{0,9}(?:[:：,(\[–—-]|\Z)"
    r"|\s{1,9}(?:\d|re\b|until|till|from|to\b|bis|vom|ab\b|du\b|jusqu|hasta|dal|fino|até|tot\b|до|с\b|do\b|od\b))"
)
# "AUTO: Bob is out" is Notes', but a motor car to others, so it counts as little as the bare word for an absence.
_SUBJECT = re.compile(
    rf"\s{{0,9}}[\[(*]{{0,3}}(?:(?:auto: )?(?:(?P<prefix>(?:{_PREFIX})(?=\s?[:：]\s?\S|\s(?:re|aw|sv|vs|fwd?)\s?[:：]))"
    rf"|(?P<automatic>{_AUTOMATIC})|(?P<away>{_AWAY}))(?:\]|{_GOES_ON})"
    r"|auto: |(?:\S{1,40} ){1,6}is (?:currently )?(?:out of (?:the )?office|away|on (?:annual )?leave|unavailable)"
    r"|i (?:am|will be) (?:currently )?(?:out of (?:the )?office|away))",
    re.I,
)
# Whom to ask instead. Who asks to be contacted himself is a person.
_CONTACTS = re.compile(
    r"\bcontact(?! me\b|ez[- ]moi|e conmigo|ar conmigo)|kontakt(?!ieren sie mich|iere mich|a mig\b|t mig\b|t meg\b"
    r"|ujte mě)"
    r"|contatt(?!at[ei]mi)|contat(?!e-me)|hubungi|wenden sie sich|yhteyttä|обращ|свяж|связ|звертай|επικοιν|iletiş|פנה"
    r"|للتواصل|ご連絡|联系|聯絡|연락|ติดต่อ|liên hệ",
    re.I,
)
# That an answer will come, and what to do where it is needed at once.
_PROMISES = re.compile(
    r"urgen|emergenc|immediate|dringend|beantwort|weitergeleitet|répondr|respond|risponder|brådsk|haster|kiireel"
    r"|naléhav"
    r"|odpov|pilnych|sürgős|hitn|спешн|срочн|термінов|επείγ|acil|דחוף|عاجل|緊急|急ぎ|返信|ご返事|紧急|回复|급한|회신|ด่วน"
    r"|\bi(?:.ll| will) (?:\w{1,12} ){0,2}?(?:answer|reply|get back|read your|be in touch)|antworte|answer your",
    re.I,
)
_YOUR_MAIL = re.compile(
    r"\byour? (?:e-?mail|mail|message|request|enquiry|inquiry)|(?:ihre|deine)r? (?:e-?mail|mail|nachricht|anfrage)"
    r"|votre (?:message|e-?mail|mail|courriel|demande)|su (?:mensaje|correo|consulta)"
    r"|(?:sua|vostra|tua) (?:e-?mail|mail|richiesta)|seu e-?mail|sua mensagem|uw (?:e-?mail|bericht|vraag)"
    r"|(?:ditt|dit|din) (?:mail|e-?post|e-?mail|meddelande|besked|henvendelse)|vaši? (?:e-?mail|zpráv)|wiadomoś|üzenet"
    r"|mesaj|(?:ваше|вашего) (?:письмо|сообщени|письма)|您的邮件",
    re.I,
)


_AWAY_TEXT = re.compile(
    r"out of (?:the |my )?office|(?:\bam|\bi.m|will be|currently|is|be) (?:\w{1,20} ){0,2}?(?:away|out"
    r"|on (?:\w{1,12} )?leave|on (?:vacation|holiday)|travel+ing|absent|unavailable)"
    r"|(?:back|return\w*) (?:\w{1,12} ){0,3}?(?:on|in|by)\b|limited (?:e-?mail )?access|in my absence"
    r"|(?:when|once|until|after) i(?:.m| am)? (?:return|back|get back)"
    r"|auto(?:matic|mated|-)? ?(?:reply|response|generated|message)|abwesen|urlaub"
    r"|nicht (?:im büro|im hause?\b|erreichbar|am arbeitsplatz)"
    r"|(?:wieder|zurück)\b[^\n]{0,40}\b(?:erreich|büro|hause|da\b)|nicht weitergeleitet|absen[tc]|en congé|de retour"
    r"|vacances|automatique|fuera de|ausen|vacaciones|ferias|férias|fora do|regress|automátic|fuori|assen|ferie|rientr"
    r"|automatic|afwezig|vakantie|kantoor|frånv|semester|åter|tillbaka|fravær|ferie|tilbage|tilbake|poissa|loma|palaan"
    r"|väljas|puhkus|prombūt|atostog|fjarver|nieobecn|urlop|poza biurem|wracam|mimo kancel|nejsem v kancel"
    r"|nie som v kancel|nep[rř]ítom|dovolen|vrátím"
    r"|vrátim|távol|szabads|vissza|birou|concediu|revin|ured|odsut|odsot|годишн|отпуск|отсут"
    r"|не будет на (?:рабоч|месте)|отсъс|вернусь|извън"
    r"|відпуст|відсут|повернусь|απουσ|γραφεί|άδεια|επιστρ|ofis|izin|döne|משרד|חופש|مكتب|إجازة|不在|休暇|休業|外出|戻り"
    r"|自動|自动|休假|返回|부재|휴가|복귀|자동|สำนักงาน|vắng|kantor|cuti|автомат",
    re.I,
)
# Nouns only: "this is an automated message, do not reply" stands under every newsletter.
_ACKNOWLEDGES = re.compile(
    r"automat(?:ed|ic|ically)[ -]{1,2}(?:generated |sent )?(?:e-?mail |mail )?(?:reply|response|acknowledge?ment|answer"
    r"|receipt|confirmation)\b|auto-?(?:reply|response|responder)\b"
    r"|automatisch\w{0,2} (?:generierte |erstellte |erzeugte |versandte |verschickte )?(?:\w{0,20}antwort"
    r"|\w{0,10}bestätigung|rückmeldung)|(?:réponse|accusé de réception|respuesta|acuse de recibo|resposta|risposta"
    r"|conferma)[^\n.]{0,20}autom|automatisch\w{0,2} (?:antwoord|\w{0,10}bevestiging)"
    r"|automat(?:iskt?|isk genereret) (?:svar|\w{0,9}bekr[äæ]ft\w+)|autosvar|automaattinen (?:vastaus|kuittaus)"
    r"|automatick\w{1,3} (?:odpov|potvrz)|automatyczn\w{1,3} (?:odpowied|potwierdz)|automatikus (?:válasz|vissza)"
    r"|răspuns automat|automatsk\w (?:odgovor|potvrd)|автоматическ\w{2,3} (?:ответ|подтвержд)"
    r"|автоматичн\w{1,3} (?:відпов|отговор|підтвердж)|автоответ|αυτόματη απάντηση|otomatik (?:yanıt|cevap)"
    r"|自動(?:返信|応答|回覆)|自动(?:回复|答复)|자동 ?(?:회신|응답|답장)"
)
_SAYS_AUTOMATIC = re.compile("automat|automát|автомат|αυτόματ|otomati|自動|自动|자동")
_RECEIVED = re.compile(
    r"thank(?:s| you) for (?:contacting|writing|getting in touch|reaching out"
    r"|your (?:e-?mail|mail|message|enquiry|inquiry|request|query|feedback))"
    r"|(?:your|the) (?:e-?mail|mail|message|request|enquiry|inquiry|ticket|case)\b[^\n.]{0,40} (?:has been"
    r"|was) (?:received|registered|logged|created|opened)|we have received your"
    r"|eingang ihrer (?:e-?mail|mail|nachricht|anfrage)|ihre (?:e-?mail|mail|nachricht|anfrage) (?:ist|wurde|haben wir)"
    r"|(?:vielen )?dank für ihre (?:e-?mail|mail|nachricht|anfrage)"
    r"|(?:bien reçu|merci (?:de|pour)) votre (?:message|demande|e-?mail|courriel|mail)|hemos recibido (?:su|tu|el)"
    r"|gracias por (?:contactar|escribir|su (?:mensaje|correo|consulta))|abbiamo ricevuto la (?:sua|tua|vostra)"
    r"|grazie per (?:averci|la (?:sua|tua))|recebemos (?:a sua|o seu|sua|seu)"
    r"|obrigad[oa] p(?:elo|ela|or) (?:seu|sua|contac?t)|(?:wij|we) hebben (?:uw|je) "
    r"|bedankt voor (?:uw|je) (?:bericht|e-?mail|mail|vraag)|tack för (?:ditt|att)|tak for din|takk for (?:din|at)"
    r"|kiitos (?:viesti|yhteyd)|děkujeme (?:vám )?za (?:váš|vaši|zprávu|e-?mail)|obdrželi jsme|ďakujeme"
    r"|dziękujemy za (?:kontakt|wiadomość|przesł|zgłosz)|otrzymaliśmy|köszönjük (?:megker|level|üzenet)|vă mulțumim"
    r"|спасибо за (?:ваше|обращение|письмо)|(?:обращение|письмо|заявка)\b[^\n.]{0,30} (?:принят|получен|зарегистр)"
    r"|дякуємо за|(?:звернення|заявку) (?:прийнят|отриман|зареєстр)|teşekkür ederiz"
    r"|お問い?合わ?せ(?:いただき|を受け|ありがとう|頂き)|受け付けました|感谢您的(?:来信|邮件|咨询)|(?:已|我们)收到您的"
    r"|문의[^\n]{0,20}(?:접수|감사)"
)
_CONFIRMS = tuple(
    (
        "ticket|case|request|enquiry|inquiry|incident|received|acknowledg|thank you for|confirmation|vorgang|anfrage"
        "|eingang|empfangsb|demande|accusé|solicitud|acuse|richiesta|conferma|pedido|aanvraag|ontvang|ärende|mottag|modtag"
        "|zgłosz|potwierdz|požadav|potvrzen|kérés|visszaig|cerere|zahtjev|заявк|обращени|получен|звернен|talebiniz|受付"
        "|受信|お問い合わせ|工单|문의"
    ).split("|")
)
_I_AM_AWAY = re.compile(
    r"\bi(?:.m| am|.ll be| will be) (?:\w{1,12} ){0,2}?(?:out of (?:the |my )?office|away"
    r"|on (?:\w{1,12} )?(?:leave|vacation|holidays?))|\bich bin (?:\S{1,20} ){0,6}?(?:abwesend|nicht (?:im|erreichbar)"
    r"|im urlaub|außer haus)|je suis (?:\S{1,20} ){0,3}?(?:absent|en congé|hors)"
    r"|(?:estoy|estaré) (?:\S{1,20} ){0,3}?(?:fuera|ausente|de vacaciones)"
    r"|(?:sono|sarò) (?:\S{1,20} ){0,3}?(?:assente|in ferie|fuori)"
    r"|(?:estou|estarei) (?:\S{1,20} ){0,3}?(?:ausente|fora|de férias)"
    r"|ik ben (?:\S{1,20} ){0,6}?(?:afwezig|niet|op vakantie|met vakantie)"
    r"|jag är (?:\S{1,20} ){0,4}?(?:på semester|inte|bort)|jeg er (?:\S{1,20} ){0,4}?(?:på ferie|ikke|bort)"
    r"|olen (?:\S{1,20} ){0,3}?(?:loma|poissa)|jestem (?:\S{1,20} ){0,4}?(?:na urlopie|poza)"
    r"|jsem (?:\S{1,20} ){0,6}?(?:mimo|na dovolené)|som (?:\S{1,20} ){0,6}?(?:mimo|na dovolenke)|szabadságon vagyok"
    r"|sunt (?:\S{1,20} ){0,3}?(?:în concediu|plecat)|\bя (?:\S{1,20} ){0,4}?(?:в отпуске|отсутств|у відпустці"
    r"|відсутн)|izinde(?:yim)?|休暇中|不在にして|(?:在|正在)休假|휴가 중|부재 중",
    re.I,
)


def tone(subject: str) -> Tone | None:
    """What a subject says of itself by its first words; None for `Re: Automatic reply` and all that people write."""
    found = _SUBJECT.match(subject)
    if not found:
        return None
    if found["automatic"]:
        return Tone.AUTOMATIC
    before_answer = found["away"] and subject_prefix.manner(subject[found.end() :])[0] is Manner.REPLY
    return Tone.PREFIX if found["prefix"] or before_answer else Tone.AWAY


def is_away(text: str) -> bool:
    """Does a text speak of an absence, or call itself automatic?"""
    return _AWAY_TEXT.search(text[:_LOOKED_AT]) is not None


def is_absence(text: str) -> bool:
    """Does somebody say of himself that he is away, and turn to whoever has written?"""
    return _I_AM_AWAY.search(text[:_LOOKED_AT]) is not None and answers(text)


def answers(text: str) -> bool:
    """Does a text turn to somebody who has written: your mail, whom to ask instead?"""
    return points(text) or _YOUR_MAIL.search(text[:_LOOKED_AT]) is not None


def points(text: str) -> bool:
    """Does a text say whom to ask instead, or when an answer will come?"""
    return _CONTACTS.search(text[:_LOOKED_AT]) is not None or promises(text)


def promises(text: str) -> bool:
    """Does a text say when an answer will come, or what to do where that is too late?"""
    return _PROMISES.search(text[:_LOOKED_AT]) is not None


def acknowledges(text: str) -> bool:
    """Does a text call itself an automatic answer?"""
    start = text[:_LOOKED_AT].lower()
    if _ACKNOWLEDGES.search(start):
        return True
    return _SAYS_AUTOMATIC.search(start) is not None and _RECEIVED.search(start) is not None


def confirms(subject: str) -> bool:
    """Does a subject sound like an acknowledgement: ticket numbers, "received"?"""
    words = subject.lower()
    return any(word in words for word in _CONFIRMS)
