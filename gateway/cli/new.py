"""`gateway new`: a ticket for somebody who did not write: on the phone, at the counter, on paper."""

import os
import time
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

import click

from gateway import deeds
from gateway.agents.names import names_of
from gateway.cli import by_hand, output
from gateway.cli.main import EX_TEMPFAIL, Session, config_option
from gateway.cli.opening import opened, private_files, text_of
from gateway.cli.reply import text_from
from gateway.commands import Doer
from gateway.compose.render import Templates
from gateway.config import Config
from gateway.errors import Permanent
from gateway.mail import Address, Envelope, read
from gateway.now import now
from gateway.pipeline import Read, process
from gateway.rules import RegexMatcher
from gateway.site import load_site
from gateway.store import Store, spool, trace
from gateway.store.trace import Trail
from gateway.tickets.commands import COMMANDS, Argument, Call, Names, Unreadable

_PATIENCE, _LOOK_EVERY = 30.0, 0.1  # seconds, for a daemon that took the mail first


@click.command(epilog='Example: echo "He wants his money back." | gateway new "Refund" --for bob@example.org')
@config_option
@click.argument("subject", metavar="SUBJECT", callback=text_of)
@click.option("--for", "whom", metavar="ADDRESS", required=True, help="Whose ticket it is.")
@click.option("--queue", metavar="QUEUE", help="Where it goes; left out: to the first queue, or as the rules say.")
@click.option("--file", "file", type=click.Path(path_type=Path), help="The text; left out or -: standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def new(session: Session, subject: str, whom: str, queue: str | None, file: Path | None, as_json: bool) -> int:
    """Open a ticket for ADDRESS, as if they had written it: by the same rules, and with the same acknowledgement.

    The text is read from standard input unless --file names it. Who opened it is recorded. Exits 75 where the ticket
    could not be made at once: what was written is kept, and the daemon makes it.
    """
    if not subject:
        raise click.UsageError("needs a subject")
    with opened(session) as (cfg, store):
        names = names_of(cfg, Templates.load(cfg.templates_dir), now())
        requester = _named("for", whom, names, "--for")
        assert isinstance(requester, Address)
        if cfg.agent_for(requester.key):
            raise click.BadParameter(f"{requester.addr} is an agent's, who writes a mail", param_hint="--for")
        wanted = _named("queue", queue, names, "--queue") if queue else None
        address = next((one for one, of in cfg.addresses().items() if wanted in (None, of)), None)
        to = address or next(iter(cfg.addresses()))
        raw = _mail(requester, to, subject, text_from(file))
        spool_id = _accepted(store, raw, Envelope(mail_from=requester.addr, recipients=(to,)))
        made = _made(store, cfg, spool_id, raw)
        if made is None:
            output.warn(f"gateway new: kept as spool:{spool_id}, where the daemon makes it")
            return EX_TEMPFAIL
        number = made.ticket
        if number is None:
            raise Permanent(f"no ticket was opened: {made.reason}; see gateway explain spool:{spool_id}")
        by_hand.journal(store, "opened_for", [(number, {"requester": requester.addr})])
        if wanted is not None:
            doer = Doer(store=store, cfg=cfg, name=by_hand.actor_name())
            deeds.do(doer, number, Call(command="queue", argument=wanted, line=""))
    if as_json:
        output.print_json({"ticket": number, "requester": requester.addr, "subject": subject, "spool_id": spool_id})
    else:
        output.say(f"#{number} was opened for {requester.addr}")
    return 0


def _named(command: str, text: str, names: Names, option: str) -> Argument:
    """An option's value, as a command of that name reads it."""
    try:
        return COMMANDS[command].argument(text, names)
    except Unreadable as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _mail(requester: Address, to: str, subject: str, text: str) -> bytes:
    """What they would have sent. It has no Message-ID: nobody will ever answer it by one."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f'"{requester.name}" <{requester.addr}>' if requester.name else requester.addr
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(now())
    mail.set_content(text)
    return bytes(mail)


def _accepted(store: Store, raw: bytes, envelope: Envelope) -> int:
    """The spool row; committed on return."""
    one = spool.NewMail(raw=raw, envelope=envelope, source="pipe", received_at=now())
    (accepted,) = spool.insert_batch(store, [one])
    return accepted.spool_id


def _made(store: Store, cfg: Config, spool_id: int, raw: bytes) -> Trail | None:
    """What became of it, here or in the daemon where that was first; None where nothing did yet."""
    node = f"new:{os.getpid()}"
    claimed = spool.claim(store, node=node, limit=1, now=now(), only=spool_id)
    if claimed:
        with private_files():
            site = load_site(cfg, store)
        (outcome,) = process(store, site, RegexMatcher(time.monotonic), [Read(claimed[0], raw, read(raw))])
        claim = (claimed[0].id, claimed[0].fence)
        if outcome.state is None:
            spool.give_back(store, node=node, claims=[claim], alone=True)
            return None
        closed = spool.Closed(id=claim[0], fence=claim[1], state=outcome.state, reason=outcome.reason)
        spool.close(store, node=node, done=[closed])
    until = time.monotonic() + (0 if claimed else _PATIENCE)
    while True:
        mails = trace.by_spool(store, [spool_id])
        for trail in trace.trails(store, list(mails.values()), []):
            return trail
        if time.monotonic() >= until:
            return None
        time.sleep(_LOOK_EVERY)
