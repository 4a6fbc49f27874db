"""What sort of sender wrote a mail, by its headers, with the one that told (T96, RFC 3834, 3464); then by subject."""

import re

from gateway.mail.headers import Fields
from gateway.mail.tree import Tree
from gateway.mail.value import Address, Kind

_BOUNCER = re.compile(r"(?:mailer[-_.]?daemon|postmaster|mail[-_.]?delivery)(?:[+=-].*)?@", re.I)
_NOBODY = re.compile(r"(?:no|do[-_.]?not|don.?t)[-_.]?reply|bounces?[-+=@_]|(?:auto)?notifications?@", re.I)
_BOUNCE_SUBJECT = re.compile(
    r"\s{0,9}(?:undeliver(?:ed|able)|delivery (?:status notification|failure|failed|notification|has failed)"
    r"|mail (?:delivery (?:failed|failure|system|subsystem)|system error)|returned mail|failure notice"
    r"|message not delivered|non[- ]?delivery|warning: (?:message|could not send)"
    r"|unzustellbar|nicht zustellbar|недоставлен|nedoručiteln)",
    re.I,
)
# The commonest automatic replies, in a few languages; the next net after headers.
_AWAY = (
    r"out of (?:the )?office|automatic reply|auto(?:matic)?[- ]?(?:reply|response|responder)|away from (?:my )?office"
    r"|abwesend|abwesenheit(?:snotiz|smeldung)?|automatische (?:antwort|abwesenheitsmeldung)"
    r"|автоответ(?:чик)?|автоматический ответ|вне офиса|автоматична відповідь"
    r"|mimo kancelář|automatická odpověď|nepřítomnost|odpowiedź automatyczna|autoodpowiedź|nieobecność"
    r"|réponse automatique|absen(?:ce|t) du bureau|respuesta automática|(?:fuera|ausente) de (?:la )?oficina"
    r"|risposta automatica|fuori (?:sede|ufficio)|resposta automática|fora do escritório"
    r"|automatisch antwoord|afwezig(?:heidsbericht)?|autosvar|automatisk svar|automaattinen vastaus|otomatik yanıt"
    r"|自動返信|自动回复|자동 회신"
)
# A colon or the end must follow: "Out of office assistant fails" is a person's question.
_AWAY_SUBJECT = re.compile(
    rf"\s{{0,9}}\[?(?:{_AWAY})(?: (?:auto[- ]?reply|assistant|message|notification))?\]?\s{{0,9}}(?:[:：–-]|\bre:|\Z)",
    re.I,
)
_SUPPRESS = re.compile(r"\b(?:all|oof|autoreply)\b", re.I)
_AUTOREPLY_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-mail-autoreply")
_LIST_FIELDS = ("list-id", "list-post", "list-help", "list-subscribe", "list-archive", "list-owner", "mailing-list")
_LOOP_FIELDS = ("x-loop", "x-ms-exchange-inbox-rules-loop")
_REPORTS = {"delivery-status": Kind.BOUNCE, "feedback-report": Kind.FEEDBACK}


def judge(mail: Tree, sender: Address | None, subject: str) -> tuple[Kind, str]:
    """The kind of a mail and the header or shape that told it, `""` for a person's."""
    kind, reason = (
        _by_report(mail, sender)
        or _by_bounce(mail.root.fields, sender, subject)
        or _by_headers(mail.root.fields, sender)
        or (Kind.NORMAL, "")
    )
    if kind in (Kind.NORMAL, Kind.AUTO, Kind.LIST) and _AWAY_SUBJECT.match(subject):
        return Kind.AUTOREPLY, f"{reason}, Subject" if reason else "Subject"
    return kind, reason


def _by_report(mail: Tree, sender: Address | None) -> tuple[Kind, str] | None:
    root = mail.root
    if root.type == "multipart/report":
        report = root.params.get("report-type", "").lower()
        if report not in _REPORTS:  # the parameter is often forgotten
            types = [leaf.type for leaf in mail.leaves()]
            report = next((name for name in _REPORTS if f"message/{name}" in types), report)
        return _REPORTS.get(report, Kind.AUTO), f"multipart/report: {report}"
    if any(part.type == "message/delivery-status" for part in root.children) and _is_from_a_bouncer(mail, sender):
        return Kind.BOUNCE, "message/delivery-status"
    if root.type in ("message/delivery-status", "message/disposition-notification"):
        return Kind.BOUNCE if root.type.endswith("status") else Kind.AUTO, root.type
    return None


def _by_bounce(fields: Fields, sender: Address | None, subject: str) -> tuple[Kind, str] | None:
    if fields.first("x-failed-recipients"):
        return Kind.BOUNCE, "X-Failed-Recipients"
    if not _BOUNCE_SUBJECT.match(subject):
        return None
    if _has_null_path(fields):
        return Kind.BOUNCE, "Return-Path: <>, Subject"
    if sender and _BOUNCER.match(sender.addr):
        return Kind.BOUNCE, f"From: {sender.addr}, Subject"
    return None


def _by_headers(fields: Fields, sender: Address | None) -> tuple[Kind, str] | None:
    submitted = fields.first("auto-submitted").partition(";")[0].partition("(")[0].strip().lower()
    if submitted and submitted != "no":
        kind = Kind.AUTOREPLY if submitted.startswith("auto-replied") else Kind.AUTO
        return kind, f"Auto-Submitted: {submitted[:60]}"
    for name in _AUTOREPLY_FIELDS:
        if fields.first(name).strip().lower() not in ("", "no", "false"):
            return Kind.AUTOREPLY, _spelled(fields, name)
    precedence = fields.first("precedence").strip().lower()
    if precedence in ("auto_reply", "auto-reply"):
        return Kind.AUTOREPLY, f"Precedence: {precedence}"
    for name in _LIST_FIELDS:
        if name in fields.by_name:
            return Kind.LIST, _spelled(fields, name)
    if precedence in ("bulk", "list", "junk"):
        return Kind.AUTO if precedence == "junk" else Kind.LIST, f"Precedence: {precedence}"
    if _has_null_path(fields):
        return Kind.AUTO, "Return-Path: <>"
    if sender and (_BOUNCER.match(sender.addr) or _NOBODY.match(sender.addr)):
        return Kind.AUTO, f"From: {sender.addr}"
    for name in _LOOP_FIELDS:
        if name in fields.by_name:
            return Kind.AUTO, _spelled(fields, name)
    return None


def silence(fields: Fields) -> str:
    """The header by which a person's mail asks for no automatic answer, or `""`."""
    if _SUPPRESS.search(fields.first("x-auto-response-suppress")):
        return "X-Auto-Response-Suppress"
    return "List-Unsubscribe" if "list-unsubscribe" in fields.by_name else ""


def _is_from_a_bouncer(mail: Tree, sender: Address | None) -> bool:
    return _has_null_path(mail.root.fields) or (sender is not None and bool(_BOUNCER.match(sender.addr)))


def _has_null_path(fields: Fields) -> bool:
    return "return-path" in fields.by_name and fields.first("return-path").strip() in ("<>", "")


def _spelled(fields: Fields, wanted: str) -> str:
    return next(name for name, _ in fields.raw if name.lower() == wanted)
