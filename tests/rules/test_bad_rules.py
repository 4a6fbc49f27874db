"""Every mistake is told with file, line and the remedy. In the tables `<<` stands at the end of the line that is named."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import RulesError
from gateway.rules import Names, load
from support.fuzz import examples
from support.rulebook import NAMES, mistakes, rule_set

# What a beginner gets wrong, and what the message must tell to write instead.
BEGINNER = {
    "curly quotes": ("when.subject = “refund”  # <<", "write straight ones"),
    "backslash in double quotes": ('when.body.matches = "\\d+"  # <<', "put the text in single quotes"),
    "\\b in double quotes": ('when.body.matches = "\\bORD"  # <<', "put the pattern in single quotes"),
    "missing comma": ('when.subject = ["a"\n "b"]  # <<', 'a comma is missing before "b"'),
    "two values without brackets": ('when.subject = "refund", "invoice"  # <<', '["refund", "invoice"]'),
    "unclosed quote": ('when.subject = "refund  # <<', 'closing " is missing'),
    "no quotes": ("set.queue = billing  # <<", '"billing"'),
    "a colon": ('set.queue: "billing"  # <<', "write = instead of the colon"),
    "a space for a dot": ('set queue = "billing"  # <<', "set.queue ="),
    "True": ("stop = True  # <<", "write true, in lower case"),
    "yes": ("stop = yes  # <<", "write true"),
    "a size without quotes": ("when.size.over = 1 MB  # <<", '"1 MB"'),
    "plain value beside an operator": (
        "when.subject = \"a\"\nwhen.subject.matches = 'b'  # <<",
        "write `when.subject.contains = ...` (or .words, .is) beside `.matches`",
    ),
    "operator and then a plain value": (
        "when.subject.matches = 'b'\nwhen.subject = \"a\"  # <<",
        "write `when.subject.contains = ...` (or .words, .is) beside `.matches`",
    ),
    "a plain list beside an operator": (
        "when.subject = ['a', 'b']\nwhen.subject.matches = 'b'  # <<",
        "write `when.subject.contains = ...` (or .words, .is) beside `.matches`",
    ),
    "a key twice": ('set.queue = "billing"\nset.queue = "support"  # <<', "set.queue is given twice, see line 4"),
    "a line without =": ("when.subject refund  # <<", "an = is missing after when.subject"),
    "plain words": ("# remark\nif the mail is from bo  # <<", "a remark begins with #"),
    "a list that is not closed": ('when.subject = ["a", "b"\nset.queue = "billing"  # <<', "] is missing"),
    "quotes inside quotes": ('when.subject = "the "new" lamp"  # <<', "single quotes"),
    "no value": ("set.queue =  # <<", "the value is missing after set.queue"),
    "one bracket": ('stop = true\n[rule]  # <<\nname = "b"', "write [[rule]] with two brackets"),
    "brackets that do not match": ('stop = true\n[[rule]  # <<\nname = "b"', "write [[rule]]"),
    "a heading with one bracket too many": (
        "stop = true\n[rule.test]]  # <<\nexpect.rules = []",
        "write [[rule.test]]",
    ),
    "a heading misspelt and open": ("stop = true\n[[rule.tset]  # <<", "write [[rule.test]]"),
    "a heading with an accent": ("stop = true\n[[rüle]]  # <<", "did you mean [[rule]]?"),
    "a key beside a heading": ("stop = true\n[[rule.test]] expect.rules = []  # <<", "a line of its own"),
    "half of a table": ("when.any = [ { subj  # <<", "every key has a value"),
    "a table over two lines": ("set.queue_table = { a = 'support',  # <<\n b = 'billing' }", "must stand in one line"),
    "a comma too many": ("set.queue_table = { a = 'support', }  # <<", "delete the comma before }"),
    "a comment like in C": ("// hello  # <<\nstop = true", "a remark begins with #"),
    "a block of text": ('why = """  # <<\nlong\nset.queue = "billing"', '""" is missing'),
    "round brackets": ('when.subject = ("a", "b")  # <<', "square brackets"),
}

