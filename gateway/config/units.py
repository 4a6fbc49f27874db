"""Rates as people write them: `"3/h 10/day"`."""

import re
from dataclasses import dataclass
from datetime import timedelta

from gateway.tomltext.units import short, unit

_RATE = re.compile(r"(\d{1,9})/([a-z]+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most `count` in any span of length `per`."""

    count: int
    per: timedelta


def rates(text: str) -> tuple[Rate, ...]:
    """`"3/h 10/day"` -> both limits hold at once; `"0"` -> `()`, no limit. ValueError with the remedy."""
    if text.strip() == "0":
        return ()
    found = []
    for word in re.sub(r"\s*/\s*", "/", text.strip().lower()).replace(",", " ").split():
        match = _RATE.fullmatch(word)
        if match is None:
            raise ValueError(
                f'is not a rate: "{short(text)}"; write such as "30/min" or "3/h 10/day", "0" for no limit'
            )
        if int(match[1]) == 0:
            raise ValueError('allows nothing; write "0" alone for no limit')
        found.append(Rate(count=int(match[1]), per=unit(match[2])))
    if not found:
        raise ValueError('is empty; write such as "3/h 10/day", "0" for no limit')
    return tuple(found)
