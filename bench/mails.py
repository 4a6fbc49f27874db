"""Mails for the backlog: 4 KB, 500 senders, three in ten an answer to an earlier one, every fifth HTML only."""

import random
from collections.abc import Iterator

_WORDS = (
    "printer invoice login password order delivery refund update error screen backup mailbox calendar meeting key card "
    "monitor cable payment contract address phone please help urgent thanks problem cannot open send receive file disk "
    "space slow crash version page report table value wrong missing late today week month floor ticket question"
).split()
# Every other word of a real text is one of these; without them no language can be told.
_SMALL = (
    "the a is my I it to and of in not for on we you have this was with that but be as when can are our do so from "
    "there"
).split()


def backlog(count: int, *, size: int = 4000, seed: int = 7) -> Iterator[tuple[str, bytes]]:
    """(envelope sender, mail) of `count` mails, all different, reproducible."""
    rng = random.Random(seed)
    threads: list[tuple[str, str, str]] = []
    for number in range(count):
        message_id = f"<m{number}.{rng.getrandbits(48):x}@customer.example>"
        if threads and rng.random() < 0.3:
            sender, subject, parent = rng.choice(threads[-4000:])
            subject, extra = f"Re: {subject}", f"In-Reply-To: {parent}\r\nReferences: {parent}\r\n"
        else:
            sender = f"person{rng.randrange(500)}@customer{rng.randrange(40)}.example"
            subject, extra = " ".join(rng.choices(_WORDS, k=6)), ""
            threads.append((sender, subject, message_id))
        yield sender, _mail(rng, number, sender, subject, message_id, extra, size)


def _mail(rng: random.Random, number: int, sender: str, subject: str, message_id: str, extra: str, size: int) -> bytes:
    html = number % 5 == 0
    lines: list[str] = []
    total = 0
    while total < size - 700:
        line = " ".join(rng.choice(_SMALL if place % 2 else _WORDS) for place in range(12)) + (
            " Grüße" if rng.random() < 0.05 else ""
        )
        lines.append(f"<p>{line}</p>" if html else line)
        total += len(lines[-1]) + 2
    kind = "html" if html else "plain"
    return (
        f"Received: from mx{number % 7}.example.net by relay.example.net with ESMTPS id 4Zk{number:07};"
        f" Fri, 27 Nov 2026 10:00:00 +0000\r\nFrom: Person <{sender}>\r\nTo: support@acme.example\r\n"
        f"Subject: {subject}\r\nMessage-ID: {message_id}\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\n{extra}"
        f"MIME-Version: 1.0\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + "\r\n".join(lines)
        + "\r\n"
    ).encode()
