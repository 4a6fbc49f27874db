"""Two gateways that take each other for a customer, and between them nothing says that a machine wrote (T97)."""

from pathlib import Path

from support.daemon import Daemon
from support.mails import mail, parsed
from support.whole_site import make_site

KEPT = ("from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version")
MOST = 10  # mails in all
ROUNDS = 20


def test_two_gateways_facing_each_other_fall_silent(tmp_path: Path) -> None:
    acme, beta = _gateway(tmp_path, "acme"), _gateway(tmp_path, "beta")
    with acme, beta:
        acme.send(mail(sender="support@beta.example", subject="Our lamp"), sender="support@beta.example")
        carried = [0]
        for _ in range(ROUNDS):
            before = carried[-1]
            carried.append(_carry(acme, beta, "beta") + _carry(beta, acme, "acme"))
            if carried[-1] == before:
                break
        else:
            raise AssertionError(f"they still write: {carried}")
        assert 1 <= carried[-1] <= MOST
        for one in (acme, beta):
            assert 1 <= len(one.ask("tickets")) <= 2
            assert one.command("fsck").returncode == 0
            assert one.ask("quarantine", "list") == []


def _gateway(folder: Path, name: str) -> Daemon:
    config = make_site(folder / name, limits='min_free = "1 MB"')
    config.write_text(config.read_text().replace("acme", name))
    return Daemon(config)


def _carry(one: Daemon, other: Daemon, name: str) -> int:
    """Take what was written to the other over to it, every header gone that tells a machine; how many so far."""
    one.settled()
    letters = [letter for letter in one.delivered() if parsed(letter)["Delivered-To"] == f"support@{name}.example"]
    for letter in letters:
        other.send(_stripped(letter), sender=parsed(letter)["From"], to=f"support@{name}.example")  # again: a repeat
    other.settled()
    return len(letters)


def _stripped(letter: bytes) -> bytes:
    head, _, body = letter.partition(b"\r\n\r\n")
    lines = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n")
    names = (line.partition(b":")[0].decode().lower() for line in lines)
    kept = [line for name, line in zip(names, lines, strict=True) if name in KEPT or name.startswith("content-")]
    return b"\r\n".join(kept) + b"\r\n\r\n" + body
