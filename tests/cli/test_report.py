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

from gateway.config import load
from gateway.now import now
from gateway.reporting import pages
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
