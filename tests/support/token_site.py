"""A site with a mailbox that takes access tokens of the stub."""

from pathlib import Path

from support.token_stub import USER, TokenStub
from support.whole_site import make_site

IMAP = """
[[imap]]
name = "main"
host = "127.0.0.1"
port = {port}
tls = false
user = "{user}"
start = "all"
poll = "1 s"
[imap.oauth]
provider = "custom"
client_id = "gateway"
token_url = "{url}/token"
device_url = "{url}/device"
scope = "mail"
{more}
"""


def site(folder: Path, stub: TokenStub, *, port: int = 143, refresh: str = "refresh-0", more: str = "") -> Path:
    lines = more
    config_folder = folder / "site"
    config_folder.mkdir(parents=True, exist_ok=True)
    if refresh:
        lines += '\nrefresh_token_file = "refresh.secret"'
        (config_folder / "refresh.secret").write_text(refresh)
        (config_folder / "refresh.secret").chmod(0o600)
    return make_site(config_folder, more=IMAP.format(port=port, user=USER, url=stub.url, more=lines))
