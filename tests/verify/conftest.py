"""The site of `support.verifying`, with a DNS stub of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.verifying import Verifying, verifying


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Verifying]:
    with verifying(tmp_path) as found:
        yield found
