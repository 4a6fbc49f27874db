"""What `gateway check` looks at beside config.toml itself, and which keys have no effect in this release."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.config import Config, Route, route_for
from gateway.config.load import Document
from gateway.errors import ConfigError, GatewayError, RulesError
from gateway.now import now
from gateway.rules import RuleSet

if TYPE_CHECKING:
    from gateway.delivery.signing import Signer
    from gateway.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a check found: `problems` make `gateway check` exit 78, `notes` do not. Each is one line."""

    problems: Sequence[str] = ()
    notes: Sequence[str] = ()


def _rules(cfg: Config) -> Found:
    from gateway.cli.rules_commands import load_or_refuse
    from gateway.rule_tests import pass_rule_tests

    if not cfg.rules_dir.exists():
        nothing = f"{cfg.rules_dir}: there is no such folder, so nothing is acknowledged, assigned or set aside"
        return Found(notes=[f"{nothing}; `gateway init DIR` writes the usual rules"])
    try:
        rules = load_or_refuse(cfg)
        pass_rule_tests(cfg, rules)
    except RulesError as error:
        return Found(problems=error.problems)
    return Found(notes=list(_idle(cfg, rules)))


def _idle(cfg: Config, rules: RuleSet) -> Iterator[str]:
    """What stands in good rules without effect, each with its place."""
    for rule in rules.rules:
        if "idle" in rule.on and not rule.silences:
            yield f'{rule.place}: rule "{rule.name}" is never asked on idle: add when.idle.over = "7 days"'
        if cfg.priority_rows and not rule.groups and "created" in rule.on:
            for line in rule.sets:
                if line.name == "priority":
                    yield (
                        f'{rule.place}: rule "{rule.name}" sets the priority of every ticket, so the table [priority] '
                        "in config.toml never does; take the rule out"
                    )


def _templates(cfg: Config) -> Found:
    from gateway.compose.check import check_templates
    from gateway.compose.render import Templates
    from gateway.config.crosscheck_steps import strange_letters
    from gateway.config.load import told

    templates = Templates.load(cfg.templates_dir)
    strange = [told(cfg, one.loc, one.what) for one in strange_letters(cfg, templates.letters)]
    return Found(problems=[*strange, *check_templates(templates, queues=cfg.queues)])


def _tickets(cfg: Config) -> Found:
    """Whether somebody who is gone has open tickets, as far as there are any."""
    from gateway.ownership import refuse_stranger
    from gateway.store import migrate, open_store
    from gateway.store.engine import sqlite_files
    from gateway.successors import orphaned

    url = cfg.database.url
    try:
        refuse_stranger(cfg.gateway.data_dir)
        if not cfg.gateway.data_dir.is_dir() or (url.startswith("sqlite:") and not sqlite_files(url)[1].exists()):
            return Found()  # it never ran here
        store = open_store(url, cfg.gateway.data_dir, busy_timeout=_PATIENCE)
        try:
            if migrate.revisions(store) != migrate.HEADS:
                return Found()
            return Found(problems=orphaned(store, cfg), notes=list(_spent_start(store, cfg)))
        finally:
            store.close()
    except GatewayError as error:
        return Found(notes=[f"nobody could say whose tickets are open: {error}"])


def _spent_start(store: "Store", cfg: Config) -> Iterator[str]:
    """That the first number asked for is given out already."""
    from gateway.store.numbers import Numbers

    with store.main.read() as conn:
        upcoming = Numbers(store, conn).peek(conn)
    if 1 < cfg.mail.number_start < upcoming:
        spent = f"mail.number_start: has no effect any more: the next ticket gets number {upcoming}"
        yield f"{cfg.path.name}: {spent}; numbers never go back"


def _signatures(cfg: Config) -> Found:
    """Whether the keys that sign our mail can, and every From can be signed."""
    from gateway.delivery.signing import signer_of

    problems: list[str] = []
    for route in cfg.routes:
        try:
            signer = signer_of(route)
            if signer is not None:
                problems += _unsigned(cfg, route, signer)
        except ConfigError as error:
            problems += [f"{cfg.path.name}: {one}" for one in error.problems]
        except GatewayError:
            pass  # a file that cannot be read has been told already
    return Found(problems=problems)


