"""The life of a ticket: one table, and what a site adds to it. The diagram in the docs is printed from the table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"  # for the customer
    ON_HOLD = "on_hold"  # for something else
    RESOLVED = "resolved"
    CLOSED = "closed"


class Happening(StrEnum):
    ASSIGNED = "assigned"
    NOTE = "note"
    OPENED = "opened"  # `#open`
    CUSTOMER_WROTE = "customer_wrote"
    AGENT_REPLIED = "agent_replied"
    REOPENED = "reopened"  # a customer's mail within `reopen_for` of the closing
    SET_WAITING = "set_waiting"
    SET_ON_HOLD = "set_on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"


_S, _H = Status, Happening
_SET = {_H.SET_WAITING: _S.WAITING, _H.SET_ON_HOLD: _S.ON_HOLD, _H.RESOLVED: _S.RESOLVED, _H.CLOSED: _S.CLOSED}

TABLE: dict[Status, dict[Happening, Status]] = {
    _S.NEW: {
        _H.ASSIGNED: _S.OPEN,
        _H.NOTE: _S.OPEN,
        _H.OPENED: _S.OPEN,
        _H.CUSTOMER_WROTE: _S.NEW,
        _H.AGENT_REPLIED: _S.WAITING,
        **_SET,
    },
    _S.OPEN: {
        _H.ASSIGNED: _S.OPEN,
        _H.NOTE: _S.OPEN,
        _H.OPENED: _S.OPEN,
        _H.CUSTOMER_WROTE: _S.OPEN,
        _H.AGENT_REPLIED: _S.WAITING,
        **_SET,
    },
    _S.WAITING: {
        _H.ASSIGNED: _S.WAITING,
        _H.NOTE: _S.WAITING,
        _H.OPENED: _S.OPEN,
        _H.CUSTOMER_WROTE: _S.OPEN,
        _H.AGENT_REPLIED: _S.WAITING,
        **_SET,
    },
    _S.ON_HOLD: {
        _H.ASSIGNED: _S.ON_HOLD,
        _H.NOTE: _S.ON_HOLD,
        _H.OPENED: _S.OPEN,
        _H.CUSTOMER_WROTE: _S.OPEN,
        _H.AGENT_REPLIED: _S.WAITING,
        **_SET,
    },
    _S.RESOLVED: {
        _H.ASSIGNED: _S.RESOLVED,
        _H.NOTE: _S.RESOLVED,
        _H.OPENED: _S.OPEN,
        _H.CUSTOMER_WROTE: _S.OPEN,
        _H.AGENT_REPLIED: _S.WAITING,
        **_SET,
    },
    _S.CLOSED: {
        _H.ASSIGNED: _S.CLOSED,
        _H.NOTE: _S.CLOSED,
        _H.OPENED: _S.OPEN,
        _H.REOPENED: _S.OPEN,
        _H.AGENT_REPLIED: _S.WAITING,
        _H.CLOSED: _S.CLOSED,
    },
}


def next_status(status: str, happening: Happening) -> Status:
    """Where a ticket goes; ValueError names both where the pair is not in the table."""
    try:
        return TABLE[Status(status)][happening]
    except KeyError:
        raise ValueError(f"{happening} cannot happen to a ticket that is {status}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statuses:
    """The statuses of a site: ours, and those it declares, each of which behaves like one of ours.

    `likes`: declared -> ours. `moves`: where a status may be set to go; one that is not in it may go anywhere.
    """

    likes: Mapping[str, Status] = field(default_factory=dict)
    moves: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Ours in the order of a ticket's life, then the declared ones."""
        return tuple(dict.fromkeys((*map(str, Status), *self.likes)))

    @property
    def ended(self) -> tuple[str, ...]:
        """The declared ones in which a ticket is done with, beside `resolved` and `closed`."""
        return tuple(name for name, like in self.likes.items() if like in _ENDED)

    def like(self, status: str) -> Status:
        """The status of ours that it behaves like; one that is not declared any more behaves like open."""
        if status in self.likes:
            return self.likes[status]
        return Status(status) if status in _OURS else Status.OPEN

    def is_ended(self, status: str) -> bool:
        return self.like(status) in _ENDED

    def next(self, status: str, happening: Happening) -> str:
        """As `next_status`; what happens by itself leaves a ticket in the status it is in, where ours would stay."""
        like = self.like(status)
        target = next_status(like, happening)
        return status if target is like and happening not in _BY_NAME else str(target)

    def may_move(self, before: str, after: str) -> bool:
        """Whether a rule or a person may set it so; what happens by itself is not asked."""
        return before == after or before not in self.moves or after in self.moves[before]

    def refusal(self, before: str, after: str) -> str:
        """Why it may not be set so, and where that is written; `""` where it may."""
        if self.may_move(before, after):
            return ""
        return f"[statuses.{before}] moves lets no ticket go from {before} to {after}"

    def never_closed(self) -> tuple[str, ...]:
        """Those that behave like resolved and let no ticket be closed."""
        resolved = (name for name in self.moves if self.like(name) is Status.RESOLVED)
        return tuple(name for name in resolved if not self.may_move(name, Status.CLOSED))

    def unreachable(self) -> tuple[str, ...]:
        """The declared ones that no ticket can ever come to."""
        seen: set[str] = set()
        ahead = [str(Status.NEW)]
        while ahead:
            status = ahead.pop()
            if status not in seen:
                seen.add(status)
                ahead += [*self.moves.get(status, self.names), *TABLE[self.like(status)].values()]
        return tuple(name for name in self.likes if name not in seen)


_OURS = frozenset(map(str, Status))
_ENDED = (_S.RESOLVED, _S.CLOSED)
_BY_NAME = frozenset({_H.OPENED, *_SET})  # asks for one status by its name


def diagram() -> str:
    """The table as Graphviz text: one edge a change of status."""
    lines = ["digraph status {"]
    for status, row in TABLE.items():
        for target in Status:
            labels = [happening for happening, to in row.items() if to is target and target is not status]
            if labels:
                lines.append(f'  {status} -> {target} [label="{", ".join(labels)}"]')
    return "\n".join([*lines, "}"])
