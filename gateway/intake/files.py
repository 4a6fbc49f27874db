"""Mails out of files: single ones, mboxes, Maildirs, and folders of all these. Finds and splits; reads no mail.

What is no mail, too large or not readable is told and does not stop the others.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_FIELD = re.compile(rb"[!-9;-~]{1,80}[ \t]*:")
# The line between two mails of an mbox: sender and date. A sentence that begins with "From " has no time and year.
_FROM = re.compile(rb"From [^\n]{0,200}?\b\d{1,2}:\d\d\b[^\n]{0,40}?\b(?:19|20)\d\d\b")
_ESCAPED = re.compile(rb">{1,99}From ")
_SMALL = 512
_LINE = 1 << 20  # bytes read at a time where a line does not end


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One mail in a file: where it is, and its bytes or why they are not to be had (`problem`)."""

    where: str
    raw: bytes = b""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to take mails from. `sure`: it is one mail whatever it looks like; `named`: it ought to be one."""

    path: Path
    sure: bool = False
    named: bool = False
    problem: str = ""  # why it, or what is in it, cannot be read

    @property
    def size(self) -> int:
        """Bytes, 0 where it cannot be told."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0


def sources(paths: Iterable[Path]) -> list[Source]:
    """The files behind `paths`, folders searched through, in the order of their names."""
    return [source for path in paths for source in _behind(path)]


def _behind(path: Path) -> Iterator[Source]:
    if not path.is_dir():
        yield Source(path=path, sure=path.suffix == ".eml", named=True)
        return
    errors: list[OSError] = []
    for folder, subfolders, names in os.walk(path, onerror=errors.append):
        here = Path(folder)
        subfolders.sort()
        if _is_maildir(here):
            subfolders[:] = [name for name in subfolders if name not in ("cur", "new", "tmp")]
            try:
                arrived = [file for part in ("new", "cur") for file in (here / part).iterdir()]
            except OSError as error:
                errors.append(error)
                continue
            yield from (Source(path=file, sure=True) for file in sorted(arrived, key=_arrival) if file.is_file())
        else:
            files = [here / name for name in sorted(names)]
            yield from (Source(path=file, sure=file.suffix == ".eml") for file in files if file.is_file())
    for failed in errors:
        yield Source(path=Path(failed.filename or path), problem=failed.strerror or str(failed))


def _is_maildir(folder: Path) -> bool:
    return (folder / "cur").is_dir() and (folder / "new").is_dir()


def _arrival(file: Path) -> tuple[int, str]:
    """A name in a Maildir begins with the second of delivery."""
    seconds = re.match(r"\d{1,12}", file.name)
    return (int(seconds[0]) if seconds else 0, file.name)


def mails(source: Source, max_size: int) -> Iterator[Found]:
    """Every mail in a file. In a folder, files that are no mail are passed over in silence."""
    where = str(source.path)
    if source.problem:
        yield Found(where=where, problem=source.problem)
        return
    try:
        with source.path.open("rb") as file:
            start = file.read(_SMALL)
            file.seek(0)
            if not source.sure and _FROM.match(start):
                yield from _mbox(file, where, max_size)
            elif source.sure or _FIELD.match(start):
                yield _single(file, where, max_size)
            elif source.named:
                yield Found(where=where, problem="does not look like a mail" if start else "is empty")
    except OSError as error:
        yield Found(where=where, problem=error.strerror or str(error))


def _single(file: BinaryIO, where: str, max_size: int) -> Found:
    raw = without_from_line(file.read(max_size + _SMALL))
    if len(raw) > max_size:
        return _too_large(where, max_size)
    return Found(where=where, raw=raw) if raw.strip() else Found(where=where, problem="is empty")


def _mbox(file: BinaryIO, where: str, max_size: int) -> Iterator[Found]:
    number = 0
    size = 0
    lines: list[bytes] = []
    before = b"\n"  # the line before this one
    while line := file.readline(_LINE):
        is_start = before.endswith(b"\n")
        if is_start and before in (b"\n", b"\r\n") and _FROM.match(line):
            if number:
                yield _of_mbox(f"{where}:{number}", lines, size, max_size)
            number, size, lines = number + 1, 0, []
        else:
            size += len(line)
            if size <= max_size + _SMALL:
                lines.append(line[1:] if is_start and _ESCAPED.match(line) else line)
        before = line
    yield _of_mbox(f"{where}:{number}", lines, size, max_size)


def _of_mbox(where: str, lines: list[bytes], size: int, max_size: int) -> Found:
    if size > max_size + _SMALL:
        return _too_large(where, max_size)
    if len(lines) > 1 and lines[-1] in (b"\n", b"\r\n"):
        lines.pop()  # the blank line before the next mail is not of this one
    raw = b"".join(lines)
    return Found(where=where, raw=raw) if raw.strip() else Found(where=where, problem="is empty")


def _too_large(where: str, max_size: int) -> Found:
    return Found(where=where, problem=f"has more than the {max_size:,} bytes that are taken")


def without_from_line(raw: bytes) -> bytes:
    """A mail from a pipe without the `From ` line that some MTAs put before it."""
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw
