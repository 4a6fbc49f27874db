"""The sending MTA of the storm: keeps each mail until it has read 250, and a ledger of what was promised."""

import hashlib
import random
import smtplib
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from support.mails import mail


@dataclass
class Ledger:
    """What was answered 250, by number of the mail, and how often the sender had to try again."""

    promised: dict[int, str] = field(default_factory=dict)
    retried: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def storm_mail(number: int, rng: random.Random) -> bytes:
    """Mail `number`: most 1-8 KB, some 100 KB and more, so that the raw store takes its share."""
    size = rng.choice([1_000, 2_000, 4_000, 8_000, 100_000]) if number % 20 == 0 else rng.randrange(500, 4_000)
    text = f"number {number} {rng.getrandbits(64):x}\n" + "word and word and word and word again\n" * (size // 37)
    return mail(
        sender=f"Person {number % 50} <person{number % 50}@example.net>",
        subject=f"Matter {number}",
        text=text,
        message_id="" if number % 19 == 0 else f"<storm{number}.{rng.getrandbits(48):x}@example.net>",
    )


class Sender(threading.Thread):
    """Sends mails `numbers` one after the other at a steady pace to whatever port `port()` names now."""

    def __init__(self, ledger: Ledger, mails: dict[int, bytes], port: "object", pace: float, deadline: float) -> None:
        super().__init__(daemon=True)
        self.ledger = ledger
        self.mails = mails
        self.port = port
        self.pace = pace
        self.deadline = deadline
        self.unsent: list[int] = []

    def run(self) -> None:
        client: smtplib.SMTP | None = None
        for number, raw in self.mails.items():
            began = time.monotonic()
            while time.monotonic() < self.deadline:
                try:
                    if client is None:
                        client = smtplib.SMTP("127.0.0.1", self.port(), timeout=20)  # type: ignore[operator]
                    client.sendmail(f"person{number % 50}@example.net", ["support@acme.example"], raw)
                    break
                except (OSError, smtplib.SMTPException):
                    if client is not None:
                        client.close()
                    client = None
                    with self.ledger.lock:
                        self.ledger.retried += 1
                    time.sleep(0.05)
            else:
                self.unsent.append(number)
                continue
            with self.ledger.lock:
                self.ledger.promised[number] = hashlib.sha256(_as_sent(raw)).hexdigest()
            time.sleep(max(0.0, self.pace - (time.monotonic() - began)))
        if client is not None:
            client.close()


def _as_sent(raw: bytes) -> bytes:
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def spooled(data_dir: Path) -> Counter[str]:
    """How often each sha256 lies in the spool of an SQLite site."""
    conn = sqlite3.connect(f"file:{data_dir / 'spool.db'}?mode=ro", uri=True)
    try:
        return Counter(row[0] for row in conn.execute("SELECT sha256 FROM spool"))
    finally:
        conn.close()


def articles(data_dir: Path) -> Counter[int]:
    """How many articles each incoming mail became, by spool id."""
    conn = sqlite3.connect(f"file:{data_dir / 'gateway.db'}?mode=ro", uri=True)
    try:
        sql = "SELECT m.spool_id FROM article a JOIN mail m ON m.id = a.mail_id WHERE a.direction = 'in'"
        return Counter(row[0] for row in conn.execute(sql))
    finally:
        conn.close()