# Good TOML, wrong rule.
WRONG = {
    # keys of a rule
    "misspelt section": ('wehn.subject = "a"  # <<', "wehn: no such key in a rule, did you mean when?"),
    "if": ('if.subject = "a"  # <<', "did you mean when?"),
    "then": ('then.queue = "billing"  # <<', "did you mean set?"),
    "except": ('except.from = "a@b.c"  # <<', "did you mean unless?"),
    "action without set": ('queue = "billing"  # <<', "write set.queue to set it, when.queue to ask for it"),
    "tags without add": ('tags = ["a"]  # <<', "write add.tags"),
    "question without when": ('from = "bo@x.example"  # <<', "write when.from"),
    "no name": ('[[rule]]  # <<\nstop = true', "has no name"),
    "empty name": ('[[rule]]\nname = ""  # <<\nstop = true', "must be one line of text"),
    "does nothing": ('[[rule]]  # <<\nname = "x"\nwhen.subject = "a"', "does nothing"),
    "why is a list": ('why = ["a"]  # <<\nstop = true', "why: must be text in quotes"),
    "stop in quotes": ('stop = "true"  # <<', 'stop: must be true or false, without quotes, not "true"'),
    "force for nothing": ("stop = true\nforce = true  # <<", "changes nothing"),
    "quarantine without a reason": ("quarantine = true  # <<", "must be the reason in quotes"),
    "a trigger": ('on = "craeted"  # <<\nstop = true', 'no such trigger: "craeted", did you mean created?'),
    "no trigger": ("on = []  # <<\nstop = true", "is an empty list"),
    # conditions
    "an operator": ('when.subject.contians = "a"  # <<', "when.subject.contians: no such operator, did you mean contains?"),
    "an operator of others": ('when.size.matches = "a"  # <<', "matches is not for a size; size takes: over, under"),
    "a field": ('when.subjct = "a"  # <<', "when.subjct: no such field, did you mean subject?"),
    "message": ('when.message = "a"  # <<', "did you mean body"),
    "sender": ('when.sender = "bo@x.example"  # <<', "needs a name behind a dot"),
    "a part of sender": ("when.sender.knwon = true  # <<", "no such field, did you mean known?"),
    "no field": ('when.contains = "a"  # <<', "the field is missing, such as when.subject.contains"),
    "header without a name": ('when.header = "a"  # <<', "such as when.header.List-Id"),
    "a header that is not kept": ('when.header.Received = "a"  # <<', "is not kept for rules"),
    "an action among conditions": ("[rule.when]\nstop = true  # <<", "belongs to the rule, not to when"),
    "a number for text": ("when.subject = 1182  # <<", 'not the number 1182; write "1182"'),
    "an empty list": ("when.subject = []  # <<", "nothing ever matches"),
    "an empty text": ('when.subject = ""  # <<', "write .has = false"),
    "signs that are no words": ('when.subject = "c++"  # <<', 'write .contains = "c++"'),
    "a text for a pattern": (f'when.subject = "{"a " * 251}"  # <<', "has more than 500 characters"),
    "a star in the middle": ('when.subject = "re*nd"  # <<', "only at the end of a word"),
    "a star in a name": ('when.source = "imap:*"  # <<', 'write source.starts = "imap:"'),
    "a domain for an address": ('when.from = "acme.example"  # <<', 'write "*@acme.example"'),
    "an address with a name": ('when.from = "Bo <bo@x.example>"  # <<', "only local@domain"),
    "two addresses": ('when.from = "a@b.example, c@d.example"  # <<', "several as a list"),
    "a queue": ('when.queue = "biling"  # <<', "no such queue in [queues]: biling, did you mean billing?"),
    "a kind": ('when.kind = "spam"  # <<', "no such value: spam"),
    "an area": ('when.area = "delivery"  # <<', "no such area in [areas]: delivery"),
    "an own field": ('when.fields.ordr = "1"  # <<', "no such field in [fields]: ordr, did you mean order?"),
    "a calendar": ('when.hours = "offce"  # <<', "no such calendar in [calendars]: offce, did you mean office?"),
    "a list": ('when.from.list = "vips"  # <<', "no such list: rules/lists/vips.txt, did you mean vip?"),
    "a list as a file": ('when.from.list = "lists/vip.txt"  # <<', 'only the name of the list: "vip"'),
    "a size": ('when.size.over = "1"  # <<', '"1 KB" or "1 MB"'),
    "a bare size": ('when.size = "1 MB"  # <<', 'write when.size.over = "1 MB"'),
    "a duration": ('when.idle.over = "7 dyas"  # <<', "is no duration"),
    "a duration of nothing": ('when.idle.over = "0 days"  # <<', "must be more than nothing"),
    "less than a second": ('when.idle.over = "500 ms"  # <<', '"1 s" at least'),
    "a unit of no fixed length": ('when.idle.over = "1 month"  # <<', "write days"),
    "a bare duration": ('when.idle = "7 days"  # <<', "write when.idle.over"),
    "a flag in quotes": ('when.has_attachment = "true"  # <<', "must be true or false, without quotes"),
    "spam as a flag": ("when.spam = true  # <<", "must be a number without quotes"),
    "a priority": ('when.priority.over = "hihg"  # <<', "did you mean high?"),
    "a day": ('when.date = "24.12.2026"  # <<', 'must be a day such as "2026-12-24"'),
    "a period": ('when.date.between = "2026-12-24"  # <<', "takes the first and the last day"),
    "a period backwards": ('when.date.between = ["2026-12-24", "2026-12-01"]  # <<', "before it begins"),
    "a count": ('when.seen_recently = 5  # <<', "must be a table with by, within and over"),
    "a count by nothing": ('when.seen_recently = { by = "moon", within = "1 h", over = 5 }  # <<', "cannot count by"),
    "a pattern": ("when.body.matches = '(a'  # <<", "is no regular expression: missing ) at position 2 of '(a'"),
    "a pattern that fills the memory": ("when.body.matches = '(a{9000}){9000}'  # <<", "repeats too much"),
    "a pattern as a number": ("when.body.matches = 5  # <<", "in single quotes"),
    "a long pattern": (f"when.body.matches = '{'a' * 2_001}'  # <<", "use .list"),
    "an empty group": ("when.all = []\nwhen.any = [ {} ]  # <<", "is empty"),
    "not with several": ('when.not = [ { subject = "a" }, { subject = "b" } ]  # <<', "takes one table"),
    "a group that is no group": ('when.any = "a"  # <<', "takes lines such as"),
    "a mistake in a nested group": ('when.any = [\n  { subject = "a" },\n  { subjet = "b" },  # <<\n]', "did you mean subject?"),
    "when is a text": ('when = "a"  # <<', "takes lines such as when.subject"),
    # actions
    "an action": ('set.queu = "billing"  # <<', "set.queu: no such action, did you mean queue?"),
    "set assignee": ('set.assignee = "carol"  # <<', "did you mean set.assign"),
    "set tags": ('set.tags = ["a"]  # <<', "write add.tags"),
    "add queue": ('add.queue = "billing"  # <<', "write set.queue"),
    "set stop": ("set.stop = true  # <<", "belongs to the rule, not to set"),
    "set skills": ('set.skills = "network"  # <<', "write need.skills"),
    "queue that is none": ('set.queue = "biling"  # <<', "set.queue: no such queue in [queues]: biling, did you mean billing?"),
    "agent that is none": ('set.assign = ["sticky", "carl"]  # <<', "no such agent or strategy: carl, did you mean carol?"),
    "SLA that is none": ('set.sla = "gold"  # <<', "no such SLA in [sla]: gold; known: standard"),
    "template that is none": ('set.reply = "acknowledgment"  # <<', "no such template: acknowledgment, did you mean acknowledgement?"),
    "status that is none": ('set.status = "done"  # <<', "no such status: done"),
    "skill that is none": ('need.skills = "netwrk"  # <<', "did you mean network?"),
    "who is none": ('notify = "led"  # <<', "no such agent: led, did you mean lead?"),
    "a priority that is none": ('set.priority = "highest"  # <<', "did you mean high?"),
    "a list where one goes": ('set.queue = ["a", "b"]  # <<', "takes one value, not a list"),
    "nobody": ("set.assign = []  # <<", 'write set.assign = "none"'),
    "a tag with a space": ('add.tags = "two words"  # <<', "is no tag"),
    "a watcher": ('add.watchers = "eve"  # <<', "no such agent in [agents]: eve"),
    "a requester": ('set.requester = "Bo"  # <<', "is no address"),
    "a requester in a shape that no mail reaches": ('set.requester = "bo@x..example"  # <<', "is no address"),
    "a requester of ours": ('set.requester = "Support@acme.example"  # <<', "is an address of ours"),
    "an agent for a requester": ('set.requester = "carol@acme.example"  # <<', "is the agent carol's"),
    "a requester of an existing ticket": (
        'on = ["follow_up", "status"]\nset.requester = "bo@x.example"  # <<',
        'only an agent changes the requester of an existing ticket; write on = "created" or "mail"',
    ),
    "a language": ('set.language = "Czech"  # <<', "is no language code"),
    "an own field that is none": ('set.fields.ordr = "1182"  # <<', "did you mean order?"),
    "a value of an own field": ('set.fields.order = "12"  # <<', "does not look like the field's pattern"),
    "a choice of an own field": ('set.fields.shop = "prag"  # <<', "did you mean prague?"),
    "fields alone": ('set.fields = "1182"  # <<', "needs a name behind a dot"),
    "a number for a text": ("set.title = 5  # <<", 'write "5"'),
    "a line break in a value": ('set.title = "a\\nb"  # <<', "line break"),
    "a capture that is none": ("when.body.matches = '(?P<order>\\d+)'\nset.title = '{ordre}'  # <<", "{ordre} is captured by no pattern of this rule, did you mean order?"),
    "no capture at all": ("set.title = '{order}'  # <<", "write (?P<name>...)"),
    "a capture out of unless": ("unless.body.matches = '(?P<n>\\d)'\nset.title = '{n}'  # <<", "captured by no pattern"),
    "a table without a line": ('set.queue_table = { a = "support" }  # <<', 'write set.queue = "{topic}"'),
    "a table without a capture": ('set.queue = "support"  # <<\nset.queue_table = { a = "support" }', "no capture"),
    "a wrong value in a table": (
        "when.body.matches = '(?P<t>.)'\nset.queue = '{t}'\nset.queue_table = { \"my order\" = 'suport' }  # <<",
        'set.queue_table, "my order": no such queue in [queues]: suport, did you mean support?',
    ),
    "a table under the field": ('set.queue.table = { a = "b" }  # <<', "set.queue_table"),
    # tests
    "a key of the rule below its test": (
        'set.queue = "billing"\n[[rule.test]]\nexpect.queue = "billing"\nstop = true  # <<',
        "stop: belongs above the test: move stop before [[rule.test]]",
    ),
    "a condition below the test": (
        'stop = true\n[[rule.test]]\nexpect.rules = []\nwhen.subject = "a"  # <<', "when: belongs above the test",
    ),
    "a test of nothing": ('stop = true\n[[rule.test]]  # <<\nmail.subject = "a"', "expects nothing"),
    "a test with one bracket": ('stop = true\n[rule.test]  # <<\nexpect.queue = "billing"', "two brackets"),
    "a mail key without mail": ('stop = true\n[[rule.test]]\nsubject = "a"  # <<\nexpect.rules = []', "write mail.subject"),
    "an expectation without expect": ('stop = true\n[[rule.test]]\nqueue = "billing"  # <<\nexpect.rules = []', "write expect.queue"),
    "a key of a mail": ('stop = true\n[[rule.test]]\nmail.sbject = "a"  # <<\nexpect.rules = []', "mail.sbject: no such key in a test, did you mean subject?"),
    "a text of a mail": ('stop = true\n[[rule.test]]\nmail.text = "a"  # <<\nexpect.rules = []', "did you mean body?"),
    "an address of a mail": ('stop = true\n[[rule.test]]\nmail.from = "Bo"  # <<\nexpect.rules = []', "is no address"),
    "a key in the wrong part": ('stop = true\n[[rule.test]]\nmail.queue = "support"  # <<\nexpect.rules = []', "write ticket.queue"),
    "an expected queue": ('stop = true\n[[rule.test]]\nexpect.queue = "biling"  # <<', "did you mean billing?"),
    "an expectation": ('stop = true\n[[rule.test]]\nexpect.queu = "billing"  # <<', "did you mean queue?"),
    "an expected not": ('stop = true\n[[rule.test]]\nexpect.not = "billing"  # <<', "expect.not.queue"),
    "a trigger of a test": ('stop = true\n[[rule.test]]\non = "later"  # <<\nexpect.rules = []', "no such trigger"),
    "a time": ('stop = true\n[[rule.test]]\nat = "noon"  # <<\nexpect.rules = []', '"2026-12-24T10:00"'),
    "a file outside": ('stop = true\n[[rule.test]]\nfile = "../x.eml"  # <<\nexpect.rules = []', "below the rules folder"),
    "a file and a mail": ('stop = true\n[[rule.test]]\nfile = "x.eml"  # <<\nmail.subject = "a"\nexpect.rules = []', "not both"),
    "a status of a ticket": ('stop = true\n[[rule.test]]\nticket.status = "opn"  # <<\nexpect.rules = []', "did you mean open?"),
}  # fmt: skip


