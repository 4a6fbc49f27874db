"""Defaults that follow from other keys: the domain of mail.from, the folder data_dir."""

import copy
from typing import Any

from gateway.config import kinds


def with_derived(data: dict[str, Any]) -> dict[str, Any]:
    """A copy of the tables with these defaults filled in, as far as what they follow from can be read."""
    full = copy.copy(data)
    gateway, mail = _table(full, "gateway"), _table(full, "mail")
    domain = _domain(mail.get("from"))
    name = gateway.get("name")
    if gateway:
        folder = gateway.get("data_dir", "data")
        if isinstance(folder, str) and folder:
            gateway.setdefault("secret_file", f"{folder}/secret")
            if "database" not in full or isinstance(full["database"], dict):
                _table(full, "database", make=True).setdefault("url", f"sqlite:///{folder}/gateway.db")
            if "delivery" not in full or isinstance(full["delivery"], dict):
                _table(full, "delivery", make=True).setdefault("to", f"maildir:{folder}/sent")
        if domain:
            gateway.setdefault("admin", f"postmaster@{domain}")
    if mail:
        if domain:
            mail.setdefault("host", domain)
        if isinstance(name, str) and name:
            mail.setdefault("subject_tag", name[:1].upper() + name[1:])
        _derive_address(full, mail)
    for section, part in (("queues", "title"), ("agents", "name"), ("fields", "title"), ("organisations", "title")):
        for key, table in _tables(full, section).items():
            table.setdefault(part, key)
    _derive_ports(full)
    return full


def _derive_address(full: dict[str, Any], mail: dict[str, Any]) -> None:
    """With no address at all, the one we write from is the first queue's."""
    queues = full.get("queues")
    if "addresses" in mail or not isinstance(queues, dict) or not queues:
        return
    if any(isinstance(queue, dict) and queue.get("addresses") for queue in queues.values()):
        return
    try:
        mail["addresses"] = {kinds.mailbox(mail.get("from")).addr: next(iter(queues))}
    except ValueError:
        pass


def _derive_ports(full: dict[str, Any]) -> None:
    mailboxes = full.get("imap")
    if not isinstance(mailboxes, list):
        return
    full["imap"] = [
        {"port": 143, **table} if isinstance(table, dict) and table.get("tls", True) is not True else table
        for table in mailboxes
    ]


def _domain(value: object) -> str:
    try:
        return kinds.mailbox(value).domain
    except ValueError:
        return ""


def _table(full: dict[str, Any], name: str, *, make: bool = False) -> dict[str, Any]:
    """A copy of a table of ours to fill in, in its place; an empty one, in no place, where there is none."""
    table = full.get(name)
    if not isinstance(table, dict) and not make:
        return {}
    full[name] = dict(table) if isinstance(table, dict) else {}
    return full[name]  # type: ignore[no-any-return]


def _tables(full: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    tables = full.get(name)
    if not isinstance(tables, dict):
        return {}
    full[name] = {key: dict(table) if isinstance(table, dict) else table for key, table in tables.items()}
    return {key: table for key, table in full[name].items() if isinstance(table, dict)}
