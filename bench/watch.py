"""Looking at processes from outside."""

from pathlib import Path


def process_tree(root: int) -> list[int]:
    """A process and all its descendants, also those that were re-parented within its session."""
    session = _stat(root)[3]
    return sorted(
        int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _session(path) == session
    )


def pss_mib(pids: list[int]) -> float:
    """Proportional set size of these processes together, MiB: shared pages are counted once."""
    total = 0
    for pid in pids:
        for line in _rollup(pid).splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def _rollup(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):  # a reader that had read its share
        return ""


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat after the name: state, ppid, pgrp, session, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _session(path: Path) -> str:
    try:
        return _stat(int(path.name))[3]
    except (OSError, IndexError):
        return ""
