"""How a command that explains is told which mail or ticket: one set of options for `explain` and `rules explain`."""

from collections.abc import Callable

import click

from gateway.cli.opening import ROW_ID, text_of

_ASKED = (
    click.argument(
        "what", metavar="[FILE.eml | N | spool:N | -]", required=False, callback=lambda c, p, v: v and text_of(c, p, v)
    ),
    click.option(
        "--mail",
        "mail_id",
        type=ROW_ID,
        metavar="ID",
        help="A stored mail, by its `mail_id` in what `trace` and `show` print as JSON.",
    ),
    click.option("--from", "sender", metavar="ADDRESS", help="A file: the envelope sender; <> is the null sender."),
    click.option(
        "--to",
        "recipients",
        multiple=True,
        metavar="ADDRESS",
        help="A file: for which of our addresses; else the header's.",
    ),
    click.option(
        "--source",
        metavar="SOURCE",
        help="A file: how it came: pipe (the default), smtp, import, imap:NAME, sent:NAME.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
)


def asks_about_a_mail(command: Callable[..., int]) -> Callable[..., int]:
    """The argument and the options of a command that explains; all but `as_json` are for `asked_about`."""
    for parameter in reversed(_ASKED):
        command = parameter(command)
    return command
