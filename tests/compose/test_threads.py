"""One thread a ticket, for customers and for agents, by the grouping rules of four mail programs."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.compose import letters, notices, progress, replies
from gateway.compose.render import Templates
from gateway.compose.values import Desk, Letter, Shown, Stamp
from gateway.mail import Address, Mail
from gateway.tickets.token import Keys, Role
from support.fuzz import examples
from support.mail_clients import CLIENTS, Seen, outlook_topic

TEMPLATES = Templates.load(Path(__file__).parents[2] / "templates")
AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
KEYS = Keys(secrets={1: b"k" * 32})
ANN = Address(addr="ann@example.net", name="Ann")
CAROL = Address(addr="carol@acme.example", name="Carol Reyes")
PREFIXES = {"gmail": "Re: ", "outlook": "AW: ", "thunderbird": "Re: ", "apple": "Odp: "}
DESKS = {
    queue: Desk(
        queue=queue, title=queue, sender=Address(addr=f"{queue}@acme.example"), automatic_from="", tag="Acme",
        language=language,
    )
    for queue, language in (("support", "en"), ("billing", "cs"))
}  # fmt: skip


def seen(data: bytes) -> Seen:
    head = BytesHeaderParser(policy=policy.default).parsebytes(data)
    return Seen(
        message_id=head["Message-ID"],
        subject=head["Subject"],
        references=tuple((head["References"] or "").split()),
        in_reply_to=head["In-Reply-To"] or "",
    )


@dataclass
class Life:
    """A ticket whose customer writes from one client; every mail of it, as customer and agent have them."""

    number: int
    subject: str
    client: str
    customer: list[Seen] = field(default_factory=list)  # the mailbox, sent mail included
    agent: list[Seen] = field(default_factory=list)
    queue: str = "support"
    title: str = ""
    count: int = 0

    def stamp(self, to: Address, role: Role) -> Stamp:
        self.count += 1
        token = KEYS.issue(ticket=self.number, role=role, recipient=to.key, at=AT)
        return Stamp(
            message_id=f"<{token}.{self.count}@mail.acme.example>", at=AT, token=token,
            anchor=f"<ticket.{self.number}@mail.acme.example>",
        )  # fmt: skip

    @property
    def shown(self) -> Shown:
        return Shown(number=str(self.number), tag=f"[Acme #{self.number}]", title=self.title or self.subject)

    @property
    def last_of_customer(self) -> str:
        return next((one.message_id for one in reversed(self.customer) if "@example.net" in one.message_id), "")

    def got(self, letter: Letter) -> None:
        assert letter.fallback == ""
        (self.agent if letter.recipient is CAROL else self.customer).append(seen(letter.data))

    def writes(self, *, first: bool = False) -> None:
        """The customer: a new mail, or an answer to the newest mail, as the client makes it."""
        self.count += 1
        own = f"<{self.number}.{self.count}@example.net>"
        if first:
            self.customer.append(Seen(message_id=own, subject=self.subject))
        elif self.customer:
            self.customer.append(answer(self.customer[-1], own, self.client))

    def acknowledged(self, language: str) -> None:
        mail = Mail(subject=self.subject, message_id=self.last_of_customer)
        self.got(
            letters.acknowledgement(
                TEMPLATES, DESKS[self.queue], mail=mail, recipient=ANN, ticket=self.shown,
                stamp=self.stamp(ANN, Role.REQUESTER), language=language,
            )
        )  # fmt: skip

    def replied(self, language: str) -> None:
        self.got(
            replies.reply(
                TEMPLATES, DESKS[self.queue], ticket=self.shown, subject=self.subject, recipient=ANN,
                stamp=self.stamp(ANN, Role.REQUESTER), text="Yes.", language=language,
                in_reply_to=self.last_of_customer, references=[one for one in [self.last_of_customer] if one],
            )
        )  # fmt: skip

    def told(self, kind: str, language: str) -> None:
        self.got(
            progress.news(
                TEMPLATES, DESKS[self.queue], kind=kind, ticket=self.shown, subject=self.subject, recipient=ANN,
                stamp=self.stamp(ANN, Role.REQUESTER), news=progress.News(step="moved"), language=language,
            )
        )  # fmt: skip

    def noticed(self, kind: str, language: str) -> None:
        about = notices.Notice(ticket=self.shown, subject=self.subject, text="Hello")
        self.got(
            notices.notice(
                TEMPLATES, DESKS[self.queue], kind=kind, about=about, recipient=CAROL,
                stamp=self.stamp(CAROL, Role.AGENT), notice_max=0, language=language,
            )
        )  # fmt: skip

    def agent_answers(self) -> None:
        if self.agent:
            self.count += 1
            self.agent.append(answer(self.agent[-1], f"<{self.number}.{self.count}@acme.example>", self.client))


def answer(to: Seen, own: str, client: str) -> Seen:
    """A reply as the client makes it: its prefix before the bare subject, the parent's references and id (RFC 5322)."""
    return Seen(
        message_id=own,
        subject=PREFIXES[client] + outlook_topic(to.subject),
        references=(*to.references, to.message_id),
        in_reply_to=to.message_id,
    )


