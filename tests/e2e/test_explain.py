"""`gateway explain` of ten golden mails: what a dry run foretells is what happens, and both say why."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.main import run
from support.cli import gateway
from support.daemon import Daemon
from support.mails import parsed
from support.whole_site import make_site

CORPUS = Path(__file__).parents[1] / "corpus"
DESK = "support@acme.example"
Told = dict[str, Any]
Edit = Callable[[bytes, bytes], bytes]  # (a golden mail, the Message-ID of our acknowledgement) -> the mail as sent


def step(told: Told, name: str) -> Told:
    (one,) = (one for one in told["steps"] if one["step"] == name)
    return dict(one)


def rule(told: Told, name: str) -> Told:
    (one,) = (one for one in told["rules"] if one["name"] == name)
    return dict(one)


# ---- the ten -------------------------------------------------------------------------------------------------------


def as_it_is(mail: bytes, _: bytes) -> bytes:
    return mail


def answers_us(mail: bytes, ours: bytes) -> bytes:
    return re.sub(rb"<aefziajntrs5rviejso2d5v7u2kbx52niq\.[^>]*>", ours, mail)


def of_a_stranger(mail: bytes, _: bytes) -> bytes:
    mail = re.sub(rb"(?m)^From: .*$", b"From: Mallory <mallory@elsewhere.example>", mail, count=1)
    return re.sub(rb"\[Acme #\d+\]", b"[Acme #1]", mail)


def returned(mail: bytes, ours: bytes) -> bytes:
    return mail.replace(b"<aefzia.orig1@acme.example>", ours)


def marked_as_spam(mail: bytes, _: bytes) -> bytes:
    return b"X-Spam-Flag: YES\n" + mail


def in_a_hurry(mail: bytes, _: bytes) -> bytes:
    return re.sub(rb"(?m)^Subject: .*$", b"Subject: URGENT: production down", mail, count=1)


def about_a_new_ticket(told: Told) -> None:
    assert step(told, "identify") == {
        "step": "identify", "recipient": DESK, "named_in": "to", "queue": "support",
        "sender": "martha.oyelaran@gmail.example",
        "declared": None, "opened_by": None, "commands": [],
    }  # fmt: skip
    assert step(told, "thread")["tried"][0]["outcome"] == "token_not_signed_by_us"
    assert told["fields"]["queue"]["rule"] == "money goes to billing"  # "Invoice" in the subject
    (asked, words) = rule(told, "money goes to billing")["conditions"]
    assert (asked["held"], asked["value"]) == (True, "support")
    assert (words["held"], words["found"]) == (True, "invoice*")
    assert rule(told, "asked to be urgent")["conditions"][0]["held"] is False
    assert told["fields"]["assignee"] == {
        "value": "dave", "rule": "somebody takes it", "file": "rules/90-default.toml", "line": 14, "by": "policy:balance",
    }  # fmt: skip
    (dave,) = step(told, "assign")["candidates"]
    assert (dave["agent"], dave["open"], dave["away"]) == ("dave", 0, False)
    assert step(told, "answer")["reason"] == "acknowledged"
    assert [(one["kind"], one["to"]) for one in step(told, "send")["mails"]] == [
        ("acknowledgement", "martha.oyelaran@gmail.example")
    ]


def about_a_follow_up(told: Told) -> None:
    (token,) = step(told, "thread")["tried"]
    assert (token["evidence"], token["ticket"], token["outcome"]) == ("token_in_message_id", 1, "joined")
    assert step(told, "answer")["reason"] == "no_rule_asked"
    assert step(told, "act")["changed"]["last_customer_at"]
    assert step(told, "send")["mails"] == []


def about_a_strangers_claim(told: Told) -> None:
    tried = {one["evidence"]: one["outcome"] for one in step(told, "thread")["tried"]}
    assert tried["subject_number"] == "sender_not_a_party"
    assert tried["reference"] == "no_mail_known_by_this_id"
    assert step(told, "thread")["mentions"] == [1]


def about_a_bounce(told: Told) -> None:
    assert step(told, "rules")["event"] is None
    assert told["rules"] == []
    assert step(told, "answer")["reason"] == "bounce_of_our_mail"


def about_an_autoreply(told: Told) -> None:
    marked = step(told, "guard")["detail"]
    assert marked.startswith("Auto-Submitted: auto-generated")
    assert step(told, "answer") == {
        "step": "answer", "sent": None, "template": "acknowledgement", "reason": "automatic_mail", "detail": marked,
    }  # fmt: skip


def about_a_list(told: Told) -> None:
    assert step(told, "answer")["reason"] == "list_mail"
    assert told["fields"]["priority"]["rule"] == "newsletters and machines can wait"


def about_spam(told: Told) -> None:
    assert told["fields"]["quarantine"]["rule"] == "marked by SpamAssassin"
    assert rule(told, "marked by SpamAssassin")["conditions"][0]["value"] == "YES"
    assert [one["name"] for one in told["rules"]] == ["marked by SpamAssassin"]  # it ends all others
    assert step(told, "rules")["asked"] > 1


def about_a_forward(told: Told) -> None:
    assert any("forward" in line for line in step(told, "read")["trail"])


def about_a_sealed_mail(told: Told) -> None:
    assert any("pgp" in line.lower() or "encrypted" in line for line in step(told, "read")["trail"])


def about_a_conflict(told: Told) -> None:
    assert told["fields"]["priority"] | {"line": 0} == {
        "value": "urgent", "rule": "nothing works for anybody", "file": "rules/10-priority.toml", "line": 0,
        "by": "rule:nothing works for anybody",
    }  # fmt: skip
    (late,) = rule(told, "asked to be urgent")["overruled"]
    assert (late["name"], late["value"], late["first"]) == ("priority", "high", "nothing works for anybody")


@dataclass(frozen=True)
class Golden:
    file: str
    edit: Edit
    verdict: str
    reason: str
    state: str
    thread: str
    ticket: int | None
    told: Callable[[Told], None]
    sender: str = "someone@example.net"


GOLDEN = (
    Golden("gmail-en-top-reply", as_it_is, "accept", "ordinary", "done", "names_no_ticket", 1, about_a_new_ticket),
    Golden("gmail-en-top-reply", answers_us, "accept", "ordinary", "done", "token_in_message_id", 1, about_a_follow_up),
    Golden(
        "gmail-en-mobile", of_a_stranger, "accept", "ordinary", "done", "sender_not_a_party", 2,
        about_a_strangers_claim,
    ),
    Golden(
        "bounce-postfix", returned, "bounce", "bounce_of_our_mail", "done", "token_in_message_id", 1, about_a_bounce, "<>"
    ),
    Golden(
        "autoreply-en-with-header", as_it_is, "quiet", "automatic_mail", "done", "names_no_ticket", 3, about_an_autoreply
    ),
    Golden("list-discussion", as_it_is, "quiet", "list_mail", "done", "names_no_ticket", 4, about_a_list),
    Golden(
        "gmail-en-bottom-reply", marked_as_spam, "quarantine", "rule: spam: marked by the filter in front (X-Spam-Flag)",
        "quarantined", "names_no_ticket", None, about_spam,
    ),
    Golden("forward-gmail-es", as_it_is, "accept", "ordinary", "done", "names_no_ticket", 5, about_a_forward),
    Golden(
        "sealed-pgp-mime-encrypted", as_it_is, "accept", "ordinary", "done", "names_no_ticket", 6, about_a_sealed_mail
    ),
    Golden("header-idn-address", in_a_hurry, "accept", "ordinary", "done", "names_no_ticket", 7, about_a_conflict),
)  # fmt: skip


def decision(told: Told) -> Told:
    """What must be the same before and after: all but the ways in and out, and what only a written row has."""
    steps = [one for one in told["steps"] if one["step"] not in ("receive", "verify", "send", "act")]
    # A file has no peer, so of the evidence only what it comes to is the same.
    steps += [{name: step(told, "verify")[name] for name in ("verified", "standing", "from", "dkim", "dmarc")}]
    act = step(told, "act")
    changed = {name: value for name, value in act["changed"].items() if not name.endswith("_at")}
    kept = ("ticket", "from_addr", "subject", "message_id", "verdict", "state", "reason", "rules", "fields", "differs")
    sent = [(one["kind"], one["to"], one["subject"]) for one in step(told, "send")["mails"]]
    return {**{name: told[name] for name in kept}, "steps": steps, "act": {**act, "changed": changed}, "sent": sent}


def test_a_dry_run_foretells_what_happens(daemon: Daemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def explained(*args: str) -> Told:
        assert run(["-c", str(daemon.config), "explain", *args, "--json"]) == 0
        return dict(json.loads(capsys.readouterr().out))

    ours = b""
    for one in GOLDEN:
        raw = one.edit((CORPUS / f"{one.file}.eml").read_bytes(), ours)
        path = tmp_path / "mail.eml"
        path.write_bytes(raw)
        foretold = explained(str(path), "--from", one.sender, "--to", DESK, "--source", "smtp")
        reply = daemon.send(raw, sender=one.sender.strip("<>"))
        daemon.settled()
        spool_id = reply.rpartition(" ")[2]
        happened = explained(f"spool:{spool_id}")
        assert decision(foretold) == decision(happened), one.file
        for told in (foretold, happened):
            assert (told["verdict"], told["reason"], told["state"]) == (one.verdict, one.reason, one.state), one.file
            assert (step(told, "thread")["reason"], told["ticket"]) == (one.thread, one.ticket), one.file
            assert told["differs"] == []
            one.told(told)
        assert (foretold["dry_run"], happened["dry_run"]) == (True, False)
        ours = ours or parsed(daemon.delivered()[0])["Message-ID"].strip().encode()
    the_first_ticket(daemon)


def the_first_ticket(daemon: Daemon) -> None:
    assert daemon.ask("explain", "--mail", "1") == daemon.ask("explain", "spool:1")
    told = daemon.ask("explain", "1")
    assert [one["verdict"] for one in told["mails"] if one["direction"] == "in"] == ["accept", "accept", "bounce"]
    assert [one["direction"] for one in told["mails"]][:2] == ["in", "out"]
    assert told["fields"]["queue"] | {"line": 0} == {
        "value": "billing", "rule": "money goes to billing", "file": "rules/20-routing.toml", "line": 0,
        "by": "rule:money goes to billing",
    }  # fmt: skip
    assert told["fields"]["assignee"]["by"] == "policy:balance"
    page = daemon.command("explain", "1").stdout
    assert '  queue = billing <- rule "money goes to billing" (rules/20-routing.toml:' in page
    assert "sent: mail 2, acknowledgement to martha.oyelaran@gmail.example: sent " in page


# ---- not a file is touched -----------------------------------------------------------------------------------------


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("started", [False, True], ids=["never started", "stopped"])
def test_a_dry_run_leaves_the_site_as_it_is(tmp_path: Path, started: bool) -> None:
    config = make_site(tmp_path / "site")
    if started:
        with Daemon(config) as daemon:
            daemon.send((CORPUS / "forward-gmail-es.eml").read_bytes())
            daemon.settled()
    before = files(config.parent)
    done = gateway("-c", config, "explain", CORPUS / "gmail-en-top-reply.eml")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"opens #{2 if started else 1}" in done.stdout
    assert files(config.parent) == before
