"""`gateway rules from-ticket`: what it writes loads above the rules of the site, and its test passes, for any mail."""

import re
import tomllib
from collections.abc import Iterator
from email.header import Header
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from gateway.config import Config, load
from gateway.config.rules_files import names
from gateway.from_ticket import rule_from_mail
from gateway.rule_tests import run_rule_tests
from gateway.rules import Facts
from gateway.rules import load as load_rules
from gateway.rules.testing import ExampleRun
from gateway.store import migrate, open_store, tables
from gateway.tomltext.writing import block, quoted
from support.desk import RULES, Desk
from support.fuzz import examples
from support.mails import mail

LIST = ("List-Id: Shop talk <shop-talk.lists.example.org>", "Precedence: list")
BODY_RULES = f"""\
[[rule]]
name = "order numbers"
when.body.matches = 'ORD-\\d+'
set.type = "request"

[[rule]]
name = "loud ones"
when.header.X-Shop = "loud"
when.size.over = "1 B"
unless.date = "2020-01-01"
unless.language = "xx"
set.type = "complaint"

{RULES}"""


def encoded(text: str) -> str:
    return Header(text, "utf-8", maxlinelen=70).encode()


MAILS = {
    "plain": mail(),
    "quotes in the subject": mail(subject='He said "no" and "never", "thrice"'),
    "single quotes": mail(subject="Ann's lamp isn't 'here'"),
    "triple quotes": mail(subject='"""', text='he wrote """this""" and ""that"" ""\n"""\nand ended with a "quote"'),
    "backslashes": mail(subject="C:\\temp\\new\\u0041 is full", text="C:\\\nD:\\x\\\n\\\\server\\share\\"),
    "umlauts": mail(subject=encoded("Rückerstattung für Straße 5"), text="Grüße aus Köln\n\nÄÖÜß"),
    "Cyrillic": mail(subject=encoded("Возврат денег за лампу"), text="Здравствуйте,\n\nверните деньги."),
    "Chinese": mail(subject=encoded("我的灯还没有到"), text="你好\n灯在哪里"),
    "Arabic with direction marks": mail(subject=encoded("\u202eمرحبا\u202c hello"), text="مرحبا\u200f\n\u202eabc"),
    "control characters": mail(
        subject=encoded("a\x07bell and \x1b[31mred"), text="x\x00y\n\x1b]0;title\x07\n\x7f\x85\x9b"
    ),
    "a carriage return in the text": mail(text="one\rtwo\r\nthree"),
    "an emoji": mail(subject=encoded("🔥 lamp 🔥"), text="🔥\n\U000e0041"),
    "stars and globs": mail(sender="a*b@ex[1]ample.net", subject="lamp* [a-z]? {order} *"),
    "no subject": mail(subject=""),
    "only a number": mail(subject="1182"),
    "no text": mail(text=""),
    "no sender": mail(sender="undisclosed"),
    "an odd sender": mail(sender='"a b"@example.net'),
    "a very long subject": mail(subject="lamp " * 400),
    "a very long text": mail(text="\n".join(f"line {n} of a text that goes on" for n in range(3000)) + "\nORD-7"),
    "one very long line": mail(text="word" * 5000),
    "a list": mail(subject="Digest", headers=LIST),
    "a header that a rule asks for": mail(headers=("X-Shop: very loud", "X-Shop: twice")),
    "a reply": mail(subject="Re: AW: [Acme #1] My lamp"),
    "names of a TOML kind": mail(subject="[[rule]]", text='[[rule]]\nname = "x"\n# no remark\n'),
    "many recipients": mail(to=", ".join(f"p{n}@example.org" for n in range(40)) + ", support@acme.example"),
    "words joined by odd signs": mail(subject="foo_bar don't e-mail a/b"),
    "marked as urgent": mail(headers=("X-Priority: 1 (Highest)", "Importance: high")),
}


@pytest.fixture
def on_sqlite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """What is tried on many mails does not depend on the kind of database."""
    url = f"sqlite:///{tmp_path}/data/gateway.db"
    store = open_store(url, tmp_path / "data")
    migrate.ensure(store)
    yield Desk(tmp_path, store, url, capsys.readouterr)
    store.close()


def ticket_of(desk: Desk, raw: bytes, **values: Any) -> int:
    """A ticket that this mail opened; an agent has set `values` since."""
    spool_id = desk.take_in(raw)
    desk.work()
    with desk.store.main.write() as conn:
        number = conn.execute(select(tables.mail.c.ticket).where(tables.mail.c.spool_id == spool_id)).scalar_one()
        if values:
            conn.execute(update(tables.ticket).where(tables.ticket.c.number == number).values(**values))
    return int(number)


def tried(desk: Desk, text: str) -> dict[str, Any]:
    """The rule as printed, put in front of the site's rules: it loads, all tests pass, and what it says."""
    (desk.folder / "rules" / "00-new.toml").write_text(text, encoding="utf-8")
    checked = desk.run("rules", "test")
    assert checked.code == 0, (checked, text)
    assert checked.out.startswith("1 tests, all passed")
    (rule,) = tomllib.loads(text)["rule"]
    found: dict[str, Any] = rule
    return found


