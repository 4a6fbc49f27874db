"""Real mails of many kinds, where they lie beside the checkout: each is read, cleanly, and as its source says."""

import re

import pytest

from gateway.mail import read
from support import corpus
from support.reading import check


@pytest.mark.timeout(120)
def test_every_mail_is_read() -> None:
    for _, raw in corpus.mails():
        check(raw)


def folded(text: str) -> str:
    return re.sub(r"[\s\u00a0]+", " ", text).strip()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("label", "least"),
    [("from_addr", 0.98), ("to_addrs", 0.995), ("subject", 0.98), ("message_id", 1.0), ("text", 0.92)],
)
def test_what_the_sources_say(label: str, least: float) -> None:
    right = wrong = 0
    for row in corpus.rows():
        wanted = row["labels"].get(label)
        if wanted is None or row.get("disputed") or row.get("kind", "message") != "message":
            continue
        if isinstance(wanted, dict) or "\ufffd" in wanted:  # a digest, or what the source could not read itself
            continue
        mail = read((corpus.ROOT / row["file"]).read_bytes())
        if label == "from_addr":
            same = (mail.from_.key if mail.from_ else "") == (wanted.lower() if "@" in wanted else "")
        elif label == "to_addrs":
            same = {addr.lower().strip("<>") for addr in wanted} <= {address.key for address in mail.to}
        elif label == "message_id":
            same = mail.message_id.strip("<>") == wanted.strip("<> ")
        else:
            same = folded(getattr(mail, label)) == folded(wanted)
        right, wrong = right + same, wrong + (not same)
    assert right / (right + wrong) >= least, f"{right} of {right + wrong}"
