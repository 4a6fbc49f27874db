"""Where the text of an agent's mail goes: by the notice it answers, its commands, and what it may."""

import pytest

from gateway.tickets.authority import Power
from gateway.tickets.commands import COMMANDS, Call, Kind, Misread, Script, Use
from gateway.tickets.leaving import Answered, Course, Fate, course
from gateway.tickets.reason import Reason

CONVERSATION = ("new", "assigned", "answered")
OTHERS = ("due", "overdue", "mentioned", "undelivered", "held", "digest", "report", "transcript", "taken")
TAKES = {"note": Use.NOTE, "describe": Use.DESCRIPTION, "reply": Use.REPLY, "forward": Use.QUESTION, "new": Use.OPENING}


def script(*commands: str, text: str = "It is on its way.") -> Script:
    use = next((TAKES[name] for name in commands if name in TAKES), Use.REPLY) if text.strip() else Use.NOTHING
    calls = tuple(Call(command=name, argument=None, line=f"#{name}") for name in commands)
    assert all(name in COMMANDS for name in commands)
    return Script(calls=calls, rest=text, text=text, use=use)


def acts(said: Script, notice: str | None = "answered", *, newer: str = "", has_files: bool = False) -> Course:
    answered = Answered(notice=notice, newer=newer)
    return course(answered, said, power=Power.ACTS, why=Reason.PROVED, has_files=has_files)


@pytest.mark.parametrize("prefix", ["", "notice_"])
@pytest.mark.parametrize("notice", CONVERSATION)
def test_a_reply_to_the_conversation_goes_to_the_customer(notice: str, prefix: str) -> None:
    found = acts(script(), prefix + notice)
    assert (found.fate, found.reason) == (Fate.REPLY, Reason.ANSWERS_CONVERSATION)


@pytest.mark.parametrize("notice", OTHERS)
def test_a_reply_to_any_other_notice_is_a_note(notice: str) -> None:
    found = acts(script(), notice)
    assert (found.fate, found.reason) == (Fate.NOTE, Reason.ANSWERS_NOTICE)


def test_a_reply_to_nobody_knows_what_is_held() -> None:
    found = acts(script(), None)
    assert (found.fate, found.reason) == (Fate.HOLD, Reason.UNKNOWN_NOTICE)
    assert "#reply" in found.say
    assert "#note" in found.say


@pytest.mark.parametrize("notice", [*CONVERSATION, *OTHERS, None])
@pytest.mark.parametrize(
    ("commands", "fate"),
    [
        (("note",), Fate.NOTE),
        (("describe",), Fate.COMMAND),
        (("reply",), Fate.REPLY),
        (("close", "reply"), Fate.REPLY),
        (("canned",), Fate.REPLY),
        (("send",), Fate.NOTHING),
        (("drop",), Fate.NOTHING),
        (("close", "drop"), Fate.NOTHING),
        (("cancel",), Fate.REPLY),
        (("forward",), Fate.COMMAND),
        (("new",), Fate.COMMAND),
        (("close", "note"), Fate.NOTE),
    ],
)
def test_a_command_says_where_the_text_goes(notice: str | None, commands: tuple[str, ...], fate: Fate) -> None:
    found = acts(script(*commands), notice)
    assert (found.fate, found.reason) == (fate, Reason.BY_COMMAND)


@pytest.mark.parametrize("notice", [*CONVERSATION, *OTHERS, None])
def test_commands_alone_send_nothing(notice: str | None) -> None:
    for text in ("", " \n\n"):
        assert acts(script("close", "assign", text=text), notice).fate is Fate.NOTHING
    assert acts(script("close", text=""), notice, has_files=True).fate is Fate.NOTE


@pytest.mark.parametrize("notice", [*CONVERSATION, *OTHERS, None])
@pytest.mark.parametrize("has_files", [False, True])
@pytest.mark.parametrize("commands", [(), ("reply",)])
def test_nothing_to_say_is_told(notice: str | None, has_files: bool, commands: tuple[str, ...]) -> None:
    found = acts(script(*commands, text=""), notice, has_files=has_files)
    assert (found.fate, found.reason) == (Fate.HOLD, Reason.NO_TEXT)
    assert "write a line" in found.say


@pytest.mark.parametrize("has_files", [False, True])
@pytest.mark.parametrize("command", ["new", "forward"])
def test_what_takes_the_text_needs_one(command: str, has_files: bool) -> None:
    found = acts(script("close", command, text=""), has_files=has_files)
    assert (found.fate, found.reason) == (Fate.HOLD, Reason.NO_TEXT)
    assert f"#{command}" in found.say