@pytest.mark.parametrize("case", [*BEGINNER, *WRONG])
def test_a_mistake_is_told_with_its_line_and_the_remedy(case: str) -> None:
    text, wanted = (BEGINNER | WRONG)[case]
    whole = text if text.startswith("[[rule]]") else f'# a remark\n[[rule]]\nname = "r"\n{text}\n'
    marked = whole.splitlines().index(next(line for line in whole.splitlines() if line.endswith("# <<"))) + 1
    told = mistakes(whole.replace("  # <<", ""))
    assert any(one.startswith(f"rules/a.toml:{marked}: ") and wanted in one for one in told), "\n".join(told)


def test_the_message_of_the_design() -> None:
    text = '[[rule]]\nname = "invoices"\nstop = true\nwhen.subject.contians = "a"\n'
    with pytest.raises(RulesError) as error:
        load({"rules/20-routing.toml": text}, NAMES)
    assert error.value.problems == (
        'rules/20-routing.toml:4: rule "invoices": when.subject.contians: no such operator, did you mean contains?',
    )


def test_all_mistakes_of_all_files_are_told_at_once_in_order() -> None:
    files = {
        "rules/b.toml": 'set.queue = "x',
        "rules/a.toml": '[[rule]]\nname = "r"\nset.queue = "x"\nset.priority = "y"\n[[rule]]\nname = "q"\nwhen.z = 1\nstop = true\n',
    }
    with pytest.raises(RulesError) as error:
        load(files, NAMES)
    assert [one.split(": ")[0] for one in error.value.problems] == [
        "rules/a.toml:3", "rules/a.toml:4", "rules/a.toml:7", "rules/b.toml:1",
    ]  # fmt: skip


