"""What a deed works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.config import Config
from gateway.mail import Attachment
from gateway.tickets.commands.values import Call
from gateway.tickets.effect import Effect
from gateway.tickets.similar import ALIKE
from gateway.tickets.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Who does it (`by`: `agent:carol`, `cli:root`; `me` an agent's key or `""`), when, and with which text and files.

    `conn` is a write transaction, or a read one where what is decided is written later. `at_least`: how alike, up to
    1, what `common similar` takes must be.
    """

    conn: Connection
    cfg: Config
    by: str
    me: str
    at: datetime
    text: str = ""
    at_least: float = ALIKE
    files: tuple[Attachment, ...] = ()

    @property
    def set_by(self) -> str:
        """Who set a field, as tickets keep it: what a person set stands against rules."""
        return f"person:{self.me or self.by}"


Deed = Callable[[Bench, Snapshot, Call], Effect]
