"""Who takes part in a ticket by mails that come in: nobody gets in by a forged one, and nobody by a mere Cc (T82)."""

from typing import Any

import pytest

from gateway.mail import Mail
from gateway.tickets.auth_result import AuthResult, Dmarc, Result
from support.desk import Desk
from support.mails import mail, reply_to

ANN, BOB, EVE = "ann@example.net", "bob@example.net", "eve@example.org"


def proved(mail: Mail) -> AuthResult:
    addr = mail.from_.addr if mail.from_ else ""
    return AuthResult(from_addr=addr, dmarc=Dmarc(result=Result.PASS, domain="example.net", policy="reject"))


def refuted(mail: Mail) -> AuthResult:
    addr = mail.from_.addr if mail.from_ else ""
    return AuthResult(from_addr=addr, dmarc=Dmarc(result=Result.FAIL, domain="example.net", policy="reject"))


def unknown(mail: Mail) -> AuthResult:
    return AuthResult(from_addr=mail.from_.addr if mail.from_ else "")


def roles(desk: Desk, number: int = 1) -> dict[str, str]:
    return {one["address"]: one["role"] for one in desk.ask("show", str(number))["participants"]}


def opened(desk: Desk, *headers: str) -> bytes:
    from gateway.store import outbox

    desk.take_in(mail(headers=headers), mail_from=ANN)
    desk.work()
    return outbox.bytes_of(desk.store, 1)


def answer(desk: Desk, letter: bytes, sender: str = ANN, *headers: str, auth: Any = unknown) -> None:
    desk.auth = auth
    raw = reply_to(letter, sender=sender, to="support@acme.example")
    desk.take_in(raw.replace(b"MIME-Version", "".join(f"{h}\r\n" for h in headers).encode() + b"MIME-Version"))
    desk.work()


def test_the_opening_cc_stays_copied_and_bcc_shows_nowhere(desk: Desk) -> None:
    opened(desk, f"Cc: {BOB}", f"Bcc: {EVE}")
    assert roles(desk) == {ANN: "requester", BOB: "watcher"}
    for command in (("show", "1"), ("explain", "1"), ("trace", "#1")):
        assert EVE not in desk.run(*command, "--json").out
        assert EVE not in desk.run(*command).out


def test_a_forged_opening_mail_brings_nobody_in(desk: Desk) -> None:
    desk.auth = refuted
    desk.take_in(mail(headers=(f"Cc: {EVE}",)), mail_from=ANN)
    desk.work()
    assert roles(desk) == {ANN: "requester"}


@pytest.mark.parametrize(("auth", "role"), [(unknown, {BOB: "proposed"}), (proved, {BOB: "watcher"}), (refuted, {})])
def test_a_later_cc_is_proposed_unless_it_is_proved_to_be_the_requesters(
    desk: Desk, auth: Any, role: dict[str, str]
) -> None:
    answer(desk, opened(desk), ANN, f"Cc: {BOB}", auth=auth)
    assert roles(desk) == {ANN: "requester", **role}


def test_the_requesters_word_confirms_who_was_proposed(desk: Desk) -> None:
    letter = opened(desk)
    answer(desk, letter, ANN, f"Cc: {BOB}")
    answer(desk, letter, ANN, f"Cc: {BOB}", auth=proved)
    assert roles(desk) == {ANN: "requester", BOB: "watcher"}
    assert [one["data"] for one in desk.ask("show", "1")["events"] if one["kind"] == "confirmed"] == [
        {"address": BOB, "role": "watcher"}
    ]


def test_a_copied_persons_word_confirms_nobody(desk: Desk) -> None:
    answer(desk, opened(desk, f"Cc: {BOB}"), BOB, f"Cc: {EVE}", auth=proved)
    assert roles(desk) == {ANN: "requester", BOB: "watcher", EVE: "proposed"}


def test_a_colleague_who_answers_joins_unverified(desk: Desk) -> None:
    letter = opened(desk)
    answer(desk, letter, "cy@example.net")
    assert roles(desk) == {ANN: "requester", "cy@example.net": "other"}
    assert "cy@example.net: other person, unverified" in desk.run("show", "1").out
    answer(desk, letter, EVE, auth=refuted)
    assert EVE not in roles(desk)


def test_a_mail_that_is_not_from_there_ends_no_suspension(desk: Desk) -> None:
    from datetime import timedelta

    from gateway.tickets.actions import Unreached

    within = timedelta(days=30)
    desk.act(Unreached(ticket=None, address=ANN, points=4, reply="550 no", limit=4, within=within))
    for auth, suspended in ((refuted, [ANN]), (unknown, [])):
        desk.auth = auth
        desk.take_in(mail(), mail_from=ANN)
        desk.work()
        assert [key for one in desk.ask("people", "list", "--suspended") for key in one["addresses"]] == suspended
