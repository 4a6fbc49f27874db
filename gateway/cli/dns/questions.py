"""Questions to DNS with one budget for all of them, findings, and records as zone files have them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.verify.resolver import Lookups, Resolver, Unanswered, Values

TOTAL = 30.0  # seconds for everything
EACH = 2.0  # seconds for one question
_SILENT_AFTER = 3  # questions in a row that nobody answered: then nobody will
_STRING = 255  # octets of one string of a TXT record (RFC 1035 section 3.3.14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found at one name. `problem` is `""` where all is well; `publish` are records, ready to paste."""

    check: str
    name: str
    saw: Sequence[str] = ()
    problem: str = ""
    publish: Sequence[str] = ()


class Questions:
    """Asks until the time for all questions is up, or nobody answers. Every method raises Unanswered."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._until = time.monotonic() + TOTAL

    def lookups(self) -> Lookups:
        """The questions of one check, as many as one mail may cause."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise Unanswered(f"not asked any more: all questions together took over {TOTAL:.0f} s")
        if self._resolver.silent >= _SILENT_AFTER:
            server = self._resolver.server or "the DNS server of this machine"
            raise Unanswered(f"not asked: {server} gives no answers; name another one in auth.dns")
        return self._resolver.lookups(total=left, each=EACH)

    def values(self, name: str, kind: str) -> Values:
        return self.lookups().values(name, kind)

    def texts(self, name: str, beginning: str) -> list[str]:
        """The TXT records at a name that begin so, whatever their case."""
        found = [value.decode("utf-8", "replace") for value in self.values(name, "TXT")]
        return [text for text in found if text.lower().startswith(beginning.lower())]

    def addresses(self, host: str) -> list[str]:
        """The IP addresses of a host, those of IPv4 first."""
        return [value.decode() for kind in ("A", "AAAA") for value in self.values(host, kind)]


def txt(name: str, text: str) -> str:
    """`name. IN TXT "..."`, in as many strings as it takes."""
    data = text.encode()
    pieces = [data[start : start + _STRING].decode("ascii", "replace") for start in range(0, len(data), _STRING)]
    quoted = (piece.replace("\\", "\\\\").replace('"', '\\"') for piece in pieces)
    return f"{name}. IN TXT " + " ".join(f'"{piece}"' for piece in quoted)
