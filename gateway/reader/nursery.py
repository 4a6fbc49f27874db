"""The process that forks readers: it loads `gateway.mail` once, so that a new reader costs a fork.

Not `multiprocessing`: its children import the caller's `__main__` again, its resource tracker is one process more, and
readers that hang outlive a daemon that was killed. Here the nursery is their parent: when the daemon goes, they go.

Messages on the control socket, one datagram each: `new` with a socket -> the reader's pid; `end PID` -> wait status.
"""

import gc
import os
import re
import resource
import signal
import socket
import sys
import time
import traceback
from typing import NoReturn

from gateway.mail.read import read, unparsed
from gateway.mail.wire import check, mail_to_json
from gateway.reader import frames

_POISON = re.compile(rb"^X-Gateway-Poison:[ \t]*(\w+)", re.M | re.I)


def main(control_fd: int, memory: int, timeout: float) -> None:
    """Fork readers until the control socket closes, then end them all.

    `memory` is bytes of address space, `timeout` seconds a mail.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the daemon, which closes our sockets when it is done
    sys.dont_write_bytecode = True
    read(b"Content-Type: text/html\n\n<p>load all that a mail needs")
    gc.collect()
    gc.freeze()  # else the first collection in every reader would touch, and so copy, what they share
    readers: set[int] = set()
    with socket.socket(fileno=control_fd) as control:
        try:
            control.send(b"ready")
            _obey(control, readers, memory, timeout)
        except ConnectionError:
            pass  # the daemon is gone
    for pid in readers:
        _end(pid)


def _obey(control: socket.socket, readers: set[int], memory: int, timeout: float) -> None:
    while True:
        message, fds, _, _ = socket.recv_fds(control, 64, 1)
        if not message:
            return
        if message == b"new":
            pid = _fork(control, fds[0], memory, timeout)
            readers.add(pid)
            control.send(b"%d" % pid)
        else:
            pid = int(message.removeprefix(b"end "))
            control.send(b"%d" % (_end(pid) if pid in readers else 0))
            readers.discard(pid)


def _end(pid: int) -> int:
    """Kill a reader that has not ended by itself; its wait status."""
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def _fork(control: socket.socket, fd: int, memory: int, timeout: float) -> int:
    pid = os.fork()
    if pid == 0:
        control.close()
        _live(fd, memory, timeout)
    os.close(fd)
    return pid


def _live(fd: int, memory: int, timeout: float) -> NoReturn:
    """The whole life of a reader."""
    status = 1
    sock = socket.socket(fileno=fd)  # closed by the exit alone: an earlier end of the stream would hide the status
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        _serve(sock, timeout)
        status = 0
    except ConnectionError:
        status = 0  # the daemon is gone
    except MemoryError:
        status = frames.OUT_OF_MEMORY
    except BaseException:  # noqa: BLE001 - the top of the process
        traceback.print_exc()
    finally:
        os._exit(status)


def _serve(sock: socket.socket, timeout: float) -> None:
    is_test = os.environ.get("GATEWAY_TEST") == "1"
    while (request := frames.receive(sock)) is not None:
        number, raw = request
        # A net below the daemon's own time limit, should nobody be left to keep it: SIGALRM ends the process.
        signal.setitimer(signal.ITIMER_REAL, timeout * 2 + 5)
        if is_test:
            _take_poison(raw)
        answer = answer_to(raw)
        signal.setitimer(signal.ITIMER_REAL, 0)
        frames.send(sock, number, answer)


def answer_to(raw: bytes) -> bytes:
    """What is read of a mail, as JSON. Should the daemon not take that, the mail as plain text (T51): never nothing."""
    try:
        answer = mail_to_json(read(raw))
        check(answer)
    except ValueError as fault:
        answer = mail_to_json(unparsed(raw, fault))
    return answer


def _take_poison(raw: bytes) -> None:
    """Die as a test asks."""
    found = _POISON.search(raw, 0, 65_536)
    how = found.group(1) if found else b""
    if how == b"segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif how == b"exit":
        os._exit(3)
    elif how == b"hang":
        with open("/proc/self/comm", "w") as name:
            name.write("hung")
        while True:
            time.sleep(3600)
    elif how == b"memory":
        hoard = []
        while True:
            hoard.append(bytearray(64 * 1024 * 1024))
