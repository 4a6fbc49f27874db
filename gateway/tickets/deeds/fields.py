"""Fields that a person sets. What they were is kept in the journal, so that `undo` can put them back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.tickets.actions import Change
from gateway.tickets.effect import Effect, done, instant
from gateway.tickets.linking import not_merged
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot

_WHO_COUNTS = frozenset(
    ("queue", "priority", "type", "category", "area", "impact", "title", "description", "assignee", "sla", "tags",
     "fields", "requester_id", "resolve_due")
)  # fmt: skip  # what rules ask about: who set it


def put(one: Snapshot, by: str, values: Mapping[str, Any], said: str, also: Mapping[str, Any] | None = None) -> Effect:
    """Set fields; `also` are those that follow from them by themselves. Nothing is written where all is so already."""
    not_merged(one)
    new = {name: value for name, value in values.items() if one.row[name] != value}
    if not new:
        return Effect(actions=(), said=f"{said} already")
    new |= {name: value for name, value in (also or {}).items() if one.row[name] != value}
    before = {name: plain(one.row[name]) for name in new}
    set_by = {name: by for name in new if name in _WHO_COUNTS}
    change = Change(
        ticket=one.number,
        seen_version=one.row["version"],
        values=new,
        before=one.row,
        reason=Reason.BY_PERSON,
        set_by=set_by,
    )
    kept = {"before": before, "to": {name: plain(value) for name, value in new.items()}, "articles": one.articles}
    if "resolve_due" in new:
        kept["due_by"] = one.row["set_by"].get("resolve_due", "")
    return Effect(actions=(change, done(one, "set", {"fields": sorted(new)}, kept)), said=said)


def plain(value: Any) -> Any:
    """A value of a field as the journal keeps it."""
    return instant(value) if isinstance(value, datetime) else value


def tagged(one: Snapshot, by: str, add: tuple[str, ...], drop: tuple[str, ...]) -> Effect:
    """Tags added and taken away."""
    left = [tag for tag in one.row["tags"] if tag not in drop]
    tags = [*left, *(tag for tag in add if tag not in left)]
    return put(one, by, {"tags": tags}, f"is tagged {', '.join(tags)}" if tags else "has no tags")


def field_set(one: Snapshot, by: str, name: str, value: str) -> Effect:
    """A field of the site's own."""
    return put(one, by, {"fields": {**one.row["fields"], name: value}}, f"has {name} {value}")
