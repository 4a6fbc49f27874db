"""No password leaves us before the server has proved who it is (T45)."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from gateway.config import Config
from gateway.errors import Permanent
from gateway.intake.imap_errors import Unusable
from gateway.intake.imap_login import LoginRefused
from gateway.intake.imap_session import ImapSession
from support.dovecot import Dovecot, of_own_authority
from support.poller import QUICK, imap_config
from support.require import require


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    require("imap")
    dovecot = of_own_authority(authority, tmp_path_factory.mktemp("keys")).start()
    try:
        yield dovecot
    finally:
        dovecot.stop()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


def log_in(cfg: Config) -> None:
    session = ImapSession.connect(cfg.imap[0], QUICK)
    try:
        assert session.select("INBOX").uidvalidity
    finally:
        session.close()


def test_tls_and_starttls_with_our_own_authority(server: Dovecot, tmp_path: Path, ca_file: str) -> None:
    log_in(imap_config(tmp_path, server.tls_port, tls="true", ca_file=ca_file))
    log_in(imap_config(tmp_path, server.port, tls='"starttls"', ca_file=ca_file))


@pytest.mark.parametrize("tls", ["true", '"starttls"'])
def test_unknown_authority(server: Dovecot, tmp_path: Path, tls: str) -> None:
    port = server.tls_port if tls == "true" else server.port
    before = _logins(server)
    with pytest.raises(Unusable, match="certificate is not trusted"):
        log_in(imap_config(tmp_path, port, user="never", tls=tls))
    assert _logins(server) == before


def test_certificate_of_another_host(server: Dovecot, tmp_path: Path, ca_file: str) -> None:
    cfg = imap_config(tmp_path, server.tls_port, user="never", tls="true", ca_file=ca_file)
    account = cfg.imap[0].model_copy(update={"host": "localhost"})  # the certificate names 127.0.0.1
    with pytest.raises(Unusable, match="certificate is not trusted"):
        ImapSession.connect(account, QUICK)
    assert "user=<never>" not in _log(server)


def test_in_the_clear_only_on_this_machine(tmp_path: Path) -> None:
    account = imap_config(tmp_path, 143).imap[0].model_copy(update={"host": "192.0.2.1"})
    with pytest.raises(Unusable, match="without TLS only on this machine"):
        ImapSession.connect(account, QUICK)


def test_wrong_password(server: Dovecot, tmp_path: Path, ca_file: str) -> None:
    cfg = imap_config(tmp_path, server.tls_port, tls="true", ca_file=ca_file)
    (tmp_path / "imap.secret").write_text("wrong\n")
    with pytest.raises(LoginRefused) as refused:
        log_in(cfg)
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("key", ["user", "folders"])
def test_line_end_in_the_settings(tmp_path: Path, key: str) -> None:
    evil = "x\r\nA1 DELETE INBOX"
    account = imap_config(tmp_path, 143).imap[0].model_copy(update={key: (evil,) if key == "folders" else evil})
    with pytest.raises(Permanent, match="line end"):
        ImapSession.connect(account, QUICK)


def _log(server: Dovecot) -> str:
    return (server.root / "log").read_text()


def _logins(server: Dovecot) -> int:
    return _log(server).count("user=<never>")


def test_dovecot_is_ended_by_its_own_pid(server: Dovecot) -> None:
    """The fixture leaves no process behind."""
    other = Dovecot().start()
    root = str(other.root)
    other.stop()
    assert root not in subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
