"""The database's own clock, by which leases run: a node whose clock is wrong neither loses nor steals them."""

from datetime import UTC, datetime

from sqlalchemy import Connection


def database_now(conn: Connection) -> datetime:
    """The present instant as the database has it, aware, in UTC."""
    if conn.dialect.name == "postgresql":
        at: datetime = conn.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return at.astimezone(UTC)
    text = conn.exec_driver_sql("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')").scalar_one()
    return datetime.fromisoformat(text)
