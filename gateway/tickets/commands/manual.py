"""The manual as plain text, for `#help`, for transcripts, and for the command line."""

from gateway.tickets.commands.command import Command, Topic
from gateway.tickets.commands.table import BY_WORD, COMMANDS
from gateway.tickets.commands.values import Needs, Role

RULES = (
    "Commands stand at the very start of a mail, one a line, each behind a #. Below them, behind an empty line, stands "
    "the text. A greeting or any other text ends them.",
    "All or nothing: where one line cannot be read or is not yours to give, nothing of the mail is done or sent, and "
    "you are told which line it was.",
    "To begin a line of your text with # and such a word, write \\# for it.",
)


_HEADS = {Topic.TEXT: "Texts", Topic.MAIL: "Taking it back"}  # where there is no mail


def overview(role: Role, *, in_mail: bool = True) -> str:
    """Every command that a role may give, by topic; `in_mail`: as typed in a mail, else as behind `gateway do N`."""
    parts = [*RULES] if in_mail else []
    for topic in Topic:
        commands = [one for one in COMMANDS.values() if one.topic is topic and _is_shown(one, role, in_mail=in_mail)]
        if commands:
            head = topic if in_mail else _HEADS.get(topic, topic)
            parts.append("\n".join([f"{head}:", *(f"  {_usage(one, in_mail=in_mail)}" for one in commands)]))
    return "\n\n".join(parts)


def table() -> str:
    """Every command with its manual as a table in Markdown, for `docs/agents.md`."""
    lines = ["| command | what it does |", "| --- | --- |"]
    for topic in Topic:
        for one in COMMANDS.values():
            if one.topic is topic:
                also = f" Also {', '.join(f'`#{word}`' for word in one.also)}." if one.also else ""
                lead = " For leads." if one.role is Role.LEAD else ""
                lines.append(f"| `{one.typed.replace('|', PIPE)}` | {one.manual}{lead}{also} |")
    return "\n".join(lines)


PIPE = "\\|"  # within a table


def page(word: str, *, in_mail: bool = True) -> str:
    """All there is to say of one command, by any of its words, with or without the #; `""` where there is none."""
    command = BY_WORD.get(word.strip().lstrip("#").lower())
    if command is None:
        return ""
    lines = [_usage(command, in_mail=in_mail), f"  {command.manual}"]
    if command.takes is not None and in_mail:
        lines.append("  Each of #note, #reply, #describe, #forward and #new takes all of the text: one to a mail.")
    if command.also:
        mark = "#" if in_mail else ""
        lines.append(f"  Also written: {', '.join(mark + word for word in command.also)}.")
    if command.role is Role.LEAD:
        lines.append('  Only for agents with role = "lead" in the configuration.')
    if command.needs is Needs.TICKET and in_mail:
        lines.append("  In an answer to a notice about the ticket, or below #new.")
    return "\n".join(lines)


def _is_shown(command: Command, role: Role, *, in_mail: bool) -> bool:
    return (in_mail or not command.by_mail) and (command.role is Role.AGENT or role is Role.LEAD)


def _usage(command: Command, *, in_mail: bool) -> str:
    return command.typed if in_mail else command.usage
