"""Tickets that live through anything, in any order: nobody is written to who does not take part, no note ever leaves.

What is expected is kept by this test itself, as people would: who was let in by whom, and who was not.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from gateway.mail import Mail
from gateway.store import fsck, tables
from gateway.tickets.auth_result import AuthResult
from support.busy_office import BusyOffice, Letter
from support.fuzz import examples
from support.reports import report_on

AGENTS = {"carol": "carol@acme.example", "dave": "dave@acme.example"}
TO_AGENTS = ("transcript", "digest")  # beside the notices
ENDS = {"done", "held", "ignored", "quarantined"}


def nobody(mail: Mail) -> AuthResult:
    return AuthResult(from_addr=mail.from_.addr) if mail.from_ else AuthResult(from_problem="none")


@dataclass
class Case:
    """One ticket, and who may hear of it: `readers` get what customers get, `asked` only what they are asked."""

    number: int
    requester: str
    readers: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)


@dataclass
class Life:
    """An office, its tickets so far, and everything that must never be found in a letter to an outsider."""

    office: BusyOffice
    pick: random.Random
    name: str
    cases: list[Case] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seen: int = 0
    told: list[str] = field(default_factory=list)  # what was done, for who reads a failure

    def word(self, of: str) -> str:
        return f"{of}{self.pick.getrandbits(40):x}"

    def address(self) -> str:
        return f"{self.word('p')}@{self.name}.example"

    def case(self) -> Case:
        return self.pick.choice(self.cases)

    # ---- what may happen -------------------------------------------------------------------------------------------

    def opens(self) -> None:
        requester, copied = self.address(), self.address()
        self.office.post(requester, f"My {self.word('lamp')} is dark.", subject=self.word("Lamp"), cc=copied)
        self.cases.append(Case(max(self.office.rows()), requester, {requester, copied}))

    def answers(self) -> None:
        """A customer answers any letter of ours to them, and adds a Cc, being proved or not."""
        case = self.case()
        proved, extra = self.pick.random() < 0.5, self.address()
        writer = self.pick.choice(sorted(case.readers))
        letters = [one for one in self.office.letters() if one.to == writer and one.ticket == case.number]
        if not letters:
            return
        with self.office.believing(self.office.desk.auth if proved else nobody):  # type: ignore[arg-type]
            self.office.post(writer, f"More: {self.word('x')}", answers=self.pick.choice(letters).mail, cc=extra)
        if proved and writer == case.requester:
            case.readers.add(extra)

    def intrudes(self) -> None:
        """Somebody answers a letter that was never theirs, in their own name or in another's."""
        case, mallory = self.case(), self.address()
        letters = [one for one in self.office.letters() if one.ticket == case.number]
        named = self.pick.choice([mallory, mallory, case.requester, *AGENTS.values()])
        text = self.pick.choice(["#resolve", f"#cc +{mallory}", f"#requester {mallory}", "What was said?"])
        auth = self.office.desk.auth if named == mallory else nobody
        with self.office.believing(auth):  # type: ignore[arg-type]
            self.office.post(
                named, text, answers=self.pick.choice(letters).mail, cc=mallory, more={"Reply-To": mallory}
            )

    def bounces(self) -> None:
        """A report on any letter of ours, true or made up; automatic mail of a machine of theirs."""
        one = self.pick.choice(self.office.letters())
        whom = self.pick.choice([one.to, self.address(), *AGENTS.values()])
        data = one.data if self.pick.random() < 0.6 else one.data.replace(b"Message-ID: <", b"Message-ID: <z")
        self.office.deliver(report_on(data, whom, message_id=f"<{self.word('b')}@mx.example>"), mail_from="")

    def away(self) -> None:
        """Somebody's program says that they are away, with or without saying that it is one."""
        one = self.pick.choice(self.office.letters())
        more = {"Auto-Submitted": "auto-replied"} if self.pick.random() < 0.5 else {}
        self.office.post(one.to, "I am out of the office until Monday.", answers=one.mail, quote=False, more=more)

    # ---- what agents do --------------------------------------------------------------------------------------------

    def says(self, text: str, *, on: Case | None = None, kind: str = "") -> Case | None:
        """An agent answers one of their letters about the ticket."""
        case, agent = on or self.case(), self.pick.choice(sorted(AGENTS.values()))
        letters = [one for one in self.office.letters() if one.to == agent and one.ticket == case.number]
        letters = [one for one in letters if one.kind.startswith(kind)]
        if not letters:
            return None
        state = len(self.office.states())
        self.office.post(agent, text, answers=self.pick.choice(letters[-4:]).mail, quote=self.pick.random() < 0.5)
        return case if self.office.states()[state][0] == "done" else None

    def replies(self) -> None:
        self.says(f"It is {self.word('y')} of course.")

    def notes_it(self) -> None:
        secret = self.word("secret")
        self.notes.append(secret)
        form = self.pick.choice(
            ["#note\n{}", "#note {}", "#ntoe {}", "#NOTE\n{}", "#note\n#wait\n\n{}", "#сlose\n#note {}"]
        )
        self.says(form.format(f"She is {secret} you know."))

    def annotates_a_letter(self) -> None:
        """What answers a letter that is no part of the conversation is a note."""
        secret = self.word("secret")
        self.notes.append(secret)
        self.says(f"Only for us: {secret}.", kind="transcript")

    def copies(self) -> None:
        newcomer = self.address()
        if case := self.says(f"#cc +{newcomer}"):
            case.readers.add(newcomer)

    def uncopies(self) -> None:
        case = self.case()
        gone = self.pick.choice(sorted(case.readers))
        if gone != case.requester and self.says(f"#cc -{gone}", on=case):
            case.readers.discard(gone)

    def hands_over(self) -> None:
        newcomer = self.address()
        if case := self.says(f"#requester {newcomer}"):
            case.readers.discard(case.requester)
            case.readers.add(newcomer)
            case.requester = newcomer

    def asks(self) -> None:
        supplier = self.address()
        if case := self.says(f"#forward {supplier}\n\nHave you {self.word('z')}?"):
            case.asked.add(supplier)

    def supplier_answers(self) -> None:
        asked = [one for one in self.office.letters() if one.kind == "question" and one.ticket == self.case().number]
        if asked:
            one, secret = self.pick.choice(asked), self.word("secret")
            self.notes.append(secret)
            self.office.post(one.to, f"We have {secret}.", answers=one.mail, cc=self.address())

    def works(self) -> None:
        line = self.pick.choice(
            ["#assign dave", "#assign carol", "#assign nobody", "#resolve", "#close", "#open", "#queue billing", "#wait",
             "#queue support", "#hold", "#priority high", "#undo", "#send", "#drop", "#clsoe", "#cancel", "#split"]
        )  # fmt: skip
        before = set(self.office.rows())
        case = self.says(line)
        for number in sorted(set(self.office.rows()) - before):  # split off
            assert case is not None
            self.cases.append(Case(number, case.requester, {case.requester}))

    def merges(self) -> None:
        """Refused but for a lead, and between different requesters; then nothing changes."""
        self.says(f"#merge {self.case().number}")

    # ---- what must hold --------------------------------------------------------------------------------------------

    def check(self) -> None:
        letters = self.office.letters(self.seen)
        for one in letters:
            self.one(one)
        self.seen = max([self.seen, *(one.id for one in letters)])

    def one(self, letter: Letter) -> None:
        where = f"{letter.kind} on #{letter.ticket} to {letter.to}, after {self.told[-4:]}"
        heads = [each.addr_spec.lower() for name in ("To", "Cc", "Bcc") for value in letter.mail.get_all(name, ())
                 for each in value.addresses]  # fmt: skip
        assert letter.mail["Bcc"] is None, where
        assert heads == [letter.to] if letter.kind != "reply" else letter.to in heads, where
        if letter.kind.startswith("notice_") or letter.kind in TO_AGENTS:
            assert letter.to in AGENTS.values(), where
            return
        assert letter.to not in AGENTS.values(), where
        held = [secret for secret in self.notes if secret in letter.words]
        assert not held, (where, held)
        if letter.ticket is None:
            return
        case = next((one for one in self.cases if one.number == letter.ticket), None)
        if letter.kind == "acknowledgement" and case is None:
            return  # a ticket of the intruder's own
        assert case is not None, where
        allowed = case.asked if letter.kind == "question" else case.readers
        assert letter.to in allowed, where
        assert set(heads) <= allowed, where  # nor does anybody read of one who does not take part


