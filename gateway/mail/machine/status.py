"""What a refusal means: the words of a mail server -> its reply, a status code (RFC 3463), and whether trying helps.

The words are the better witness: relays put 5.1.1 or 5.0.0 in front of whatever they were told.
"""

import re

MAX_WORDS = 1_000  # characters of a refusal looked at
MAX_REPLY = 400

# Four numbers are an IP address, not a status.
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
# A reply code, perhaps dressed: "550 5.1.1 ..", "550-5.1.1", "#550 5.2.2", "ERROR_CODE :550", "[SMTP Error Code 550]".
_REPLY = re.compile(
    r"(?<![\w.@/])(?<!\S:)[#(]?([45][0-7]\d)(?=[ ]?[-:,;\])]|[ \t]+[^\s\d]|[ \t]+#?\(?[245]\.\d|[ \t]*\Z)"
)
_TOO_GENERAL = frozenset({"0.0", "5.0"})
# Postfix puts this in front of whatever one of its restrictions says.
_ANY_RESTRICTION = re.compile(r"recipient address rejected: (?!access denied)", re.I)
_SENDER = frozenset({"1.7", "1.8"})
_UNKNOWN = "1.1"
_AFTER_DATA = re.compile(r"end of data|after data\b|\[DATA\]|>>> DATA\s{1,3}<<<", re.I)
_AT_RCPT = re.compile(r"\bRCPT|does not like recipient", re.I)
# What is refused before a recipient is named says nothing of him.
_BEFORE_RCPT = re.compile(
    r"(?:after|in reply to) (?:MAIL FROM|EHLO|HELO|LHLO|initial connection|STARTTLS)|sender was rejected"
    r"|name was rejected|\[MAIL_FROM\]|refused to talk",
    re.I,
)
_HARD = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "4.4"})

