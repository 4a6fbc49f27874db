"""What the sender wrote this time. Cutting too little is a nuisance, cutting too much loses words."""

import pytest

from gateway.mail.quotes import Split, split

CASES = [
    ("", Split("")),
    ("hello", Split("hello")),
    ("\nhello\n\nthere\n", Split("hello\n\nthere")),
    ("yes\n\nOn Fri, 27 Nov 2026, Ann wrote:\n> no\n", Split("yes", "On Fri, 27 Nov 2026, Ann wrote:\n> no")),
    ("yes\n\nAm 27.11.2026 schrieb Ann:\n\n> no", Split("yes", "Am 27.11.2026 schrieb Ann:\n\n> no")),
    (
        "yes\n\nOn Fri, 27 Nov 2026 at 09:00, Ann Lee\n<ann@example.net> wrote:\n> no",
        Split("yes", "On Fri, 27 Nov 2026 at 09:00, Ann Lee\n<ann@example.net> wrote:\n> no"),
    ),
    # the line above a quote is the sender's own where it names neither date nor address, or ends without a colon
    ("This is wrong:\n> no", Split("This is wrong:", "> no")),
    ("I paid 50 euros.\n> no", Split("I paid 50 euros.", "> no")),
    ("That makes 50:\n> no", Split("That makes 50:", "> no")),
    ("> one\nAnswer of 27.11.2026:\n> two", Split("Answer of 27.11.2026:", "> one\n> two")),
    # ... and where it is part of a longer paragraph
    ("first\nsecond line\n<a@b> said:\n> no", Split("first\nsecond line", "<a@b> said:\n> no")),
    ("I paid 50 euros\nThis is wrong:\n> no", Split("I paid 50 euros\nThis is wrong:", "> no")),
    ("Right.\nAm 27.11.2026 um 09:00 schrieb Ann:\n> no", Split("Right.", "Am 27.11.2026 um 09:00 schrieb Ann:\n> no")),
    ("> one\nanswer one\n> two\nanswer two", Split("answer one\nanswer two", "> one\n> two")),
    ("> all\n> quoted", Split("> all\n> quoted")),
    ("yes\n-- \nAnn\nAcme", Split("yes", "", "Ann\nAcme")),
    ("> no\n\nyes\n-- \nAnn", Split("yes", "> no", "Ann")),
    ("yes\n--\nAnn", Split("yes", "", "Ann")),
    ("-- \nAnn", Split("-- \nAnn")),
    ("yes\n-- \nAnn\n> no", Split("yes", "> no", "Ann")),
    ("yes\n---\nno signature", Split("yes\n---\nno signature")),
    ("yes\n-- \n" + "long\n" * 30, Split("yes\n-- \n" + "long\n" * 29 + "long")),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_split(text: str, expected: Split) -> None:
    assert split(text) == expected
