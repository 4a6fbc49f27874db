"""What a delivery report says of each recipient, and which mail it is about.

The groups of RFC 3464 come first, wherever they stand and however damaged; then `X-Failed-Recipients`, then prose.
"""

import re
from dataclasses import dataclass, replace
from itertools import islice

from gateway.mail import clean, tree
from gateway.mail.header import addresses, headers, ids
from gateway.mail.header.headers import Fields
from gateway.mail.machine import prose, status
from gateway.mail.machine.prose import Said
from gateway.mail.tree import Part, Tree
from gateway.mail.value import Recipient

MAX_RECIPIENTS = 100
MAX_IDS = 5
MAX_PARTS = 5  # of each sort: a report has one

ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED = (
    *("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "message/rfc822-headers"),
    "message/partial",
)
_ADDRESSED = ("original-recipient", "final-recipient", "x-actual-recipient")
_GAP = re.compile(rb"\n[ \t]*\n")
_UNFOLDED = re.compile(rb"\n(?![A-Za-z][A-Za-z0-9-]{2,60}[ \t]{0,9}:|[ \t])")  # lines that forgot to begin with a blank
_TYPED = re.compile(r"[\w./-]{1,40}\s*;\s*")
_IN_RECEIVED = re.compile(r"\bfor\s+<?([^\s<>;]{1,64}@[^\s<>;]{1,255})")
_DELAYED = re.compile(
    r"\bdelayed\b|\(delay\)|not yet (?:been )?(?:delivered|collected)|hasn.t been delivered"
    r"|still (?:being retried|trying|in the queue|queued)|(?:just a|only a|is a|message) warning"
    r"|warning (?:message )?only|(?:not|no) need to (?:re-?send|take)|will (?:be retried|keep trying|continue)"
    r"|continue (?:to (?:try|attempt)|trying)|attempts? (?:to deliver )?will (?:be|continue)|transient"
    r"|temporary (?:failure|error|problem)|could not (?:send message|be delivered) for (?:the )?(?:past|last)"
    r"|verzögert|noch nicht zugestellt|retardé|retrasad|ritardat|atrasad|vertraagd|försena|opóźnion|odložen|задерж"
    r"|отложен|затриман|遅延|延迟|延遲|지연",
    re.I,
)
_GIVEN_UP = re.compile(
    r"permanent(?:ly)? |giv(?:en|ing) up|not going to try again|will not (?:continue|be retried|retry|try)"
    r"|delivery has failed|fatal error|has been (?:returned|bounced)|deleted from queue|unable to deliver"
    r"|undeliverable to|aufgegeben|endgültig|définitive",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says of each recipient, failed ones first; `source` names what told it."""

    recipients: tuple[Recipient, ...] = ()
    ids: tuple[str, ...] = ()  # Message-IDs of the mails that came back
    source: str = ""


def returns_mail(mail: Tree) -> bool:
    """Does the mail carry another, or the header of another?"""
    return any(leaf.type in _RETURNED for leaf in mail.leaves())


def read(mail: Tree, text: str) -> Report:
    """The report that a mail makes; `text` is its text as shown."""
    statuses = [_data(mail, leaf) for leaf in _leaves(mail, _STATUS_TYPES)]
    returned = [_data(mail, leaf) for leaf in _leaves(mail, _RETURNED)]
    said, back = prose.parts(text)
    found, source = [one for data in statuses for one in _groups(data)], "message/delivery-status"
    if not found and not prose.recipients(said, ())[1]:  # some gateways wrap a report into a mail of their own
        found = [one for data in returned for inner in _nested(data) for one in _groups(inner)]
    if not found and "-recipient:" in text.lower():
        found, source = _groups(text.encode("utf-8", "surrogatepass")), "a delivery status in the text"
    if not found:
        said = "\n".join((said, *(data.decode("utf-8", "replace") for data in statuses)))
        found, source = _in_prose(mail.root.fields, said, returned, back)
    else:
        found = _with_words(found, said)
    found.sort(key=lambda one: ACTIONS.index(one.action))
    return Report(tuple(found)[:MAX_RECIPIENTS], _ids(statuses, returned, back), source if found else "")


def _data(mail: Tree, leaf: Part) -> bytes:
    return mail.body(leaf)[0][:256_000].replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _nested(data: bytes) -> list[bytes]:
    if b"delivery-status" not in data.lower():
        return []
    inner = tree.parse(data)
    return [_data(inner, leaf) for leaf in _leaves(inner, _STATUS_TYPES)]


def _leaves(mail: Tree, types: tuple[str, ...]) -> list[Part]:
    return list(islice((leaf for leaf in mail.leaves() if leaf.type in types), MAX_PARTS))


# ---- RFC 3464 -------------------------------------------------------------------------------------------------------


def _groups(data: bytes) -> list[Recipient]:
    """The recipients of a delivery status, each once: the first group of an address counts."""
    found: dict[str, Recipient] = {}
    for group in _GAP.split(data)[: 4 * MAX_RECIPIENTS]:
        if b"ecipient" not in group and b"ECIPIENT" not in group:
            continue
        one = _recipient(headers.split(_UNFOLDED.sub(b"\n ", group.lstrip(b"\n")))[0])
        if one and (one.addr.lower() not in found or found[one.addr.lower()].action != "failed"):
            found[one.addr.lower()] = one
    return list(found.values())


def _recipient(fields: Fields) -> Recipient | None:
    """The address we wrote to, where the group keeps it (`Original-Recipient`), else the one that was tried."""
    named = (_address(fields.first(name)) for name in _ADDRESSED)
    addr = next(filter(None, named), "")
    if not addr:
        return None
    words = clean.text(headers.decode(fields.first("diagnostic-code"))).strip()
    words = words[typed.end() :] if (typed := _TYPED.match(words)) else words
    named_status = status.status_in(fields.first("status"))
    action = _action(fields.first("action"), named_status)
    comment = fields.first("status").partition("(")[2].rstrip(" )")
    return _made(addr, action, named_status, words or clean.line(comment))


def _address(value: str) -> str:
    if not value:
        return ""
    typed = _TYPED.match(value)
    if typed and value.lower().startswith("x400"):
        return ""
    return addresses.one(value[typed.end() :] if typed else value)


def _action(value: str, named: str) -> str:
    word = value.strip().lower().partition(" ")[0].rstrip(";,(")
    if word in ACTIONS:
        return word
    if word.startswith("deliver"):
        return "delivered"
    return {"2": "delivered"}.get(named[:1], "failed")  # "expired", "undeliverable", nothing


def _made(addr: str, action: str, named: str, words: str, context: str = "") -> Recipient:
    """A recipient whose status and hardness follow from its words; kept as they are where delivery went well."""
    words = words[: status.MAX_WORDS]
    code, hard = named or "2.0.0", False
    if action in ("failed", "delayed"):
        code, hard = status.conclude(named, words, action, context)
    reply = status.reply_in(words)
    reply = clean.line(reply if len(reply) > 5 else words)[: status.MAX_REPLY]
    return Recipient(addr=addr, action=action, status=code, reply=reply, hard=hard)


# ---- prose ----------------------------------------------------------------------------------------------------------


def _with_words(found: list[Recipient], said: str) -> list[Recipient]:
    """Groups completed from what the text says of the same address: a diagnosis, and at which command it was given."""
    words = {one.addr.lower(): one.words for one in prose.recipients(said, ())[0] if status.explains(one.words)}
    told = ((one, words.get(one.addr.lower(), "")) for one in found)
    return [_made(one.addr, one.action, one.status, one.reply or more, more) if more else one for one, more in told]


def _in_prose(fields: Fields, said: str, returned: list[bytes], back: str) -> tuple[list[Recipient], str]:
    ours = frozenset(
        one.addr.lower() for value in (*fields.all("to"), *fields.all("from")) for one in addresses.mailboxes(value)
    )
    listed, is_shaped = prose.recipients(said, ours)
    named = [one.addr for value in fields.all("x-failed-recipients") for one in addresses.mailboxes(value)]
    source = "its text"
    if named and not is_shaped:
        listed, source = [Said(addr) for addr in named], "X-Failed-Recipients"
    if not listed:
        listed = [Said(addr) for addr in _sent_to(returned, back)]
        source = "the mail that came back"
    action = "delayed" if is_delay(f"{headers.decode(fields.first('subject'))}\n{said}") else "failed"
    whole = [replace(one, words=one.words if status.explains(one.words) else said) for one in listed[:MAX_RECIPIENTS]]
    return [_made(one.addr, action, "", one.words) for one in whole], source


def is_delay(said: str) -> bool:
    """Does a report say that nothing is lost yet?"""
    looked_at = said[:4_000]
    return _DELAYED.search(looked_at) is not None and _GIVEN_UP.search(looked_at) is None


def _sent_to(returned: list[bytes], back: str) -> list[str]:
    """To whom the mail was sent that came back, where that was one address."""
    for head in _heads(returned, back):
        trace = _IN_RECEIVED.search(head.first("received"))
        found = addresses.mailboxes(trace[1] if trace else head.first("to"))
        if len(found) == 1:
            return [found[0].addr]
    return []


def _heads(returned: list[bytes], back: str) -> list[Fields]:
    inline = [back[:65_536].encode("ascii", "replace")] if back else []
    return [headers.split(data[:65_536].lstrip(b"\n").partition(b"\n\n")[0])[0] for data in (*returned, *inline)]


def _ids(statuses: list[bytes], returned: list[bytes], back: str) -> tuple[str, ...]:
    found = [head.first("message-id") for head in _heads(returned, back)]
    for data in statuses:
        group = headers.split(_GAP.split(data.lstrip(b"\n"), 1)[0])[0]
        found.append(group.first("x-original-message-id") or group.first("original-message-id"))
    return tuple(dict.fromkeys(one for value in found if (one := ids.message_id(value))))[:MAX_IDS]
