"""Questions to DNS: what counts as an answer, what is remembered, and what the budget does when nobody answers."""

import pytest

from gateway.config import Listen
from gateway.verify import resolver as resolving
from gateway.verify.resolver import Resolver, Unanswered
from support.dns_stub import DnsStub


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def dns() -> DnsStub:
    with DnsStub() as stub:
        yield stub


def asking(dns: DnsStub, clock: Clock | None = None) -> Resolver:
    server = Listen(host="127.0.0.1", port=dns.port)
    return Resolver(server, clock=clock) if clock else Resolver(server)


def quick(resolver: Resolver, name: str, *, patient: bool = True) -> tuple[bytes, ...]:
    """One question that waits a tenth of a second."""
    return resolver.lookups(each=0.1, patient=patient).txt(name)


def test_answers(dns: DnsStub) -> None:
    dns.txt("a.example", "one", "x" * 300).put("a.example", "MX", "10 mx.a.example.").put(
        "a.example", "AAAA", "2001:db8::1"
    )
    dns.put("alias.example", "CNAME", "a.example.")
    look = asking(dns).lookups()
    assert set(look.txt("a.example")) == {b"one", b"x" * 300}
    assert look.txt("A.Example.") == look.txt("a.example")
    assert look.values("a.example", "MX") == (b"10 mx.a.example",)
    assert look.values("a.example", "AAAA") == (b"2001:db8::1",)
    assert set(look.txt("alias.example")) == {b"one", b"x" * 300}
    assert look.values("a.example", "A") == ()  # the name is there, the record is not
    assert look.txt("gone.example") == ()
    assert look.txt("bücher.example") == ()
    assert ("xn--bcher-kva.example", "TXT") in dns.asked


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", "a" * 64 + ".example", "a." * 150 + "b", "back\\slash.example", "ü" * 80]
)
def test_what_is_no_name_is_not_asked(name: str, dns: DnsStub) -> None:
    assert asking(dns).lookups().txt(name) == ()
    assert not dns.asked


@pytest.mark.parametrize("mode", ["servfail", "refused", "garbage", "drop"])
def test_no_answer_is_not_no_record(mode: str, dns: DnsStub) -> None:
    dns.txt("a.example", "x")
    dns.misbehave("a.example", mode)  # type: ignore[arg-type]
    with pytest.raises(Unanswered):
        quick(asking(dns), "a.example")


def test_what_a_datagram_cannot_hold_comes_by_tcp(dns: DnsStub) -> None:
    dns.txt("a.example", "x" * 5000)
    dns.txt("b.example", "y")
    dns.misbehave("b.example", "truncate")
    look = asking(dns).lookups()
    assert look.txt("a.example") == (b"x" * 5000,)
    assert look.txt("b.example") == (b"y",)
    assert dns.by_tcp == 2


def test_what_nobody_publishes_in_good_faith_is_not_there(dns: DnsStub) -> None:
    dns.txt("a.example", *["x" * 4000 + str(number) for number in range(10)])
    assert asking(dns).lookups().txt("a.example") == ()


def test_nobody_listens_there(dns: DnsStub) -> None:
    resolver = asking(dns)
    dns.close()
    with pytest.raises(Unanswered):
        quick(resolver, "a.example")


# ---- memory --------------------------------------------------------------------------------------------------------


def test_answers_are_remembered_as_long_as_they_say(dns: DnsStub) -> None:
    clock = Clock()
    dns.ttl = 300
    dns.txt("a.example", "x")
    resolver = asking(dns, clock)
    for _ in range(3):
        assert resolver.lookups().txt("a.example") == (b"x",)
        assert resolver.lookups().txt("gone.example") == ()
    assert dns.asked == {("a.example", "TXT"): 1, ("gone.example", "TXT"): 1}
    clock.now += 61
    resolver.lookups().txt("gone.example")
    resolver.lookups().txt("a.example")
    assert dns.asked == {("a.example", "TXT"): 1, ("gone.example", "TXT"): 2}
    clock.now += 300
    resolver.lookups().txt("a.example")
    assert dns.asked["a.example", "TXT"] == 2


