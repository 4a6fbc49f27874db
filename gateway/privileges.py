"""From root to the user of `gateway.run_as`: ports are taken first, and nothing else is done as root (T153)."""

import errno
import os
import socket
from collections.abc import Mapping

from gateway import log
from gateway.config import Config, load
from gateway.config.load import told
from gateway.errors import ConfigError
from gateway.health.state import running
from gateway.ownership import become, hand_over_data, problem, user_of
from gateway.store.node import in_use

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
        raise problem(cfg, f'only root can become "{name}": start the gateway as root, or as {name} itself')
    tcp = {index: one.listen for index, one in enumerate(cfg.smtp) if one.listen.unix is None}
    ports = {index: _bound(cfg, index, listen.host, listen.port) for index, listen in tcp.items()}
    hand_over_data(cfg, user)
    become(user.pw_uid, user.pw_gid)
    _refuse_unreadable(cfg, name)
    log.left_root(name)
    return ports


def _refuse_unreadable(cfg: Config, name: str) -> None:
    """As the user: all that is named in the settings, and every file of the rules and templates."""
    for top in (cfg.path, cfg.rules_dir, cfg.templates_dir):
        for path in (top, *sorted(top.rglob("*"))) if top.exists() else ():
            mode = os.R_OK | os.X_OK if path.is_dir() else os.R_OK
            if not os.access(path, mode):
                way = f"chgrp {name} {path} and chmod g+r, or g+rx for a folder"
                raise problem(cfg, f"{name} may not read {path}: {way}")
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
