"""On what kind of file system the data lie, where that breaks our promise that what we accepted is kept (T119)."""

import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")  # proc(5); there is none but on Linux
_MEMORY = frozenset({"tmpfs", "ramfs"})
_NETWORK = frozenset(
    "nfs nfs4 cifs smb3 smbfs 9p afs ceph lustre gfs2 ocfs2 fuse.sshfs fuse.glusterfs fuse.s3fs fuse.rclone".split()
)
_OCTAL = re.compile(r"\\([0-7]{3})")


def danger(folder: Path, mounts: str | None = None) -> str:
    """What may become of the data in a folder; `""` where nothing speaks against it. `mounts` as Linux has them."""
    kind = _kind(folder.resolve(), _read() if mounts is None else mounts)
    if kind in _MEMORY:
        return f"is in memory ({kind}): all mail and tickets are gone when this machine stops"
    if kind in _NETWORK:
        return f"is on a network file system ({kind}): its locks and syncs cannot be trusted, and mail may be lost"
    return ""


def _kind(folder: Path, mounts: str) -> str:
    """The file system of the mount that is nearest above, the last of several on one point."""
    found, depth = "", 0
    for line in mounts.splitlines():
        fields, _, more = line.partition(" - ")
        point = Path(_OCTAL.sub(lambda hit: chr(int(hit[1], 8)), fields.split()[4]))
        if len(point.parts) >= depth and folder.is_relative_to(point):
            found, depth = more.split()[0], len(point.parts)
    return found


def _read() -> str:
    try:
        return _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
