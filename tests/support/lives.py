"""Made-up lives of tickets: what customers, colleagues, relays and chance make of a conversation by mail.

Each step of a life is one mail and the truth about it: does it belong to the life's ticket, or must it not join it?
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from support.mails import body_of, mail, parsed

SUBJECTS = (
    "Lamp",
    "Invoice",
    "Order not here",
    "Where is my parcel",
    "Rechnung",
    "Счёт за октябрь",
    "Password",
    "请问",
)
DESK = "support@acme.example"


@dataclass
class Step:
    """One mail; `joins` says whether it belongs to the ticket of its life."""

    life: "Life"
    raw: bytes
    sender: str
    joins: bool


@dataclass
class Life:
    """One conversation. `letters` are our mails as they reached the customer's side."""

    number: int
    rng: random.Random
    steps_left: int = 0
    ticket: int | None = None
    tag: str = ""
    letters: list[bytes] = field(default_factory=list)
    seen: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # (id, its references) of customers' mails
    count: int = 0

    def __post_init__(self) -> None:
        self.steps_left = self.rng.randint(2, 9)
        self.owner = f"owner{self.number}@cust{self.number % 97}.example"
        self.cced = [f"cc{self.number}.{n}@cust{self.number % 97}.example" for n in range(self.rng.randint(0, 2))]
        self.colleague = f"colleague{self.number}@cust{self.number % 97}.example"
        self.stranger = f"stranger{self.number}@elsewhere.example"
        self.rewriting = self.rng.random() < 0.1  # a relay on their side gives our mails new ids
        self.subject = f"{self.rng.choice(SUBJECTS)} {self.number % 50}"

    def _id(self) -> str:
        self.count += 1
        return f"<life{self.number}.{self.count}.{self.rng.getrandbits(40):x}@cust{self.number % 97}.example>"

    def first(self) -> Step:
        message_id = self._id()
        self.seen.append((message_id, ()))
        return self._step(self.owner, self.subject, "Please help.", message_id, None, (), joins=True)

    def steps(self) -> Iterator[Step]:
        """The next mails (a stranger's besides its own now and then), as long as it lasts."""
        if self.steps_left <= 0:
            return
        self.steps_left -= 1
        yield self._next()
        if self.rng.random() < 0.05:
            yield self._strange()

    def _next(self) -> Step:
        kind = self.rng.choices(("letter", "own", "cc", "number", "forwarded", "after_lost"), (50, 15, 15, 5, 7, 8))[0]
        if kind == "cc" and not self.cced:
            kind = "own"
        if kind == "letter" or (kind == "forwarded" and not self.letters):
            return self._answer(self.owner) if self.letters else self._on_own(self.owner)
        if kind == "own":
            return self._on_own(self.owner)
        if kind == "cc":
            return self._on_own(self.rng.choice(self.cced))
        if kind == "number":
            return self._step(self.owner, f"{self.tag} once more", "New thought.", self._id(), None, (), joins=True)
        if kind == "forwarded":
            return self._answer(self.colleague, always_quotes=True)
        return self._after_lost()

    def _answer(self, sender: str, *, always_quotes: bool = False) -> Step:
        """An answer to one of our letters, by whoever has it."""
        letter = self.rng.choice(self.letters[-3:])
        read = parsed(letter)
        ours = read["Message-ID"].strip()
        theirs = f"<{abs(hash(ours)):x}@rewriting.relay.example>" if self.rewriting else ours
        chain = tuple((read["References"] or "").split())
        quote = "".join(f"> {line}\n" for line in body_of(letter).splitlines())
        said = f"answer {self.rng.getrandbits(30)}"
        how = "top" if always_quotes else self.rng.choices(("top", "bottom", "none"), (70, 20, 10))[0]
        text = {
            "top": f"{said}\n\nOn Friday Acme Support wrote:\n{quote}",
            "bottom": f"{quote}\n{said}\n",
            "none": said,
        }[how]
        changed = self.rng.random() < 0.08
        subject = f"Something else {self.number}" if changed else f"Re: {read['Subject']}"
        message_id = self._id()
        self.seen.append((message_id, (*chain, theirs)))
        return self._step(sender, subject, text, message_id, theirs, chain, joins=True)

    def _on_own(self, sender: str) -> Step:
        """A further mail on one of the customers' own."""
        parent, chain = self.rng.choice(self.seen[-3:])
        message_id = self._id()
        self.seen.append((message_id, (*chain, parent)))
        return self._step(sender, f"Re: {self.subject}", "One more thing.", message_id, parent, chain, joins=True)

    def _after_lost(self) -> Step:
        """Somebody answers a mail that never reached us; its ancestors did."""
        parent, chain = self.rng.choice(self.seen[-3:])
        lost = self._id()
        message_id = self._id()
        self.seen.append((message_id, (*chain, parent, lost)))
        sender = self.rng.choice([self.owner, *self.cced])
        return self._step(sender, f"Re: {self.subject}", "As I wrote.", message_id, lost, (*chain, parent), joins=True)

    def _strange(self) -> Step:
        """A stranger who knows the number or an id, and nothing else."""
        if self.rng.random() < 0.5:
            return self._step(self.stranger, f"Re: {self.tag} x", "Show me.", self._id(), None, (), joins=False)
        parent = self.seen[0][0]
        return self._step(self.stranger, "Re: hello", "Show me.", self._id(), parent, (), joins=False)

    def _step(
        self,
        sender: str,
        subject: str,
        text: str,
        message_id: str,
        parent: str | None,
        chain: tuple[str, ...],
        *,
        joins: bool,
    ) -> Step:
        headers = [f"Cc: {', '.join(self.cced)}"] if self.cced and joins else []
        if parent:
            headers += [f"In-Reply-To: {parent}", "References: " + "\r\n ".join((*chain, parent))]
        raw = mail(
            sender=f"Somebody <{sender}>",
            to=DESK,
            subject=subject,
            text=text,
            message_id=message_id,
            headers=tuple(headers),
        )
        return Step(life=self, raw=raw, sender=sender, joins=joins)
