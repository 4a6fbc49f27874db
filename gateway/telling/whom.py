"""Which agents hear of an occasion, and by which notice. Nobody hears of what they did themselves."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gateway.config import Config
from gateway.telling.occasion import Occasion


def notices(occasion: Occasion, row: Mapping[str, Any], cfg: Config, away: Collection[str]) -> list[tuple[str, str]]:
    """Agents, and the kind of notice each gets: one at most, the strongest that fits and that they wish to have."""
    found: dict[str, str] = {}
    for agent, kind in _all(occasion, row, cfg, away):
        wishes = cfg.agents[agent].notify
        if agent != occasion.agent and agent not in found and kind in wishes and not cfg.agents[agent].left:
            found[agent] = kind
    return [(agent, f"notice_{kind}") for agent, kind in found.items()]


def _all(occasion: Occasion, row: Mapping[str, Any], cfg: Config, away: Collection[str]) -> Iterator[tuple[str, str]]:
    assignee = row["assignee"] if row["assignee"] in cfg.staff else None
    queue = cfg.queues.get(row["queue"])
    everybody = list(queue.agents) if queue else []
    team = [agent for agent in everybody if agent not in away] or everybody  # if all are away, somebody must know
    if row["merged_into"] is not None:
        return
    if (reminded := occasion.of("reminder_due").get("agent")) in cfg.agents:
        yield str(reminded), "due"
    if "assigned" in occasion and assignee:
        yield assignee, "assigned"
        yield from ((agent, "taken") for agent in team)
    if "opened" in occasion and not assignee:
        yield from ((agent, "new") for agent in team)
    worker = [assignee] if assignee and assignee not in away else team
    if "undelivered" in occasion:
        yield from ((agent, "undelivered") for agent in worker)
    if "wrote" in occasion and "opened" not in occasion and not occasion.of("wrote").get("auto"):
        yield from ((agent, "answered") for agent in worker)
    if "noted" in occasion and "opened" not in occasion and assignee:
        yield assignee, "answered"
    if "moved" in occasion and not assignee:
        yield from ((agent, "new") for agent in team)