def _unsigned(cfg: Config, route: Route, signer: "Signer") -> Iterator[str]:
    """Every From whose mail takes this route and would fail there, for no signature can be made."""
    from gateway.compose import headers
    from gateway.now import now

    places = {"mail.from": cfg.mail.from_, **{f"queues.{name}.from": one.from_ for name, one in cfg.queues.items()}}
    for place, author in places.items():
        if author is None or route_for(cfg.routes, author.key) != route:
            continue
        try:
            stamp = ("Date", now()), ("Message-ID", f"<check@{cfg.mail.host}>")
            signer.signed(headers.build([("From", author), ("To", [author]), *stamp], text=""))
        except ValueError as error:
            yield f"{cfg.path.name}: {place}: mail from {author.addr} cannot be signed: {error}"


def _machine(cfg: Config) -> Found:
    """Whether anybody on this machine could change what we act by, and whether a start would find what it needs."""
    from gateway.cli import machine

    return Found(problems=[*machine.open_to_all(cfg), *machine.refusals(cfg)], notes=[*machine.remarks(cfg)])


# One function a room: it looks at the room's files and says what it found.
CHECKS: tuple[Callable[[Config], Found], ...] = (_rules, _templates, _machine, _tickets, _signatures)
_PATIENCE = 2.0  # seconds for a database that does not answer


def without_config(path: Path, document: Document | None) -> Found:
    """What can be said of the files beside a config.toml that has mistakes; `document` is None where it is no TOML."""
    from gateway.compose.check import check

    if not path.is_file():
        return Found()
    queues = document.data.get("queues") if document else None
    templates = check(path.parent / "templates", queues=queues if isinstance(queues, dict) else None)
    rules = path.parent / "rules"
    if not rules.exists():
        return Found(problems=templates)
    partly = f"{rules}: only its TOML was checked, because {path} has mistakes; check again once they are mended"
    return Found(problems=[*_no_toml(rules), *templates], notes=[partly])


def _no_toml(folder: Path) -> list[str]:
    from gateway.config.rules_files import read_folder
    from gateway.rules.load import not_toml

    try:
        return not_toml(read_folder(folder).files)
    except RulesError as error:
        return list(error.problems)


# The keys of features that later releases bring: place in the file ("*": any name or index) -> what waits for it.
# A place with `=` at its end counts only where it has one of the values.
NOT_YET: tuple[tuple[str, str], ...] = (("mail.two_queues=twins", "linked twins"),)


def notes(document: Document, config: Config) -> Iterator[str]:
    """What is right but perhaps not meant, each with its line."""
    for place, feature in NOT_YET:
        path, _, value = place.partition("=")
        loc = _first(document.data, tuple(path.split(".")), value)
        if loc is not None:
            yield document.tell(loc, f"has no effect yet: a later release brings {feature}")
    yield from _trust(document, config)
    yield from _ways_out(document, config)
    yield from _old_tags(document, config)
    yield from _zones(document, config)
    if "digest" in document.data and not any("digest" in agent.notify for agent in config.staff.values()):
        yield document.tell(("digest",), "names times, but nobody gets the list; write digest into notify of an agent")
    if not config.smtp and not config.imap:
        yield f"{document.shown}: there is no [[smtp]] and no [[imap]]: mail comes in by gateway ingest alone"
    if config.gateway.shadow:
        what = f"SHADOW MODE: nothing is sent but reports and alarms to {config.gateway.admin}; mailboxes are only read"
        yield document.tell(("gateway", "shadow"), what)
    if not config.is_ours(config.mail.from_.addr):
        yield document.tell(("mail", "from"), "is none of our addresses: answers to our mail do not reach us")
    for index, listener in enumerate(config.smtp):
        if listener.tls_cert is None and not listener.listen.is_loopback:
            yield document.tell(("smtp", index, "listen"), "has no tls_cert: mail passes in the clear")


def _old_tags(document: Document, config: Config) -> Iterator[str]:
    """What would take our own numbers for those of the helpdesk before us."""
    own = config.numbers.tagged(1042, now())
    for index, pattern in enumerate(config.old_tags):
        with suppress(TimeoutError):
            if pattern.search(own, timeout=1) is None:
                continue
            both = f"matches our own {own} too: our numbers are taken for those of the other helpdesk"
            yield document.tell(("mail", "old_tags", index), both)


