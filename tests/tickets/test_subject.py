"""Numbers in subjects and subjects without ornaments: columns of inputs and answers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tickets.subject import NumberFormat, base_subject, is_reply, numbers_in

AT = datetime(2026, 11, 27, tzinfo=UTC)

NUMBERS = [
    ("Re: [Acme #12] lamp", (12,)),
    ("[Acme#12] lamp", (12,)),
    ("[acme 12] lamp", (12,)),
    ("(Acme #12) lamp", (12,)),
    ("Acme #12 lamp", (12,)),
    ("[#12] lamp", (12,)),
    ("#12", (12,)),
    ("Re: #12 lamp", (12,)),
    ("about order #12", ()),
    ("about 12", ()),
    ("[Other #12] lamp", ()),
    ("order#12", ()),
    ("[Acme #12] and [#13]", (12, 13)),
    ("#13 then [Acme #12]", (12, 13)),
    ("[Acme #" + "9" * 30 + "]", ()),
    ("", ()),
]


@pytest.mark.parametrize(("subject", "want"), NUMBERS)
def test_numbers(subject: str, want: tuple[int, ...]) -> None:
    assert numbers_in(subject, "Acme") == want


def test_number_formats_are_read_back() -> None:
    shown = NumberFormat(tag="Acme", pattern="{yy}{mm}-{n:04}")
    assert shown.tagged(42, AT) == "[Acme #2611-0042]"
    assert numbers_in("Re: [Acme #2611-0042] x", "Acme", "{yy}{mm}-{n:04}")[0] == 42
    assert numbers_in("Re: [Acme #20260302001] x", "Acme", "{yyyy}{mm}{dd}{n:03}")[0] == 1


@given(st.integers(1, 10**12), st.text(alphabet=st.characters(exclude_characters="#№0123456789[](){}"), max_size=40))
def test_our_own_tag_is_always_found(number: int, rest: str) -> None:
    subject = f"Re: {NumberFormat(tag='Acme').tagged(number, AT)} {rest}"
    assert numbers_in(subject, "Acme") == (number,)


BASES = [
    ("Re: lamp", "lamp"),
    ("RE: AW: Fwd: lamp", "lamp"),
    ("Re[2]: lamp", "lamp"),
    ("Re: [Acme #12] Re: lamp", "lamp"),
    ("回复：灯", "灯"),
    ("Отв: лампа", "лампа"),
    ("Reset my password", "Reset my password"),
    ("Regarding: lamp", "Regarding: lamp"),
    ("  a \t b  ", "a b"),
    ("Re:", ""),
]


@pytest.mark.parametrize(("subject", "want"), BASES)
def test_base_subject(subject: str, want: str) -> None:
    assert base_subject(subject, "Acme") == want


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["Re: ", "AW:", "[Acme #1] ", "(Acme#2)", "x", " ", "[", "I: "])).map("".join)
)
def test_the_base_of_an_answer_is_the_base_again(subject: str) -> None:
    base = base_subject(subject, "Acme")
    assert base_subject(base, "Acme") == base
    for prefix in ("", "Re: ", "AW: Re: ", "Fwd: ", "Отв: "):
        assert base_subject(f"{prefix}[Acme #1042] {base}", "Acme") == base


def test_is_reply() -> None:
    assert is_reply("Re: x")
    assert not is_reply("Reset: x")


BOMBS = ["[" * 60_000, "(" * 60_000, "[#" * 30_000, "( " * 30_000, "re:" * 20_000, "[Acme #" * 9_000, " " * 60_000]


@pytest.mark.timeout(5)
@pytest.mark.parametrize("bomb", BOMBS, ids=[bomb[:8] for bomb in BOMBS])
def test_subjects_made_to_take_long_do_not(bomb: str) -> None:
    """What the worker does with a stranger's text is outside the reader's time limit: it must be linear."""
    numbers_in(bomb, "Acme")
    numbers_in(bomb, "Acme", "{yy}{mm}-{n:04}")
    base_subject(bomb, "Acme")
