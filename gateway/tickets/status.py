"""The life of a ticket: one table. The diagram in the docs is printed from it."""

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


def diagram() -> str:
    """The table as Graphviz text: one edge a change of status."""
    lines = ["digraph status {"]
    for status, row in TABLE.items():
        for target in Status:
            labels = [happening for happening, to in row.items() if to is target and target is not status]
            if labels:
                lines.append(f'  {status} -> {target} [label="{", ".join(labels)}"]')
    return "\n".join([*lines, "}"])
