"""Checks between keys: whether names that are named exist, addresses are one person's, days do not overlap.

They read the tables as they stand in the file, so that one wrong key hides no other mistake. What is not of the right
shape is passed over here: the schema has told it.
"""

from collections.abc import Callable, Iterator, Mapping

from gateway.config import kinds, tables
from gateway.config.crosscheck_people import addresses, admin, agents_addresses, leavers, report, unknown
from gateway.config.crosscheck_routes import outgoing
from gateway.config.crosscheck_steps import steps
from gateway.config.crosscheck_ways import listeners, mailboxes
from gateway.config.hours import NOT_DAYS, days_of
from gateway.config.problems import Problem
from gateway.config.section import did_you_mean
from gateway.tickets.status import Status, Statuses


def cross_problems(data: tables.Tables, *, thorough: bool = False) -> list[Problem]:
    """What no single key can tell."""
    checks: tuple[Callable[[tables.Tables], Iterator[Problem]], ...] = (
        _names, steps, addresses, agents_addresses, admin, listeners, mailboxes, outgoing, _calendars, _statuses,
        _organisations, _auth, leavers, report,
    )  # fmt: skip
    found = [problem for check in checks for problem in check(data)]
    return found + list(_holidays(data)) if thorough else found


# ---- names ---------------------------------------------------------------------------------------------------------


def _names(data: tables.Tables) -> Iterator[Problem]:
    queues, agents = tuple(tables.table(data, "queues")), tuple(tables.table(data, "agents"))
    calendars, slas = tuple(tables.table(data, "calendars")), tuple(tables.table(data, "sla"))
    if isinstance(data.get("queues"), dict) and not queues:
        yield Problem(loc=("queues",), what="holds no queue; write at least one, such as [queues.support]")
    for addr, queue in tables.table(data, "mail", "addresses").items():
        yield from unknown(("mail", "addresses", addr), queue, queues, "a queue", "[queues.NAME]")
    for name, table in tables.named(data, "queues"):
        for index, agent in tables.texts(table.get("agents")):
            yield from unknown(("queues", name, "agents", index), agent, agents, "an agent", "[agents.NAME]")
        yield from unknown(("queues", name, "lead"), table.get("lead"), agents, "an agent", "[agents.NAME]")
        yield from unknown(("queues", name, "sla"), table.get("sla"), slas, "an SLA", "[sla.NAME]")
    for name, table in tables.named(data, "agents"):
        yield from unknown(
            ("agents", name, "calendar"), table.get("calendar"), calendars, "a calendar", "[calendars.NAME]"
        )
    for name, table in tables.named(data, "sla"):
        yield from unknown(
            ("sla", name, "calendar"), table.get("calendar"), calendars, "a calendar", "[calendars.NAME]"
        )


# ---- the desk ------------------------------------------------------------------------------------------------------


def _calendars(data: tables.Tables) -> Iterator[Problem]:
    for name, table in tables.named(data, "calendars"):
        days = [key for key in table if key not in NOT_DAYS]
        seen: dict[tuple[int, int], str] = {}
        for key in days:
            try:
                numbers = days_of(key)
            except ValueError as error:
                yield Problem(loc=("calendars", name, key), what=str(error))
                continue
            for number in numbers:
                other = seen.setdefault((number, len(numbers)), key)
                if other != key:
                    yield Problem(loc=("calendars", name, key), what=f"and {other} are equally long and overlap")
                    break
        if not any(table[narrowest[1]] for narrowest in _by_weekday(seen)):
            yield Problem(loc=("calendars", name), what='has no working hours; write such as mon-fri = "09:00-17:00"')


def _by_weekday(seen: Mapping[tuple[int, int], str]) -> Iterator[tuple[int, str]]:
    """The key whose hours hold on each weekday: of those that name it the one of the fewest days."""
    for weekday in range(7):
        naming = [(width, key) for (number, width), key in seen.items() if number == weekday]
        if naming:
            yield min(naming)


