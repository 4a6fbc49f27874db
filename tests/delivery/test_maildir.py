"""One file a recipient, whole, with its recipient on top; doing it again does not make two."""

import dataclasses
import mailbox
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.delivery.answer import Failed, Reason, Sent, Unreachable
from gateway.delivery.maildir import Maildir
from gateway.store.outbox import Due

DATA = b"From: support@acme.example\r\nMessage-ID: <1@acme.example>\r\n\r\nHello\r\n"


def due(number=1, recipient="ann@example.net", *, attempts=1, envelope_from="", data=DATA):
    return Due(
        id=number,
        fence=1,
        mail_id=number,
        ticket=None,
        recipient=recipient,
        envelope_from=envelope_from,
        automatic=True,
        attempts=attempts,
        created_at=datetime(2026, 11, 27, tzinfo=UTC),
        message_id="<1@acme.example>",
        data=data,
    )


def files(folder: Path, *names: str) -> list[Path]:
    return sorted(path for name in names or ("new", "cur", "tmp") for path in (folder / name).iterdir())


def test_one_file_a_recipient_with_the_recipient_on_top(tmp_path: Path):
    folder = tmp_path / "data" / "sent"
    answers = Maildir(folder).deliver([due(1), due(2, "bo@example.net", envelope_from="support@acme.example")])
    assert all(isinstance(answer, Sent) for answer in answers)
    assert [path.read_bytes() for path in files(folder)] == [
        b"Return-Path: <>\r\nDelivered-To: ann@example.net\r\n" + DATA,
        b"Return-Path: <support@acme.example>\r\nDelivered-To: bo@example.net\r\n" + DATA,
    ]
    assert {path.stat().st_mode & 0o777 for path in files(folder)} == {0o600}
    read = mailbox.Maildir(folder, create=False)
    assert {mail["Delivered-To"] for mail in read} == {"ann@example.net", "bo@example.net"}
    read.close()


def test_again_after_a_crash_is_still_one_file(tmp_path: Path):
    Maildir(tmp_path).deliver([due()])
    again = Maildir(tmp_path).deliver([due(attempts=2)])
    assert isinstance(again[0], Sent)
    assert len(files(tmp_path)) == 1


def test_again_after_somebody_has_read_it_is_still_one_file(tmp_path: Path):
    Maildir(tmp_path).deliver([due()])
    (first,) = files(tmp_path, "new")
    first.rename(tmp_path / "cur" / f"{first.name}:2,S")
    again = Maildir(tmp_path).deliver([due(attempts=2)])
    assert isinstance(again[0], Sent)
    assert len(files(tmp_path)) == 1


def test_a_half_written_file_is_replaced(tmp_path: Path):
    maildir = Maildir(tmp_path)
    maildir.deliver([due()])
    (whole,) = files(tmp_path, "new")
    bytes_then = whole.read_bytes()
    whole.rename(tmp_path / "tmp" / whole.name)
    (tmp_path / "tmp" / whole.name).write_bytes(b"From: half")
    maildir.deliver([due(attempts=2)])
    assert [path.read_bytes() for path in files(tmp_path)] == [bytes_then]


def test_the_same_row_of_a_new_database_is_another_mail(tmp_path: Path):
    maildir = Maildir(tmp_path)
    maildir.deliver([due()])
    maildir.deliver([dataclasses.replace(due(), message_id="<2@acme.example>", data=DATA.replace(b"<1@", b"<2@"))])
    assert len(files(tmp_path, "new")) == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"data": b"From: a@b.c\n\nbare\n"}, Reason.UNSOUND),
        ({"recipient": "a@b.c\r\nBcc: evil@x.y"}, Reason.NOT_AN_ADDRESS),
        ({"envelope_from": "x>\r\nEvil: y@z"}, Reason.NOT_AN_ADDRESS),
    ],
)
def test_what_must_not_be_written(tmp_path: Path, bad, reason):
    answers = Maildir(tmp_path).deliver([due(1, **bad), due(2)])
    assert isinstance(answers[0], Failed)
    assert answers[0].reason is reason
    assert isinstance(answers[1], Sent)
    assert len(files(tmp_path)) == 1


def test_a_folder_that_cannot_be_made_is_tried_again_later(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    maildir = Maildir(tmp_path / "file" / "sent")
    answers = maildir.deliver([due(1), due(2)])
    assert [type(answer) for answer in answers] == [Unreachable, Unreachable]
    (tmp_path / "file").unlink()
    assert isinstance(maildir.deliver([due(1, attempts=2)])[0], Sent)
