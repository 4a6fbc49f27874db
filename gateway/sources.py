"""A mail as the site's declared sources would have it taken, its patterns searched under the rules' time limit."""

from dataclasses import replace
from typing import Any

from gateway.config import Config
from gateway.mail import Mail
from gateway.rules import Matcher
from gateway.rules.matcher import TimedOut
from gateway.tickets.sources import Captured, Declared, declared


def taken(mail: Mail, cfg: Config, matcher: Matcher) -> tuple[Mail, Declared | None]:
    """The mail, from whom it really is where a source declares that, and what the declaration made of it."""
    search = _Search(matcher)
    found = declared(mail, cfg.sources, search, lambda key: _whose(key, cfg))
    if found is None:
        return mail, None
    shown, what = found
    if search.timed_out and what.why:
        what = replace(what, why="its pattern took too long")
    return shown, what


def _whose(key: str, cfg: Config) -> str:
    return cfg.whose(key) or ("a declared source" if cfg.is_source(key) else "")


class _Search:
    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self.timed_out = False

    def __call__(self, pattern: Any, text: str) -> Captured | None:
        found = self._matcher.search(pattern, text)
        if isinstance(found, TimedOut):
            self.timed_out = True
            return None
        if found is None:
            return None
        groups = tuple(group for group in found.groups() if group) or (found[0],)
        return Captured(groups=groups, named={name: value or "" for name, value in found.groupdict().items()})
