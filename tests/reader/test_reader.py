"""Readers: mails in order, and whatever one mail does to its reader stays with that mail."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import Temporary
from gateway.mail import Mail, mail_from_json, mail_to_json, read
from gateway.reader import ReaderDied, Readers, frames, nursery
from gateway.reader.children import Reader
from support.wait import wait_for

CHECKOUT = Path(__file__).parents[2]
Make = Callable[..., Readers]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Readers that obey the header `X-Gateway-Poison`; stopped at the end."""
    monkeypatch.setenv("GATEWAY_TEST", "1")
    made: list[Readers] = []

    def readers(**options: float) -> Readers:
        made.append(Readers(**options))  # type: ignore[arg-type]
        made[-1].start()
        return made[-1]

    yield readers
    for one in made:
        one.stop()


def mail(number: int = 0, *, poison: str = "", text: str = "hello") -> bytes:
    extra = f"X-Gateway-Poison: {poison}\n" if poison else ""
    return f"From: ann@example.net\n{extra}Subject: mail {number}\n\n{text}".encode()


def subjects(answers: list[Mail | ReaderDied]) -> list[str]:
    return [answer.reason if isinstance(answer, ReaderDied) else answer.subject for answer in answers]


def is_gone(pid: int) -> bool:
    """No such process, or only its record until somebody asks for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def is_hung(pid: int) -> bool:
    """True once the reader has taken the poison that hangs it."""
    return Path(f"/proc/{pid}/comm").read_text() == "hung\n"


def test_a_reader_says_what_read_says(make: Make) -> None:
    assert make().read(mail()) == read(mail())


def test_answers_stand_in_the_order_of_the_mails(make: Make) -> None:
    assert subjects(make(count=2).read_many([mail(number) for number in range(200)])) == [
        f"mail {number}" for number in range(200)
    ]


def test_nothing_to_read(make: Make) -> None:
    assert make().read_many([]) == []


DEATHS = [
    ("segfault", "was killed by signal 11 (SIGSEGV)"),
    ("exit", "exited with status 3"),
    ("memory", "needed more than 400 MiB of memory"),
    ("hang", "took more than 0.5 s"),
]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(("poison", "reason"), DEATHS)
def test_one_poison_among_a_hundred(make: Make, poison: str, reason: str, count: int) -> None:
    readers = make(count=count, timeout=0.5 if poison == "hang" else 10, memory=400 * 1024 * 1024)
    mails = [mail(number) for number in range(100)]
    mails[37] = mail(37, poison=poison)
    answers = subjects(readers.read_many(mails))
    assert answers.pop(37) == reason
    assert answers == [f"mail {number}" for number in range(100) if number != 37]
    assert subjects(readers.read_many([mail(1)])) == ["mail 1"]


def test_poisons_side_by_side(make: Make) -> None:
    answers = make(count=2).read_many([mail(number, poison="exit" if number % 3 else "") for number in range(30)])
    assert [isinstance(answer, ReaderDied) for answer in answers] == [bool(number % 3) for number in range(30)]


def test_a_single_read_raises(make: Make) -> None:
    with pytest.raises(ReaderDied, match="the reader of this mail exited with status 3"):
        make().read(mail(poison="exit"))


def test_poison_is_only_a_header_outside_tests(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEWAY_TEST")
    assert make().read(mail(7, poison="exit")).subject == "mail 7"


def test_a_reader_killed_while_idle_costs_no_mail(make: Make) -> None:
    readers = make()
    for number in range(5):
        os.kill(readers.pids[0], signal.SIGKILL)
        wait_for(lambda pid=readers.pids[0]: is_gone(pid))
        assert readers.read(mail(number)).subject == f"mail {number}"


def test_a_reader_killed_while_reading_costs_that_mail(make: Make) -> None:
    readers = make()
    before = readers.pids[0]
    answers: list[Mail | ReaderDied] = []
    reading = threading.Thread(
        target=lambda: answers.extend(readers.read_many([mail(0), mail(1, poison="hang"), mail(2)]))
    )
    reading.start()
    wait_for(lambda: is_hung(before))
    os.kill(before, signal.SIGKILL)
    reading.join(10)
    assert subjects(answers) == ["mail 0", "was killed by signal 9 (SIGKILL)", "mail 2"]


def nursery_of(readers: Readers) -> int:
    return int(Path(f"/proc/{readers.pids[0]}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_nursery_killed_while_idle_costs_no_mail(make: Make) -> None:
    readers = make()
    nursery = nursery_of(readers)
    os.kill(nursery, signal.SIGKILL)
    wait_for(lambda: is_gone(nursery))
    assert subjects(readers.read_many([mail(number) for number in range(50)])) == [f"mail {n}" for n in range(50)]


def test_a_nursery_killed_while_its_readers_work_costs_no_mail(make: Make) -> None:
    readers = make(count=2, recycle=100_000)
    answers: list[Mail | ReaderDied] = []
    mails = [mail(number) for number in range(3_000)]
    reading = threading.Thread(target=lambda: answers.extend(readers.read_many(mails)))
    nursery = nursery_of(readers)
    reading.start()
    os.kill(nursery, signal.SIGKILL)
    reading.join(60)
    assert subjects(answers) == [f"mail {number}" for number in range(3_000)]
    assert nursery_of(readers) != nursery


def test_readers_are_replaced_after_a_while(make: Make) -> None:
    readers = make(recycle=10)
    before = readers.pids[0]
    assert len(readers.read_many([mail(number) for number in range(9)])) == 9
    assert readers.pids[0] == before
    assert subjects(readers.read_many([mail(number) for number in range(25)])) == [f"mail {n}" for n in range(25)]
    assert readers.pids[0] != before
    assert is_gone(before)


@pytest.mark.timeout(60)
def test_big_mails_both_ways_do_not_block_each_other(make: Make) -> None:
    """Far more than a pipe holds, in both directions at once."""
    mails = [mail(number, text="words and more words\n" * 50_000) for number in range(30)]
    answers = make(count=2).read_many(mails)
    assert subjects(answers) == [f"mail {number}" for number in range(30)]


def test_signals_for_the_daemon_are_not_for_its_readers(make: Make) -> None:
    readers = make()
    before = readers.pids[0]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(before, number)
    assert readers.read(mail(1)).subject == "mail 1"
    assert readers.pids[0] == before


def test_from_several_threads(make: Make) -> None:
    readers = make(count=2)
    answers: dict[int, str] = {}

    def work(number: int) -> None:
        answers[number] = readers.read(mail(number)).subject

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == {number: f"mail {number}" for number in range(20)}


def test_stopped_readers_start_again(make: Make) -> None:
    readers = make()
    before = readers.pids
    readers.stop()
    assert all(is_gone(pid) for pid in before)
    assert readers.read(mail(1)).subject == "mail 1"


SCRIPT = """
import sys, threading
from gateway.reader import Readers
print("main", flush=True)
readers = Readers(count=2, timeout=600)
readers.start()
print(*readers.pids, flush=True)
readers.read_many([b"Subject: a\\nX-Gateway-Poison: hang\\n\\n"])
"""


def test_readers_end_with_a_daemon_that_was_killed_and_do_not_run_its_main(tmp_path: Path) -> None:
    """A script without a guard: run again in a reader, it would start readers of readers."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "GATEWAY_TEST": "1", "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == "main\n"
        pids = [int(pid) for pid in daemon.stdout.readline().split()]
        assert len(pids) == 2
        wait_for(lambda: any(is_hung(pid) for pid in pids))
        daemon.kill()
        assert daemon.stdout.read() == ""
    for pid in pids:
        wait_for(lambda pid=pid: is_gone(pid))


