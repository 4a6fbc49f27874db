"""What of rules, templates and configuration was in force when: every activation with its texts and who saved it.

One row an activation and node: nodes that share a database each load files of their own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gateway.config.changes import Texts
from gateway.now import now
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import insert

_table = tables.rule_set
_TOLD = (_table.c.id, _table.c.sha256, _table.c.activated_at, _table.c.node, _table.c.activated_by, _table.c.summary)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """`sha256` names the rules alone, as `gateway rules show` does; `activated_by` is the owner of what changed."""

    id: int
    sha256: str
    activated_at: datetime
    node: str
    activated_by: str
    summary: str


def record(store: Store, *, sha256: str, text: str, texts: Texts, activated_by: str, summary: str) -> int:
    """The id of what is in force from now on. `text` is that of the rules and their lists."""
    with store.main.write() as conn:
        return insert(
            conn,
            _table,
            sha256=sha256,
            text=text,
            config=texts.config,
            templates=json.dumps(texts.templates, ensure_ascii=False),
            activated_at=now(),
            node=store.node,
            activated_by=activated_by,
            summary=summary,
        )


def newest(store: Store) -> tuple[Activation, Texts] | None:
    """What this node activated last, with its texts; None where it never did."""
    asked = select(_table).where(_table.c.node == store.node).order_by(_table.c.id.desc()).limit(1)
    with store.main.read() as conn:
        row = conn.execute(asked).first()
    return (_activation(row), _texts(row)) if row else None


def newest_id(store: Store) -> int | None:
    """The id of what this node activated last."""
    asked = select(_table.c.id).where(_table.c.node == store.node).order_by(_table.c.id.desc()).limit(1)
    with store.main.read() as conn:
        return conn.execute(asked).scalar()


def at(store: Store, activation_id: int) -> tuple[Activation, Texts] | None:
    """One activation with its texts."""
    with store.main.read() as conn:
        row = conn.execute(select(_table).where(_table.c.id == activation_id)).first()
    return (_activation(row), _texts(row)) if row else None


def history(store: Store) -> Sequence[Activation]:
    """Every activation of every node, the oldest first."""
    with store.main.read() as conn:
        return [_activation(row) for row in conn.execute(select(*_TOLD).order_by(_table.c.id))]


def _activation(row: Any) -> Activation:
    return Activation(**{column.name: row._mapping[column.name] for column in _TOLD})


def _texts(row: Any) -> Texts:
    rules = json.loads(row.text)
    return Texts(
        config=row.config, rules=rules["files"], lists=rules["lists"], templates=json.loads(row.templates or "{}")
    )
