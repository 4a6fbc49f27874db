"""imapclient's errors as ours.

Lost: the connection is gone or its answers make no sense; a new one may do better. Refused: the server said no to one
command, and the connection goes on. Unusable: an admin has to mend something.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import LoginError, ProtocolError

from gateway.errors import Permanent, Temporary
from gateway.intake.imap_login import LoginRefused
from gateway.secrecy import NO_SECRET, Secret


class Lost(Temporary):
    """The connection is of no more use."""


class Refused(Temporary):
    """The server refused one command (NO or BAD)."""


class Unusable(Permanent):
    """Certificate, folder or settings: nothing that time mends."""


@contextmanager
def our_errors(what: str, secret: Secret = NO_SECRET) -> Iterator[None]:
    """Around whatever imapclient is asked to do; `what` begins each message."""
    try:
        yield
    except ssl.SSLCertVerificationError as exc:
        raise Unusable(f"{what}: the certificate is not trusted: {exc.verify_message}") from exc
    except LoginError as exc:  # imapclient calls a connection lost while logging in the same
        passing = isinstance(exc.__context__, imaplib.IMAP4.abort) or "[UNAVAILABLE]" in str(exc)
        raise (Lost if passing else LoginRefused)(f"{what}: {said(exc, secret)}") from exc
    except ProtocolError as exc:
        raise Lost(f"{what}: an answer that is no IMAP: {said(exc, secret)}") from exc
    except imaplib.IMAP4.readonly as exc:
        raise Unusable(f"{what}: the folder is read-only") from exc
    except imaplib.IMAP4.abort as exc:
        raise Lost(f"{what}: {said(exc, secret)}") from exc
    except imaplib.IMAP4.error as exc:
        raise Refused(f"{what}: {said(exc, secret)}") from exc
    except OSError as exc:
        raise Lost(f"{what}: {exc.strerror or exc or type(exc).__name__}") from exc
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, MemoryError, RecursionError) as exc:
        # imapclient's parser on answers it did not foresee.
        raise Lost(f"{what}: an answer that cannot be read: {type(exc).__name__}: {said(exc, secret)}") from exc


def said(exc: BaseException, secret: Secret = NO_SECRET) -> str:
    """The server's words, as much of them as belongs into a log line, without what we logged in with (T147)."""
    text = secret.out_of(re.sub(r"[^\x20-\x7e]+", " ", str(exc)).strip())
    return text[:200] or type(exc).__name__
