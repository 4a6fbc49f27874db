"""`gateway check --dns`: looks up what DNS says of the domains we send with, and prints the records to publish."""

from collections.abc import Callable, Iterator
from functools import partial

from gateway.cli import output
from gateway.cli.dns import checks, spf
from gateway.cli.dns.questions import Finding, Questions
from gateway.cli.dns.senders import Seen, Sending, domains, envelope_domain, seen_of, senders
from gateway.cli.main import Session
from gateway.config import Config
from gateway.delivery.signing import signer_of
from gateway.tickets.authentication import Policy
from gateway.verify.resolver import Resolver, Unanswered


def check_dns(session: Session, *, as_json: bool) -> int:
    """0 where DNS is as it should be, 1 where a record is missing or wrong, or nobody answers."""
    cfg = session.config(secrets=False)
    found = list(_all(cfg, Questions(Resolver(cfg.auth.dns))))
    if as_json:
        output.print_json([
            {"check": one.check, "name": one.name, "saw": list(one.saw), "problem": one.problem,
             "publish": list(one.publish)}
            for one in found
        ])  # fmt: skip
    else:
        for one in found:
            output.say(f"{one.check} {one.name}: {one.problem or 'good'}")
            for line in one.saw:
                output.say(f"  {line}")
            for record in one.publish:
                output.say(f"  publish: {record}")
    return 1 if any(one.problem for one in found) else 0


def _all(cfg: Config, ask: Questions) -> Iterator[Finding]:
    if problem := _silence(cfg, ask):
        yield Finding(check="DNS", name=str(cfg.auth.dns or "this machine's"), problem=problem)
        return
    for domain in domains(cfg):
        yield _told("MX", domain, partial(checks.mx, cfg, domain, ask))
    sendings = senders(cfg)
    if not sendings:
        yield Finding(check="delivery", name=str(cfg.delivery.to), saw=["a folder: nothing leaves this machine"])
        return
    seen: dict[str, Seen] = {}
    for sending in sendings:
        route = sending.route
        if route.name not in seen:
            try:
                seen[route.name] = seen_of(cfg, route, ask)
            except Unanswered as error:
                seen[route.name] = Seen(how=f"where mail by {route.name} comes from is not known: {error}")
    for name, found in seen.items():
        if found.lost:
            nowhere = "has no address: the name does not exist, or nobody here knows it; no mail leaves"
            yield Finding(check="delivery", name=name, problem=f"{found.lost} {nowhere}")
    yield from _spf(cfg, sendings, seen, ask)
    for sending in sendings:
        yield from _of_domain(cfg, sending, seen[sending.route.name], ask)
    names: dict[str, list[Seen]] = {}
    for route in {one.route.name: one.route for one in sendings}.values():
        names.setdefault(route.way.helo or cfg.mail.host, []).append(seen[route.name])
    for name, by in names.items():
        yield _told("HELO", name, partial(checks.helo, name, by, ask))


def _silence(cfg: Config, ask: Questions) -> str:
    """Why nothing can be asked at all, `""` where somebody answers: about our own domain, or else about any other."""
    for name in (*domains(cfg)[:1], "com"):
        try:
            ask.values(name, "NS")
            return ""
        except Unanswered as error:
            why = str(error)
    if "auth.dns" in why:  # there is no server at all, and that says what to do
        return why
    server = f"{cfg.auth.dns} (auth.dns)" if cfg.auth.dns else "the DNS server of this machine (/etc/resolv.conf)"
    return f"{server} gives no answers, so nothing could be looked up: name another one in auth.dns"


def _spf(cfg: Config, sendings: list[Sending], seen: dict[str, Seen], ask: Questions) -> Iterator[Finding]:
    """One finding for each domain that stands in an envelope, by all routes that its mail takes."""
    routes: dict[str, dict[str, Seen]] = {}
    for one in sendings:
        routes.setdefault(one.domain, {})[one.route.name] = seen[one.route.name]
        domain, identity = envelope_domain(cfg, one.route)
        if identity == "mailfrom":
            routes.setdefault(domain, {})[one.route.name] = seen[one.route.name]
    for domain, ways in routes.items():
        yield _told("SPF", domain, partial(spf.spf, domain, [*ways.values()], cfg.mail.host, ask))


def _of_domain(cfg: Config, sending: Sending, seen: Seen, ask: Questions) -> Iterator[Finding]:
    """DKIM, DMARC, and whether our mail is aligned."""
    signs: bool | None = False
    signer = signer_of(sending.route)
    if signer is not None:
        found = _told("DKIM", sending.domain, partial(checks.dkim, sending, signer, ask))
        signs = not found.problem
        yield found
    elif seen.include:
        found = _told("DKIM", sending.domain, partial(checks.provider_dkim, sending, seen, ask))
        signs = None if not seen.selectors else not found.problem
        yield found
    policies: list[Policy | None] = []

    def dmarc() -> Finding:
        finding, policy = checks.dmarc(cfg, sending.domain, ask)
        policies.append(policy)
        return finding

    yield _told("DMARC", sending.domain, dmarc)
    if not policies:
        return

    def alignment() -> Finding:
        helo = sending.route.way.helo or cfg.mail.host
        domain, identity = envelope_domain(cfg, sending.route)
        by_mailfrom = spf.lets_send(sending.domain, seen, helo, ask, identity="mailfrom")
        replies = checks.Envelope(kind="replies", domain=sending.domain, passes=by_mailfrom)
        if identity == "helo" and not seen.is_ours:  # what counts is the name by which that server says hello
            automatic = checks.Envelope(kind="automatic mail", domain="", host=sending.route.way.to.host)
        else:
            passes = spf.lets_send(domain, seen, helo, ask, identity=identity)
            record = spf.wanted(domain, seen, ask) if identity == "helo" and not passes else ""
            automatic = checks.Envelope(kind="automatic mail", domain=domain, passes=passes, record=record)
        return checks.alignment(sending, policies[0], [replies, automatic], signs=signs)

    yield _told("alignment", sending.domain, alignment)


def _told(check: str, name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except Unanswered as error:
        return Finding(check=check, name=name, problem=str(error))
