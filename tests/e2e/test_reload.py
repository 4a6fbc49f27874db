"""Rules, templates and settings are edited while the daemon works: what counts, what is refused, what is said."""

import json
import os
import signal
import smtplib
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.config import load
from gateway.store import Store, open_store, reloads, tables
from gateway.store.reloads import LastLook
from support.daemon import PROGRAM, Daemon
from support.mails import mail
from support.scale import FULL
from support.wait import wait_for
from support.whole_site import make_site

URGENT = """
[[rule]]
name = "lamps first"
when.subject = "lamp"
set.priority = "urgent"
"""


class Admin:
    """Somebody who edits the files of a site that runs, and waits for what comes of it."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.root = daemon.config.parent
        self.rules = self.root / "rules" / "05-test.toml"
        self.cfg = load(daemon.config, secrets=False)  # before anybody breaks it
        wait_for(lambda: reloads.read(self.root / "data"), 10, "the daemon has looked at its files")

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = open_store(self.cfg.database.url, self.cfg.gateway.data_dir)
        try:
            yield store
        finally:
            store.close()

    @property
    def last(self) -> LastLook:
        found = reloads.read(self.root / "data")
        assert found is not None
        return found

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.daemon.lines if line.get("event") == name]

    def live(self, change: Callable[[], object]) -> int:
        """Make a change that is put in force; the id of the new set."""
        before = self.last.rule_set
        change()
        wait_for(lambda: self.last.rule_set != before, 10, f"a newer set than {before}: {self.last}")
        assert self.last.rule_set is not None
        return self.last.rule_set

    def refused(self, change: Callable[[], object]) -> str:
        """Make a change that is refused; every mistake, each on a line."""
        before = self.last
        change()
        wait_for(lambda: self.last.problems and self.last.problems != before.problems, 10, "it is refused")
        assert self.last.rule_set == before.rule_set
        return "\n".join(self.last.problems)

    def mended(self, change: Callable[[], object]) -> None:
        """Make a change after which the files are again what is in force."""
        before = self.last.rule_set
        change()
        wait_for(lambda: not self.last.problems, 10, "nothing is refused any more")
        assert self.last.rule_set == before

    def priority(self, subject: str = "My lamp") -> str:
        """What the rules in force make of a new mail."""
        number = self.opens_ticket(mail(subject=subject))
        with self.store() as store, store.main.read() as conn:
            asked = select(tables.ticket.c.priority).where(tables.ticket.c.number == number)
            return str(conn.execute(asked).scalar_one())

    def opens_ticket(self, raw: bytes, *, to: str = "support@acme.example") -> int:
        """The number of the ticket that a mail opened, when all letters about it are out."""
        before = len(self.events("mail_done"))
        self.daemon.send(raw, to=to)
        wait_for(lambda: len(self.events("mail_done")) > before, 20, "the mail is decided")
        return int(self.events("mail_done")[-1]["ticket"])

    def rcpt(self, address: str) -> int:
        """What the listener answers to a recipient."""
        with smtplib.SMTP("127.0.0.1", self.daemon.port, timeout=30) as client:
            client.ehlo("client.example")
            client.mail("ann@example.net")
            return client.rcpt(address)[0]


@pytest.fixture
def admin(daemon: Daemon) -> Admin:
    return Admin(daemon)


# ---- the files -----------------------------------------------------------------------------------------------------


def test_a_saved_rule_counts_and_is_recorded(admin: Admin) -> None:
    assert admin.priority() == "normal"
    first = admin.last.rule_set
    second = admin.live(lambda: admin.rules.write_text(URGENT))
    assert admin.priority() == "urgent"
    (said,) = admin.events("site_changed")
    assert said["summary"] == "05-test.toml: new"
    assert said["by"]
    admin.live(lambda: admin.rules.write_text(URGENT.replace("urgent", "low") + URGENT.replace("lamps", "lights")))
    history = admin.daemon.ask("rules", "history")
    assert [one["id"] for one in history[:2]] == [first, second]
    assert history[0]["summary"].startswith("first start: ")
    assert history[2]["summary"] == '05-test.toml: +rule "lights first", ~rule "lamps first"'
    with admin.store() as store, store.main.read() as conn:
        named = conn.execute(select(tables.mail.c.rule_set_id).where(tables.mail.c.direction == "in"))
        assert [row.rule_set_id for row in named] == [first, second]
    shown = admin.daemon.ask("rules", "show", "--at", str(second))
    assert shown["rules"]["rules/05-test.toml"] == URGENT
    assert "[gateway]" in shown["config"]
    assert "acknowledgement.txt" in shown["templates"]
    assert URGENT in admin.daemon.command("rules", "show", "--at", str(second)).stdout
    assert "rules/05-test.toml" not in admin.daemon.command("rules", "show", "--at", str(first)).stdout


def test_a_broken_set_is_refused_with_every_mistake_and_the_old_one_stays(admin: Admin) -> None:
    admin.live(lambda: admin.rules.write_text(URGENT))
    broken = URGENT.replace("when.subject", "when.subjcet") + URGENT.replace("set.priority", "set.priorty")
    said = admin.refused(lambda: admin.rules.write_text(broken))
    assert 'rules/05-test.toml:4: rule "lamps first": when.subjcet: no such field, did you mean subject?' in said
    assert "rules/05-test.toml:10:" in said
    assert admin.priority() == "urgent"
    status = admin.daemon.command("status", check=False)
    assert status.returncode == 1
    assert "are refused" in status.stdout
    assert "a newer one was refused" in status.stdout
    admin.mended(lambda: admin.rules.write_text(URGENT))
    assert len(admin.events("site_refused")) == 1
    assert len(admin.events("site_mistake")) == len(said.splitlines())


def test_a_set_that_fails_its_own_tests_is_refused_with_the_failing_example(admin: Admin) -> None:
    failing = URGENT + '\n  [[rule.test]]\n  mail.subject = "A lamp"\n  expect.priority = "low"\n'
    said = admin.refused(lambda: admin.rules.write_text(failing))
    assert said.startswith("rules/05-test.toml:7: ")
    assert "expected low, got urgent" in said
    assert "gateway rules test" in said
    assert admin.priority() == "normal"


def test_a_sample_mail_is_part_of_the_tests(admin: Admin) -> None:
    samples = admin.root / "rules" / "samples"
    samples.mkdir()
    (samples / "lamp.eml").write_bytes(mail(subject="A lamp"))
    sampled = URGENT + '\n  [[rule.test]]\n  file = "samples/lamp.eml"\n  expect.priority = "urgent"\n'
    admin.live(lambda: admin.rules.write_text(sampled))
    said = admin.refused(lambda: (samples / "lamp.eml").write_bytes(mail(subject="A sofa")))
    assert said.startswith("rules/05-test.toml:7: ")
    assert admin.priority() == "urgent"


def test_the_admin_is_told_by_mail_once(admin: Admin) -> None:
    admin.refused(lambda: admin.rules.write_text("[[rule]]\n"))
    wait_for(lambda: admin.events("admin_told"), 15, "the admin is told")
    admin.mended(admin.rules.unlink)
    admin.refused(lambda: admin.rules.write_text("[[rule]]\n"))
    admin.mended(admin.rules.unlink)
    admin.refused(lambda: admin.rules.write_text("[[rules]]\n"))
    wait_for(lambda: len(admin.events("admin_told")) == 2, 15, "the admin is told of the other mistake")
    admin.daemon.settled()
    letters = [one for one in admin.daemon.delivered() if b"are refused" in one]
    assert len(letters) == 2
    assert b"rules/05-test.toml:1" in letters[0]


def test_what_is_only_being_saved_is_not_taken_for_what_was_meant(admin: Admin) -> None:
    """A file that an editor has emptied, half of a file, a folder on its way elsewhere and back."""
    admin.live(lambda: admin.rules.write_text(URGENT))
    before = admin.last.rule_set
    assert "is empty now" in admin.refused(lambda: admin.rules.write_text(""))
    assert admin.priority() == "urgent"
    assert "05-test.toml:4" in admin.refused(lambda: admin.rules.write_text(URGENT[:47]))
    admin.mended(lambda: admin.rules.write_text(URGENT))
    rules = admin.root / "rules"
    assert "the folder has gone" in admin.refused(lambda: rules.rename(admin.root / "elsewhere"))
    assert admin.priority() == "urgent"
    admin.mended(lambda: (admin.root / "elsewhere").rename(rules))
    templates = admin.root / "templates"
    assert "the folder has gone" in admin.refused(lambda: templates.rename(admin.root / "elsewhere"))
    admin.mended(lambda: (admin.root / "elsewhere").rename(templates))
    assert admin.last.rule_set == before
    # The folder that came back is watched again.
    admin.live(lambda: admin.rules.write_text(URGENT.replace("urgent", "low")))
    assert admin.priority() == "low"


def test_whatever_is_saved_the_daemon_lives(admin: Admin, tmp_path: Path) -> None:
    """10,000 rules, 50 MB, no UTF-8, a link to elsewhere, an empty folder: refused with a reason, mail goes on."""
    outside = tmp_path / "outside.toml"
    outside.write_text(URGENT)
    many = "".join(f'[[rule]]\nname = "{number}"\nset.priority = "low"\n' for number in range(10_000))
    cases: list[tuple[str, Callable[[], object]]] = [
        ("expected urgent, got low", lambda: admin.rules.write_text(many)),
        ("is larger than", lambda: admin.rules.write_bytes(b"#" * (50 << 20))),
        ("05-test.toml:2: is not UTF-8", lambda: admin.rules.write_bytes(b"\n# caf\xe9\n")),
        ("link to a file outside", lambda: (admin.rules.unlink(), admin.rules.symlink_to(outside))),
        ("nested too deeply", lambda: (admin.rules.unlink(), admin.rules.write_text("a = " + "[" * 50_000))),
    ]
    for reason, save in cases:
        assert reason in admin.refused(save)
        assert admin.priority() == "normal"
    admin.mended(admin.rules.unlink)
    kept = admin.root / "kept"
    kept.mkdir()

    def empty() -> None:
        for file in (admin.root / "rules").iterdir():
            file.rename(kept / file.name)

    assert "holds no rules" in admin.refused(empty)
    assert admin.priority() == "normal"
    assert admin.events("process_died") == []
    assert admin.events("crashed") == []


def test_a_file_renamed_into_place_counts(admin: Admin) -> None:
    admin.live(lambda: admin.rules.write_text(URGENT))
    fresh = admin.rules.with_suffix(".toml~")

    def save() -> None:
        fresh.write_text(URGENT.replace("urgent", "low"))
        fresh.replace(admin.rules)

    admin.live(save)
    assert admin.priority() == "low"
    assert "-" not in admin.last.summary.replace("05-test", "")


def test_a_list_counts_when_it_is_saved(admin: Admin) -> None:
    lists = admin.root / "rules" / "lists"
    lists.mkdir()
    (lists / "words.txt").write_text("sofa\n")
    listed = URGENT.replace('when.subject = "lamp"', 'when.subject.list = "words"')
    admin.live(lambda: admin.rules.write_text(listed))
    assert admin.priority() == "normal"
    admin.live(lambda: (lists / "words.txt").write_text("sofa\nlamp\n"))
    assert admin.last.summary == "lists/words.txt: +1 values"
    assert admin.priority() == "urgent"


# ---- templates and settings ----------------------------------------------------------------------------------------


def test_a_template_counts_when_it_is_saved_and_a_broken_one_is_refused(admin: Admin) -> None:
    file = admin.root / "templates" / "acknowledgement.txt"
    good = file.read_text()
    admin.live(lambda: file.write_text(f"{good}\nFRESH WORDS\n"))
    assert admin.last.summary == "templates/acknowledgement.txt: changed"
    admin.priority()
    assert "templates/acknowledgement.txt:" in admin.refused(lambda: file.write_text(good + "{{ nothing.there }}"))
    admin.priority()
    admin.daemon.settled()
    acknowledged = [one for one in admin.daemon.delivered() if b"To: ann@example.net" in one]
    assert len(acknowledged) == 2
    assert all(b"FRESH WORDS" in one for one in acknowledged)


def test_settings_count_when_they_are_saved_and_what_needs_a_restart_is_named(admin: Admin) -> None:
    config = admin.daemon.config
    text = config.read_text()
    port = admin.daemon.port
    assert admin.rcpt("sales@acme.example") == 550
    changed = text.replace("[mail.addresses]", '[mail.addresses]\n"sales@acme.example" = "billing"')
    changed = changed.replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"\nmax_size = "10 KB"')
    admin.live(lambda: config.write_text(changed.replace("[limits]", "[limits]\nreaders = 2\nhops = 5")))
    wait_for(lambda: admin.events("settings_taken_up"), 10, "the listener has the new settings")
    assert admin.rcpt("sales@acme.example") == 250
    large = mail(text="x " * 10_000)  # the size was not half applied
    number = admin.opens_ticket(large, to="sales@acme.example")
    assert admin.daemon.ask("show", str(number))["queue"] == "billing"
    with pytest.raises(AssertionError, match="554"):
        admin.daemon.send(b"Received: by x\r\n" * 6 + mail(), to="sales@acme.example")
    assert admin.last.needs_restart == ["[[smtp]]", "limits.readers"]
    assert [one["settings"] for one in admin.events("needs_restart")] == [["[[smtp]]", "limits.readers"]]
    assert admin.daemon.ask("rules", "reload")["needs_restart"] == ["[[smtp]]", "limits.readers"]
    assert "needs a restart: [[smtp]]" in admin.daemon.command("status", check=False).stdout


def test_a_broken_config_is_refused(admin: Admin) -> None:
    config = admin.daemon.config
    text = config.read_text()
    said = admin.refused(lambda: config.write_text(text.replace("reopen_for", "reopen_far")))
    assert "mail.reopen_far" in said
    assert said.startswith("config.toml:")
    admin.refused(lambda: config.rename(admin.root / "gone.toml"))
    admin.mended(lambda: (config.write_text(text), (admin.root / "gone.toml").unlink()))
    assert admin.priority() == "normal"


# ---- asked to ------------------------------------------------------------------------------------------------------


def test_rules_reload_waits_for_the_outcome(admin: Admin) -> None:
    """Asked right after the save, it answers for what was saved, whoever saw it first."""
    for round_ in range(2):
        admin.rules.write_text(URGENT.replace("urgent", ("low", "high")[round_ % 2]))
        done = admin.daemon.command("rules", "reload")
        assert done.stdout.startswith(f"set {admin.last.rule_set} is in force: 05-test.toml: ")
        admin.rules.write_text(f"[[rule]]\nname = 'n{round_}'\nset.queue = 'nowhere'\n\n[[rule]]\nname = 'empty'\n")
        done = admin.daemon.command("rules", "reload", check=False)
        assert done.returncode == 78
        assert "nowhere" in done.stderr
        assert 'rule "empty": does nothing' in done.stderr
        assert f"set {admin.last.rule_set} stays in force" in done.stderr
    answer = json.loads(admin.daemon.command("rules", "reload", "--json", check=False).stdout)
    assert answer["ok"] is False
    assert len(answer["problems"]) == 2


def test_rules_reload_never_gives_an_older_answer(admin: Admin) -> None:
    """The worker is held up until the question has reached it: the last answer would be at hand all the while."""
    worker = children(admin.daemon.pid)[0]
    os.kill(worker, signal.SIGSTOP)
    admin.rules.write_text(URGENT)
    asking = subprocess.Popen([*PROGRAM, "-c", str(admin.daemon.config), "rules", "reload"], stdout=subprocess.PIPE)
    try:
        wait_for(lambda: is_pending(worker, signal.SIGHUP) or asking.poll() is not None, 30, "the worker is asked")
    finally:
        os.kill(worker, signal.SIGCONT)
    said, _ = asking.communicate(timeout=30)
    assert b"05-test.toml: new" in said


def children(pid: int) -> list[int]:
    """In the order they were started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_pending(pid: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    (pending,) = [line.split()[1] for line in status.splitlines() if line.startswith("ShdPnd:")]
    return bool(int(pending, 16) >> (number - 1) & 1)


def test_sighup_makes_it_look(admin: Admin) -> None:
    began = admin.last.began
    os.kill(admin.daemon.pid, signal.SIGHUP)
    wait_for(lambda: admin.last.began > began, 10, "it has looked again")
    assert admin.last.problems == []
    # A terminal that goes away tells the whole group.
    began = admin.last.began
    os.killpg(admin.daemon.pid, signal.SIGHUP)
    wait_for(lambda: admin.last.began > began, 10, "it has looked again")
    assert admin.priority() == "normal"
    assert admin.events("process_died") == []


def test_reload_without_a_daemon_says_so(tmp_path: Path) -> None:
    done = Daemon(make_site(tmp_path / "site")).command("rules", "reload", check=False)
    assert done.returncode == 75
    assert "no gateway runs" in done.stderr


def test_processes_started_anew_go_on_with_what_was_in_force(admin: Admin) -> None:
    """What the supervisor holds is what it began with; what is on the disk is broken; the record has the good one."""
    config = admin.daemon.config
    text = config.read_text()
    admin.live(lambda: admin.rules.write_text(URGENT))
    admin.live(
        lambda: config.write_text(
            text.replace("[mail.addresses]", '[mail.addresses]\n"sales@acme.example" = "support"')
        )
    )
    admin.refused(lambda: admin.rules.write_text("[[rule]]"))
    admin.refused(lambda: config.write_text("nonsense"))
    for pid in children(admin.daemon.pid):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: len(admin.events("ready")) == 4, 30, "both were started anew")
    wait_for(lambda: admin.events("settings_taken_up"), 10, "the new intake has the new settings")
    del admin.daemon.lines[: admin.daemon.lines.index(admin.events("listening")[-1])]
    assert admin.rcpt("sales@acme.example") == 250
    assert admin.priority() == "urgent"


