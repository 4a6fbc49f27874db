"""Times, sizes, counts and lines of the journal as people read them, in a few letters."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

_LONGEST = 200  # characters of a value


def span(time: timedelta) -> str:
    """`40 s`, `12 min`, `5 h`, `3 days`."""
    seconds = int(time.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 2 * 3600:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 2 * 86400 else f"{seconds // 86400} days"


def size(count: int) -> str:
    """`312 B`, `4.7 KB`, `12 MB`: as sizes in config.toml are counted, 1 KB is 1,024 bytes."""
    if count < 1024:
        return f"{count} B"
    amount, units = count / 1024, ["KB", "MB", "GB", "TB"]
    while amount >= 1023.5 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{amount:.1f} {units[0]}" if amount < 9.95 else f"{amount:.0f} {units[0]}"


def counted(count: int, what: str) -> str:
    """`1 ticket`, `1,204 tickets`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def journal_pairs(kind: str, data: Mapping[str, Any]) -> Iterator[str]:
    """What a line of the journal says beside its kind: `status=new->open`."""
    if kind == "changed":  # each value: [before, after]
        data = {name: "->".join(map(plain, both)) for name, both in data.items()}
    elif kind == "ruled":  # the rest is told by `explain`
        data = {"on": data["event"], "rules": [rule["name"] for rule in data["rules"]]}
    elif kind == "called":
        data = {"on": data["on"], "whom": [one["value"] for one in data["whom"]]}
    return pairs_of({name: value for name, value in data.items() if name != "undo"})  # that is for programs


def pairs_of(data: Mapping[str, Any]) -> Iterator[str]:
    """`queue=support`; what is empty is left out, what is long is cut."""
    for name, value in data.items():
        if value not in (None, "", [], {}):
            yield f"{name}={plain(value)}"


def plain(value: Any) -> str:
    """A value of some JSON in a few words."""
    if isinstance(value, list):
        text = ",".join(map(plain, value))
    elif isinstance(value, dict):
        text = "{" + ", ".join(pairs_of(value)) + "}"
    else:
        text = "-" if value is None else str(value)
    return f"{text[: _LONGEST - 1]}…" if len(text) > _LONGEST else text
