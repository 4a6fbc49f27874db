"""From root to the user of `gateway.run_as`: ports are taken first, and nothing else is done as root (T153)."""

import errno
import os
import pwd
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gateway import log
from gateway.config import Config, load
from gateway.config.load import told
from gateway.errors import ConfigError, Permanent
from gateway.health.state import running
from gateway.store.node import in_use, make_private

Ports = Mapping[int, socket.socket]  # by the place of a listener in [[smtp]]: bound, and not listening yet


def leave_root(cfg: Config) -> Ports:
    """Take the ports of all listeners and become the user of `run_as`, for good; nothing where we are not root.

    ConfigError where a port is taken, the user is unknown, or may not read what it needs; Temporary where it is a
    running gateway on the same data that has the port.
    """
    name, here = cfg.gateway.run_as, os.geteuid()
    if name is None:
        if here == 0:
            log.runs_as_root()
        return {}
    user = user_of(cfg, name)
    if here == user.pw_uid:
        return {}
    if here != 0:
        raise _problem(cfg, f'only root can become "{name}": start the gateway as root, or as {name} itself')
    tcp = {index: one.listen for index, one in enumerate(cfg.smtp) if one.listen.unix is None}
    ports = {index: _bound(cfg, index, listen.host, listen.port) for index, listen in tcp.items()}
    _hand_over_data(cfg, user)
    _become(user.pw_uid, user.pw_gid)
    _refuse_unreadable(cfg, name)
    log.left_root(name)
    return ports


def user_of(cfg: Config, name: str) -> pwd.struct_passwd:
    """The user of `run_as`. ConfigError where there is none, or it is root."""
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise _problem(cfg, f'there is no user "{name}" on this machine: useradd --system {name}')
    if user.pw_uid == 0:
        raise _problem(cfg, f'"{name}" is root itself; name a user that may do nothing else')
    return user


def _refuse_unreadable(cfg: Config, name: str) -> None:
    """As the user: all that is named in the settings, and every file of the rules and templates."""
    for top in (cfg.path, cfg.rules_dir, cfg.templates_dir):
        for path in (top, *sorted(top.rglob("*"))) if top.exists() else ():
            mode = os.R_OK | os.X_OK if path.is_dir() else os.R_OK
            if not os.access(path, mode):
                way = f"chgrp {name} {path} and chmod g+r, or g+rx for a folder"
                raise _problem(cfg, f"{name} may not read {path}: {way}")
    load(cfg.path)  # looks whether keys, passwords and certificates can be read, and says by file and line which cannot


def _bound(cfg: Config, index: int, host: str, port: int) -> socket.socket:
    try:
        found = list(dict.fromkeys(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        if len(found) > 1:
            addresses = ", ".join(str(one[4][0]) for one in found)
            several = f"{host} is several addresses ({addresses}): with run_as, write an [[smtp]] for each address"
            raise ConfigError([told(cfg, ("smtp", index, "listen"), several)])
        family, kind, protocol, _, address = found[0]
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
    except OSError as error:
        holder = running(cfg.gateway.data_dir) if error.errno == errno.EADDRINUSE else None
        if holder is not None:
            raise in_use(cfg.gateway.data_dir, str(holder))
        reason = error.strerror or error
        raise ConfigError([told(cfg, ("smtp", index, "listen"), f"cannot listen on {host}:{port}: {reason}")])
    return sock


def _hand_over_data(cfg: Config, user: pwd.struct_passwd) -> None:
    """A fresh data folder becomes the user's; one that is somebody else's is for a person to look at."""
    folder = cfg.gateway.data_dir
    if not folder.exists():
        make_private(folder)
        os.chown(folder, user.pw_uid, user.pw_gid)
    elif folder.stat().st_uid != user.pw_uid:
        name = user.pw_name
        raise _problem(cfg, f"{folder} belongs to another user than {name}: chown -R {name}: {folder}")


def _problem(cfg: Config, what: str) -> ConfigError:
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
        raise NotOurs(f"{folder} belongs to {whose} (mode {mode:04o}): run this as that user: sudo -u {whose} gateway")


# ---- root's commands -----------------------------------------------------------------------------------------------


def become_owner(cfg: Config) -> str | None:
    """Become the user whose the site's data is, for good, and say who that is; None where we are that, or not root.

    What root's commands write beside a daemon of another user would be out of the daemon's reach.
    """
    owner = daemon_user(cfg)
    if owner is None:
        return None
    _become(*owner)
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
        _hand_over_data(cfg, user_of(cfg, name))
    return _owner_of(folder)


def become_owner_of(folder: Path) -> None:
    """The same as `become_owner`, where nothing is known but the data folder, which is there."""
    owner = _owner_of(folder) if os.geteuid() == 0 else None
    if owner is not None:
        _become(*owner)


def _owner_of(folder: Path) -> tuple[int, int] | None:
    node = folder / "node"  # whose the folder is says less: in a container it may be mounted from outside
    status = (node if node.exists() else folder).stat()
    return (status.st_uid, status.st_gid) if status.st_uid != 0 else None


def _become(uid: int, gid: int) -> None:
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
