"""Due times and what the clock did, as branches of an explanation: which step came, who heard of it, and why they."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from gateway.cli import agent_tree
from gateway.cli.output import Branch
from gateway.cli.page import instant
from gateway.shown import plain

_STATES = {"running": "never", "stopped": "stopped", "done": "done"}


def due(found: Mapping[str, Any]) -> Branch | None:
    """When what is to be done; None where nothing is promised."""
    below = [_clock(_words(name), one) for name, one in found.items() if one is not None]
    return Branch("due", below) if below else None


def _clock(name: str, one: Any) -> Branch:
    """A due time, and the working time that was counted up to it where that is known."""
    if not isinstance(one, Mapping):
        return Branch(f"{name}: {instant(one)}")
    when = instant(one["at"]) if one["at"] and not one["ended"] else _STATES[one["state"]]
    if one["was_due"]:
        kept = "in time" if one["ended"] <= one["was_due"] else "late"
        when = f"done {instant(one['ended'])}, {kept}: it was due {instant(one['was_due'])}"
    said = f"{one['budget'] or 'set by ' + str(one['by'])} of {one['calendar'] or 'any time'}"
    below = [
        Branch(f"{instant(span['from'])} to {instant(span['to'])}: {span['minutes']} min") for span in one["intervals"]
    ]
    return Branch(f"{name}: {when}, {said}, {one['minutes']} min", below)


def ticked(lines: Sequence[Mapping[str, Any]]) -> Branch | None:
    """What the clock did to a ticket, whom it told, and which due times other settings moved; None where nothing."""
    below = [Branch(f"{instant(line['at'])}: {text}") for line in lines for text in _told(line)]
    return Branch("clock", below) if below else None


def _told(line: Mapping[str, Any]) -> Iterator[str]:
    data, kind, zone = line["data"], str(line["kind"]), line["at"].tzinfo
    why = f", {agent_tree.reason(line['reason'])}" if line["reason"] else ""
    if kind == "changed":
        yield from (
            f"{_words(name)}: {_shown(one[0], zone)} -> {_shown(one[1], zone)}{why}" for name, one in data.items()
        )
    elif kind in _TELLERS:
        yield _TELLERS[kind](data, zone)
    else:
        yield f"{_words(kind)}{': ' + plain(data) if data else ''}{why}"


def _step(data: Mapping[str, Any], zone: tzinfo) -> str:
    again = f", for the {data['again'] + 1}th time" if data["again"] > 2 else ""
    again = {1: ", for the second time", 2: ", for the third time"}.get(data["again"], again)
    was = f"; due {_shown(data['due'], zone)}" if data["due"] else ""
    return f"step {data['step']} of {_words(data['clock'])}{again}: {', '.join(data['do'])}{was}"


def _escalated(data: Mapping[str, Any], _: tzinfo) -> str:
    if "address" in data:
        return f"{data['address']} is to hear that it is {data['kind']}"
    rule = f' by rule "{data["rule"]}"' if "rule" in data else ""
    return f"{data['agent']} is to hear that it is {data['kind']}: {data['why']}{rule}"


def _letter_of_many(data: Mapping[str, Any], _: tzinfo) -> str:
    return f"told by a {_words(data['kind'])} to {data['recipient']}"


_TELLERS: Mapping[str, Callable[[Mapping[str, Any], tzinfo], str]] = {
    "step": _step,
    "escalated": _escalated,
    "told": _letter_of_many,
    "gathered": lambda data, _: f"{data['agent']} hears of it in a digest",
}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: Any, zone: tzinfo) -> str:
    """A value of the journal; instants are texts there."""
    try:
        return instant(datetime.fromisoformat(value).astimezone(zone))
    except (TypeError, ValueError):
        return plain(value)
