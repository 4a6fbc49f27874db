"""The keys that sign our tokens, from the site's secret; on the first start a file of them is made."""

import secrets
from pathlib import Path

from gateway.config.secret import Secret
from gateway.errors import ConfigError
from gateway.tickets.token import Keys

_SECRET_BYTES = 32


def load_keys(secret: Secret) -> Keys:
    """The signing keys: lines `ID:HEX` of the secret; a file is made on the first start, for its owner's eyes alone.

    ConfigError where there is something else in it.
    """
    if secret.path is not None and not secret.path.exists():
        _make_secret(secret.path)
    found: dict[int, bytes] = {}
    for number, line in enumerate(secret.read().splitlines(), start=1):
        if not line.strip():
            continue
        key_id, _, text = line.strip().partition(":")
        try:
            found[int(key_id)] = bytes.fromhex(text)
        except ValueError:
            raise ConfigError([f"{secret}:{number}: not a line ID:HEX; put back the file from a backup"])
    if not found or any(len(one) < 16 or not 0 <= key_id < 256 for key_id, one in found.items()):
        raise ConfigError([f"{secret}: no usable key in it; put back the file from a backup"])
    return Keys(secrets=found)


def _make_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(f"1:{secrets.token_hex(_SECRET_BYTES)}\n")
    fresh.rename(path)
