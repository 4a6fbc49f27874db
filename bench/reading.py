"""How long reading one mail takes, and what it needs beside the mail; run as a child, so that its peak is its own.

python -m bench.reading plain|html|large < MAIL; only `large` reads a mail from standard input.
"""

import base64
import json
import random
import statistics
import sys
import time
from itertools import islice
from pathlib import Path

from bench.mails import backlog
from gateway.mail import read

ROUNDS = 2_000
LARGE = 10_000_000  # bytes of the attachment, decoded


def main() -> None:
    what = sys.argv[1]
    mails = [sys.stdin.buffer.read()] * 5 if what == "large" else _small(html=what == "html")
    for raw in mails[:1]:  # what is loaded on first use is no part of a mail's cost
        read(raw[:2_000])
    Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")
    times = []
    for raw in mails:
        began = time.perf_counter()
        read(raw)
        times.append(time.perf_counter() - began)
    beside = _memory("VmHWM") - before
    print(json.dumps({"median_us": statistics.median(times) * 1e6, "beside_mib": beside}))


def _memory(name: str) -> float:
    """MiB; VmRSS is now, VmHWM the peak."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name)) / 1024


def _small(*, html: bool) -> list[bytes]:
    mails = (raw for _, raw in backlog(ROUNDS * 5))
    return list(islice((raw for raw in mails if (b"text/html" in raw) is html), ROUNDS))


def large() -> bytes:
    """A mail with LARGE bytes attached."""
    body = base64.encodebytes(random.Random(3).randbytes(LARGE))
    return (
        b"From: a@customer.example\r\nTo: support@acme.example\r\nSubject: the log\r\nMessage-ID: <l@x.example>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHere it is.\r\n--b\r\n"
        b"Content-Type: application/octet-stream; name=log.bin\r\nContent-Disposition: attachment\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + body.replace(b"\n", b"\r\n") + b"--b--\r\n"
    )


if __name__ == "__main__":
    main()