@pytest.mark.parametrize("rules", [RULES, BODY_RULES], ids=["few rules", "rules on texts and headers"])
@pytest.mark.parametrize("what", MAILS)
def test_it_loads_and_its_test_passes(on_sqlite: Desk, what: str, rules: str) -> None:
    on_sqlite.rules = rules
    number = ticket_of(on_sqlite, MAILS[what], queue="billing", priority="high", type="problem", tags=["vip", "shop"])
    answer = on_sqlite.run("rules", "from-ticket", str(number))
    assert (answer.code, answer.err) == (0, "")
    rule = tried(on_sqlite, answer.out)
    assert rule["set"].items() >= {"priority": "high", "type": "problem"}.items()
    assert rule["add"]["tags"] == ["vip", "shop"]
    assert rule["test"][0]["expect"]["rules"] == [rule["name"]]
    for other in re.findall(r"^# (when\..*)$", answer.out, re.MULTILINE):
        tried(on_sqlite, re.sub(r"^when\..*$", lambda _, line=other: line, answer.out, count=1, flags=re.MULTILINE))
    assert all(sign >= " " or sign in "\n\t" for sign in answer.out)
    assert not any("\x7f" <= sign <= "\x9f" or "\u2028" <= sign <= "\u202e" for sign in answer.out)


@pytest.mark.parametrize("name", [".", "a.b", "example", "x y.example", "..."])
def test_a_list_id_that_says_little_is_no_condition(on_sqlite: Desk, name: str) -> None:
    number = ticket_of(on_sqlite, mail(subject="Digest of lamps", headers=(f"List-Id: <{name}>",)), queue="billing")
    assert "List-Id.contains" not in on_sqlite.run("rules", "from-ticket", f"#{number}").out


def test_every_alternative_would_do(desk: Desk) -> None:
    raw = mail(subject="Digest of lamps and lights", headers=LIST)
    number = ticket_of(desk, raw, queue="billing")
    text = desk.run("rules", "from-ticket", f"#{number}").out
    whens = [line for line in text.splitlines() if line.startswith(("when.", "# when."))]
    assert whens == [
        'when.header.List-Id.contains = "shop-talk.lists.example.org"',
        '# when.subject = "digest of lamps and lights"',
        '# when.from = "*@example.net"',
        '# when.recipient = "support@acme.example"',
        '# when.text = ["digest", "lights", "lamps"]',
        '# when.kind = "list"',
    ]
    for other in whens[1:]:
        rule = tried(desk, text.replace(whens[0], other.removeprefix("# ")))
        assert rule["set"] == {"queue": "billing"}


def test_only_what_the_rules_did_not_give(desk: Desk) -> None:
    number = ticket_of(desk, mail(subject="Refund please"), priority="urgent", tags=["money", "vip"])
    rule = tried(desk, desk.run("rules", "from-ticket", str(number)).out)
    assert (rule["set"], rule["add"]) == ({"priority": "urgent"}, {"tags": ["vip"]})
    assert rule["test"][0]["expect"] == {"priority": "urgent", "tags": ["vip"], "rules": [rule["name"]]}


def test_a_ticket_that_nobody_changed(desk: Desk) -> None:
    number = ticket_of(desk, mail())
    answer = desk.run("rules", "from-ticket", str(number))
    assert "The rules gave all that the ticket has now" in answer.out
    assert tried(desk, answer.out)["set"] == {"queue": "support"}


def test_what_is_no_longer_declared_is_left_out(desk: Desk) -> None:
    number = ticket_of(desk, mail(), queue="closed-down", priority="high", tags=["with space"])
    rule = tried(desk, desk.run("rules", "from-ticket", str(number)).out)
    assert rule["set"] == {"priority": "high"}
    assert "add" not in rule


def test_a_follow_up(desk: Desk) -> None:
    number = ticket_of(desk, mail())
    ticket_of(desk, mail(subject=f"Re: [Acme #{number}] My lamp", text="still not here"))
    with desk.store.main.write() as conn:
        conn.execute(update(tables.ticket).values(priority="urgent"))
        mails = select(tables.mail.c.id).where(tables.mail.c.ticket == number, tables.mail.c.direction == "in")
        first, second = sorted(conn.execute(mails).scalars())
    asked = desk.ask("rules", "from-ticket", str(number), "--mail", str(second))
    assert (asked["ticket"], asked["mail_id"]) == (number, second)
    rule = tried(desk, asked["text"])
    assert (rule["on"], rule["set"]["priority"]) == ("follow_up", "urgent")
    assert rule["test"][0]["ticket"]["status"] == "new"
    assert desk.ask("rules", "from-ticket", str(number))["mail_id"] == first