def test_readers_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Temporary, match="nursery ended"):
        Readers().start()


@pytest.mark.parametrize(
    "answer",
    [
        frames.HEAD.pack(2, 7) + b"[]",
        frames.HEAD.pack(2, 8) + b"{}",
        frames.HEAD.pack(2**32 - 1, 7),
        frames.HEAD.pack(20, 7) + b'{"subject":"\\ud800"}',
        b"\xff" * 64,
    ],
)
def test_an_answer_that_is_no_mail(answer: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = Reader(1, ours)
        reader.give(7, b"x")
        theirs.sendall(answer)
        answers, problem = reader.take()
        assert answers == []
        assert problem.startswith("answered what is no mail")


def test_an_answer_in_pieces() -> None:
    ours, theirs = socket.socketpair()
    data = mail_to_json(read(mail(1)))
    with ours, theirs:
        reader = Reader(1, ours)
        reader.give(1, b"x")
        reader.give(2, b"y")
        stream = b"".join([*frames.frame(1, data), *frames.frame(2, data)])
        found = []
        for byte in stream:
            theirs.sendall(bytes([byte]))
            answers, problem = reader.take()
            assert problem == ""
            found += answers
        assert [number for number, _ in found] == [1, 2]
        assert not reader.begun


@pytest.mark.parametrize("text", ["\x01", "\x85", "\ud800", "\x7f"])
def test_what_the_daemon_would_not_take_is_sent_as_plain_text(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    raw = mail(text="words")
    monkeypatch.setattr(nursery, "read", lambda raw: replace(read(raw), subject=text))
    found = mail_from_json(nursery.answer_to(raw))
    assert found.defects[0].startswith("unparsed:")
    assert "words" in found.text
    assert [item.name for item in found.attachments] == ["message.eml"]


def test_what_the_daemon_takes_is_sent_as_it_is() -> None:
    assert nursery.answer_to(mail()) == mail_to_json(read(mail()))
