"""The admin hears when something is not as it should be, and when it is over; each once, whatever nodes look."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway import act, log
from gateway.compose import letters
from gateway.compose.stamp import plain
from gateway.config import route_for
from gateway.config.routes import ALARM
from gateway.health.state import OF_ONE_NODE, ON_ITS_WAY_OUT, UNFILED, Concern, Gathered, Level, gathered, judged
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, told
from gateway.tickets.actions import Actor, Note

LOOK_EVERY = 60  # seconds
# Those that the admin is told of elsewhere, or that a restart is for.
_NOT_BY_MAIL = frozenset({"settings", "restart"})
_REMIND_AFTER = timedelta(days=1)  # of what goes on
_NOBODYS_AFTER = 2 * _REMIND_AFTER  # whoever still sees it would have told it again
_AT = " at "  # before the node whose own an alarm is


def look(store: Store, site: Site) -> None:
    """One turn of the clock: letters on what is new, on what has gone on for a day, and on what is over."""
    found, at = gathered(store, site.cfg), now()
    concerns = [_of_node(one, store) for one in judged(found) if one.key not in _NOT_BY_MAIL]
    with store.main.read() as conn:
        raised = told.open_alarms(conn)
    fresh = [one for one in concerns if one.key not in raised or raised[one.key] <= at - _REMIND_AFTER]
    mine = {key for key, told_at in raised.items() if _can_judge(key, found, store) or told_at <= at - _NOBODYS_AFTER}
    over = sorted(mine - {one.key for one in concerns})
    is_stuck = _is_stuck(site, found)
    for by_second in (False, True):
        new = [one for one in fresh if _goes_by_second(one.key, is_stuck=is_stuck) is by_second]
        ended = [key for key in over if _goes_by_second(key, is_stuck=is_stuck) is by_second]
        if new or ended:
            _tell(store, site, new, ended, at, by_second=by_second)


def _of_node(concern: Concern, store: Store) -> Concern:
    """Where there may be several nodes, what one alone can see is named after it: other nodes see nothing of it."""
    if store.dialect == "sqlite" or concern.key.partition(" ")[0] not in OF_ONE_NODE:
        return concern
    return concern._replace(key=f"{concern.key}{_AT}{store.node}", text=f"{concern.text} (on {store.node})")


def _can_judge(key: str, found: Gathered, store: Store) -> bool:
    """Whether it is over where we do not see it: not another node's own, nor what its settings alone name."""
    if store.dialect == "sqlite":
        return True
    kind, _, name = key.partition(" ")
    if kind in OF_ONE_NODE:
        return key.endswith(_AT + store.node)
    watched = {
        "mailbox": {one.name for one in found.mailboxes},
        UNFILED: {one.name for one in found.mailboxes},
        ON_ITS_WAY_OUT: {one.name for one in found.ways},
        "token": found.tokens.keys(),
        "secret": found.secrets.keys(),
    }
    return kind not in watched or name in watched[kind]


def _goes_by_second(key: str, *, is_stuck: bool) -> bool:
    """What keeps letters from leaving is told by gateway.alarm_delivery, its end too; but not what befalls that.

    All else as well, while the way that letters to the admin take `is_stuck`.
    """
    kind, _, route = key.partition(" ")
    return route != ALARM if kind in (ON_ITS_WAY_OUT, "outbox") else is_stuck


def _is_stuck(site: Site, found: Gathered) -> bool:
    """Whether a letter to the admin would not leave just now by the way that it takes as a rule."""
    usual = route_for(site.cfg.routes, site.cfg.mail.from_.key).name
    return any(one.trouble for one in found.ways if one.name == usual)


def _tell(
    store: Store, site: Site, fresh: Sequence[Concern], over: Sequence[str], at: datetime, *, by_second: bool
) -> None:
    letter = letters.admin_notice(
        site.cfg, subject=_subject(fresh, over), text=_text(fresh, over), stamp=plain(site.cfg, at)
    )
    with store.main.write() as conn:
        told.lock(conn)
        if _is_told(conn, fresh, over, at):
            return  # another node was quicker
        notes = [Note(ticket=None, kind=told.RAISED, data={"alarm": one.key, "text": one.text}) for one in fresh]
        notes += [Note(ticket=None, kind=told.OVER, data={"alarm": key}) for key in over]
        act.apply(conn, [letters.send(letter, None, is_alarm=by_second), *notes], Actor(name="system", at=at))
    for one in fresh:
        log.alarm(one.key, one.text)
    for key in over:
        log.all_clear(key)


def _is_told(conn: Connection, fresh: Sequence[Concern], over: Sequence[str], at: datetime) -> bool:
    raised = told.open_alarms(conn)
    still = [one for one in fresh if one.key not in raised or raised[one.key] <= at - _REMIND_AFTER]
    return not still and not raised.keys() & set(over)


def _subject(fresh: Sequence[Concern], over: Sequence[str]) -> str:
    if not fresh:
        return f"all clear: {', '.join(over)}"
    gravest = max(one.level for one in fresh)
    more = f" and {len(fresh) - 1} more" if len(fresh) > 1 else ""
    return f"{Level(gravest).name.lower()}: {fresh[0].text}{more}"


def _text(fresh: Sequence[Concern], over: Sequence[str]) -> str:
    lines = [f"{one.level.name}: {one.text}" for one in fresh]
    lines += [f"over: {key}" for key in over]
    return "\n".join([*lines, "", "To see how it stands now: gateway status", ""])
