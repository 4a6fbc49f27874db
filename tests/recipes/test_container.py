"""The Containerfile, followed step by step in a plain folder: what it copies is enough to build, and what it builds works.

Not run here: the base image, its user and volume.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import CHECKOUT

STEPS = [
    (verb, rest.strip())
    for verb, rest in re.findall(
        r"^([A-Z]+) (.*)$", (CHECKOUT / "Containerfile").read_text().replace("\\\n", " "), re.MULTILINE
    )
]
COPIES = [rest.split() for verb, rest in STEPS if verb == "COPY" and not rest.startswith("--from")]


def test_what_is_copied_is_there_and_not_ignored() -> None:
    copied = {source.rstrip("/") for *sources, _ in COPIES for source in sources}
    assert [name for name in copied if not (CHECKOUT / name).exists()] == []
    ignored = (CHECKOUT / ".containerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert (CHECKOUT / ".dockerignore").read_text() == (CHECKOUT / ".containerignore").read_text()


def test_signals_reach_the_gateway_and_nobody_is_root() -> None:
    last = {verb: rest for verb, rest in STEPS}  # noqa: C416 - the last of each counts
    assert json.loads(last["ENTRYPOINT"]) == ["gateway"]
    assert json.loads(last["CMD"]) == ["run"]
    assert last["USER"] == "gateway"


@pytest.mark.timeout(170)
def test_the_build_makes_a_gateway_that_works(tmp_path: Path) -> None:
    """The steps of the first stage, with the packages of this checkout instead of fresh ones."""
    source, target = tmp_path / "src", tmp_path / "opt"
    for *names, place in COPIES:
        for name in names:
            here = CHECKOUT / name
            if here.is_dir():
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(here, source / place, ignore=ignore)
            else:
                (source / place).mkdir(parents=True, exist_ok=True)
                shutil.copy(here, source / place)
    stage = STEPS[: [verb for verb, _ in STEPS].index("FROM", 1)]
    runs = [rest for verb, rest in stage if verb == "RUN"]
    assert len(runs) == 2
    for command in runs:
        here = command.replace("/opt/gateway", str(target)).replace("python -m", f"{sys.executable} -m")
        here = here.replace("pip install", "pip install --no-deps")
        done = subprocess.run(here, shell=True, cwd=source, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    (packages,) = (target / "lib").glob("python*/site-packages")
    here = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "of-this-checkout.pth").write_text(f"{here}\n")
    shutil.rmtree(source)  # what was built stands alone

    env = {"PATH": f"{target}/bin:{os.environ['PATH']}", "GATEWAY_CONFIG": f"{tmp_path}/site/config.toml"}
    for command in (("init", "site"), ("check",)):
        done = subprocess.run(
            ["gateway", *command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
            executable=str(target / "bin/gateway"),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    healthy = json.loads(next(rest for verb, rest in STEPS if verb == "HEALTHCHECK").partition("CMD ")[2])
    sick = subprocess.run(healthy, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert sick.returncode == 1, "no daemon runs"
    assert sick.stdout.startswith("CRITICAL")
