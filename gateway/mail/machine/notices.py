"""Read receipts, recalls and challenges by their words, where no structure tells them. Words are one sign of two."""

import re

from gateway.mail.value import Notice

_LOOKED_AT = 2_000  # characters of a text

_SUBJECT = re.compile(
    r"\s{0,9}(?:(?P<read>(?:not |un)?read|(?:un)?gelesen|(?:non )?lue?|(?:no )?leído|(?:non )?letto|(?:não )?lida"
    r"|(?:niet )?gelezen|o?läst|u?læst|u?lest|luettu|(?:ne)?přečteno|(?:nie)?przeczytano|(?:не )?прочитано|прочтено"
    r"|okundu|read receipt|lesebestätigung|return receipt(?: \(displayed\))?|開封(?:済み|通知|確認)|既読|已读|未读"
    r"|읽음)"
    r"|(?P<recall>recall|message recall(?: success| failure| report)?|rückruf|rappel|recuperar|richiam\w|cancelar"
    r"|intrekken|återkalla\w*|tilbagekald\w*|tilbakekall\w*|odwołanie|odvolání|отзыв|取り消し|回収|撤回"
    r"|회수))\s{0,3}[:：-]",
    re.I,
)
_WAS_READ = re.compile(
    r"was (?:read|displayed|opened|deleted)|has been (?:read|displayed|opened)"
    r"|wurde\b[^\n]{0,80}(?:gelesen|gelöscht|angezeigt)|a été (?:lu|supprimé|affiché)"
    r"|(?:fue|ha sido|foi|è stato?|is) (?:leído|eliminado|lido|lida|letto|gelezen)|har (?:lästs|læst)|lästes|blev læst"
    r"|ble lest|on luettu|byla? (?:přečtena|zobrazena)|została? (?:prze)?czytan|был[оа]? прочитан|прочитан[оа]? "
    r"|okundu|開封|表示され|読まれ|已(?:读|阅读)|읽었|return receipt",
    re.I,
)
_WOULD_RECALL = re.compile(
    r"(?:would like|wants) to recall the message|attempt(?:ed)? to recall|recall the message"
    r"|möchte die nachricht[^\n]{0,200}zurück|zurückrufen|souhaite rappeler|rappeler le message"
    r"|(?:desea|quiere) recuperar|vuole richiamare|desidera richiamare|gostaria de (?:cancelar|recuperar|revogar)"
    r"|wil het bericht[^\n]{0,200}intrekken|vill återkalla|vil tilbagekalde|ønsker å tilbakekalle"
    r"|chce (?:odwołać|wycofać|odvolat|stáhnout)|(?:хочет|желает) отозвать|отозвать сообщение|を(?:取り消|回収|撤回)"
    r"|(?:希望|想要?)撤回|撤回邮件|회수하려고",
    re.I,
)
_CONFIRM = re.compile(
    r"added to my (?:list|approved|allowed)|only (?:accept |from )?[^\n]{0,20}senders i have approved"
    r"|(?:confirm|verify|authenticate|prove|validate)\b[^\n]{0,80}(?:your (?:message|e-?mail|mail|identity|request)"
    r"|that you|you are|sender)|(?:to|must|please|need to)\s[^\n]{0,60}(?:confirm|verify|reply"
    r"|click)[^\n]{0,80}(?:deliver|release|reach)|bestätigen sie[^\n]{0,60}(?:nachricht|absender|e-?mail)",
    re.I,
)
_HELD = re.compile(
    r"(?:message|e-?mail|mail)\b[^\n]{0,60}\b(?:held|pending|not (?:yet )?(?:been )?deliver|wait|quarantin|queue|hold)"
    r"|will (?:then )?be delivered|(?:to|be|message|mail) deliver"
    r"|(?:approved|allowed|trusted|white-?list)[^\n]{0,20}(?:sender|list)|zugestellt",
    re.I,
)


def of_words(subject: str, text: str) -> Notice | None:
    """A read receipt or recall by its subject and its text: both must say so."""
    found = _SUBJECT.match(subject)
    if found is None:
        return None
    start = text[:_LOOKED_AT]
    if found["read"] and _WAS_READ.search(start):
        return Notice.RECEIPT
    return Notice.RECALL if found["recall"] and _WOULD_RECALL.search(start) else None


def challenges(text: str) -> bool:
    """Does a text ask its reader to confirm a mail that is held back till then?"""
    start = text[:_LOOKED_AT]
    return _CONFIRM.search(start) is not None and _HELD.search(start) is not None
