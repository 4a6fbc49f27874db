"""The shipped templates, and the check of a site's own."""

import re
from pathlib import Path

import pytest

from gateway.compose import builtin
from gateway.compose.check import check
from gateway.compose.letters import Auto, Desk, Shown, Stamp, letter
from gateway.compose.render import Templates
from gateway.compose.samples import NUMBER, TAG, samples
from gateway.mail import Address, read
from gateway.now import now

SHIPPED = Path(__file__).parents[2] / "templates"
TEMPLATES = Templates.load(SHIPPED)


def test_all_of_the_list_are_shipped():
    assert {f"{name}.txt" for name in builtin.NAMES} <= set(TEMPLATES.files)
    assert {f"acknowledgement.{language}.txt" for language in ("de", "fr", "es", "cs", "ru")} <= set(TEMPLATES.files)


SPOKEN = ("", ".ru", ".cs")


def test_every_letter_is_there_in_three_languages_and_those_to_customers_in_html():
    missing = [f"{name}{language}.txt" for name in builtin.NAMES for language in SPOKEN] + [
        f"{name}{language}.html" for name in builtin.CUSTOMER for language in SPOKEN
    ]
    assert set(missing) <= set(TEMPLATES.files)


@pytest.mark.parametrize("file", [file for file in TEMPLATES.files if file.endswith(".html")])
def test_no_shipped_page_fetches_anything_or_needs_a_style_sheet(file):
    assert not re.search(r"(?i)<(img|link|script|style|iframe)|url\(|src=|class=|https?:", TEMPLATES.sources[file])


@pytest.mark.parametrize("name", sorted(builtin.NAMES))
def test_all_letters_of_a_ticket_have_one_subject(name):
    if name in ("digest", "report"):
        return
    for language in SPOKEN:
        heads = {TEMPLATES.sources[f"{one}{language}.txt"].split("\n")[0] for one in _alike(name)}
        assert len(heads) == 1


def _alike(name):
    return builtin.CUSTOMER if name in builtin.CUSTOMER else builtin.AGENT - {"digest", "report"}


def test_the_shipped_templates_pass_the_check():
    assert check(SHIPPED, queues=["support", "billing"]) == []


@pytest.mark.parametrize("file", [file for file in TEMPLATES.files if file.endswith(".txt")])
@pytest.mark.parametrize("sample", [0, 1], ids=["full", "sparse"])
def test_every_shipped_template_makes_a_tidy_letter(file, sample):
    name, _, language = file.removesuffix(".txt").partition(".")
    desk = Desk(
        queue="support",
        title="Support",
        sender=Address(addr="support@acme.example", name="Acme Support"),
        automatic_from="",
        tag="Acme",
        language="en",
    )
    token = "q4waxs3kgnrr6abcdefghijklmnopqrstuvw2345"
    made = letter(
        TEMPLATES,
        desk,
        kind=name,
        recipient=Address(addr="ann@example.net"),
        ticket=Shown(number=NUMBER, tag=TAG),
        stamp=Stamp(message_id=f"<{token}.1@acme.example>", at=now(), token=token),
        auto=Auto.GENERATED,
        language=language,
        context=samples(name, language or "en")[sample],
    )
    assert made.fallback == ""
    assert made.template == file
    mail = read(made.data)
    assert mail.markers == (token,)
    assert "\n\n\n" not in mail.text
    assert all(line == line.rstrip() for line in mail.text.splitlines())
    assert "None" not in mail.text
    assert TAG in mail.subject


def site(folder: Path, **files: str) -> Path:
    directory = folder / "templates"
    for name, content in files.items():
        path = directory / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return directory


