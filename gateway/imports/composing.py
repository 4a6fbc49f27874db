"""The mail of an article of which the export has none: as little of it as says the same."""

import hashlib
import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from gateway.config import Config
from gateway.imports.old import OldArticle, OldPerson, OldTicket

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_KEY = re.compile(r"[\w.-]{1,40}", re.ASCII)
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,80}", re.IGNORECASE)
_NOT_AS_FILES = ("message", "multipart")


def mail_of(system: str, ticket: OldTicket, article: OldArticle, cfg: Config) -> bytes:
    """The bytes as they came, else composed: the same for the same article, whenever it is asked for."""
    if article.raw is not None:
        return article.raw
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _author(article, cfg)
    to, cc = _recipients(ticket, article, cfg)
    mail["To"] = ", ".join(to)
    if cc:
        mail["Cc"] = ", ".join(cc)
    mail["Subject"] = _line(article.subject)[:990]
    mail["Date"] = format_datetime(article.at)
    mail["Message-ID"] = message_id(system, ticket, article, cfg)
    if ids := _ID.findall(article.in_reply_to):
        mail["In-Reply-To"] = ids[0]
    text = _sound(article.text)
    if article.is_html:
        mail.set_content(text, subtype="html")
    else:
        mail.set_content(text)
    for file in article.files:
        kind = file.type.partition(";")[0].strip()
        main, _, sub = (kind if _TYPE.fullmatch(kind) else "application/octet-stream").lower().partition("/")
        if main in _NOT_AS_FILES:
            main, sub = "application", "octet-stream"
        mail.add_attachment(file.data, maintype=main, subtype=sub, filename=_line(file.name)[:200] or "file")
    if article.files:  # else by chance, and the same article must be the same mail whenever it is asked for
        mail.set_boundary(f"=_{system}_{ticket.number}_{_key(article)}")
    return bytes(mail)


def message_id(system: str, ticket: OldTicket, article: OldArticle, cfg: Config) -> str:
    """The one it had, by which customers' clients name it; else one of ours, which nobody has seen."""
    found = _ID.search(article.message_id)
    return found[0] if found else f"<{system}.{ticket.number}.{_key(article)}@import.{cfg.mail.host}>"


def _key(article: OldArticle) -> str:
    """The article's id there as it may stand in a header."""
    digest = hashlib.sha256(article.key.encode("utf-8", "surrogatepass")).hexdigest()
    return article.key if _KEY.fullmatch(article.key) else digest[:20]


def _author(article: OldArticle, cfg: Config) -> str:
    if article.author.addr:
        return formataddr((_line(article.author.name), article.author.addr))
    if article.direction == "in":
        return formataddr((_line(article.author.name) or "unknown", "unknown@invalid"))
    return formataddr((_line(article.author.name), cfg.mail.from_.addr))


def _recipients(ticket: OldTicket, article: OldArticle, cfg: Config) -> tuple[list[str], list[str]]:
    """As far as they are known; else those whom such an article is for."""
    if article.to:
        return list(article.to), list(article.cc)
    ours = cfg.mail.from_.addr
    if article.direction == "out" and ticket.requester.addr:
        return [_address(ticket.requester)], list(article.cc or ticket.cc)
    return [ours], list(article.cc) if article.direction == "in" else []


def _address(person: OldPerson) -> str:
    return formataddr((_line(person.name), person.addr))


def _line(text: str) -> str:
    return _sound(_CONTROL.sub(" ", text)).strip()


def _sound(text: str) -> str:
    """Without halves of characters, which no charset can write."""
    return text.encode("utf-8", "replace").decode("utf-8")
