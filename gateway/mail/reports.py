"""Recipients out of a delivery report's `message/delivery-status` (RFC 3464). Prose reports are not read here."""

import re
from dataclasses import dataclass

from gateway.mail import addresses, headers
from gateway.mail.tree import Tree

MAX_RECIPIENTS = 100

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class Report:
    """Recipients that failed and that still wait; status and hardness one entry a recipient, failed ones first."""

    failed: tuple[str, ...] = ()
    delayed: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    hard: tuple[bool, ...] = ()


def read(mail: Tree, failed_header: str) -> Report:
    """What a bounce says of each recipient; Exim and Gmail name them in `X-Failed-Recipients` besides."""
    failed: dict[str, str] = {}
    delayed: dict[str, str] = {}
    for leaf in mail.leaves():
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
    status = (*failed.values(), *delayed.values())
    return Report(tuple(failed), tuple(delayed), status, tuple(code.startswith("5") for code in status))
