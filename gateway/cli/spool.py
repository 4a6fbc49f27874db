"""`gateway spool`: mail that is accepted and not yet processed."""

from collections.abc import Sequence

import click

from gateway.cli import output
from gateway.cli.glimpse import glimpse
from gateway.cli.main import Session, config_option
from gateway.cli.opening import opened
from gateway.shown import size
from gateway.store import Store, spool_rows, trace


@click.group(epilog="Example: gateway spool list")
@config_option
def spool() -> None:
    """Mail that is accepted and not yet processed."""


@spool.command("list", short_help="List mails that wait, oldest first.", epilog="Example: gateway spool list --json")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List mails that wait, oldest first: where each came from, how often it was tried alone, when it is due next.

    A mail is tried alone after a claim of it ended without a verdict; three such attempts put it into quarantine.
    """
    with opened(session) as (_, store):
        found = spool_rows.rows(store, states=["new"])
        senders = _senders(store, found)
    if as_json:
        output.print_json(
            [
                {
                    "id": one.id,
                    "source": one.source,
                    "from": senders[one.id],
                    "recipients": one.recipients,
                    "received_at": one.received_at,
                    "size": one.size,
                    "attempts": one.attempts,
                    "alone": one.alone,
                    "next_at": one.next_at,
                }
                for one in found
            ]
        )
        return
    if not found:
        output.say("nothing waits")
        return
    output.table(
        ["id", "source", "from", "recipients", "received", "size", "attempts", "alone", "next"],
        [
            [
                one.id,
                one.source,
                "<>" if senders[one.id] == "" else senders[one.id],
                one.recipients,
                one.received_at,
                size(one.size),
                one.attempts,
                "yes" if one.alone else "",
                one.next_at,
            ]
            for one in found
        ],
        right=["id", "size", "attempts"],
    )


def _senders(store: Store, found: Sequence[spool_rows.SpoolRow]) -> dict[int, str | None]:
    """By id the envelope sender; where nobody told one, as many pipes and all mailboxes do not, whom From names."""
    untold = [one.id for one in found if one.mail_from is None]
    named = {one.spool_id: glimpse(one.head).from_ or None for one in trace.heads(store, untold)}
    return {one.id: named.get(one.id) if one.mail_from is None else one.mail_from for one in found}
