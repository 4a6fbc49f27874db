"""SPF of a domain (RFC 7208): one record, in ten look-ups, that lets our way out send."""

import ipaddress
import re
from collections.abc import Iterator, Sequence

from gateway.cli.dns.questions import Finding, Questions, txt
from gateway.cli.dns.senders import Seen
from gateway.tickets.auth_result import Result
from gateway.verify import sender_policy

_MOST = 10  # look-ups, RFC 7208 section 4.6.4
_RECORD = re.compile(r"v=spf1(?: |$)", re.IGNORECASE)
_TERM = re.compile(
    r"[+?~-]?(?P<name>include|a|mx|ptr|exists|redirect|all)(?:[:=](?P<of>[^/ ]+))?(?:/.*)?", re.IGNORECASE
)


def spf(domain: str, seen: Sequence[Seen], helo: str, ask: Questions) -> Finding:
    """Whether the record of `domain` is sound and lets each of these ways out send. Raises Unanswered."""
    records = _records(domain, ask)
    wanted = [term for one in seen for term in _terms(one)]
    if len(records) != 1:
        none = "there is no record: nobody is told which servers may send for this domain"
        several = f"there are {len(records)} records, so receivers use none of them: publish one"
        merged = _merged(records, wanted)
        return Finding(check="SPF", name=domain, saw=records, problem=several if records else none,
                       publish=[txt(domain, merged)])  # fmt: skip
    (record,) = records
    saw = [record, *(one.how for one in seen)]
    walked = _Walk(ask)
    walked.through(record, domain)
    saw.append(f"{walked.count} look-ups of {_MOST}")
    problem, amended = _wrong(record, domain, seen, helo, walked, ask), _merged(records, wanted)
    publish = [txt(domain, amended)] if problem and amended != record else []
    return Finding(check="SPF", name=domain, saw=saw, problem=problem, publish=publish)


def lets_send(domain: str, one: Seen, helo: str, ask: Questions, *, identity: str) -> bool:
    """Whether SPF passes for mail that leaves so. `identity`: `mailfrom`, or `helo` for empty envelope senders."""
    if one.include:
        records = _records(domain, ask)
        walked = _Walk(ask)
        for record in records:
            walked.through(record, domain)
        return len(records) == 1 and one.include in walked.included and identity == "mailfrom"
    return bool(one.ips) and all(
        sender_policy.check(
            ip=ip,
            helo=domain if identity == "helo" else helo,
            mail_from="" if identity == "helo" else f"postmaster@{domain}",
            lookups=ask.lookups(),
        ).result
        is Result.PASS
        for ip in one.ips
    )


def wanted(domain: str, one: Seen, ask: Questions) -> str:
    """The record that lets this way out send for a domain, with all that is in it already. Raises Unanswered."""
    return txt(domain, _merged(_records(domain, ask), list(_terms(one))))


def _records(domain: str, ask: Questions) -> list[str]:
    return sorted(text for text in ask.texts(domain, "v=spf1") if _RECORD.match(text))


def _wrong(record: str, domain: str, seen: Sequence[Seen], helo: str, walked: "_Walk", ask: Questions) -> str:
    terms = record.lower().split()
    if walked.problem:
        return walked.problem
    if walked.count > _MOST:
        return f"it takes {walked.count} look-ups; receivers stop at {_MOST} and use none of it"
    if "all" in terms or "+all" in terms:
        return 'it ends in "+all", which lets everybody send for this domain: write "~all"'
    for one in seen:
        if one.include and one.include not in walked.included:
            return f"it does not let our provider send: include:{one.include} is missing"
        for ip in one.ips:
            found = sender_policy.check(ip=ip, helo=helo, mail_from=f"postmaster@{domain}", lookups=ask.lookups())
            if found.result is not Result.PASS:
                return f"it does not let {ip} send: {found.result}, {found.why}"
    return ""


def _terms(one: Seen) -> Iterator[str]:
    """What a record needs for this way out."""
    if one.include:
        yield f"include:{one.include}"
    for ip in one.ips:
        yield f"ip{ipaddress.ip_address(ip).version}:{ip}"


def _merged(records: Sequence[str], wanted: Sequence[str]) -> str:
    """One record with all that these let send, and what is wanted, under the strictest last word of theirs."""
    terms = [term for record in records for term in record.split()[1:]]
    last = [term for term in ("-all", "~all", "?all") if term in map(str.lower, terms)]
    redirects = [term for term in terms if term.lower().startswith("redirect=")]
    if len(records) == 1 and redirects:
        last = redirects
    rest = [
        f"include:{term.partition('=')[2]}" if term in redirects else term
        for term in terms
        if not re.fullmatch(r"[+?~-]?all", term, re.IGNORECASE) and term not in last
    ]
    return " ".join(["v=spf1", *dict.fromkeys([*rest, *wanted] or ["mx"]), (last or ["~all"])[0]])


class _Walk:
    """All records that one record brings in: how many look-ups they take, and what is included."""

    def __init__(self, ask: Questions) -> None:
        self._ask = ask
        self.count = 0
        self.included: set[str] = set()
        self.problem = ""

    def through(self, record: str, domain: str) -> None:
        for term in record.split()[1:]:
            match = _TERM.fullmatch(term)
            if match is None or match["name"].lower() == "all":
                continue
            self.count += 1
            name = match["name"].lower()
            if name in ("include", "redirect") and "%" not in (match["of"] or "%"):
                self._into(match["of"].lower().rstrip("."), domain)

    def _into(self, other: str, domain: str) -> None:
        if other in self.included or self.count > 2 * _MOST:
            return
        self.included.add(other)
        records = _records(other, self._ask)
        if len(records) != 1:
            what = "no record" if not records else f"{len(records)} records"
            self.problem = self.problem or f"{domain} brings in {other}, which has {what}, so receivers use none of it"
            return
        self.through(records[0], other)
