"""SPF (RFC 7208): may this host send mail for that domain? pyspf judges; the questions to DNS are ours.

Of pyspf we take the grammar and the evaluation, not its DNS: it asks the system's resolver through a global, without
a budget over all. Three of its habits are mended here: it fetches an explanation that nobody reads, it counts mail
servers without an IPv6 address as void look-ups, and it takes seconds over a record of 64 KB.
"""

import ipaddress
import warnings
from functools import cache
from typing import Any

from gateway.tickets.auth_result import Result, Spf
from gateway.tickets.authentication import a_label
from gateway.verify.resolver import Lookups, Unanswered

_MOST = 40  # questions of one evaluation; the ten mechanisms that RFC 7208 allows may each ask for ten more
_LONGEST = 4_000  # octets of a record
_MAX_MX = 10  # RFC 7208 section 4.6.4
# What pyspf raises on records that it did not foresee.
_UNFORESEEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError)


def check(*, ip: str, helo: str, mail_from: str, lookups: Lookups) -> Spf:
    """The answer for one client: of the domain of `mail_from`, or of `helo` where that is the null sender."""
    identity = "mailfrom" if mail_from else "helo"
    domain = a_label((mail_from or helo).rpartition("@")[2])
    asked = Spf(domain=domain, identity=identity, ip=ip)
    if not domain or "." not in domain or domain.startswith("["):
        return Spf(ip=ip, why=f"{'its envelope sender' if mail_from else 'its HELO'} names no domain")
    local = mail_from.rpartition("@")[0] or "postmaster"
    try:
        ipaddress.ip_address(ip)
        query = load()(lookups, i=ip, s=f"{local}@{domain}", h=helo if helo.isascii() else "")
        result, _, explanation = query.check()
    except _UNFORESEEN as fault:
        return _with(asked, Result.PERMERROR, f"the record cannot be evaluated ({type(fault).__name__})")
    why = str(explanation).removeprefix("SPF Permanent Error: ").removeprefix("SPF Temporary Error: ")[:200]
    return _with(asked, Result(result) if result in set(Result) else Result.PERMERROR, _printable(why))


def _with(asked: Spf, result: Result, why: str) -> Spf:
    words = {
        Result.NONE: "the domain publishes nothing",
        Result.PASS: "the domain lets this host send",
        Result.FAIL: "the domain says this host may not send",
        Result.SOFTFAIL: "the domain says this host probably may not send",
        Result.NEUTRAL: "the domain does not say",
    }
    return Spf(result=result, domain=asked.domain, identity=asked.identity, ip=asked.ip, why=words.get(result, why))


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)


@cache
def load() -> Any:
    """pyspf with our questions to DNS: a class, made when the first mail needs it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # its patterns, from Python 3.12 on
        import spf

    class Query(spf.query):  # type: ignore[misc]
        """One evaluation that asks DNS through `Lookups`."""

        def __init__(self, lookups: Lookups, **who: str) -> None:
            super().__init__(**who)
            self._lookups = lookups
            self._asked = 0

        def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
            self._asked += 1
            if self._asked > _MOST:
                raise spf.PermError(f"more than {_MOST} questions to DNS")
            try:
                values = self._lookups.values(str(name), qtype)
            except Unanswered as error:
                raise spf.TempError(str(error))
            if not values and not ignore_void:
                self.void_lookups += 1
                if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                    raise spf.PermError(f"more than {spf.MAX_VOID_LOOKUPS} names that do not exist")
            return [_as_pyspf(value, qtype) for value in values]

        def dns_mx(self, domainname: str) -> list[str]:
            servers = self.dns(domainname, "MX")
            if len(servers) > _MAX_MX:
                raise spf.PermError(f"more than {_MAX_MX} mail servers")
            return [ip for _, server in sorted(servers) for ip in self.dns(server, self.A, ignore_void=True)]

        def dns_spf(self, domain: str) -> str | None:
            record: str | None = super().dns_spf(domain)
            if record and len(record) > _LONGEST:
                raise spf.PermError(f"the record of {domain} is longer than {_LONGEST} octets")
            return record

        def get_explanation(self, spec: str) -> None:
            return None

    return Query


def _as_pyspf(value: bytes, qtype: str) -> Any:
    if qtype == "TXT":
        return [value]
    text = value.decode("ascii", "replace")
    if qtype == "MX":
        preference, _, server = text.partition(" ")
        return int(preference), server
    return text
