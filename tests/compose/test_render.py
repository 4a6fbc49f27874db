"""Templates: which file serves, what they may do, and that a broken one is told and replaced (T138-T140)."""

import os
from enum import StrEnum
from pathlib import Path

import jinja2
import pytest

from gateway.compose import builtin
from gateway.compose.render import Broken, Templates
from gateway.compose.sandbox import OUTPUT_CAP
from gateway.errors import ConfigError

CONTEXT = {
    "ticket": {"number": "7", "tag": "[Acme #7]"},
    "subject": "My lamp",
    "customer": {"name": "Ann <b>", "address": "ann@example.net"},
    "text": "line one\nline two",
    "tags": ["a", "b"],
    "nothing": None,
}


def templates(**sources: str) -> Templates:
    """Keyword names with `__` for `/` and `_dot_` for a further dot, of .txt files."""
    return Templates({f"{name.replace('__', '/').replace('_dot_', '.')}.txt": text for name, text in sources.items()})


def mail(body: str, subject: str = "S") -> str:
    return f"Subject: {subject}\n\n{body}\n"


def body_of(source: str, context: dict = CONTEXT) -> str:
    return templates(t=mail(source)).render_file("t.txt", context).text.rstrip("\n")


@pytest.mark.parametrize("version", ["2.11.3", "3.0.9", "3.1.5"])
def test_a_jinja_with_holes_in_its_sandbox_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    """T151."""
    monkeypatch.setattr(jinja2, "__version__", version)
    with pytest.raises(ConfigError, match=f"Jinja2 {version} is installed"):
        Templates.load(tmp_path)


@pytest.mark.parametrize("version", ["3.1.6", "3.1.10", "3.2.0rc1", "4.0"])
def test_later_ones_are_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
    monkeypatch.setattr(jinja2, "__version__", version)
    Templates.load(tmp_path)


ALL = templates(
    support__reply_dot_de=mail("queue and language"),
    support__reply=mail("queue"),
    reply_dot_de=mail("language"),
    reply=mail("plain"),
)


@pytest.mark.parametrize(
    ("queue", "language", "said"),
    [
        ("support", "de", "queue and language"),
        ("support", "de-AT", "queue and language"),
        ("support", "DE", "queue and language"),
        ("support", "fr", "queue"),
        ("support", "", "queue"),
        ("billing", "de", "language"),
        ("billing", "fr", "plain"),
        ("", "de", "language"),
        ("", "", "plain"),
    ],
)
def test_which_file_serves(queue, language, said):
    rendered = ALL.render("reply", queue=queue, language=language, context={})
    assert rendered.text == f"{said}\n"
    assert rendered.file == ALL.find("reply", queue, language)
    assert rendered.fallback == ""


def test_a_template_looks_like_its_mail():
    source = "Subject: Re: {{ ticket.tag }}\n  {{ subject }}\n\nHello {{ customer.name }},\n\n{{ text }}\n"
    rendered = Templates({"t.txt": source}).render_file("t.txt", CONTEXT)
    assert rendered.subject == "Re: [Acme #7] My lamp"
    assert rendered.text == "Hello Ann <b>,\n\nline one\nline two\n"


def test_a_comment_may_stand_above():
    source = "{# for the\n shop #}\nSubject: S\n\nbody {{ wrong }}\n"
    with pytest.raises(Broken, match=r"^templates/t.txt:5: 'wrong' is undefined$"):
        Templates({"t.txt": source}).render_file("t.txt", CONTEXT)


def test_html_beside_it_is_escaped():
    sources = {"t.txt": mail("Hello"), "t.html": "<p>{{ customer.name }}</p><p>{{ text|br }}</p>"}
    rendered = Templates(sources).render_file("t.txt", CONTEXT)
    assert rendered.html == "<p>Ann &lt;b&gt;</p><p>line one<br>\nline two</p>\n"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("Subject: S\n\nHello\n{{ numbre }}\n", "templates/reply.txt:4: 'numbre' is undefined"),
        ("Subject: S\n\n\n{{ ticket.numbre }}\n", "templates/reply.txt:4: there is no 'numbre'"),
        ("Subject: {{ no }}\n\nHello\n", "templates/reply.txt:1: 'no' is undefined"),
        ("Subject: S\n {{ no }}\n\nHello\n", "templates/reply.txt:2: 'no' is undefined"),
        ("Subject: S\n\n{% if x %}\nHello\n", "templates/reply.txt:4: "),
        ("Subject: S\n\n{{ 1 + }}\n", "templates/reply.txt:3: "),
        ("Hello\n", 'templates/reply.txt:1: a template begins with "Subject: ..."'),
        ("", 'templates/reply.txt:1: a template begins with "Subject: ..."'),
        ("Subject: S\nHello\n\nHello\n", "templates/reply.txt:2: an empty line must stand"),
        ("Subject: S\nBcc: evil@x.y\n\nHello\n", "templates/reply.txt:2: an empty line must stand"),
        ("Subject: S\n\n", "templates/reply.txt:1: comes out with an empty text"),
        ("Subject:\n\nHello\n", "templates/reply.txt:1: comes out with an empty subject"),
        ("Subject: S\n\n{{ 1 / 0 }}\n", "templates/reply.txt:3: ZeroDivisionError"),
        ("Subject: S\n\n{{ 'a' + 1 }}\n", "templates/reply.txt:3: TypeError"),
        ("Subject: S\n\n" + "x" * 70_000, "templates/reply.txt:1: longer than 64 KB"),
        ("Subject: S\n\n" + "{% for a in tags %}" * 30 + "x" + "{% endfor %}" * 30, "templates/reply.txt:"),
    ],
)
def test_a_broken_template_is_replaced_and_told(source, why):
    rendered = Templates({"reply.txt": source}).render("reply", context=CONTEXT)
    assert rendered.fallback.startswith(why)
    assert "\n" not in rendered.fallback
    assert rendered.file == ""
    assert "[Acme #7]" in rendered.subject
    assert "line one\nline two" in rendered.text  # what a person wrote is never lost


