"""`gateway outbox`: mail that is written and on its way."""

from collections.abc import Sequence
from typing import Any

import click

from gateway.cli import output
from gateway.cli.by_hand import journal, note, told
from gateway.cli.instants import instant_of
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import ROW_ID, each_once, opened
from gateway.cli.page import SHOWN, instant, mail_text, print_mail, print_pairs
from gateway.health.ways import ways_out
from gateway.now import now
from gateway.shown import counted, size
from gateway.store import outbox as rows
from gateway.tickets.reason import Reason

_TOGETHER = 500  # rows in one transaction
STATES = ("pending", "sending", "sent", "failed", "held", "shadowed")


@click.group(epilog="Example: gateway outbox list --state failed")
@config_option
def outbox() -> None:
    """Mail that leaves: list it, look at it, try again, give up.

    Each mail to each recipient is one row: pending, sending, sent, failed, held, or shadowed, which is never sent.
    """


@outbox.command("list", epilog="Example: gateway outbox list --state pending --state failed")
@config_option
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Only these; all by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def list_(session: Session, states: Sequence[str], as_json: bool) -> None:
    """List the rows, oldest first."""
    with opened(session) as (cfg, store):
        found = rows.rows(store, states=states)
        paced = [one for one in ways_out(store, cfg, now()) if one.paced]
    if as_json:
        output.print_json([_json_of(one) for one in found])
        return
    if not found:
        output.say("no mail")
        return
    output.table(
        ["id", "ticket", "state", "attempts", "next try", "recipient", "reason", "last reply"],
        [
            [
                one.id,
                one.ticket,
                one.state,
                one.attempts,
                one.next_try_at if one.state == "pending" else None,
                one.recipient,
                one.reason,
                one.last_reply,
            ]
            for one in found
        ],
        right=["id", "ticket", "attempts"],
    )
    for one in paced:
        assert one.paced is not None
        output.say(f"{one.waiting} wait for the pace of {one.name}: {one.rate} is used up until {instant(one.paced)}")


def _json_of(one: rows.Row) -> dict[str, Any]:
    return {
        "id": one.id,
        "ticket": one.ticket,
        "recipient": one.recipient,
        "state": one.state,
        "attempts": one.attempts,
        "last_reply": one.last_reply or None,
        "message_id": one.message_id,
    }


@outbox.command(epilog="Example: gateway outbox show 17")
@config_option
@click.argument("row", metavar="ID", type=ROW_ID)
@click.option("--full", is_flag=True, help=f"The whole mail, not only its first {size(SHOWN)}.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the whole mail as `mail`.")
@click.pass_obj
def show(session: Session, row: int, full: bool, as_json: bool) -> int:
    """Show a row and its mail.

    The mail is printed as it is sent, headers and body as text, control characters made visible.
    """
    with opened(session) as (_, store):
        found = next(iter(rows.rows(store, ids=[row])), None)
        data = rows.bytes_of(store, row) if found else b""
    if found is None:
        output.warn(f"gateway outbox show: there is no mail {row} in the outbox")
        return EX_NOINPUT
    if as_json:
        output.print_json({**_json_of(found), "reason": found.reason or None, "mail": mail_text(data)})
        return 0
    print_pairs(
        [
            ("row", f"{found.id} is {found.state}{f' ({found.reason})' if found.reason else ''}"),
            ("ticket", f"#{found.ticket}" if found.ticket else ""),
            ("recipient", found.recipient),
            ("written", instant(found.written_at)),
            ("attempts", str(found.attempts)),
            ("next try", instant(found.next_try_at) if found.state == "pending" else ""),
            ("sent", instant(found.sent_at) if found.sent_at else ""),
            ("last reply", found.last_reply),
        ]
    )
    output.say()
    print_mail(data, full=full)
    return 0


@outbox.command(epilog='Example: gateway outbox retry --state failed --since "2 h"')
@config_option
@click.argument("ids", metavar="[ID...]", type=ROW_ID, nargs=-1, callback=each_once)
@click.option(
    "--state",
    "states",
    type=click.Choice(("pending", "failed")),
    multiple=True,
    help="Instead of ids: all of these, but what somebody gave up.",
)
@click.option("--since", metavar="TIME", help='With --state: only mail written since then: 2026-11-27 or "2 h".')
@click.pass_obj
def retry(session: Session, ids: Sequence[int], states: Sequence[str], since: str | None) -> int:
    """Try pending and failed rows again now.

    They count as never tried. The same bytes go out, with the same Message-ID.
    """
    if bool(ids) == bool(states) or (since and not states):
        raise click.UsageError("name ids, or --state, with --since if you like")
    if states:
        return _retry_all(session, states, since)
    with opened(session) as (_, store):
        found = {one.id: one for one in rows.rows(store, ids=ids)}
        tickets = {one: row.ticket for one, row in found.items()}
        shadowed = [one for one in ids if one in found and found[one].state == "shadowed"]
        changed = rows.retry(store, ids)
        journal(store, "sending_retried", [(tickets.get(one), {"outbox": one}) for one in sorted(changed)])
    if shadowed:
        held = "was written in shadow mode, when nothing was sent, and never leaves; write anew: gateway reply N"
        told(shadowed, (), "", held)
    rest = [one for one in ids if one not in shadowed]
    return max(told(rest, changed, "is due now", "is no pending or failed row of the outbox"), 1 if shadowed else 0)


def _retry_all(session: Session, states: Sequence[str], since: str | None) -> int:
    from gateway.config.calendars import zone_of

    count = 0
    with opened(session) as (cfg, store):
        first = instant_of(since, zone_of(cfg), now(), "--since") if since else None
        found = {
            one.id: one.ticket
            for one in rows.rows(store, states=states)
            if one.reason != Reason.BY_PERSON and (first is None or one.written_at >= first)
        }
        ids = list(found)
        for start in range(0, len(ids), _TOGETHER):
            changed = rows.retry(store, ids[start : start + _TOGETHER])
            journal(store, "sending_retried", [(found[one], {"outbox": one}) for one in sorted(changed)])
            count += len(changed)
    output.say(f"{counted(count, 'mail')} {'is' if count == 1 else 'are'} due now")
    return 0


@outbox.command(epilog="Example: gateway outbox drop 17")
@config_option
@click.argument("ids", metavar="ID...", type=ROW_ID, nargs=-1, required=True, callback=each_once)
@click.pass_obj
def drop(session: Session, ids: Sequence[int]) -> int:
    """Give up rows that are pending or held.

    They count as failed and stay listed, and `gateway status` does not warn of them; `gateway outbox retry` takes it
    back. A row that failed by itself is given up by retrying it first.
    """
    with opened(session) as (_, store), store.main.write() as conn:
        changed = rows.drop(conn, ids, reason=Reason.BY_PERSON)
        note(conn, "sending_dropped", [(ticket, {"outbox": one}) for one, ticket in changed.items()])
    return told(ids, changed, "will not be sent", "is no pending or held row of the outbox")
