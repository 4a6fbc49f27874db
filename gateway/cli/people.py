"""`gateway people`: what is known of those who write."""

from collections.abc import Sequence

import click

from gateway.cli import output
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import opened, text_of
from gateway.store import people as store_people
from gateway.tickets.tag import is_tag


@click.group(epilog="Example: gateway people tag ann@example.net vip")
@config_option
def people() -> None:
    """What is known of those who write: their tags."""


def _tags(_: click.Context, __: click.Parameter, values: Sequence[str]) -> Sequence[str]:
    for value in values:
        if not is_tag(value):
            raise click.BadParameter(f'"{value[:60]}" is no tag; write one word without commas, "#" and quotes')
    return values


@people.command(epilog="Example: gateway people tag ann@example.net vip --remove new")
@config_option
@click.argument("address", callback=text_of)
@click.argument("tags", nargs=-1, metavar="[TAG...]", callback=_tags)
@click.option(
    "--remove", multiple=True, metavar="TAG", callback=_tags, help="Take it away; may be given several times."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def tag(session: Session, address: str, tags: Sequence[str], remove: Sequence[str], as_json: bool) -> int:
    """Give tags to the person behind ADDRESS, or print those there are.

    Rules see them as sender.tags, beside those of the person's organisation in config.toml. Exits 66 where nobody is
    known by that address: people become known by their first mail.
    """
    key = address.strip().lower()
    with opened(session) as (cfg, store):
        if tags or remove:
            own = store_people.retag(store, key, add=tags, remove=remove)
        else:
            own = store_people.tags(store, key)
        organisation = cfg.organisation_for(key)
        shared = cfg.organisations[organisation].tags if organisation else ()
    if own is None:
        output.warn(f"gateway people tag: nobody has written from {key}")
        return EX_NOINPUT
    if as_json:
        output.print_json({"address": key, "tags": own, "organisation": organisation, "organisation_tags": shared})
        return 0
    output.say(f"{key}: {', '.join(own) or 'no tags'}")
    if organisation:
        output.say(f"organisation {organisation}: {', '.join(shared) or 'no tags'}")
    return 0
