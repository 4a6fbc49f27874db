"""docs/dovecot.md against Debian's Dovecot and Pigeonhole: its own lines, with other ports and folders."""

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from support import recipe
from support.daemon import Daemon
from support.dovecot import PASSWORD, Dovecot
from support.mails import mail
from support.postfix import free_port
from support.require import require
from support.wait import wait_for
from support.whole_site import make_site

USER = "support@acme.example"


@dataclass(frozen=True, slots=True)
class Office:
    """The gateway polls the mailbox of Dovecot by IMAPS, and listens where Dovecot's Sieve redirects to."""

    dovecot: Dovecot
    daemon: Daemon

    def arrives(self, data: bytes) -> None:
        """At Dovecot, as from its MTA."""
        with smtplib.LMTP("127.0.0.1", self.dovecot.lmtp_port) as client:
            assert client.sendmail("ann@example.net", [USER], data) == {}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    require("sieve")
    authority = trustme.CA()
    own = authority.issue_cert("127.0.0.1")
    own.private_key_pem.write_to_path(tmp_path / "key.pem")
    (tmp_path / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in own.cert_chain_pems))
    gateway = free_port()  # stands for the MTA: it brings the address to the gateway
    dovecot = Dovecot(
        cert=tmp_path / "cert.pem",
        key=tmp_path / "key.pem",
        lmtp=True,
        more=recipe.put(recipe.block("dovecot", "dovecot.conf"), {"127.0.0.1:25": f"127.0.0.1:{gateway}"}),
    ).start()
    try:
        config = make_site(tmp_path / "site")
        authority.cert_pem.write_to_path(config.parent / "ca.pem")
        (config.parent / "imap.secret").write_text(PASSWORD)
        (config.parent / "imap.secret").chmod(0o600)
        places = {'"imap.acme.example"': f'"127.0.0.1"\nport = {dovecot.tls_port}', "tls/ca.pem": "ca.pem"}
        ours = recipe.put("".join(recipe.blocks("dovecot", "toml")), places)
        text = config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{gateway}")
        config.write_text(recipe.in_site(text, ours))
        with Daemon(config) as daemon:
            wait_for(lambda: any(line.get("event") == "imap_first_look" for line in daemon.lines), 20)
            yield Office(dovecot, daemon)
    finally:
        dovecot.stop()


def test_what_is_kept_is_polled_and_what_is_redirected_too_is_one_ticket(office: Office) -> None:
    office.arrives(mail(subject="Kept"))
    wait_for(lambda: len(office.daemon.ask("tickets")) == 1, 30, "the mailbox is polled, by IMAPS with our authority")

    office.dovecot.script(recipe.block("dovecot", ".dovecot.sieve"), USER)
    office.arrives(mail(subject="Redirected and kept", sender="Bo <bo@example.net>"))
    wait_for(lambda: office.dovecot.count("Processed", user=USER) == 2, 30, "it was polled as well")
    office.daemon.settled()
    assert [one["subject"] for one in office.daemon.ask("tickets")] == ["Kept", "Redirected and kept"]
    accepted = [line["source"] for line in office.daemon.lines if line.get("event") == "mail_accepted"]
    assert sorted(accepted) == ["imap:main", "imap:main", "smtp"], "it came both ways"
    assert len(office.daemon.delivered()) == 2, "and each customer was told once"
    assert office.daemon.command("fsck").returncode == 0
