"""Is this reply nothing but a "thank you"? Such a reply is stored and does not open a ticket again."""

import re
import unicodedata

_MAX_CHARS = 120
_WORDS = frozenset(
    """
    thank thanks thankyou thx ty cheers you u very so much many a lot again indeed that it this works worked now is was
    perfect great super excellent wonderful awesome brilliant cool ok okay all good done solved sorted fixed fine for
    your the help support quick fast reply answer response kind regards best
    danke dankeschon vielen dank herzlichen besten schon sehr merci beaucoup bien vous grand parfait gracias muchas mil
    grazie mille obrigado obrigada muito dekuji diky moc dik dakujem dziekuje dzieki bardzo kiitos paljon tack sa mycket
    tak tusen takk mange bedankt hartelijk dank je wel u spasibo спасибо большое огромное вам благодарю дякую
    perfekt prima gut alles klar hat geklappt gelost funktioniert jetzt es fur die hilfe antwort schnelle
    pour votre aide reponse rapide por su tu ayuda za pomoc vyreseno funguje vse v poradku uz
    """.split()
)
_KEY = frozenset(
    """
    thank thanks thankyou thx ty cheers danke dankeschon dank merci gracias grazie obrigado obrigada dekuji diky dik
    dakujem dziekuje dzieki kiitos tack tak takk bedankt spasibo спасибо благодарю дякую
    """.split()
)
_WORD = re.compile(r"\w+")


def is_thanks(reply: str) -> bool:
    """True for `Thanks a lot!`, `Vielen Dank`, `Спасибо` and the like; False as soon as anything else is said."""
    if len(reply) > _MAX_CHARS or "?" in reply:
        return False
    words = _WORD.findall(_fold(reply))
    return any(word in _KEY for word in words) and all(word in _WORDS for word in words)


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold())
    kept = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", kept).replace("ø", "o").replace("ł", "l")
