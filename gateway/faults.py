"""Faults for tests: die at a named point, or break a promise on purpose so that a proof can be seen to fail.

`GATEWAY_FAULT=point:n` kills the own process group with SIGKILL at the n-th passing of that point (`point:n:self`
kills this process only, `point:n:hang` says so on stderr and lets the thread that passes
hang for ever). `GATEWAY_SABOTAGE=early_250,no_key` names promises to break. Both are inert unless
`GATEWAY_TEST=1`.
"""

import os
import signal
import threading

from gateway.config import Config
from gateway.config.kinds import is_loopback
from gateway.errors import ConfigError


class _Fault:
    def __init__(self, told: str) -> None:
        point, _, rest = told.partition(":")
        count, _, whom = rest.partition(":")
        if not point or not count.isdigit() or whom not in ("", "self", "hang"):
            raise ConfigError([f"GATEWAY_FAULT={told}: want point:n, point:n:self or point:n:hang"])
        self.point = point
        self.left = int(count)
        self.whom = whom

    def pass_by(self) -> None:
        self.left -= 1
        if self.left == 0:
            if self.whom == "hang":
                os.write(2, f"{self.point} hangs\n".encode())
                threading.Event().wait()
            elif self.whom == "self":
                os.kill(os.getpid(), signal.SIGKILL)
            else:
                os.killpg(os.getpgrp(), signal.SIGKILL)


_TESTING = os.environ.get("GATEWAY_TEST") == "1"
_fault = _Fault(os.environ["GATEWAY_FAULT"]) if _TESTING and os.environ.get("GATEWAY_FAULT") else None
_sabotage = frozenset(os.environ.get("GATEWAY_SABOTAGE", "").split(",") if _TESTING else ()) - {""}


def hit(point: str) -> None:
    """Pass a named point of the way of a mail; nothing happens unless a test armed it."""
    if _fault is not None and _fault.point == point:
        _fault.pass_by()


def sabotaged(promise: str) -> bool:
    """Whether a test asked for this promise to be broken: `early_250`, `no_key`."""
    return promise in _sabotage


def refuse_in_production(cfg: Config) -> None:
    """Raise ConfigError where anything here is switched on and mail would leave this machine."""
    if _fault is None and not _sabotage:
        return
    ways = [route.way for route in cfg.routes]
    far = [str(way.to) for way in ways if way.to.scheme != "maildir" and not is_loopback(way.to.host)]
    if far:
        raise ConfigError([f"GATEWAY_FAULT and GATEWAY_SABOTAGE are for tests, and mail would go to {far[0]}"])
