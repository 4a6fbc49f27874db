"""Whose mail acts: each cell of the matrix goes the whole way, and is judged by what tickets and people's mailboxes say.

What is allowed stands in `is_theirs`, `is_proved` and `answers_our_notice`, in words, and is not asked of the program.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from gateway.mail import Mail
from gateway.now import now
from gateway.tickets.auth_result import AuthResult, Dmarc, Result
from gateway.tickets.token import Keys, Role
from support.busy_office import BusyOffice
from support.fuzz import examples

OURS = {"carol@acme.example", "dave@acme.example"}
STRANGERS_KEYS = Keys(secrets={1: b"x" * 32})

WHO = {  # what stands in From, and what a check of it may find there: an address, or why none may be believed
    "carol": (["Carol <carol@acme.example>"], "carol@acme.example"),
    "dave": (["Dave <dave@acme.example>"], "dave@acme.example"),
    "mallory": (["Mallory <mallory@evil.example>"], "mallory@evil.example"),
    "mallory, named carol's address": (['"carol@acme.example" <mallory@evil.example>'], "mallory@evil.example"),
    "carol and mallory": (["carol@acme.example, mallory@evil.example"], ""),
    "carol, and mallory in a second From": (["carol@acme.example", "mallory@evil.example"], ""),
    "almost carol": (["carol@acme.example.evil.example"], "carol@acme.example.evil.example"),
}
BY = ("dkim", "")
DMARC = (Result.NONE, Result.PASS, Result.FAIL, Result.TEMPERROR)
TOKEN = (
    "none", "carol's", "dave's", "carol's of half a year ago", "carol's of another ticket",
    "carol's of two tickets", "the customer's", "forged",
)  # fmt: skip
PLACE = ("text", "quote", "attachment", "attached mail", "subject")


@dataclass(frozen=True, slots=True)
class Cell:
    who: str
    by: str
    dmarc: Result
    token: str
    automatic: bool
    place: str  # where the command stands; the text is an answer to the customer in any case


# ---- what is allowed, in words ---------------------------------------------------------------------------------------


def is_theirs(cell: Cell) -> bool:
    """A: From is one address, an agent's, in one header."""
    return cell.who in ("carol", "dave")


def is_proved(cell: Cell) -> bool:
    """B: a source that we trust says so, and the domain's own policy does not say otherwise."""
    return cell.by == "dkim" and cell.dmarc is not Result.FAIL


def answers_our_notice(cell: Cell) -> bool:
    """C: it answers a letter that we wrote to that very agent about that ticket, not too long ago."""
    return cell.token == {"carol": "carol's", "dave": "dave's"}.get(cell.who)


def acts(cell: Cell) -> bool:
    return is_theirs(cell) and is_proved(cell) and answers_our_notice(cell) and not cell.automatic


def commands(cell: Cell) -> bool:
    """What is quoted, attached or in the subject is no command."""
    return acts(cell) and cell.place == "text"


def acts_elsewhere(cell: Cell) -> bool:
    """It answers a notice, of the other ticket: what it says is about that one."""
    of_other = cell.who == "carol" and cell.token == "carol's of another ticket"
    return of_other and is_proved(cell) and not cell.automatic


def opens(cell: Cell) -> bool:
    """An agent who is proved, and names no ticket, writes as anybody does: a new ticket, in their own name."""
    nameless = cell.token in ("none", "forged") and cell.place != "text"
    return is_theirs(cell) and is_proved(cell) and nameless and not cell.automatic


# ---- cells -----------------------------------------------------------------------------------------------------------


def everything() -> list[Cell]:
    return [Cell(*one) for one in itertools.product(WHO, BY, DMARC, TOKEN, (False, True), PLACE)]