EVENTS = [
    "writes", "replied", "agent_answers", "moved", "titled",
    "progress", "resolved", "closed", "closed_for_silence", "reopened", "delayed", "rating", "known_problem",
    "notice_new", "notice_assigned", "notice_answered", "notice_taken", "notice_mentioned", "notice_called", "notice_due",
    "notice_overdue", "notice_undelivered", "notice_held", "transcript",
]  # fmt: skip
subjects = st.sampled_from(
    ["Where is my lamp?", "Re: AW: lamp", "", "Fwd: [Acme #7] old", "[list] lamp: broken", "Лампа не горит",
     "Re: [Acme #1] x", "I: x", "lamp " * 60, "[x", "  a   b ", "Übergabe – 日本語 👩‍👩‍👧"]
) | st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn")), max_size=80)  # fmt: skip


def live(life: Life, events: list[str], language: str, *, by_phone: bool) -> Life:
    if not by_phone:
        life.writes(first=True)
        life.acknowledged(language)
    for event in events:
        if event == "moved":
            life.queue = "billing"
        elif event == "titled":
            life.title = "Something else now"
        elif event == "replied":
            life.replied(language)
        elif event == "writes":
            life.writes()
        elif event == "agent_answers":
            life.agent_answers()
        elif event.startswith("notice") or event == "transcript":
            life.noticed(event, language)
        else:
            life.told(event, language)
    return life


@pytest.mark.parametrize("client", CLIENTS)
@given(
    subject=subjects, events=st.lists(st.sampled_from(EVENTS), max_size=12),
    language=st.sampled_from(["en", "ru", "cs"]), by_phone=st.booleans(),
)  # fmt: skip
@settings(max_examples=examples(15), deadline=None)
def test_a_ticket_is_one_thread_to_its_customer_and_one_to_an_agent(client, subject, events, language, by_phone):
    life = live(Life(1042, subject, client), events, language, by_phone=by_phone)
    # What they wrote first has no number in its subject, and may have had none at all.
    mails = life.customer[1:] if client in ("outlook", "gmail") and not by_phone else life.customer
    assert set(CLIENTS[client](mails)) <= {0}, [one.subject for one in mails]
    assert set(CLIENTS[client](life.agent)) <= {0}, [one.subject for one in life.agent]


@pytest.mark.parametrize(
    "subject", ["Where is my lamp?", "Re: AW: lamp", "[list] lamp: broken", "Лампа не горит", "Fwd: [Acme #7] old"]
)
def test_gmail_shows_our_letters_with_what_the_customer_wrote_first(subject):
    life = live(Life(1042, subject, "gmail"), ["replied", "writes", "closed"], "en", by_phone=False)
    assert CLIENTS["gmail"](life.customer) == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("client", CLIENTS)
@given(events=st.lists(st.sampled_from(EVENTS), min_size=2, max_size=8), language=st.sampled_from(["en", "ru"]))
@settings(max_examples=examples(8), deadline=None)
def test_two_tickets_of_one_subject_are_two_threads(client, events, language):
    one, two = (live(Life(number, "Question", client), events, language, by_phone=True) for number in (1042, 1043))
    for mailbox in ("customer", "agent"):
        first, second = getattr(one, mailbox), getattr(two, mailbox)
        mixed = [mail for pair in zip(first, second, strict=True) for mail in pair]
        groups = CLIENTS[client](mixed)
        assert not set(groups[::2]) & set(groups[1::2])


@pytest.mark.parametrize("client", CLIENTS)
def test_a_long_life_is_one_thread_however_many_references_were_cut(client):
    life = live(Life(1042, "Lamp", client), ["writes", "replied", "notice_answered", "agent_answers"] * 40, "en", by_phone=False)  # fmt: skip
    assert len(life.customer) > 80
    assert set(CLIENTS[client](life.customer[1:])) == {0}
    assert set(CLIENTS[client](life.agent)) == {0}
    assert max(len(one.references) for one in life.customer if "acme" in one.message_id) <= 20


@pytest.mark.parametrize(
    ("client", "one", "two", "together"),
    [
        ("gmail", "[Acme #1] lamp", "Re: lamp", True),
        ("gmail", "lamp", "lamp is broken", False),
        ("outlook", "[Acme #1] lamp", "AW: [Acme #1] lamp", True),
        ("outlook", "[Acme #1] lamp", "lamp", False),
        ("thunderbird", "lamp", "something else", True),
        ("apple", "lamp", "something else", True),
    ],
)
def test_the_rules_of_the_clients_are_strict_enough_to_fail(client, one, two, together):
    mails = [Seen(message_id="<1@x>", subject=one), Seen(message_id="<2@x>", subject=two, references=("<1@x>",))]
    assert (CLIENTS[client](mails) == [0, 0]) is together
    strangers = [Seen(message_id="<1@x>", subject=one), Seen(message_id="<2@x>", subject=two)]
    if client != "outlook":
        assert len(set(CLIENTS[client](strangers))) == 2 or two.startswith("Re")
