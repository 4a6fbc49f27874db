"""What a tag looks like, on tickets, people and organisations alike."""

import re

_TAG = re.compile(r"[^\s,#\"'\[\]{}]{1,50}")


def is_tag(text: str) -> bool:
    """One word without commas, `#`, quotes and brackets, of at most 50 characters."""
    return _TAG.fullmatch(text) is not None
