"""Letters that keep a customer informed: how their request stands, what was done and when, what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from gateway.compose import dates, letters, rating
from gateway.compose.phrases import phrase
from gateway.compose.render import Templates
from gateway.compose.values import Auto, Desk, Letter, Shown, Stamp
from gateway.mail.value import Address
from gateway.tickets.subject import base_subject

# Which progress a `progress` letter tells of.
STEPS = ("assigned", "started", "waiting", "moved")
ASKING = ("resolved", "rating")  # the letters that ask for a rating


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Something that was done on a request, by a word of `phrases`: received, assigned, answered, moved, ..."""

    at: datetime
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What there is to tell a customer. Instants are aware; unknown is None, empty or `""`."""

    step: str = ""  # one of STEPS, of a `progress` letter
    text: str = ""  # of a person
    history: Sequence[Done] = ()  # oldest first
    answer_by: datetime | None = None
    closes_at: datetime | None = None
    waited: timedelta | None = None
    problem: str = ""
    agent: str = ""  # the name of who has it now
    moved_from: str = ""  # the title of the queue that had it before
    sender_moved: bool = False  # our mails come from another address than before
    rating_token: str = ""  # of the role for ratings; with one, a rating is asked for


def news(
    templates: Templates,
    desk: Desk,
    *,
    kind: str,
    ticket: Shown,
    subject: str,
    recipient: Address,
    stamp: Stamp,
    news: News,
    zone: tzinfo = UTC,
    language: str = "",
    auto: Auto = Auto.GENERATED,
    in_reply_to: str = "",
    references: Sequence[str] = (),
) -> Letter:
    """A letter of the kinds progress, resolved, closed, closed_for_silence, reopened, delayed, rating, known_problem.

    `subject`: of the ticket's first mail, as it came; times are told by the clocks of `zone`.
    """
    tongue = templates.tongue(kind, queue=desk.queue, language=language, then=desk.language)
    base = base_subject(subject, desk.tag)
    asks = bool(news.rating_token) or kind == "rating"
    return letters.letter(
        templates,
        desk,
        kind=kind,
        recipient=recipient,
        ticket=ticket,
        stamp=stamp,
        auto=auto,
        language=language,
        in_reply_to=in_reply_to,
        references=references,
        context={
            "subject": base,
            "text": news.text,
            "step": news.step,
            "history": [
                {
                    "at": dates.moment(done.at, zone, tongue),
                    "kind": done.kind,
                    "what": phrase("done", done.kind, tongue),
                }
                for done in news.history
            ],
            "answer_by": dates.moment(news.answer_by, zone, tongue) if news.answer_by else "",
            "closes_on": dates.day(news.closes_at, zone, tongue) if news.closes_at else "",
            "waited": dates.span(news.waited, tongue) if news.waited else "",
            "problem": news.problem,
            "agent": {"name": news.agent},
            "moved_from": news.moved_from,
            "sender_moved": news.sender_moved,
            "rates": rating.links(desk, ticket, base, news.rating_token, tongue) if asks else [],
        },
    )
