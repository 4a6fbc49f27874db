"""A certificate that is renewed on the disk is what clients see, with nobody told; a broken one never is."""

import os
import smtplib
import ssl
from pathlib import Path

import trustme

from support.daemon import Daemon
from support.wait import wait_for
from support.whole_site import make_site

LISTENERS = """[[smtp]]
listen = "127.0.0.1:0"
tls_cert = "cert.pem"
tls_key = "key.pem"

[[smtp]]
listen = "127.0.0.1:0"
tls_at_once = true
tls_cert = "cert.pem"
tls_key = "key.pem"
"""


def put(folder: Path, authority: trustme.CA) -> bytes:
    """A new certificate, moved into place as certbot does; the certificate itself."""
    issued = authority.issue_cert("localhost")
    for name, blob in (("key.pem", issued.private_key_pem), ("cert.pem", issued.cert_chain_pems[0])):
        blob.write_to_path(folder / f"{name}.renewed")
        (folder / f"{name}.renewed").chmod(0o600)
        os.replace(folder / f"{name}.renewed", folder / name)
    return ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())


def seen(port: int, ca_file: Path, *, at_once: bool) -> bytes | None:
    """What a client that verifies is shown."""
    context = ssl.create_default_context(cafile=ca_file)
    if at_once:
        client: smtplib.SMTP = smtplib.SMTP_SSL("localhost", port, timeout=20, context=context)
    else:
        client = smtplib.SMTP("localhost", port, timeout=20)
        client.starttls(context=context)
    with client:
        assert isinstance(client.sock, ssl.SSLSocket)
        return client.sock.getpeercert(binary_form=True)


def test_a_renewed_certificate_counts_without_a_restart(tmp_path: Path) -> None:
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    config = make_site(tmp_path / "site")
    config.write_text(config.read_text().replace('[[smtp]]\nlisten = "127.0.0.1:0"\n', LISTENERS))
    folder = config.parent
    first = put(folder, authority)
    with Daemon(config) as daemon:
        where = [line["where"] for line in daemon.lines if line.get("what") == "smtp"]
        doors = {int(one.rpartition(":")[2]): at_once for one, at_once in zip(where, (False, True), strict=True)}

        def shown() -> set[bytes | None]:
            return {seen(port, ca_file, at_once=at_once) for port, at_once in doors.items()}

        assert shown() == {first}
        second = put(folder, authority)
        wait_for(lambda: shown() == {second}, 10, "both listeners show the new one")
        (folder / "cert.pem").write_text("broken")
        wait_for(lambda: [line for line in daemon.lines if line.get("event") == "certificate_refused"], 10)
        assert shown() == {second}
        status = daemon.command("status", check=False)
        assert status.returncode == 2
        assert f"the certificate {folder / 'cert.pem'} cannot be used, the one before stays in force" in status.stdout
        third = put(folder, authority)
        wait_for(lambda: shown() == {third}, 10, "it was mended")
        assert daemon.command("status", check=False).returncode == 0
