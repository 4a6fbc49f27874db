"""An IMAP server of our own that misbehaves as told: what no real server does on demand. One thread per connection."""

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from imapclient.imap_utf7 import decode as decode_utf7

ALL = ("IDLE", "MOVE", "UIDPLUS", "AUTH=PLAIN")


@dataclass
class StubFolder:
    uidvalidity: int = 1
    uid_next: int = 1
    mails: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    date: dict[int, str] = field(default_factory=dict)

    def add(self, raw: bytes, date: str = "01-Jan-2030 10:00:00 +0000") -> int:
        uid = self.uid_next
        self.uid_next += 1
        self.mails[uid], self.flags[uid], self.date[uid] = raw, set(), date
        return uid

    def remove(self, uid: int) -> None:
        self.mails.pop(uid, None)
        self.flags.pop(uid, None)


class _Bye(Exception):
    """This connection ends here."""


@dataclass
class ImapStub:
    """Set the attributes, `start()`, talk to `127.0.0.1:port`, `stop()`."""

    capabilities: tuple[str, ...] = ALL
    keywords: bool = True
    folders: dict[str, StubFolder] = field(default_factory=lambda: {"INBOX": StubFolder()})
    lines: list[str] = field(default_factory=list)  # every command as it came, LOGIN and AUTHENTICATE shortened
    connections: int = 0
    # ---- misbehaviour
    answers: dict[str, str] = field(
        default_factory=dict
    )  # command -> "NO why" instead of doing it ("UID MOVE", "IDLE")
    stall: set[str] = field(default_factory=set)  # commands that are never answered
    drip: set[str] = field(default_factory=set)  # commands (or "greeting") answered for ever, a byte now and then
    drop_in_literal: Counter[int] = field(default_factory=Counter)  # uid -> how many times to close in mid-mail
    announce: dict[int, int] = field(default_factory=dict)  # uid -> size announced, and never sent
    size_of: dict[int, int] = field(default_factory=dict)  # uid -> RFC822.SIZE told
    nil: Counter[int] = field(default_factory=Counter)  # uid -> how many times the body is NIL
    vanish: set[int] = field(default_factory=set)  # uids that are expunged when their body is asked for
    without_uidvalidity: bool = False
    before_plus: list[str] = field(default_factory=list)  # said before IDLE is granted
    with_plus: list[str] = field(default_factory=list)  # said in the same segment
    bye_in_idle: int = 0  # how many IDLEs end with BYE
    arrives_during: dict[str, bytes] = field(default_factory=dict)  # command -> mail that comes, and is announced, then
    on_command: Callable[[str], None] | None = None  # called before a command is done

    def start(self) -> "ImapStub":
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._socks: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._spawn(self._accept)
        return self

    def stop(self) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._socks):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def add(self, raw: bytes, folder: str = "INBOX") -> int:
        with self._changed:
            uid = self.folders[folder].add(raw)
            self._changed.notify_all()
        return uid

    def said(self, command: str) -> list[str]:
        """The commands of this kind so far, without their tags."""
        return [line for line in list(self.lines) if line.startswith(command)]

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._socks.add(sock)
            self.connections += 1
            self._spawn(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        with sock, suppress(OSError, _Bye):
            sock.settimeout(60)
            _Talk(self, sock).run()
        self._socks.discard(sock)


class _Talk:
    """One connection."""

    def __init__(self, stub: ImapStub, sock: socket.socket) -> None:
        self.stub = stub
        self.sock = sock
        self.buffer = b""
        self.folder = StubFolder()

    def run(self) -> None:
        if "greeting" in self.stub.drip:
            self.drip()
        self.say("* OK stub")
        while True:
            tag, _, rest = self.line().partition(" ")
            words = rest.split(" ")
            count = 2 if words[0].upper() == "UID" else 1
            command, args = " ".join(words[:count]).upper(), " ".join(words[count:])
            self.stub.lines.append(command if command in ("LOGIN", "AUTHENTICATE") else f"{command} {args}".strip())
            if self.stub.on_command:
                self.stub.on_command(command)
            if raw := self.stub.arrives_during.pop(command, None):
                self.folder.add(raw)
                self.say(f"* {len(self.folder.mails)} EXISTS")
            if command in self.stub.stall:
                self.stub._stopping.wait(60)
                raise _Bye
            if command in self.stub.drip:
                self.drip()
            if answer := self.stub.answers.get(command):
                self.say(f"{tag} {answer}")
            else:
                getattr(self, "do_" + command.lower().replace(" ", "_"))(tag, args)

    def line(self) -> str:
        while b"\r\n" not in self.buffer:
            if not (data := self.sock.recv(65536)):
                raise _Bye
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode()

    def say(self, *lines: str | bytes) -> None:
        self.sock.sendall(b"".join((line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines))

    def drip(self) -> None:
        while not self.stub._stopping.wait(0.05):
            self.sock.sendall(b"*")
        raise _Bye

    def uids(self, text: str) -> list[int]:
        chosen: set[int] = set()
        top = max(self.folder.mails, default=0)
        for part in text.split(","):
            low, _, high = part.partition(":")
            ends = sorted(top if end == "*" else int(end) for end in (low, high or low))
            chosen.update(uid for uid in self.folder.mails if ends[0] <= uid <= ends[1])
        return sorted(chosen)

    # ---- commands --------------------------------------------------------------------------------------------------

    def do_capability(self, tag: str, _: str) -> None:
        self.say(f"* CAPABILITY IMAP4rev1 {' '.join(self.stub.capabilities)}", f"{tag} OK done")

    def do_login(self, tag: str, _: str) -> None:
        self.say(f"{tag} OK in")

    def do_authenticate(self, tag: str, _: str) -> None:
        self.say("+ ")
        self.line()
        self.say(f"{tag} OK in")

    def do_noop(self, tag: str, _: str) -> None:
        self.say(f"{tag} OK done")

    do_subscribe = do_noop

    def do_logout(self, tag: str, _: str) -> None:
        self.say("* BYE", f"{tag} OK out")
        raise _Bye

    def do_list(self, tag: str, args: str) -> None:
        name = _folder(args.split(" ", 1)[1])
        self.say(*([f'* LIST () "/" "{name}"'] if name in self.stub.folders else []), f"{tag} OK done")

    def do_status(self, tag: str, args: str) -> None:
        name = _folder(args.rpartition(" (")[0])
        known = self.stub.folders.get(name)
        lines = [f'* STATUS "{name}" (UNSEEN {len(known.mails)})'] if known else []
        self.say(*lines, f"{tag} {'OK done' if known else 'NO no such folder'}")

    def do_create(self, tag: str, args: str) -> None:
        self.stub.folders[_folder(args)] = StubFolder()
        self.say(f"{tag} OK done")

    def do_select(self, tag: str, args: str) -> None:
        if _folder(args) not in self.stub.folders:
            self.say(f"{tag} NO no such folder")
            return
        self.folder = self.stub.folders[_folder(args)]
        lines = [f"* {len(self.folder.mails)} EXISTS", "* 0 RECENT", f"* OK [UIDNEXT {self.folder.uid_next}] next"]
        if not self.stub.without_uidvalidity:
            lines.append(f"* OK [UIDVALIDITY {self.folder.uidvalidity}] valid")
        star = " \\*" if self.stub.keywords else ""
        self.say(*lines, f"* OK [PERMANENTFLAGS (\\Deleted \\Seen{star})] ok", f"{tag} OK [READ-WRITE] done")

    do_examine = do_select

    def do_uid_search(self, tag: str, args: str) -> None:
        found = self.uids(args.split()[1]) if args.startswith("UID") else sorted(self.folder.mails)
        self.say(" ".join(["* SEARCH", *map(str, found)]), f"{tag} OK done")

    def do_uid_fetch(self, tag: str, args: str) -> None:
        chosen, _, items = args.partition(" ")
        for uid in self.uids(chosen):
            seq = sorted(self.folder.mails).index(uid) + 1
            if "BODY.PEEK[]" in items:
                self.body(uid, seq)
            elif "HEADER" in items:
                head = self.folder.mails[uid].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                self.say(b"* %d FETCH (UID %d BODY[HEADER]<0> {%d}\r\n%s)" % (seq, uid, len(head), head))
            else:
                size = self.stub.size_of.get(uid, len(self.folder.mails[uid]))
                date = self.folder.date[uid]
                self.say(f'* {seq} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE "{date}")')
        self.say(f"{tag} OK done")

    def body(self, uid: int, seq: int) -> None:
        raw = self.folder.mails[uid]
        start = b"* %d FETCH (UID %d BODY[] " % (seq, uid)
        if uid in self.stub.vanish:
            self.folder.remove(uid)
        elif self.stub.nil[uid] > 0:
            self.stub.nil[uid] -= 1
            self.say(start + b"NIL)")
        elif uid in self.stub.announce:
            self.sock.sendall(start + b"{%d}\r\nsome" % self.stub.announce[uid])
            self.line()
            raise _Bye
        elif self.stub.drop_in_literal[uid] > 0:
            self.stub.drop_in_literal[uid] -= 1
            self.sock.sendall(start + b"{%d}\r\n" % len(raw) + raw[: len(raw) // 2])
            raise _Bye
        else:
            self.say(start + b"{%d}\r\n%s)" % (len(raw), raw))

    def do_uid_store(self, tag: str, args: str) -> None:
        chosen, _, flags = args.split(" ", 2)
        for uid in self.uids(chosen):
            self.folder.flags[uid] |= set(flags.strip("()").split())
        self.say(f"{tag} OK done")

    def do_uid_copy(self, tag: str, args: str) -> None:
        chosen, _, name = args.partition(" ")
        for uid in self.uids(chosen):
            self.stub.folders[_folder(name)].add(self.folder.mails[uid])
        self.say(f"{tag} OK done")

    def do_uid_move(self, tag: str, args: str) -> None:
        chosen, _, name = args.partition(" ")
        for uid in self.uids(chosen):
            self.stub.folders[_folder(name)].add(self.folder.mails[uid])
            self.folder.remove(uid)
        self.say(f"{tag} OK done")

    def do_uid_expunge(self, tag: str, args: str) -> None:
        for uid in self.uids(args):
            if "\\Deleted" in self.folder.flags[uid]:
                self.folder.remove(uid)
        self.say(f"{tag} OK done")

    def do_idle(self, tag: str, _: str) -> None:
        known = len(self.folder.mails)
        self.say(*self.stub.before_plus, "\r\n".join(["+ idling", *self.stub.with_plus]))
        self.stub.before_plus, self.stub.with_plus = [], []
        if self.stub.bye_in_idle > 0:
            self.stub.bye_in_idle -= 1
            self.say("* BYE going down")
            self.line()  # the connection stays open until the other side hangs up
            raise _Bye
        while not self.stub._stopping.is_set():
            if len(self.folder.mails) != known:
                known = len(self.folder.mails)
                self.say(f"* {known} EXISTS")
            self.sock.settimeout(0.05)
            try:
                line = self.line()
            except TimeoutError:
                continue
            finally:
                self.sock.settimeout(60)
            assert line.upper() == "DONE", line
            self.say(f"{tag} OK idle over")
            return


def _folder(quoted: str) -> str:
    match = re.fullmatch(r'\s*"?(.*?)"?\s*', quoted)
    assert match
    name = decode_utf7(match[1].encode())
    return name if isinstance(name, str) else name.decode()


def wait_stopped(stub: ImapStub, seconds: float) -> bool:
    """Whether nobody is connected any more within `seconds`."""
    deadline = time.monotonic() + seconds
    while stub._socks and time.monotonic() < deadline:
        time.sleep(0.02)
    return not stub._socks
