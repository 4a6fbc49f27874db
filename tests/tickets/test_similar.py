"""What two tickets share: figures on a set of our own, the reasons given, and bounds that no stranger can stretch."""

from collections import defaultdict

import pytest

from gateway.tickets.similar import (
    ALIKE,
    MAX_CANDIDATES,
    MAX_TOKENS,
    NEWEST,
    Likeness,
    Profile,
    candidates,
    house_of,
    likeness,
    profile,
)
from support.matters import written


def compared(profiles: list[Profile]) -> dict[tuple[int, int], Likeness]:
    """Every pair that is worth a comparison."""
    holders: dict[str, list[int]] = defaultdict(list)
    for one in profiles:
        for token in one.tokens:
            holders[token].append(one.number)
    common = {token: len(having) for token, having in holders.items()}
    by_number = {one.number: one for one in profiles}
    return {
        (one.number, other): likeness(one, by_number[other], common)
        for one in profiles
        for other in candidates(one, holders)
    }


def like(one: tuple[str, str], other: tuple[str, str], **more: object) -> Likeness:
    first, second = profile(1, *one, **more), profile(2, *other, **more)  # type: ignore[arg-type]
    return compared([first, second]).get((1, 2), Likeness(score=0))


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_the_figures(seed: int) -> None:
    """Of what is shown nearly all is right, most of what is right is shown, and every ticket shows something right."""
    tickets = list(written(seed=seed))
    assert len(tickets) == 200
    matter = {number: one.matter for number, one in enumerate(tickets)}
    likes = compared([profile(number, one.subject, one.text) for number, one in enumerate(tickets)])
    shown = [pair for pair, like in likes.items() if like.score >= ALIKE]
    right = [(one, other) for one, other in shown if matter[one] == matter[other]]
    assert len(right) / len(shown) >= 0.98
    assert len(right) / (200 * 9) >= 0.8
    assert {one for one, _ in right} == set(range(200))


ALIKE_PAIRS = {
    "an order number": (
        ("Lamp", "Where is order ORD-118203?"), ("Complaint", "I have not got anything of ord-118203 yet."), "ord-118203"
    ),
    "its digits alone": (("Lamp", "Where is ORD-118203?"), ("Complaint", "order 118203 is late"), "118203"),
    "an error code": (("Shop", "It says E-7731"), ("Trouble", "my screen shows E7731"), "e-7731"),
    "a short code after its word": (("Shop", "I get error 503"), ("Trouble", "only Error: 503"), "error 503"),
}  # fmt: skip


@pytest.mark.parametrize("case", ALIKE_PAIRS)
def test_a_rare_number_or_code_tells_most(case: str) -> None:
    one, other, named = ALIKE_PAIRS[case]
    found = like(one, other)
    assert found.score >= ALIKE
    assert f"both name {named}" in found.why


UNLIKE = {
    "other matters": (("Refund", "the money has not come back"), ("Login", "my password is refused")),
    "a greeting": (("Question", "Hello, dear team, thanks, kind regards"), ("Help", "Hello dear team, kind regards")),
    "a date": (("Visit", "I come on 27.11.2026 at 10:30"), ("Delivery", "it was due 27.11.2026 10:30")),
    "a short number": (("Lamps", "we want 500 of them"), ("Chairs", "there were 500 before")),
    "nothing at all": (("", ""), ("", "")),
    "no words": (("(no subject)", "(no text; attached: a.pdf)"), ("(no subject)", "(no text; attached: b.pdf)")),
}


@pytest.mark.parametrize("case", UNLIKE)
def test_what_anybody_writes_tells_nothing(case: str) -> None:
    assert like(*UNLIKE[case]).score < ALIKE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("Паролем не войти", "Не могу войти, пароль не подходит"),
            ("не могу войти", "пароль не принимают, войти нельзя"),
        ),
        (("Konvice teče", "konvice teče u dna"), ("KONVICE TECE", "Konvice u dna teče")),
        (
            ("ログインできません", "パスワードが正しいのにログインできません"),
            ("ログインできない", "パスワードを入れてもログインできません"),
        ),
        (
            ("लॉगिन नहीं हो रहा", "मेरा पासवर्ड गलत बताया जा रहा है"),
            ("लॉगिन की समस्या", "लॉगिन नहीं होता, पासवर्ड गलत बताता है"),
        ),
        (("เข้าสู่ระบบไม่ได้", "รหัสผ่านถูกต้อง"), ("ระบบไม่ให้เข้า", "รหัสผ่านถูกต้องแล้ว")),
        (("Øl og lås", "Søren får ingen øl"), ("OL OG LAS", "Soren far ingen ol")),
    ],
)
def test_any_script_will_do(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert like(one, other).score >= ALIKE


def test_weak_signs_add_a_little_and_are_named() -> None:
    one, other = ("Cannot log in", "the login page fails"), ("Login", "login fails")
    bare = like(one, other)
    more = like(one, other, area="login", house="big.example", requester=7)
    assert bare.score < more.score <= bare.score + 0.11
    assert {"same area: login", "same organisation", "same requester"} <= set(more.why)
    nothing = like(("Refund", "money"), ("Login", "password"), area="login", house="big.example")
    assert nothing.score == 0


HOUSES = [
    ("ann@acme.example", None, "acme.example"),
    ("ann@ACME.example", None, "acme.example"),
    ("ann@gmail.com", None, ""),
    ("ann@seznam.cz", None, ""),
    ("ann@gmail.com", "big", "organisation:big"),
    ("ann@acme.example", "big", "organisation:big"),
    ("", None, ""),
]


@pytest.mark.parametrize(("mailbox", "organisation", "house"), HOUSES)
def test_what_colleagues_share(mailbox: str, organisation: str | None, house: str) -> None:
    assert house_of(mailbox, organisation) == house


HOSTILE = {
    "one word": "a" * 1_000_000,
    "many words": " ".join(f"word{number}x" for number in range(100_000)),
    "separators": "-./:_" * 200_000,
    "a long chain": "1-" * 500_000,
    "codes": " ".join(f"E-{number}" for number in range(100_000)),
    "combining": "e" + "\u0301" * 500_000,
    "one sign for eighteen": "\ufdfa" * 100_000,
    "unspaced": "語" * 500_000,
    "control": "\x00\x1b[2J" * 100_000,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_kept_of_a_text_is_bounded(case: str) -> None:
    text = HOSTILE[case]
    one, other = profile(1, text, text), profile(2, text, text)
    assert len(one.tokens) <= MAX_TOKENS
    assert all(0 < len(token) <= 60 and len(shown) <= 60 for token, shown in one.tokens.items())
    assert len(one.subject) <= 250
    assert len(one.text) <= 400
    assert 0 <= likeness(one, other, {}).score <= 1


def test_candidates_are_bounded_however_many_share_a_word() -> None:
    everybody = range(10**12)  # nobody comes to its end
    one = profile(len(everybody), "outage", "nothing works")
    found = candidates(one, dict.fromkeys(one.tokens, everybody))
    assert len(found) == MAX_CANDIDATES <= NEWEST
    assert min(found) >= len(everybody) - NEWEST
