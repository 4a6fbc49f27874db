"""What has been said on a ticket and to whom, as far as an agent's words are weighed against it."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from gateway.config import Config
from gateway.mail import read
from gateway.store import agents as stored
from gateway.tickets.leaving import Told


def told_on(conn: Connection, row: Mapping[str, Any], agent: str, cfg: Config) -> Told:
    """What the customer knows of the ticket, and what is for agents alone."""
    number = int(row["number"])
    own = cfg.agents[agent]
    said = stored.said(conn, number)
    letters = stored.letters_to(conn, number, own.addresses)
    return Told(
        public=[row["title"], *_lines(f"{one.text}\n{one.elided}" for one in said if one.direction in ("in", "out"))],
        notices=[line for letter in letters for line in read(letter).text.split("\n")],
        notes=_lines(one.text for one in said if one.direction == "note"),
        hidden=frozenset(address for agent in cfg.agents.values() for address in agent.addresses),
        numbers=stored.tickets_of(conn, row["requester_id"]) | {number},
        colleagues=frozenset(word for key, one in cfg.agents.items() for word in (key, one.name) if word),
        files=stored.files_of(conn, number),
    )


def _lines(texts: Iterator[str]) -> list[str]:
    return [line for text in texts for line in text.split("\n") if line.strip()]
