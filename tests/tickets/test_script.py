"""How the first lines of an agent's mail are read: columns of texts and what comes of them."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.tickets.commands import BY_WORD, COMMANDS, Assign, Call, How, Kind, Role, Tags, Use
from gateway.tickets.script import forbidden, read_line, without_ticket
from support.commanding import NAMES, given, kinds, script_of

DAVE = Assign(how=How.AGENT, agent="dave")

# ---- what is read --------------------------------------------------------------------------------------------------

READ: list[tuple[str, str, list[tuple[str, Any]], str]] = [
    ("one", "#close", [("close", None)], ""),
    ("two, then the text", "#close\n#assign dave\n\nDear Bo,\nit is done.", [("close", None), ("assign", DAVE)], "Dear Bo,\nit is done."),
    ("no empty line between", "#close\nDear Bo", [("close", None)], "Dear Bo"),
    ("blank lines before and between", "\n\n#close\n\n#assign dave\n", [("close", None), ("assign", DAVE)], ""),
    ("an alias", "#done\n#prio high", [("resolve", None), ("priority", "high")], ""),
    ("an alias in two words", "#on-hold", [("hold", None)], ""),
    ("upper case", "#CLOSE\n#Assign Dave", [("close", None), ("assign", DAVE)], ""),
    ("no-break spaces", "\u00a0#assign\u00a0dave\u00a0", [("assign", DAVE)], ""),
    ("a thin space and a tab", "#assign\u2009dave\n#tag\t+vip", [("assign", DAVE), ("tag", Tags(add=("vip",)))], ""),
    ("indented", "   #close", [("close", None)], ""),
    ("characters nobody sees", "\ufeff#cl\u200bose\u200e\n\u200b\n#assign da\u00advе".replace("е", "e"), [("close", None), ("assign", DAVE)], ""),
    ("punctuation behind the word", "#close.\n#assign: dave\n#tag, +vip", [("close", None), ("assign", DAVE), ("tag", Tags(add=("vip",)))], ""),
    ("a colon without a blank", "#assign:dave", [("assign", DAVE)], ""),
    ("smart quotes around a name", "#assign “Dave Okafor”", [("assign", DAVE)], ""),
    ("a greeting is text", "Hello,\nit is done.", [], "Hello,\nit is done."),
    ("text alone", "It is done.", [], "It is done."),
    ("nothing at all", "", [], ""),
    ("a heading", "# What we did\n\nIt is done.", [], "# What we did\n\nIt is done."),
    ("a heading below commands", "#close\n\n# What we did\nx", [("close", None)], "# What we did\nx"),
    ("a heading that begins with a word of ours", "# Files that we changed\nx", [], "# Files that we changed\nx"),
    ("two of them", "# Open points\nx", [], "# Open points\nx"),
    ("a smaller heading", "## note", [], "## note"),
    ("a number", "#1 of our list is done.", [], "#1 of our list is done."),
    ("a number below commands", "#close\n#1042 is the same.", [("close", None)], "#1042 is the same."),
    ("a sign alone", "#", [], "#"),
    ("a line of them", "#####\nx", [], "#####\nx"),
    ("a program", "#!/bin/sh\nls", [], "#!/bin/sh\nls"),
    ("escaped", "\\#close is what I typed", [], "#close is what I typed"),
    ("escaped below", "#resolve\n\nDear Bo,\n\\#list is a command.", [("resolve", None)], "Dear Bo,\n#list is a command."),
    ("a list", "- one\n- two", [], "- one\n- two"),
    ("other hashtags in the text", "Dear Bo,\n#BlackFriday is over.\n#1 too", [], "Dear Bo,\n#BlackFriday is over.\n#1 too"),
    ("a command within a line", "Please see ticket #open for more", [], "Please see ticket #open for more"),
    ("a path", "/files/a.txt is missing", [], "/files/a.txt is missing"),
    ("quoted words of ours in the text", "Dear Bo,\n> #close\nthat is a command.", [], "Dear Bo,\n> #close\nthat is a command."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "calls", "rest"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_what_is_read(text: str, calls: list[tuple[str, Any]], rest: str) -> None:
    script = script_of(text)
    assert (given(script), script.rest, script.misread) == (calls, rest, ())
    assert script.use == (Use.REPLY if rest else Use.NOTHING)


def test_every_word_of_the_table_is_read_in_a_mail() -> None:
    for word, command in BY_WORD.items():
        for typed in (word, word.upper(), word.title()):
            script = script_of(f"#{typed}")
            told = [call.command for call in script.calls] + [one.command for one in script.misread]
            assert set(told) == {command.name}, typed


# ---- what is not ---------------------------------------------------------------------------------------------------

MISREAD: list[tuple[str, str, Kind, str]] = [
    ("an unknown word", "#clsoe", Kind.UNKNOWN, "did you mean #close?"),
    ("nothing near", "#grüezi mitenand", Kind.UNKNOWN, "#help lists them all"),
    ("a hashtag", "#BlackFriday is over", Kind.UNKNOWN, "write \\# for #"),
    ("unknown below a known one", "#close\n#asign dave\n\nDear Bo", Kind.UNKNOWN, 'line 2, "#asign dave"'),
    ("an underscore", "#_note_", Kind.UNKNOWN, "is no command"),
    ("several signs", "##note", Kind.UNKNOWN, "has more than one #"),
    ("a Cyrillic letter", "#сlose", Kind.LOOKALIKE, 'the "с" in "#сlose" is another letter (Cyrillic)'),
    ("a Cyrillic capital", "#СLOSE", Kind.LOOKALIKE, "type #close anew"),
    ("a Greek letter", "#clοse", Kind.LOOKALIKE, "Greek"),
    ("wide letters", "#ｎｏｔｅ", Kind.LOOKALIKE, "Fullwidth"),
    ("an accent", "#nóte x", Kind.LOOKALIKE, "type #note anew"),
    ("a wide sign", "＃close", Kind.LOOKALIKE, '"＃" only looks like #'),
    ("a wide sign and a slip", "＃clsoe", Kind.LOOKALIKE, "write #close"),
    ("a sharp", "♯note x", Kind.LOOKALIKE, "only looks like #"),
    ("the emoji of a key", "#\ufe0f\u20e3note x", Kind.LOOKALIKE, "a sign is joined to #"),
    ("the key of another keyboard", "£note secret", Kind.LOOKALIKE, '"£" stands where # should'),
    ("the sign of another system", "/assign dave", Kind.LOOKALIKE, '"/" stands where # should'),
    ("a blank behind the sign", "# note", Kind.SPACED, "write #note"),
    ("and words", "# Note she is difficult", Kind.SPACED, "\\# for # where it is a heading"),
    ("and a name", "# assign dave", Kind.SPACED, "a blank stands behind #"),
    ("bold in plain text", "*#note* secret", Kind.DECORATED, 'stands behind "*"'),
    ("in quotes", "“#close”", Kind.DECORATED, "at the start of the line"),
    ("as code", "`#close`", Kind.DECORATED, "plain"),
    ("as an item", "- #close", Kind.DECORATED, 'stands behind "-"'),
    ("as a numbered item", "1. #close", Kind.DECORATED, 'stands behind "1."'),
    ("as another item", "• #assign dave", Kind.DECORATED, "plain"),
    ("no blank behind the word", "#assign=dave", Kind.UNKNOWN, 'needs a blank behind "assign"'),
    ("a quote behind the word", "#note“secret”", Kind.UNKNOWN, 'needs a blank behind "note"'),
    ("text behind a command that takes none", "#close the ticket please", Kind.ARGUMENT, "#close takes nothing behind it"),
    ("two on a line", "#close #assign dave", Kind.ARGUMENT, "takes nothing"),
    ("an unknown agent", "#assign dvae", Kind.ARGUMENT, "#assign cannot be read: there is no agent"),
    ("nobody named", "#assign", Kind.MISSING, "#assign needs the name of an agent"),
    ("several agents", "#assign okafor", Kind.AMBIGUOUS, "Dave Okafor (dave) or Dan Okafor (dan)"),
    ("a day that was", "#due 24 Nov", Kind.PAST, "is past"),
    ("a note without text", "#note", Kind.MISSING, "write the note below it"),
    ("a note with a signature alone", "#note\n\nCarol Reyes\nAcme Support", Kind.MISSING, "write the note below it"),
    ("a reply without text", "#reply\n", Kind.MISSING, "write the reply below it"),
    # two that do not go together
    ("note and reply", "#note\n#reply\nx", Kind.CONFLICT, "#reply does not go with #note: each takes the text"),
    ("note and forward", "#forward bo@x.example\n#note\nx", Kind.CONFLICT, "#note does not go with #forward"),
    ("close and open", "#close\n#open", Kind.CONFLICT, "a ticket has one status"),
    ("hold and an alias", "#hold\n#pending", Kind.CONFLICT, "#wait does not go with #hold"),
    ("send and drop", "#send\n#drop", Kind.CONFLICT, "#drop does not go with #send"),
    ("pin and unpin", "#pin\n#unpin", Kind.CONFLICT, "opposite"),
    ("twice", "#assign dave\n#assign me", Kind.REPEATED, "stands in line 1 too"),
    ("a tag up and down", "#tag +vip\n#tag -vip", Kind.CONFLICT, "vip is both added and taken away"),
    ("spam and a text", "#spam\n\nDear Bo", Kind.CONFLICT, "spam is not answered"),
    ("send and a text", "#send\n\nDear Bo", Kind.CONFLICT, "write #drop"),
    ("for without new", "#for bo@x.example", Kind.CONFLICT, "write #new above it"),
    ("new and a ticket that is there", "#new\n#merge 7\nx", Kind.CONFLICT, "#new opens another"),
    ("a question and a text", "#help\n\nDear Bo, thanks", Kind.AMBIGUOUS, "nobody can tell whom the text below is for"),
    ("away and a text", "#away until monday\n\nsee you all", Kind.AMBIGUOUS, "write #note or #reply"),
    # what stands below a text
    ("below a greeting", "Hello Bo,\n#note she is difficult", Kind.BELOW_TEXT, "put #note [TEXT] at the very top"),
    ("at the end", "It is done.\n\n#close", Kind.BELOW_TEXT, "where no command is read"),
    ("mistyped at the end", "It is done.\n\n#clsoe", Kind.BELOW_TEXT, "put #close at the very top"),
    ("unreadable at the end", "It is done.\n\n#assign dvae", Kind.BELOW_TEXT, "put #assign"),
    ("bold at the end", "It is done.\n\n*#close*", Kind.BELOW_TEXT, "put #close"),
    ("below commands and text", "#resolve\nDear Bo\n#note secret", Kind.BELOW_TEXT, "put #note"),
    ("below an explicit reply", "#reply\nDear Bo\n#close", Kind.BELOW_TEXT, "put #close"),
    ("below a note", "#note she called\nall fine\n#close", Kind.BELOW_TEXT, "put #close"),
    # what may be half a line
    ("a wrapped title", "#title A rather long title that a client broke in two, somewhere about\nhere\n\nDear Bo", Kind.WRAPPED, "put an empty line between"),
    ("a long list of people", "#cc +a-long-address@customer.example +another-one@customer.example\n+a-third@customer.example", Kind.WRAPPED, "nobody can tell"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "say"), [row[1:] for row in MISREAD], ids=[row[0] for row in MISREAD])
def test_what_is_not_read_is_told(text: str, kind: Kind, say: str) -> None:
    script = script_of(text)
    assert kinds(script) == [kind], script.misread
    assert say in script.misread[0].say
    assert "\n" not in script.misread[0].say
    assert script.misread[0].line in " ".join(text.split())


def test_every_mistake_is_told_at_once() -> None:
    script = script_of("#clsoe\n#assign dvae\n#due soon\n#tag +vip\n\nDear Bo\n#note x")
    assert kinds(script) == ["unknown", "argument", "argument", "below_text"]
    assert [one.at for one in script.misread] == [1, 2, 3, 7]
    assert given(script) == [("tag", Tags(add=("vip",)))], "what is right is told too, and not carried out"


def test_a_thousand_commands_are_too_many() -> None:
    script = script_of("#tag +a\n" * 1000)
    assert kinds(script) == ["too_many"]
    assert "may hold 100" in script.misread[0].say
    assert len(script_of("#clsoe\n" * 1000).misread) <= 20


def test_a_text_of_signs_alone_costs_no_time_and_is_held() -> None:
    script = script_of("Dear Bo,\n" + "\n".join(f"#w{number}" for number in range(100_000)))
    assert kinds(script) == ["too_many"]
    assert "send them as a file" in script.misread[0].say


# ---- what the text is ----------------------------------------------------------------------------------------------

USES = [
    ("a note, all of it", "#note she called\nand again\n\nand again", Use.NOTE, "she called\nand again\n\nand again"),
    ("a note below the word", "#note\n\nshe called", Use.NOTE, "she called"),
    ("commands below the note", "#note she called\n#close\n\nall fine", Use.NOTE, "she called\nall fine"),
    ("a long note broken in two", "#note " + "word " * 12 + "\nmore words", Use.NOTE, ("word " * 12).strip() + "\nmore words"),
    ("a note that speaks of commands", "#note\nI told Dave to\n#merge with care", Use.NOTE, "I told Dave to\n#merge with care"),
    ("a reply", "#reply\nDear Bo", Use.REPLY, "Dear Bo"),
    ("a reply from the first line on", "#reply Dear Bo,\nit is done", Use.REPLY, "Dear Bo,\nit is done"),
    ("a description", "#describe The lamp\nis broken", Use.DESCRIPTION, "The lamp\nis broken"),
    ("a question to somebody", "#forward bo@x.example\n\nCan you deliver?", Use.QUESTION, "Can you deliver?"),
    ("a question without words", "#forward bo@x.example", Use.NOTHING, ""),
    ("a new ticket", "#new billing\n#for bo@x.example\n\nBo called.", Use.OPENING, "Bo called."),
    ("a canned reply and a text", "#canned out-of-stock\n\nDear Bo", Use.REPLY, "Dear Bo"),
    ("a canned reply that is a reply", "#reply\n#canned out-of-stock", Use.NOTHING, ""),
    ("a canned reply with a note", "#canned out-of-stock\n#note told him", Use.NOTE, "told him"),
    ("another in its place", "#cancel\n\nDear Bo", Use.REPLY, "Dear Bo"),
    ("spam with a note", "#spam\n#note a known one", Use.NOTE, "a known one"),
    ("a question with a note", "#show 7\n#note looked at it", Use.NOTE, "looked at it"),
    ("a signature alone", "#close\n\nCarol Reyes\nAcme Support\n+420 222 333 444", Use.NOTHING, ""),
    ("a closing and a first name", "#close\n\nBest regards,\nCarol", Use.NOTHING, ""),
    ("both in a line", "#help\n\nThanks, Carol", Use.NOTHING, ""),
    ("thanks alone are an answer", "#close\n\nThanks!", Use.REPLY, "Thanks!"),
    ("another's name is an answer", "#close\n\nDave Okafor", Use.REPLY, "Dave Okafor"),
    ("an answer with a signature", "#close\n\nIt is done.\nCarol", Use.REPLY, "It is done.\nCarol"),
    ("a signature without a command", "Best, Carol", Use.REPLY, "Best, Carol"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "use", "whole"), [row[1:] for row in USES], ids=[row[0] for row in USES])
def test_what_the_text_is(text: str, use: Use, whole: str) -> None:
    script = script_of(text)
    assert (script.misread, script.use, script.text) == ((), use, whole)


def test_words_joined_on_purpose_stay_joined_in_a_note() -> None:
    assert script_of("#note 👩\u200d💻 می\u200cخواهم").text == "👩\u200d💻 می\u200cخواهم"


# ---- who, and where ------------------------------------------------------------------------------------------------


def test_dangerous_commands_are_a_leads() -> None:
    calls = script_of("#merge 7\n#assign dave").calls
    assert [one.command for one in forbidden(calls, Role.AGENT)] == ["merge"]
    assert forbidden(calls, "agent")[0].kind is Kind.ROLE
    assert 'role = "lead"' in forbidden(calls, "agent")[0].say
    assert forbidden(calls, Role.LEAD) == forbidden(calls, "lead") == ()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_by_its_role(name: str) -> None:
    call = Call(command=name, argument=None, line=f"#{name}", at=1)
    assert bool(forbidden((call,), "agent")) == (COMMANDS[name].role is Role.LEAD)
    assert bool(forbidden((call,), "nonsense")) == (COMMANDS[name].role is Role.LEAD)
    assert forbidden((call,), "lead") == ()


def test_a_command_needs_its_ticket() -> None:
    told = without_ticket(script_of("#close\n#help").calls)
    assert [(one.command, one.kind) for one in told] == [("close", Kind.NO_TICKET)]
    assert without_ticket(script_of("#new\n#assign dave\nBo called").calls) == ()
    assert without_ticket(script_of("#list\n#away until monday").calls) == ()


# ---- the command line ----------------------------------------------------------------------------------------------


def test_the_command_line_reads_the_same_table() -> None:
    assert given(read_line(["assign", "Dave", "Okafor"], NAMES)) == [("assign", DAVE)]
    assert given(read_line(["#assign", "dave"], NAMES)) == [("assign", DAVE)]
    assert given(read_line(["tag", "+vip", "-slow"], NAMES)) == [("tag", Tags(add=("vip",), drop=("slow",)))]
    script = read_line(["note", "she called"], NAMES, text="and again\n")
    assert (script.use, script.text) == (Use.NOTE, "she called\nand again")
    assert read_line(["note", "one\ntwo"], NAMES).text == "one\ntwo"
    assert read_line(["reply"], NAMES, text="Dear Bo").text == "Dear Bo"


@pytest.mark.parametrize(
    ("words", "say"),
    [
        (["clsoe"], "did you mean close?"),
        (["assign", "dvae"], "assign cannot be read: there is no agent"),
        (["cancel"], "is for mail alone"),
        (["1042"], "is no command"),
        ([], "is no command"),
        (["new", "billing"], "is for mail alone"),
        (["сlose"], "type close anew"),
    ],
)
def test_the_command_line_says_what_is_wrong(words: list[str], say: str) -> None:
    script = read_line(words, NAMES)
    assert script.calls == ()
    assert say in script.misread[0].say
    assert "#" not in script.misread[0].say


def test_nobody_is_me_at_the_command_line() -> None:
    script = read_line(["assign", "me"], replace(NAMES, me=""))
    assert "write the agent's name" in script.misread[0].say