def chosen() -> list[Cell]:
    """All that act, all that miss by one thing, and some of the others; `make fuzz` takes all."""
    cells = everything()
    if examples(1) > 1:
        return cells
    allowed = [cell for cell in cells if acts(cell)]
    near = [cell for cell in cells if any(differs(cell, one) == 1 for one in allowed) and cell not in allowed]
    far = [cell for cell in cells if cell not in allowed and cell not in near]
    pick = random.Random(5)
    return [*allowed, *pick.sample(near, 110), *pick.sample(far, 70)]


def differs(one: Cell, other: Cell) -> int:
    names = ("who", "by", "dmarc", "token", "automatic", "place")
    return sum(getattr(one, name) != getattr(other, name) for name in names)


@dataclass
class Scene:
    """Two tickets of two customers, and the agents' notices of them."""

    office: BusyOffice
    first: int
    second: int
    used: int = 0

    def mail(self, cell: Cell, count: int) -> EmailMessage:
        answer, command = f"Turn the lamp upside down, says word{count}.", f"#title Command{count}"
        mail = EmailMessage()
        headers, _ = WHO[cell.who]
        mail["From"], mail["To"] = headers[0], "support@acme.example"
        mail["Date"], mail["Message-ID"] = format_datetime(now()), f"<cell{count}@mail.example>"
        mail["Subject"] = "Re: Lamp" + (f" {command}" if cell.place == "subject" else "")
        if ids := list(self.tokens(cell, count)):
            mail["In-Reply-To"], mail["References"] = ids[-1], " ".join(ids)
        if cell.automatic:
            mail["Auto-Submitted"] = "auto-replied"
        quoted = command if cell.place == "quote" else "It is dark here."
        quote = f"On Fri, 27 Nov 2026 at 10:00, Acme Support <support@acme.example> wrote:\n> {quoted}\n"
        mail.set_content(f"{command}\n\n{answer}\n" if cell.place == "text" else f"{answer}\n\n{quote}")
        if cell.place == "attachment":
            mail.add_attachment(command.encode(), maintype="text", subtype="plain", filename="todo.txt")
        if cell.place == "attached mail":
            inner = EmailMessage()
            inner["From"], inner["Subject"] = "carol@acme.example", command
            inner.set_content(f"{command}\n")
            mail.add_attachment(inner)
        return mail

    def tokens(self, cell: Cell, count: int) -> Iterator[str]:
        """The ids of letters of ours that the mail names."""
        at = now()

        def named(ticket: int, whom: str, role: Role = Role.AGENT, *, age: int = 0, keys: Keys | None = None) -> str:
            keys = keys or self.office.site.keys
            token = keys.issue(ticket=ticket, role=role, recipient=whom, at=at - timedelta(days=age))
            return f"<{token}.{count}@acme.example>"

        carol, dave = "carol@acme.example", "dave@acme.example"
        match cell.token:
            case "carol's":
                yield self.notice(self.first, carol)
            case "dave's":
                yield self.notice(self.first, dave)
            case "carol's of half a year ago":
                yield named(self.first, carol, age=200)
            case "carol's of another ticket":
                yield self.notice(self.second, carol)
            case "carol's of two tickets":
                yield named(self.second, carol)
                yield named(self.first, carol)
            case "the customer's":
                yield named(self.first, f"ann{self.first}@example.net", Role.REQUESTER)
            case "forged":
                yield named(self.first, carol, keys=STRANGERS_KEYS)

    def notice(self, number: int, agent: str) -> str:
        """The id of the letter by which that agent heard of the ticket first."""
        letters = self.office.letters()
        told = [one for one in letters if (one.ticket, one.to, one.kind) == (number, agent, "notice_new")]
        assert told, (number, agent, [(one.to, one.kind) for one in letters if one.ticket == number])
        return str(told[0].mail["Message-ID"])


def scene(office: BusyOffice) -> Scene:
    numbers = []
    for _ in range(2):
        number = len(office.rows()) + 1
        office.post(f"Ann <ann{number}@example.net>", "It is dark here.", subject="Lamp")
        assert number in office.rows()
        numbers.append(number)
    return Scene(office, *numbers)


