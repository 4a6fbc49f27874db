"""The customer's last mail is another matter: it becomes a ticket of its own."""

from gateway.deeds.bench import Bench
from gateway.errors import Permanent
from gateway.mail import Address
from gateway.store import announcements
from gateway.store.numbers import take_number
from gateway.tickets.actions import Link, MoveMail, OpenTicket
from gateway.tickets.commands.values import Call
from gateway.tickets.effect import Effect, concerned, done, moved
from gateway.tickets.linking import not_merged
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Status
from gateway.tickets.subject import base_subject

_TITLE = 80  # characters of a text that has to serve as a title


def split(bench: Bench, one: Snapshot, _: Call) -> Effect:
    """A new ticket with the last mail from outside, for the same requester, in the same queue, linked to this one."""
    not_merged(one)
    mails = [each for each in announcements.articles(bench.conn, one.number) if each.direction == "in" and each.mail_id]
    if len(mails) < 2:
        raise Permanent(f"#{one.number} has one mail alone, which belongs to it")
    last = mails[-1]
    assert last.mail_id is not None
    who = announcements.requester(bench.conn, one.row)
    number = take_number(bench.conn)
    title = base_subject(last.subject, bench.cfg.mail.subject_tag)
    if title == one.row["title"]:  # an answer keeps the subject of what it answers
        title = next((line.strip()[:_TITLE] for line in last.text.split("\n") if line.strip()), title)
    opened = OpenTicket(
        number=number,
        status=str(Status.NEW),
        queue=one.row["queue"],
        title=title or one.row["title"],
        description=last.text,
        requester=Address(addr=who.address, name=who.name) if who else None,
        language=one.row["language"],
        priority=one.row["priority"],
        set_by={"queue": f"split:{one.number}", "priority": f"split:{one.number}"},
    )
    return Effect(
        actions=(
            moved(one),
            opened,
            MoveMail(mail_id=last.mail_id, ticket=one.number, to=number),
            Link(ticket=number, other=one.number, kind="similar", reason=Reason.BY_PERSON),
            done(one, "split", {"into": number}, {}),
            concerned(number, "split", {"from": one.number}),
        ),
        said=f"its last mail became #{number}",
        tickets=(number,),
    )
