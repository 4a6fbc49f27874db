"""`gateway rules from-ticket`: the way admins come to write rules with tests."""

from typing import TYPE_CHECKING

import click

from gateway.cli import output
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import ROW_ID, opened, text_of, ticket_number
from gateway.errors import Permanent

if TYPE_CHECKING:
    from gateway.rules import Facts
    from gateway.store.archive import Archived


@click.command(
    "from-ticket",
    short_help="Write a rule and its test from a real mail.",
    epilog="Example: gateway rules from-ticket 1042 >> rules/15-own.toml",
)
@config_option
@click.argument("number", metavar="N", callback=text_of)
@click.option(
    "--mail", "mail_id", type=ROW_ID, metavar="ID", help="Another mail of the ticket than the first that rules decided."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def from_ticket(session: Session, number: str, mail_id: int | None, as_json: bool) -> int:
    """Write a rule and its test from a mail of ticket N to standard output, ready to edit.

    The rule gives such mails what the ticket has now and the rules in rules/ did not give: its queue, priority, type,
    category, area, impact and tags. It asks for one thing that the mail shows and names others. As it is printed it
    loads and its test passes above the rules of the site; what stands in the test is from a real mail, so anonymise it.

    N is 1042, #1042, [Acme #1042] or the number as your site writes it. Exits 66 where there is no such ticket or mail.
    """
    from gateway.compose.render import Templates
    from gateway.config.rules_files import load_rules
    from gateway.from_ticket import rule_from_mail
    from gateway.store import archive

    with opened(session) as (cfg, store):
        found = ticket_number(store, cfg, number)
        ticket = archive.ticket(store, found) if found is not None else {}
        mails = archive.of_ticket(store, found, mail_id=mail_id) if found is not None else []
        rules = load_rules(cfg, Templates.load(cfg.templates_dir).letters)
    if not ticket:
        output.warn(f"gateway rules from-ticket: there is no ticket {number}")
        return EX_NOINPUT
    if not mails:
        which = f"mail {mail_id} on ticket {number}" if mail_id else f"mail on ticket {number} that came in"
        output.warn(f"gateway rules from-ticket: there is no {which}")
        return EX_NOINPUT
    readable = ((one.id, facts) for one in mails if (facts := _facts(one)))
    chosen = next(readable, None)
    if chosen is None:
        raise Permanent(f"no rules were asked about mail {mails[0].id}, or what was stored of it cannot be read")
    used, facts = chosen
    text = rule_from_mail(facts, ticket, rules, cfg, number=f"#{found}", mail_id=used)
    if as_json:
        output.print_json({"ticket": found, "mail_id": used, "text": text})
    else:
        # A rules file is UTF-8 whatever the terminal's encoding is; nothing in it would move a cursor.
        click.echo(text.encode(), nl=False)
    return 0


def _facts(mail: "Archived") -> "Facts | None":
    from gateway.replay import stored_facts

    try:
        return stored_facts(mail.facts)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
