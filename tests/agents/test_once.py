"""What must happen once happens once: whatever dies between two commits, and however many nodes do the same."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from threading import Barrier

import pytest
from sqlalchemy import func, select

from gateway.config import load
from gateway.mail import read
from gateway.now import now
from gateway.pipeline import Outcome, Read, process
from gateway.site import load_site
from gateway.store import Store, spool, tables
from gateway.telling.teller import tell_all
from support.agent_desk import text_of, unproved
from support.busy_office import BusyOffice

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
DAVE = "Dave <dave@acme.example>"


@pytest.fixture
def office(busy: BusyOffice) -> BusyOffice:
    busy.post(ANN, "It burns.")
    return busy


def waits(
    office: BusyOffice, sender: str, text: str, answers: EmailMessage, cc: str = ""
) -> Callable[[], list[Outcome]]:
    """A mail that was claimed and whose spool row is never closed: what is called does it once more."""
    office.send = lambda mail: found.append(mail)  # type: ignore[method-assign]
    found: list[EmailMessage] = []
    office.post(sender, text, answers=answers, cc=cc)
    del office.send
    envelope = spool.Envelope(mail_from="carol@acme.example", recipients=("support@acme.example",))
    arrived = spool.NewMail(raw=bytes(found[0]), envelope=envelope, source="smtp", received_at=now())
    spool.insert_batch(office.desk.store, [arrived])
    (claimed,) = spool.claim(office.desk.store, node="node", limit=1, now=now())
    raw = spool.raw_of(office.desk.store, claimed)
    mail = read(raw)
    assert office.desk.auth is not None
    one = Read(claimed, raw, mail, office.desk.auth(mail))
    return lambda: process(office.desk.store, office.site, office._matcher, [one])


def everything(office: BusyOffice) -> dict[str, int]:
    """How many rows there are of whatever a mail leaves behind."""
    with office.desk.store.main.read() as conn:
        return {
            table.name: int(conn.execute(select(func.count()).select_from(table)).scalar_one())
            for table in (*tables.main_db.sorted_tables,)
        }


ENDS = {
    "it acts": ("#resolve\n#time 10m\n\nPull the plug.", "", "done"),
    "its text is a note": ("#note\nShe is brave.", "", "done"),
    "it asks a third party": ("#forward sue@supplier.example\n\nA spare one?", "", "done"),
    "it is held": ("#clsoe\n\nPull the plug.", "", "held"),
    "it cannot be done": ("#merge 77\n\nPull the plug.", "", "held"),
    "it was answered by hand": ("Pull the plug.", ANN, "done"),
    "it opens a ticket": ("#new\n#for bob@example.org\n\nHe has no light.", "", "done"),
}  # fmt: skip


@pytest.mark.parametrize("what", ENDS)
def test_a_mail_that_is_taken_up_again_after_a_crash_acts_once(office: BusyOffice, what: str) -> None:
    """The ticket was written, the spool row was not closed: the next start does it again."""
    text, copied, state = ENDS[what]
    again = waits(office, CAROL, text, office.last("carol@acme.example"), copied)
    (first,) = again()
    written = everything(office)
    (second,) = again()
    assert (first.state, second.state) == (state, state), (first, second)
    assert everything(office) == written
    office.tell()
    told = everything(office)
    again()
    office.tell()
    assert everything(office) == told


def test_two_workers_with_the_same_mail_do_it_once(office: BusyOffice) -> None:
    """A lease that ran out while its node was only slow: both go on."""
    again = waits(office, CAROL, "#time 10m\n\nPull the plug.", office.last("carol@acme.example"))
    start = Barrier(2)

    def work() -> list[Outcome]:
        start.wait()
        return again()

    with ThreadPoolExecutor(2) as pool:
        ends = [one.result() for one in [pool.submit(work), pool.submit(work)]]
    assert [one.state for (one,) in ends] == ["done", "done"]
    assert office.ticket(1)["time_spent"] == 10
    assert len(office.mails("ann@example.net", "reply")) == 1


def test_two_tellers_tell_once(office: BusyOffice, another_store: Callable[..., Store]) -> None:
    office.tell = lambda: None  # type: ignore[method-assign]
    for count in range(8):
        office.post(f"P{count} <p{count}@example.net>", "It burns.", subject=f"Lamp {count}")
    stores = [office.desk.store, another_store("node2")]
    site = load_site(load(office.desk.config))
    start = Barrier(2)

    def tell(store: Store) -> None:
        start.wait()
        while tell_all(store, site):
            pass

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(tell, store) for store in stores]:
            done.result()
    for agent in ("carol@acme.example", "dave@acme.example"):
        told = [one.ticket for one in office.letters() if one.to == agent]
        assert sorted(told) == list(range(1, 10))


def test_what_a_held_mail_waits_for_is_said_once(office: BusyOffice) -> None:
    """`#send` and `#drop`, each taken up again after a crash; the later word finds nothing that waits."""
    notice = office.last("carol@acme.example")
    proved, office.desk.auth = office.desk.auth, unproved
    office.post(CAROL, "Pull the plug.", answers=notice)
    office.desk.auth = proved
    question = office.last("carol@acme.example")
    send = waits(office, CAROL, "#send", question)
    send()
    send()
    office.work()
    assert len(office.mails("ann@example.net", "reply")) == 1
    drop = waits(office, CAROL, "#drop", question)
    drop()
    drop()
    office.work()
    assert len(office.mails("ann@example.net", "reply")) == 1
    assert "it is too late for that: your mail was carried out" in text_of(office.last("carol@acme.example"))
