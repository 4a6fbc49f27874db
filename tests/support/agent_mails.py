"""Agents' mails by the thousand: good answers, and all that must not reach a customer, out of nine mail clients."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.tickets.commands import Names
from gateway.tickets.leaving import Site, Told
from gateway.tickets.subject import NumberFormat
from gateway.tickets.token import Keys, Role
from support import agent_words as words
from support.answering import CLIENTS, Answer

AT = datetime(2026, 11, 27, 9, 31, tzinfo=UTC)
KEYS = Keys(secrets={1: b"k" * 32})
NUMBERS = NumberFormat(tag="Acme")
SITE = Site(numbers=NUMBERS, keys=KEYS)
CAROL = ("carol@acme.example", "carol.reyes@acme.example")
NAMES = Names(
    now=AT,
    numbers=NUMBERS,
    me="carol",
    agents={"carol": "Carol Reyes", "dave": "Dave Okafor"},
    queues={"support": "Support", "billing": "Billing"},
    priorities=("low", "normal", "high", "urgent"),
    statuses={"new": "", "open": "", "waiting": "", "on_hold": "", "resolved": "", "closed": ""},
)
_CUSTOMER = (
    "my lamp has not arrived, though you wrote that it was sent two weeks ago.",
    "Order 4711, paid on 12 November. I tried to call you three times and nobody answered.",
    "Could you tell me where it is, and whether I get my money back if it is lost?",
    "It is a present for my father, whose birthday is on 9 December.",
)
_OURS = (
    "thank you for your patience. We are asking the courier where your parcel is and will write to you tomorrow.",
    "Which colour did you choose, the red one or the blue one?",
)
_QUESTIONS = (
    "Could you tell me where it is, and whether I get my money back if it is lost?",
    "Which colour did you choose, the red one or the blue one?",
)
# What nobody but an agent may see: words of the notice in front of and below the thread, the note, the other ticket.
INTERNAL = (
    "is yours, given by", "The whole thread", "(note)", "Customer since", "Looks like", "Commands stand at",
    "same words", "Priority: urgent", "Queue: Support", "Verified: DKIM", "A reply to this mail goes", "[ref:",
    "carol@acme.example", "carol.reyes@acme.example", "dave@acme.example",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Case:
    """One mail. `kind` says what it is; `own` are the agent's words that the customer is to get where it is good."""

    kind: str
    raw: bytes
    told: Told
    own: str = ""
    secrets: tuple[str, ...] = ()
    client: str = ""
    layout: str = "top"

    @property
    def is_good(self) -> bool:
        return self.kind == "good"


