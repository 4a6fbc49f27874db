"""Which part of a name was registered by somebody: `a.b.acme.co.uk` -> `acme.co.uk`, by the public suffix list."""

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@cache
def _list() -> "PublicSuffixList":
    from publicsuffixlist import PublicSuffixList  # 0.15 s and 2 MB

    return PublicSuffixList()


@lru_cache(maxsize=1000)
def organisation(domain: str) -> str:
    """The registered domain that `domain` (A-labels, lower case) lies in; `""` for a public suffix and for no name."""
    return _list().privatesuffix(domain) or "" if domain else ""
