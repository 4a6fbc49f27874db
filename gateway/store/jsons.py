"""JSON as columns hold it: facts and traces are written with every mail, and in the hot path that counts."""

import json
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def dumps(value: Any) -> str:
    """As `json.dumps`, which takes lone surrogates too."""
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(value)


def loads(text: str | bytes) -> Any:
    """As `json.loads`, which takes lone surrogates too."""
    try:
        return _decode(text)
    except (msgspec.MsgspecError, UnicodeError):
        return json.loads(text)
