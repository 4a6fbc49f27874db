"""T147: a password that a server quotes in its refusal stands nowhere else than in its file."""

import base64
import urllib.error
import urllib.request
from pathlib import Path

from support.daemon import Daemon
from support.mails import mail
from support.sink import Sink
from support.wait import wait_for
from support.whole_site import make_site

CANARY = b"c4nary-of.Acme!"
PIECES = [CANARY[:8], CANARY[-8:], *(base64.b64encode(b"\0" * before + CANARY)[4:16] for before in range(3))]


def test_a_password_that_the_server_quotes_stands_nowhere(tmp_path: Path) -> None:
    with Sink(quotes="PLAIN") as sink:
        config = make_site(
            tmp_path / "site",
            delivery=f'smtp://gate@127.0.0.1:{sink.port}"\npassword_file = "way.secret',
            more='[metrics]\nlisten = "127.0.0.1:0"',
        )
        secret = config.parent / "way.secret"
        secret.write_bytes(CANARY)
        secret.chmod(0o600)
        with Daemon(config) as daemon:
            daemon.send(mail(subject="Hello"))
            wait_for(lambda: any(line["event"] == "send_delayed" for line in daemon.lines), 30, "it is refused")
            wait_for(lambda: any("***" in row["last_reply"] for row in daemon.ask("outbox", "list")), 30)
            (where,) = [line["where"] for line in daemon.lines if line.get("what") == "metrics"]
            said = [
                daemon.command(*words, check=False).stdout
                for words in (
                    ("status",),
                    ("outbox", "list"),
                    ("show", "1"),
                    ("trace", "1"),
                    ("explain", "1"),
                    ("fsck",),
                )
            ]
            said += [_page(f"http://{where}/{page}") for page in ("healthz", "metrics")]
            daemon.command("check", "--live", check=False)
        found = {"log": "".join(daemon.raw).encode(), "said": "".join(said).encode()}
        found |= {
            str(path): path.read_bytes() for path in config.parent.rglob("*") if path.is_file() and path != secret
        }
        assert b"go away" in found["log"]
        assert [name for name, text in found.items() if any(piece in text for piece in PIECES)] == []


def _page(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return str(error.read().decode())
