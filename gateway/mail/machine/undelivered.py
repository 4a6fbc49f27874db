"""Does a subject or a text say, in any language, that a mail did not arrive? Who says so is the question of `kind`."""

import re

_LOOKED_AT = 4_000  # characters of a text

_SUBJECT = re.compile(
    r"[\s\[(*!_:.-]{0,9}(?:(?:warning|error): )?(?:[^\s@]{1,64}@[^\s@]{1,64} [:-] )?(?:"
    # English: what mail servers and filters write
    r"undeliver(?:ed|able)(?: e?-?mail|: | message|\s*\Z| returned)"
    r"|(?:e-?)?mail (?:delivery|system|could not|not deliv|failure|failed|error|undeliver|returned|rejected|status"
    r"|was not)|returned (?:e-?)?mail|returned to sender|failure notice"
    r"|fail(?:ed|ure) (?:e-?mail )?(?:delivery|message|mail|notif)"
    r"|(?:permanent )?delivery (?:status|fail\w*|has failed|notification|report|error|problem|delay\w*|unsuccessful"
    r"|incomplete|was)|message (?:not deliv|undeliver|delay|deliver|status|could not|you sent|rejected|blocked|return"
    r"|was not|fail)|your (?:e-?mail|message|mail) (?:could|was|to|has|\S{1,80} c)|non-?deliver|undelivery"
    r"|unable to deliver|(?:e-?mail )?could not (?:be )?deliver|there was an error sending|error (?:sending|delivering)"
    r"|problems? delivering|warning: (?:message|could|e?-?mail)|delayed (?:mail|mess)"
    r"|(?:un-?known|no such|invalid) (?:user|recipient|address|host)"
    r"|(?:user|host|address|recipient) (?:un-?known|not found)|smtp error|e-?mail (?:not|fail)"
    r"|problems? (?:with|in) (?:your )?(?:e?-?mail|message|deliver)|postmaster notify|notice: mail"
    r"|rejected (?:posting|mail|mess)|bounced? (?:mail|message|notif)|bounce\]|banned (?:mess|cont)"
    r"|considered unsolicited|virus [^\n]{0,60} (?:from|in mail)|nondeliver|you \S{1,80} are not memb"
    # Outlook and Exchange, then other systems, in their users' languages
    r"|unzustellbar|nicht zustellbar|(?:nachricht|mail) (?:konnte )?nicht zugestellt|zustell\w* fehlg"
    r"|fehler bei der (?:mail)?zustell|zustellungs?(?:fehler|benachr|bericht)|nachricht unzustell|rückläufer"
    r"|non[- ]remis|non distribu|échec de (?:la )?(?:remise|l)|échec d.envoi|message non d"
    r"|notification d.(?:état|échec)|impossible de (?:remettre|distrib)|courrier non|no se (?:ha )?p\w{2,5} entreg"
    r"|(?:correo |mensaje )?(?:devuelto|no entregado)|error (?:de|en la) entrega|fallo (?:de|en la) entrega"
    r"|notificaci\S{2} de (?:estado|fallo)|impossibile (?:recapitare|consegnare)"
    r"|(?:messaggio |mail )?non (?:recapita|consegna)|mancat[ao] (?:recapito|consegna)|errore di consegna"
    r"|não (?:entreg|é possível entreg|foi possível)|falha (?:na|de) entrega|mensagem (?:não|devolvida)"
    r"|e-?mail (?:devolvido|não)|onbestelbaar|niet (?:afgeleverd|bezorgd)|bezorging mislukt|kan inte lever|olever"
    r"|kan ikke lever|uleverbar|ikke leveret|leveringsfeil|ei (?:voitu )?toimit|toimitus epäonn|nelze doručit|nedoruč"
    r"|zpráva nebyla|niedostarcz|nie (?:można|udało się) dostarcz|nie dostarczono|kézbesíthet|sikertelen kézb|nelivra"
    r"|nu (?:se|a) (?:poate|putut) (?:fi )?livr|teslim ed|iletilemedi|μη παραδ|αποτυχία παράδ|недоставлен"
    r"|не удал\w{2,4} доставить|не удается доставить|(?:ваше )?(?:сообщение|письмо) не (?:доставл|может)"
    r"|ошибка доставки|невозможно доставить|недоставка|уведомление о (?:недоставке|состоянии дост)|не вдалося достав"
    r"|недостав|неможливо достав|(?:メッセージ|メール|電子メール)[をがは]?(?:エラー|送信|配信"
    r"|お届け)[^\n]{0,12}(?:エラー|でき|失敗)|メールエラー|配信(?:不能|エラー|できません|失敗)|送信(?:エラー|失敗)"
    r"|エラーメール|宛先不明|未達|配信状況|(?:系统)?退信|邮件(?:退回|被退|无法)|投递失败|(?:邮件)?无法(?:投递|送达)"
    r"|未(?:能)?送达|發送失敗|無法(?:傳遞|傳送|投遞)|郵件(?:退回|無法)|(?:메일 |이메일 )?(?:반송"
    r"|배달(?:되지| 불가|할 수 없| 실패)|전송 ?(?:실패|오류)|발송 ?실패)|לא ניתן למסור|لم يتم (?:التسليم|تسليم)"
    r"|تعذر (?:التسليم|تسليم)|غير قابل للتسليم)",
    re.I,
)
_TEXT = re.compile(
    r"(?:could|can|was|were)(?: ?not|n.t) (?:be )?(?:delivered|sent|reach)"
    r"|(?:unable|wasn.t able|not able|trouble|error|problem)s? (?:to |was |while |in "
    r"|occurred )?(?:\w{1,12} ){0,3}?(?:deliver|send)|undeliver(?:able|ed)|not (?:yet )?(?:been )?delivered"
    r"|deliver(?:y|ing)\b[^\n]{0,60}\b(?:fail|delay|abort|error|impossible)|failed (?:recipient|address|deliver)"
    r"|did not reach|(?:has been|was) (?:returned|delayed|rejected|blocked|refused)"
    r"|(?:un-?known|no such|invalid) (?:user|recip|address|mailbox)|mailbox (?:is |exceeds |unavail)"
    r"|user (?:unknown|mailbox)|delivery (?:problem|error)|fatal error|permanent(?:ly)? (?:error|fail)|returned mail"
    r"|error while being processed|not a member of|transcript of session|does(?:n.t| not) exist"
    r"|nicht (?:zugestellt|zustellbar|übermittelt|ausgeliefert)|unzustellbar"
    r"|(?:non|pas) (?:pu )?(?:être )?(?:remis|délivr|distribu)|impossible de (?:remettre|distribuer)"
    r"|pas être (?:remis|livré|délivré)|no (?:se )?(?:pudo|ha podido|puede|pudimos)[^\n]{0,20} entreg"
    r"|no pudo ser entreg|no fue entreg|(?:impossibile|non è stato possibile|non può) [^\n]{0,20}(?:recapit|consegn)"
    r"|não (?:pôde|pode|foi)[^\n]{0,20} (?:entreg|envi)|niet (?:worden )?(?:bezorgd|afgeleverd)|nelze doručit"
    r"|nebyl[ao]? (?:možné )?doruč|nie (?:został|można|mogła)[^\n]{0,20} dostarcz"
    r"|не (?:может быть|было|удалось|удается) (?:доставл|отправ)|не доставл|не вдалося достав|недостав"
    r"|送信(?:でき|に失敗)|配信(?:でき|に失敗|不能)|配送でき|届きません|届けられ|送達でき|无法(?:发送|投递|送达)"
    r"|投递失败|退回|無法(?:投遞|傳送|寄)|전달(?:되지|할 수)|배달(?:되지|할 수)|(?:발송|전송)(?:되지|할 수|에 실패)",
    re.I,
)


def in_subject(subject: str) -> bool:
    """Does the subject begin as those of delivery reports do? Never where it begins with `Re:` or `Fwd:`."""
    return _SUBJECT.match(subject) is not None


def in_text(text: str) -> bool:
    """Do the first lines of a text say that a mail did not arrive?"""
    return _TEXT.search(text[:_LOOKED_AT]) is not None