def test_a_block_that_is_no_toml_does_not_hide_the_mistakes_of_the_others() -> None:
    text = """\
[[rule]]
name = "one"
when.subject = “a”
[[rule]]
name = "two"
set.queue = "biling"
[[rule]]
name = 'three'
why = \"\"\"never closed
stop = true
[[rule]]
name = "four"
set.queue = "support"
set.queue = "billing"
[[rule]]
name = "five"
set.priority = "hihg"
"""
    assert [one[: one.index('": ') + 1] for one in mistakes(text)] == [
        'rules/a.toml:3: rule "one"', 'rules/a.toml:6: rule "two"', 'rules/a.toml:9: rule "three"',
        'rules/a.toml:14: rule "four"', 'rules/a.toml:17: rule "five"',
    ]  # fmt: skip
    assert "see line 13" in mistakes(text)[3]


def test_thousands_of_mistakes_are_cut_short() -> None:
    told = mistakes("".join(f'[[rule]]\nname = "{number}"\nset.queue = "x"\n' for number in range(1_500)))
    assert len(told) == 1_001
    assert told[-1] == "and 500 mistakes more"


@pytest.mark.parametrize(
    "key", ["a.b" + ".a" * 200_000 + " = 1", "x = { a" + ".a" * 200_000 + " = 1 }", "[a" + ".a" * 200_000 + "]"]
)
def test_a_key_of_very_many_parts_takes_no_time(key: str) -> None:
    assert "a key has more than 100 parts" in mistakes(f'[[rule]]\nname = "r"\n{key}\n')[0]


