"""`gateway parse`: the keys that programs rely on, and a summary for people."""

import json
from pathlib import Path

import pytest

from support.cli import gateway

KEYS = (
    "file from_addr from_name to_addrs cc_addrs subject message_id in_reply_to references date text html reply elided "
    "signature attachments kind is_autoreply is_bounce is_feedback_report failed_recipients delayed_recipients "
    "dsn_status hard_bounce is_forward fwd_from_addr fwd_from_name fwd_subject fwd_body fwd_message language defects"
)

MAIL = """From: =?utf-8?q?=C3=84nn?= <ann@example.net>
To: support@acme.example
Subject: My lamp
Date: Fri, 27 Nov 2026 09:00:00 +0100
Message-ID: <1@example.net>
Content-Type: multipart/mixed; boundary=b

--b

It is \x1b[31mlate.

On Fri, 27 Nov 2026, support@acme.example wrote:
> No.
--b
Content-Type: application/pdf; name=receipt.pdf

%PDF-1.7
--b--
"""

MORE = "from_problem text_beside fwd_to_addrs fwd_cc_addrs fwd_date notice away_until recipients invitation sealed seals trail"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lamp.eml"
    path.write_text(MAIL)
    return path


def test_json_has_exactly_the_promised_keys(file: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.eml"
    empty.touch()
    done = gateway("parse", "--json", file, empty)
    assert (done.returncode, done.stderr) == (0, "")
    lamp, nothing = map(json.loads, done.stdout.splitlines())
    assert list(lamp) == list(nothing) == [*KEYS.split(), *MORE.split()]
    assert None not in {type(value) and value for value in nothing.values() if not isinstance(value, list | dict)}
    assert lamp["file"] == str(file)
    assert (lamp["from_addr"], lamp["from_name"], lamp["to_addrs"]) == (
        "ann@example.net",
        "Änn",
        ["support@acme.example"],
    )
    assert (lamp["date"], lamp["kind"], lamp["is_bounce"]) == ("2026-11-27T09:00:00+01:00", "normal", False)
    assert lamp["reply"] == "It is \ufffd[31mlate."
    assert [set(item) for item in lamp["attachments"]] == [{"name", "size", "sha256", "type", "declared", "inline"}]
    assert (nothing["from_addr"], nothing["date"], nothing["references"], nothing["text"]) == ("", "", [], "")


def test_a_sender_who_may_not_be_believed_is_shown_as_claimed(file: Path) -> None:
    file.write_text(MAIL.replace("To:", "From: boss@acme.example\nTo:", 1))
    told = json.loads(gateway("parse", "--json", file).stdout)
    assert (told["from_addr"], told["from_problem"]) == ("ann@example.net", "two From lines")
    assert "From        nobody (two From lines; it claims Änn <ann@example.net>)\n" in gateway("parse", file).stdout


def test_what_cannot_be_read_is_told_and_the_rest_is_read(file: Path, tmp_path: Path) -> None:
    poison = tmp_path / "poison.eml"
    poison.write_text("X-Gateway-Poison: segfault\n\n")
    done = gateway("parse", "--json", tmp_path / "none.eml", poison, file, env={"GATEWAY_TEST": "1"})
    assert done.returncode == 1
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert first == {"file": str(tmp_path / "none.eml"), "error": "No such file or directory"}
    assert second == {"file": str(poison), "error": "the reader of this mail was killed by signal 11 (SIGSEGV)"}
    assert third["subject"] == "My lamp"


def test_a_folder_is_every_file_in_it(file: Path, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "other.eml").write_text("Subject: other\n\n")
    done = gateway("parse", "--json", tmp_path)
    assert [json.loads(line)["subject"] for line in done.stdout.splitlines()] == ["other", "My lamp"]


def test_a_summary_for_people(file: Path) -> None:
    done = gateway("parse", file)
    assert (done.returncode, done.stderr) == (0, "")
    for line in (
        "From        Änn <ann@example.net>",
        "Subject     My lamp",
        "(application/pdf, 8 bytes)",
        "  | It is",
        "Left out    2 lines",
    ):
        assert line in done.stdout
    assert "\x1b" not in done.stdout


def test_explain_says_how_it_was_read(file: Path) -> None:
    assert "?" not in gateway("parse", file).stdout
    told = gateway("parse", "--explain", file).stdout
    assert "  ? text: part 1 text/plain, no charset read as cp1252" in told
    assert "  ? reply: line 4: quoted, by its prefix" in told


def test_a_signature_is_counted(tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_text("Subject: x\n\nyes\n\n-- \nAnn\nPhone 123 4567\n")
    assert "Left out    3 lines, 2 of them the signature" in gateway("parse", tmp_path).stdout


GOLDEN = Path(__file__).parents[1] / "corpus"
TOLD = [
    ("forward-outlook-pl", ["Forwarded   from Ewa Lis <ewa@lis.example>", "  subject   Reklamacja 88"], ["Left out"]),
    ("autoreply-de-back-on", ["Kind        autoreply (Auto-Submitted: ", "Back on     2026-11-30"], []),
    ("invitation-request", ["Calendar    Where: Werk 2, Tor B"], []),
    ("bounce-postfix-two-recipients-one-full", ["Failed      ", "(hard)", "(soft)"], []),
]


@pytest.mark.parametrize(("name", "told", "untold"), TOLD)
def test_the_summary_says_what_the_mail_is(name: str, told: list[str], untold: list[str]) -> None:
    page = gateway("parse", GOLDEN / f"{name}.eml").stdout
    assert [text for text in told if text not in page] == []
    assert [text for text in untold if text in page] == []


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    done = gateway("parse", tmp_path)
    assert (done.returncode, "no file in there" in done.stderr) == (64, True)
