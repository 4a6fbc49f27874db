"""Tables, transactions, claims, every query, migrations: the only room that knows SQL."""

from gateway.store.database import Database
from gateway.store.engine import Store, open_store

__all__ = ["Database", "Store", "open_store"]
