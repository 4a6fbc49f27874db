"""Lists of `tag=value` (RFC 6376 section 3.2), as DKIM and DMARC write them in headers and in DNS."""

import re

MAX_TAGS = 60

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}\Z", re.ASCII)


def parse(text: str) -> dict[str, str] | None:
    """Each tag once, blanks around values cut; None where a tag is none or stands twice."""
    specs = text.split(";", MAX_TAGS)
    if not specs[-1].strip():
        specs.pop()
    if len(specs) > MAX_TAGS:
        return None
    found: dict[str, str] = {}
    for spec in specs:
        name, equals, value = spec.partition("=")
        name = name.strip()
        if not equals or not _NAME.match(name) or name in found:
            return None
        found[name] = value.strip()
    return found
