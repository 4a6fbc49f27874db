"""The numbers of the helpdesk before us, or beside us, in subjects: by the patterns of `mail.old_tags`."""

from collections.abc import Iterator

from gateway.config import Config
from gateway.rules import Matcher
from gateway.rules.matcher import TimedOut

SYSTEMS = ("rt", "zammad", "osticket", "mail")  # where tickets are taken over from; the last is an archive of mail
SOURCE = "import"  # of the keys under which they are found again, and of their mails
_LOOKED_AT = 1_000  # characters of a subject
_DIGITS = 15  # of a number; ours have no more either


def key_of(system: str, number: int) -> tuple[str, str]:
    """What a ticket taken over from there is known by: the source and the key of `thread_key`."""
    return SOURCE, f"{system}:{number}"


def keys_of(number: int) -> list[tuple[str, str]]:
    """All that a number of another helpdesk may be known by."""
    return [key_of(system, number) for system in SYSTEMS]


def numbers_in(subject: str, cfg: Config, matcher: Matcher) -> tuple[int, ...]:
    """The numbers that a subject names, each once, in the order of the patterns."""
    return tuple(dict.fromkeys(_found(subject[:_LOOKED_AT], cfg, matcher))) if cfg.old_tags else ()


def without(subject: str, cfg: Config, matcher: Matcher) -> str:
    """A subject without its first number in each of the patterns."""
    for pattern in cfg.old_tags:
        match = matcher.search(pattern, subject[:_LOOKED_AT])
        if match is not None and not isinstance(match, TimedOut):
            subject = f"{subject[: match.start()]} {subject[match.end() :]}"
    return subject


def _found(subject: str, cfg: Config, matcher: Matcher) -> Iterator[int]:
    for pattern in cfg.old_tags:
        match = matcher.search(pattern, subject)
        if match is None or isinstance(match, TimedOut):
            continue
        digits = (match[1] or "").strip()
        if digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS and int(digits):
            yield int(digits)
