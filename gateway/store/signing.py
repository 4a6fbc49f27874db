"""Whether the signing keys are those this database knows: with others, our own tokens would count as forged."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from gateway.errors import ConfigError
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import insert, rows_in


def recognise(store: Store, secrets: Mapping[int, bytes], shown: Path | str) -> None:
    """Remember keys seen for the first time, by id. ConfigError where one is not the key that had its id before.

    Several nodes must share one secret file, and a restored site needs the one it had.
    """
    marks = {f"key:{key_id}": _mark(secret) for key_id, secret in secrets.items()}
    with store.main.write() as conn:
        known = dict(map(tuple, rows_in(conn, tables.counter, "name", sorted(marks), ("name", "value"))))
        for name, mark in marks.items():
            if name not in known:
                insert(conn, tables.counter, name=name, value=mark)
            elif known[name] != mark:
                raise ConfigError(
                    [
                        f"gateway.secret_file: {shown}: key {name.removeprefix('key:')} is not the one this database "
                        "was used with, so answers to our mail would count as forged; put back the file of the other "
                        "node or of the backup, or give a new key a number of its own"
                    ]
                )


def _mark(secret: bytes) -> int:
    """32 bits that tell keys apart and nothing about them."""
    return int.from_bytes(hashlib.sha256(b"mark of a signing key\0" + secret).digest()[:4], "big")
