"""What a test needs of the machine: skipped with one line where it is missing, failed where it was promised.

`GATEWAY_TEST_REQUIRE=imap,nail,pg` is the promise; `.ci/run` makes all of it.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support import exim, postfix


def _imap() -> str:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    return "" if shutil.which("dovecot", path=path) else "needs Dovecot (Debian package dovecot-imapd)"


def _sieve() -> str:
    modules = (Path("/usr/lib/dovecot/modules/lib90_sieve_plugin.so"), Path("/usr/lib/dovecot/lmtp"))
    is_here = not _imap() and all(path.exists() for path in modules)
    return "" if is_here else "needs Dovecot with Sieve and LMTP (Debian packages dovecot-sieve, dovecot-lmtpd)"


def _pg() -> str:
    url = os.environ.get("GATEWAY_TEST_PG")
    return "" if url else "needs PostgreSQL: set GATEWAY_TEST_PG=postgresql+psycopg://user@host:port/database"


def _nail() -> str:
    return "" if shutil.which("s-nail") else "needs a mail program (Debian package s-nail)"


def _spam() -> str:
    return "" if shutil.which("spamassassin") else "needs SpamAssassin (Debian package spamassassin)"


def faketime() -> str:
    """Where the library that fakes the clock of any program lies; `""` where it is not here."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return str(found[0]) if found else ""


def _faketime() -> str:
    return "" if faketime() else "needs libfaketime (Debian package faketime)"


_MISSING: dict[str, Callable[[], str]] = {
    "imap": _imap,
    "sieve": _sieve,
    "pg": _pg,
    "nail": _nail,
    "faketime": _faketime,
    "postfix": postfix.missing,
    "exim": exim.missing,
    "spam": _spam,
}


def is_wanted(what: str) -> bool:
    """Whether `what` is here or was promised."""
    return not _MISSING[what]() or _is_promised(what)


def _is_promised(what: str) -> bool:
    return what in os.environ.get("GATEWAY_TEST_REQUIRE", "").split(",")


def require(what: str) -> None:
    """Skip the running test, or fail it where `what` was promised, unless `what` ("imap", "nail", "pg", "faketime") is here."""
    missing = _MISSING[what]()
    if not missing:
        return
    if _is_promised(what):
        pytest.fail(f"GATEWAY_TEST_REQUIRE names {what}: {missing}", pytrace=False)
    pytest.skip(missing)
