"""What is written in letters of several alphabets."""

import pytest

from gateway.mail import Address
from gateway.tickets.alphabets import in_ascii, is_mixed

MIXED = ["Саrol Reyes", "carol@аcme.example", "carοl@acme.example", "Ｃarol", "Jane Dоe"]
PLAIN = [
    "",
    "Carol Reyes",
    "Кэрол Рейес",
    "Иван Ivanov",
    "Zoë Núñez",
    "Müller",
    "почта@пример.рф",
    "山田 Taro",
    "O’Neill",
]


@pytest.mark.parametrize("text", MIXED)
def test_a_word_in_two_alphabets_is_told(text: str) -> None:
    assert is_mixed(text)


@pytest.mark.parametrize("text", PLAIN)
def test_one_alphabet_a_word_is_how_people_write(text: str) -> None:
    assert not is_mixed(text)


ASCII = {
    "carol@acme.example": "",
    "carol@аcme.example": "carol@xn--cme-5cd.example",
    "ann@bücher.example": "ann@xn--bcher-kva.example",
    f"ann@{'ü' * 70}.example": "",
    "ann@ü..example": "",
}


@pytest.mark.parametrize(("addr", "shown"), ASCII.items())
def test_as_servers_write_it(addr: str, shown: str) -> None:
    assert in_ascii(Address(addr=addr)) == shown
