"""Run one target under atheris (libFuzzer for Python), which searches for new paths through the code.

    .venv/bin/pip install atheris            # not among the dependencies: Linux wheels up to CPython 3.13 only
    .venv/bin/python tests/fuzz/run.py whole_mail -max_total_time=600 -timeout=10

The golden mails are what it starts from; what it learns it keeps in `.fuzz/TARGET/`. An input that breaks a promise
is written to `.fuzz/crash-...`: make a test of it, then mend the cause. Any libFuzzer option may follow the name.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import atheris  # noqa: E402

with atheris.instrument_imports(include=["gateway.mail"]):
    from fuzz.targets import TARGETS


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in TARGETS:
        sys.exit(f"usage: run.py {'|'.join(TARGETS)} [libFuzzer options]")
    learnt = ROOT / ".fuzz" / name
    learnt.mkdir(parents=True, exist_ok=True)
    options = [sys.argv[0], *sys.argv[2:], f"-artifact_prefix={ROOT / '.fuzz'}/", str(learnt)]
    atheris.Setup([*options, str(ROOT / "tests" / "corpus")], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
