"""Names and addresses in letters of several alphabets, by which one is made to look like another (T86)."""

import re
import unicodedata

from gateway.mail import Address

# Those in which whole words of another can be written so that nobody sees it.
_ALPHABETS = frozenset("LATIN CYRILLIC GREEK ARMENIAN CHEROKEE COPTIC LISU FULLWIDTH MATHEMATICAL".split())
_WORD = re.compile(r"[^\W\d_]+")


def is_mixed(text: str) -> bool:
    """Is a word of it written in more than one alphabet?"""
    return not text.isascii() and any(len(_alphabets(word)) > 1 for word in _WORD.findall(text))


def _alphabets(word: str) -> set[str]:
    return {unicodedata.name(char, "").partition(" ")[0] for char in word} & _ALPHABETS


def in_ascii(address: Address) -> str:
    """The address with its domain as mail servers write it (A-labels); `""` where it is written so already."""
    local, _, domain = address.addr.rpartition("@")
    if domain.isascii():
        return ""
    from gateway.tickets.authentication import a_label  # few domains need it

    label = a_label(domain)
    return f"{local}@{label}" if label else ""