# Reason, subject and detail of its status, whether the address is dead, and the words; the first that fits counts.
_REASONS = tuple(
    (detail, hard, re.compile(words, re.I))
    for detail, hard, words in (
        (
            "1.6",
            True,
            r"\b(?:mailbox|user|account|recipient|address)\b.{0,30}\b(?:has|have) (?:been )?moved"
            r"|no forwarding address|not our customer",
        ),
        (
            "1.8",
            False,
            r"\bsender\b.{0,30}\b(?:rejected|denied|invalid|unknown|not (?:exist|found|allowed|verif))"
            r"|(?:unroute?able|invalid|unknown|bad|valid) sender|sender (?:domain|verify)|from:? domain is invalid"
            r"|unauthenticated sender|invalid domain name",
        ),
        (
            "3.0",
            False,
            r"command (?:failed|died|time limit)|mailer (?:error|died|exited)|procmail|pipe to|\bx-unix\b"
            r"|internal (?:\w{1,10} )?error",
        ),
        (
            "2.2",
            False,
            r"(?:mailbox|inbox|user|account|folder).{0,30}(?:\bfull\b|exceed|out of storage)|over ?-?quota|\bquota\b"
            r"|(?:disk|storage).{0,10}(?:full|space|quota)|too much mail|insufficient (?:disk|storage|space)"
            r"|postfach.{0,30}voll|speicherplatz|boîte.{0,30}pleine|buzón.{0,20}lleno|casella.{0,30}piena"
            r"|caixa.{0,30}cheia|schránka.{0,20}pln|skrzynka.{0,30}pełna|переполнен|квот|一杯|容量|已满|空间不足|가득",
        ),
        (
            "3.4",
            False,
            r"(?:message|mail|content|attachment).{0,20}(?:too (?:big|large|long)|size)|(?:max\w*|size) limit"
            r"|exceeds.{0,30}size|size.{0,20}exceed|maximum.{0,20}size|sizelimit|toolarge|zu gro(?:ß|ss)"
            r"|trop (?:gros|volumineu)|demasiado grande|troppo grande|muito grande|слишком бол|サイズ|过大",
        ),
        (
            "1.10",
            True,
            r"(?:host|domain|system|server)\S{0,10} does(?:n.t| not) accept (?:any )?(?:e-?)?mail|null ?mx",
        ),
        (
            "2.1",
            False,
            r"\b(?:disabled?|suspended|inactive|deactivated|discontinued|not active)\b"
            r"|(?:account|mailbox|user).{0,20}(?:locked|closed|expired|blocked)"
            r"|not (?:currently )?accepting (?:mail|mess)|gesperrt|deaktiviert|désactivé|suspendid|desactivad"
            r"|disattivat|disabilitat|zablokowan|отключен|停止|停用|禁用",
        ),
        (
            "1.1",
            True,
            r"(?:users?|recipients?|mailbox|account|addressee|alias|addresses|address|local.?part"
            r"|member)\b(?: \S{1,80}){0,3}? ?(?:is |was |wasn.t |couldn.t be |could not be |may )?(?:un-?known"
            r"|not (?:be )?(?:found|known|exist|valid|listed|here)|found at|does(?:n.t| not) exist|doesnt exist"
            r"|invalid|rejected: access denied)|(?:unknown|invalid|no such|non-?existent|illegal|unroute?able"
            r"|undefined) (?:or \w{1,20} )?(?:(?:local|virtual|e-?mail|destination|envelope|rcpt|smtp) )?(?:users?"
            r"|recipient|mailbox|account|address|alias|person)"
            r"|(?:recipient|address)\b.{0,30}(?:verif\w{1,6} failed|\brejected\b)|unverified (?:address|recipient)"
            r"|doesn.t have an? \S{1,60} account|no longer (?:exists|valid|available|on|at)|no account"
            r"|bad destination mailbox|invalid final delivery userid|isn.t a valid|is not in the |no mailbox"
            r"|no (?:user|one|person) (?:here|by that)|no valid recipient"
            r"|not a (?:valid|known|local) (?:user|mail|recip)|recip(?:ient)?notfound|not listed in"
            r"|name is not recognized|address couldn.t be found|\bwasn.t found at|\bwurde (?:bei"
            r"|in) \S{1,100} nicht gefunden"
            r"|n.a pas été trouvée? (?:sur|dans|à)|no se encontró a \S{1,100} en|non è stato trovato (?:in|su|presso)"
            r"|is niet gevonden (?:bij|in)|não foi encontrado em|nie znaleziono \S{1,100} w"
            r"|\b5\d\d \S{1,200}@\S{1,200} rejected"
            r"|(?:empfänger|benutzer|adressat).{0,30}(?:unbekannt|nicht (?:gefunden|vorhanden)|existiert nicht)"
            r"|unbekannte[rs]? (?:empfänger|benutzer|adress)|destinataire.{0,20}(?:inconnu|invalide|introuvable)"
            r"|utilisateur inconnu|(?:usuario|destinatario|utente|usuário|destinatário) (?:\w{1,12} )?(?:desconocido"
            r"|no (?:existe|encontrado)|sconosciuto|inesistente|desconhecido|inválido|não encontrado)"
            r"|neznám\w{1,3} (?:uživatel|adres|příjemc)|nieznany (?:użytkownik|odbiorc)|użytkownik nie istnieje"
            r"|пользовател.{0,30}(?:не (?:найден|существует)|неизвест)|нет такого пользовател|несуществующ"
            r"|見つかり?ません|存在しません|宛先不明|ユーザー?不明|リストにありません|用户不存在|无此用户|查无此人"
            r"|존재하지 않",
        ),
        (
            "7.1",
            False,
            r"\bspam|\bvirus|malware|phish|polic(?:y|ies)|black ?-?list|block ?-?list|block(?:ed|ing)|reputation"
            r"|\bdnsbl\b|\brbl\b|\bdmarc\b|\bspf\b|\bdkim\b|authenticat|not permitted|\bptr\b|reverse dns|\brdns\b"
            r"|relay(?:ing)?\b|access denied|prohibited|not authori[sz]ed|content rejected|unsolicited|bulk e?-?mail"
            r"|too many (?:rec|conn|mess)|rate limit|unusual rate|verif(?:y|iable)|not (?:a )?member|not allowed"
            r"|illegal attachment|security (?:polic|reason|violat|level)|abuse|\btls\b|starttls|encrypt|spamverdacht"
            r"|abgelehnt|indésirable|rejeté|rechazad|rifiutat|rejeitad|odmítn|odrzucon|спам|отклонен|迷惑|垃圾|拒",
        ),
        (
            "1.2",
            True,
            r"(?:host|domain|system)\b(?: \S{1,80}){0,3}? ?(?:is |was |name )?(?:unknown|not (?:be )?found"
            r"|does(?:n.t| not) exist|couldn.t be found|may not exist|invalid)"
            r"|(?:unknown|no such|bad|invalid|unroute?able) (?:destination |mail )?(?:host|domain|system)"
            r"|name or service not known|\bnxdomain\b|no mx record|\b5\d\d \S{1,200}\.\w{2,20} does not exist"
            r"|domain.{0,20}(?:unbekannt|existiert nicht|inconnu|no existe|inesistente)"
            r"|домен.{0,20}не (?:найден|существует)|域名",
        ),
        (
            "4.7",
            False,
            r"expired|time[ds]?.?out|too long|giving up|attempts|deferred|refused|lost connection|connect|unreachable"
            r"|not reachable|try (?:again )?later|temporar|routing|mail loop|too many hops|name service|lookup|network"
            r"|zeitüberschreitung|délai|agotado|scadut|истекло|タイムアウト|超时",
        ),
    )
)


