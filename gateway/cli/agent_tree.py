"""How an agent's mail was taken, for people: what it might do, what it said, where its text went."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.cli.output import Branch
from gateway.tickets.authority import Power
from gateway.tickets.leaving import Fate
from gateway.tickets.reason import in_words

_POWERS = {
    Power.ACTS: "it acts on its ticket",
    Power.OPENS: "it may open tickets, and act on none",
    Power.HELD: "it may do nothing",
}
_FATES = {
    Fate.REPLY: "goes to the customer",
    Fate.NOTE: "is a note for agents",
    Fate.COMMAND: "belongs to a command or to what is forwarded",
    Fate.RECORD: "is recorded as our answer, for the customer has it already",
    Fate.NOTHING: "there is none",
    Fate.HOLD: "is held",
}


def authority(step: Mapping[str, Any], _: object = None) -> Iterator[Branch]:
    """A, B and C of the mail, and what they come to."""
    detail = f": {step['detail']}" if step["detail"] else ""
    by = f"yes, by {step['verified']}" if step["verified"] else "no"
    below = [
        Branch(f"A, one From that is an address of theirs: {_yes(step['from_ok'])}"),
        Branch(f"B, proved by what is trusted: {by}"),
        Branch(f"C, our token for them and this ticket: {_yes(step['token'])}"),
    ]
    below += [Branch("its agent confirmed that it may act")] if step["confirmed"] else []
    power = _POWERS[Power(step["power"])]
    yield Branch(f"authority of {step['agent']}: {power}, {reason(step['reason'])}{detail}", below)


def script(step: Mapping[str, Any], _: object = None) -> Iterator[Branch]:
    """The commands, and the lines that could not be read."""
    below = [Branch(line) for line in step["commands"]] + [Branch(f"not read: {say}") for say in step["misread"]]
    count = len(step["commands"])
    head = f"{count or 'none'}{', and nothing of the mail is carried out' if step['misread'] else ''}"
    yield Branch(f"commands: {head}", below)


def course(step: Mapping[str, Any], _: object = None) -> Iterator[Branch]:
    """Where the text goes, and by what."""
    below = [Branch(f"it answers our letter {step['notice']}")] if step["notice"] else []
    below += [Branch(f"newer than that: {step['newer']}")] if step["newer"] else []
    yield Branch(f"text: {_FATES[Fate(step['fate'])]}, {reason(step['reason'])}", below)


def held(step: Mapping[str, Any], _: object = None) -> Iterator[Branch]:
    """Why it is kept, and what its agent may say to that."""
    words = "#send lets it act all the same, #drop closes it" if step["may_send"] else "#drop closes it"
    yield Branch(f"held: {step['say'] or 'nothing of it is done'}; {words}")


def would(step: Mapping[str, Any], _: object = None) -> Iterator[Branch]:
    """What a dry run comes to: each command, whom a reply would reach, or why all of it would be held."""
    below = [Branch(f"{line['said']}: {line['result']}") for line in step["commands"]]
    below += [Branch(f"a reply would reach {', '.join(step['reaches'])}")] if step["reaches"] else []
    yield Branch(f"would be held: {step['say']}" if step["say"] else "would be carried out", below)


def reason(of: str) -> str:
    """A reason in words, and as it is stored."""
    words = in_words(of)
    return f"{words} ({of})" if words != of else of


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
