"""The fuzzer's targets hold on every golden mail, whole and in pieces, so that they do not rot between two hunts."""

from pathlib import Path

import pytest

from fuzz.targets import TARGETS

GOLDEN = sorted((Path(__file__).parents[1] / "corpus").glob("*.eml"))


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_holds(target: str) -> None:
    assert len(GOLDEN) > 200
    for path in GOLDEN[::5]:
        raw = path.read_bytes()
        for data in (raw, raw[len(raw) // 3 :], raw[: len(raw) // 2], raw[::-1]):
            TARGETS[target](data)
