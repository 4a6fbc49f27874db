"""`gateway templates`: what admins see of their letters before anybody gets them."""

import json
import shutil
from pathlib import Path

import pytest

from gateway.compose import builtin
from support.desk import Desk

SHIPPED = Path(__file__).parents[2] / "templates"


@pytest.fixture
def folder(desk: Desk) -> Path:
    shutil.copytree(SHIPPED, desk.folder / "templates")
    desk.configure(
        more='[queues.returns]\nfrom = "Vraceni <returns@acme.example>"\nsignature = "Sklad 4"\nlanguage = "cs"\n'
    )
    return desk.folder / "templates"


def test_a_preview_is_the_letter_as_the_site_would_send_it(desk: Desk, folder: Path) -> None:
    shown = desk.run("templates", "preview", "progress", "--lang", "cs")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith(
        "From: Acme Support <support@acme.example>\n"
        "To: Ann Example <ann@example.net>\n"
        "Subject: Re: [Acme #104217] Where is my lamp?\n\n"
        "Dobrý den,\n\nVáš požadavek #104217 má teď na starosti Carol Reyes.\n"
    )
    assert "ref:" not in shown.out


def test_a_preview_for_a_queue_has_its_sender_signature_and_language(desk: Desk, folder: Path) -> None:
    shown = desk.run("templates", "preview", "closed", "--queue", "returns").out
    assert "From: Vraceni <returns@acme.example>\n" in shown
    assert "Váš požadavek #104217 je uzavřený." in shown
    assert shown.rstrip().endswith("Sklad 4")


def test_a_preview_with_little_data(desk: Desk, folder: Path) -> None:
    shown = desk.run("templates", "preview", "resolved", "--sparse").out
    assert "Subject: Re: [Acme #104217] Your request\n" in shown
    assert "What was done" not in shown


def test_the_html_goes_to_a_file_or_is_printed(desk: Desk, folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    said = desk.run("templates", "preview", "notice_new", "--html", str(page))
    assert said.code == 0
    assert "notice_new.html" in said.out
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert "It left our house <b>today</b>." in page.read_text()
    assert desk.run("templates", "preview", "notice_new", "--html", "-").out.rstrip() == page.read_text().rstrip()
    none = desk.run("templates", "preview", "digest", "--html", "-")
    assert (none.code, none.out) == (1, "")
    assert none.err == "gateway: digest has no HTML: there is no digest.html beside digest.txt\n"


def test_json_tells_what_a_template_may_name(desk: Desk, folder: Path) -> None:
    shown = desk.ask("templates", "preview", "progress")
    assert shown["file"] == "progress.txt"
    assert shown["problem"] is None
    assert "#104217" in shown["text"]
    assert "#104217" in shown["html"]
    assert shown["names"]["history"][0].keys() == {"at", "kind", "what"}
    assert "assignee" not in shown["names"]


def test_every_template_can_be_looked_at(desk: Desk, folder: Path) -> None:
    for name in builtin.NAMES:
        assert desk.run("templates", "preview", name, "--lang", "ru").code == 0


def test_a_language_that_is_not_there_is_told(desk: Desk, folder: Path) -> None:
    shown = desk.run("templates", "preview", "closed", "--lang", "hu")
    assert shown.code == 0
    assert shown.err == 'there is no closed in "hu"; this is closed.txt\n'


def test_a_broken_template_shows_what_would_be_sent_instead(desk: Desk, folder: Path) -> None:
    (folder / "closed.txt").write_text("Subject: {{ ticket.tag }}\n\n{{ custmer.name }}\n")
    shown = desk.run("templates", "preview", "closed")
    assert shown.code == 1
    assert shown.err == "templates/closed.txt:3: 'custmer' is undefined\n"
    assert "Your request #104217 is closed." in shown.out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("progres",), 'no such template: "progres", did you mean "progress"?'),
        (("zzz",), 'no such template: "zzz"; there are acknowledgement, closed, '),
        (("closed", "--queue", "return"), 'no such queue: "return", did you mean "returns"?'),
    ],
)
def test_a_wrong_name_is_told(desk: Desk, folder: Path, args: tuple[str, ...], said: str) -> None:
    shown = desk.run("templates", "preview", *args)
    assert (shown.code, shown.out) == (64, "")
    assert shown.err.startswith(f"gateway templates preview: {said}")


def test_the_list(desk: Desk, folder: Path) -> None:
    (folder / "returns").mkdir()
    (folder / "returns" / "closed.cs.txt").write_text("Subject: {{ ticket.tag }}\n\nx\n")
    found = json.loads(desk.run("templates", "list", "--json").out)
    assert {one["name"] for one in found} == builtin.NAMES
    assert {"file": "returns/closed.cs.txt", "name": "closed", "language": "cs", "queue": "returns", "to": "customers", "html": False} in found  # fmt: skip
    assert {
        "file": "digest.txt",
        "name": "digest",
        "language": None,
        "queue": None,
        "to": "agents",
        "html": False,
    } in found
    assert desk.run("templates", "list").out.startswith("name ")


def test_the_check(desk: Desk, folder: Path) -> None:
    assert desk.run("templates", "check").code == 0
    assert desk.ask("templates", "check") == {"ok": True, "problems": []}
    (folder / "closed.cs.txt").write_text("Subject: {{ ticket.tag }}\n\n#{{ ticket.number }} {{ assignee }}\n")
    bad = desk.run("templates", "check")
    assert (bad.code, bad.out) == (78, "")
    assert bad.err == "templates/closed.cs.txt:3: assignee is internal, and closed goes to customers\n"
    assert desk.run("check").code == 78


def test_a_site_without_templates(desk: Desk) -> None:
    assert desk.ask("templates", "list") == []
    shown = desk.run("templates", "preview", "closed")
    assert shown.code == 1
    assert "Your request #104217 is closed." in shown.out
    assert shown.err == "templates/closed.txt: there is no such template\n"
