"""Keeps the daemon's processes: starts them, starts anew who died or hangs, ends them in order, tells systemd.

It has one thread for its whole life, so that a child that died can be forked again.
"""

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from gateway import log, systemd
from gateway.errors import ConfigError
from gateway.health.processes import call_this, name_of
from gateway.heartbeat import SILENCE, Heartbeats

EX_CONFIG = 78  # sysexits.h
_LOOK_EVERY = 0.2  # seconds
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """One of the processes, when it may be started again after it died, and how long it has shown no life."""

    role: str
    body: Callable[[], None]
    pid: int = 0
    started: float = 0.0
    pause: float = 1.0
    start_at: float = 0.0
    starts: int = 0
    beat: int = 0
    # Looks at it, not seconds: where the whole machine or all of us stood still, nobody hangs.
    silent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The exit code, and whether both had the time to end in order."""

    code: int
    is_clean: bool


def supervise(worker: Child, intake: Child, beats: Heartbeats, *, patience: float) -> Ended:
    """Run both until SIGTERM or SIGINT. `patience`: seconds that each may take to end."""
    stops: list[int] = []  # signals so far; a second one means: now
    code = 0

    def on_stop(signum: int, _frame: object) -> None:
        stops.append(signum)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_stop)
    signal.signal(signal.SIGHUP, lambda _signum, _frame: _ask_to_reload(worker))
    both, service = (worker, intake), _Service((worker.role, intake.role), beats)
    while not stops:
        for child in both:
            if not child.pid and time.monotonic() >= child.start_at:
                _start(child)
        time.sleep(_LOOK_EVERY)
        if stops:  # the signal may have gone to the whole group, and the children may have ended already
            break
        if _reap(*both):
            code = EX_CONFIG
            break
        for child in both:
            if _beats(child, beats):
                service.heard(child.role)
        service.tell()
    log.stopping("supervisor")
    systemd.notify("STOPPING=1")
    # Intake first: what it still commits, the worker may still process; the rest waits in the spool.
    in_order = [_stop(child, patience, lambda: len(stops) > 1) for child in (intake, worker)]
    return Ended(code=code, is_clean=all(in_order))


class _Service:
    """What systemd hears: that all are ready, and from then on that all of them live."""

    def __init__(self, roles: Sequence[str], beats: Heartbeats) -> None:
        self._roles = roles
        self._beats = beats
        self._every = systemd.watchdog_every()
        self._unheard = set(roles)  # since we last said that all live
        self._ready = False
        self._said = 0.0

    def heard(self, role: str) -> None:
        self._unheard.discard(role)

    def tell(self) -> None:
        if not self._ready and self._beats.are_ready:
            self._ready = True
            systemd.notify("READY=1")
        is_time = self._every is not None and time.monotonic() - self._said >= self._every
        if self._ready and is_time and not self._unheard:
            systemd.notify("WATCHDOG=1")
            self._said, self._unheard = time.monotonic(), set(self._roles)


def _ask_to_reload(worker: Child) -> None:
    """SIGHUP goes on to the worker; one that is just starting looks at the files anyway."""
    if worker.pid:
        with suppress(ProcessLookupError):  # it has just been waited for
            os.kill(worker.pid, signal.SIGHUP)


def _start(child: Child) -> None:
    parent = os.getpid()
    child.started = time.monotonic()
    child.starts += 1
    child.silent = 0
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})  # it would find our handler in the child
    child.pid = os.fork()
    if not child.pid:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    if child.pid:
        return
    code = 70
    try:
        # A child never outlives its supervisor: the next one would find the data directory locked.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == parent:
            call_this(name_of(child.role))
            child.body()
        code = 0
    except ConfigError as exc:
        sys.stderr.write("".join(f"{problem}\n" for problem in exc.problems))
        code = EX_CONFIG
    except BaseException as exc:  # noqa: BLE001  the end of a forked process
        traceback.print_exception(exc)
    finally:
        sys.stderr.flush()
        os._exit(code)


def _reap(*children: Child) -> bool:
    """Note who died, to be started again; True where one cannot work at all: its configuration does not fit here."""
    unusable = False
    for child in children:
        if not child.pid:
            continue
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if pid:
            code = os.waitstatus_to_exitcode(status)
            unusable = unusable or (code == EX_CONFIG and child.starts == 1)
            lived = time.monotonic() - child.started
            child.pause = 1.0 if lived > 60 else min(child.pause * 2, 30.0)
            child.pid, child.start_at = 0, time.monotonic() + child.pause
            log.process_died(child.role, status=str(code), again_in=child.pause)
    return unusable


def _beats(child: Child, beats: Heartbeats) -> bool:
    """Whether it has shown life since the last look. One that has not for too long is killed, and so started anew."""
    before, child.beat = child.beat, beats.of(child.role)
    if child.beat != before:
        child.silent = 0
        return True
    child.silent += 1
    if child.pid and child.silent * _LOOK_EVERY >= SILENCE:
        log.process_hung(child.role, seconds=SILENCE)
        beats.hung(child.role)
        os.kill(child.pid, signal.SIGKILL)
        child.silent = 0
    return False


def _stop(child: Child, patience: float, at_once: Callable[[], bool]) -> bool:
    """End it; False where it had to be killed."""
    if not child.pid:
        return True
    os.kill(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while os.waitpid(child.pid, os.WNOHANG)[0] == 0:
        if at_once() or time.monotonic() > deadline:
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
            return False
        time.sleep(0.02)
    return True
