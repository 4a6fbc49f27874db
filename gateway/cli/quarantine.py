"""`gateway quarantine`: mail that could not be processed, or that a rule set aside; kept whole for a person."""

import hashlib
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from gateway.cli import output
from gateway.cli.by_hand import actor_name, journal, told
from gateway.cli.finding import What, find
from gateway.cli.glimpse import glimpse
from gateway.cli.main import EX_CANTCREAT, EX_IOERR, EX_NOINPUT, Session, config_option
from gateway.cli.opening import ROW_ID, each_once, opened
from gateway.cli.page import SHOWN, instant, mail_text, print_heading, print_mail
from gateway.cli.trace import json_of, print_trail
from gateway.shown import size
from gateway.store import Store, spool, spool_rows, trace
from gateway.store.trace import Trail
from gateway.tickets.reason import Reason

_STATE = "quarantined"
_REFUSED = "is not in quarantine"


@click.group(epilog="Example: gateway quarantine list")
@config_option
def quarantine() -> None:
    """Mail that could not be processed, or that a rule set aside: list it, look at it, put it back, give it up.

    Nothing here is ever deleted, and its senders were told nothing.
    """


@quarantine.command("list", epilog="Example: gateway quarantine list --json")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the mails in quarantine, oldest first."""
    with opened(session) as (_, store):
        found = [_row(one, seen) for one, seen in _with_heads(store, spool_rows.set_aside(store))]
    if as_json:
        output.print_json(found)
    elif found:
        output.table(list(found[0]), [list(one.values()) for one in found], right=["id"])
    else:
        output.say("nothing is in quarantine")


def _with_heads(store: Store, found: Sequence[spool_rows.SetAside]) -> Iterable[tuple[spool_rows.SetAside, bytes]]:
    """Beside each mail the beginning of its bytes, where no reader has told its subject."""
    untold = [one.id for one in found if not one.subject]
    heads = {one.spool_id: one.head for one in trace.heads(store, untold)}
    return [(one, heads.get(one.id, b"")) for one in found]


def _row(one: spool_rows.SetAside, head: bytes) -> dict[str, Any]:
    seen = glimpse(head)
    return {
        "id": one.id,
        "from": seen.from_ or one.from_addr or None,
        "subject": one.subject or seen.subject or None,
        "reason": one.reason,
        "at": one.at,
    }


def _trail(store: Store, spool_id: int) -> Trail | None:
    return next(iter(find(store, What(spool_id=spool_id), last=1).trails), None)


@quarantine.command(epilog="Example: gateway quarantine show 17")
@config_option
@click.argument("row", metavar="ID", type=ROW_ID)
@click.option("--full", is_flag=True, help=f"The whole mail, not only its first {size(SHOWN)}.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the whole mail as `mail`.")
@click.pass_obj
def show(session: Session, row: int, full: bool, as_json: bool) -> int:
    """Show a mail and what is known of it.

    The mail is printed as text, control characters made visible. ID may be that of any mail of the spool, whatever
    became of it.
    """
    with opened(session) as (_, store):
        found = _trail(store, row)
        raw = spool.raw_of(store, row) if found else b""
        by_hand = trace.deeds(store).get(row, ())
    if found is None:
        return _no_such_mail("show", row)
    if as_json:
        output.print_json({**json_of(found, by_hand), "mail": mail_text(raw)})
        return 0
    print_trail(found, by_hand)
    print_heading("the mail")
    print_mail(raw, full=full)
    return 0


def _no_such_mail(command: str, row: int) -> int:
    output.warn(f"gateway quarantine {command}: there is no mail {row}")
    return EX_NOINPUT


@quarantine.command(epilog="Example: gateway quarantine retry 17 18")
@config_option
@click.argument("ids", metavar="ID...", type=ROW_ID, nargs=-1, required=True, callback=each_once)
@click.pass_obj
def retry(session: Session, ids: Sequence[int]) -> int:
    """Put mails back into the spool.

    The daemon takes each up by itself, as if it had just come in. What a rule set aside is let through: no rule's
    `quarantine` holds it any more. All else that the rules say of it counts, and `gateway explain` tells who let it
    through.
    """
    with opened(session) as (_, store):
        entered = trace.by_spool(store, ids)
        known = trace.trails(store, entered.values(), set(ids) - entered.keys())
        wanted = {one.spool_id: one for one in known if one.state == _STATE and one.spool_id is not None}
        # Its row of `mail` has to go, or the mail would count as processed; what it told is kept in the journal.
        for kind in ("mail_retried", "mail_released"):
            journal(store, kind, [(None, _remembered(one)) for one in wanted.values() if _deed(one) == kind])
        changed = spool_rows.retry(store, list(wanted), by=actor_name())
    refused = [one for one in ids if one in wanted and one not in changed]
    for spool_id in refused:
        output.warn(f"{spool_id} had come to ticket #{wanted[spool_id].ticket} before it was set aside; discard it")
    code = told([one for one in ids if one not in refused], changed, "is back in the spool", _REFUSED)
    return 1 if refused else code


def _deed(one: Trail) -> str:
    return "mail_released" if one.reason.startswith(f"{Reason.BY_RULE}: ") else "mail_retried"


def _remembered(one: Trail) -> dict[str, Any]:
    data: dict[str, Any] = {"spool": one.spool_id, "reason": one.reason}
    if one.mail_id is not None:
        data |= {"verdict": one.verdict, "from": one.from_addr, "subject": one.subject, "message_id": one.message_id}
        data["steps"] = list(one.steps)
    return data


@quarantine.command(epilog="Example: gateway quarantine discard 17")
@config_option
@click.argument("ids", metavar="ID...", type=ROW_ID, nargs=-1, required=True, callback=each_once)
@click.pass_obj
def discard(session: Session, ids: Sequence[int]) -> int:
    """Give mails up.

    They leave the list and count as ignored. Their bytes are kept as long as any mail's.
    """
    with opened(session) as (_, store):
        reasons = {one.id: one.reason for one in spool_rows.set_aside(store) if one.id in ids}
        changed = spool_rows.discard(store, ids)
        journal(
            store, "mail_discarded", [(None, {"spool": one, "reason": reasons.get(one)}) for one in sorted(changed)]
        )
    return told(ids, changed, "is given up", _REFUSED)


@quarantine.command(epilog="Example: gateway quarantine export 17 mail.eml")
@config_option
@click.argument("row", metavar="ID", type=ROW_ID)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.pass_obj
def export(session: Session, row: int, file: Path) -> int:
    """Write mail ID to FILE, byte for byte.

    It is exactly as it came in; a FILE of - is standard output. ID may be that of any mail of the spool. FILE must not
    be there yet (exit 73).
    """
    with opened(session) as (_, store):
        found = _trail(store, row)
        if found is None:
            return _no_such_mail("export", row)
        raw = spool.raw_of(store, row)
        if str(file) == "-":
            sys.stdout.buffer.write(raw)
        else:
            try:
                fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # a mail is nobody else's business
            except FileExistsError:
                output.warn(f"gateway quarantine export: {file} is there already; nothing was written")
                return EX_CANTCREAT
            with open(fd, "wb") as target:
                target.write(raw)
        journal(store, "mail_exported", [(None, {"spool": row, "reason": found.reason})])
    if hashlib.sha256(raw).hexdigest() != found.sha256:
        output.warn(f"gateway quarantine export: the bytes of {row} are not those that were accepted")
        return EX_IOERR
    if str(file) != "-":
        output.say(f"{file}: mail {row} of {instant(found.at)}, {size(len(raw))}")
    return 0
