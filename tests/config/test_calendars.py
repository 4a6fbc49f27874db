"""By whose clock a site's people read and write times."""

from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.config import load
from gateway.config.calendars import zone_of
from gateway.errors import ConfigError
from support.site import GOOD, edited, write

LONDON = '[calendars.night]\ntimezone = "Europe/London"\nmon-fri = "18:00-22:00"\n'
NAMED = edited('language = "en"', 'language = "en"\ntimezone = "Asia/Tokyo"')
BARE = GOOD[: GOOD.index("[calendars.office]")].replace('sla = "standard"\n', "")
ZONES = {
    "one calendar": (GOOD, ZoneInfo("Europe/Prague")),
    "the first of two": (GOOD + LONDON, ZoneInfo("Europe/Prague")),
    "the one that is named": (NAMED + LONDON, ZoneInfo("Asia/Tokyo")),
    "no calendar": (BARE, UTC),
}


@pytest.mark.parametrize(("text", "zone"), ZONES.values(), ids=ZONES)
def test_whose_clock(text: str, zone: object, tmp_path: Path) -> None:
    assert zone_of(load(write(tmp_path, text), secrets=False)) == zone


def test_a_zone_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, NAMED.replace("Tokyo", "Tokio")), secrets=False)
    assert 'mail.timezone: is no time zone: "Asia/Tokio", did you mean "Asia/Tokyo"?' in str(caught.value.problems)