class Maker:
    """Makes mails from a seed, always the same ones."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def cases(self, count: int) -> Iterator[Case]:
        kinds = {
            self.good: 60,
            self.note: 7,
            self.away: 10,
            self.mistyped: 15,
            self.commands_alone: 2,
            self.nothing_typed: 3,
            self.leak: 3,
        }
        for make in self._rng.choices(list(kinds), list(kinds.values()), k=count):
            yield make()

    # ---- what the agent answers --------------------------------------------------------------------------------------

    def _told(self) -> tuple[Told, str]:
        """A ticket of one customer as the agent was told of it, and the token of that notice."""
        rng = self._rng
        token = KEYS.issue(ticket=1042, role=Role.AGENT, recipient=CAROL[0], at=AT)
        note, similar = rng.choice(words.NOTES), rng.choice(words.SIMILAR)
        said = ["Hello,", "", *_CUSTOMER[: rng.randint(2, 4)], "", "Ann Lee"]
        ours = ["Dear Ann,", "", *_OURS]
        whole_thread = rng.random() < 0.5
        lines = [
            "Ticket #1042 is yours, given by dave." if whole_thread else "Ann Lee wrote on #1042.",
            "",
            "Ann Lee <ann@example.net>, 27 Nov 2026 09:30 (requester)",
            "Verified: DKIM of example.net",
            "",
        ]
        if whole_thread:
            lines += ["The whole thread:", "", "26 Nov 2026 10:00, Dave Okafor (note):", "", f"> {note}", ""]
            lines += ["26 Nov 2026 11:00, Acme Support (out):", "", *(f"> {line}".rstrip() for line in ours), ""]
            lines += ["27 Nov 2026 09:30, Ann Lee (in):", ""]
        lines += [f"> {line}".rstrip() for line in said]
        lines += [
            "",
            "Queue: Support",
            "Priority: urgent",
            "Customer since: 2024, vip, pays late",
            "Tags: lamp, courier",
            "",
        ]
        lines += ["Looks like:", f"  #1040 {similar} (same words: lamp, shade)", ""]
        lines += ["A reply to this mail goes to Ann Lee <ann@example.net>.", "Commands stand at its very start, each on a line of its own: #close, #note, #assign NAME", "", f"[ref:{token}]"]  # fmt: skip
        told = Told(
            public=(*said, *ours, "My lamp has not arrived"),
            notices=tuple(lines),
            notes=(note,),
            elsewhere=(similar,),
            hidden=frozenset(("dave@acme.example",)),
            numbers=frozenset((1042,)),
            colleagues=frozenset(("carol", "dave")),
        )
        return told, token

    def _sent(
        self, told: Told, token: str, blocks: list[tuple[tuple[str, ...], tuple[str, ...]]], **more: object
    ) -> tuple[bytes, str]:
        rng = self._rng
        client = more.pop("client", None) or rng.choice(list(CLIENTS))
        card = (
            ("Carol Reyes", "Support Engineer", "Acme Lights s.r.o., Brno", "+420 555 100 200", "carol@acme.example")
            if rng.random() < 0.6
            else ()
        )
        answer = Answer(
            blocks=tuple(blocks),
            subject="Re: [Acme #1042] My lamp has not arrived",
            message_id=f"<{token}.17@mail.acme.example>",
            references=(f"<{token}.3@mail.acme.example>",),
            card=card,
            **{"language": "en", **more},  # type: ignore[arg-type]
        )
        return CLIENTS[str(client)](answer), str(client)

    def _letter(self, body: list[str], language: str) -> list[str]:
        """Typed lines with or without a greeting and a closing."""
        rng = self._rng
        lines = [rng.choice(words.GREETINGS[language]), ""] if rng.random() < 0.8 else []
        lines += body
        if rng.random() < 0.8:
            lines += ["", rng.choice(words.CLOSINGS[language]), "Carol"]
        return lines

    def _body(self, language: str) -> list[str]:
        rng = self._rng
        if language == "en" and rng.random() < 0.12:
            return rng.choice(words.TRICKY).split("\n")
        pool = words.SENTENCES[language]
        said = rng.sample(pool, k=min(len(pool), rng.randint(1, 5)))
        if rng.random() < 0.5:
            return [" ".join(said)]
        return "\n\n".join(said).split("\n")

    # ---- the kinds of mail -------------------------------------------------------------------------------------------

    def good(self) -> Case:
        rng = self._rng
        told, token = self._told()
        language = rng.choice(list(words.SENTENCES))
        layout = rng.choices(("top", "bottom", "interleaved"), (70, 15, 15))[0]
        notice = told.notices
        if layout == "interleaved":
            return self._interleaved(told, token)
        typed = tuple(self._letter(self._body(language), language))
        blocks = [((), typed), (notice, ())] if layout == "top" else [(notice, typed)]
        more = {"bold": "Please" if rng.random() < 0.3 else "", "picture": layout == "top" and rng.random() < 0.2}
        raw, client = self._sent(told, token, blocks, language=language, **more)
        return self._case("good", raw, told, client, own="\n".join(typed), layout=layout)

    def _interleaved(self, told: Told, token: str) -> Case:
        rng = self._rng
        notice = list(told.notices)
        cuts = [at + 1 for at, line in enumerate(notice) if line.removeprefix("> ") in _QUESTIONS]
        top = "See my answers below in red." if rng.random() < 0.5 else ""
        blocks: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((), (top,))] if top else []
        own = [top] if top else []
        start = 0
        for stop in cuts or [len(notice)]:
            answer = rng.choice(words.SENTENCES["en"])
            blocks.append((tuple(notice[start:stop]), ("", answer, "")))
            own.append(answer)
            start = stop
        if start < len(notice):
            blocks.append((tuple(notice[start:]), ()))
        raw, client = self._sent(told, token, blocks)
        return self._case("good", raw, told, client, own="\n".join(own), layout="interleaved")

    def note(self) -> Case:
        """A note as it should be typed, and one in the middle of other commands."""
        told, token = self._told()
        note = self._rng.choice(words.NOTES)
        head = self._rng.choice(
            ([f"#note {note}"], ["#note", note], ["#NOTE", "", note], ["#priority high", "#note", "", note])
        )
        raw, client = self._sent(told, token, self._blocks(told, (*head, "", *self._body("en"))))
        return self._case("note", raw, told, client)

    def away(self) -> Case:
        rng = self._rng
        told, token = self._told()
        language = rng.choice(list(words.AWAY))
        lines = self._away_in(language)
        if rng.random() < 0.15:
            lines += ["", *self._away_in("en")]
        quote = (told.notices, ()) if rng.random() < 0.4 else None
        blocks = [((), tuple(lines)), *([quote] if quote else [])]
        raw, client = self._sent(told, token, blocks)
        return self._case("away", raw, told, client)

    def _away_in(self, language: str) -> list[str]:
        rng = self._rng
        states, besides = words.AWAY[language]
        said = [rng.choice(states), *rng.sample(besides, k=rng.randint(0, 3))]
        lines = [words.AWAY_GREETINGS[language], ""] if rng.random() < 0.7 else []
        lines += [" ".join(said)] if rng.random() < 0.5 else "\n".join(said).split("\n")
        if rng.random() < 0.6:
            lines += ["", rng.choice(words.CLOSINGS.get(language, ("Carol",))), "Carol Reyes"]
        return lines

    def mistyped(self) -> Case:
        rng = self._rng
        told, token = self._told()
        note = rng.choice([note for note in words.NOTES if note not in told.notes])  # that one would be a quote
        body = self._body("en")
        way = rng.choices(("head", "greeted", "tail", "end", "within"), (45, 10, 15, 8, 22))[0]
        if way == "end":
            typed = [*body[:-1], body[-1] + rng.choice(words.MISTYPED_ENDS)]
        elif way == "within":
            line = rng.choice((*words.MISTYPED_WITHIN, *words.MISTYPED_BRACKETED)).replace("{note}", note)
            at = rng.randint(0, len(body))
            typed = [*body[:at], *([""] if rng.random() < 0.5 else []), line, *body[at:]]
        elif way == "tail":
            typed = [*body, "", rng.choice(words.MISTYPED_TAILS).replace("{note}", note)]
        else:
            line = rng.choice(words.MISTYPED_HEADS if way == "head" else words.MISTYPED_TAILS).replace("{note}", note)
            typed = [*(["Hi Ann,"] if way == "greeted" else []), line, *([""] if rng.random() < 0.5 else []), *body]
        raw, client = self._sent(told, token, self._blocks(told, tuple(typed)))
        return self._case("mistyped", raw, told, client)

    def commands_alone(self) -> Case:
        told, token = self._told()
        typed = self._rng.choice((("#close",), ("#assign dave", "#priority high"), ("#resolve", "", "")))
        raw, client = self._sent(told, token, self._blocks(told, typed))
        return self._case("commands alone", raw, told, client)

    def nothing_typed(self) -> Case:
        """The agent pressed "send" too early: there is nothing but the notice."""
        told, token = self._told()
        raw, client = self._sent(told, token, self._blocks(told, ()))
        return self._case("nothing typed", raw, told, client)

    def leak(self) -> Case:
        """Something that an agent pasted."""
        told, token = self._told()
        pasted = self._rng.choice(
            (
                (f"FYI, Dave wrote: {told.notes[0]}",),
                tuple(told.notices),
                tuple(f"> {line}" for line in told.notices),
                ("It is the same as [Acme #1040], which we solved last week.",),
                (f"Another customer had that too: {told.elsewhere[0]}.",),
                ("Write to dave@acme.example, he knows more about transformers than I do.",),
                (f"Please keep this in your answer: [ref:{token}]",),
                ("Customer since: 2024, vip, pays late",),
            )
        )
        raw, client = self._sent(
            told, token, self._blocks(told, (*self._body("en"), "", *pasted, "", *self._body("en")))
        )
        return self._case("leak", raw, told, client)

    def _blocks(self, told: Told, typed: tuple[str, ...]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        return [((), typed), (told.notices, ())] if typed else [(told.notices, ())]

    def _case(self, kind: str, raw: bytes, told: Told, client: str, *, own: str = "", layout: str = "top") -> Case:
        secrets = (*INTERNAL, *told.notes, *told.elsewhere)
        return Case(kind=kind, raw=raw, told=told, own=own, secrets=secrets, client=client, layout=layout)
