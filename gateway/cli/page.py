"""A ticket as one page for people."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from gateway.cli import output
from gateway.cli.tickets import next_due
from gateway.shown import journal_pairs, size
from gateway.store.listing import Article, Attached, Event, Page
from gateway.store.similar import Similar
from gateway.tickets.people import shown
from gateway.tickets.subject import NumberFormat

_DIRECTIONS = {"in": "from", "out": "our reply, by", "note": "note by", "withdrawn": "stopped before it left, by"}
_INVERSE = {
    "mentions": "is mentioned by",
    "follows": "is followed by",
    "similar": "is similar to",
    "common": "is the common ticket of",
    "merged": "took in",
}
_READS = {"merged": "was merged into", "similar": "is similar to", "common": "belongs to the common ticket"}
SHOWN = 64 * 1024  # bytes of a mail that are printed unless all are asked for


def print_page(page: Page, numbers: NumberFormat, *, alike: Sequence[Similar] = (), full: bool) -> None:
    """The whole page on standard output; `full` unfolds what was cut from mails."""
    ticket = page.ticket
    output.say(f"{numbers.tagged(ticket.number, ticket.created_at)} {ticket.subject}")
    print_pairs(_header(page, numbers))
    for article in page.articles:
        _print_article(article, page, full=full)
    if page.events:
        print_heading("what happened")
        for event in page.events:
            output.say(_event_line(event))
    if page.participants:
        print_heading("who takes part")
        for person in page.participants:
            output.say(f"{named(person.name, person.address)}: {shown(person.role)}")
    if page.links:
        print_heading("links")
        for link in page.links:
            reads = _INVERSE if link.direction == "in" else _READS
            why = f" ({link.reason})" if link.reason else ""
            output.say(f"{reads.get(link.kind, link.kind)} #{link.ticket}{why}")
    if alike:
        print_heading("looks like")
        for one in alike:
            output.say(f"looks like #{one.number} {one.subject} ({one.score:.2f}: {'; '.join(one.why)})")


def instant(at: datetime) -> str:
    """To the second, with its offset."""
    return at.isoformat(sep=" ", timespec="seconds")


def named(name: str, address: str) -> str:
    return f"{name} <{address}>" if name and name != address else address


def print_heading(text: str) -> None:
    """A ruled line that begins a part of the page."""
    output.say()
    output.say(f"---- {text} ".ljust(78, "-"))


def print_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Names and values, one pair a line; those without a value are left out."""
    shown = [(name, value) for name, value in pairs if value]
    widest = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        output.say(f"{name:<{widest}}  {value}")


def _header(page: Page, numbers: NumberFormat) -> Iterator[tuple[str, str]]:
    ticket = page.ticket
    yield "status", _status(page)
    yield "priority", ticket.priority
    yield "queue", ticket.queue
    yield "assignee", ticket.assignee or "nobody"
    yield "requester", named(page.requester_name, ticket.requester or "unknown")
    yield "tags", ", ".join(ticket.tags)
    for name in ("type", "category", "area", "impact"):
        yield name, getattr(ticket, name) or ""
    for name, value in page.fields.items():
        yield name, str(value)
    yield "opened", instant(ticket.created_at)
    yield "changed", instant(ticket.updated_at)
    for name, due in (
        ("first response due", ticket.first_response_due),
        ("next response due", ticket.next_response_due),
        ("resolution due", ticket.resolve_due),
    ):
        yield name, instant(due) if due else ""
    if ticket.overdue and next_due(ticket):
        yield "overdue", "yes"
    yield "pinned", "yes" if page.pinned else ""
    yield "rating", f"{page.rating} of 5" if page.rating else ""
    yield "time spent", f"{page.time_spent} min" if page.time_spent else ""


def _status(page: Page) -> str:
    if page.merged_into:
        return f"{page.ticket.status}, merged into #{page.merged_into}"
    return f"{page.ticket.status}{f' until {instant(page.on_hold_until)}' if page.on_hold_until else ''}"


def _print_article(article: Article, page: Page, *, full: bool) -> None:
    by = _DIRECTIONS.get(article.direction, article.direction)
    of = page.ticket.number
    where = f", on #{article.ticket}" if article.ticket != of else ""
    print_heading(f"{by} {article.author}{_what_they_are(article, page)}, {instant(article.at)}{where}")
    if article.subject:
        output.say(f"Subject: {article.subject}")
        output.say()
    output.say_block(article.text.strip("\n"))
    cut = article.elided.strip("\n")
    if cut and full:
        output.say("[cut from the text:]")
        output.say_block("\n".join(f"| {line}".rstrip() for line in cut.splitlines()))
    elif cut:
        lines = len(cut.splitlines())
        output.say(f"[{lines} line{'' if lines == 1 else 's'} cut, --full shows {_them(lines)}]")
    logos = sum(one.repeated for one in article.attachments)
    for one in article.attachments:
        if full or not one.repeated:
            output.say(f"attached: {one.name} ({', '.join(_described(one))})")
    if logos and not full:
        output.say(f"[{logos} image{'' if logos == 1 else 's'} of earlier mails, --full lists {_them(logos)}]")


def _what_they_are(article: Article, page: Page) -> str:
    """Beside the name of whoever wrote from outside and is not the one whom the ticket is for."""
    role = next((one.role for one in page.participants if one.address.lower() == article.author.lower()), "requester")
    return f" ({shown(role)})" if article.direction != "out" and role != "requester" else ""


def _described(one: Attached) -> Iterator[str]:
    yield f"{one.type}, declared as {one.declared}" if one.declared else one.type
    yield size(one.size)
    if one.inline:
        yield "inline"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def _event_line(event: Event) -> str:
    parts = [instant(event.at), event.actor, event.kind]
    if event.reason:
        parts.append(f"({event.reason})")
    return "  ".join([*parts, *journal_pairs(event.kind, event.data)])


def mail_text(data: bytes) -> str:
    """The bytes of a mail as text; what is no UTF-8 is shown as `\\xff`."""
    return data.decode("utf-8", "backslashreplace").rstrip("\r\n")


def print_mail(data: bytes, *, full: bool) -> None:
    """A mail as text, or the beginning of a long one."""
    shown = data if full else data[:SHOWN]
    output.say_block(mail_text(shown))
    if len(shown) < len(data):
        output.say(f"[{size(len(data) - len(shown))} more, --full shows all]")