def test_names_are_unique_over_all_files() -> None:
    files = {
        "a.toml": '[[rule]]\nname = "r"\nstop = true\nwhen.subject = "a"\n',
        "b.toml": '\n[[rule]]\nname = "r"\nadd.tags = "x"\n',
    }
    with pytest.raises(RulesError, match=r'b\.toml:2: rule "r": the name is taken by the rule in a\.toml:1'):
        load(files, NAMES)


@pytest.mark.parametrize("end", ["stop = true", 'quarantine = "all"'])
def test_rules_below_one_that_always_ends_everything_are_unreachable(end: str) -> None:
    text = f'[[rule]]\nname = "end"\n{end}\n[[rule]]\nname = "late"\nadd.tags = "x"\n'
    assert mistakes(text) == [
        'rules/a.toml:4: rule "late": can never be reached: rule "end" in rules/a.toml:1 ends every mail before it'
    ]
    assert mistakes(text.replace(end, f'{end}\nwhen.subject = "a"')) == []
    assert mistakes(text.replace('"late"', '"late"\non = "follow_up"')) == []
    assert mistakes(text.replace('"late"', '"late"\non = "mail"')) == []
    assert mistakes(text.replace('"end"', '"end"\non = "mail"').replace('"late"', '"late"\non = "mail"')) != []


