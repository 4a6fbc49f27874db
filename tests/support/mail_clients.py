"""How four mail programs group mails into conversations, as far as it is published: pure functions over mail headers.

Each takes the mails of one mailbox in the order they came, and gives the number of the conversation of each.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PREFIX = re.compile(r"\s*(?:re|aw|fwd?|wg|sv|antw|odp|ответ|отв)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_BLOB = re.compile(r"\s*\[[^\[\]]*\]")
_OUTLOOK_PREFIX = re.compile(r"[^\W\d_]{1,5}: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a client sees of a mail."""

    message_id: str
    subject: str
    references: tuple[str, ...] = ()
    in_reply_to: str = ""

    @property
    def ids(self) -> frozenset[str]:
        return frozenset({self.message_id, self.in_reply_to, *self.references} - {""})


def gmail(mails: Sequence[Seen]) -> list[int]:
    """The same subject without reply prefixes and leading `[tag]`, and a reference in common with an earlier mail.

    So Google tells senders of notifications; that brackets are ignored is known from mailing lists.
    """
    found: list[int] = []
    groups: list[tuple[str, set[str]]] = []
    for mail in mails:
        subject = gmail_subject(mail.subject)
        fits = (at for at, (base, ids) in enumerate(groups) if base == subject and ids & mail.ids)
        at = next(fits, len(groups))
        if at == len(groups):
            groups.append((subject, set()))
        groups[at][1].update(mail.ids)
        found.append(at)
    return found


def gmail_subject(subject: str) -> str:
    while match := _PREFIX.match(subject) or _BLOB.match(subject):
        subject = subject[match.end() :]
    return " ".join(subject.lower().split())


def outlook(mails: Sequence[Seen]) -> list[int]:
    """The conversation topic: the subject without one prefix ([MS-OXOMSG] 2.2.1.2 and 2.2.1.5), case aside."""
    topics = [outlook_topic(mail.subject).upper() for mail in mails]
    return [topics.index(topic) for topic in topics]


def outlook_topic(subject: str) -> str:
    match = _OUTLOOK_PREFIX.match(subject)
    return subject[match.end() :] if match else subject


def thunderbird(mails: Sequence[Seen]) -> list[int]:
    """References alone, ids that nobody has included (J. Zawinski's algorithm, without its grouping by subject)."""
    parent: dict[str, str] = {}

    def root(one: str) -> str:
        while parent.setdefault(one, one) != one:
            one = parent[one]
        return one

    for mail in mails:
        for one in mail.ids:
            parent[root(one)] = root(mail.message_id)
    roots = [root(mail.message_id) for mail in mails]
    return [roots.index(one) for one in roots]


def apple(mails: Sequence[Seen]) -> list[int]:
    """As Thunderbird, and a reply without any reference joins the last mail with its subject."""
    groups = thunderbird(mails)
    for at, mail in enumerate(mails):
        if not mail.references and not mail.in_reply_to and _PREFIX.match(mail.subject):
            same = [g for g, other in zip(groups, mails[:at], strict=False) if gmail_subject(other.subject) == gmail_subject(mail.subject)]  # fmt: skip
            groups[at] = same[-1] if same else groups[at]
    return groups


CLIENTS = {"gmail": gmail, "outlook": outlook, "thunderbird": thunderbird, "apple": apple}
