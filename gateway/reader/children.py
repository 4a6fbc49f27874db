"""The daemon's side of the nursery and of each reader: sockets, bytes to write, answers that came. No policy."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import gateway
from gateway.errors import Temporary
from gateway.mail import Mail, NotAMail, mail_from_json
from gateway.mail.wire import MAX_JSON
from gateway.reader import frames

AHEAD = 16  # requests a reader has waiting, so that it is never idle
AHEAD_BYTES = 1024 * 1024
START_WITHIN = 30.0  # seconds

GONE = "went away"

# -P keeps the current folder off the path; the gateway's own may be known to this process only.
_CODE = (
    "import sys; sys.path.append(sys.argv[1]); from gateway.reader.nursery import main; "
    "main(int(sys.argv[2]), memory=int(sys.argv[3]), timeout=float(sys.argv[4]))"
)


class Nursery:
    """The process that forks readers. Every method raises Temporary where it does not answer."""

    def __init__(self, memory: int, timeout: float) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(START_WITHIN)
        folder = str(Path(gateway.__file__).parent.parent)
        with theirs:
            fd = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _CODE, folder, str(fd), str(memory), str(timeout)],
                pass_fds=[fd],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        try:
            self._answer()
        except Temporary:
            self.stop()
            raise

    def new(self) -> "Reader":
        """A fresh reader."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"new"], [theirs.fileno()])
                return Reader(int(self._answer()), ours)
            except (OSError, Temporary) as error:
                ours.close()
                raise Temporary(f"no reader could be started: {error}") from None

    def end(self, pid: int) -> int:
        """End a reader; its wait status (how it had ended, where it already had)."""
        try:
            self._control.send(b"end %d" % pid)
            return int(self._answer())
        except OSError as error:
            raise Temporary(f"the readers' nursery is gone: {error}") from None

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """End the nursery and with it every reader."""
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answer(self) -> bytes:
        try:
            answer = self._control.recv(64)
        except OSError as error:
            raise Temporary(f"the readers' nursery does not answer: {error}") from None
        if not answer:
            raise Temporary("the readers' nursery ended")
        return answer


class Reader:
    """One reader: its socket and the mails it was given and has not answered, oldest first."""

    def __init__(self, pid: int, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.pid, self.sock = pid, sock
        self.begun: deque[int] = deque()
        self.given = self.served = 0
        self.since = 0.0  # when the turn of the oldest came (monotonic)
        self._sizes: deque[int] = deque()
        self._out: deque[memoryview] = deque()
        self._in = bytearray()
        self._at = 0  # how far it has been read

    def is_alive(self) -> bool:
        """False where an idle reader has gone, or speaks unasked."""
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def has_room(self, recycle: int) -> bool:
        """True where another mail would wait for its turn, not for memory or a reader that is about to go."""
        return not self.begun or (len(self.begun) < AHEAD and sum(self._sizes) < AHEAD_BYTES and self.given < recycle)

    def give(self, number: int, raw: bytes) -> None:
        """Queue one mail; `number` comes back with the answer."""
        if not self.begun:
            self.since = time.monotonic()
        self.begun.append(number)
        self._sizes.append(len(raw))
        self.given += 1
        self._out.extend(map(memoryview, frames.frame(number, raw)))

    @property
    def wants_to_write(self) -> bool:
        return bool(self._out)

    def write(self) -> None:
        """Send as much as fits. What a dead reader does not take, `take` learns after its last answers."""
        try:
            while self._out:
                sent = self.sock.send(self._out[0])
                if sent < len(self._out[0]):
                    self._out[0] = self._out[0][sent:]
                    break
                self._out.popleft()
        except BlockingIOError:
            pass
        except OSError:
            self._out.clear()

    def take(self) -> tuple[list[tuple[int, Mail]], str]:
        """The answers that have come, checked, and what went wrong, or `""`."""
        try:
            data = self.sock.recv(262_144)
        except BlockingIOError:
            return [], ""
        except OSError:
            return [], GONE
        if not data:
            return [], GONE
        self._in += data
        answers: list[tuple[int, Mail]] = []
        try:
            while (answer := self._answer()) is not None:
                answers.append(answer)
        except NotAMail as error:
            return answers, f"answered what is no mail ({error})"
        return answers, ""

    def _answer(self) -> tuple[int, Mail] | None:
        """The next whole answer, None while it has not all come."""
        if len(self._in) - self._at >= frames.HEAD.size:
            length, number = frames.HEAD.unpack_from(self._in, self._at)
            if length > MAX_JSON or not self.begun or number != self.begun[0]:
                raise NotAMail("out of turn")
            start = self._at + frames.HEAD.size
            if len(self._in) - start >= length:
                mail = mail_from_json(bytes(memoryview(self._in)[start : start + length]))
                self._at = start + length
                self._finished()
                return number, mail
        del self._in[: self._at]
        self._at = 0
        return None

    def _finished(self) -> None:
        self.begun.popleft()
        self._sizes.popleft()
        self.served += 1
        self.since = time.monotonic()


def told(status: int, memory: int) -> str:
    """A wait status in words; `memory` in bytes is what the reader was allowed."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"was killed by signal {number} ({signal.Signals(number).name})"
    code = os.waitstatus_to_exitcode(status)
    if code == frames.OUT_OF_MEMORY:
        return f"needed more than {memory >> 20} MiB of memory"
    return f"exited with status {code}"
