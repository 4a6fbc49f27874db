"""`gateway check --live` against real servers: what it sees, and what it says where one is not as it should be."""

import json
import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from support.daemon import PROGRAM, Daemon
from support.dovecot import PASSWORD, RIGHTS, Dovecot
from support.mails import mail
from support.require import require
from support.sink import Sink
from support.whole_site import make_site

MAILBOX = """
[[imap]]
name = "main"
host = "{host}"
port = {port}
tls = {tls}
folder = ["INBOX", "Support"]
user = "support@acme.example"
password_file = "imap.secret"
{more}
"""


QUOTA = """
mail_plugins = $mail_plugins quota
protocol imap {
  mail_plugins = $mail_plugins imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=1M
}
"""


def live(config: Path) -> tuple[int, dict[str, Any], str]:
    """The exit code, what was seen by place, and the lines for people."""
    as_json = run(config, "--json")
    lines = run(config)
    assert lines.returncode == as_json.returncode
    found = {one["place"].split(" ")[0]: one for one in json.loads(as_json.stdout)}
    return lines.returncode, found, lines.stdout


def run(config: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, "-c", str(config), "check", "--live", *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def secret(config: Path, name: str, text: str) -> None:
    path = config.parent / name
    path.write_text(text)
    path.chmod(0o600)


def test_all_is_well(tmp_path: Path) -> None:
    require("imap")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    server = Dovecot(cert=tmp_path / "cert.pem", key=tmp_path / "key.pem").start()
    try:
        server.fill([mail(), mail()], user="support@acme.example")
        server.fill([mail()], user="support@acme.example", folder="Support")
        with Sink() as sink:
            box = MAILBOX.format(host="localhost", port=server.tls_port, tls="true", more='ca_file = "../ca.pem"')
            config = make_site(tmp_path / "site", delivery=f"smtp://127.0.0.1:{sink.port}", more=box)
            secret(config, "imap.secret", PASSWORD)
            foretold = "at the first look all of it is left alone, what comes from now on becomes tickets"
            assert f"INBOX: 2 mails, 2 of them unread; {foretold}" in run(config).stdout
            with Daemon(config) as daemon:
                port = daemon.port
                config.write_text(config.read_text().replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"'))
                code, found, lines = live(config)
            first, second = (line for line in daemon.lines if line["event"] == "imap_first_look")
            assert (second["folder"], second["mails"]) == ("Support", 1)
            assert (first["mails"], first["unseen"], first["what"] in foretold) == (2, 2, True)
            assert sink.received == []
        assert code == 0, lines
        assert "PIPELINING" in found["mx"]["saw"][1]
        assert found["mailbox"]["saw"][0] == "TLS: TLSv1.3"
        assert "can: IDLE, MOVE, UIDPLUS" in lines
        assert "INBOX: 2 mails, 2 of them unread; read since 20" in lines
        assert "0 came since the last look" in lines
        assert any(one.startswith("Processed: ") for one in found["mailbox"]["saw"])
        assert "SMTPUTF8" in found["delivery"]["saw"][2]
    finally:
        server.stop()


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    require("imap")
    server = Dovecot().start()
    try:
        box = MAILBOX.format(host="127.0.0.1", port=server.port, tls="false", more='sent = "Sent Items"')
        config = make_site(tmp_path / "site", delivery="smtp://127.0.0.1:9", more=box)
        config.write_text(config.read_text().replace('listen = "127.0.0.1:0"', 'listen = "127.0.0.1:9"'))
        secret(config, "imap.secret", PASSWORD)
        code, found, lines = live(config)
        assert code == 1
        assert "does the daemon run?" in found["mx"]["problem"]
        assert "selecting Support" in found["mailbox"]["problem"]
        assert "there is no folder Sent Items" in found["mailbox"]["problem"]
        assert "Connection refused" in found["delivery"]["problem"]
        secret(config, "imap.secret", "wrong")
        assert "logging in" in live(config)[1]["mailbox"]["problem"]
        assert PASSWORD not in lines
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("folder", "rights", "problem"),
    [
        ("Processed", "lrwstekx", "we may not put mail into Processed"),
        ("Team.Processed", "lrwstei", "we may not make Team.Processed"),
        ("Team.Processed", "lrwsteik", ""),
    ],
)
def test_the_rights_on_the_folder_of_processed_mail(tmp_path: Path, folder: str, rights: str, problem: str) -> None:
    require("imap")
    server = Dovecot(more=RIGHTS).start()
    try:
        client = server.client("support@acme.example")
        for name in ("Support", folder.partition(".")[0]):
            client.create_folder(name)
        client.setacl(folder.partition(".")[0], "support@acme.example", rights)
        client.logout()
        box = MAILBOX.format(host="127.0.0.1", port=server.port, tls="false", more=f'after = "move:{folder}"')
        config = make_site(tmp_path / "site", more=box)
        secret(config, "imap.secret", PASSWORD)
        code, found, _ = live(config)
        assert (code, found["mailbox"]["problem"].partition(" (")[0]) == (int(bool(problem)), problem)
    finally:
        server.stop()


def test_every_way_out_is_looked_at(tmp_path: Path) -> None:
    with Sink() as sink:
        more = f'[[delivery.route]]\nfrom_domain = "shop.example"\nto = "smtp://127.0.0.1:{sink.port}"\n'
        config = make_site(tmp_path / "site", more=more)
        alarms = '[gateway]\nalarm_delivery = "smtp://127.0.0.1:9"\n'
        config.write_text(config.read_text().replace("[gateway]\n", alarms))
        code, found, _ = live(config)
    assert code == 1
    assert found["delivery"]["problem"] == ""
    assert "SMTPUTF8" in found["delivery:shop.example"]["saw"][2]
    assert "Connection refused" in found["alarm"]["problem"]


def test_a_folder_as_the_way_out(tmp_path: Path) -> None:
    config = make_site(tmp_path / "site")
    code, found, _ = live(config)
    assert code == 0
    assert found["delivery"]["saw"] == ["a folder: nothing leaves this machine"]
    assert found["mx"]["saw"] == ["a free port at each start; the log of the daemon names it"]
    config.write_text(config.read_text().replace("[gateway]\n", "[gateway]\nshadow = true\n"))
    assert run(config).stdout.startswith("SHADOW MODE: nothing is sent but reports and alarms to admin@acme.example\n")


def test_a_certificate_that_ended(tmp_path: Path) -> None:
    """What a client is shown counts, not what lies in the file."""
    authority, site = trustme.CA(), tmp_path / "site"
    config = make_site(site)
    lines = 'listen = "127.0.0.1:0"\ntls_cert = "cert.pem"\ntls_key = "key.pem"'
    text = config.read_text().replace('listen = "127.0.0.1:0"', lines, 1)
    config.write_text(text)
    past, coming = (datetime.now(UTC) + timedelta(days=days) for days in (-3, 90))
    for ends, code, told in ((coming, 0, ""), (past, 1, f"the certificate ended on {past:%Y-%m-%d}: renew it")):
        issued = authority.issue_cert("localhost", not_after=ends, not_before=past - timedelta(days=30))
        (site / "cert.pem").write_bytes(issued.cert_chain_pems[0].bytes())
        (site / "key.pem").write_bytes(issued.private_key_pem.bytes())
        (site / "key.pem").chmod(0o600)
        config.write_text(text)
        with Daemon(config) as daemon:
            config.write_text(text.replace("127.0.0.1:0", f"127.0.0.1:{daemon.port}"))
            found = live(config)
        assert (found[0], found[1]["mx"]["problem"]) == (code, told)
        assert found[1]["mx"]["saw"][-1] == f"certificate: until {ends:%Y-%m-%d}"


def test_a_listener_that_is_for_relays_alone_turns_us_away_and_is_well(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lmtp = f'[[smtp]]\nlisten = "0.0.0.0:{port}"\nrole = "lmtp"\ntrusted_relays = ["127.0.0.2"]\n'
    config = make_site(tmp_path / "site", more=lmtp)
    with Daemon(config) as daemon:
        _, found, _ = live(config)
        assert found["lmtp"]["problem"] == ""
        assert found["lmtp"]["saw"] == ["answers, and turns this host away: trusted_relays does not name it"]
        assert daemon.command("status", check=False).returncode == 0
    _, found, _ = live(config)
    assert "does the daemon run?" in found["lmtp"]["problem"]


def test_what_ends_soon_or_is_nearly_full_is_no_longer_good(tmp_path: Path) -> None:
    require("imap")
    ends = datetime.now(UTC) + timedelta(days=1)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("localhost", not_after=ends)
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    (tmp_path / "key.pem").chmod(0o600)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server = Dovecot(cert=tmp_path / "cert.pem", key=tmp_path / "key.pem", more=QUOTA).start()
    try:
        server.fill([mail(text=("x" * 70 + "\n") * 13_400)], user="support@acme.example")
        server.fill([], user="support@acme.example", folder="Support")
        server.fill([], user="support@acme.example", folder="Sent Items")
        with Sink(tls=context) as sink:
            more = 'ca_file = "../ca.pem"\nsent = "Sent Items"'
            box = MAILBOX.format(host="localhost", port=server.tls_port, tls="true", more=more)
            config = make_site(tmp_path / "site", delivery=f"smtp+starttls://localhost:{sink.port}", more=box)
            text = config.read_text().replace("[delivery]\n", '[delivery]\nca_file = "../ca.pem"\n')
            lines = 'listen = "127.0.0.1:0"\ntls_cert = "../cert.pem"\ntls_key = "../key.pem"'
            config.write_text(text := text.replace('listen = "127.0.0.1:0"', lines, 1))
            secret(config, "imap.secret", PASSWORD)
            with Daemon(config) as daemon:
                config.write_text(text.replace("127.0.0.1:0", f"127.0.0.1:{daemon.port}"))
                code, found, _ = live(config)
        told = f"the certificate ends on {ends:%Y-%m-%d}: renew it"
        assert (code, found["mx"]["problem"], found["delivery"]["problem"]) == (1, told, told)
        assert found["mailbox"]["problem"] == f"{told}; it is nearly full, and then takes no mail"
        assert "Sent Items: is there, and answers written by hand are found in it" in found["mailbox"]["saw"]
        assert found["delivery"]["saw"][-1] == f"certificate: until {ends:%Y-%m-%d}"
    finally:
        server.stop()


def test_a_fresh_site_is_left_as_it_is(tmp_path: Path) -> None:
    config = make_site(tmp_path / "site")
    before = sorted(config.parent.iterdir())
    assert live(config)[0] == 0
    assert sorted(config.parent.iterdir()) == before
