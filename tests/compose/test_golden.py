"""Every letter as its reader gets it, word for word: letters/NAME.LANG.txt.

Where one differs, what came out stands beside it as NAME.LANG.got.txt: look at it, and move it over the old one.
"""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from compose import test_notices, test_progress
from compose.test_letters import DESK, MAIL, TEMPLATES
from compose.test_notices import ANN, CAROL
from compose.test_progress import AT, PRAGUE, RATING
from gateway.compose import builtin, digests, letters, notices, progress, replies
from gateway.compose.digests import Figure, Figures, Group, Row
from gateway.compose.notices import Notice
from gateway.compose.progress import Done, News
from gateway.compose.values import Letter, Shown, Stamp
from gateway.mail import Address
from gateway.tickets.token import Role

FOLDER = Path(__file__).parent / "letters"
SPOKEN = ("en", "ru", "cs")
ASKS = ("resolved", "closed", "closed_for_silence", "rating")
TICKET = Shown(number="1042", tag="[Acme #1042]", title="Where is my lamp?", status="in progress")
MANY = ("digest", "report")


def stamp(to: Address, role: Role) -> Stamp:
    token = test_progress.KEYS.issue(ticket=1042, role=role, recipient=to.key, at=AT)
    return Stamp(
        message_id=f"<{token}.1@mail.acme.example>", at=AT, token=token, anchor="<ticket.1042@mail.acme.example>"
    )


def to_customer(name: str, language: str) -> Letter:
    ours = stamp(ANN, Role.REQUESTER)
    if name == "acknowledgement":
        return letters.acknowledgement(
            TEMPLATES, DESK, mail=MAIL, recipient=ANN, ticket=TICKET, stamp=ours, language=language,
            answer_by=AT + timedelta(hours=4), zone=PRAGUE, follows=Shown(number="98", tag="[Acme #98]"),
        )  # fmt: skip
    if name == "reply":
        return replies.reply(
            TEMPLATES, DESK, ticket=TICKET, subject=MAIL.subject, recipient=ANN, stamp=ours, language=language,
            text="Hello Ann,\n\nit left *today*.", html="<p>Hello Ann,</p><p>it left <i>today</i>.</p>",
            in_reply_to=MAIL.message_id, references=(*MAIL.references, MAIL.message_id),
            files=[notices.File(name="Účtenka.pdf", type="application/pdf", content=b"%PDF-1.4")],
        )  # fmt: skip
    done = [
        Done(at=AT - timedelta(days=age), kind=kind)
        for age, kind in ((2, "received"), (1, "assigned"), (0, "answered"))
    ]
    told = News(
        step="assigned", history=done, answer_by=AT + timedelta(days=1), closes_at=AT + timedelta(days=7),
        waited=timedelta(days=7), problem="Parcels of 12 May are late", agent="Carol Reyes",
        rating_token=RATING if name in ASKS else "",
    )  # fmt: skip
    return progress.news(
        TEMPLATES, DESK, kind=name, ticket=TICKET, subject=MAIL.subject, recipient=ANN, stamp=ours, news=told,
        zone=PRAGUE, language=language,
    )  # fmt: skip


def to_agent(name: str, language: str) -> Letter:
    ours = stamp(CAROL, Role.AGENT)
    desk = {"templates": TEMPLATES, "desk": DESK, "recipient": CAROL, "language": language}
    if name == "digest":
        one = Row(ticket=TICKET, customer="Ann Novak", priority="high", queue="Support", due=AT)
        late = replace(one, assignee="Carol Reyes", clock="first_response")
        groups = [Group(title="overdue", rows=[late]), Group(title="Big Ltd", rows=[one])]
        return digests.digest(**desk, groups=groups, stamp=replace(ours, token="", anchor=""), zone=PRAGUE)
    if name == "report":
        lines = [Figure(name="Opened", value="42", share=100), Figure(name="Late", value="3")]
        figures = [Figures(title="Support", figures=lines)]
        return digests.report(**desk, period="16-22", groups=figures, stamp=replace(ours, token="", anchor=""))
    about = test_notices.FULL
    if name in ("transcript", "notice_held"):
        about = Notice(ticket=TICKET, subject=about.subject, lines=about.lines, text=about.text, reason=about.reason)
    elif name not in test_notices.CONVERSATION:
        about = replace(about, attachments=(), writer=None, html="", thread=(), similar=(), reaches=())
    return notices.notice(**desk, kind=name, about=about, stamp=ours, notice_max=5_000_000, zone=PRAGUE)


def as_read(letter: Letter) -> str:
    """Headers decoded, then each part in its own words; bytes by their number."""
    mail = message_from_bytes(letter.data, policy=policy.default)
    lines = [f"envelope: <{letter.envelope_from}>"]
    lines += [
        f"{name}: {' '.join(str(value).split())}" for name, value in mail.items() if not name.startswith("Content-")
    ]
    for part in mail.walk():
        if part.is_multipart():
            continue
        lines.append(f"\n---- {part.get_content_type()} {part.get_filename('')} {part['Content-ID'] or ''}".rstrip())
        content = part.get_content()
        lines.append(content.replace("\r\n", "\n").rstrip() if isinstance(content, str) else f"{len(content)} bytes")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("name", sorted(builtin.NAMES))
def test_a_letter_word_for_word(name, language):
    letter = (to_agent if name in builtin.AGENT else to_customer)(name, language)
    assert letter.fallback == ""
    said, kept = as_read(letter), FOLDER / f"{name}.{language}.txt"
    got = kept.with_suffix(".got.txt")
    if not kept.exists() or kept.read_text("utf-8") != said:
        FOLDER.mkdir(exist_ok=True)
        got.write_text(said, "utf-8")
        pytest.fail(f"{name} says something else now: compare {kept} and {got}, then move the second over the first")
    got.unlink(missing_ok=True)


def test_every_kept_letter_is_one_we_write():
    assert {path.name for path in FOLDER.glob("*.txt") if ".got." not in path.name} == {
        f"{name}.{language}.txt" for name in builtin.NAMES for language in SPOKEN
    }


def test_no_letter_to_a_customer_tells_what_is_internal():
    """Neither addresses of agents, nor priority, rules, tags, notes, similar tickets."""
    for path in FOLDER.glob("*.txt"):
        if path.name.partition(".")[0] in builtin.CUSTOMER:
            said = path.read_text("utf-8").lower()
            assert "carol@" not in said
            assert "sticky" not in said
            assert "auto-submitted: auto-" in said or path.name.startswith("reply.")
