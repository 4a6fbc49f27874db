"""Figures in words: how long something took, beside what was promised."""

from gateway.compose.phrases import phrase
from gateway.reporting.figures import Ratings, Times


def lasting(minutes: int | None, language: str = "en") -> str:
    """`1 h 20 min`, `45 min`; days of working time are as long as a calendar has them, so there are none here."""
    if minutes is None:
        return ""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return phrase("figure", "minutes", language).format(min=rest)
    return phrase("figure", "hours" if rest else "whole_hours", language).format(h=hours, min=rest)


def times(took: Times, language: str = "en") -> str:
    """`median 1 h, mean 2 h, nine of ten within 4 h; promised 4 h, kept in 93%`; `""` where there were none."""
    if not took.count:
        return ""
    told = {name: lasting(getattr(took, name), language) for name in ("median", "mean", "p90", "sla")}
    text = phrase("figure", "times", language).format(**told)
    if took.kept is None:
        return text
    kept = phrase("figure", "kept", language).format(sla=told["sla"], kept=round(took.kept * 100))
    return f"{text}; {kept}"


def ratings(rated: Ratings, language: str = "en") -> str:
    """`4.2 of 5 (12)`; `""` where nobody rated."""
    if rated.mean is None:
        return ""
    return phrase("figure", "rating", language).format(mean=f"{rated.mean:.1f}", n=rated.count)


def usual(number: float | None, language: str = "en") -> str:
    """`usually 9`; `""` where nothing is usual yet."""
    return "" if number is None else phrase("figure", "usual", language).format(n=f"{number:g}")
