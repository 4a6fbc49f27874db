"""Readers as the daemon sees them: bytes in, Mails out. One that dies or hangs costs the mail it was reading."""

import select
import threading
import time
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from gateway.errors import GatewayError, Temporary
from gateway.mail import Mail
from gateway.reader.children import GONE, Nursery, Reader, told

RECYCLE = 1000  # mails a reader

_MEMORY = 700 * 1024 * 1024


class ReaderDied(GatewayError):
    """The reader of this mail died or hung; `reason` says how."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the reader of this mail {reason}")


class Readers:
    """A pool of readers, for any thread; one call works at a time.

    `timeout` in seconds a mail, `memory` in bytes of address space a reader, `recycle` in mails a reader.
    """

    def __init__(self, count: int = 1, timeout: float = 10.0, memory: int = _MEMORY, recycle: int = RECYCLE) -> None:
        self._count, self._timeout, self._memory, self._recycle = count, timeout, memory, recycle
        self._lock = threading.Lock()
        self._nursery: Nursery | None = None
        self._readers: list[Reader] = []

    def start(self) -> None:
        """Start the readers, so that the first mail need not wait. Temporary if they do not come up."""
        with self._lock:
            self._fill()

    def stop(self) -> None:
        """End every reader. A later call starts them again."""
        with self._lock:
            self._drop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pids(self) -> list[int]:
        """The process ids of the readers that are up."""
        return [reader.pid for reader in self._readers]

    def read(self, raw: bytes) -> Mail:
        """Read one mail. ReaderDied if its reader died or took too long, Temporary if there is no reader to be had."""
        answer = self.read_many([raw])[0]
        if isinstance(answer, ReaderDied):
            raise answer
        return answer

    def read_many(self, raws: Sequence[bytes]) -> list[Mail | ReaderDied]:
        """Read mails, several at a time; the answers stand in the order of the mails. Temporary as in `read`."""
        with self._lock:
            work = _Work(raws)
            try:
                while work.left:
                    self._fill(work)
                    self._give_out(work)
                    self._wait(work)
            except BaseException:
                self._drop()  # answers under way would be taken for those of the next call
                raise
            return work.results()

    def _fill(self, work: "_Work | None" = None) -> None:
        """Start what is not up. Were the nursery gone, what its readers were given goes to new ones."""
        if self._nursery is not None and not self._nursery.is_alive():
            for reader in reversed(self._readers):
                if work:
                    work.again(reader)
            self._drop()
        if self._nursery is None:
            self._nursery = Nursery(self._memory, self._timeout)
        while len(self._readers) < self._count:
            self._readers.append(self._nursery.new())

    def _drop(self) -> None:
        for reader in self._readers:
            reader.sock.close()
        self._readers.clear()
        if self._nursery:
            self._nursery.stop()
            self._nursery = None

    def _replace(self, reader: Reader) -> int:
        """Put a new reader in the place of this one; how the old one ended, as a wait status."""
        if self._nursery is None:
            raise Temporary("the readers were stopped")
        reader.sock.close()
        status = self._nursery.end(reader.pid)
        self._readers[self._readers.index(reader)] = self._nursery.new()
        return status

    def _give_out(self, work: "_Work") -> None:
        """Keep every reader supplied, the least busy first. One that went away while idle costs no mail."""
        for reader in tuple(self._readers):
            if not reader.begun and not reader.is_alive():
                self._replace(reader)
        while work.waiting:
            free = [reader for reader in self._readers if reader.has_room(self._recycle)]
            if not free:
                break
            number = work.waiting.popleft()
            min(free, key=lambda reader: len(reader.begun)).give(number, work.raws[number])

    def _wait(self, work: "_Work") -> None:
        """Move bytes until a reader answers, dies or runs out of time."""
        busy = {reader.sock.fileno(): reader for reader in self._readers if reader.begun}
        poll = select.poll()
        for fd, reader in busy.items():
            poll.register(fd, select.POLLIN | (select.POLLOUT if reader.wants_to_write else 0))
        until = min(reader.since for reader in busy.values()) + self._timeout
        for fd, events in poll.poll(max(0.0, until - time.monotonic()) * 1000 + 1):
            self._move(busy[fd], events, work)
        now = time.monotonic()
        for reader in tuple(self._readers):
            if reader.begun and now - reader.since > self._timeout:
                self._bury(reader, work, f"took more than {self._timeout:g} s")

    def _move(self, reader: Reader, events: int, work: "_Work") -> None:
        if events & select.POLLOUT:
            reader.write()
        answers, problem = reader.take() if events & ~select.POLLOUT else ([], "")
        for number, mail in answers:
            work.finish(number, mail)
        if problem:
            self._bury(reader, work, problem)
        elif reader.served >= self._recycle and not reader.begun:
            self._replace(reader)

    def _bury(self, reader: Reader, work: "_Work", problem: str) -> None:
        """The oldest mail was the one being read; those behind it go to another reader."""
        status = self._replace(reader)
        if problem == GONE:
            problem = told(status, self._memory)
        if reader.begun:
            work.finish(reader.begun.popleft(), ReaderDied(problem))
        work.again(reader)


class _Work:
    """The mails of one call: which still wait for a reader, and what became of the others."""

    def __init__(self, raws: Sequence[bytes]) -> None:
        self.raws = raws
        self.waiting = deque(range(len(raws)))
        self.left = len(raws)
        self._done: list[Mail | ReaderDied | None] = [None] * len(raws)

    def finish(self, number: int, answer: Mail | ReaderDied) -> None:
        self._done[number] = answer
        self.left -= 1

    def again(self, reader: Reader) -> None:
        """Put back at the front what a reader was given and has not answered."""
        self.waiting.extendleft(reversed(reader.begun))

    def results(self) -> list[Mail | ReaderDied]:
        return [answer for answer in self._done if answer is not None]
