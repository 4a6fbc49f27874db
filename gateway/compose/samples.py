"""Made-up data for every template, full and sparse: what `check` and `preview` fill it in with."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from gateway.compose import builtin, context, dates
from gateway.compose.phrases import phrase
from gateway.compose.render import Context
from gateway.compose.values import Desk, Shown
from gateway.mail.value import Address
from gateway.tickets.wishes import BEST, WORST, rate

NUMBER = "104217"
TAG = f"[Acme #{NUMBER}]"
FOLLOWED = "98316"
TICKET = Shown(number=NUMBER, tag=TAG, title="Where is my lamp?", status="open")
CUSTOMER = Address(addr="ann@example.net", name="Ann Example")
AGENT = Address(addr="carol@acme.example", name="Carol Reyes")
AT = datetime(2026, 11, 27, 12, tzinfo=UTC)

_DESK = Desk(
    queue="support",
    title="Support",
    sender=Address(addr="support@acme.example", name="Acme Support"),
    automatic_from="",
    tag="Acme",
    language="en",
    signature="Acme Lamps Ltd, Long Lane 4",
)
_TEXT = "It left our house today.\n\nYou can follow it on the carrier's page."
_HTML = "<p>It left our house <b>today</b>.</p>\n<p>You can follow it on the carrier's page.</p>"
_SEEN: Context = {"subject": "Where is my lamp?", "text": _TEXT}
_FAILED = {"address": CUSTOMER.addr, "reply": "550 5.1.1 no such user", "how": "failed"}
_STEPS = ("assigned", "started", "waiting", "moved", "")


def samples(name: str, language: str = "en") -> Sequence[Context]:
    """A full and a sparse context of a template, and more where it says several things.

    A template that is not ours is taken for a letter to a customer.
    """
    for_agent = name in builtin.AGENT
    recipient, stranger = AGENT if for_agent else CUSTOMER, Address(addr="x@example.net")
    label = Shown(number=NUMBER, tag=TAG, title=TICKET.title, status=phrase("status", "open", language))
    full = context.base(_DESK, label, recipient, language, for_agent=for_agent)
    bare = Shown(number=NUMBER, tag=TAG, status=phrase("status", "new", language))
    sparse = context.base(_DESK, bare, stranger, language, for_agent=for_agent)
    full |= {**_SEEN, **(_to_agent(name, language) if for_agent else _to_customer(name, language))}
    sparse |= {"signature": "", **_LEAST.get(name, {})}
    if for_agent:
        for each in (full, sparse):
            context.complete(each, language)
    if name == "progress":
        return [full, sparse, *(full | {"step": step} for step in _STEPS)]
    if name == "notice_undelivered":
        return [full, sparse, *(full | {"failed": _FAILED | {"how": how}} for how in ("delayed", "without_files"))]
    return [full, sparse]


# What even the barest letter of a sort has.
_LEAST: Mapping[str, Context] = {
    "reply": {"text": "Yes."},
    "progress": {"step": "started"},
    "rating": {"rates": [{"value": "5", "label": "5", "link": "mailto:support@acme.example"}]},
    "report": {"period": "16 to 22 November"},
    "notice_undelivered": {"failed": {"address": "ann@example.net", "reply": "", "how": "failed"}},
}


def _to_customer(name: str, language: str) -> dict[str, object]:
    done = (("received", timedelta(days=2)), ("assigned", timedelta(days=1)), ("answered", timedelta(hours=3)))
    return {
        "html": Markup(_HTML) if name == "reply" else "",
        "agent": {"name": AGENT.name},
        "follows": {"number": FOLLOWED, "tag": f"[Acme #{FOLLOWED}]"} if name == "acknowledgement" else None,
        "answer_by": dates.moment(AT + timedelta(days=3), UTC, language),
        "closes_on": dates.day(AT + timedelta(days=7), UTC, language),
        "waited": dates.span(timedelta(days=7), language),
        "problem": "Orders of 12 May are delayed at the carrier",
        "step": "assigned",
        "moved_from": "Sales",
        "sender_moved": True,
        "history": [
            {"at": dates.moment(AT - ago, UTC, language), "kind": kind, "what": phrase("done", kind, language)}
            for kind, ago in done
        ],
        "rates": [
            {
                "value": str(value),
                "label": rate(value, language),
                "link": f"mailto:support@acme.example?subject=Re%3A%20%5BAcme%20%23{NUMBER}%5D&body={value}",
            }
            for value in range(BEST, WORST - 1, -1)
        ],
    }


def _to_agent(name: str, language: str) -> dict[str, object]:
    row = {
        "number": NUMBER,
        "tag": TAG,
        "title": "Where is my lamp?",
        "customer": CUSTOMER.name,
        "status": phrase("status", "open", language),
        "priority": phrase("priority", "high", language),
        "queue": "Support",
        "assignee": AGENT.name,
        "due": dates.moment(AT, UTC, language),
        "clock": phrase("fact", "first_response", language).lower(),
    }
    groups: object = [{"title": "Overdue", "tickets": [row, row]}]
    if name == "report":
        groups = [{"title": "Support", "figures": [{"name": "Opened", "value": "42", "share": 60}]}]
    article = {
        "at": dates.moment(AT, UTC, language),
        "author": CUSTOMER.name,
        "kind": phrase("article", "in", language),
    }
    return {
        "html": Markup(_HTML) if name in ("notice_new", "notice_assigned", "notice_answered") else "",
        "priority": "high",
        "assignee": AGENT.name,
        "tags": ["delivery", "vip"],
        "due": dates.moment(AT, UTC, language),
        "by": "Dave Okafor",
        "reason": "the rule deliveries",
        "customer": {"name": CUSTOMER.name, "address": CUSTOMER.addr},
        "writer": {
            "name": CUSTOMER.name,
            "address": CUSTOMER.addr,
            "shown": f"{CUSTOMER.name} <{CUSTOMER.addr}>",
            "at": dates.moment(AT, UTC, language),
            "verdict": phrase("verdict", "unverified", language),
            "party": phrase("party", "other", language),
        },
        "attachments": [
            {"name": "receipt.pdf", "size": 48213, "here": True},
            {"name": "video.mov", "size": 48213000, "here": False},
        ],
        "articles": [{**article, "text": "Hello\nthere", "quoted": "> Hello\n> there"}],
        "similar": [{"number": FOLLOWED, "title": "Parcel is late", "why": "both name ord-118203"}],
        "reaches": ["Ann Example <ann@example.net>"],
        "commands": ["#send", "#drop"] if name == "notice_held" else ["#close", "#note", "#assign NAME"],
        "failed": _FAILED,
        "lines": [
            {"said": "#assign carol", "result": "assigned to Carol Reyes", "ok": True, "manual": ""},
            {"said": "#clos", "result": "no such command", "ok": False, "manual": "#close: the matter is settled"},
        ],
        "groups": groups,
        "period": "16 to 22 November",
    }
