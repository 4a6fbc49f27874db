"""Agents who are gone from config.toml: their open tickets must go to somebody, and go there in one step."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from gateway import act, log
from gateway.config import Config
from gateway.errors import Conflict
from gateway.store import Store, lookup
from gateway.tickets.actions import Action, Actor, Change, Note

TRIES = 10
BY = "successor"


def orphaned(store: Store, cfg: Config) -> list[str]:
    """A line for each agent who has open tickets and is not in the file, or has left without a successor."""
    with store.main.read() as conn:
        counts = lookup.open_tickets(conn, cfg.status_table.ended)
    return [line for name in sorted(counts) if (line := _orphaned(name, counts[name], cfg))]


def _orphaned(name: str, count: int, cfg: Config) -> str:
    file, tickets = cfg.path.name, f"{count} open ticket{'' if count == 1 else 's'}"
    if name not in cfg.agents:
        return (
            f"{file}: agents.{name}: is gone, and has {tickets}; keep [agents.{name}] and write left = true and "
            f'successor = "NAME" into it, or assign them to somebody else first: gateway tickets --assignee {name}'
        )
    if cfg.agents[name].left and not cfg.agents[name].successor:
        return f'{file}: agents.{name}: has left, and has {tickets}; write successor = "NAME", who gets them'
    return ""


def hand_over(store: Store, cfg: Config, at: datetime) -> int:
    """The open tickets of agents who have left become their successors', all at once; how many those were.

    Raises Conflict where others keep changing these tickets.
    """
    heirs = {name: one.successor for name, one in cfg.agents.items() if one.left and one.successor}
    for _ in range(TRIES if heirs else 0):
        with store.main.read() as conn:
            rows = lookup.open_of(conn, heirs, cfg.status_table.ended)
        if not rows:
            return 0
        try:
            with store.main.write() as conn:
                act.apply(conn, list(_actions(rows, heirs)), Actor(name="config", at=at), cfg.promises)
        except (Conflict, IntegrityError):
            continue
        log.handed_over(len(rows), of=", ".join(sorted({row["assignee"] for row in rows})))
        return len(rows)
    if heirs:
        raise Conflict("others keep changing the tickets of agents who have left")
    return 0


def _actions(rows: list[Mapping[str, Any]], heirs: Mapping[str, str]) -> Iterator[Action]:
    by_agent: dict[str, list[int]] = {}
    for row in rows:
        before = row["assignee"]
        by_agent.setdefault(before, []).append(row["number"])
        yield Change(
            ticket=row["number"],
            seen_version=row["version"],
            values={"assignee": heirs[before]},
            before=row,
            reason=BY,
            set_by={"assignee": BY},
        )
        data = {"assignee": heirs[before], "how": [f"{before} has left"]}
        yield Note(ticket=row["number"], kind="assigned", data=data, reason=BY)
    for name, numbers in by_agent.items():
        yield Note(ticket=None, kind="agent_left", data={"agent": name, "successor": heirs[name], "tickets": numbers})
