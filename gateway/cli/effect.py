"""What a command came to, as it is printed."""

from gateway.cli import output
from gateway.tickets.effect import Effect


def print_answer(number: int, command: str, said: str, text: str, *, as_json: bool) -> None:
    """What a command that asks was told on ticket `number`."""
    if as_json:
        output.print_json(
            {"ticket": number, "command": command, "done": False, "said": said, "tickets": [], "skipped": [],
             "text": text}
        )  # fmt: skip
    elif text:
        output.say_block(text)
    else:
        output.say(f"#{number} {said}")


def print_effect(number: int, command: str, effect: Effect, *, dry: bool, as_json: bool) -> None:
    """What was done to ticket `number`, or would be, and what was left out with the reason."""
    if as_json:
        output.print_json(
            {
                "ticket": number,
                "command": command,
                "done": bool(effect.actions) and not dry,
                "said": effect.said,
                "tickets": effect.tickets,
                "skipped": [{"ticket": other, "why": why} for other, why in effect.skipped],
            }
        )
        return
    output.say(f"{'dry run, nothing was done: ' if dry else ''}#{number} {effect.said}")
    for other, why in effect.skipped:
        output.say(f"#{other} was left out: it {why}")