def found(cell: Cell, mail: Mail) -> AuthResult:
    _, address = WHO[cell.who]
    return AuthResult(
        from_addr=address,
        from_problem="" if address else "several addresses",
        by=cell.by,
        proofs=(cell.by,) if cell.by else (),
        dmarc=Dmarc(result=cell.dmarc, domain="acme.example", policy="none"),
        temporary=cell.dmarc is Result.TEMPERROR and not cell.by,
    )


def raw_of(cell: Cell, mail: EmailMessage) -> bytes:
    headers, _ = WHO[cell.who]
    return b"".join(f"From: {one}\n".encode() for one in headers[1:]) + mail.as_bytes()


def wrong(cell: Cell, count: int, here: Scene) -> Iterator[str]:
    """Everything that this cell did and may not, or may and did not."""
    office, answer, title = here.office, f"word{count}", f"Command{count}"
    before, tickets, newest = office.tables(), office.rows(), office.newest()
    with office.believing(lambda mail: found(cell, mail)):
        outcomes = office.deliver(
            raw_of(cell, here.mail(cell, count)), mail_from="x@y.example", received_at=now() - timedelta(minutes=20)
        )
    after, letters = office.rows(), office.letters(newest)
    target = here.first if acts(cell) else here.second if acts_elsewhere(cell) else None

    if len(outcomes) != 1 or outcomes[0].state is None:
        yield f"it ended {len(outcomes)} times: {outcomes}"
    renamed = {number for number, row in after.items() if row["title"] == title}
    if renamed != ({target} if target and cell.place == "text" else set()):
        yield f"the command was done on {renamed}"
    # What is attached as a whole mail never leaves: then the text waits with it, and the agent is told.
    reached = {one.to for one in letters if one.to not in OURS and answer in one.words}
    leaves = target is not None and cell.place != "attached mail"
    if reached != ({f"ann{target}@example.net"} if leaves else set()):
        yield f"the answer reached {reached}"
    own = WHO[cell.who][1]
    for one in letters:
        if one.to not in OURS | reached and not (one.to == own and one.kind == "acknowledgement"):
            yield f"{one.to} got {one.kind}"
    if leaves:
        said = [(direction, author) for direction, author, text in office.articles(target or 0) if answer in text]
        if said != [("out", f"agent:{cell.who}")]:
            yield f"the ticket says {said}"
        return
    if is_theirs(cell):
        same = {number: after[number] for number in tickets} == tickets and len(after) - len(tickets) == opens(cell)
        if not same or (not opens(cell) and office.tables() != before):
            yield "tickets changed"
        return
    for number, row in tickets.items():  # a stranger's mail is a customer's at most
        for name in ("queue", "title", "priority", "assignee", "requester_id", "description", "tags"):
            if after[number][name] != row[name]:
                yield f"{name} of {number} changed"
        if after[number]["status"] not in (row["status"], "open"):
            yield f"{number} is {after[number]['status']}"
        if any(role == "watcher" for role in office.people(number).values()):
            yield f"somebody gets copies of {number}"
    kinds = {direction for number in after for direction, _, text in office.articles(number) if answer in text}
    if not kinds <= {"in"}:
        yield f"it stands there as {kinds}"


def test_exactly_the_allowed_cells_act(busy: BusyOffice, database_url: str) -> None:
    cells = chosen()
    assert 20 <= sum(map(acts, cells)) <= 40
    if not database_url.startswith("sqlite"):
        cells = [*filter(acts, cells), *random.Random(6).sample(cells, 12)][::2]
    failed: list[str] = []
    scenes: dict[str, Scene] = {}  # one for each, for what another agent answers is something newer
    for count, cell in enumerate(cells):
        here = scenes.get(cell.who)
        if here is None or here.used >= 40:
            here = scenes[cell.who] = scene(busy)
        here.used += 1
        failed += [f"{cell}: {what}" for what in wrong(cell, count, here)]
    assert not failed, "\n".join(failed[:40])
