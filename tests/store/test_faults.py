"""Faults and sabotage are for tests and cannot reach anybody's mail."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from gateway import faults
from gateway.config import Target
from gateway.errors import ConfigError


def site(*targets):
    return SimpleNamespace(routes=[SimpleNamespace(way=SimpleNamespace(to=to)) for to in targets])


FILES = Target(scheme="maildir")
NEAR = Target(scheme="smtp", host="127.0.0.1", port=25)
FAR = Target(scheme="smtp", host="mx.acme.example", port=25)


@pytest.mark.parametrize(("ways", "refused"), [((FILES, NEAR), False), ((FAR,), True), ((FILES, FAR), True)])
def test_a_production_delivery_is_refused(monkeypatch, ways, refused):
    monkeypatch.setattr(faults, "_sabotage", frozenset({"no_key"}))
    if refused:
        with pytest.raises(ConfigError, match=r"mx\.acme\.example"):
            faults.refuse_in_production(site(*ways))
    else:
        faults.refuse_in_production(site(*ways))


def test_nothing_is_refused_when_nothing_is_armed():
    faults.refuse_in_production(site(FAR))


@pytest.mark.parametrize("told", ["point", "point:", "point:x", ":3", "point:1:everybody"])
def test_a_fault_that_reads_like_nothing(told):
    env = {**os.environ, "GATEWAY_TEST": "1", "GATEWAY_FAULT": told}
    ended = subprocess.run(
        [sys.executable, "-c", "import gateway.faults"], env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert "want point:n" in ended.stderr
