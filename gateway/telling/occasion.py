"""What happened to one ticket at one time, put together from its announcements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.afterwards import RULES
from gateway.store.announcements import Announcement

_TRIGGERS = {"status": "status", "assigned": "assigned", "undelivered": "bounced", "rated": "rated"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Everything one actor did to a ticket at once: by kind, the last of each."""

    ticket: int
    actor: str
    at: datetime
    mail_id: int | None
    happened: Mapping[str, Mapping[str, Any]]
    ids: tuple[int, ...]

    @property
    def key(self) -> str:
        """What no other occasion has: ids begin anew where a backup was put back, and an instant may hold several."""
        return f"{self.ids[0]} {self.at.isoformat()}"

    @property
    def agent(self) -> str:
        """The agent who did it, `""` for nobody of ours."""
        return self.actor.removeprefix("agent:") if self.actor.startswith("agent:") else ""

    @property
    def triggers(self) -> tuple[str, ...]:
        """On which triggers rules are to be asked of it: on none, where rules did it themselves."""
        return () if self.actor == RULES else tuple(_TRIGGERS[kind] for kind in _TRIGGERS if kind in self.happened)

    @property
    def is_by_person(self) -> bool:
        """One of us did it, by mail or at the command line."""
        return self.actor.startswith(("agent:", "cli:"))

    @property
    def went_wrong(self) -> str | None:
        """What befell a letter to a customer on its way: failed, delayed, without_files; None where nothing did."""
        if "undelivered" in self:
            return "failed"
        if "delivery_delayed" in self:
            return "delayed"
        return "without_files" if self.of("files_left_out").get("to_customer") else None

    def __contains__(self, kind: str) -> bool:
        return kind in self.happened

    def of(self, kind: str) -> Mapping[str, Any]:
        return self.happened.get(kind, {})


def occasions(waiting: Sequence[Announcement]) -> list[Occasion]:
    """The turns, oldest first. Of several reminders at once each stands alone, for it has its own words."""
    groups: dict[tuple[int, str, int | None, datetime, int], list[Announcement]] = {}
    for one in waiting:
        alone = one.id if one.kind == "reminder_due" else 0
        groups.setdefault((one.ticket, one.actor, one.mail_id, one.at, alone), []).append(one)
    return [
        Occasion(
            ticket=ticket,
            actor=actor,
            at=at,
            mail_id=mail_id,
            happened={one.kind: one.data for one in those},
            ids=tuple(one.id for one in those),
        )
        for (ticket, actor, mail_id, at, _), those in groups.items()
    ]