GOOD = "Subject: {{ ticket.tag }} {{ subject }}\n\nHello #{{ ticket.number }}\n"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            {"reply_dot_txt": "Subject: {{ ticket.tag }}\n\n{{ txt }}\n"},
            "templates/reply.txt:3: there is no txt, did you mean text?",
        ),
        ({"reply_dot_txt": "Hello\n"}, 'templates/reply.txt:1: a template begins with "Subject: ..."'),
        ({"closed_dot_txt": "Subject: Done\n\nHello\n"}, "templates/closed.txt:1: the subject lacks {{ ticket.tag }}"),
        ({"notice_due_dot_txt": "Subject: Due\n\nHello\n"}, "templates/notice_due.txt:1: the subject lacks the number"),
        (
            {"reply_dot_txt": GOOD, "reply_dot_html": "<p>Hello</p>"},
            "templates/reply.txt:1: text and HTML do not name the same ticket numbers",
        ),
        (
            {"reply_dot_txt": GOOD, "reply_dot_html": "<p>\n{{ no }}"},
            "templates/reply.html:2: there is no no; there are ",
        ),
        (
            {"reply_dot_txt": GOOD, "reply_dot_html": "<p>Something else altogether #{{ ticket.number }}</p>"},
            "templates/reply.txt:1: text and HTML say different things: only in the text stands hello ...",
        ),
        (
            {"notice_due_dot_txt": "Subject: {{ ticket.tag }}\n\n#close and such\n"},
            "templates/notice_due.txt:1: a line begins with # and a word",
        ),
        ({"reply_dot_de_dot_html": "<p>x</p>"}, "templates/reply.de.html:1: is never used"),
        (
            {"closed_dot_txt": GOOD + "{{ assignee }}\n"},
            "templates/closed.txt:4: assignee is internal, and closed goes to customers",
        ),
        (
            {"closed_dot_txt": GOOD + "{% if ticket.status == 'at the lawyer' %}\n{{ reason }}{% endif %}\n"},
            "templates/closed.txt:5: reason is internal, and closed goes to customers",
        ),
        (
            {"closed_dot_txt": GOOD, "closed_dot_html": "<p>Hello #{{ ticket.number }}</p>\n{{ facts|join }}"},
            "templates/closed.html:2: facts is internal, and closed goes to customers",
        ),
        (
            {"welcome_dot_txt": GOOD + "{{ customer.name if 0 else tags }}\n"},
            "templates/welcome.txt:4: tags is internal, and welcome goes to customers",
        ),
        (
            {"closed_dot_txt": GOOD + "{% if 0 %}{{ answer_buy }}{% endif %}\n"},
            "templates/closed.txt:4: there is no answer_buy, did you mean answer_by?",
        ),
        ({"closed_dot_txt": GOOD + "{ { subject }}\n"}, "templates/closed.txt:1: }} is left in what comes out"),
        ({"closed_dot_german_dot_txt": GOOD}, 'templates/closed.german.txt:1: "german" is no language'),
        ({"suport__closed_dot_txt": GOOD}, 'templates/suport/closed.txt:1: there is no queue "suport"'),
        ({"acknowledgement_dot_txt": GOOD + "{{ follows.number }}\n"}, "templates/acknowledgement.txt:4: "),
    ],
)
def test_what_the_check_finds(tmp_path, files, problem):
    problems = check(site(tmp_path, **files), queues=["support"])
    assert len(problems) == 1, problems
    assert problems[0].startswith(problem)


def test_a_sites_own_letters_and_pastes_are_fine(tmp_path):
    files = {
        "welcome_dot_txt": GOOD,
        "support__reply_dot_pt-br_dot_txt": GOOD,
        "canned__refund_dot_txt": "no subject, no letter",
        "reply_dot_txt": GOOD,
        "reply_dot_html": "<p>Hello #{{ ticket.number }}</p>",
    }
    assert check(site(tmp_path, **files), queues=["support"]) == []


def test_names_of_a_templates_own_are_no_mistake(tmp_path):
    own = "{% set tags = ['a'] %}{% for reason in tags %}{{ loop.index }} {{ reason }}{% endfor %}"
    assert check(site(tmp_path, closed_dot_txt=f"{GOOD}{own}\n"), queues=[]) == []


def test_every_problem_at_once(tmp_path):
    files = {"reply_dot_txt": "x", "closed_dot_txt": "y", "suport__rating_dot_txt": "z"}
    assert len(check(site(tmp_path, **files), queues=["support"])) == 4
