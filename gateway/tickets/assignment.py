"""Who gets a ticket: a list of agent names and strategies tried in order, with the arithmetic kept for `explain`."""

from collections.abc import Iterator, Mapping, Sequence
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
    off_duty: bool = False  # outside the hours of the agent's calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Agents among whom strategies choose; `name` is whose turns are counted, `last_turn` who had the last one."""

    name: str
    agents: Sequence[str]
    last_turn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn of a rota that was taken: `before` had the one before it."""

    of: str
    agent: str
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Who was chosen (or nobody), by which entry of the policy, and how that came about, a line a step."""

    agent: str | None
    by: str
    steps: tuple[str, ...]
    turn: Turn | None = None
    weighed: tuple[Candidate, ...] = ()  # all who were looked at


def choose(
    policy: Sequence[str],
    pools: Sequence[Pool],
    candidates: Mapping[str, Candidate],
    *,
    needed: frozenset[str] = frozenset(),
    last_agent: str | None = None,
) -> Choice:
    """The first agent that the policy finds fit; a strategy looks into one pool after the other.

    `last_agent`: who had this customer last.
    """
    steps: dict[str, None] = {}  # each line once, in order
    weighed: dict[str, Candidate] = {}
    for entry, pool in _tries(policy, pools):
        weighed.update((key, candidates[key]) for key in pool.agents if key in candidates)
        fit = [key for key in pool.agents if key in candidates and _is_fit(candidates[key], needed, steps)]
        agent = _pick(entry, pool, fit, candidates, steps, last_agent)
        if agent:
            turn = Turn(of=pool.name, agent=agent, before=pool.last_turn) if entry == "rota" else None
            return Choice(agent=agent, by=entry, steps=tuple(steps), turn=turn, weighed=tuple(weighed.values()))
    told = (*steps, "nobody fits: stays unassigned")
    return Choice(agent=None, by="", steps=told, weighed=tuple(weighed.values()))


def _tries(policy: Sequence[str], pools: Sequence[Pool]) -> Iterator[tuple[str, Pool]]:
    for entry in policy:
        for pool in pools if entry in STRATEGIES else (Pool(name="", agents=(entry,)),):
            if pool.agents:
                yield entry, pool


def _pick(
    entry: str,
    pool: Pool,
    fit: Sequence[str],
    candidates: Mapping[str, Candidate],
    steps: dict[str, None],
    last_agent: str | None,
) -> str | None:
    if not fit:
        steps[f"{entry}: nobody available{_among(pool)}"] = None
        return None
    if entry == "sticky":
        steps[f"sticky: this customer was last with {last_agent or 'nobody'}"] = None
        return last_agent if last_agent in fit else None
    if entry == "rota":
        agent = next(key for key in _after(pool) if key in fit)
        steps[f"rota{_among(pool)}: after {pool.last_turn or 'nobody'} comes {agent}"] = None
        return agent
    if entry == "balance":
        counts = ", ".join(f"{key} has {candidates[key].open_tickets}" for key in fit)
        agent = min(fit, key=lambda key: candidates[key].open_tickets)
        steps[f"balance{_among(pool)}: {counts}: {agent}"] = None
        return agent
    steps[f"named: {entry}"] = None
    return entry


def _among(pool: Pool) -> str:
    return f" among the agents of {pool.name}" if ":" in pool.name else ""


def _after(pool: Pool) -> Sequence[str]:
    """The pool from whoever comes after the last turn, be that one fit or not: who is away does not shift the rest."""
    agents = list(pool.agents)
    start = agents.index(pool.last_turn) + 1 if pool.last_turn in agents else 0
    return agents[start:] + agents[:start]


def _is_fit(candidate: Candidate, needed: frozenset[str], steps: dict[str, None]) -> bool:
    why = _unfit(candidate, needed)
    if why:
        steps[f"{candidate.key} {why}"] = None
    return not why


def _unfit(candidate: Candidate, needed: frozenset[str]) -> str:
    if candidate.away:
        return "is away"
    if candidate.off_duty:
        return "is not at work now"
    if missing := needed - candidate.skills:
        return f"lacks {', '.join(sorted(missing))}"
    if candidate.max_open is not None and candidate.open_tickets >= candidate.max_open:
        return f"has {candidate.open_tickets} of at most {candidate.max_open}"
    return ""
