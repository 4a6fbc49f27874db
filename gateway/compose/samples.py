"""Made-up data for every template, full and sparse: what a template may name, and what `check` fills it in with."""

from collections.abc import Mapping, Sequence

from gateway.compose import builtin
from gateway.compose.letters import Desk, Shown, base_context
from gateway.compose.render import Context
from gateway.mail.value import Address

NUMBER = "104217"
TAG = f"[Acme #{NUMBER}]"
FOLLOWED = "98316"

_DESK = Desk(
    queue="support",
    title="Support",
    sender=Address(addr="support@acme.example", name="Acme Support"),
    automatic_from="",
    tag="Acme",
    language="en",
    signature="Acme Lamps Ltd, Long Lane 4",
)
_ANN = Address(addr="ann@example.net", name="Ann Example")
_CAROL = Address(addr="carol@acme.example", name="Carol Reyes")
_ROW = {
    "number": NUMBER,
    "tag": TAG,
    "title": "Where is my lamp?",
    "customer": "Ann Example",
    "status": "open",
    "priority": "high",
    "due": "today 17:30",
}

# What single templates see beside `letters.base_context`.
_EXTRAS: Mapping[str, Mapping[str, object]] = {
    "acknowledgement": {"follows": {"number": FOLLOWED, "tag": f"[Acme #{FOLLOWED}]"}, "answer_by": "Monday 13:00"},
    "closed_for_silence": {"waited": "7 days"},
    "delayed": {"answer_by": "Tuesday 13:00"},
    "known_problem": {"problem": "Orders of 12 May are delayed at the carrier"},
    "notice_undelivered": {"failed": {"address": "ann@example.net", "reply": "550 5.1.1 no such user"}},
    "transcript": {
        "articles": [{"at": "2026-11-27 09:12", "author": "Ann Example", "kind": "in", "text": "Hello\nthere"}]
    },
    "digest": {"groups": [{"title": "Overdue", "tickets": [_ROW, _ROW]}]},
    "report": {
        "period": "16 to 22 November",
        "groups": [{"title": "Support", "figures": [{"name": "Opened", "value": 42}]}],
    },
}
_EMPTY: Mapping[str, Mapping[str, object]] = {
    "acknowledgement": {"follows": None, "answer_by": ""},
    "closed_for_silence": {"waited": ""},
    "known_problem": {"problem": ""},
    "reply": {"text": "Yes."},
    "transcript": {"articles": []},
    "digest": {"groups": []},
    "report": {"period": "16 to 22 November", "groups": []},
}
_SEEN: Mapping[str, object] = {
    "subject": "Where is my lamp?",
    "text": "It left our house today.\n\nYou can follow it on the carrier's page.",
}
_INTERNAL: Mapping[str, object] = {
    "priority": "high",
    "assignee": "Carol Reyes",
    "tags": ["delivery", "vip"],
    "due": "today 17:30",
    "by": "Dave Okafor",
    "reason": "the rule deliveries",
    "attachments": [{"name": "receipt.pdf", "size": 48213}],
    "customer": {"name": "Ann Example", "address": "ann@example.net"},
}
INTERNAL_NAMES = frozenset(_INTERNAL) - {"customer"}


def samples(name: str) -> Sequence[Context]:
    """A full and a sparse context of a template; one that is not ours is taken for a letter to a customer."""
    for_agent = name in builtin.AGENT
    shown = Shown(number=NUMBER, tag=TAG, title="Where is my lamp?", status="open")
    bare = Shown(number=NUMBER, tag=TAG)
    extra = _EXTRAS.get(name, {})
    full = base_context(_DESK, shown, _CAROL if for_agent else _ANN, for_agent=for_agent)
    sparse = base_context(_DESK, bare, Address(addr="x@example.net"), for_agent=for_agent)
    full.update({**_SEEN, **(_INTERNAL if for_agent else {"agent": {"name": "Carol Reyes"}}), **extra})
    sparse.update({**extra, "signature": "", **_EMPTY.get(name, {})})
    return full, sparse
