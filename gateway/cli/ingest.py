"""`gateway ingest`: mail from an MTA's pipe, and from files, mboxes and Maildirs.

As a pipe it is a promise to the MTA: 0 is said after the commit, and whatever goes wrong on our side is 75, so that
the MTA keeps the mail and tries again; for a slip in the alias, which is told before we are called, `main.run` says it.
Run by another user than the gateway's, it hands the mail to the daemon.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from gateway.cli.main import EX_TEMPFAIL, Session, config_option
from gateway.cli.opening import opened
from gateway.cli.output import print_json, say, warn
from gateway.cli.progress import progress
from gateway.config import Config
from gateway.errors import GatewayError, Permanent
from gateway.intake.files import Found, Source, mails, sources, without_from_line
from gateway.intake.handing_over import hand_over, is_anothers, sender_of
from gateway.intake.ingest import Ingest, Tally, by_date, recipients_of
from gateway.intake.spool import Spool
from gateway.store import Store

_EX_DATAERR = 65
_NAMED = 20  # files that were left out, on a terminal
_LARGEST = 35 << 20  # bytes, where there is no other way in that says
_NULL_SENDERS = ("", "<>", "MAILER-DAEMON")  # how MTAs tell a program of the sender of bounces


@click.command(
    short_help="Take in mail from standard input, files, mboxes and Maildirs.",
    epilog="Examples: gateway ingest < mail.eml, gateway ingest --import old.mbox Maildir/",
)
@config_option
@click.option("--import", "imported", is_flag=True, help="Old mail: no acknowledgements, dates from the mails.")
@click.option("--from", "sender", metavar="ADDRESS", help="Standard input: the envelope sender; by default $SENDER.")
@click.option(
    "--to",
    "recipients",
    multiple=True,
    metavar="ADDRESS",
    help="Standard input: an envelope recipient; by default $ORIGINAL_RECIPIENT, then $RECIPIENT, then the header.",
)
@click.option("--json", "as_json", is_flag=True, help="The counts, and what failed, as one JSON object.")
@click.argument("paths", nargs=-1, metavar="[PATH...]", type=click.Path(path_type=Path))
@click.pass_obj
def ingest(
    session: Session,
    paths: tuple[Path, ...],
    *,
    imported: bool,
    sender: str | None,
    recipients: tuple[str, ...],
    as_json: bool,
) -> int:
    """Take in mails: one from standard input (no PATH, or -), or all in files, mboxes, Maildirs and folders of them.

    What is known already is counted and changes nothing. --import takes files in the order of the first Date in each.
    Whole archives, with what you answered, are for `gateway import mail`: here your own old answers would be tickets.
    Files in a folder that are no mail are left out and named.

    Exits 1 if any mail could not be taken; for a pipe 75 when it is to be tried again, which a wrong option or an
    unreadable configuration is too, 65 when the mail itself cannot be taken.
    """
    if paths and paths != (Path("-"),):
        if Path("-") in paths:
            raise click.UsageError('"-" (standard input) stands alone')
        return 1 if _from_files(session, paths, imported=imported, as_json=as_json).failed else 0
    if sys.stdin.isatty():
        raise click.UsageError("no mail: name files, or pipe a mail in")
    envelope = _envelope(sender, recipients, os.environ)
    try:
        return _from_pipe(session, *envelope, imported=imported, as_json=as_json)
    except (OSError, GatewayError) as error:
        warn(f"gateway: not taken, to be tried again: {' / '.join(str(error).splitlines())}")
    except Exception as error:  # noqa: BLE001 - the top of a pipe: a bug of ours must not bounce a customer's mail
        warn(f"gateway: not taken, to be tried again: {type(error).__name__}: {error}")
    return EX_TEMPFAIL


# ---- a pipe --------------------------------------------------------------------------------------------------------


def _from_pipe(
    session: Session, mail_from: str | None, recipients: Sequence[str], *, imported: bool, as_json: bool
) -> int:
    cfg = session.config(secrets=False)
    limit = _largest(cfg)
    raw = without_from_line(_standard_input(limit + 1_000))
    if not raw.strip():
        warn("gateway: no mail on standard input")
        return _EX_DATAERR
    if len(raw) > limit:
        warn(f"gateway: the mail has more than the {limit:,} bytes that are taken")
        return _EX_DATAERR
    if is_anothers(cfg):
        return _to_the_daemon(cfg, raw, mail_from, recipients, imported=imported)
    with opened(session) as (cfg, store):
        with _spool(store, cfg) as spool:
            work = Ingest(spool, cfg, imported=imported)
            work.take_one(raw, mail_from=mail_from, recipients=recipients)
        try:
            _report(work.tally, as_json=as_json)
            sys.stdout.flush()
        except OSError:  # the mail is ours by now, whether or not anybody hears it
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _to_the_daemon(cfg: Config, raw: bytes, mail_from: str | None, recipients: Sequence[str], *, imported: bool) -> int:
    """An MTA runs its pipes as a user of its own, who cannot write into the gateway's folder, and shall not."""
    if imported:
        raise Permanent(f"--import is for the user whom {cfg.gateway.data_dir} belongs to")
    ours = recipients_of(raw, recipients, cfg)
    try:
        sender = mail_from if mail_from is not None else sender_of(raw)
        answer = hand_over(cfg, raw, mail_from=sender, recipients=ours)
    except Permanent as error:
        warn(f"gateway: not taken: {error}")
        return _EX_DATAERR
    say(answer)
    return 0


