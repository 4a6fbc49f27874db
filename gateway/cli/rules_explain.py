"""`gateway rules explain`: what the rules say of a mail, which of them and by which line."""

from typing import TYPE_CHECKING, Any

import click

from gateway.cli import output
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.which_mail import asks_about_a_mail

if TYPE_CHECKING:
    from gateway.explanation import Explanation, TicketExplanation


@click.command(short_help="Say what the rules say of a mail.", epilog="Example: gateway rules explain mail.eml")
@config_option
@asks_about_a_mail
@click.pass_obj
def explain(session: Session, /, as_json: bool, **asked: Any) -> int:
    """Tell of every rule whether it matches a mail, with the value of each condition, and which line sets which field.

    It is the part of `gateway explain` that is about rules, and takes the same: a file as the rules stand now, a ticket
    or a stored mail as they were in force then. Exits 66 where there is no such file, mail or ticket.
    """
    from gateway.cli.explain import asked_about

    found = asked_about(session, "rules explain", **asked)
    if found is None:
        return EX_NOINPUT
    if as_json:
        output.print_json(_json(found))
    else:
        from gateway.cli.explain_tree import rules_alone

        for one in rules_alone(found):
            output.tree(one)
    return 0


def _json(found: "Explanation | TicketExplanation") -> dict[str, Any]:
    from gateway.explanation import Explanation

    if isinstance(found, Explanation):
        return _of_mail(found)
    mails = [_of_mail(mail) for mail in found.mails if mail.direction == "in"]
    return {"ticket": found.ticket, "mails": mails, "afterwards": found.afterwards}


def _of_mail(mail: "Explanation") -> dict[str, Any]:
    """The step `rules`, with every rule that was asked and what they set."""
    step = next((dict(one) for one in mail.steps if one["step"] == "rules"), {"step": "rules", "event": None})
    return {"mail_id": mail.mail_id, "ticket": mail.ticket, **step, "rules": mail.rules, "fields": mail.fields}
