"""What must hold of the reading of any bytes whatever."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

from gateway.mail import Mail, bytes_of, clean, mail_from_json, mail_to_json, read
from gateway.mail.forward.header_block import BLANK


def texts(mail: Mail) -> Iterator[str]:
    """Every text in a Mail, however deep."""
    waiting: list[Any] = [getattr(mail, name) for name in Mail.__slots__]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, tuple):
            waiting.extend(item)
        elif hasattr(item, "__slots__"):
            waiting.extend(getattr(item, name) for name in item.__slots__)


def lines_of(text: str) -> Counter[str]:
    """How often each line stands in a text, blanks around it aside."""
    return Counter(filter(None, (line.strip(BLANK) for line in text.split("\n"))))


def check(raw: bytes) -> None:
    """Read these bytes and assert all of it: no fault of ours, clean texts, no words lost, true attachments, the same
    again.
    """
    mail = read(raw)
    assert not [defect for defect in mail.defects if defect.startswith("unparsed")], mail.defects
    for text in texts(mail):
        assert clean.is_clean(text), ascii(text)
        assert unicodedata.is_normalized("NFC", text), ascii(text)
    assert mail == read(raw)
    assert mail_from_json(mail_to_json(mail)) == mail
    assert bool(mail.reply.strip()) == bool(mail.text.strip())
    assert lines_of(mail.text) <= lines_of(f"{mail.reply}\n{mail.elided}")
    for item in mail.attachments:
        data = bytes_of(raw, item.part)
        assert (len(data), hashlib.sha256(data).hexdigest()) == (item.size, item.sha256)
        assert item.name
        assert not set(item.name) & set('/\\:\n\0"<>')