def _zones(document: Document, config: Config) -> Iterator[str]:
    """That one clock must do for all, where the calendars have several."""
    from gateway.config.calendars import zone_name

    if config.mail.timezone is None and len({one.timezone for one in config.calendars.values()}) > 1:
        zone, first = zone_name(config), next(iter(config.calendars))
        whose = f"people read and write all times by {zone}, that of calendars.{first}, the first of several"
        yield document.tell(("mail", "timezone"), f"is not set, and the calendars have several: {whose}")


def _ways_out(document: Document, config: Config) -> Iterator[str]:
    """What no mail would take, and that nobody would hear of a smarthost that fails."""
    ours = {(queue.from_ or config.mail.from_).domain for queue in config.queues.values()} | {config.mail.from_.domain}
    for index, route in enumerate(config.delivery.route):
        for domain in route.from_domain:
            if domain not in ours:
                nothing = f"names {domain}, from which none of our mail is: mail.from and queues.*.from say from which"
                yield document.tell(("delivery", "route", index, "from_domain"), nothing)
    if config.gateway.alarm_delivery is None and config.delivery.is_server:
        nobody = "is not set: where the smarthost fails, no letter tells you; gateway status does"
        yield document.tell(("gateway", "alarm_delivery"), nobody)
    alarm = config.gateway.alarm_delivery
    if alarm is not None and config.delivery.is_server and alarm.to == config.delivery.to:
        same = "is the smarthost of delivery.to: where that fails, its alarm fails with it; name another way"
        yield document.tell(("gateway", "alarm_delivery"), same)


def _trust(document: Document, config: Config) -> Iterator[str]:
    """What in [auth] can verify nobody, and what lets anybody act who knows enough."""
    auth = config.auth
    has_relay = any(listener.trusted_relays or listener.listen.unix for listener in config.smtp)
    for index, source in enumerate(auth.trust):
        if source.startswith("header:") and not (config.imap or has_relay):
            nobody = "is believed of mail by a mailbox, LMTP or a host of trusted_relays only, and there is none"
            yield document.tell(("auth", "trust", index), nobody)
        if source == "m365-internal" and not any(account.is_microsoft for account in config.imap):
            nobody = "is believed of a mailbox at Microsoft 365 only, and there is no [[imap]] of one"
            yield document.tell(("auth", "trust", index), nobody)
    if not auth.trust and auth.agents == "strict":
        yield document.tell(("auth", "trust"), "is empty: no agent's mail would act")
    if auth.agents == "token":
        yield document.tell(("auth", "agents"), "lets a forged From act for an agent where their token was stolen")


def _first(data: Any, path: tuple[str, ...], value: str) -> tuple[str | int, ...] | None:
    """Where the place stands first in the tables; None where it does not."""
    if not path:
        return () if not value or data == value else None
    parts: list[tuple[str | int, Any]] = []
    if isinstance(data, dict):
        parts = list(data.items()) if path[0] == "*" else [(path[0], data[path[0]])] if path[0] in data else []
    elif isinstance(data, list) and path[0] == "*":
        parts = list(enumerate(data))
    for name, part in parts:
        rest = _first(part, path[1:], value)
        if rest is not None:
            return (name, *rest)
    return None


def summary(config: Config) -> str:
    """What a good configuration holds, in one line."""
    from gateway.config.calendars import zone_name

    counts = (
        (len(config.smtp), "SMTP listener"),
        (len(config.imap), "mailbox"),
        (len(config.queues), "queue"),
        (len(config.agents), "agent"),
    )
    parts = [f"{count} {what}{'' if count == 1 else 'es' if what.endswith('x') else 's'}" for count, what in counts]
    others = len(config.routes) - 1
    more = f" and {others} other way{'' if others == 1 else 's'}" if others else ""
    zone = zone_name(config) or "UTC"
    return f"{', '.join(parts)}, mail leaves by {config.delivery.to}{more}, times are by {zone}: all fine"
