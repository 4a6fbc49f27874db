"""How a mistake in a rules file is told together with a guess: in words, without quotes, or with all there is."""

from collections.abc import Iterable

from gateway.tomltext.guess import nearest


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`, did you mean x?`; where nothing is near but the choices are few `; known: a, b`; else `""`."""
    known = tuple(choices)
    near = nearest(word, known)
    if near:
        return f", did you mean {near}?"
    if 0 < len(known) <= 20:
        return f"; known: {', '.join(sorted(known))}"
    return ""
