"""Who gets a ticket: a list of agent names and strategies tried in order, with the arithmetic kept for `explain`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STRATEGIES = ("rota", "balance", "sticky")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An agent as assignment sees one; `open_tickets` counts what is not resolved or closed."""

    key: str
    skills: frozenset[str]
    max_open: int | None
    open_tickets: int
    away: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Who was chosen (or nobody), by which entry of the policy, and how that came about, a line a step."""

    agent: str | None
    by: str
    steps: tuple[str, ...]


def choose(
    policy: Sequence[str],
    queue_agents: Sequence[str],
    candidates: Mapping[str, Candidate],
    *,
    needed: frozenset[str] = frozenset(),
    last_turn: str | None = None,
    last_agent: str | None = None,
) -> Choice:
    """The first agent that the policy finds fit.

    `last_turn`: whose turn it was last in this queue; `last_agent`: who had this customer last.
    """
    steps: list[str] = []
    for entry in policy:
        pool = queue_agents if entry in STRATEGIES else (entry,)
        fit = [key for key in pool if key in candidates and _is_fit(candidates[key], needed, steps)]
        agent = _pick(entry, fit, candidates, steps, last_turn=last_turn, last_agent=last_agent)
        if agent:
            return Choice(agent=agent, by=entry, steps=tuple(steps))
    return Choice(agent=None, by="", steps=(*steps, "nobody fits: stays unassigned"))


def _pick(
    entry: str,
    fit: Sequence[str],
    candidates: Mapping[str, Candidate],
    steps: list[str],
    *,
    last_turn: str | None,
    last_agent: str | None,
) -> str | None:
    if not fit:
        steps.append(f"{entry}: nobody available")
        return None
    if entry == "sticky":
        steps.append(f"sticky: this customer was last with {last_agent or 'nobody'}")
        return last_agent if last_agent in fit else None
    if entry == "rota":
        after = fit.index(last_turn) + 1 if last_turn in fit else 0
        steps.append(f"rota: after {last_turn or 'nobody'} comes {fit[after % len(fit)]}")
        return fit[after % len(fit)]
    if entry == "balance":
        counts = ", ".join(f"{key} has {candidates[key].open_tickets}" for key in fit)
        agent = min(fit, key=lambda key: candidates[key].open_tickets)
        steps.append(f"balance: {counts}: {agent}")
        return agent
    steps.append(f"named: {entry}")
    return entry


def _is_fit(candidate: Candidate, needed: frozenset[str], steps: list[str]) -> bool:
    if candidate.away:
        steps.append(f"{candidate.key} is away")
        return False
    if missing := needed - candidate.skills:
        steps.append(f"{candidate.key} lacks {', '.join(sorted(missing))}")
        return False
    if candidate.max_open is not None and candidate.open_tickets >= candidate.max_open:
        steps.append(f"{candidate.key} has {candidate.open_tickets} of at most {candidate.max_open}")
        return False
    return True