def test_a_name_without_an_answer_is_not_asked_again_at_once(dns: DnsStub) -> None:
    clock = Clock()
    dns.txt("a.example", "x")
    dns.misbehave("a.example", "drop")
    resolver = asking(dns, clock)
    for _ in range(3):
        with pytest.raises(Unanswered):
            quick(resolver, "a.example")
    asked = dns.asked["a.example", "TXT"]
    dns.misbehave("a.example", None)
    clock.now += 31
    assert quick(resolver, "a.example") == (b"x",)
    assert dns.asked["a.example", "TXT"] == asked + 1


def test_only_so_much_is_remembered(dns: DnsStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "_REMEMBERED", 3)
    resolver = asking(dns)
    for number in range(6):
        resolver.lookups().txt(f"n{number}.example")
    assert len(resolver._known) == 3


# ---- the budget ----------------------------------------------------------------------------------------------------


def test_so_long_in_all(dns: DnsStub) -> None:
    clock = Clock()
    look = asking(dns, clock).lookups(total=5)
    look.txt("a.example")
    clock.now += 5
    with pytest.raises(Unanswered, match="took too long"):
        look.txt("b.example")
    assert ("b.example", "TXT") not in dns.asked
    look.txt("a.example")  # what is known costs nothing


def test_so_many_in_all(dns: DnsStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "MOST", 3)
    look = asking(dns).lookups()
    for number in range(3):
        look.txt(f"n{number}.example")
    with pytest.raises(Unanswered, match="more than 3"):
        look.txt("n4.example")


def test_where_nobody_answers_who_can_wait_is_not_made_to(dns: DnsStub) -> None:
    """Customers' mail goes on at once for a few seconds; an agent's asks all the same, and an answer ends it."""
    clock = Clock()
    dns.misbehave("", "drop")
    resolver = asking(dns, clock)
    for number in range(5):
        with pytest.raises(Unanswered):
            quick(resolver, f"n{number}.example", patient=False)
    asked = sum(dns.asked.values())
    with pytest.raises(Unanswered, match="nothing at present"):
        quick(resolver, "other.example", patient=False)
    assert sum(dns.asked.values()) == asked
    dns.misbehave("", None)
    dns.txt("agent.example", "x")
    assert quick(resolver, "agent.example") == (b"x",)
    assert quick(resolver, "more.example", patient=False) == ()


def test_the_silence_ends_by_itself(dns: DnsStub) -> None:
    clock = Clock()
    dns.misbehave("", "drop")
    resolver = asking(dns, clock)
    for number in range(5):
        with pytest.raises(Unanswered):
            quick(resolver, f"n{number}.example", patient=False)
    dns.misbehave("", None)
    clock.now += 6
    assert quick(resolver, "other.example", patient=False) == ()


def test_a_domain_that_answers_nothing_does_not_silence_the_others(dns: DnsStub) -> None:
    """Its own server is slow, ours says so: that is an answer."""
    dns.misbehave("slow.example", "servfail")
    resolver = asking(dns)
    for number in range(8):
        with pytest.raises(Unanswered):
            quick(resolver, f"n{number}.slow.example", patient=False)
    assert quick(resolver, "other.example", patient=False) == ()


# ---- the server ----------------------------------------------------------------------------------------------------


def test_a_server_may_have_a_name() -> None:
    made = Resolver(Listen(host="localhost", port=5353))._resolver()
    assert made.nameservers[0] in ("127.0.0.1", "::1")
    assert made.port == 5353


def test_another_server_knows_nothing_of_what_the_first_said(dns: DnsStub) -> None:
    resolver = asking(dns)
    assert resolver.lookups().txt("a.example") == ()
    with DnsStub() as another:
        another.txt("a.example", "x")
        resolver.serve(Listen(host="127.0.0.1", port=another.port))
        assert resolver.lookups().txt("a.example") == (b"x",)
        resolver.serve(Listen(host="127.0.0.1", port=another.port))
        assert resolver.lookups().txt("a.example") == (b"x",)
        assert another.asked["a.example", "TXT"] == 1


def test_a_server_that_cannot_be_found(dns: DnsStub) -> None:
    with pytest.raises(Unanswered, match="cannot be found"):
        quick(Resolver(Listen(host="resolver.invalid", port=dns.port)), "a.example")


def test_the_systems_own_are_read_again_after_a_while() -> None:
    clock = Clock()
    resolver = Resolver(clock=clock)
    first = resolver._resolver()
    assert resolver._resolver() is first
    clock.now += 61
    assert resolver._resolver() is not first