def status_in(words: str) -> str:
    """The first status code in a text, `""` where it holds none."""
    found = _STATUS.search(words[:MAX_WORDS])
    return found.group() if found else ""


def reply_in(words: str) -> str:
    """The SMTP reply in a text, from its code on, as one line; `""` where there is none."""
    found = _REPLY.search(words[:MAX_WORDS])
    return " ".join(words[found.start(1) : found.start(1) + MAX_REPLY].split()).rstrip("]) '") if found else ""


def explains(words: str) -> bool:
    """Do the words say why: a code, or a reason that we know?"""
    return bool(status_in(words) or reply_in(words) or _reason(words))


def conclude(named: str, words: str, action: str, context: str = "") -> tuple[str, bool]:
    """The status of a recipient that a report fails or delays, and whether writing to this address again is of no use.

    `named` is the status the report gives (or `""`), `words` its explanation, `context` what else it tells of him.
    """
    said = status_in(words)
    given = said if said[:1] in ("4", "5") and (said[2:] not in _TOO_GENERAL or not named) else named
    reason = _reason(words)
    if not given:
        kind = reply_in(words)[:1] or ("4" if action == "delayed" else "5")
        code = f"{kind}.{reason[0] if reason else '0.0'}"
    else:
        code = given
    return code, action == "failed" and _is_hard(code, given, reason, f"{words[:MAX_WORDS]}\n{context[:MAX_WORDS]}")


def _is_hard(code: str, given: str, reason: tuple[str, bool] | None, words: str) -> bool:
    """Only where the server knows neither person nor house: all else may pass, or is about us."""
    detail = given[2:]
    if not code.startswith("5") or detail in _SENDER or _BEFORE_RCPT.search(words):
        return False
    if reason is None:
        return detail in _HARD
    if reason[0] == _UNKNOWN and not detail.startswith("1."):
        # Under a code that says otherwise, or after the whole mail was heard, "user unknown" is a filter's excuse.
        return not _AFTER_DATA.search(words) and (detail in ("", *_TOO_GENERAL) or _AT_RCPT.search(words) is not None)
    return reason[1]


def _reason(words: str) -> tuple[str, bool] | None:
    looked_at = _ANY_RESTRICTION.sub("", " ".join(words[:MAX_WORDS].split()))
    return next(((detail, hard) for detail, hard, pattern in _REASONS if pattern.search(looked_at)), None)