def _standard_input(most: int) -> bytes:
    raw = sys.stdin.buffer.read(most)
    while sys.stdin.buffer.read(1 << 20):  # an MTA takes a pipe that closes early for a crash
        pass
    return raw


def _envelope(
    sender: str | None, recipients: Sequence[str], env: Mapping[str, str]
) -> tuple[str | None, tuple[str, ...]]:
    """Sender (`""` for the null sender, None where nobody tells) and recipients, best first."""
    mail_from = env.get("SENDER") if sender is None else sender
    if mail_from is not None:
        mail_from = "" if mail_from.strip() in _NULL_SENDERS else _bare(mail_from)
    if recipients:
        return mail_from, tuple(map(_bare, recipients))
    told = (env.get(name, "") for name in ("ORIGINAL_RECIPIENT", "RECIPIENT"))
    return mail_from, tuple(_bare(address) for address in told if "@" in address)[:1]


def _bare(address: str) -> str:
    """Without angle brackets and anything that is no part of an address; the environment may hold any bytes."""
    return re.sub(r"[\x00-\x20\x7f\ud800-\udfff]", "", address).removeprefix("<").removesuffix(">")


# ---- files ---------------------------------------------------------------------------------------------------------


def _from_files(session: Session, paths: Sequence[Path], *, imported: bool, as_json: bool) -> Tally:
    with opened(session, reads=paths) as (cfg, store), _spool(store, cfg) as spool:
        work = Ingest(spool, cfg, imported=imported)
        files = by_date(sources(paths)) if imported else sources(paths)
        left_out: list[Path] = []
        try:
            with progress(sum(file.size for file in files)) as advance:
                work.take(
                    _mails(files, _largest(cfg), left_out), each=lambda one: advance(len(one.raw), work.tally.read)
                )
        finally:
            _report(work.tally, left_out, as_json=as_json)
    return work.tally


def _mails(files: Sequence[Source], limit: int, left_out: list[Path]) -> Iterator[Found]:
    """Every mail; the files in which there is none go into `left_out`."""
    for source in files:
        found = mails(source, limit)
        first = next(found, None)
        if first is None:
            left_out.append(source.path)
        else:
            yield first
            yield from found


def _largest(cfg: Config) -> int:
    """The most that any way in takes."""
    sizes = [*(listener.max_size for listener in cfg.smtp), *(account.max_size for account in cfg.imap)]
    return max(sizes, default=_LARGEST)


@contextmanager
def _spool(store: Store, cfg: Config) -> Iterator[Spool]:
    spool = Spool(store, min_free=cfg.limits.min_free, duplicate_for=cfg.limits.duplicate_for)
    spool.start()
    try:
        yield spool
    finally:
        spool.stop()


def _report(tally: Tally, left_out: Sequence[Path] = (), *, as_json: bool) -> None:
    if as_json:
        failures = [{"file": one.where, "error": one.problem} for one in tally.failures]
        counts = {"read": tally.read, "accepted": tally.accepted, "known": tally.known, "failed": tally.failed}
        print_json({**counts, "failures": failures, "left_out": left_out})
        return
    for path in left_out[:_NAMED]:
        warn(f"gateway: {path}: left out, does not look like a mail")
    if len(left_out) > _NAMED:
        warn(f"gateway: {len(left_out) - _NAMED} more files are left out; --json names them all")
    for one in tally.failures:
        warn(f"gateway: {one.where}: {one.problem}")
    more = f", left out {len(left_out)}" if left_out else ""
    say(f"read {tally.read}, accepted {tally.accepted}, already known {tally.known}, failed {tally.failed}{more}")
