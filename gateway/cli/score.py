"""How alike tickets must be, as people give it on the command line."""

import click

from gateway.tickets.similar import ALIKE


def score_of(text: str) -> float:
    """`0.6`; BadParameter for what is no score."""
    try:
        score = float(text)
    except ValueError:
        score = -1.0
    if not 0 < score <= 1:
        raise click.BadParameter(
            f'"{text}" is no score, which is a number over 0 up to 1, such as {ALIKE} or 0.75', param_hint="--at-least"
        )
    return score
