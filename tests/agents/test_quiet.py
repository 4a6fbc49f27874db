"""When an agent who wants quiet hears of things: by the clock of their own zone, also over the change of clocks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.config import Config, load
from gateway.telling.quiet import heard_at, wants_quiet
from support.site import GOOD, write

STEP = timedelta(minutes=10)
DAYS = {
    "an ordinary day": "2026-11-25",
    "an hour is left out": "2026-03-28",
    "an hour comes twice": "2026-10-24",
}
QUIET = ("", "20:00-07:00", "12:00-13:00 12:30-14:00", "20:00-00:00 00:00-06:30", "22:00-03:10 05:00-06:00")
CASES = [(day, quiet) for day in DAYS.values() for quiet in QUIET] + [(DAYS["an hour comes twice"], "00:30-02:30")]


def a_site(folder: Path, quiet: str) -> Config:
    text = GOOD.replace("[agents.carol]\n", f'[agents.carol]\ncalendar = "office"\nquiet = "{quiet}"\n')
    assert text != GOOD
    return load(write(folder, text))


@pytest.mark.parametrize(("day", "quiet"), CASES)
def test_it_is_the_first_minute_that_is_not_quiet(day: str, quiet: str, tmp_path: Path) -> None:
    cfg = a_site(tmp_path, quiet)
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    instants = [start + place * STEP for place in range(3 * 24 * 6)]
    loud = [at for at in instants if not wants_quiet(cfg, "carol", at)]
    for at in instants[: 2 * 24 * 6]:
        assert heard_at(cfg, "carol", at) == next(one for one in loud if one >= at)
