"""Read receipts, recalls and challenges by their words, where no structure tells them. Words are one sign of two."""

import re

from gateway.mail.value import Notice

_LOOKED_AT = 2_000  # characters of a text
_ASKED = 300  # in which a person asks what he has to ask
_SHORT = 2  # a subject that stands in every text

_SUBJECT = re.compile(
    r"\s{0,9}(?:(?P<read>(?:not |un)?read|(?:un)?gelesen|(?:non )?lue?|(?:no )?leído|(?:non )?letto|(?:não )?lida"
    r"|(?:niet )?gelezen|o?läst|u?læst|u?lest|luettu|(?:ne)?přečteno|(?:nie)?przeczytano|(?:не )?прочитано|прочтено"
    r"|okundu|read receipt|lesebestätigung|return receipt(?: \(displayed\))?|開封(?:済み|通知|確認)|既読|已读|未读"
    r"|읽음)"
    r"|(?P<recall>recall|message recall(?: success| failure| report)?|rückruf|rappel|recuperar|richiam\w|cancelar"
    r"|intrekken|återkalla\w*|tilbagekald\w*|tilbakekall\w*|odwołanie|odvolání|отзыв|取り消し|回収|撤回"
    r"|회수))\s{0,3}[:：]\s{0,9}(?P<rest>.{0,300})",
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
    r"(?:would like|wants|attempt(?:ed)?) to recall (?:the|this|your) (?:message|e-?mail)"
    r"|möchte die nachricht[^\n]{0,200}zurück|souhaite rappeler"
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
    r"|click)[^\n]{0,80}(?:deliver|release|reach)"
    r"|reply to this (?:message|e-?mail|mail)[^\n]{0,60}(?:without chang|leav|keep|intact)[^\n]{0,30}subject"
    r"|bestätigen sie[^\n]{0,60}(?:nachricht|absender|e-?mail)",
    re.I,
)
_HELD = re.compile(
    r"(?:message|e-?mail|mail|it) (?:is|was|has been|will be|remains?)\b[^\n.,:;]{0,40}\b(?:held|pending|wait|quarantin"
    r"|queue|hold|deliver)|(?:message|mail)\b[^\n.,:;]{0,30} (?:to be|not (?:yet )?(?:been )?) ?deliver"
    r"|to have (?:it|(?:your|the|this) (?:message|e-?mail|mail)) deliver"
    r"|(?:approved|allowed|trusted|white-?list)[^\n]{0,20}(?:sender|list)"
    r"|(?:nachricht|mail) (?:wird|wurde)[^\n.,:;]{0,60}zugestellt",
    re.I,
)


def of_words(subject: str, text: str, *, is_hinted: bool) -> Notice | None:
    """A read receipt or recall by its subject and its text: both must say so.

    Beside them a sign in the header, or the subject again in the text, as programs name what they speak of.
    """
    found = _SUBJECT.match(subject)
    if found is None:
        return None
    start = text[:_LOOKED_AT]
    rest = found["rest"].strip()
    if "?" in start[:_ASKED] or not (is_hinted or (len(rest) > _SHORT and rest in start)):
        return None
    if found["read"] and _WAS_READ.search(start):
        return Notice.RECEIPT
    return Notice.RECALL if found["recall"] and _WOULD_RECALL.search(start) else None


def challenges(text: str) -> bool:
    """Does a text ask its reader to confirm a mail that is held back till then?"""
    start = text[:_LOOKED_AT]
    return _CONFIRM.search(start) is not None and _HELD.search(start) is not None
