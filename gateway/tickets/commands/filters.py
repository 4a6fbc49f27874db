"""The filter of `#list`: `mine overdue`, `billing high`, `carol waiting`, `tag:vip`, in any order."""

import re
from collections.abc import Mapping

from gateway.tickets.assignment import STRATEGIES as _STRATEGIES
from gateway.tickets.commands.folding import bare, fold
from gateway.tickets.commands.names import Names, pick
from gateway.tickets.commands.values import Filter, Kind, Unreadable, shown
from gateway.tickets.tag import is_tag

STRATEGIES = frozenset(_STRATEGIES) - {"sticky"}  # sticky asks for a customer's last agent, who is written by name
_LABELS = {"status": "statuses", "queue": "queues", "agent": "assignees", "assignee": "assignees"}
_LABELS |= {"priority": "priorities", "tag": "tags"}
_LABELLED = re.compile(r"([a-z]+)\s?[:=]\s?(.+)")


def filter_of(text: str, names: Names) -> Filter:
    """Every word narrows; Unreadable for one that is nothing, or several things."""
    found: dict[str, dict[str | None, None]] = {
        "statuses": {},
        "queues": {},
        "assignees": {},
        "priorities": {},
        "tags": {},
    }
    overdue = False
    for word in re.split(r"[\s,;]+", re.sub(r"\s*([:=])\s*", r"\1", text.strip())):
        said = fold(bare(word))
        if not said or said in ("all", "tickets"):
            continue
        if said == "overdue":
            overdue = True
        elif said in ("mine", "me", "my"):
            found["assignees"][_me(names)] = None
        elif said in ("nobody", "unassigned", "nobodys"):
            found["assignees"][None] = None
        else:
            kind, value = _named(word, names)
            found[kind][value] = None
    kept = {kind: tuple(values) for kind, values in found.items()}
    return Filter(**kept, overdue=overdue)  # type: ignore[arg-type]  # None stands among assignees alone


def _me(names: Names) -> str:
    if not names.me:
        raise Unreadable(Kind.ARGUMENT, 'does not know who "mine" is here; write the agent\'s name')
    return names.me


def _named(word: str, names: Names) -> tuple[str, str]:
    known = _known(names)
    if (word[:1] in "+" or word[:1] == "#") and is_tag(word[1:]):
        return "tags", word[1:]
    labelled = _LABELLED.fullmatch(word.lower())
    if labelled:
        kind = _LABELS.get(labelled[1])
        if kind is None:
            raise Unreadable(
                Kind.ARGUMENT, f'"{shown(word)}" is no filter; write status: queue: agent: priority: or tag: before it'
            )
        value = word[len(word) - len(labelled[2]) :]
        if kind == "tags":
            return kind, value
        return kind, pick(value, known[kind], labelled[1])
    said = fold(bare(word))
    exact = [(kind, key) for kind, table in known.items() for key in table if said in (fold(key), fold(table[key]))]
    if not exact:
        exact = [(kind, key) for kind, table in known.items() for key in table if _begins(said, key, table[key])]
    if len(exact) == 1:
        return exact[0]
    if not exact:
        raise Unreadable(
            Kind.ARGUMENT,
            f'"{shown(word)}" is no status, queue, agent or priority; also: mine, nobody, overdue, tag:WORD',
        )
    told = " or ".join(f"{_label(kind)}:{key}" for kind, key in exact)
    raise Unreadable(Kind.AMBIGUOUS, f'"{shown(word)}" may be several things; write {told}')


def _known(names: Names) -> dict[str, Mapping[str, str]]:
    return {
        "statuses": names.statuses,
        "queues": names.queues,
        "assignees": names.agents,
        "priorities": dict.fromkeys(names.priorities, ""),
    }


def _begins(said: str, key: str, title: str) -> bool:
    return len(said) > 1 and any(word.startswith(said) for word in (fold(key), *fold(title).split()))


def _label(kind: str) -> str:
    return next(label for label, of in _LABELS.items() if of == kind)