def test_a_missing_template_is_replaced_and_told():
    rendered = Templates({}).render("reply", queue="support", context=CONTEXT)
    assert rendered.fallback == "templates/reply.txt: there is no such template"
    assert "line one" in rendered.text


def test_broken_html_leaves_the_text_alone():
    rendered = Templates({"t.txt": mail("Hello"), "t.html": "<p>\n{{ no }}</p>"}).render("t", context=CONTEXT)
    assert rendered.text == "Hello\n"
    assert rendered.html == ""
    assert rendered.fallback == "templates/t.html:2: 'no' is undefined"


@pytest.mark.parametrize("name", sorted(builtin.NAMES | {"something else"}))
@pytest.mark.parametrize("context", [{}, CONTEXT, {"ticket": None, "follows": {"number": "3"}, "text": 5}])
def test_the_built_in_texts_need_nothing(name, context):
    subject, text = builtin.render(name, context)
    assert subject.strip()
    assert "None" not in subject + text
    assert "{" not in subject + text


def test_unknown_is_empty_never_the_word_none():
    assert body_of("[{{ nothing }}]") == "[]"


ATTACKS = [
    "{{ ''.__class__ }}",
    "{{ ''|attr('__class__') }}",
    "{{ text.__init__.__globals__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''.join.__self__ }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ ''|attr('format')('x') }}",
    "{{ tags.append('x') }}",
    "{{ tags.clear() }}",
    "{{ ticket.update(number='8') }}",
    "{{ ticket.pop('number') }}",
    "{% set ticket.number = '8' %}",
    "{{ range(10) }}",
    "{{ lipsum() }}",
    "{{ dict(a=1) }}",
    "{{ cycler('a') }}",
    "{{ namespace(a=1) }}",
    "{{ self }}{{ self.__init__ }}",
    "{{ joiner() }}",
    "{% include 'reply.txt' %}",
    "{% import 'reply.txt' as r %}",
    "{% extends 'reply.txt' %}",
    "{% macro m() %}{% endmacro %}{{ m() }}",
    "{% set x %}a{% endset %}{{ x }}",
    "{% filter upper %}a{% endfilter %}",
    "{% for a in tags recursive %}{{ loop(tags) }}{% endfor %}",
    "{{ text|safe }}",
    "{{ text|xmlattr }}",
    "{{ text|pprint }}",
    "{{ text|random }}",
]


@pytest.mark.parametrize("source", ATTACKS)
def test_what_a_template_cannot_do(source):
    with pytest.raises(Broken):
        body_of(source)
    assert CONTEXT["ticket"]["number"] == "7"


BOMBS = [
    "{{ 'a' * 10**9 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ tags * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 10 ** 6 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '%s' % text }}",
    "{{ '{:>999999999}'.format(1) }}",
    "{{ 'a'.center(999999999)|length }}",
    "{{ 'a'.ljust(999999999)|length }}",
    "{{ 'a'.zfill(999999999)|length }}",
    "{{ 'a'|center(999999999) }}",
    "{{ text|wordwrap(1) }}",
    "{{ text|indent(999999999) }}",
    "{{ '%999999999d'|format(1) }}",
    "{{ tags|batch(999999999, 'x')|list }}",
    "{{ tags|slice(999999999)|list }}",
    "{{ ('a' * 2)|upper }}",
    "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 40 + "{{ x|length }}",
    "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x + x %}" * 40 + "{{ x|length }}",
    "{% set x = tags %}" + "{% set x = x + x %}" * 40 + "{{ x|length }}",
    "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x|replace('a', x) %}" * 9 + "{{ x|length }}",
    "{% set x = 'aaaaaaaaaa' %}" + "{% set x = [x, x]|join(x) %}" * 30 + "{{ x|length }}",
    "{{ 'aaaaaaaaaa'" + "|replace('a', 'aaaaaaaaaa')" * 12 + " }}",
    "{% for a in text %}{% for b in text %}{% endfor %}{% endfor %}",
    "{% for a in many %}{% endfor %}",
    "{% for a in tags %}" * 4 + "{% endfor %}" * 4,
    "{% for a in some %}{% for b in some %}{{ text }}{% endfor %}{% endfor %}",
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "{{ " + "[" * 3000 + "]" * 3000 + " }}",
]


