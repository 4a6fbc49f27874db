"""Instants and spans in the words of a language; and that every small word has one in each."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.compose import dates, phrases

AT = datetime(2026, 3, 1, 22, 5, tzinfo=UTC)

MOMENTS = [
    ("en", "UTC", "1 March 2026, 22:05 UTC"),
    ("en", "Europe/Prague", "1 March 2026, 23:05 CET"),
    ("ru", "Europe/Moscow", "2 марта 2026 года, 01:05 MSK"),
    ("cs", "Europe/Prague", "1. března 2026, 23:05 CET"),
    ("de", "Europe/Berlin", "2026-03-01, 23:05 CET"),
    ("en", "America/Sao_Paulo", "1 March 2026, 19:05 UTC-0300"),
    ("en", "Asia/Kathmandu", "2 March 2026, 03:50 UTC+0545"),
]


@pytest.mark.parametrize(("language", "zone", "want"), MOMENTS)
def test_a_moment(language, zone, want):
    assert dates.moment(AT, ZoneInfo(zone), language) == want
    assert dates.day(AT, ZoneInfo(zone), language) == want.partition(",")[0]


SPANS = [
    ("en", timedelta(days=1), "1 day"), ("en", timedelta(days=7, hours=5), "7 days"), ("en", timedelta(hours=1), "1 hour"),
    ("en", timedelta(seconds=3), "1 minute"), ("en", timedelta(minutes=90), "1 hour"), ("hu", timedelta(days=2), "2 days"),
    ("ru", timedelta(days=1), "1 день"), ("ru", timedelta(days=3), "3 дня"), ("ru", timedelta(days=7), "7 дней"),
    ("ru", timedelta(days=11), "11 дней"), ("ru", timedelta(days=21), "21 день"), ("ru", timedelta(days=112), "112 дней"),
    ("ru", timedelta(minutes=22), "22 минуты"), ("ru", timedelta(hours=1), "1 час"),
    ("cs", timedelta(days=1), "1 den"), ("cs", timedelta(days=4), "4 dny"), ("cs", timedelta(days=5), "5 dní"),
    ("cs", timedelta(days=21), "21 dní"), ("cs", timedelta(hours=2), "2 hodiny"), ("cs", timedelta(minutes=1), "1 minutu"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "length", "want"), SPANS)
def test_a_span(language, length, want):
    assert dates.span(length, language) == want


def test_small_words_in_the_language_else_in_english_else_as_they_are():
    assert phrases.phrase("priority", "high", "cs") == "vysoká"
    assert phrases.phrase("priority", "high", "hu") == "high"
    assert phrases.phrase("priority", "", "cs") == ""
    assert phrases.phrase("status", "at_supplier", "ru") == "at_supplier"
