"""`gateway report`: the figures of what is stored, and every form they come in."""

import base64
import csv
import hashlib
import io
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from gateway import act
from gateway.config import load
from gateway.now import now
from gateway.reporting import pages
from gateway.store.snapshots import snapshots
from gateway.tickets.actions import Actor, Change, Note
from support import rows
from support.desk import Desk

GROUP = (
    "by name title open late soon created usual grew solved reopened first_response resolution handling several "
    "time_spent ratings"
).split()
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
TAGS = frozenset(
    "html head meta title style body nav a h1 h2 p pre table thead tbody tr th td span footer script".split()
)


def groups(desk: Desk, *options: str) -> dict[Any, dict[str, Any]]:
    found = desk.ask("report", *options)["groups"]
    return {one["name"] if one["by"] != "all" else "all": one for one in found}


def lately(**ago: float) -> datetime:
    return now() - timedelta(**ago)


class Page(HTMLParser):
    """The tags of a page, its attributes, and the scripts in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._in_script = tag == "script"

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts.append(data)
            self._in_script = False


# ---- figures -------------------------------------------------------------------------------------------------------


def test_nothing_has_the_shape_of_everything(desk: Desk) -> None:
    found = desk.ask("report")
    assert list(found) == ["period", "groups"]
    start, end = (datetime.fromisoformat(found["period"][name]) for name in ("from", "to"))
    assert end - start == timedelta(days=7)
    (whole,) = found["groups"]
    assert list(whole) == GROUP
    assert whole["first_response"] == dict.fromkeys(("count", "mean", "median", "p90", "sla", "kept")) | {"count": 0}
    assert "nothing by queue" in desk.run("report").out


def test_the_life_of_a_ticket(desk: Desk) -> None:
    one = str(desk.ticket(at=lately(hours=3), assignee="carol", area="login"))
    for command in (("time", "20 min"), ("time", "99 min"), ("undo",), ("resolve",), ("open",), ("resolve",)):
        answer = desk.run("do", one, *command)
        assert answer.code == 0, answer
    desk.ticket(queue="billing", at=lately(days=9), first_response_at=lately(hours=1))
    found = groups(desk, "--by", "queue,area")
    whole, support = found["all"], found["support"]
    assert (whole["open"], whole["created"], whole["solved"], whole["reopened"]) == (1, 1, 2, 1)
    assert (support["open"], support["solved"], support["time_spent"]) == (0, 2, 20)
    assert support["handling"]["median"] == 180
    assert found["billing"]["first_response"]["median"] == 9 * 24 * 60 - 60
    assert found["login"]["created"] == 1


# ---- what was promised at the time ---------------------------------------------------------------------------------

PROMISING = """
[sla.standard]
first_response = {{ urgent = "1 h", normal = "{first}" }}
resolution = "{resolution}"
"""


def promising(desk: Desk, *, first: str = "4 h", resolution: str = "8 h") -> None:
    """What the queue support promises from now on, around the clock."""
    desk.configure(more=PROMISING.format(first=first, resolution=resolution))
    text = desk.config.read_text().replace("[queues.support]\n", '[queues.support]\nsla = "standard"\n')
    desk.config.write_text(text)


def changed(desk: Desk, number: int, hours_ago: float, **values: Any) -> None:
    """What the worker would write of a change at that time."""
    with desk.store.main.write() as conn:
        before = snapshots(conn, [number])[number].row
        one = Change(ticket=number, seen_version=before["version"], values=values, before=before)
        act.apply(conn, [one], Actor(name="agent:carol", at=lately(hours=hours_ago)), load(desk.config).promises)


def opened(desk: Desk, hours_ago: float) -> int:
    return desk.ticket(at=lately(hours=hours_ago), promises=load(desk.config).promises)


def answered(desk: Desk, number: int, hours_ago: float) -> None:
    at = lately(hours=hours_ago)
    changed(desk, number, hours_ago, first_response_at=at, last_agent_at=at)


def kept(desk: Desk, what: str) -> tuple[Any, Any]:
    found = groups(desk)["all"][what]
    return found["sla"], found["kept"]


def test_an_answer_was_late_by_the_promise_of_its_time(desk: Desk) -> None:
    promising(desk)
    answered(desk, opened(desk, 10), 5)
    assert kept(desk, "first_response") == (240, 0)
    for first in ("8 h", "2 h"):
        promising(desk, first=first)
        assert kept(desk, "first_response") == (240, 0)


def test_what_becomes_urgent_after_the_answer_was_answered_in_time(desk: Desk) -> None:
    promising(desk)
    for number in (opened(desk, 10), opened(desk, 10)):
        answered(desk, number, 8)
        changed(desk, number, 7, priority="urgent")
    assert kept(desk, "first_response") == (240, 1)
    late = opened(desk, 6)
    changed(desk, late, 5.5, priority="urgent")
    answered(desk, late, 4)
    assert kept(desk, "first_response") == (240, 0.667)


def test_nothing_was_promised_where_the_promise_came_or_went_in_between(desk: Desk) -> None:
    before = opened(desk, 10)
    answered(desk, before, 9)
    promising(desk)
    gone = opened(desk, 6)
    changed(desk, gone, 5, queue="billing")
    answered(desk, gone, 4)
    assert kept(desk, "first_response") == (None, None)


def test_the_answer_to_what_stood_still_was_in_time(desk: Desk) -> None:
    promising(desk)
    number = opened(desk, 20)
    changed(desk, number, 18, status="on_hold")
    answered(desk, number, 1)
    assert kept(desk, "first_response") == (240, 1)


@pytest.mark.parametrize(("due", "solved", "expected"), [(2, 3, (120, 0)), (30, 9, (1800, 1))])
def test_the_due_time_that_a_person_set_is_the_promise(
    due: float, solved: float, expected: tuple[int, float], desk: Desk
) -> None:
    promising(desk)
    number = opened(desk, 10)
    own = {"resolve_due": lately(hours=10 - due), "set_by": {"resolve_due": "person:carol"}}
    changed(desk, number, 9.5, **own)
    changed(desk, number, 10 - solved, status="resolved", resolved_at=lately(hours=10 - solved))
    sla, share = kept(desk, "resolution")
    assert (sla, share) == (pytest.approx(expected[0], abs=1), expected[1])


def test_a_ticket_that_is_open_again_was_solved_in_time(desk: Desk) -> None:
    promising(desk)
    number = opened(desk, 10)
    changed(desk, number, 9, status="resolved", resolved_at=lately(hours=9))
    promising(desk, resolution="10 min")
    changed(desk, number, 1, status="open", resolved_at=None)
    assert kept(desk, "resolution") == (480, 1)


def test_a_merged_ticket_counts_with_the_one_that_took_it_in(desk: Desk) -> None:
    one, other = desk.ticket(), desk.ticket()
    assert desk.run("do", str(one), "merge", str(other)).code == 0
    assert groups(desk)["all"]["created"] == 1


def test_who_wrote_on_it(desk: Desk) -> None:
    number = desk.ticket(area="login", at=lately(hours=2))
    with desk.store.main.write() as conn:
        for author in ("agent:carol", "agent:dave", "ann@example.net", "agent:dave"):
            rows.article(conn, number, None, author=author, direction="note")
    assert desk.run("do", str(number), "resolve").code == 0
    assert groups(desk, "--by", "area")["login"]["several"] == 1


def test_more_tickets_than_are_in_memory_at_once(desk: Desk) -> None:
    with desk.store.main.write() as conn:
        for number in range(1, 1202):
            rows.ticket(conn, number, created_at=now(), updated_at=now())
    assert groups(desk)["all"]["created"] == 1201


def test_senders_who_write_again_and_again(desk: Desk) -> None:
    for address in ("ann@example.net", "bo@example.org", "ann@example.net"):
        desk.ticket(requester=address)
    found = groups(desk, "--by", "sender")
    assert {name: one["created"] for name, one in found.items()} == {"all": 3, "ann@example.net": 2}


# ---- the time ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--from", "2026-03-02", "--to", "2026-03-02"), 2),  # the whole day
        (("--from", "2026-03-02T09:30", "--to", "2026-03-02"), 1),
        (("--from", "2026-03-02T10:30+01:00", "--to", "2026-03-03"), 2),
        (("--to", "2026-03-02"), 2),  # the seven days before
        (("--from", "2026-03-03"), 1),
        (("--from", "24 h"), 0),
    ],
)
def test_which_time(options: tuple[str, ...], count: int, desk: Desk) -> None:
    for day, hour in ((2, 9), (2, 23), (3, 0)):
        desk.ticket(at=datetime(2026, 3, day, hour, tzinfo=UTC))
    assert groups(desk, *options)["all"]["created"] == count


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "yesterday"), '"yesterday" is no date'),
        (("--from", "2026-03-03", "--to", "2026-03-01"), "must be before the end"),
        (("--by", "quue"), "did you mean queue?"),
        (("--json", "--csv"), "give one of them"),
    ],
)
def test_what_cannot_be_asked(options: tuple[str, ...], said: str, desk: Desk) -> None:
    answer = desk.run("report", *options)
    assert answer.code == 64
    assert said in answer.err


# ---- forms ---------------------------------------------------------------------------------------------------------


def test_the_table(desk: Desk) -> None:
    desk.ticket(at=lately(hours=3), first_response_at=lately(hours=1), assignee="carol")
    printed = desk.run("report").out
    assert printed.startswith("Report for ")
    assert "2 h, 90% in 2 h" in printed
    assert "carol" in printed


def test_cells_that_a_spreadsheet_would_compute_are_disarmed(desk: Desk) -> None:
    areas = ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", " =1", "\t=1", "plain", "a;=1")
    for area in areas:
        desk.ticket(area=area)
    lines = list(csv.DictReader(io.StringIO(desk.run("report", "--csv", "--by", "area").out)))
    cells = {line["name"] for line in lines} | {line["title"] for line in lines}
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "@")) or cell == "-1"]
    assert {"'=HYPERLINK(1)", "'+1", "'-1", "'@SUM(1)", "plain", "a;'=1"} <= cells
    (whole,) = (line for line in lines if line["by"] == "all")
    assert (whole["created"], whole["first_response_median"]) == ("8", "")


def test_a_page_says_what_hostile_people_wrote_and_does_nothing_of_it(desk: Desk) -> None:
    desk.ticket(area=HOSTILE)
    path = desk.folder / "report.html"
    assert desk.run("report", "--by", "area", "--html", str(path)).code == 0
    harmless(path)
    assert "&lt;script&gt;alert(1)" in path.read_text()


def harmless(path: Path) -> None:
    """The page has the tags, the attributes and the one script that we write, and fetches nothing."""
    page = Page(path.read_text("utf-8"))
    assert page.tags <= TAGS
    assert not [name for name in page.attributes if name.startswith("on") or name == "src"]
    assert len(page.scripts) == 1
    assert "alert" not in page.scripts[0]
    digest = base64.b64encode(hashlib.sha256(page.scripts[0].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in path.read_text("utf-8")


# ---- the folder of pages -------------------------------------------------------------------------------------------


def hostile_ticket(desk: Desk) -> int:
    number = desk.ticket(
        HOSTILE, requester="ann@example.net", text=HOSTILE, area=HOSTILE, category=HOSTILE, tags=(HOSTILE,),
        fields={HOSTILE: HOSTILE}, at=lately(hours=3),
    )  # fmt: skip
    with desk.store.main.write() as conn:
        conn.exec_driver_sql(f"UPDATE person SET name = '{HOSTILE}'")
    return number


def test_every_page_is_harmless_and_leads_somewhere(desk: Desk) -> None:
    number = hostile_ticket(desk)
    folder = desk.folder / "pages"
    answer = desk.run("report", "--pages", str(folder))
    assert (answer.code, answer.out) == (0, f"written to {folder / 'index.html'}, with 1 ticket\n")
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == [
        "agents.html", "index.html", "queues.html", "tickets.html", f"tickets/{number}.html", "trends.html"]  # fmt: skip
    for name in files:
        harmless(folder / name)
        for link in _links(folder / name):
            assert (folder / name).parent.joinpath(link).exists()
    page = (folder / f"tickets/{number}.html").read_text()
    assert "&lt;script&gt;" in page
    assert (folder / "tickets.html").stat().st_mode & 0o777 == 0o640


def test_a_folder_that_cannot_be_written_is_told_in_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    (desk.folder / "file").write_text("")
    desk.configure(more='[report]\nhtml = "file/pages"\n')
    pages.write_as_configured(desk.store, load(desk.config))
    (folder,) = [record.gateway_fields["folder"] for record in caplog.records if record.message == "pages_not_written"]
    assert Path(folder).name == "pages"


def _links(path: Path) -> list[str]:
    found: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(value or "" for name, value in attrs if name == "href")

    Links().feed(path.read_text("utf-8"))
    return found


def test_pages_of_tickets_are_written_where_they_changed_and_go_with_them(desk: Desk) -> None:
    folder = desk.folder / "pages"
    same, changed, ended = (desk.ticket(at=lately(days=20)) for _ in range(3))
    paths = {number: folder / "tickets" / f"{number}.html" for number in (same, changed, ended)}
    assert desk.run("report", "--pages", str(folder)).code == 0
    before = {number: path.stat().st_ino for number, path in paths.items()}
    assert desk.run("do", str(changed), "title", "Another title").code == 0
    with desk.store.main.write() as conn:
        conn.exec_driver_sql(f"UPDATE ticket SET status = 'closed' WHERE number = {ended}")  # and long ago
    assert desk.run("report", "--pages", str(folder)).code == 0
    assert paths[same].stat().st_ino == before[same]
    assert paths[changed].stat().st_ino != before[changed]
    assert "Another title" in paths[changed].read_text()
    assert not paths[ended].exists()
    assert not list(folder.rglob("*.half"))


def test_a_page_is_anew_after_a_line_of_the_journal_alone(desk: Desk) -> None:
    folder = desk.folder / "pages"
    number = desk.ticket(at=lately(hours=3))
    path = folder / "tickets" / f"{number}.html"
    assert desk.run("report", "--pages", str(folder)).code == 0
    assert "smtp.example" not in path.read_text()
    desk.act(Note(ticket=number, kind="sent", data={"host": "smtp.example"}), name="delivery")
    assert desk.run("report", "--pages", str(folder)).code == 0
    assert "<td>sent</td><td>host=smtp.example</td>" in path.read_text()
    assert desk.run("do", str(number), "assign", "dave").code == 0
    assert desk.run("report", "--pages", str(folder)).code == 0
    assert "assignee=-&gt;dave" in path.read_text().replace("--&gt;", "-&gt;")


def test_what_is_not_ours_stays_as_it_is(desk: Desk) -> None:
    folder = desk.folder / "own"
    (folder / "tickets").mkdir(parents=True)
    folder.chmod(0o755)
    mine = folder / "tickets" / "mine.html"
    old = folder / "tickets" / "77.html"
    for path in (mine, old):
        path.write_text("<title>Ticket 77</title> of somebody else")
    assert desk.run("report", "--pages", str(folder)).code == 0
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (mine.exists(), old.exists()) == (True, True)
    assert desk.run("report", "--pages", str(folder)).code == 0
    (folder / "index.html").write_text("my home page")
    answer = desk.run("report", "--pages", str(folder))
    assert answer.code != 0
    assert "index.html is no page of ours; name a folder for the pages alone" in answer.err
    assert (folder / "index.html").read_text() == "my home page"


def test_every_form_has_all_times(desk: Desk) -> None:
    promising(desk)
    for hours_ago in (1, 2, 5):
        answered(desk, opened(desk, 10), 10 - hours_ago)
    table = desk.run("report").out
    assert "2 h, mean 2 h 40 min, 90% in 5 h, kept 67% of 4 h" in table
    path = desk.folder / "report.html"
    assert desk.run("report", "--html", str(path)).code == 0
    page = path.read_text()
    assert '<td data-sort="120">2 h</td><td data-sort="160">2 h 40 min</td><td data-sort="300">5 h</td>' in page
    assert '<td data-sort="240">4 h</td><td>67%</td>' in page
