"""docs/postfix.md against Debian's Postfix: its own lines, with other ports and folders."""

import subprocess
from collections.abc import Iterator

import pytest

from support import recipe
from support.behind_mta import HELP, Office
from support.daemon import Daemon
from support.mails import mail
from support.postfix import Postfix, free_port
from support.require import require
from support.sink import Sink
from support.wait import wait_for
from support.whole_site import make_site


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    require("postfix")
    with Sink() as world, Sink() as exchange:
        exchange.refused["nobody@acme.example"] = "550 5.1.1 no such user"
        tcp = free_port()
        postfix = Postfix(world=world.port).prepare()
        try:
            postfix.add("main.cf", recipe.put(recipe.block("postfix", "main.cf"), {"/etc/postfix": postfix.etc}))
            places = {"10.0.0.5:8024": f"127.0.0.1:{tcp}", "[exchange.acme.example]": f"[127.0.0.1]:{exchange.port}"}
            postfix.add("transport", recipe.put(recipe.block("postfix", "transport"), places))
            postfix.start()
            (command,) = recipe.blocks("postfix", "console")
            places = {"$ ": "", "-o gateway": "-o root", "/var/spool/postfix": str(postfix.queue)}
            subprocess.run(recipe.put(command, places), shell=True, check=True)
            socket, listener = recipe.blocks("postfix", "toml")
            places = {"/var/spool/postfix": str(postfix.queue), "127.0.0.1:25": f"127.0.0.1:{postfix.port}"}
            beyond_loopback = {"10.0.0.5:8024": f"0.0.0.0:{tcp}", "10.0.0.25": "127.0.0.1"}
            ours = recipe.put(socket, places) + recipe.put(listener, beyond_loopback) + HELP
            config = make_site(tmp_path_factory.mktemp("postfix") / "site")
            config.write_text(recipe.in_site(config.read_text(), ours))
            with Daemon(config) as daemon:
                yield Office(postfix, daemon, world, exchange)
        finally:
            kept = postfix.log()
            postfix.stop()
        assert "panic:" not in kept
        assert "fatal:" not in kept


def test_a_mail_becomes_a_ticket_and_its_answer_finds_it_by_the_address_alone(office: Office) -> None:
    office.goes_there_and_back()


def test_by_tcp_and_for_a_domain_of_its_own(office: Office) -> None:
    assert office.send(mail(subject="By TCP"), "billing@acme.example", sender="bo@example.net") == {}
    assert office.ticket("By TCP")["queue"] == "billing"
    assert office.send(mail(subject="Own domain"), "help@help.acme.example", sender="cy@example.net") == {}
    assert office.ticket("Own domain")["queue"] == "support"


def test_an_address_that_nobody_answers_to_is_refused_at_rcpt(office: Office) -> None:
    """By whoever would get the mail: the gateway, or the server of the rest of the domain."""
    refused = office.send(mail(), "nobody@help.acme.example", "nobody@acme.example", sender="dan@example.net")
    assert {address: code for address, (code, _) in refused.items()} == {
        "nobody@help.acme.example": 550,
        "nobody@acme.example": 550,
    }
    assert "5.1.1" in refused["nobody@help.acme.example"][1]
    assert office.sent_to("dan@example.net") == [], "and nothing bounces"
    assert office.send(mail(subject="For her"), "carol@acme.example") == {}
    wait_for(lambda: any(b"Subject: For her" in one.data for one in office.exchange.received), 30, "her mail goes on")


def test_of_two_recipients_one_is_refused_and_each_has_its_own_answer(office: Office) -> None:
    """Our own hosts are not asked at RCPT, so the refusal comes by LMTP, for one recipient of one mail."""
    both = ("help@help.acme.example", "nobody@help.acme.example")
    given = office.send(mail(subject="For two"), *both, sender="eve@example.net", stranger=False)
    assert given == {}
    office.ticket("For two")
    (bounce,) = wait_for(lambda: [one for one in office.sent_to("eve@example.net") if b"Postfix" in one.data], 30)
    assert b"Final-Recipient: rfc822; nobody@help.acme.example" in bounce.data
    assert b"Final-Recipient: rfc822; help@help.acme.example" not in bounce.data
    assert sum(one["subject"] == "For two" for one in office.daemon.ask("tickets")) == 1


def test_while_the_gateway_is_down_the_mail_waits(office: Office) -> None:
    office.daemon.stop()
    try:
        assert office.send(mail(subject="Later"), "support@acme.example", stranger=False) == {}
        wait_for(lambda: "status=deferred" in office.mta.log(), 20, "Postfix has tried")
    finally:
        office.daemon.start()
    assert isinstance(office.mta, Postfix)
    office.mta.flush()
    office.ticket("Later")
    office.daemon.settled()
    assert office.daemon.command("fsck").returncode == 0


def test_the_probe_is_green(office: Office) -> None:
    """By the socket, by TCP, and for the domain of its own."""
    office.is_probed()
