"""`gateway parse`: what is read out of mails, by the readers that the daemon uses; no database, no configuration."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from gateway.cli.main import config_option
from gateway.cli.output import print_json, say, say_block
from gateway.cli.progress import progress
from gateway.mail import Address, Attachment, Mail, Recipient
from gateway.mail.attached.invitation import in_words
from gateway.reader import ReaderDied, Readers

_BATCH_FILES = 64
_BATCH_BYTES = 32 * 1024 * 1024
_MAX_READERS = 4


@click.command(short_help="Show what is read out of mails; no database.")
@config_option
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line; a mail that cannot be read: file, error."
)
@click.option(
    "--explain", is_flag=True, help="Add how each was read: charsets, what was cut by which rule, what told the kind."
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
def parse(paths: tuple[Path, ...], *, as_json: bool, explain: bool) -> int:
    """Read mails (files of one mail each, folders of them) and show sender, texts, attachments and what is odd.

    The configuration plays no part in it. Exits 1 if any of them cannot be read.
    """
    files = list(_files(paths))
    if not files:
        raise click.UsageError("no file in there")
    # Where the answers go to the same terminal, they are the progress.
    total = 0 if sys.stdout.isatty() else sum(map(_size, files))
    failed = 0
    with (
        Readers(count=max(1, min(_MAX_READERS, os.cpu_count() or 1, len(files)))) as readers,
        progress(total if len(files) > 1 else 0) as advance,
    ):
        for number, (path, answer) in enumerate(_read(files, readers), 1):
            failed += isinstance(answer, str)
            if as_json:
                print_json({"file": str(path), "error": answer} if isinstance(answer, str) else as_dict(path, answer))
            else:
                _show(path, answer, explain=explain)
            advance(_size(path), number)
    return 1 if failed else 0


def as_dict(path: Path, mail: Mail) -> dict[str, Any]:
    """The keys of `parse --json`, all of them; unknown texts are `""`, unknown lists `[]`.

    Where `from_problem` says why no sender may be believed, `from_addr` is what the mail claims. `text` is the main
    text; others that stand beside it, as a list's footer, are in `text_beside`. `reply` is taken out of all of them.
    """
    author = mail.from_ or mail.from_claimed
    return {
        "file": str(path),
        "from_addr": author.addr if author else "",
        "from_name": author.name if author else "",
        "to_addrs": [address.addr for address in mail.to],
        "cc_addrs": [address.addr for address in mail.cc],
        "subject": mail.subject,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": mail.references,
        "date": mail.date.isoformat() if mail.date else "",
        "text": mail.main_text or mail.text,
        "html": mail.html,
        "reply": mail.reply,
        "elided": mail.elided,
        "signature": mail.signature,
        "attachments": [_file(item) for item in mail.attachments if not item.is_seal],
        "kind": mail.kind.value,
        "is_autoreply": mail.is_autoreply,
        "is_bounce": mail.is_bounce,
        "is_feedback_report": mail.is_feedback_report,
        "failed_recipients": mail.failed_recipients,
        "delayed_recipients": mail.delayed_recipients,
        "dsn_status": mail.dsn_status,
        "hard_bounce": mail.hard_bounce,
        "is_forward": mail.is_forward,
        "fwd_from_addr": mail.fwd_from.addr if mail.fwd_from else "",
        "fwd_from_name": mail.fwd_from.name if mail.fwd_from else "",
        "fwd_subject": mail.fwd_subject,
        "fwd_body": mail.fwd_body,
        "fwd_message": mail.fwd_message,
        "language": mail.language,
        "defects": mail.defects,
        "from_problem": mail.from_problem,
        "text_beside": mail.text[len(mail.main_text) + 1 :] if mail.main_text else "",
        "fwd_to_addrs": [address.addr for address in mail.fwd_to],
        "fwd_cc_addrs": [address.addr for address in mail.fwd_cc],
        "fwd_date": mail.fwd_date,
        "notice": mail.notice,
        "away_until": mail.away_until.isoformat() if mail.away_until else "",
        "recipients": [asdict(one) for one in mail.reported],
        "invitation": asdict(mail.invitation) if mail.invitation else {},
        "sealed": mail.sealed,
        "seals": [_file(item) for item in mail.attachments if item.is_seal],
        "trail": mail.trail,
    }


def _file(item: Attachment) -> dict[str, Any]:
    return {
        "name": item.name,
        "size": item.size,
        "sha256": item.sha256,
        "type": item.type,
        "declared": item.declared or item.type,
        "inline": item.inline,
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file())
        else:
            yield path


def _read(files: Sequence[Path], readers: Readers) -> Iterator[tuple[Path, Mail | str]]:
    """Each file with its mail, or with why it cannot be read; some at a time, so that any number fits in memory."""
    batch: list[tuple[Path, bytes | str]] = []
    size = 0
    for path in files:
        try:
            raw: bytes | str = path.read_bytes()
        except OSError as error:
            raw = error.strerror or str(error)
        batch.append((path, raw))
        size += len(raw)
        if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
            yield from _answers(batch, readers)
            batch, size = [], 0
    yield from _answers(batch, readers)


def _answers(batch: Sequence[tuple[Path, bytes | str]], readers: Readers) -> Iterator[tuple[Path, Mail | str]]:
    mails = iter(readers.read_many([raw for _, raw in batch if isinstance(raw, bytes)]))
    for path, raw in batch:
        answer = raw if isinstance(raw, str) else next(mails)
        yield path, str(answer) if isinstance(answer, ReaderDied) else answer


def _show(path: Path, answer: Mail | str, *, explain: bool) -> None:
    say(str(path))
    if isinstance(answer, str):
        say(f"  cannot be read: {answer}")
    else:
        for label, value in _summary(answer):
            if value:
                say(f"  {label:<12}{value}")
        for line in answer.reply.split("\n"):
            say_block(f"  | {line}")
        for line in answer.trail if explain else ():
            say_block(f"  ? {line}")
    say()


def _summary(mail: Mail) -> Iterator[tuple[str, str]]:
    claimed = f"; it claims {_spelled(mail.from_claimed)}" if mail.from_claimed else ""
    yield "From", _spelled(mail.from_) if mail.from_ else f"nobody ({mail.from_problem}{claimed})"
    yield "Reply-To", ", ".join(map(_spelled, mail.reply_to))
    yield "To", ", ".join(map(_spelled, mail.to))
    yield "Cc", ", ".join(map(_spelled, mail.cc))
    yield "Subject", mail.subject
    yield "Date", mail.date.isoformat(sep=" ") if mail.date else ""
    yield "Message-ID", mail.message_id
    yield "Replies to", " ".join(mail.in_reply_to or mail.references[-1:])
    yield "Language", mail.language
    yield "Kind", f"{mail.kind.value} ({mail.auto_reason})" if mail.is_automatic else ""
    yield "Notice", mail.notice
    yield "Back on", mail.away_until.isoformat() if mail.away_until else ""
    for one in mail.reported:
        yield one.action.capitalize(), " ".join(filter(None, _reported(one)))
    yield from _forwarded(mail)
    if mail.invitation:
        for line in in_words(mail.invitation).split("\n"):
            yield "Calendar", line
    yield "Sealed", mail.sealed
    for item in mail.attachments:
        yield "Seal" if item.is_seal else "Attachment", f"{item.name} ({', '.join(_described(item))})"
    yield "Left out", "" if mail.is_forward else _left_out(mail)
    yield "Defects", ", ".join(mail.defects)


def _reported(one: Recipient) -> Iterator[str]:
    yield one.addr
    yield one.status
    if one.action == "failed":
        yield "(hard)" if one.hard else "(soft)"
    yield one.reply


def _forwarded(mail: Mail) -> Iterator[tuple[str, str]]:
    if not mail.is_forward:
        return
    yield "Forwarded", f"from {_spelled(mail.fwd_from)}" if mail.fwd_from else "from somebody"
    yield "  date", mail.fwd_date
    yield "  to", ", ".join(map(_spelled, mail.fwd_to))
    yield "  cc", ", ".join(map(_spelled, mail.fwd_cc))
    yield "  subject", mail.fwd_subject
    body = mail.fwd_body.strip().partition("\n")[0]
    yield "  begins", body[:100]


def _described(item: Attachment) -> Iterator[str]:
    yield f"{item.type}, declared as {item.declared}" if item.declared else item.type
    yield f"{item.size:,} bytes"
    if item.inline:
        yield "inline"


def _left_out(mail: Mail) -> str:
    if not mail.elided:
        return ""
    cut = mail.elided.count("\n") + 1
    signed = mail.signature.count("\n") + 1 if mail.signature else 0
    return f"{cut} line{'s' if cut > 1 else ''}" + (f", {signed} of them the signature" if signed else "")


def _spelled(address: Address) -> str:
    return f"{address.name} <{address.addr}>" if address.name and address.addr else address.addr or address.name
