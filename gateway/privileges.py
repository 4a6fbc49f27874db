"""From root to the user of `gateway.run_as`: ports are taken first, and nothing else is done as root (T153)."""

import os
import pwd
import socket
from collections.abc import Mapping

from gateway import log
from gateway.config import Config
from gateway.errors import ConfigError
from gateway.store.node import make_private

Ports = Mapping[int, socket.socket]  # by the place of a listener in [[smtp]]: bound, and not listening yet


def leave_root(cfg: Config) -> Ports:
    """Take the ports of all listeners and become the user of `run_as`, for good; nothing where we are not root.

    ConfigError where a port is taken, the user is unknown, or may not read what it needs.
    """
    name, here = cfg.gateway.run_as, os.geteuid()
    if name is None:
        if here == 0:
            log.runs_as_root()
        return {}
    user = _user(cfg, name)
    if here == user.pw_uid:
        return {}
    if here != 0:
        raise _problem(cfg, f'only root can become "{name}": start the gateway as root, or as {name} itself')
    tcp = {index: one.listen for index, one in enumerate(cfg.smtp) if one.listen.unix is None}
    ports = {index: _bound(cfg, listen.host, listen.port) for index, listen in tcp.items()}
    _hand_over_data(cfg, user)
    os.initgroups(name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ["HOME"] = user.pw_dir
    for path in (cfg.path, cfg.rules_dir, cfg.templates_dir):
        if path.exists() and not os.access(path, os.R_OK):
            raise _problem(cfg, f"{name} may not read {path}: chgrp {name} {path} and chmod g+r, or g+rx for a folder")
    log.left_root(name)
    return ports


def _user(cfg: Config, name: str) -> pwd.struct_passwd:
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise _problem(cfg, f'there is no user "{name}" on this machine: useradd --system {name}')
    if user.pw_uid == 0:
        raise _problem(cfg, f'"{name}" is root itself; name a user that may do nothing else')
    return user


def _bound(cfg: Config, host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError([f"{cfg.path.name}: smtp.listen: cannot listen on {host}:{port}: {reason}"])
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
    return ConfigError([f"{cfg.path.name}: gateway.run_as: {what}"])