def _holidays(data: tables.Tables) -> Iterator[Problem]:
    wanted = [(name, table["holidays"]) for name, table in tables.named(data, "calendars") if "holidays" in table]
    if not wanted:
        return
    import holidays  # 16 MB and 0.2 s: only where somebody asked for a thorough check

    countries: dict[str, list[str]] = holidays.list_supported_countries()
    for name, code in wanted:
        country, _, region = code.partition("-") if isinstance(code, str) else ("", "", "")
        loc = ("calendars", name, "holidays")
        if country and country not in countries:
            yield Problem(loc=loc, what=f'is no country we know the holidays of: "{kinds.shown(country)}"')
        elif region and region not in countries[country]:
            guess = did_you_mean(region, countries[country])
            known = ", ".join(countries[country][:20]) or "none"
            yield Problem(
                loc=loc, what=f'is no region of {country}: "{kinds.shown(region)}"{guess or f"; known are {known}"}'
            )


def _statuses(data: tables.Tables) -> Iterator[Problem]:
    ours = tuple(Status)
    for name, table in tables.named(data, "statuses"):
        if name in ours and "like" in table:
            yield Problem(
                loc=("statuses", name, "like"), what="is for further statuses; one of ours may only have labels"
            )
        elif name not in ours and "like" not in table:
            what = 'is missing like = "on_hold", the status of ours it behaves like'
            yield Problem(loc=("statuses", name), what=what + did_you_mean(name, ours))
    yield from _moves(data)


def _moves(data: tables.Tables) -> Iterator[Problem]:
    """Every move goes to a status that there is, and every status can be come to."""
    declared = dict(tables.named(data, "statuses"))
    table = Statuses(
        likes={name: Status(one["like"]) for name, one in declared.items() if one.get("like") in tuple(Status)},
        moves={
            name: frozenset(text for _, text in tables.texts(one["moves"]))
            for name, one in declared.items()
            if isinstance(one.get("moves"), list)
        },
    )
    known = (*Status, *declared)
    for name, one in declared.items():
        for index, target in tables.texts(one.get("moves")):
            if target not in known:
                guess = did_you_mean(target, known) or "; it would stand under [statuses.NAME]"
                what = f'names a status that does not exist: "{kinds.shown(target)}"{guess}'
                yield Problem(loc=("statuses", name, "moves", index), what=what)
    for name in table.never_closed():
        what = f'lacks "{Status.CLOSED}", so that the clock never closes what is {name} (mail.close_after)'
        yield Problem(loc=("statuses", name, "moves"), what=what)
    for name in table.unreachable():
        what = "can never be reached: it stands in moves of no status that a ticket can come to"
        yield Problem(loc=("statuses", name), what=what)


def _organisations(data: tables.Tables) -> Iterator[Problem]:
    agents, slas = tuple(tables.table(data, "agents")), tuple(tables.table(data, "sla"))
    seen: dict[str, str] = {}
    for name, table in tables.named(data, "organisations"):
        yield from unknown(("organisations", name, "sla"), table.get("sla"), slas, "an SLA", "[sla.NAME]")
        for index, agent in tables.texts(table.get("agents")):
            yield from unknown(("organisations", name, "agents", index), agent, agents, "an agent", "[agents.NAME]")
        if table.get("domains") == []:
            yield Problem(loc=("organisations", name, "domains"), what="is empty: nobody would belong to it")
        for index, domain in tables.texts(table.get("domains")):
            other = seen.setdefault(domain.strip().lower(), name)
            if other != name:
                loc = ("organisations", name, "domains", index)
                yield Problem(loc=loc, what=f"belongs to organisation {other} already: {kinds.shown(domain)}")


def _auth(data: tables.Tables) -> Iterator[Problem]:
    auth = tables.table(data, "auth")
    trust = [(index, text.strip()) for index, text in tables.texts(auth.get("trust"))]
    for index, source in trust:
        if source == "m365-internal" and "m365_tenant" not in auth:
            what = 'needs m365_tenant = "..." beside it: which tenant is ours'
            yield Problem(loc=("auth", "trust", index), what=what)
    if "m365_tenant" in auth and "m365-internal" not in [source for _, source in trust]:
        yield Problem(loc=("auth", "m365_tenant"), what='is used by "m365-internal" only, which trust does not name')
