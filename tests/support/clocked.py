"""An office under a clock that a test moves: deadlines in working hours, reminders, and the letters about them."""

from datetime import datetime
from pathlib import Path

from gateway import waking
from gateway.config import load
from gateway.deadlines import Deadlines
from gateway.site import Site, load_site
from gateway.telling import teller, waves
from support.agent_desk import Office
from support.desk import RULES, Desk

PRAGUE = datetime.fromisoformat("2026-11-26T09:00+01:00").tzinfo
OFFICE = """
[calendars.office]
timezone = "Europe/Prague"
mon-fri = "09:00-17:00"
holidays = "CZ"
"""
SLA = f"""{OFFICE}
[sla.standard]
calendar = "office"
first_response = "2 h"
next_response = "1 business day"
resolution = {{ urgent = "4 h", high = "8 h", normal = "2 business days", low = "5 business days" }}
"""
STEPS = """
[[sla.standard.step]]
of = "first_response"
at = "50%"
do = ["notify:assignee"]

[[sla.standard.step]]
of = "first_response"
at = "100%"
do = ["notify:lead", "priority:+1", "tag:late"]

[[sla.standard.step]]
of = "first_response"
at = "+1 h"
every = "1 h"
times = 3
do = ["note:still nobody"]
"""


class Clocked(Office):
    """An office whose time stands still until somebody moves it: `at` is a time of day in Prague."""

    def __init__(self, desk: Desk, clock: Path, more: str = STEPS, rules: str = "") -> None:
        self.clock = clock
        self.to("2026-11-26 09:00")
        desk.configure(more=SLA + more)
        text = desk.config.read_text()
        text = text.replace(
            'agents = ["carol", "dave"]\n', 'agents = ["carol", "dave"]\nlead = "dave"\nsla = "standard"\n'
        )
        desk.config.write_text(text)
        desk.rules = f"{rules}\n{RULES}"
        super().__init__(desk)
        self.deadlines = Deadlines(desk.store, lambda: self.site)

    @property
    def site(self) -> Site:
        return load_site(load(self.desk.config))

    def to(self, when: str) -> "Clocked":
        at = datetime.fromisoformat(when)
        self.clock.write_text((at if at.tzinfo else at.replace(tzinfo=PRAGUE)).isoformat())
        return self

    def look(self) -> None:
        """One turn of the clock, and all that people hear of then."""
        waking.wake(self.desk.store, self.site)
        self.deadlines.turn()
        self.tell()
        waves.tell_wave(self.desk.store, self.site)
        teller.tell_digests(self.desk.store, self.site)

    def reply(self, text: str) -> None:
        file = self.desk.folder / "reply.txt"
        file.write_text(text)
        answer = self.desk.run("reply", "1", "--file", str(file))
        assert answer.code == 0, answer
        self.tell()

    def steps(self, number: int = 1) -> list[str]:
        events = self.desk.ask("show", str(number))["events"]
        return [f"{one['data']['clock']} {one['data']['step']}" for one in events if one["kind"] == "step"]

    def due(self, number: int = 1) -> list[str | None]:
        ticket = self.ticket(number)
        dues = [ticket[name] for name in ("first_response_due", "next_response_due", "resolve_due")]
        return [f"{one.astimezone(PRAGUE):%d %H:%M}" if one else None for one in dues]  # type: ignore[attr-defined]