def test_a_name_that_is_taken(desk: Desk) -> None:
    number = ticket_of(desk, mail())
    text = desk.run("rules", "from-ticket", str(number)).out
    name = tried(desk, text)["name"]
    again = tomllib.loads(desk.run("rules", "from-ticket", str(number)).out)["rule"][0]
    assert again["name"] == f"{name} (2)"


def test_what_is_not_there(desk: Desk) -> None:
    number = ticket_of(desk, mail())
    assert desk.run("rules", "from-ticket", "999").code == 66
    assert desk.run("rules", "from-ticket", str(number), "--mail", "999").code == 66
    with desk.store.main.write() as conn:
        conn.execute(update(tables.mail).values(facts={"event": 7}))
    answer = desk.run("rules", "from-ticket", str(number))
    assert (answer.code, answer.out) == (1, "")
    assert "cannot be read" in answer.err


# ---- whatever a stranger writes ------------------------------------------------------------------------------------

HEADING = re.compile(r"(?m)^[ \t]*\[\[?[ \t]*[\w.]+[ \t]*\]\]?")


def test_a_line_of_a_mail_is_never_taken_for_a_rule(on_sqlite: Desk) -> None:
    """Neither by the loader, which looks for headings where some block is no TOML, nor where a quote gets lost."""
    rule = '[[rule]]\nname = "all mine"\nset.queue = "billing"\n'
    number = ticket_of(on_sqlite, mail(subject="Lamps", text=f"Hello,\n\n{rule}\n  [[rule]]\n[x]\nbye"))
    text = on_sqlite.run("rules", "from-ticket", str(number)).out
    assert HEADING.findall(text) == ["[[rule]]", "  [[rule.test]]"]
    path = on_sqlite.folder / "rules" / "00-new.toml"
    path.write_text(f'{text}\n[[rule]]\nname = "broken"\nset.queue = billing\n')
    (mistake,) = on_sqlite.run("rules", "check").err.splitlines()
    assert 'rule "broken"' in mistake
    path.write_text(text.replace('"""', "", 1))
    (mistake,) = on_sqlite.run("rules", "check").err.splitlines()
    assert "all mine" not in mistake


TOML_LIKE = st.sampled_from(
    ["[[rule]]", 'name = "x"', "set.queue", "=", '"""', "'''", '"', "\\", "\n", "\r\n", "\t", " ", "#", "{", ",",
     "[", "]", "a." * 120, "\\u005b", "\u2028", "\x85", "\ufeff", "\x00", "\x7f", "word", "\ud800"]
)  # fmt: skip
ANY_MAIL_TEXT = st.lists(TOML_LIKE | st.text(max_size=8), max_size=30).map("".join)
CFG = """\
[gateway]
name = "acme"
[mail]
from = "Acme Support <support@acme.example>"
[mail.addresses]
"support@acme.example" = "support"
[queues.support]
[queues.billing]
"""


@pytest.fixture(scope="module")
def cfg(tmp_path_factory: pytest.TempPathFactory) -> Config:
    path = tmp_path_factory.mktemp("site") / "config.toml"
    path.write_text(CFG)
    return load(path, secrets=False)


@settings(max_examples=examples(60), deadline=None)
@given(body=ANY_MAIL_TEXT, subject=ANY_MAIL_TEXT)
def test_any_mail_becomes_one_rule_that_loads_and_whose_test_passes(cfg: Config, body: str, subject: str) -> None:
    rules = load_rules({"rules/10-all.toml": RULES}, names(cfg, {"acknowledgement"}, {}))
    facts = Facts(
        from_="ann@example.net", recipient="support@acme.example", subject=subject, body=body,
        headers=(("list-id", f"<{subject[:30]}>"), ("precedence", body[:30])), attachments=(subject, body[:50]),
        known={"queue": "support"},
    )  # fmt: skip
    ticket = {
        "queue": "billing",
        "priority": "high",
        "tags": [],
        **dict.fromkeys(("type", "category", "area", "impact")),
    }
    text = rule_from_mail(facts, ticket, rules, cfg, number="#7", mail_id=3)
    (rule,) = load_rules({"rules/00-new.toml": text}, rules.names).rules
    whole = load_rules({"rules/00-new.toml": text, **rules.files}, rules.names)
    assert run_rule_tests(cfg, whole) == ExampleRun(tests=1, failures=(), matched=ANY)
    clean = re.sub("[\ud800-\udfff]", "\ufffd", body).strip()
    assert clean.startswith(rule.examples[0].mail.get("body", ""))
    assert bool(rule.examples[0].mail.get("body")) is bool(clean)
    assert HEADING.findall(text) == ["[[rule]]", "  [[rule.test]]"]


ANY_TEXT = st.text(st.characters(codec="utf-8"))


@given(ANY_TEXT)
def test_any_text_comes_back(text: str) -> None:
    assert tomllib.loads(f"a = {quoted(text)}") == {"a": text}
    assert tomllib.loads(f"a = {block(text)}") == {"a": text}


@given(st.text('"\\\n a\r\t'))
def test_any_quotes_come_back(text: str) -> None:
    assert tomllib.loads(f"a = {block(text)}") == {"a": text}
