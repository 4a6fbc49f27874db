"""Any facts at all, for property tests."""

from datetime import timedelta, timezone

from hypothesis import strategies as st

from gateway.rules import Facts
from gateway.rules.facts import KNOWN

_TEXT = st.text(max_size=20)
_TEXTS = st.lists(_TEXT, max_size=3).map(tuple)
_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_INSTANTS = st.none() | st.datetimes(timezones=_OFFSETS)
_VALUES = {
    "sender.known": st.booleans(), "sender.agent": st.booleans(), "sender.tags": _TEXTS, "tags": _TEXTS, "hours": _TEXTS,
    "fields": st.dictionaries(_TEXT, _TEXT, max_size=2), "set_by": st.dictionaries(_TEXT, _TEXT, max_size=2),
    "idle": st.integers(), "rating": st.integers(), "seen_recently": st.dictionaries(_TEXT, st.integers(), max_size=2),
}  # fmt: skip
_KNOWN = st.fixed_dictionaries({}, optional={name: _VALUES.get(name, _TEXT) for name in KNOWN})
FACTS = st.builds(
    Facts,
    event=_TEXT, at=_INSTANTS, sent_at=_INSTANTS, source=_TEXT, recipient=_TEXT, from_=_TEXT, to=_TEXTS, cc=_TEXTS,
    reply_to=_TEXTS, subject=_TEXT, body=_TEXT, headers=st.lists(st.tuples(_TEXT, _TEXT), max_size=3).map(tuple),
    attachments=_TEXTS, size=st.integers(), language=_TEXT, kind=_TEXT, auth=st.none() | _TEXT,
    spam=st.none() | st.floats(allow_nan=False), known=_KNOWN,
)  # fmt: skip
