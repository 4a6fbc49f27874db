"""A complete site in a folder of its own: the shipped rules and templates, a config for tests."""

import shutil
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

CONFIG = """
[gateway]
name = "acme"
data_dir = "data"
admin = "admin@acme.example"

[database]
url = "{database}"

[mail]
from = "Acme Support <support@acme.example>"
host = "mail.acme.example"
subject_tag = "Acme"
reopen_for = "14 days"
[mail.addresses]
"support@acme.example" = "support"
"billing@acme.example" = "billing"

[[smtp]]
listen = "127.0.0.1:0"

[delivery]
to = "{delivery}"

[similar]
tell_lead_at = {tell_lead_at}

[limits]
{limits}

[queues.support]
title = "Support"
agents = ["carol", "dave"]
lead = "carol"
[queues.billing]
title = "Billing"
agents = ["dave"]
lead = "dave"
[agents.carol]
name = "Carol Reyes"
addresses = ["carol@acme.example"]
[agents.dave]
name = "Dave Okafor"
addresses = ["dave@acme.example"]
{more}
"""
NO_CAPS = 'auto_per_address = "0"\nauto_per_ticket = "0"\nauto_total = "0"\nmin_free = "1 MB"'


def make_site(
    folder: Path,
    *,
    database: str = "sqlite:///data/gateway.db",
    delivery: str = "maildir:data/sent",
    limits: str = NO_CAPS,
    tell_lead_at: int = 0,
    more: str = "",
) -> Path:
    """Write the site; the path of its config.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("rules", "templates"):
        shutil.copytree(REPOSITORY / name, folder / name, dirs_exist_ok=True)
    config = folder / "config.toml"
    config.write_text(
        CONFIG.format(database=database, delivery=delivery, limits=limits, tell_lead_at=tell_lead_at, more=more)
    )
    return config