def test_what_else_stands_in_a_rules_file_is_told() -> None:
    assert "a.toml:1: queue: no such key; a rules file holds [[rule]] blocks only" in mistakes('queue = "x"')[0]
    assert "it stands above the first [[rule]]" in mistakes('stop = true\n[[rule]]\nname = "r"\nstop = true')[0]
    assert "did you mean rule?" in mistakes('[[rules]]\nname = "r"\nstop = true')[0]
    assert "write [[rule]] with two brackets" in mistakes('[rule]\nname = "r"\nstop = true')[0]


def test_an_empty_file_and_one_with_a_byte_order_mark_are_fine() -> None:
    assert mistakes("") == []
    assert mistakes("# nothing yet\n") == []
    assert mistakes('\ufeff[[rule]]\r\nname = "r"\r\nstop = true\r\n') == []


def test_too_many_rules_are_refused() -> None:
    text = "".join(f'[[rule]]\nname = "{number}"\nadd.tags = "x"\n' for number in range(20_001))
    assert mistakes(text) == ["rules/a.toml:1: 20,001 rules, at most 20,000 in all"]


def test_deep_nesting_is_refused_not_crashed_on() -> None:
    deep = "{ not = " * 60 + '{ subject = "a" }' + " }" * 60
    assert "nested too deeply" in mistakes(f'[[rule]]\nname = "r"\nstop = true\nwhen.not = {deep}\n')[0]
    assert mistakes(f'[[rule]]\nname = "r"\nstop = true\nwhen.any = {"[" * 5_000}\n')


def test_without_any_names_only_what_names_something_is_refused() -> None:
    bare = Names()
    assert rule_set(
        '[[rule]]\nname = "r"\nwhen.status = "open"\nset.assign = "rota"\nset.reply = "none"\nset.category = "x"', bare
    )
    assert mistakes('[[rule]]\nname = "r"\nset.queue = "support"', bare)
    assert mistakes('[[rule]]\nname = "r"\nset.category = "x"', replace(bare, categories=("y",)))


_LINES = st.sampled_from([
    "[[rule]]", "[[rule.test]]", "[rule.when]", 'name = "r"', 'when.subject = "a"', "when.subject.matches = 'a'", "stop = true",
    'set.queue = "billing"', "when.any = [ { from = 'a@b.example' } ]", 'expect.queue = "billing"', "why = '''", '"""', "[", "]", "{", "}", "=",
    "x", "“", "\\", "'", '"', "a.b.c = 1", "when = 1", "rule = 1", "set.queue_table = {}", "#", "", "1979-05-27 = 1979-05-27", "\t", "\x00", "é = 1",
])  # fmt: skip


@settings(max_examples=examples(300))
@given(st.lists(st.one_of(_LINES, st.text(max_size=12)), max_size=12), st.sampled_from(["\n", "\n", " "]))
def test_no_text_makes_the_loader_fail_otherwise_than_with_its_mistakes(lines: list[str], between: str) -> None:
    text = between.join(lines)
    for one in mistakes(text):
        file, line, _ = one.split(":", 2)
        assert file == "rules/a.toml"
        assert 1 <= int(line) <= text.count("\n") + text.count("\r") + 2
