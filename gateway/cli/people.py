"""`gateway people`: what is known of those who write."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click

from gateway import act
from gateway.cli import output
from gateway.cli.by_hand import actor_name
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import opened, text_of
from gateway.cli.page import instant, named, print_pairs
from gateway.compose.headers import is_address
from gateway.config import Config
from gateway.config.kinds import language as language_code
from gateway.errors import Permanent
from gateway.now import now
from gateway.store import Store, bounces
from gateway.store import people as store_people
from gateway.store.people import Known
from gateway.tickets.actions import Actor, JoinPeople, Reached
from gateway.tickets.tag import is_tag
from gateway.tomltext.units import duration


@click.group(epilog="Example: gateway people show ann@example.net")
@config_option
def people() -> None:
    """What is known of those who write: addresses, tags, language, and whether mail gets through to them."""


def _key_of(_: click.Context, __: click.Parameter, value: str) -> str:
    return text_of(_, __, value).lower()


def _tags(_: click.Context, __: click.Parameter, values: Sequence[str]) -> Sequence[str]:
    for value in values:
        if not is_tag(value):
            raise click.BadParameter(f'"{value[:60]}" is no tag; write one word without commas, "#" and quotes')
    return values


_ADDRESS = click.argument("address", callback=_key_of)
_OTHER = click.argument("other", callback=text_of)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def _nobody(command: str, key: str) -> int:
    output.warn(f"gateway people {command}: nobody has written from {key}")
    return EX_NOINPUT


# ---- looking -------------------------------------------------------------------------------------------------------


@people.command(
    "list", short_help="List people with their addresses.", epilog="Example: gateway people list --suspended"
)
@config_option
@click.option("--tag", metavar="TAG", default="", callback=text_of, help="Only those with this tag.")
@click.option("--muted", is_flag=True, help="Only those who get no automatic mail for now.")
@click.option("--suspended", is_flag=True, help="Only addresses that nothing automatic goes to: mail came back.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def list_(session: Session, tag: str, muted: bool, suspended: bool, as_json: bool) -> None:
    """List people, each with their addresses; agents and the admin only where mail to them came back."""
    with opened(session) as (cfg, store):
        found = store_people.listed(store, tag=tag, muted_at=now() if muted else None, ended=cfg.status_table.ended)
        failing = {one.address: one for one in bounces.unreached(store, suspended_only=suspended)}
    if suspended:
        found = [one for one in found if not failing.keys().isdisjoint(one.keys)]
    rows = [_row(one, cfg, failing) for one in found]
    if not (tag or muted):
        strangers = failing.keys() - {key for one in found for key in one.keys}
        rows += [_row(_stranger(key), cfg, failing) for key in sorted(strangers)]
    if as_json:
        output.print_json(rows)
        return
    if not rows:
        output.say("nobody")
        return
    headings = ["addresses", "name", "organisation", "tags", "tickets", "score", "suspended"]
    output.table(
        headings,
        [
            [
                row["addresses"],
                row["name"],
                row["organisation"],
                row["tags"],
                row["tickets"],
                sum(one.score for one in row["bounces"]) or None,
                next((one.suspended_at for one in row["bounces"] if one.suspended_at), None),
            ]
            for row in rows
        ],
        right=["tickets", "score"],
    )


def _stranger(key: str) -> Known:
    """An address that mail came back from and nobody has written from: an agent's, the admin's."""
    return Known(id=0, name="", addresses=(key,), language="", tags=(), muted_until=None, tickets=0, open_tickets=0)


def _row(one: Known, cfg: Config, failing: dict[str, bounces.Unreached]) -> dict[str, Any]:
    organisation = next((found for key in one.keys if (found := cfg.organisation_for(key))), None)
    return {
        "name": one.name,
        "addresses": one.addresses,
        "language": one.language or None,
        "tags": one.tags,
        "organisation": organisation,
        "organisation_tags": cfg.organisations[organisation].tags if organisation else (),
        "muted_until": one.muted_until,
        "tickets": one.tickets,
        "open_tickets": one.open_tickets,
        "bounces": [failing[key] for key in one.keys if key in failing],
    }


@people.command(epilog="Example: gateway people show ann@example.net")
@config_option
@_ADDRESS
@_JSON
@click.pass_obj
def show(session: Session, address: str, as_json: bool) -> int:
    """Show the person behind ADDRESS. Exits 66 where nobody is known by it."""
    with opened(session) as (cfg, store):
        one = store_people.known(store, address, ended=cfg.status_table.ended)
        keys = one.keys if one else (address,)
        failing = {each.address: each for each in bounces.unreached(store, keys)}
    if one is None and not failing:
        return _nobody("show", address)
    row = _row(one or _stranger(address), cfg, failing)
    if as_json:
        output.print_json(row)
        return 0
    first, *others = row["addresses"]
    output.say(named(row["name"], first))
    print_pairs(
        [
            ("also", ", ".join(others)),
            ("organisation", row["organisation"] or ""),
            ("tags", ", ".join(row["tags"])),
            ("language", row["language"] or ""),
            ("muted until", instant(row["muted_until"]) if row["muted_until"] else ""),
            ("tickets", f"{row['tickets']}, {row['open_tickets']} of them open"),
            *(("mail came back", _told(each)) for each in row["bounces"]),
        ]
    )
    return 0


def _told(one: bounces.Unreached) -> str:
    since = f", suspended since {instant(one.suspended_at)}" if one.suspended_at else ""
    said = f": {one.reply}" if one.reply else ""
    return f"{one.address}, last {instant(one.failed_at)}, score {one.score}{since}{said}"


# ---- changing ------------------------------------------------------------------------------------------------------


@people.command(
    short_help="Give a person tags, or print them.",
    epilog="Example: gateway people tag ann@example.net vip --remove new",
)
@config_option
@_ADDRESS
@click.argument("tags", nargs=-1, metavar="[TAG...]", callback=_tags)
@click.option(
    "--remove", multiple=True, metavar="TAG", callback=_tags, help="Take it away; may be given several times."
)
@_JSON
@click.pass_obj
def tag(session: Session, address: str, tags: Sequence[str], remove: Sequence[str], as_json: bool) -> int:
    """Give tags to the person behind ADDRESS, or print those there are.

    Rules see them as sender.tags, beside those of the person's organisation in config.toml. Exits 66 where nobody is
    known by that address: people become known by their first mail.
    """
    with opened(session) as (cfg, store):
        if tags or remove:
            own = store_people.retag(store, address, add=tags, remove=remove)
        else:
            own = store_people.tags(store, address)
        organisation = cfg.organisation_for(address)
        shared = cfg.organisations[organisation].tags if organisation else ()
    if own is None:
        return _nobody("tag", address)
    if as_json:
        output.print_json({"address": address, "tags": own, "organisation": organisation, "organisation_tags": shared})
        return 0
    output.say(f"{address}: {', '.join(own) or 'no tags'}")
    if organisation:
        output.say(f"organisation {organisation}: {', '.join(shared) or 'no tags'}")
    return 0


@people.command(
    short_help="One more address of a person's.",
    epilog="Example: gateway people add ann@example.net ann.lee@home.example",
)
@config_option
@_ADDRESS
@_OTHER
@click.pass_obj
def add(session: Session, address: str, other: str) -> int:
    """The person behind ADDRESS also writes from OTHER: mail from there is theirs, on their tickets too.

    Exits 1 where OTHER is somebody's already; merge joins two persons. Exits 66 where nobody is known by ADDRESS.
    """
    with opened(session) as (cfg, store):
        if not is_address(other):
            raise click.BadParameter(f'"{other[:60]}" is no address', param_hint="OTHER")
        if whose := cfg.whose(other):
            raise Permanent(f"{other} is {whose}")
        if not store_people.add_address(store, address, other):
            return _nobody("add", address)
    output.say(f"{address} also writes from {other}")
    return 0


@people.command(
    short_help="Two addresses are one person's.",
    epilog="Example: gateway people merge ann@example.net ann.lee@home.example",
)
@config_option
@_ADDRESS
@_OTHER
@click.pass_obj
def merge(session: Session, address: str, other: str) -> int:
    """ADDRESS and OTHER are one person: each takes part in the tickets of both from now on.

    Be sure of it: whoever writes from either gets the answers on all of them. split gives an address back its own
    person, and leaves the tickets where they are. Exits 66 where nobody is known by one of them.
    """
    key = other.lower()
    with opened(session) as (_, store):
        for one in (address, key):
            if store_people.known(store, one) is None:
                return _nobody("merge", one)
        with store.main.write() as conn:
            act.apply(conn, [JoinPeople(kept=address, other=key)], Actor(name=actor_name(), at=now()))
        found = store_people.known(store, address)
    assert found is not None
    output.say(f"{', '.join(found.addresses)} are one person, with {found.tickets} tickets")
    return 0


@people.command(
    short_help="An address is a person of its own.", epilog="Example: gateway people split ann.lee@home.example"
)
@config_option
@_ADDRESS
@click.pass_obj
def split(session: Session, address: str) -> int:
    """ADDRESS is a person of its own from now on, and takes part in no ticket of whom it belonged to.

    Exits 1 where it is its person's only address, and 66 where nobody is known by it.
    """
    with opened(session) as (_, store):
        done = store_people.split(store, address, now())
    if done is None:
        return _nobody("split", address)
    if not done:
        raise Permanent(f"{address} is the only address of its person")
    output.say(f"{address} is a person of its own")
    return 0


@people.command(
    short_help="In which language to write to a person.", epilog="Example: gateway people language ann@example.net cs"
)
@config_option
@_ADDRESS
@click.argument("language", callback=text_of)
@click.pass_obj
def language(session: Session, address: str, language: str) -> int:
    """Write to the person behind ADDRESS in LANGUAGE, whatever their mail is in; with - go by their mail again."""
    try:
        code = "" if language == "-" else language_code(language)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="LANGUAGE")
    told = f"is written to in {code}" if code else "is written to in the language of their mail"
    return _change(session, "language", address, told, language=code)


@people.command(
    short_help="Send a person nothing automatic for a while.",
    epilog='Example: gateway people mute ann@example.net --for "30 days"',
)
@config_option
@_ADDRESS
@click.option("--for", "span", metavar="DURATION", default="30 days", help="How long; 30 days where left out.")
@click.pass_obj
def mute(session: Session, address: str, span: str) -> int:
    """Send nothing automatic to the person behind ADDRESS for some time; agents' answers go there as before."""
    try:
        until = now() + duration(span)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error), param_hint="--for")
    return _change(session, "mute", address, f"gets nothing automatic until {instant(until)}", muted_until=until)


