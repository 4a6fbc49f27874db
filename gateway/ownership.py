"""Whose the data of a site are, and who may use them: the user of the daemon, and root as that user."""

import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.config import Config
from gateway.config.load import told
from gateway.errors import ConfigError, Permanent
from gateway.store.node import make_private


def user_of(cfg: Config, name: str) -> pwd.struct_passwd:
    """The user of `run_as`. ConfigError where there is none, or it is root."""
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise problem(cfg, f'there is no user "{name}" on this machine: useradd --system {name}')
    if user.pw_uid == 0:
        raise problem(cfg, f'"{name}" is root itself; name a user that may do nothing else')
    return user


def hand_over_data(cfg: Config, user: pwd.struct_passwd) -> None:
    """A fresh data folder becomes the user's; one that is somebody else's is for a person to look at."""
    folder = cfg.gateway.data_dir
    if not folder.exists():
        make_private(folder)
        os.chown(folder, user.pw_uid, user.pw_gid)
    elif folder.stat().st_uid != user.pw_uid:
        name = user.pw_name
        raise problem(cfg, f"{folder} belongs to another user than {name}: chown -R {name}: {folder}")


def problem(cfg: Config, what: str) -> ConfigError:
    """A mistake at `gateway.run_as`, with its line."""
    return ConfigError([told(cfg, ("gateway", "run_as"), what)])


class NotOurs(Permanent):
    """The data are another user's, so that nothing can be said of them, nor of the daemon."""


def refuse_stranger(folder: Path) -> None:
    """NotOurs where we may not use this data folder, with whose it is."""
    try:
        status = folder.stat()
    except PermissionError:
        raise NotOurs(f"{folder} cannot be reached by this user: run this as the user of the gateway")
    except OSError:
        return  # nothing is there yet
    if status.st_uid != os.geteuid() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        whose, mode = name_of(status.st_uid), stat.S_IMODE(status.st_mode)
        belongs = f"{folder} belongs to {whose} (mode {mode:04o})"
        raise NotOurs(f"{belongs}: run this as that user, with `sudo -u {whose}` before it")


# ---- root's commands -----------------------------------------------------------------------------------------------


def become_owner(cfg: Config) -> str | None:
    """Become the user whose the site's data is, for good, and say who that is; None where we are that, or not root.

    What root's commands write beside a daemon of another user would be out of the daemon's reach.
    """
    owner = daemon_user(cfg)
    if owner is None:
        return None
    become(*owner)
    return name_of(owner[0])


def hand_over(cfg: Config, folder: Path) -> None:
    """Give a folder of root's, and all in it, to the user whom `become_owner` makes of us."""
    owner = daemon_user(cfg)
    if owner is not None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, *owner, follow_symlinks=False)


@contextmanager
def as_owner(cfg: Config) -> Iterator[None]:
    """The same for the block alone: what is made in it is that user's."""
    owner = daemon_user(cfg)
    if owner is None:
        yield
        return
    groups, group = os.getgroups(), os.getegid()
    os.setgroups(_groups(*owner))
    os.setegid(owner[1])
    os.seteuid(owner[0])
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def name_of(uid: int) -> str:
    """What a user is called, where it has a name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def daemon_user(cfg: Config) -> tuple[int, int] | None:
    """User and group (ids) of whoever runs the daemon here; None where that is us, or we are not root."""
    if os.geteuid() != 0:
        return None
    folder, name = cfg.gateway.data_dir, cfg.gateway.run_as
    if not folder.exists():
        if name is None:
            return None
        hand_over_data(cfg, user_of(cfg, name))
    return _owner_of(folder)


def become_owner_of(folder: Path) -> None:
    """The same as `become_owner`, where nothing is known but the data folder, which is there."""
    owner = _owner_of(folder) if os.geteuid() == 0 else None
    if owner is not None:
        become(*owner)


def _owner_of(folder: Path) -> tuple[int, int] | None:
    node = folder / "node"  # whose the folder is says less: in a container it may be mounted from outside
    status = (node if node.exists() else folder).stat()
    return (status.st_uid, status.st_gid) if status.st_uid != 0 else None


def become(uid: int, gid: int) -> None:
    os.setgroups(_groups(uid, gid))
    os.setgid(gid)
    os.setuid(uid)
    try:
        os.environ["HOME"] = pwd.getpwuid(uid).pw_dir
    except KeyError:
        os.environ["HOME"] = "/"


def _groups(uid: int, gid: int) -> list[int]:
    try:
        return os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
    except KeyError:
        return [gid]