EVENTS: list[tuple[int, Callable[[Life], None]]] = [
    (2, Life.opens), (4, Life.answers), (4, Life.intrudes), (2, Life.bounces), (2, Life.away), (5, Life.replies),
    (3, Life.notes_it), (2, Life.annotates_a_letter), (2, Life.copies), (1, Life.uncopies), (2, Life.hands_over),
    (2, Life.asks), (2, Life.supplier_answers), (5, Life.works), (1, Life.merges),
]  # fmt: skip


def ends_once(office: BusyOffice) -> None:
    """Every mail is in one of the states that are ends, and has one row that says how it came there."""
    with office.desk.store.spool.read() as conn:
        spool = {row.id: row.state for row in conn.execute(select(tables.spool.c.id, tables.spool.c.state))}
    with office.desk.store.main.read() as conn:
        rows = list(conn.execute(select(tables.mail.c.spool_id).where(tables.mail.c.direction == "in")).scalars())
    assert set(spool.values()) <= ENDS, spool
    assert len(rows) == len(set(rows))
    assert set(rows) == {one for one, state in spool.items() if state != "quarantined"}
    assert fsck.check(office.desk.store) == []


@pytest.mark.parametrize("seed", range(examples(6)))
def test_nobody_hears_what_is_not_theirs(busy: BusyOffice, seed: int, database_url: str) -> None:
    life = Life(busy, random.Random(seed), name=f"life{seed}")
    life.opens()
    life.check()
    weights, events = [weight for weight, _ in EVENTS], [event for _, event in EVENTS]
    for event in life.pick.choices(events, weights, k=40 if database_url.startswith("sqlite") else 6):
        life.told.append(event.__name__)
        event(life)
        life.check()
    ends_once(busy)
