"""The store of the site a command is for, opened and closed again, and how people write tickets and ids."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from gateway.cli.main import Session
from gateway.config import Config
from gateway.errors import Permanent
from gateway.ownership import as_owner, become_owner, refuse_stranger
from gateway.store import Store, listing, migrate, open_store
from gateway.tickets.subject import numbers_in

_LARGEST_ID = 2**63 - 1


@contextmanager
def opened(
    session: Session, *, ready: bool = True, reads: Sequence[Path] = (), stays_root: bool = False
) -> Iterator[tuple[Config, Store]]:
    """The configuration and the store, tables made where there are none yet; closed at the end of the block.

    Root becomes the user whose the data is, for good, or, with `stays_root`, while the store is opened: for what reads
    the store alone, and writes where that user may not. `reads`: files that the command is to read.
    Raises Permanent where the database waits for `gateway db migrate` (`ready=False` leaves the schema alone), and
    where that user may not read a file.
    """
    cfg = session.config(secrets=False)
    if not stays_root:
        become_the_owner(cfg, reads)
    refuse_stranger(cfg.gateway.data_dir)
    with private_files():
        with as_owner(cfg):
            store = open_store(cfg.database.url, cfg.gateway.data_dir, raw_inline_max=cfg.limits.raw_inline_max)
        try:
            if ready:
                with as_owner(cfg):
                    make_ready(store)
            yield cfg, store
        finally:
            store.close()


def become_the_owner(cfg: Config, reads: Sequence[Path] = ()) -> None:
    """Where root runs a command, it becomes the user whose the data is. Permanent where that one may not read these."""
    user = become_owner(cfg)
    if user is None:
        return
    for path in reads:
        if not os.access(path, os.R_OK):
            raise Permanent(
                f"{path} cannot be read by {user}, whose {cfg.gateway.data_dir} is, and as whom this runs; "
                f"put it where {user} may read it"
            )


@contextmanager
def private_files() -> Iterator[None]:
    """What is made in the block is its owner's alone, as what the daemon makes is: it holds everybody's mail."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def make_ready(store: Store) -> None:
    """Tables where there are none yet. Raises Permanent where there are older ones."""
    at = migrate.revisions(store)
    old = [f"{name} {at[name]} (this program needs {head})" for name, head in migrate.HEADS.items() if at[name] != head]
    if not any(at.values()):
        migrate.ensure(store)
    elif old:
        raise Permanent(
            f"the database is at an older schema: {', '.join(old)}; start the daemon or run `gateway db migrate`"
        )


def ticket_number(store: Store, cfg: Config, text: str) -> int | None:
    """The number of an existing ticket written `1042`, `#1042`, `[Acme #1042]` or as `mail.number_format` has it."""
    numbers = cfg.numbers
    bare = re.sub(rf"^[\[(]?\s*(?:{re.escape(numbers.tag)})?\s*[#№]?\s*|\s*[\])]?$", "", text.strip(), flags=re.I)
    candidates = numbers_in(f"[{numbers.tag} #{bare}]", numbers.tag, numbers.pattern) or numbers_in(
        text, numbers.tag, numbers.pattern
    )
    there = listing.opened_at(store, candidates)
    for number in candidates:
        exact = number in there and bare.lower() == numbers.show(number, there[number]).lower()
        if exact or (number in there and bare.isdecimal() and int(bare) == number):
            return number
    return candidates[0] if candidates and candidates[0] in there else None


class RowId(click.ParamType[int]):
    """An id that a database could hold."""

    name = "id"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not re.fullmatch(r"[1-9][0-9]{0,18}", text, re.ASCII) or int(text) > _LARGEST_ID:
            self.fail(f'"{text[:40]}" is no id, which is a whole number', param, ctx)
        return int(text)


ROW_ID = RowId()


def each_once(_: click.Context, __: click.Parameter, values: Sequence[int]) -> Sequence[int]:
    """click callback: the ids without repeats."""
    return tuple(dict.fromkeys(values))


def text_of(_: click.Context, __: click.Parameter, value: str) -> str:
    """click callback for free text: bytes that are no text in this locale are a mistake of the caller."""
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise click.BadParameter("is no valid text")
    return value.strip()
