"""What every mail server takes (RFC 5321 section 4.5.1, RFC 2142) is a ticket in the first queue."""

from pathlib import Path

import pytest

from support.daemon import Daemon
from support.mails import mail
from support.whole_site import make_site


@pytest.mark.parametrize("to", ["postmaster", "postmaster@acme.example", "abuse@acme.example"])
def test_mail_to_the_postmaster(tmp_path: Path, to: str) -> None:
    with Daemon(make_site(tmp_path / "site")) as daemon:
        daemon.send(mail(subject="Your mail loops", to=to), to=to)
        daemon.settled()
        (ticket,) = daemon.ask("tickets")
        assert (ticket["queue"], ticket["subject"], ticket["requester"]) == (
            "support",
            "Your mail loops",
            "ann@example.net",
        )
        shown = daemon.ask("show", "1")
        assert [one["role"] for one in shown["participants"]] == ["requester"]
        daemon.command("explain", "1")
        daemon.command("trace", "1")
        assert daemon.command("fsck").returncode == 0
