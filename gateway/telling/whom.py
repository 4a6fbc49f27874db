"""Which agents hear of an occasion, and by which notice. Nobody hears of what they did themselves."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gateway.config import Agent, Config
from gateway.telling.occasion import Occasion
from gateway.tickets.mentions import mentioned


def notices(
    occasion: Occasion, row: Mapping[str, Any], cfg: Config, away: Collection[str], *, note: str = ""
) -> list[tuple[str, str]]:
    """Agents, and the kind of notice each gets: one at most, the strongest that fits and that they wish to have.

    `note`: the text of the note that was written.
    """
    found: dict[str, str] = {}
    for agent, kind in _all(occasion, row, cfg, away, note):
        if agent != occasion.agent and agent not in found and _wishes(agent, kind, row, cfg):
            found[agent] = kind
    by_rule = _BY_RULE.get(occasion.of("called").get("on", ""), "called")
    for agent in called(occasion, row, cfg, away):  # whatever they wish: the admin wrote it into a rule
        found.setdefault(agent, by_rule)
    return [(agent, f"notice_{kind}") for agent, kind in found.items()]


def _wishes(agent: str, kind: str, row: Mapping[str, Any], cfg: Config) -> bool:
    """Whoever wishes to hear of answers hears of notes on their own tickets too."""
    own = cfg.agents[agent]
    is_noted = kind == "mentioned" and agent == row["assignee"] and "answered" in own.notify
    return not own.left and (kind in own.notify or is_noted)


def hears(agent: Agent, escalated: Mapping[str, Any]) -> bool:
    """Whether an agent is told by the wave: as they wish, or by a rule, in which the admin wrote it."""
    return not agent.left and ("rule" in escalated or escalated["kind"] in agent.notify)


# By the trigger of the rule that calls an agent, the notice that says what happened; else one that names the rule.
_BY_RULE = {"created": "new", "follow_up": "answered", "due": "due", "overdue": "overdue"}


def called(occasion: Occasion, row: Mapping[str, Any], cfg: Config, away: Collection[str]) -> dict[str, str]:
    """The agents whom rules call to a ticket, each with the rule that does, but for whoever did it."""
    found: dict[str, str] = {}
    asked = occasion.of("called")
    for one in asked.get("whom", ()) if row["merged_into"] is None else ():
        for agent in _meant(one["value"], row, cfg, away):
            if agent in cfg.staff and agent != asked["by"]:
                found.setdefault(agent, one["rule"])
    return found


def admin_called(occasion: Occasion) -> str:
    """The rule that calls the admin; `""` where none does."""
    return next((one["rule"] for one in occasion.of("called").get("whom", ()) if one["value"] == "admin"), "")


def _meant(who: str, row: Mapping[str, Any], cfg: Config, away: Collection[str]) -> Iterator[str]:
    queue = cfg.queues.get(row["queue"])
    if who == "assignee":
        yield from filter(None, [row["assignee"]])
    elif who == "lead":
        yield from filter(None, [queue.lead if queue else None])
    elif who == "agents":
        yield from _team(row, cfg, away)
    else:
        yield who


def _team(row: Mapping[str, Any], cfg: Config, away: Collection[str]) -> list[str]:
    """The agents of the queue who are there; if all are away, somebody must know."""
    queue = cfg.queues.get(row["queue"])
    everybody = list(queue.agents) if queue else []
    return [agent for agent in everybody if agent not in away] or everybody


def _is_back(occasion: Occasion, cfg: Config) -> bool:
    """Whether what was done with is to be worked on again: no machine but a monitor opens a ticket again."""
    moved = occasion.of("status")
    is_ended = cfg.status_table.is_ended
    return bool(moved) and is_ended(moved["from"]) and not is_ended(moved["to"])


def _all(
    occasion: Occasion, row: Mapping[str, Any], cfg: Config, away: Collection[str], note: str
) -> Iterator[tuple[str, str]]:
    assignee = row["assignee"] if row["assignee"] in cfg.staff else None
    team = _team(row, cfg, away)
    if row["merged_into"] is not None or ("opened" in occasion and cfg.status_table.is_ended(row["status"])):
        return
    if (reminded := occasion.of("reminder_due").get("agent")) in cfg.agents:
        yield str(reminded), "due"
    if "assigned" in occasion and assignee:
        yield assignee, "assigned"
        if "opened" not in occasion and not occasion.of("assigned").get("from"):  # it was new to all of them
            yield from ((agent, "taken") for agent in team)
    if "opened" in occasion and not assignee:
        yield from ((agent, "new") for agent in team)
    worker = [assignee] if assignee and assignee not in away else team
    if occasion.went_wrong is not None:
        yield from ((agent, "undelivered") for agent in worker)
    calls = not occasion.of("wrote").get("auto") or _is_back(occasion, cfg)
    if "wrote" in occasion and "opened" not in occasion and calls:
        yield from ((agent, "answered") for agent in worker)
    if "noted" in occasion and "opened" not in occasion:
        # What is answered to this notice stays among agents, as the note did.
        named = mentioned(note, {key: one.name for key, one in cfg.staff.items()}) if occasion.is_by_person else []
        yield from ((agent, "mentioned") for agent in (*named, *([assignee] if assignee else ())))
    if "moved" in occasion and not assignee:
        yield from ((agent, "new") for agent in team)