def test_a_canned_reply_needs_no_text() -> None:
    assert acts(script("canned", text="")).fate is Fate.REPLY


@pytest.mark.parametrize(
    ("commands", "notice", "fate"),
    [
        ((), "answered", Fate.HOLD),
        (("reply",), "due", Fate.HOLD),
        (("canned",), "new", Fate.HOLD),
        ((), "due", Fate.NOTE),
        (("note",), "answered", Fate.NOTE),
        (("forward",), "answered", Fate.COMMAND),
    ],
)
def test_a_reply_waits_for_what_is_newer(commands: tuple[str, ...], notice: str, fate: Fate) -> None:
    found = acts(script(*commands), notice, newer="Dave answered at 10:31")
    assert found.fate is fate
    if fate is Fate.HOLD:
        assert found.reason is Reason.NEWER
        assert all(word in found.say for word in ("Dave answered at 10:31", "#send", "#drop"))


@pytest.mark.parametrize("power", [Power.ACTS, Power.OPENS])
@pytest.mark.parametrize("notice", [*CONVERSATION, *OTHERS, None])
def test_one_line_that_cannot_be_read_holds_all(power: Power, notice: str | None) -> None:
    bad = Misread(line="#clsoe", kind=Kind.UNKNOWN, say='line 1, "#clsoe": is no command')
    said = Script(calls=script("note").calls, rest="x", text="x", use=Use.NOTE, misread=(bad,))
    found = course(Answered(notice=notice, is_direct=True), said, power=power, why=Reason.PROVED)
    assert (found.fate, found.reason, found.say) == (Fate.HOLD, Reason.MISREAD, bad.say)


@pytest.mark.parametrize("commands", [(), ("note",), ("reply",), ("close",), ("new",), ("help",)])
@pytest.mark.parametrize("is_direct", [False, True])
@pytest.mark.parametrize("is_forward", [False, True])
def test_what_is_held_goes_nowhere(commands: tuple[str, ...], is_direct: bool, is_forward: bool) -> None:
    answered = Answered(notice="answered", is_direct=is_direct, is_forward=is_forward)
    found = course(answered, script(*commands), power=Power.HELD, why=Reason.UNVERIFIED)
    assert (found.fate, found.reason) == (Fate.HOLD, Reason.UNVERIFIED)


@pytest.mark.parametrize(
    ("answered", "fate", "reason"),
    [
        (Answered(notice="answered", is_direct=True), Fate.RECORD, Reason.ANSWERED_DIRECTLY),
        (Answered(notice="answered", is_to_others=True), Fate.NOTE, Reason.WROTE_TO_OTHERS),
        (Answered(notice="answered", is_forward=True), Fate.HOLD, Reason.FORWARDED),
        (Answered(notice="answered", newer="Dave answered", is_direct=True), Fate.RECORD, Reason.ANSWERED_DIRECTLY),
    ],
)
def test_what_went_elsewhere_is_not_sent_to_the_customer(answered: Answered, fate: Fate, reason: Reason) -> None:
    found = course(answered, script(), power=Power.ACTS, why=Reason.PROVED)
    assert (found.fate, found.reason) == (fate, reason)
    asked = course(answered, script("note"), power=Power.ACTS, why=Reason.PROVED)
    assert asked.fate is Fate.NOTE


@pytest.mark.parametrize(
    ("commands", "text", "is_direct", "is_forward", "fate"),
    [
        ((), "hello", False, False, Fate.HOLD),
        ((), "hello", True, False, Fate.RECORD),
        ((), "hello", False, True, Fate.COMMAND),
        ((), "hello", True, True, Fate.COMMAND),
        (("new", "for", "priority"), "hello", False, False, Fate.COMMAND),
        (("help",), "", False, False, Fate.NOTHING),
        (("list",), "", False, False, Fate.NOTHING),
        (("away",), "", False, False, Fate.NOTHING),
        (("list",), "hello", False, False, Fate.HOLD),
        (("close",), "hello", True, False, Fate.HOLD),
        (("note",), "hello", False, False, Fate.HOLD),
        (("reply",), "hello", False, False, Fate.HOLD),
        (("merge",), "", False, True, Fate.HOLD),
    ],
)
def test_without_a_token_there_is_no_ticket_to_act_on(
    commands: tuple[str, ...], text: str, is_direct: bool, is_forward: bool, fate: Fate
) -> None:
    answered = Answered(notice="answered", is_direct=is_direct, is_forward=is_forward)
    found = course(answered, script(*commands, text=text), power=Power.OPENS, why=Reason.TOKEN_EXPIRED)
    assert found.fate is fate
    if fate is Fate.HOLD:
        assert found.reason is Reason.TOKEN_EXPIRED
