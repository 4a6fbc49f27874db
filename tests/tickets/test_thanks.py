import pytest

from gateway.tickets.thanks import is_thanks

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
