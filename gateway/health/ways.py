"""How each way out fares: what waits for it, what is in its way, whether it keeps to its pace."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.config import Config, Rate, Route, route_for
from gateway.store import Store, leaving
from gateway.store.leaving import Waiting

_TRIES = 3  # six minutes: a server may be started anew
_MANY = 10  # mails that could not be offered
# What is wrong on our side and stays so until somebody mends it; all else has to last.
_AT_ONCE = ("no_tls", "login_refused", "sender_refused", "null_sender_refused")
_AFTER_A_WHILE = ("unreachable", "slow_down", "sender_delayed")
_BY_MANY = "null_sender_unwanted"  # by two, for one may be a recipient's own server whose refusal is passed on to us
_NO_NULL_SENDER = ("null_sender_refused", _BY_MANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """A route. `trouble` says why mail does not leave by it, `""` where it does; `paced` until when its rate is used
    up and mail waits for that; `tried_at` when the oldest was written that was tried in vain several times, and
    `reply` what was said last of such mail.
    """

    name: str
    to: str
    waiting: int = 0
    oldest_at: datetime | None = None
    due_at: datetime | None = None
    trouble: str = ""
    rate: str = ""
    paced: datetime | None = None
    tried_at: datetime | None = None
    reply: str = ""


def ways_out(store: Store, cfg: Config, at: datetime) -> tuple[WayOut, ...]:
    """Every route, [delivery] first."""
    groups: dict[str, list[Waiting]] = {}
    for one in leaving.waiting(store):
        groups.setdefault(route_for(cfg.routes, one.sender, is_alarm=one.is_alarm).name, []).append(one)
    return tuple(_way_out(store, cfg, route, groups.get(route.name, []), at) for route in reversed(cfg.routes))


def _way_out(store: Store, cfg: Config, route: Route, groups: Sequence[Waiting], at: datetime) -> WayOut:
    due_at = min((one.due_at for one in groups), default=None)
    rate, until = _used_up(store, cfg, route, at) if due_at is not None and due_at <= at else ("", None)
    tried = min((one for one in groups if one.reason and one.tried >= _TRIES), key=_age, default=None)
    return WayOut(
        name=route.name,
        to=str(route.way.to),
        waiting=sum(one.count for one in groups),
        oldest_at=min((one.oldest_at for one in groups), default=None),
        due_at=due_at,
        trouble=next(_troubles(groups, route), ""),
        rate=rate,
        paced=until,
        tried_at=tried.oldest_at if tried else None,
        reply=tried.reply if tried else "",
    )


def _age(one: Waiting) -> datetime:
    return one.oldest_at


def _troubles(groups: Sequence[Waiting], route: Route) -> Iterator[str]:
    for one in groups:
        lasts = one.reason in _AFTER_A_WHILE and (one.tried >= _TRIES or one.count >= _MANY)
        if not lasts and one.reason not in _AT_ONCE and not (one.reason == _BY_MANY and one.domains > 1):
            continue
        remedy = ""
        if one.reason == "sender_refused":
            remedy = f"; we may not send there as {one.sender}"
        elif one.reason in _NO_NULL_SENDER and route.way.automatic_from == "null":
            remedy = f'; it refuses MAIL FROM:<>, so write automatic_from = "{one.sender}" into [{route.place}]'
        yield f"mail does not leave by {route.name} ({route.way.to}), {one.count} wait: {one.reply}{remedy}"


def _used_up(store: Store, cfg: Config, route: Route, at: datetime) -> tuple[str, datetime | None]:
    """The rate that is used up longest, and until when; `""` and None where none is."""
    rows = leaving.rows_of(route, cfg.routes)
    found: list[tuple[datetime, str]] = []
    for rate in route.way.rate:
        last = leaving.left_at(store, rows, since=at - rate.per, most=1, skip=rate.count - 1)
        found += [(one + rate.per, shown_rate(rate)) for one in last]
    until, rate_used = max(found, default=(None, ""))
    return rate_used, until


def shown_rate(rate: Rate) -> str:
    """As it is written in config.toml: `2000/day`."""
    return f"{rate.count}/{_UNITS.get(rate.per) or f'{rate.per.total_seconds():g} s'}"


_UNITS = {timedelta(seconds=1): "s", timedelta(minutes=1): "min", timedelta(hours=1): "h", timedelta(days=1): "day"}
