"""Working hours as spans of real time: when a calendar is open, and how to add and measure working time in it.

Everything is reckoned on microseconds since the epoch: a clock that is put forward or back changes how long a span
is, never how it is added up.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from fractions import Fraction
from functools import cache

Span = tuple[time, time]
_MIDNIGHT = time(0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_DAY = timedelta(days=1)
_DAY_LONG = _DAY // _MICROSECOND
_EPOCH_DAY = _EPOCH.toordinal()
_YEARS_AHEAD = 20  # a calendar that does not open for so long never will
Spent = tuple[int, Fraction]  # working time in microseconds; the same in business days


class WorkingHours:
    """`week` holds the spans of each weekday, Monday first; an end of 00:00 is the end of the day.

    `is_free` tells the days without work, `own` holds the hours of single days, which stand above all else. A time of
    day that the clock shows twice begins a span the first time and ends it the second; one that it leaps over is the
    instant of the leap.
    """

    def __init__(
        self,
        *,
        zone: tzinfo,
        week: tuple[tuple[Span, ...], ...],
        is_free: Callable[[date], bool] = lambda _: False,
        own: Mapping[date, tuple[Span, ...]] | None = None,
    ) -> None:
        self.zone = zone
        self._week = week
        self._is_free = is_free
        self._own = own or {}
        self._years: dict[int, _Year] = {}

    def is_open(self, at: datetime) -> bool:
        """At the start of a span it is open, at its end it is not."""
        instant = _micros(at)
        year = self._year(at.astimezone(self.zone).year)
        found = bisect_right(year.starts, instant) - 1
        return found >= 0 and instant < year.ends[found]

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """The working time between two instants."""
        return self.spent(start, end)[0] * _MICROSECOND

    def spent(self, start: datetime, end: datetime) -> Spent:
        """The working time between two instants, and how many business days that is: each counts one in all."""
        first, last = _micros(start), _micros(end)
        if last <= first:
            return 0, Fraction(0)
        years = range(start.astimezone(self.zone).year, end.astimezone(self.zone).year + 1)
        times, days = 0, Fraction(0)
        for year in map(self._year, years):
            until, since = year.before(last), year.before(first)
            times += until[0] - since[0]
            days += until[1] - since[1]
        return times, days

    def after(
        self, start: datetime, *, time: timedelta = timedelta(0), days: Fraction = Fraction(0)
    ) -> datetime | None:
        """The first instant by which so much working time (or so many business days) has passed since `start`.

        None where the calendar does not open for that long.
        """
        micros = time // _MICROSECOND
        if micros <= 0 and days <= 0:
            return start
        at, first = _micros(start), start.astimezone(self.zone).year
        for number in range(first, first + _YEARS_AHEAD + 1):
            year = self._year(number)
            spent = year.before(at)
            if days > 0:
                if (left := year.days_in_all - spent[1]) >= days:
                    return _instant(year.at_days(spent[1] + days))
                days -= left
            else:
                if (room := year.time_in_all - spent[0]) >= micros:
                    return _instant(year.at_time(spent[0] + micros))
                micros -= room
        return None

    def before(self, end: datetime, time: timedelta) -> datetime | None:
        """The last instant at which so much working time was still to come until `end`; None where there was none."""
        micros = time // _MICROSECOND
        at, last = _micros(end), end.astimezone(self.zone).year
        for number in range(last, last - _YEARS_AHEAD, -1):
            year = self._year(number)
            if (spent := year.before(at)[0]) >= micros:
                return _instant(year.at_time(spent - micros, ends=False))
            micros -= spent
        return None

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open spans between two instants, clipped to them."""
        first, last = _micros(start), _micros(end)
        for number in range(start.astimezone(self.zone).year, end.astimezone(self.zone).year + 1):
            year = self._year(number)
            for at in range(bisect_right(year.ends, first), len(year.starts)):
                if year.starts[at] >= last:
                    return
                yield _instant(max(first, year.starts[at])), _instant(min(last, year.ends[at]))

    def _year(self, number: int) -> "_Year":
        found = self._years.get(number)
        if found is None:
            found = self._years[number] = _Year(list(self._days(number)))
        return found

    def _days(self, year: int) -> Iterator[list[tuple[int, int]]]:
        """The spans of each day of a year that has any, in microseconds."""
        reached = 0
        offset = self._offset(date(year, 1, 1))
        for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
            day, before = date.fromordinal(ordinal), offset
            offset = self._offset(day + _DAY)
            # The zone is asked for each span only on the few days on which its clock is put forward or back.
            midnight = (ordinal - _EPOCH_DAY) * _DAY_LONG - before if before == offset else None
            found = []
            for start, end in self._hours(day):
                if midnight is not None:
                    opens, closes = midnight + _long(start), midnight + (_long(end) or _DAY_LONG)
                else:
                    opens, closes = max(self._at(day, start, fold=0), reached), self._closing(day, end)
                if closes > opens:
                    found.append((opens, closes))
                    reached = closes
            if found:
                yield found

    def _offset(self, day: date) -> int:
        """How far the clock is ahead of UTC when the day begins, in microseconds."""
        ahead = datetime.combine(day, _MIDNIGHT, self.zone).utcoffset()
        return ahead // _MICROSECOND if ahead else 0

    def _hours(self, day: date) -> tuple[Span, ...]:
        if day in self._own:
            return self._own[day]
        spans = self._week[day.weekday()]
        return () if not spans or self._is_free(day) else spans

    def _closing(self, day: date, end: time) -> int:
        """The end of the day is where the next begins, though its clock may show midnight twice."""
        return self._at(day, end, fold=1) if end != _MIDNIGHT else self._at(day + _DAY, end, fold=0)

    def _at(self, day: date, clock: time, *, fold: int) -> int:
        local = datetime.combine(day, clock, self.zone)
        early, late = _micros(local.replace(fold=1)), _micros(local.replace(fold=0))
        if late <= early:  # the usual case, or a time that is shown twice
            return early if fold else late
        return self._leap(early, late)

    def _leap(self, early: int, late: int) -> int:
        """The instant between the two at which the clock leaps."""
        offset = _instant(early).astimezone(self.zone).utcoffset()
        while late - early > _SECOND:
            middle = (early + late) // 2 // _SECOND * _SECOND
            if _instant(middle).astimezone(self.zone).utcoffset() == offset:
                early = middle
            else:
                late = middle
        return late


