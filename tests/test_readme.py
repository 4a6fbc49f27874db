"""The README is tested: every command it shows is run, every key and section it names exists, the demo prints that."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from gateway.cli.main import COMMANDS
from support.cli import gateway

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SHOWN = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
TOML = re.findall(r"^```toml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
LEFT_OUT = {
    ".git",
    ".venv",
    "data",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".import_linter_cache",
}


def commands() -> list[str]:
    return [line[2:] for block in SHOWN for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout on a free port; its .venv is this one, which `make` finds up to date."""
    folder = tmp_path_factory.mktemp("readme") / "gateway"
    shutil.copytree(ROOT, folder, ignore=lambda _, names: LEFT_OUT.intersection(names))
    (folder / ".venv").symlink_to(ROOT / ".venv")
    for name in ("pyproject.toml", "constraints.txt"):
        os.utime(folder / name, (0, 0))  # else make would install the copy into the .venv of everybody
    config = folder / "config.toml"
    config.write_text(config.read_text().replace("127.0.0.1:8025", "127.0.0.1:0"))
    return folder


@pytest.mark.timeout(120)
@pytest.mark.skipif(not (ROOT / ".venv" / ".core").exists(), reason="needs the .venv that make sets up")
def test_every_command_works_in_the_order_shown(checkout: Path) -> None:
    session = checkout / "session.sh"
    lines = ["set -euo pipefail"]
    for command in commands():
        if command == "make run":
            # As in two terminals: it goes on while the others are typed.
            lines += [
                "make run 2> run.log & daemon=$!",
                'until grep -q \'"role": "worker"\' run.log; do sleep 0.1; done',
            ]
        elif command == "gateway tickets":
            lines += ["until gateway tickets | grep -q 'My lamp'; do sleep 0.1; done", command]
        else:
            lines.append(command)
    # make passes the signal on, waits, and then dies of it itself; the daemon has stopped cleanly before that.
    lines += ["kill -TERM $daemon", "wait $daemon || true", 'grep \'"stopped", "role": "worker"\' run.log']
    session.write_text("\n".join(lines) + "\n")
    env = {key: value for key, value in os.environ.items() if key != "GATEWAY_CONFIG" and key != "VIRTUAL_ENV"}
    process = subprocess.Popen(
        ["bash", str(session)], cwd=checkout, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        printed, _ = process.communicate(timeout=100)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    assert process.returncode == 0, printed
    assert "1. A customer's lamp has not arrived." in printed
    assert "My lamp" in printed
    assert "acknowledgement to ann@example.net" in printed
    assert "ok: " in printed
    assert "all fine" in printed


def test_make_hands_a_signal_to_the_daemon() -> None:
    """`make run` ends in one exec'd process."""
    makefile = (ROOT / "Makefile").read_text()
    assert "@exec $(BIN)/gateway -c $(CONFIG) run" in makefile


def test_the_demo_prints_what_the_readme_says() -> None:
    shown = re.search(r"^```text\n(1\. A customer.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert shown
    printed = subprocess.run(
        [ROOT / ".venv/bin/gateway", "demo"], capture_output=True, text=True, check=True, cwd="/"
    ).stdout
    assert printed.strip() == shown[1].strip()


def test_every_command_is_named() -> None:
    assert [name for name in COMMANDS if f"{name}" not in README] == []


def test_every_section_of_the_configuration_is_named() -> None:
    from gateway.config import Config

    sections = {(field.alias or name) for name, field in Config.model_fields.items()}
    assert [section for section in sections if f"[{section}" not in README] == []


def test_what_the_readme_shows_of_the_configuration_loads(tmp_path: Path) -> None:
    from gateway.config import load

    shown = "\n".join(block for block in TOML if "[[rule]]" not in block)
    config = tmp_path / "config.toml"
    config.write_text((ROOT / "config.toml").read_text() + "\n" + shown)
    secret = tmp_path / "imap.secret"
    secret.write_text("x")
    secret.chmod(0o600)
    assert load(config).imap[0].name == "main"


def test_the_rules_that_the_readme_shows_pass_their_tests(tmp_path: Path) -> None:
    shutil.copy(ROOT / "config.toml", tmp_path)
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "10-readme.toml").write_text("\n".join(block for block in TOML if "[[rule]]" in block))
    done = gateway("rules", "test", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "1 tests, all passed\n"), done.stderr


def test_the_service_that_the_readme_sets_up_runs_its_site_as_its_user(tmp_path: Path) -> None:
    (shown,) = (
        block for block in re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL) if "useradd" in block
    )
    folder = tmp_path / "gateway"
    lines = [line.split("#")[0] for line in shown.replace("/etc/gateway", str(folder)).splitlines()]
    site, unit = (line.split(">")[0].split()[1:] for line in lines if line.startswith("gateway init"))
    assert gateway(*site).returncode == 0
    printed = gateway(*unit)
    assert printed.returncode == 0, printed.stderr
    user = next(line for line in lines if line.startswith("useradd")).split()[-1]
    for line in (f"User={user}", f"ReadWritePaths={folder}", f"WorkingDirectory={folder}"):
        assert line in printed.stdout.splitlines()
    assert f"-c {folder}/config.toml run" in printed.stdout
    assert "enable --now gateway" in shown


def test_links_lead_somewhere() -> None:
    assert [link for link in re.findall(r"\]\(([^)#]+)\)", README) if not (ROOT / link).exists()] == []
