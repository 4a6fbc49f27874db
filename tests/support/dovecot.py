"""A real Dovecot in a temporary folder on a loopback port: one password, any user name, Maildir. Ended by its own pid."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import trustme
from imapclient import IMAPClient

PASSWORD = "secret"
BINARY = next((path for path in ("/usr/sbin/dovecot", shutil.which("dovecot")) if path and os.path.exists(path)), None)

_CONF = """
base_dir = {root}/run
state_dir = {root}/run
log_path = {root}/log
protocols = imap{lmtp}
listen = 127.0.0.1
auth_mechanisms = {mechanisms}
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
mail_location = maildir:~/Maildir
mail_fsync = never
maildir_stat_dirs = yes
mailbox_idle_check_interval = 1s
mail_max_userip_connections = 50
first_valid_uid = 0
first_valid_gid = 0
ssl = {ssl}
{keys}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{oauth}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/home/%u allow_all_users=yes
}}
{more}
"""
# For `more`: what a user may do with a folder is what `IMAPClient.setacl` says.
RIGHTS = """
mail_plugins = $mail_plugins acl
protocol imap {
  mail_plugins = $mail_plugins imap_acl
}
plugin {
  acl = vfile:cache_secs=1
}
"""
_LMTP = """
service lmtp {{
  inet_listener lmtp {{
    port = {port}
  }}
}}
"""


class Dovecot:
    """`start()` .. `stop()`; `client(user)` is a second mail program, logged in; `maildir(user)` its files."""

    def __init__(
        self, *, cert: Path | None = None, key: Path | None = None, tokens: str = "", lmtp: bool = False, more: str = ""
    ) -> None:
        """`tokens` is the URL of a `token_stub`, which then says whose an access token is; `more` are further lines.

        `lmtp`: mail is taken on `lmtp_port`, for any user.
        """
        # Not below pytest's folders: those are 0700, and the mail processes do not run as root.
        self.root = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.port = _free_port()
        self.tls_port = _free_port() if cert else 0
        self.lmtp_port = _free_port() if lmtp else 0
        self._more = more
        self._tls = (cert, key) if cert and key else None
        self._tokens = tokens
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Dovecot":
        me = pwd.getpwuid(os.getuid())
        is_root = me.pw_uid == 0
        # Mail as root is refused even with first_valid_uid = 0; as anybody else everything runs under that one user.
        owner = pwd.getpwnam("nobody") if is_root else me
        for name in ("run", "home"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o711)  # the mail processes run as somebody else
        if is_root:
            os.chown(self.root / "home", owner.pw_uid, owner.pw_gid)
        keys = "ssl_cert = <{}\nssl_key = <{}".format(*self._tls) if self._tls else ""
        oauth = ""
        if self._tokens:
            own = self.root / "oauth2.conf"
            own.write_text(f"tokeninfo_url = {self._tokens}/tokeninfo?access_token=\nusername_attribute = email\n")
            oauth = f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {own}\n}}"
        conf = self.root / "dovecot.conf"
        conf.write_text(
            _CONF.format(
                root=self.root,
                internal="dovecot" if is_root else me.pw_name,
                group="dovecot" if is_root else _group(me.pw_gid),
                login="dovenull" if is_root else me.pw_name,
                ssl="yes" if self._tls else "no",
                keys=keys,
                mechanisms="plain login xoauth2 oauthbearer" if self._tokens else "plain login",
                oauth=oauth,
                port=self.port,
                tls_port=self.tls_port,
                password=PASSWORD,
                lmtp=" lmtp" if self.lmtp_port else "",
                more=(_LMTP.format(port=self.lmtp_port) if self.lmtp_port else "") + self._more,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
            )
        )
        assert BINARY
        self._process = subprocess.Popen(
            [BINARY, "-F", "-c", str(conf)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._await_greeting()
        return self

    def _await_greeting(self) -> None:
        deadline = time.monotonic() + 15
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 2) as sock:
                    if sock.recv(200).startswith(b"* OK"):
                        return
            except OSError:
                pass
            assert self._process
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = self.root / "log"
                raise AssertionError(f"Dovecot does not start: {log.read_text() if log.exists() else 'no log'}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
            self._process = None
        shutil.rmtree(self.root, ignore_errors=True)

    def client(self, user: str = "u1") -> IMAPClient:
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20)
        client.login(user, PASSWORD)
        return client

    def maildir(self, user: str = "u1") -> Path:
        return self.root / "home" / user / "Maildir"

    def script(self, text: str, user: str = "u1") -> None:
        """Make `text` the Sieve script that is asked of every mail for `user`."""
        home = self.root / "home" / user
        home.mkdir(exist_ok=True)
        place = home / ".dovecot.sieve"
        place.write_text(text)
        owner = (self.root / "home").stat()
        for path in (home, place):
            os.chown(path, owner.st_uid, owner.st_gid)

    def fill(self, mails: list[bytes], *, user: str = "u1", folder: str = "INBOX") -> None:
        """Append `mails` in commands of 200."""
        client = self.client(user)
        try:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            for start in range(0, len(mails), 200):
                client.multiappend(folder, mails[start : start + 200])
        finally:
            client.logout()

    def contents(self, folder: str = "INBOX", *, user: str = "u1") -> dict[int, tuple[bytes, tuple[bytes, ...]]]:
        """uid -> (bytes, flags but \\Recent) of what lies in `folder`; {} where there is no such folder."""
        client = self.client(user)
        try:
            if not client.folder_exists(folder):
                return {}
            client.select_folder(folder, readonly=True)
            uids = client.search("ALL")
            found: dict[int, tuple[bytes, tuple[bytes, ...]]] = {}
            for start in range(0, len(uids), 500):
                rows = client.fetch(uids[start : start + 500], ["BODY.PEEK[]", "FLAGS"])
                for uid, row in rows.items():
                    found[uid] = (row[b"BODY[]"], tuple(flag for flag in row[b"FLAGS"] if flag != b"\\Recent"))
            return found
        finally:
            client.logout()

    def count(self, folder: str = "INBOX", *, user: str = "u1") -> int:
        client = self.client(user)
        try:
            if not client.folder_exists(folder):
                return 0
            return int(client.folder_status(folder, ["MESSAGES"])[b"MESSAGES"])
        finally:
            client.logout()

    def forget_uids(self, user: str = "u1") -> None:
        """Make Dovecot number the INBOX anew, as after a restore of the server: another UIDVALIDITY, the mails unharmed."""
        uidlist = self.maildir(user) / "dovecot-uidlist"
        version, validity, _next, guid = uidlist.read_text().splitlines()[0].split()[:4]
        for path in self.maildir(user).glob("dovecot*"):
            path.unlink() if path.is_file() else shutil.rmtree(path)
        uidlist.write_text(f"{version} V{int(validity[1:]) + 1000} N1 {guid}\n")
        owner = self.maildir(user).stat()
        os.chown(uidlist, owner.st_uid, owner.st_gid)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _group(gid: int) -> str:
    import grp

    return grp.getgrgid(gid).gr_name


def of_own_authority(authority: trustme.CA, folder: Path) -> Dovecot:
    """One with TLS, whose certificate an authority of ours has signed; its keys lie in `folder`. Not started."""
    own = authority.issue_cert("127.0.0.1")
    own.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in own.cert_chain_pems))
    return Dovecot(cert=folder / "cert.pem", key=folder / "key.pem")
