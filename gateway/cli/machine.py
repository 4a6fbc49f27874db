"""What of this machine stands in the way of a site: who may change its files, users and folders that are not there."""

import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gateway.config import Config
from gateway.config.load import told
from gateway.errors import ConfigError
from gateway.ownership import user_of

_MADE_AT_BOOT = (Path("/run"), Path("/var/run"))  # folders in there come with the service


def open_to_all(cfg: Config) -> list[str]:
    """Where anybody on this machine could change what we act by; one line for the file and for each folder."""
    found = [f"{cfg.path}: anybody on this machine may change it: chmod o-w {cfg.path}"] if _is_open(cfg.path) else []
    for folder in (cfg.rules_dir, cfg.templates_dir):
        if not folder.is_dir():
            continue
        inside = sum(_is_open(path) for path in folder.rglob("*"))
        if inside:
            also = " and itself" if _is_open(folder) else ""
            what = f"{inside} of what is in it{also}"
            found.append(f"{folder}: anybody on this machine may change {what}: chmod -R o-w {folder}")
        elif _is_open(folder):
            found.append(f"{folder}: anybody on this machine may change it: chmod o-w {folder}")
    return found


def _is_open(path: Path) -> bool:
    return not path.is_symlink() and path.exists() and bool(path.stat().st_mode & stat.S_IWOTH)


def refusals(cfg: Config) -> Iterator[str]:
    """Why `gateway run` would refuse to start on this machine, each with its line."""
    if cfg.gateway.run_as is not None:
        try:
            user_of(cfg, cfg.gateway.run_as)
        except ConfigError as error:
            yield from error.problems
    for index, folder in _socket_folders(cfg):
        if not any(folder.is_relative_to(one) for one in _MADE_AT_BOOT):
            yield told(cfg, ("smtp", index, "listen"), f"there is no folder {folder} for the socket: make it")


def remarks(cfg: Config) -> Iterator[str]:
    """What the next start will find or mend."""
    for index, folder in _socket_folders(cfg):
        if any(folder.is_relative_to(one) for one in _MADE_AT_BOOT):
            made = "RuntimeDirectory of the unit makes it, see gateway init --systemd"
            yield told(cfg, ("smtp", index, "listen"), f"there is no folder {folder} yet; {made}")
    yield from _disks(cfg)
    folder = cfg.gateway.data_dir
    with suppress(OSError):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o077:
            open_ = f"{folder} is open to others (mode {mode:04o}); what opens it next makes it 0700"
            yield told(cfg, ("gateway", "data_dir"), open_)


def _disks(cfg: Config) -> Iterator[str]:
    """File systems on which what we accept may be lost."""
    from gateway.store import disk, room

    places = ("gateway", "data_dir"), ("database", "url")
    for place, folder in zip(places, room.folders_of(cfg.database.url, cfg.gateway.data_dir), strict=False):
        if danger := disk.danger(folder):
            yield told(cfg, place, danger)


def _socket_folders(cfg: Config) -> Iterator[tuple[int, Path]]:
    """The folders of sockets that are not there, by the place of the listener."""
    for index, one in enumerate(cfg.smtp):
        if one.listen.unix is not None and not one.listen.unix.parent.is_dir():
            yield index, one.listen.unix.parent