REFUSED = (
    "works on small numbers only|too long a text|is not safely callable|No filter named"
    "|comes out longer than 256 KB|RecursionError|maximum recursion|^templates/t.txt:3: (a loop|loops) "
)


@pytest.mark.parametrize("source", BOMBS)
@pytest.mark.timeout(20)
def test_what_would_grow_without_end(source):
    # Stopped by a rule of ours, not because the memory or the output came to its end.
    with pytest.raises(Broken, match=REFUSED):
        body_of(source, {**CONTEXT, "many": [1] * 10_001, "some": [1] * 1000})


@pytest.mark.parametrize(
    ("source", "out"),
    [
        ("{{ 6 * 7 }} {{ 7 % 4 }} {{ 1 + 2 }}", "42 3 3"),
        ("{{ 'a' + 'b' }}{{ 'c' ~ 1 }}", "abc1"),
        ("{{ tags|join }}", "a, b"),
        ("{{ tags|join(' and ') }}", "a and b"),
        ("{{ subject|replace('lamp', 'chair')|upper }}", "MY CHAIR"),
        ("{{ text|truncate(11) }}", "line..."),
        ("{{ subject.upper() }} {{ subject.startswith('My') }}", "MY LAMP True"),
        ("{% for key, value in ticket.items() %}{{ key }}={{ value }};{% endfor %}", "number=7;tag=[Acme #7];"),
        ("{% for t in tags %}{{ loop.index }}{{ t }}{{ loop.cycle('x', 'y') }}{% endfor %}", "1ax2by"),
        ("{{ customer.phone|default('-') }}", "-"),
        ("{{ 48213|filesizeformat }}", "48.2 kB"),
        ("{% set x = tags|length %}{{ x if x > 1 else 'few' }}", "2"),
        ("{{ ['b', 'a']|sort|first }} {{ 'a b'.split()|last }}", "a b"),
    ],
)
def test_what_a_template_can_do(source, out):
    assert body_of(source) == out


def test_the_cap_is_on_what_comes_out():
    assert len(body_of("{{ text }}", {"text": "x" * (OUTPUT_CAP - 10)})) == OUTPUT_CAP - 10
    with pytest.raises(Broken, match="longer than 256 KB"):
        body_of("{{ text }}{{ text }}", {"text": "x" * (OUTPUT_CAP - 10)})


class Colour(StrEnum):
    RED = "red"


def test_only_plain_data_goes_in():
    assert body_of("{{ a }}{{ b.c[0] }}", {"a": Colour.RED, "b": {"c": [1.5, True, None]}}) == "red1.5"
    for bad in (object(), {1: "a"}, {"a": {"b": [object()]}}, b"bytes", {"a": {1, 2}}):
        with pytest.raises(Broken, match="plain data"):
            body_of("Hello", {"a": bad})


def test_customer_text_is_data_never_a_template():
    assert body_of("{{ text }}", {"text": "{{ 7 * 7 }}{% if"}) == "{{ 7 * 7 }}{% if"


def test_loading_a_folder(tmp_path: Path):
    folder = tmp_path / "templates"
    for file, content in {
        "reply.txt": mail("one").replace("\n", "\r\n").encode(),
        "reply.html": b"<p>one</p>",
        "support/closed.de.txt": b"\xef\xbb\xbf" + mail("zu").encode(),
        "latin.txt": mail("Grüße").encode("latin-1"),
        ".hidden.txt": b"x",
        ".git/x.txt": b"x",
        "reply.txt~": b"x",
        "notes.md": b"x",
        "canned/refund.txt": b"x",
    }.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
    loaded = Templates.load(folder)
    assert loaded.files == ["canned/refund.txt", "latin.txt", "reply.html", "reply.txt", "support/closed.de.txt"]
    assert loaded.names == builtin.NAMES | {"latin"}
    assert loaded.render("reply", context={}).text == "one\n"
    assert loaded.render("closed", queue="support", language="de", context={}).text == "zu\n"
    assert loaded.render("latin", context={}).fallback.startswith("templates/latin.txt:1: cannot be read as UTF-8")
    (folder / "reply.txt").write_text(mail("two"))
    assert loaded.render("reply", context={}).text == "one\n"
    assert Templates.load(folder).render("reply", context={}).text == "two\n"


def test_a_missing_folder_is_an_empty_one(tmp_path: Path):
    assert Templates.load(tmp_path / "none").files == []


def test_a_folder_of_templates_leads_nowhere_else_and_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (tmp_path / "secret").write_text(mail("secret"))
    (folder / "leak.txt").symlink_to(tmp_path / "secret")
    (folder / "reply.txt").write_text(mail("ours"))
    (folder / "again.txt").symlink_to("reply.txt")
    os.mkfifo(folder / "pipe.txt")
    found = Templates.load(folder)
    assert found.sources == {"reply.txt": mail("ours"), "again.txt": mail("ours")}
    assert found.unreadable == {
        "leak.txt": "is a link to a file outside the templates folder; copy the file",
        "pipe.txt": "is no file",
    }
