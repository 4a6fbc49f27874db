"""The language, where there is no doubt."""

import pytest

from gateway.mail.language import language_of

TEXTS = [
    ("Здравствуйте! Где моя посылка? Вы обещали её вчера.", "ru"),
    ("Добрий день! Де моя посилка? Її немає.", "uk"),
    ("Здравейте, къде е моята пратка от вчера?", ""),  # Bulgarian: nothing tells it from others
    ("Где је моја пошиљка, молим вас?", ""),  # Serbian
    ("Дзе мая пасылка? Вы абяцалі ўчора, добры дзень", ""),  # Belarusian
    ("荷物はまだ届いていません。", "ja"),
    ("我的包裹还没有到。", ""),  # Chinese or Japanese without kana
    ("Πού είναι το δέμα μου;", "el"),
    ("Where is my parcel?", ""),
    ("Hello, my name is Ωmega", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "want"), TEXTS)
def test_by_letters(text: str, want: str) -> None:
    assert language_of("", text) == want


@pytest.mark.parametrize(("header", "want"), [("cs", "cs"), ("de-AT", "de"), ("en, fr", ""), ("nonsense!", "")])
def test_by_header(header: str, want: str) -> None:
    assert language_of(header, "plain") == want
