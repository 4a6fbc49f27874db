"""Recipients out of a delivery report's `message/delivery-status` (RFC 3464). Prose reports are not read here."""

import re
from dataclasses import dataclass

from gateway.mail import addresses, headers, ids
from gateway.mail.tree import Tree
from gateway.mail.value import Recipient

MAX_RECIPIENTS = 100

_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says of each recipient, failed ones first."""

    recipients: tuple[Recipient, ...] = ()
    ids: tuple[str, ...] = ()  # Message-IDs of the mails that came back


def read(mail: Tree, failed_header: str) -> Report:
    """What a bounce says of each recipient; Exim and Gmail name them in `X-Failed-Recipients` besides."""
    failed: dict[str, str] = {}
    delayed: dict[str, str] = {}
    returned: list[str] = []
    for leaf in mail.leaves():
        if leaf.type in _RETURNED:
            head = mail.body(leaf)[0][:65_536].replace(b"\r\n", b"\n")
            returned.append(ids.message_id(headers.split(head)[0].first("message-id")))
        if leaf.type != "message/delivery-status":
            continue
        data = mail.body(leaf)[0][:256_000].replace(b"\r\n", b"\n")
        for group in re.split(rb"\n\s*\n", data)[:MAX_RECIPIENTS]:
            fields = headers.split(group)[0]
            named = fields.first("final-recipient") or fields.first("original-recipient")
            addr = addresses.one(named.partition(";")[2] or named) if named else ""
            action = fields.first("action").strip().lower()
            if addr and action in ("failed", "delayed"):
                found = _STATUS.search(fields.first("status"))
                (failed if action == "failed" else delayed)[addr] = found.group() if found else ""
    for address in addresses.mailboxes(failed_header)[:MAX_RECIPIENTS] if failed_header else ():
        failed.setdefault(address.addr, "")
    found_all = [("failed", *one) for one in failed.items()] + [("delayed", *one) for one in delayed.items()]
    recipients = tuple(
        Recipient(addr=addr, action=action, status=status, hard=status.startswith("5"))
        for action, addr, status in found_all
    )
    return Report(recipients, tuple(one for one in returned if one)[:5])
