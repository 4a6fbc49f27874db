"""Large raw mails in files: whole or not there at all."""

import hashlib

import pytest

from gateway.errors import Permanent
from gateway.store.raw import RawStore

RAW = b"Subject: large\r\n\r\n" + bytes(range(256)) * 1000
NAME = hashlib.sha256(RAW).hexdigest()


def test_put_and_get(tmp_path):
    raw = RawStore(tmp_path / "raw")
    assert raw.put(RAW) == NAME
    assert raw.path(NAME) == tmp_path / "raw" / NAME[:2] / NAME
    assert raw.get(NAME) == RAW
    assert list(raw.names()) == [NAME]


def test_many_at_once(tmp_path):
    raw = RawStore(tmp_path / "raw")
    mails = {hashlib.sha256(data).hexdigest(): data for data in (b"%d " % n * 50_000 for n in range(20))}
    raw.put_many(mails)
    assert {name: raw.get(name) for name in raw.names()} == mails
    assert not list((tmp_path / "raw").glob("*/*.tmp"))
    raw.close()


def test_the_same_bytes_are_kept_once(tmp_path):
    raw = RawStore(tmp_path / "raw")
    raw.put(RAW)
    raw.put(RAW)
    assert list((tmp_path / "raw").glob("*/*")) == [raw.path(NAME)]


def test_a_file_cut_short_by_a_crash_is_written_anew(tmp_path):
    raw = RawStore(tmp_path / "raw")
    raw.put(RAW)
    raw.path(NAME).write_bytes(RAW[:100])
    raw.put(RAW)
    assert raw.get(NAME) == RAW


def test_unfinished_files_are_no_mails(tmp_path):
    raw = RawStore(tmp_path / "raw")
    raw.put(RAW)
    raw.path(NAME).with_name(f"{NAME}.1.tmp").write_bytes(b"")
    assert list(raw.names()) == [NAME]


def test_nothing_there(tmp_path):
    raw = RawStore(tmp_path / "raw")
    assert list(raw.names()) == []
    with pytest.raises(Permanent, match="is missing"):
        raw.get(NAME)
    raw.delete(NAME)
