"""A guess at what somebody meant."""

from collections.abc import Iterable


def nearest(word: str, choices: Iterable[str]) -> str:
    """The known word nearest to a mistyped one, or `""`."""
    from difflib import get_close_matches  # only a mistake needs it

    folded = {choice.lower(): choice for choice in choices if choice}
    near = get_close_matches(word[:80].lower(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else ""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`, did you mean x?`; where nothing is near but the choices are few `; known: a, b`; else `""`."""
    known = tuple(choices)
    near = nearest(word, known)
    if near:
        return f", did you mean {near}?"
    if 0 < len(known) <= 20:
        return f"; known: {', '.join(sorted(known))}"
    return ""
