"""Is this reply nothing but a "thank you"? Such a reply is stored and does not open a ticket again."""

import re

from gateway.mail import Mail
from gateway.mail.fold import fold

_MAX_CHARS = 120
_MAX_SAYS = 4  # lines
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
    words = _WORD.findall(fold(reply))
    return any(word in _KEY for word in words) and all(word in _WORDS for word in words)


def is_thanks_alone(mail: Mail) -> bool:
    """True where a mail says thanks, and what was cut from it is surely nobody's words of now.

    A ticket that opens once too often is a nuisance, one that stays closed over a new question is a loss: a cut that
    might be wrong counts as words.
    """
    if not is_thanks(mail.reply):
        return False
    cut = mail.elided.replace(mail.signature, "") if mail.signature else mail.elided
    return bool(mail.markers) or _is_quote(cut.strip("-_ \n"))


def _is_quote(cut: str) -> bool:
    """True for `>` lines alone, below a line or two that say whom they quote, and for nothing."""
    lines = [line for line in cut.split("\n") if line.strip()]
    first = next((at for at, line in enumerate(lines) if line.startswith(">")), len(lines))
    says_whom = first == 0 or (first < len(lines) and first <= _MAX_SAYS and lines[first - 1].endswith((":", "：")))
    return not lines or (says_whom and all(line.startswith(">") for line in lines[first:]))