class _Year:
    """The open spans of one year by the calendar's own clock, and how much working time lies before each."""

    def __init__(self, days: list[list[tuple[int, int]]]) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.times: list[int] = []  # working time before each span
        self.day_of: list[int] = []
        self.day_starts: list[int] = []  # working time before each day
        self.day_lengths: list[int] = []
        spent = 0
        for number, spans in enumerate(days):
            self.day_starts.append(spent)
            for start, end in spans:
                self.starts.append(start)
                self.ends.append(end)
                self.times.append(spent)
                self.day_of.append(number)
                spent += end - start
            self.day_lengths.append(spent - self.day_starts[-1])
        self.time_in_all = spent
        self.days_in_all = Fraction(len(days))

    def before(self, instant: int) -> Spent:
        """The working time of the year before an instant."""
        found = bisect_right(self.starts, instant) - 1
        if found < 0:
            return 0, Fraction(0)
        spent = self.times[found] + min(instant, self.ends[found]) - self.starts[found]
        day = self.day_of[found]
        return spent, day + Fraction(spent - self.day_starts[day], self.day_lengths[day])

    def at_time(self, spent: int, *, ends: bool = True) -> int:
        """The instant by which that much is spent: between two spans the end of the first, or the start of the next."""
        found = (bisect_left if ends else bisect_right)(self.times, spent) - 1
        found = max(found, 0)
        return self.starts[found] + spent - self.times[found]

    def at_days(self, days: Fraction) -> int:
        """The same for business days, to the next microsecond."""
        whole = -(-days.numerator // days.denominator) - 1  # a day that is over ends there, no new one begins
        share = (days - whole) * self.day_lengths[whole]
        return self.at_time(self.day_starts[whole] + -(-share.numerator // share.denominator))


@cache
def _long(clock: time) -> int:
    """How long after midnight a time of day is, in microseconds."""
    return (clock.hour * 60 + clock.minute) * 60 * _SECOND


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _instant(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND


ALWAYS = WorkingHours(zone=UTC, week=(((_MIDNIGHT, _MIDNIGHT),),) * 7)  # around the clock
