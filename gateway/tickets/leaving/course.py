"""What becomes of the text of an agent's mail: by what it answers, what its commands say, what it may (design: What
leaves).
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.tickets.authority import Power
from gateway.tickets.commands import COMMANDS, Needs, Script, Use
from gateway.tickets.reason import Reason

# A reply to one of these goes to the customer, a reply to any other notice is a note.
CONVERSATION = frozenset(("new", "assigned", "answered"))
# With these a customer is written to, whatever was answered: the text below #cancel goes out in place of what waits.
_WRITES = ("reply", "canned", "cancel")
_OF_HELD = ("send", "drop")  # they say what becomes of a held mail, and no text beside them goes anywhere


_NEED_TEXT = {"new": "what the ticket is about", "forward": "what you ask them"}


class Fate(StrEnum):
    """Where the text goes."""

    REPLY = "reply"  # to the customer
    NOTE = "note"  # on the ticket, for agents alone
    COMMAND = "command"  # to the command that takes it: a description, what is forwarded, the ticket that it opens
    RECORD = "record"  # the customer has it from the agent: it is our answer, and nothing is sent
    NOTHING = "nothing"  # there is none
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where the text goes, and why; `say` tells the agent in one line what to do where it is held."""

    fate: Fate
    reason: Reason
    say: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an agent's mail is, before its words.

    `notice` is the kind of the letter of ours that it answers (`new`, `due`, ...), None where that is not known;
    `newer` says what arrived or left on the ticket since that was written, `""` for nothing. `is_direct`: it went to
    the customer itself, with us in copy; `is_to_others`: so it did to somebody else. `is_forward`: it passes on a mail.
    `is_of_many`: it answers a letter of ours that is about no one ticket, such as a digest.
    """

    notice: str | None = None
    newer: str = ""
    is_direct: bool = False
    is_to_others: bool = False
    is_forward: bool = False
    is_of_many: bool = False


def course(answered: Answered, script: Script, *, power: Power, why: Reason, has_files: bool = False) -> Course:
    """Where the text of `script` goes. `power` and `why` are the authority of the mail."""
    if power is Power.HELD:
        return Course(fate=Fate.HOLD, reason=why)
    if script.misread:
        return Course(fate=Fate.HOLD, reason=Reason.MISREAD, say=script.misread[0].say)
    if power is Power.OPENS:
        return _without_token(answered, script, why)
    if any(map(script.call, _OF_HELD)):
        return Course(fate=Fate.NOTHING, reason=Reason.BY_COMMAND)
    if not script.text.strip() and script.call("canned") is None:
        return _without_text(script, has_files=has_files)
    if script.use is Use.NOTE:
        return Course(fate=Fate.NOTE, reason=Reason.BY_COMMAND)
    if script.use in (Use.DESCRIPTION, Use.QUESTION, Use.OPENING):
        return Course(fate=Fate.COMMAND, reason=Reason.BY_COMMAND)
    if any(map(script.call, _WRITES)):
        return _reply(answered, Reason.BY_COMMAND)
    if answered.is_direct:
        return Course(fate=Fate.RECORD, reason=Reason.ANSWERED_DIRECTLY)
    if answered.is_to_others:
        return Course(fate=Fate.NOTE, reason=Reason.WROTE_TO_OTHERS)
    if answered.is_forward:  # of our notice, for the mail that it answers is that
        say = "it is a forward; write #reply, #note or #forward ADDR in its first line to say whom it is for"
        return Course(fate=Fate.HOLD, reason=Reason.FORWARDED, say=say)
    if answered.notice is None:
        say = "it answers none of our notices that we know; send it again with #reply or #note in its first line"
        return Course(fate=Fate.HOLD, reason=Reason.UNKNOWN_NOTICE, say=say)
    if answered.notice.removeprefix("notice_") in CONVERSATION:
        return _reply(answered, Reason.ANSWERS_CONVERSATION)
    return Course(fate=Fate.NOTE, reason=Reason.ANSWERS_NOTICE)


def _without_token(answered: Answered, script: Script, why: Reason) -> Course:
    """There is no ticket yet that a token could name, or the customer has the text already; else it is held."""
    if script.call("new") is not None:
        return Course(fate=Fate.COMMAND, reason=Reason.BY_COMMAND)
    if any(COMMANDS[call.command].needs is Needs.TICKET for call in script.calls):
        return Course(fate=Fate.HOLD, reason=why)
    if answered.is_forward:
        return Course(fate=Fate.COMMAND, reason=Reason.FORWARDED)
    if answered.is_direct:
        return Course(fate=Fate.RECORD, reason=Reason.ANSWERED_DIRECTLY)
    if script.calls and not script.text.strip():
        return Course(fate=Fate.NOTHING, reason=Reason.COMMANDS_ALONE)
    if answered.is_of_many:
        say = "it answers a letter about no one ticket; #show N brings ticket N as a letter that can be answered"
        return Course(fate=Fate.HOLD, reason=Reason.NOTHING_NAMED, say=say)
    return Course(fate=Fate.HOLD, reason=why)


def _without_text(script: Script, *, has_files: bool) -> Course:
    """Commands alone send nobody anything; a file that came with them is kept, for agents."""
    for name, what in _NEED_TEXT.items():
        if script.call(name) is not None:
            return Course(fate=Fate.HOLD, reason=Reason.NO_TEXT, say=f"there is no text; write below #{name} {what}")
    if script.calls and script.call("reply") is None:
        return Course(fate=Fate.NOTE if has_files else Fate.NOTHING, reason=Reason.COMMANDS_ALONE)
    what = "only files and no word to go with them" if has_files else "no text"
    say = f"there is {what}; write a line to the customer, or #note in the first line"
    return Course(fate=Fate.HOLD, reason=Reason.NO_TEXT, say=say)


def _reply(answered: Answered, reason: Reason) -> Course:
    if not answered.newer:
        return Course(fate=Fate.REPLY, reason=reason)
    say = f"{answered.newer} since the notice you answer was written; #send sends your reply as it is, #drop does not"
    return Course(fate=Fate.HOLD, reason=Reason.NEWER, say=say)
