"""Questions to DNS under a budget: so long in all, so long each, so many. Answers are remembered for a while.

What does not exist is an empty answer; what cannot be known now is `Unanswered`. A name that gave no answer is not
asked again at once, and where nobody answers at all, mails that can go on without do so for a few seconds.
"""

import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.config import Listen
from gateway.errors import Temporary
from gateway.tickets.authentication import a_label

if TYPE_CHECKING:
    import dns.resolver

TOTAL = 5.0  # seconds for all questions of one mail
EACH = 2.0  # seconds for one question
MOST = 60  # questions of one mail
_SERVER = 0.8  # seconds before the next server is asked
_REMEMBERED = 2_000  # answers
_REMEMBERED_OCTETS = 4 * 1024  # of one answer; larger ones are asked for again
_USED_OCTETS = 32 * 1024  # of one answer; nobody publishes more in good faith
_KEEP_MOST, _KEEP_NOTHING, _KEEP_SILENCE = 3600.0, 60.0, 30.0  # seconds
_SYSTEM_FOR = 60.0  # seconds until resolv.conf is read again
_SILENT_AFTER = 5  # questions in a row that nobody answered
_SILENT_FOR = 5.0  # seconds without questions then

Values = tuple[bytes, ...]


class Unanswered(Temporary):
    """DNS did not say: no answer in time, an error of a server, or the budget is spent."""


class Resolver:
    """Asks one server, or those of the system. Shared by all threads of a process for its whole life."""

    def __init__(self, server: Listen | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.server = server
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], tuple[float, Values | None]] = OrderedDict()
        self._asks: dns.resolver.Resolver | None = None
        self._made_at = 0.0
        self._unanswered = 0
        self._silent_until = 0.0

    def serve(self, server: Listen | None) -> None:
        """Ask this server from now on (`auth.dns`); what another one said is forgotten."""
        with self._lock:
            if server != self.server:
                self.server, self._asks = server, None
                self._known.clear()
                self._unanswered, self._silent_until = 0, 0.0

    @property
    def silent(self) -> int:
        """How many questions in a row nobody answered at all."""
        return self._unanswered

    def lookups(self, *, patient: bool = True, total: float = TOTAL, each: float = EACH) -> "Lookups":
        """The questions of one mail. `patient`: ask even where nobody has answered for a while."""
        return Lookups(self, deadline=self._clock() + total, each=each, patient=patient)

    def ask(self, name: str, kind: str, *, deadline: float, each: float, patient: bool) -> Values:
        """Every value of a record type, as DNS spells it; empty where there is none. Raises Unanswered."""
        key, now = (name, kind), self._clock()
        with self._lock:
            known = self._known.get(key)
            if known and known[0] > now:
                if known[1] is None:
                    raise Unanswered(f"DNS gave no answer on {name} a moment ago")
                return known[1]
            is_silent = self._silent_until > now and not patient
        seconds = min(each, deadline - now)
        if seconds <= 0:
            raise Unanswered("DNS took too long for this mail")
        if is_silent:
            raise Unanswered("DNS answers nothing at present")
        try:
            values, keep = self._asked(name, kind, seconds)
        except Unanswered:
            self._remember(key, None, _KEEP_SILENCE)
            raise
        self._remember(key, values, keep)
        return values

    def _remember(self, key: tuple[str, str], values: Values | None, keep: float) -> None:
        with self._lock:
            self._known[key] = (self._clock() + keep, values)
            self._known.move_to_end(key)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)

    def _asked(self, name: str, kind: str, seconds: float) -> tuple[Values, float]:
        """One question over the network, and for how many seconds its answer holds."""
        import dns.exception
        import dns.name
        import dns.resolver

        try:
            answer = self._resolver().resolve(
                dns.name.from_text(name), kind, lifetime=seconds, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            self._heard()
            return (), _KEEP_NOTHING
        except (dns.exception.Timeout, OSError) as error:
            self._heard_nothing()
            why = error.strerror if isinstance(error, OSError) and error.strerror else "timed out"
            raise Unanswered(f"DNS gave no answer on {name}: {why}")
        except dns.resolver.NoResolverConfiguration:
            raise Unanswered("this machine has no DNS server in /etc/resolv.conf; name one in auth.dns")
        except dns.resolver.NoNameservers:
            self._heard()
            raise Unanswered(f"no DNS server could answer on {name}")
        except dns.exception.DNSException as error:  # no name that DNS could hold, or an answer that is none
            self._heard()
            if isinstance(error, dns.exception.SyntaxError | dns.exception.FormError):
                return (), _KEEP_NOTHING
            raise Unanswered(f"DNS cannot be asked about {name}: {error}")
        self._heard()
        if answer.rrset is None:
            return (), _KEEP_NOTHING
        values = tuple(_spelled(rdata, kind) for rdata in answer.rrset)
        octets = sum(map(len, values))
        if octets > _USED_OCTETS:
            return (), _KEEP_NOTHING
        return values, min(float(answer.rrset.ttl), _KEEP_MOST) if octets <= _REMEMBERED_OCTETS else 0.0

    def _resolver(self) -> "dns.resolver.Resolver":
        import dns.resolver

        with self._lock:
            old = self.server is None and self._clock() - self._made_at > _SYSTEM_FOR
            if self._asks is not None and not old:
                return self._asks
            if self.server is None:
                made = dns.resolver.Resolver()
            else:
                made = dns.resolver.Resolver(configure=False)
                made.nameservers = [_address(self.server.host)]
                made.port = self.server.port
            made.timeout = _SERVER
            made.use_edns(0, 0, 1232)  # larger answers would come in fragments; they come by TCP instead
            self._asks, self._made_at = made, self._clock()
            return made

    def _heard(self) -> None:
        with self._lock:
            self._unanswered = 0
            self._silent_until = 0.0

    def _heard_nothing(self) -> None:
        with self._lock:
            self._unanswered += 1
            if self._unanswered >= _SILENT_AFTER:
                self._silent_until = self._clock() + _SILENT_FOR


class Lookups:
    """The questions of one mail, each counted. All raise Unanswered."""

    def __init__(self, resolver: Resolver, *, deadline: float, each: float, patient: bool) -> None:
        self._resolver = resolver
        self._deadline = deadline
        self._each = each
        self._patient = patient
        self.asked = 0

    def txt(self, name: str) -> Values:
        """The texts at a name, each joined from its strings (RFC 7208 section 3.3)."""
        return self.values(name, "TXT")

    def values(self, name: str, kind: str) -> Values:
        """A, AAAA, PTR: the address or name; MX: `10 mx.example.net`; TXT: the text."""
        ascii_name = a_label(name.rstrip("."))
        labels = ascii_name.split(".")
        if len(ascii_name) > 253 or not all(0 < len(label) < 64 for label in labels) or "\\" in ascii_name:
            return ()
        self.asked += 1
        if self.asked > MOST:
            raise Unanswered(f"more than {MOST} questions to DNS for one mail")
        return self._resolver.ask(
            ascii_name + ".", kind, deadline=self._deadline, each=self._each, patient=self._patient
        )


def _address(host: str) -> str:
    """The server's IP address, which is what dnspython wants; a name is looked up as the system does it."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)[0][4][0])
    except OSError as error:
        raise Unanswered(f"auth.dns names {host}, which cannot be found: {error}")


def _spelled(rdata: object, kind: str) -> bytes:
    strings = getattr(rdata, "strings", None)
    if kind == "TXT" and strings is not None:
        return b"".join(strings)
    text: str = rdata.to_text()  # type: ignore[attr-defined]
    return text.rstrip(".").encode()
