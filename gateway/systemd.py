"""What systemd wants to hear of a service of Type=notify (sd_notify(3)), and the unit that starts ours."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_UNIT = """\
[Unit]
Description=Email-to-ticket gateway
After=network-online.target postgresql.service
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStart={program} -c {config} run
ExecReload=/bin/kill -HUP $MAINPID
WorkingDirectory={folder}
User={user}
Group={user}
UMask=0077
Restart=always
RestartSec=2
# A configuration that cannot work is for a person to mend.
RestartPreventExitStatus=78
WatchdogSec=120
TimeoutStartSec=300
TimeoutStopSec=90
KillMode=mixed

# What it may do: write to its own folder, talk to the network, and for ports below 1024 take them.
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={folder}
RuntimeDirectory=gateway
RuntimeDirectoryMode=0755
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
LimitNOFILE=16384

[Install]
WantedBy=multi-user.target
"""


def notify(state: str) -> None:
    """Tell systemd `READY=1`, `WATCHDOG=1` or `STOPPING=1`; nothing where nobody asked."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place.startswith(("/", "@")):
        return
    address = "\0" + place[1:] if place.startswith("@") else place
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.settimeout(1)
        sock.sendto(state.encode(), address)


@contextmanager
def more_time(every: float = 30.0) -> Iterator[None]:
    """In the block, which may take as long as it needs, keep TimeoutStartSec= from ending us (EXTEND_TIMEOUT_USEC)."""
    done = threading.Event()

    def extend() -> None:
        while not done.wait(every):
            notify(f"EXTEND_TIMEOUT_USEC={round(every * 4_000_000)}")

    thread = threading.Thread(target=extend, name="more time", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def is_journal(fd: int) -> bool:
    """Whether what is written there goes to journald, as JOURNAL_STREAM says (systemd.exec(5)): `device:inode`."""
    try:
        at = os.fstat(fd)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM", "") == f"{at.st_dev}:{at.st_ino}"


def watchdog_every() -> float | None:
    """Seconds between two signs of life, half of what systemd grants; None where it watches nobody."""
    given = os.environ.get("WATCHDOG_USEC", "")
    return int(given) / 2_000_000 if given.isdigit() and int(given) > 0 else None


def unit(folder: Path, user: str) -> str:
    """The unit for the site in `folder`, run by the gateway that runs now."""
    folder = folder.absolute()
    program = Path(sys.executable).parent / "gateway"
    return _UNIT.format(program=program, config=folder / "config.toml", folder=folder, user=user)
