"""Whether a subject says by its prefix that its mail is a forward (`WG:`, `TR:`, `轉寄：`) or a reply (`AW:`)."""

import re
from enum import StrEnum

from gateway.mail.forward.labels import fold
from gateway.mail.header.headers import Fields


class Manner(StrEnum):
    """What the outermost prefix of a subject says."""

    FORWARD = "forward"
    REPLY = "reply"
    NONE = ""


_FORWARDS = """
fw fwd forward forwarded wg weitergeleitet tr trans transf rv reenv i inol inoltra enc encam doorst vb vs vl pd
ilt yml fs prosl tov továbbítva továbbítás ΠΡΘ προώθ пер пересл переслано trs terusan redir edasi persiųsta pārs
转发 轉寄 轉發 转寄 転送 전달 הועבר מועבר محول توجيه ส่งต่อ chuyểntiếp
"""
_REPLIES = """
re aw antw antwort sv svar r ris rif res resp rép réf odp odg ynt yan vá válasz ats atb atbildēt bls balas tl trảlời
vast vastaus απ ΣΧΕΤ отв ответ відп răsp 回复 回覆 答复 答覆 返信 회신 답장 השב תגובה תשובה رد
"""
_MANNER = {fold(word): Manner.REPLY for word in _REPLIES.split()}
_MANNER |= {fold(word): Manner.FORWARD for word in _FORWARDS.split()}

# `FW:`, `Fwd[2]:`, `[Fwd: ...]`, each perhaps behind tags such as `[EXTERNAL]` or `[#123]`.
_PREFIX = re.compile(
    r"\s*(?:\[[^\[\]:]{1,40}\]\s*){0,5}\[?([^\W\d_][\w.\s]{0,15})(?:\[\d{1,3}\]|\(\d{1,3}\))?\s?[:：]\s*"
)
_PINE = re.compile(r"\s\(fwd\)\s*\Z", re.I)


def answers(fields: Fields, subject: str) -> bool:
    """True for a mail that answers another: it names that (RFC 5322 section 3.6.4), or its subject says so."""
    if fields.first("in-reply-to") or fields.first("references"):
        return True
    return manner(subject)[0] is Manner.REPLY


def manner(subject: str) -> tuple[Manner, str]:
    """What the first prefix says, and the subject without it; `Manner.NONE` and the subject where there is none."""
    found = _PREFIX.match(subject)
    said = _MANNER.get(fold(found.group(1))) if found else None
    if found is None or said is None:
        ending = _PINE.search(subject)
        return (Manner.FORWARD, subject[: ending.start()]) if ending else (Manner.NONE, subject)
    rest = subject[found.end() :]
    if "[" in found.group() and rest.endswith("]") and rest.count("[") < rest.count("]"):
        rest = rest[:-1]
    return said, rest.strip()
