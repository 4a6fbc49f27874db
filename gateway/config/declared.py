"""The declared sources of a site with their patterns compiled, as decisions take them."""

from collections.abc import Sequence
from typing import Any

from gateway.config.schema_channels import Source
from gateway.rules.globs import glob
from gateway.rules.patterns import compile_pattern
from gateway.tickets import sources


def compiled(declared: Sequence[Source]) -> tuple[sources.Source, ...]:
    """In the order of the file."""
    return tuple(map(_compiled, declared))


def _compiled(one: Source) -> sources.Source:
    way, _, pattern = one.requester.partition(":")
    return sources.Source(
        name=one.from_,
        matches=glob(one.from_),
        way=sources.Way(way),
        pattern=_pattern(pattern),
        problem=_pattern(one.problem),
        recovery=_pattern(one.recovery),
        may=frozenset(one.may),
    )


def _pattern(text: str | None) -> Any:
    return compile_pattern(text) if text else None