# ---- under load ----------------------------------------------------------------------------------------------------

ROUNDS, MAILS = (50 if FULL else 12), 20
PAIR = """
[[rule]]
name = "left"
set.fields.left = "{n}"

[[rule]]
name = "right"
set.fields.right = "{n}"

  [[rule.test]]
  mail.subject = "any"
  expect.fields.left = "{n}"
  expect.fields.right = "{n}"
"""


def broken(n: int) -> str:
    """Another way each time: no TOML, no such field, a test that fails, half a file, an empty one."""
    pair = PAIR.format(n=n)
    return (
        pair.replace("[[rule]]", "[[rule]", 1),
        pair.replace("fields.right", "fields.wrong"),
        pair.replace(f'set.fields.right = "{n}"', 'set.fields.right = "0"'),
        pair[: pair.index("right = ")],
        "",
    )[n % 5]


def send(daemon: Daemon, first: int) -> None:
    for number in range(first, first + MAILS):
        daemon.send(mail(subject=f"number {number}"), sender=f"ann{number}@example.net")


@pytest.mark.timeout(300)
def test_under_load_every_mail_is_decided_by_one_whole_good_set(tmp_path: Path, database_url: str) -> None:
    """Mails while the rules change again and again; each good set sets two fields alike, so that a mix would show."""
    url = "sqlite:///data/gateway.db" if database_url.startswith("sqlite") else database_url
    config = make_site(tmp_path / "site", database=url, more="[fields.left]\n[fields.right]\n")
    (config.parent / "rules" / "05-test.toml").write_text(PAIR.format(n=1_000))
    with Daemon(config) as daemon:
        admin = Admin(daemon)
        good: dict[int, str] = {}
        for round_ in range(ROUNDS):
            sending = threading.Thread(target=send, args=(daemon, round_ * MAILS))
            sending.start()
            if round_ % 2:
                admin.refused(partial(admin.rules.write_text, broken(round_)))
            else:
                text = PAIR.format(n=round_)
                good[admin.live(partial(admin.rules.write_text, text))] = text
            sending.join(60)
            # So that no set has come and gone before the worker saw it.
            wait_for(lambda: len(admin.events("mail_done")) >= (round_ + 1) * MAILS, 60)  # noqa: B023
        with admin.store() as store, store.main.read() as conn:
            joined = select(tables.mail.c.rule_set_id, tables.ticket.c.fields).where(
                tables.mail.c.ticket == tables.ticket.c.number, tables.mail.c.direction == "in"
            )
            decided = conn.execute(joined).all()
            recorded = {row.id: row.text for row in conn.execute(select(tables.rule_set))}
    assert len(decided) == ROUNDS * MAILS
    assert {json.loads(recorded[one])["files"]["rules/05-test.toml"] for one in good} == set(good.values())
    for row in decided:
        assert row.fields["left"] == row.fields["right"]
        in_force = json.loads(recorded[row.rule_set_id])["files"]["rules/05-test.toml"]
        assert in_force == PAIR.format(n=row.fields["left"])
    assert {row.rule_set_id for row in decided} >= set(good)