@people.command(epilog="Example: gateway people unmute ann@example.net")
@config_option
@_ADDRESS
@click.pass_obj
def unmute(session: Session, address: str) -> int:
    """Send automatic mail to the person behind ADDRESS again."""
    return _change(session, "unmute", address, "gets automatic mail again", muted_until=None)


def _change(session: Session, command: str, address: str, told: str, **values: str | datetime | None) -> int:
    return _by(session, command, address, told, lambda store: store_people.change(store, address, **values))


def _by(session: Session, command: str, address: str, told: str, work: Callable[[Store], bool]) -> int:
    with opened(session) as (_, store):
        if not work(store):
            return _nobody(command, address)
    output.say(f"{address} {told}")
    return 0


@people.command(
    short_help="Mail gets through to an address again.", epilog="Example: gateway people resume ann@example.net"
)
@config_option
@_ADDRESS
@click.pass_obj
def resume(session: Session, address: str) -> int:
    """Mail gets through to ADDRESS again: forget what came back, send automatic mail there as before.

    A mail from that address does the same. Exits 66 where no mail came back from it.
    """
    with opened(session) as (_, store):
        if not bounces.unreached(store, [address]):
            output.warn(f"gateway people resume: no mail to {address} has come back")
            return EX_NOINPUT
        with store.main.write() as conn:
            act.apply(conn, [Reached(ticket=None, address=address)], Actor(name=actor_name(), at=now()))
    output.say(f"{address}: what came back is forgotten")
    return 0
