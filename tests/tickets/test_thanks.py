import pytest

from gateway.mail import Mail
from gateway.tickets.thanks import is_thanks, is_thanks_alone

YES = [
    "Thanks!",
    "Thank you very much, works now.",
    "Vielen Dank!",
    "Merci beaucoup",
    "Спасибо большое!",
    "Díky moc",
    "Dziękuję bardzo",
    "Ok, perfect, thanks",
]
NO = [
    "",
    "Thanks, but it still does not work",
    "Thanks, one more question?",
    "It works",
    "Danke, und meine Rechnung?",
    "thanks " * 40,
]


@pytest.mark.parametrize("text", YES)
def test_thanks(text: str) -> None:
    assert is_thanks(text)


@pytest.mark.parametrize("text", NO)
def test_more_than_thanks(text: str) -> None:
    assert not is_thanks(text)


QUOTE = "On 2 March, Acme Support wrote:\n> Hello Ann,\n>\n> it is done.\n"


@pytest.mark.parametrize(
    ("mail", "alone"),
    [
        (Mail(reply="Thanks!"), True),
        (Mail(reply="Thanks!", elided="-- \nAnn Lee", signature="Ann Lee"), True),
        (Mail(reply="Thanks!", elided=QUOTE), True),
        (Mail(reply="Thanks!", elided=f"{QUOTE}\n-- \nAnn Lee", signature="Ann Lee"), True),
        (Mail(reply="Thanks!", elided="From: Acme\nSent: today\nIt is done.", markers=("abc",)), True),
        (Mail(reply="Thanks!", elided="From: Acme\nSent: today\nIt is done."), False),  # perhaps; then it opens again
        (Mail(reply="Thanks!", elided="On 2 March your colleague wrote:\nthe refund comes.\nWhere is it?"), False),
        (Mail(reply="Thanks!", elided=f"{QUOTE}but it still does not work"), False),
        (Mail(reply="Thanks, and one question?", elided=QUOTE), False),
    ],
)
def test_what_was_cut_must_be_nobodys_words_of_now(mail: Mail, alone: bool) -> None:
    assert is_thanks_alone(mail) is alone


def test_a_long_cut_is_looked_at_quickly() -> None:
    for cut in ("a:\n" * 50_000, "a:\n>" + "> \n" * 50_000 + "x", "\n" * 100_000 + "x", "_" * 100_000 + "x"):
        assert not is_thanks_alone(Mail(reply="Thanks!", elided=cut))
