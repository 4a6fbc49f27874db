"""The gateway behind a real MTA, and what a test asks of the two."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from support.daemon import Daemon
from support.mails import mail, parsed, reply_to
from support.postfix import send
from support.sink import Received, Sink
from support.wait import wait_for

# Beside the two addresses of the site one at a domain that is the gateway's alone.
HELP = '[mail.addresses]\n"help@help.acme.example" = "support"\n'
ADDRESSES = {"support@acme.example", "billing@acme.example", "help@help.acme.example"}


class Mta(Protocol):
    """Postfix or Exim."""

    port: int

    def log(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Office:
    """`world` gets what leaves, `exchange` what comes for the rest of the domain; they may be one."""

    mta: Mta
    daemon: Daemon
    world: Sink
    exchange: Sink

    def send(self, data: bytes, *to: str, **how: Any) -> dict[str, tuple[int, str]]:
        return send(self.mta.port, data, *to, **how)

    def sent_to(self, address: str) -> list[Received]:
        return [one for one in self.world.received if one.recipients == (address,)]

    def ticket(self, subject: str) -> dict[str, Any]:
        """The one ticket of that subject, once it is there."""
        (found,) = self._once(lambda: [one for one in self.daemon.ask("tickets") if one["subject"] == subject])
        return dict(found)

    def goes_there_and_back(self) -> None:
        """A mail is acknowledged with a null sender; an answer that has nothing but the address finds its ticket."""
        assert self.send(mail(subject="My lamp"), "support@acme.example") == {}
        number = str(self.ticket("My lamp")["number"])
        (letter,) = wait_for(lambda: self.sent_to("ann@example.net"), 30, f"it is acknowledged; {self.mta.log()}")
        assert letter.mail_from == "", "the null sender came through"
        assert b"by mx.acme.example" in letter.data, "it left by the MTA"
        back = re.search(r"support\+[^@>]+@acme\.example", str(parsed(letter.data)["Reply-To"]))
        assert back, "answers go to an address with the token in it"
        answer = reply_to(letter.data, to=back[0], quote=False, rewrite_ids=True, subject="Another subject")
        assert self.send(answer, back[0]) == {}

        def articles() -> list[dict[str, Any]]:
            came = [one for one in self.daemon.ask("show", number)["articles"] if one["direction"] == "in"]
            return came if len(came) == 2 else []

        assert self._once(articles)[-1]["text"].strip() == "It is still not here."
        at = back[0].index("@") - 5  # within the token
        forged = back[0][:at] + ("a" if back[0][at] != "a" else "b") + back[0][at + 1 :]
        assert self.send(answer, forged)[forged][0] == 550, "a forged token is refused while it is offered"

    def is_probed(self) -> None:
        """`gateway check --probe` is green for each address."""
        done = self.daemon.command("check", "--probe", "--from", "probe@example.net", "--json", check=False)
        assert done.returncode == 0, (done.stdout, done.stderr)
        ends = {one["address"]: one["steps"][-1]["step"] for one in json.loads(done.stdout)["addresses"]}
        assert ends == dict.fromkeys(ADDRESSES, "joined")
        assert {one.mail_from for one in self.sent_to("probe@example.net")} == {""}

    def _once(self, ask: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """The first answer that holds something; asked anew whenever the daemon has done something."""
        asked = -1

        def found() -> list[dict[str, Any]]:
            nonlocal asked
            done = sum(line.get("event") == "mail_done" for line in self.daemon.lines)
            if done == asked:
                return []
            asked = done
            return ask()

        return wait_for(found, 30, f"what was sent has come; {self.mta.log()}")
