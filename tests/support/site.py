"""A small good configuration to break, one edit at a time."""

from pathlib import Path

GOOD = """\
[gateway]
name = "acme"
data_dir = "data"
admin = "postmaster@acme.example"

[mail]
from = "Acme Support <support@acme.example>"
language = "en"
reopen_for = "14 days"

[mail.addresses]
"support@acme.example" = "support"
"billing@acme.example" = "billing"

[[smtp]]
listen = "127.0.0.1:0"
role = "mx"
max_size = "35 MB"

[delivery]
to = "maildir:data/sent"
automatic_from = "null"
rate = "30/min"

[queues.support]
agents = ["carol", "dave"]
lead = "carol"
sla = "standard"

[queues.billing]
agents = ["dave"]

[agents.carol]
addresses = ["carol@acme.example"]
notify = ["new", "assigned"]
max_open = 25

[agents.dave]
addresses = ["dave@acme.example"]

[calendars.office]
timezone = "Europe/Prague"
mon-fri = "09:00-12:30 13:00-17:30"

[sla.standard]
calendar = "office"
first_response = "4 h"
resolution = { urgent = "4 h", normal = "2 business days" }

[[sla.standard.step]]
of = "resolution"
at = "80%"
do = ["notify:lead"]

[limits]
auto_per_address = "3/h 10/day"

[log]
level = "info"
"""


def edited(old: str, new: str) -> str:
    """The good configuration with one place changed; the place must be there."""
    assert GOOD.count(old) == 1, f"{old!r} stands {GOOD.count(old)} times"
    return GOOD.replace(old, new)


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path
