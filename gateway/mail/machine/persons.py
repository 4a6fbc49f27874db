"""The words by which a person shows where everything else looks like an automatic answer.

Programs neither ask nor quote what they answer, and nothing they say is about automatic answers but "this is one".
"""

import re

# What people say about such answers: they want one switched on or off, or got nothing else.
_ABOUT = re.compile(
    r"\b(?:switch|turn)\b[^\n.]{0,40}\b(?:on|off)\b|\b(?:set|put) (?:up |in )?(?:my|an?|the|his|her|our|this)\b"
    r"|\b(?:de)?activat|\b(?:en|dis)able|configur|\bi(?:.ve|.m| have| only| just)? (?:got|get|getting|received"
    r"|receive)\b"
    r"|\b(?:no|any) (?:answer|reply|response) (?:since|yet|so far|from)|got no\b|\bmy auto"
    r"|einrichten|richten (?:sie|wir|du)\b|\b(?:ein|ab|aus)schalten|schalten (?:sie|wir)\b|(?:de)?aktivier|ich (?:bekam"
    r"|bekomme|erhielt|erhalte|habe\b[^\n.]{0,40}(?:bekommen|erhalten))"
    r"|(?:dés)?activ(?:er|ez)\b|(?:mettre|mettez) en place|paramétr|j.ai (?:bien |seulement )?reçu|je reçois"
    r"|(?:des)?activ(?:ar|e|en)\b|\brecibí|\brecibo\b|ho ricevuto|(?:dis)?attiv(?:are|ate|i)\b|impost(?:are|ate)"
    r"|(?:des)?ativ(?:ar|em?)\b|\brecebi\b|instellen|(?:in|uit)schakelen|ik (?:kreeg|ontving)|stänga av|slå (?:på|av"
    r"|fra|til)"
    r"|jag (?:fick|får)|jeg (?:fik|får|fikk)|wyłącz|włącz|ustawi|otrzymałe?m|dostałe?m|nastav|zapn(?:ěte|out)|vypn"
    r"|dostal jsem|beállít|kikapcsol|bekapcsol|megkaptam|activaț|dezactiv|am primit|включи|отключи|настро"
    r"|(?:мне )?приш[её]л"
    r"|я получ|увімкн|вимкн|ενεργοποι|ayarla|(?:aç|kapat)(?:ar|ın)|設定(?:し|を|方)|解除|止めて"
    r"|设置|关闭|開啟|설정|해제",
    re.I,
)
# One that is spoken of: "the automatic reply has a typo".
_SPOKEN_OF = re.compile(
    r"\b(?:the|your|our|my|his|her|their|that|another|got|an? wrong|old|new|which) (?:\w{1,12} )?"
    r"(?:auto(?:matic|mated)?[- ]?(?:reply|response|responder|answer|confirmation)|vacation (?:responder|reply))"
    r"|\b(?:die|der|ihre|ihrer|eure|unsere|unserer|meine|deine|diese|keine|nur eine|alte|neue) (?:automatische\w? "
    r"|auto)"
    r"(?:antwort|rückmeldung|\w{0,12}bestätigung)"
    r"|\b(?:la|votre|notre|ma|cette|aucune|qu.une) réponse auto|\b(?:su|nuestra|mi|la|esa|una nueva) respuesta autom"
    r"|\b(?:la|vostra|nostra|mia|tua) risposta autom|\b(?:a|sua|nossa|minha) resposta autom"
    r"|\b(?:het|uw|ons|mijn) automatisch\w? antwoord|\b(?:ert|vårt|mitt|deres|vores|ditt) auto\w{0,6} ?svar"
    r"|(?:ваш|наш|мой|этот) автоматический ответ",
    re.I,
)
# A request to do what no absent person asks of whoever wrote to him.
_REQUEST = re.compile(
    r"\bplease,? (?!contact|call|e-?mail|mail|write|direct|forward|refer|note that|note:|be |do not|don.t|re-?send"
    r"|expect"
    r"|allow|reach|speak|send|submit|visit|use|see|check|feel|accept|get|address|reply|ask|try|turn|find|click|dial"
    r"|phone|text|wait|bear|understand|leave|log|open|include|quote|keep|remember|excuse|consult|liaise|talk|go|follow)"
    r"[a-z]|\b(?:merci d[e’']|veuillez) ?(?!votre|vos|contacter|vous|écrire|appeler|noter|envoyer|joindre|prendre"
    r"|adresser|ne pas|patienter|renvoyer|m.excuser|trouver|consulter|utiliser)[a-zéè]"
    r"|\bbitte,? (?:tragen|notieren|richten sie (?!ihre)|buchen|liefern|verschieben|ändern|korrigieren|schließen|prüfen"
    r"|schicken|legen|geben|reparieren|tauschen|planen|bestellen|stornieren|löschen|helfen|teilen)"
    r"|\bpor favor,? (?:cierre|anote|cambie|corrija|envíe el|revise|arregle|apunte)"
    r"|\bper favore,? (?:chiud|annota|corregg|cambia)|\bchiudete\b|пожалуйста,? (?:закро|измени|исправ|отправь)",
    re.I,
)
_OWN = re.compile(
    r"\b(?:my|our) (?:e-?mail|mail|message|order|request)|\b(?:meine|unsere) (?:mail|nachricht|bestellung)", re.I
)
_ASKED = 500  # characters in which a person has asked what he asks
_ASKING = "?？؟"


def is_personal(subject: str, text: str) -> bool:
    """Does somebody ask, quote, or write about automatic answers? Programs put such words around a person's at most."""
    start = f"{subject}\n{text[:_ASKED]}"
    if any(sign in start for sign in _ASKING) or "\n>" in start:
        return True
    return any(words.search(start) for words in (_ABOUT, _SPOKEN_OF, _REQUEST))


def is_owner(text: str) -> bool:
    """Does somebody speak of a mail or an order of his own? A program that holds mail back speaks of yours."""
    return _OWN.search(text[:_ASKED]) is not None
