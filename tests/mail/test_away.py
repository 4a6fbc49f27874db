"""The day an absent person is back, in many languages, and the dates that say nothing of it."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.machine import away

SENT = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)

RETURNS = [
    ("2026-12-07", "I am back on Monday 7 December."),
    ("2027-01-04", "I will be back in the office on Monday, January 4th."),
    ("2026-12-24", "I am away until 2026-12-24."),
    ("2026-12-24", "Out of office until Dec 24, 2026"),
    ("2026-12-24", "Out of office until 12/24/2026"),
    ("2026-12-15", "I am out from 1 December to 12 December, returning on 15th December."),
    ("2026-12-09", "I am out starting 12/03/2026 and will not return until 12/09/2026, 5 pm EST."),
    ("2027-01-12", "Ich bin bis zum 12.01.2027 nicht im Büro."),
    ("2027-01-04", "Ab dem 4. Januar bin ich wieder erreichbar."),
    ("2026-12-09", "Abwesend vom 05.12. - 09.12.2026"),
    ("2027-06-05", "Je suis absent jusqu'au 05/06/2027."),
    ("2026-12-20", "Estaré fuera de la oficina hasta el 20 de diciembre."),
    ("2027-01-04", "Sono in ferie fino al 4 gennaio"),
    ("2027-01-04", "Estou de férias até 4 de janeiro de 2027"),
    ("2026-12-20", "Ik ben afwezig t/m 20 december."),
    ("2026-12-20", "Jag är på semester t.o.m. 20 december."),
    ("2026-12-20", "Olen lomalla 20.12.2026 asti."),
    ("2026-12-20", "Poza biurem do 20 grudnia 2026 r."),
    ("2026-12-20", "Jsem na dovolené do 20.12.2026."),
    ("2026-12-20", "Jsem mimo kancelář do 20. prosince"),
    ("2026-12-20", "December 20-ig szabadságon vagyok."),
    ("2027-01-09", "Я в отпуске от 5 до 9 января."),
    ("2027-01-04", "Я повернусь 4 січня"),
    ("2027-01-04", "Θα λείπω έως 4 Ιανουαρίου"),
    ("2026-12-20", "20 Aralık tarihine kadar izindeyim."),
    ("2026-12-07", "12月7日まで休暇です。"),
    ("2026-12-20", "休假至2026年12月20日"),
    ("2026-12-20", "12월 20일까지 휴가입니다."),
]
SILENT = [
    "Out of office until 05/06/2027",  # May or June: English tells neither
    "The shop closed on 1 November. Until then all was well.",
    "I was back on 3 November",  # before the mail
    "I am back on 4 January; back on 9 January at the latest",
    "back on 3 markers",
    "until 5pm; version 4.12.3; call 020 7946 0123",
    "back on 31 February",
    "bis zum 32.13.2027",
    "We met on 24 December 2026",
    "until 2199-01-01",
    "",
]


@pytest.mark.parametrize(("day", "text"), RETURNS)
def test_the_day_of_return(day: str, text: str) -> None:
    assert away.until(text, SENT) == date.fromisoformat(day)


@pytest.mark.parametrize("text", SILENT)
def test_no_day_where_unsure(text: str) -> None:
    assert away.until(text, SENT) is None


def test_no_day_without_the_day_it_was_sent() -> None:
    assert away.until("back on 7 December", None) is None


def test_a_day_without_its_year_is_the_next_one_but_not_nearly_a_year_off() -> None:
    assert away.until("back on 3 January", SENT) == date(2027, 1, 3)
    assert away.until("back on 30 November", SENT) is None


@given(st.text(max_size=300), st.datetimes(min_value=datetime(1990, 1, 1)))
def test_never_raises_and_lies_ahead(text: str, sent: datetime) -> None:
    found = away.until(f"back on {text} until {text}", sent)
    assert found is None or found > sent.date()


def test_the_last_days_there_are() -> None:
    sent = datetime(9999, 7, 1, tzinfo=UTC)
    assert away.until("back on 31 December", sent) == date(9999, 12, 31)
    assert away.until("back on 3 January", sent) is None


def test_only_the_clock_of_a_day_halved_tells_that_months_come_first() -> None:
    assert away.until("I am away, back on 12/07", SENT) is None
    assert away.until("I am away since 9 am, back on 12/07", SENT) == date(2026, 12, 7)
    assert away.until("I am away since 9:00 p.m., back on 12/07", SENT) == date(2026, 12, 7)
