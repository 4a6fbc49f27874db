"""The guard: each kind of mail, its verdict and its reason."""

import pytest

from gateway.mail import Address, Envelope, Kind, Mail
from gateway.tickets.guard import judge, takes_no_mail
from gateway.tickets.reason import Reason, Verdict

ANN = Address(addr="ann@example.net")
PLAIN = {"from_ourselves": False, "own_mail": False, "names_our_mail": False, "quiet": False}

CASES = [
    (Mail(from_=ANN), {}, {}, Verdict.ACCEPT, Reason.ORDINARY),
    (Mail(from_=ANN), {}, {"quiet": True}, Verdict.QUIET, Reason.IMPORTED),
    (Mail(from_=None, from_problem="two From lines"), {}, {}, Verdict.QUIET, Reason.NO_SENDER),
    (Mail(from_=ANN), {}, {"from_ourselves": True}, Verdict.QUIET, Reason.OURSELVES),
    (Mail(from_=ANN), {"mail_from": ""}, {}, Verdict.QUIET, Reason.NULL_SENDER),
    (Mail(from_=ANN), {"mail_from": "MAILER-DAEMON@relay.example"}, {}, Verdict.QUIET, Reason.NO_REPLY_ADDRESS),
    (Mail(from_=ANN), {"mail_from": "mailer_daemon+x@relay.example"}, {}, Verdict.QUIET, Reason.NO_REPLY_ADDRESS),
    (Mail(from_=ANN), {"mail_from": "bounces+17@esp.example"}, {}, Verdict.ACCEPT, Reason.ORDINARY),
    (Mail(from_=ANN, kind=Kind.AUTOREPLY), {}, {}, Verdict.QUIET, Reason.AUTOMATIC),
    (Mail(from_=ANN, kind=Kind.AUTO), {}, {}, Verdict.QUIET, Reason.AUTOMATIC),
    (Mail(from_=ANN, kind=Kind.LIST), {}, {}, Verdict.QUIET, Reason.LIST),
    (Mail(from_=Address(addr="no-reply@shop.example")), {}, {}, Verdict.QUIET, Reason.NO_REPLY_ADDRESS),
    (Mail(from_=ANN, kind=Kind.BOUNCE), {}, {"names_our_mail": True}, Verdict.BOUNCE, Reason.BOUNCE_OF_OURS),
    (Mail(from_=ANN, kind=Kind.BOUNCE), {}, {}, Verdict.QUIET, Reason.AUTOMATIC),
    (Mail(from_=ANN), {}, {"own_mail": True}, Verdict.IGNORE, Reason.OUR_OWN_MAIL),
    (Mail(from_=ANN, silence="X-Auto-Response-Suppress"), {}, {}, Verdict.QUIET, Reason.ASKS_FOR_SILENCE),
    (Mail(from_=ANN), {}, {"answer_to": "us@x", "answers_ourselves": True}, Verdict.QUIET, Reason.OURSELVES),
    (Mail(from_=ANN), {}, {"answer_to": "postmaster@example.net"}, Verdict.QUIET, Reason.NO_REPLY_ADDRESS),
    (Mail(from_=ANN, received_count=31), {}, {}, Verdict.QUARANTINE, Reason.HOPS),
    (Mail(from_=ANN, received_count=30), {}, {}, Verdict.ACCEPT, Reason.ORDINARY),
]


@pytest.mark.parametrize(("mail", "envelope", "known", "verdict", "reason"), CASES)
def test_verdicts(
    mail: Mail, envelope: dict[str, str], known: dict[str, bool], verdict: Verdict, reason: Reason
) -> None:
    judged = judge(mail, Envelope(**envelope), **{**PLAIN, **known})
    assert (judged.verdict, judged.reason) == (verdict, reason)


@pytest.mark.parametrize(
    "local",
    ["no-reply", "noreply", "do_not_reply", "MAILER-DAEMON", "postmaster", "bounces+1=2", "list-bounces", "bounce"],
)
def test_addresses_nobody_reads(local: str) -> None:
    assert takes_no_mail(f"{local}@example.net")


@pytest.mark.parametrize("local", ["ann", "norman.reply", "bouncer", "reply"])
def test_addresses_of_people(local: str) -> None:
    assert not takes_no_mail(f"{local}@example.net")
