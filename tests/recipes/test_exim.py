"""docs/exim.md against Debian's Exim and its split configuration: its own lines, with other ports and folders."""

import os
import shutil
from collections.abc import Iterator

import pytest

from support import recipe
from support.behind_mta import HELP, Office
from support.daemon import Daemon
from support.exim import Exim
from support.mails import mail, parsed
from support.postfix import free_port
from support.require import require
from support.sink import Received, Sink
from support.wait import wait_for
from support.whole_site import make_site

FILES = (
    "conf.d/router/150_local_gateway",
    "conf.d/router/151_local_gateway_socket",
    "conf.d/transport/30_local_gateway",
    "conf.d/transport/31_local_gateway_socket",
    "conf.d/main/95_local_gateway",
    "local_rcpt_callout",
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    require("exim")
    with Sink() as world:
        exim = Exim(world=world.port).prepare()
        run, tcp = exim.root / "run", free_port()
        run.mkdir(mode=0o2755)
        shutil.chown(run, group="Debian-exim")
        os.chmod(run, 0o2755)  # the socket gets the folder's group, as the gateway's own group would be its
        places = {
            "127.0.0.1:8024": f"127.0.0.1:{tcp}",
            "/run/gateway": str(run),
            "127.0.0.1:25": f"127.0.0.1:{exim.port}",
        }
        exims = {"port = 8024": f"port = {tcp}", "/run/gateway": str(run), "group = gateway": "group = Debian-exim"}
        try:
            used: set[str] = set()
            for file in FILES:
                text = recipe.block("exim", file.removeprefix("conf.d/"))
                here = {place: own for place, own in exims.items() if place in text}
                used |= here.keys()
                exim.add(file, recipe.put(text, here))
            assert used == exims.keys()
            exim.start()
            config = make_site(tmp_path_factory.mktemp("exim") / "site")
            ours = recipe.put("".join(recipe.blocks("exim", "toml")), places)
            config.write_text(recipe.in_site(config.read_text(), ours + HELP))
            with Daemon(config) as daemon:
                yield Office(exim, daemon, world, world)
        finally:
            exim.stop()


def test_a_mail_becomes_a_ticket_and_its_answer_finds_it_by_the_address_alone(office: Office) -> None:
    office.goes_there_and_back()


def test_by_a_socket_and_for_a_domain_of_its_own(office: Office) -> None:
    assert office.send(mail(subject="By the socket"), "billing@acme.example", sender="bo@example.net") == {}
    assert office.ticket("By the socket")["queue"] == "billing"
    assert "T=gateway_socket" in office.mta.log()
    assert office.send(mail(subject="Own domain"), "help@help.acme.example", sender="cy@example.net") == {}
    assert office.ticket("Own domain")["queue"] == "support"


def test_an_address_that_nobody_answers_to_is_refused_at_rcpt(office: Office) -> None:
    refused = office.send(mail(), "nobody@help.acme.example", sender="dan@example.net")
    assert refused["nobody@help.acme.example"][0] == 550
    assert office.sent_to("dan@example.net") == [], "and nothing bounces"
    assert office.send(mail(subject="For her"), "carol@acme.example") == {}
    wait_for(lambda: office.sent_to("carol@acme.example"), 30, "the rest of the domain goes on")


def test_of_two_recipients_one_is_refused_and_each_has_its_own_answer(office: Office) -> None:
    """Our own hosts are not asked at RCPT, so the refusal comes by LMTP, for one recipient of one mail."""
    both = ("help@help.acme.example", "nobody@help.acme.example")
    given = office.send(mail(subject="For two"), *both, sender="eve@example.net", stranger=False)
    assert given == {}
    office.ticket("For two")

    def bounces() -> list[Received]:
        return [one for one in office.sent_to("eve@example.net") if b"X-Failed-Recipients" in one.data]

    (bounce,) = wait_for(bounces, 30, office.mta.log())
    assert parsed(bounce.data)["X-Failed-Recipients"] == "nobody@help.acme.example"
    assert sum(one["subject"] == "For two" for one in office.daemon.ask("tickets")) == 1
    office.daemon.settled()
    assert office.daemon.command("fsck").returncode == 0


def test_the_probe_is_green(office: Office) -> None:
    """By TCP, by the socket, and for the domain of its own."""
    office.is_probed()
