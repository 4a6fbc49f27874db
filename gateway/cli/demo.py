"""`gateway demo`: a day of a small shop, played through the SMTP port of a real daemon on a throw-away site."""

import json
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any, TypeVar

import click

from gateway.cli import output
from gateway.cli.config_commands import site
from gateway.config import load
from gateway.errors import Temporary
from gateway.now import now
from gateway.store import Store, listing, open_store, trace
from gateway.tickets.reason import in_words

T = TypeVar("T")

_SHOP = Path(__file__).with_name("shop")
_DESK = "help@lumen.example"
_MIA, _STRANGER, _IVAN = "mia@example.net", "nosy@example.org", "ivan@example.com"
_PATIENCE = 20.0  # seconds for one thing to happen


@click.command()
@click.option("--keep", is_flag=True, help="Leave the site behind, to look around in it.")
def demo(keep: bool) -> None:
    """Play a day of a small lamp shop: every mail goes through a real daemon, and what came of it is printed.

    Uses a free port of this machine and a temporary folder; nothing leaves, and nothing of yours is touched.
    """
    folder = Path(tempfile.mkdtemp(prefix="gateway-demo-"))
    try:
        shutil.copytree(_SHOP, folder, dirs_exist_ok=True)
        shutil.copytree(site() / "templates", folder / "templates")
        _play(folder / "config.toml")
        if keep:
            output.say(f"The site is in {folder}; look around with: gateway -c {folder}/config.toml show 1")
    finally:
        if not keep:
            shutil.rmtree(folder)


def _play(config: Path) -> None:
    cfg = load(config)
    with _daemon(config) as port:
        store = open_store(cfg.database.url, cfg.gateway.data_dir, raw_inline_max=cfg.limits.raw_inline_max)
        try:
            _Day(store, port).play()
        finally:
            store.close()
    output.say("The daemon has stopped. `gateway init DIR` makes a site of your own.")


class _Day:
    """The scenes in order; each sends a mail, waits for what comes of it, and prints that with the reason."""

    def __init__(self, store: Store, port: int) -> None:
        self._store = store
        self._port = port
        self._count = 0

    def play(self) -> None:
        lamp = _mail(_MIA, "Mia Lind", "My lamp has not arrived", "Hello,\n\nI ordered a lamp. Where is it?\n\nMia")
        self._scene("A customer's lamp has not arrived.", _MIA, lamp)
        letter = self._letter_to(_MIA)
        self._scene("She answers the acknowledgement by replying.", _MIA, _reply(letter, _MIA, "It was due on Monday."))
        typed = _mail(_STRANGER, "Nosy", "Re: [Lumen #1] My lamp has not arrived", "What is going on here?")
        self._scene("A stranger types her number into the subject.", _STRANGER, typed)
        away = _reply(letter, _MIA, "I am out of the office until Monday.", "Auto-Submitted: auto-replied")
        self._scene("Her out-of-office answers, too.", "", away)
        russian = _mail(_IVAN, "Иван", "Посылка не пришла", "Здравствуйте!\n\nГде моя посылка с лампой?\n\nИван")
        self._scene("A second customer writes in Russian.", _IVAN, russian)
        self._scene("A mail server delivers the very first mail once more.", _MIA, b"Received: from mx2\r\n" + lamp)
        rows = [
            (f"#{one.number}", one.status, one.assignee or "", ", ".join(one.tags), one.requester or "", one.subject)
            for one in listing.tickets(self._store, listing.Wanted(), at=now())
        ]
        output.say("gateway tickets")
        output.table(("ticket", "status", "assignee", "tags", "requester", "subject"), rows)
        output.say("")

    def _scene(self, title: str, sender: str, raw: bytes) -> None:
        self._count += 1
        output.say(f"{self._count}. {title}")
        with smtplib.SMTP("127.0.0.1", self._port, timeout=_PATIENCE) as client:
            client.ehlo("demo.example")
            client.mail(sender)
            client.rcpt(_DESK)
            _, said = client.data(raw)
        reply = said.decode()
        output.say(f"   the gateway said  250 {reply}")
        if "duplicate" not in reply:
            self._tell(int(reply.rpartition(" ")[2]))
        output.say("")

    def _tell(self, spool_id: int) -> None:
        trail = _wait(lambda: next((one for one in self._trails(spool_id) if one.ticket is not None), None))
        steps: Mapping[str, Mapping[str, Any]] = {str(step["step"]): step for step in trail.steps}
        thread, guard, answer = steps["thread"], steps["guard"], steps["answer"]
        new = thread["ticket"] is None
        output.say(f"   ticket            {'a new one, ' if new else ''}#{trail.ticket}: {in_words(thread['reason'])}")
        for other in thread["mentions"]:
            output.say(f"                     mentions #{other} and shows nothing of it")
        chosen = steps.get("rules", {}).get("actions", {}).get("assign")
        if chosen and "assign" in steps:
            output.say(f'   assigned          to {steps["assign"]["agent"]} by the rule "{chosen["rule"]}"')
        if answer["sent"]:
            output.say(f"   answered          {answer['sent']} to {answer['to']} ({answer['template']})")
        else:
            why = guard["reason"] if guard["reason"] != "ordinary" else answer["reason"]
            output.say(f"   answered          no: {in_words(why)}")

    def _trails(self, spool_id: int) -> list[trace.Trail]:
        return trace.trails(self._store, trace.by_spool(self._store, [spool_id]).values())

    def _letter_to(self, address: str) -> Message:
        """The newest of our mails that reached this address."""
        folder = self._store.data_dir / "sent" / "new"

        def find() -> Message | None:
            letters = [message_from_bytes(path.read_bytes()) for path in sorted(folder.glob("*"))]
            return next((one for one in reversed(letters) if one["Delivered-To"] == address), None)

        letter = _wait(find)
        output.say(f"   she reads         {letter['Subject']}")
        output.say("")
        return letter


def _mail(sender: str, name: str, subject: str, text: str, *headers: str) -> bytes:
    lines = [
        f"From: {name} <{sender}>",
        f"To: {_DESK}",
        f"Subject: {subject}",
        f"Message-ID: <{abs(hash((sender, subject, text))):x}@demo.example>",
        f"Date: {now():%a, %d %b %Y %H:%M:%S} +0000",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        *headers,
    ]
    return "\r\n".join([*lines, "", *text.splitlines(), ""]).encode()


def _reply(letter: Message, sender: str, text: str, *headers: str) -> bytes:
    named = letter["Message-ID"]
    return _mail(
        sender, "Mia Lind", f"Re: {letter['Subject']}", text, f"In-Reply-To: {named}", f"References: {named}", *headers
    )


@contextmanager
def _daemon(config: Path) -> Iterator[int]:
    """A daemon on this site; the port it listens on. Its log stays beside the site."""
    log = config.with_name("log")
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "-c", str(config), "run"], stderr=stderr, start_new_session=True
        )
    try:
        yield _wait(lambda: _port(process, log))
    finally:
        process.terminate()
        process.wait(40)


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int | None:
    """Where it listens, once both its processes are ready."""
    lines: Sequence[str] = log.read_text().splitlines()
    if process.poll() is not None:
        raise Temporary("the daemon did not start: " + " / ".join(lines[-3:]))
    events = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    if sum(one["event"] == "ready" for one in events) < 2:
        return None
    return next(int(one["where"].rpartition(":")[2]) for one in events if one.get("what") == "smtp")


def _wait(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.05)
    raise Temporary(f"the demo waited {_PATIENCE:.0f} s for nothing; is this machine very busy?")
