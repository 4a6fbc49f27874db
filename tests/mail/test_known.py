"""Our own words, however they come back."""

import pytest

from gateway.mail.reply import split

SENT = [
    "Thank you for your order of the lamp, which is on its way to you.",
    "It will arrive on Monday or on Tuesday, as the carrier tells us.",
    "",
    "Kind regards",
    "Acme Support",
]
TEXT = "\n".join(SENT)
BACK = [
    TEXT,
    " ".join(TEXT.split()),
    TEXT.replace(" ", "\n", 30),
    TEXT.replace("Acme", "*Acme*").replace("\n", "\n\n"),
    "\n".join(f"    {line.upper()}" for line in SENT),
    f"{SENT[0]}\n---\n{SENT[1]}",
]


@pytest.mark.parametrize("text", BACK)
def test_lines_we_sent(text: str) -> None:
    parts = split(f"Fine.\n\n{text}\n\nBut when?", known_lines=SENT)
    assert (parts.reply, parts.elided) == ("Fine.\n\nBut when?", text)


def test_words_alike_are_no_run() -> None:
    for text in (
        "Thank you for your order.",
        "It will arrive on Monday or not at all.",
        "Kind regards",
        "Acme Support",
    ):
        assert split(f"Fine.\n{text}\nWhen?", known_lines=SENT).cuts == ()


def test_a_line_with_a_word_of_its_own_stays() -> None:
    text = f"{SENT[0]} Really?"
    assert split(f"Fine.\n{text}", known_lines=SENT).cuts == ()


def test_what_stands_above_our_words_introduces_them() -> None:
    assert split(f"Fine.\n\nAcme Support wrote:\n{TEXT}", known_lines=SENT).reply == "Fine."
    assert split(f"Fine.\n\nAcme Support wrote:\n{TEXT}").cuts == ()


def test_where_no_blanks_part_the_words() -> None:
    sent = ["ご注文いただきありがとうございます。商品は明日お届けします。"]
    assert (
        split("はい。\nご注文いただきありがとうございます。\n商品は明日お届けします。", known_lines=sent).reply
        == "はい。"
    )
