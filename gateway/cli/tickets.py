"""`gateway tickets` and `gateway show`."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

import click

from gateway.cli import output
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import opened, text_of, ticket_number
from gateway.config import Config
from gateway.config.schema_desk import PRIORITIES
from gateway.now import now
from gateway.store import Store, listing
from gateway.store.listing import Ticket
from gateway.tickets.status import Status
from gateway.tickets.subject import NumberFormat
from gateway.tomltext.guess import did_you_mean

_NOBODY = "-"
SORTS = ("number", "status", "title", "priority", "created", "due")


@click.command(epilog="Example: gateway tickets --status new --status open --queue support --sort priority")
@config_option
@click.option("--status", "statuses", multiple=True, metavar="STATUS", help="Only these; may be given several times.")
@click.option("--queue", "queues", multiple=True, metavar="QUEUE", help="Only these queues.")
@click.option("--assignee", "assignees", multiple=True, metavar="AGENT", help="Only these agents'; - is nobody's.")
@click.option("--priority", "priorities", multiple=True, metavar="PRIORITY", help="low, normal, high or urgent.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only those with any of these tags.")
@click.option("--text", metavar="WORDS", default="", callback=text_of, help="Every word in title, description or mail.")
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    help="By what: urgent first, status from new to closed, earliest due first; then by number. Where it is left out, "
    "by number, the pinned ones first.",
)
@click.option("--reverse", is_flag=True, help="The other way round.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def tickets(
    session: Session, /, text: str, sort: str | None, reverse: bool, as_json: bool, **named: Sequence[str]
) -> None:
    """List tickets, of every status unless told otherwise, ascending by number, the pinned ones first; in JSON by
    number alone.

    Values of one option add up (any of them), different options narrow down (all of them).
    """
    at = now()
    with opened(session) as (cfg, store):
        wanted = listing.Wanted(
            statuses=_known("status", named["statuses"], (*Status, *cfg.statuses), store),
            queues=_known("queue", named["queues"], cfg.queues, store),
            assignees=[name if name != _NOBODY else None for name in _assignees(named["assignees"], cfg, store)],
            priorities=_known("priority", named["priorities"], PRIORITIES, store),
            tags=named["tags"],
            words=text.split(),
        )
        with store.main.read() as conn:
            found = ordered(listing.tickets_in(conn, wanted, at=at), sort or "number", cfg, reverse=reverse)
            pinned = listing.pinned_in(conn)
    if as_json:
        output.print_json(found)
        return
    if sort is None and not reverse:
        found.sort(key=lambda one: one.number not in pinned)
    _print_table(found, pinned, cfg.numbers)


def _assignees(names: Sequence[str], cfg: Config, store: Store) -> list[str]:
    agents = _known("assignee", [name for name in names if name != _NOBODY], cfg.agents, store)
    return [*agents, *(name for name in names if name == _NOBODY)]


def _known(option: str, names: Sequence[str], configured: Any, store: Store) -> list[str]:
    """The names as they are spelled; BadParameter for one that neither the site nor any ticket knows."""
    known = {str(one).lower(): str(one) for one in configured}
    if any(name.lower() not in known for name in names):
        known |= {one.lower(): one for one in listing.known_values(store, option)}
    for name in names:
        if name.lower() not in known:
            guess = did_you_mean(name, known.values())
            raise click.BadParameter(f'there is no "{name}"{guess}', param_hint=f"--{option}")
    return [known[name.lower()] for name in names]


# ---- order ---------------------------------------------------------------------------------------------------------


def ordered(found: list[Ticket], sort: str, cfg: Config, *, reverse: bool = False) -> list[Ticket]:
    """Tickets by one of SORTS, then by number; those without a due time come last either way."""
    key = _KEYS.get(sort) or (lambda ticket: _place(ticket.status, cfg))
    keyed = [(key(ticket), ticket.number, ticket) for ticket in found]
    rest = [ticket for value, _, ticket in keyed if value is None]
    known = sorted((one for one in keyed if one[0] is not None), key=lambda one: one[:2], reverse=reverse)
    return [ticket for _, _, ticket in known] + rest


def _place(status: str, cfg: Config) -> tuple[int, str]:
    """Where in its life a ticket stands; a status of the site's own stands behind the one it behaves like."""
    like = cfg.status_table.like(status)
    return (list(Status).index(like), "" if status == like else status)


def next_due(ticket: Ticket) -> datetime | None:
    """The earliest due time of a ticket that is still being worked on."""
    if ticket.status in (Status.RESOLVED, Status.CLOSED):
        return None
    dues = (ticket.first_response_due, ticket.next_response_due, ticket.resolve_due)
    return min((due for due in dues if due is not None), default=None)


_KEYS: dict[str, Callable[[Ticket], Any]] = {
    "number": lambda ticket: ticket.number,
    "title": lambda ticket: ticket.subject.casefold(),
    "priority": lambda ticket: -PRIORITIES.index(ticket.priority) if ticket.priority in PRIORITIES else 1,
    "created": lambda ticket: ticket.created_at,
    "due": next_due,
}


def _print_table(found: Sequence[Ticket], pinned: Collection[int], numbers: NumberFormat) -> None:
    if not found:
        output.say("no tickets")
        return
    headings = ["number", "status", "priority", "queue", "assignee", "created", "due", "requester", "subject"]
    rows = [
        [
            numbers.show(one.number, one.created_at),
            f"{one.status}, pinned" if one.number in pinned else one.status,
            one.priority,
            one.queue,
            one.assignee or _NOBODY,
            one.created_at.date(),
            _due(one),
            one.requester,
            one.subject,
        ]
        for one in found
    ]
    if not any(row[6] for row in rows):
        headings.pop(6)
        rows = [[*row[:6], *row[7:]] for row in rows]
    output.table(headings, rows, right=["number"])


def _due(ticket: Ticket) -> str:
    due = next_due(ticket)
    return f"{due.isoformat(sep=' ', timespec='minutes')}{' overdue' if ticket.overdue else ''}" if due else ""


# ---- one ticket ----------------------------------------------------------------------------------------------------


@click.command(epilog='Example: gateway show "[Acme #1042]"')
@config_option
@click.argument("number", metavar="N", callback=text_of)
@click.option("--full", is_flag=True, help="Show quotes and signatures too, which are cut otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with everything.")
@click.pass_obj
def show(session: Session, number: str, full: bool, as_json: bool) -> int:
    """Show ticket N: its fields, every mail and note, what happened, who takes part, and its links.

    N is 1042, #1042, [Acme #1042] or the number as your site writes it. Exits 66 where there is no such ticket.
    """
    from gateway.cli.page import print_page
    from gateway.similar import on_page

    with opened(session) as (cfg, store):
        found = ticket_number(store, cfg, number)
        at = now()
        page = listing.page(store, found, at=at) if found is not None else None
        alike = on_page(store, cfg, page.ticket.number, at) if page else []
    if page is None:
        output.warn(f"gateway show: there is no ticket {number}")
        return EX_NOINPUT
    if as_json:
        output.print_json(
            {
                **{name: getattr(page.ticket, name) for name in page.ticket.__dataclass_fields__},
                "description": page.description,
                "time_spent": page.time_spent,
                "fields": page.fields,
                "articles": page.articles,
                "events": page.events,
                "participants": page.participants,
                "links": page.links,
                "similar": [{"number": one.number, "score": one.score, "why": one.why} for one in alike],
                "pinned": page.pinned,
                "rating": page.rating,
                "on_hold_until": page.on_hold_until,
            }
        )
    else:
        print_page(page, cfg.numbers, alike=alike, full=full)
    return 0
