"""Which rules were in force when: every activation with its text, so that each decision names the set it used."""

from sqlalchemy import select

from gateway.now import now
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import insert


def record(store: Store, *, sha256: str, text: str, activated_by: str = "", summary: str = "") -> int:
    """The id of this rule set; where the newest is the same, it is not recorded again."""
    newest = select(tables.rule_set.c.id, tables.rule_set.c.sha256).order_by(tables.rule_set.c.id.desc()).limit(1)
    with store.main.write() as conn:
        last = conn.execute(newest).first()
        if last is not None and last.sha256 == sha256:
            return int(last.id)
        return insert(
            conn,
            tables.rule_set,
            sha256=sha256,
            text=text,
            activated_at=now(),
            node=store.node,
            activated_by=activated_by,
            summary=summary,
        )
