"""A person's reply: under the queue's address, formatting kept, nothing beside what is to leave."""

from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.test_headers import anything
from compose.test_letters import ANN, DESK, STAMP, TEMPLATES, TICKET, TOKEN, parse, text_of
from gateway.compose import replies
from gateway.compose.files import File
from gateway.compose.render import Templates
from gateway.errors import Permanent
from gateway.mail import bytes_of, read
from support.fuzz import examples

CAROL = "carol@acme.example"
LOGO = File(name="image001.png", type="image/png", content=b"\x89PNG\r\n\x1a\nlogo", cid="image001.png@01DB.4F2A")
PDF = File(name="receipt.pdf", type="application/pdf", content=b"%PDF-1.4")


def reply(text="It left today.", **options):
    asked = {"templates": TEMPLATES, "desk": DESK, "ticket": TICKET, "subject": "Where is my lamp?", "recipient": ANN}
    return replies.reply(**asked | {"stamp": STAMP, "never": (CAROL, "Carol.Reyes@acme.example")} | options, text=text)


def html_of(letter) -> str:
    return parse(letter).get_body(("html",)).get_content().replace("\r\n", "\n")


def test_a_plain_reply_as_the_customer_gets_it():
    letter = reply("Hello Ann,\n\nit left *today*:\nhttps://x.example/1", in_reply_to="<ann-2@example.net>")
    mail = parse(letter)
    assert mail["From"] == "Acme Support <support@acme.example>"
    assert mail["Subject"] == "Re: [Acme #1042] Where is my lamp?"
    assert mail["In-Reply-To"] == "<ann-2@example.net>"
    assert mail["Auto-Submitted"] is None  # a person wrote it
    assert not letter.automatic
    assert letter.envelope_from == "support@acme.example"
    assert text_of(letter).replace("\r\n", "\n") == (
        f"Hello Ann,\n\nit left *today*:\nhttps://x.example/1\n\nAcme Lamps Ltd\n\n[ref:{TOKEN}]\n"
    )
    page = html_of(letter)
    assert '<p>it left <em>today</em>:<br />\n<a href="https://x.example/1">https://x.example/1</a></p>' in page
    assert "<p>Acme Lamps Ltd</p>" in page
    assert page.index("Acme Lamps") < page.index("[ref:")
    assert read(letter.data).markers == (TOKEN,)


def test_the_formatting_of_html_is_kept_and_made_safe():
    html = '<div style="font-family:Arial">It <b>left</b> <span style="color:red;position:fixed">today</span>.</div><script>x</script>'
    page = html_of(reply(html=html))
    assert '<div style="font-family:arial">It <b>left</b> <span style="color:red">today</span>.</div>' in page
    assert "script" not in page


@pytest.mark.parametrize(
    "html",
    [
        "<p>It left today.</p><p>#note do not tell her</p>",
        '<p>It left today.</p><div style="display:none">her card is 4111</div>',
        "<p>It left today.</p><blockquote>Carol Reyes: ticket 17</blockquote>",
        f'<p>It left <a href="mailto:{CAROL}">today</a>.</p>',
        '<p>It left <a href="mailto:carol%40acme.example">today</a>.</p>',
        '<p>It left <a href="https://safelinks.example/?data=CAROL%40acme.example">today</a>.</p>',
        "<div>" * 400 + "It left today.",
        "<p></p>",
    ],
)
def test_html_that_says_more_than_the_text_does_not_leave(html):
    letter = reply(html=html)
    assert "<p>It left today.</p>\n<p>Acme Lamps Ltd</p>" in html_of(letter)
    for secret in (b"4111", b"tell her", b"ticket 17", b"carol"):
        assert secret not in letter.data.lower()


@pytest.mark.parametrize("text", [f"ask {CAROL}", "ask Carol.REYES@acme.example directly"])
def test_a_text_that_holds_what_must_not_leave_is_refused(text):
    with pytest.raises(Permanent, match="not sent, the reply would tell the customer carol"):
        reply(text, never=(CAROL, "carol.reyes@acme.example"))


def test_images_are_carried_over_under_names_of_ours_and_files_hang_below():
    html = '<p>It left today.</p><img src="cid:image001.png@01DB.4F2A" alt="x"><img src="https://evil.example/p.png">'
    other = File(name="unseen.png", type="image/png", content=b"\x89PNG\r\n\x1a\nother", cid="other@01DB")
    letter = reply(html=html, files=[LOGO, PDF, other])
    page = html_of(letter)
    assert "01DB" not in letter.data.decode("ascii")
    assert "evil" not in page
    mail = read(letter.data)
    assert [(one.name, one.inline) for one in mail.attachments] == [
        ("image001.png", True), ("receipt.pdf", False), ("unseen.png", False),
    ]  # fmt: skip
    assert [bytes_of(letter.data, one.part) for one in mail.attachments] == [LOGO.content, PDF.content, other.content]
    shown = next(part for part in parse(letter).walk() if part.get_filename() == "image001.png")
    assert f'src="cid:{shown["Content-ID"].strip("<>")}"' in page
    assert shown["Content-ID"].endswith("@mail.acme.example>")


def test_the_same_image_twice_is_one_part():
    html = '<p>It left today.<img src="cid:a@x"><img src="cid:b@x"></p>'
    letter = reply(html=html, files=[File(name=n, type="image/png", content=b"\x89PNG", cid=f"{n}@x") for n in "ab"])
    assert [one.name for one in read(letter.data).attachments] == ["a"]
    assert html_of(letter).count('src="cid:') == 2


def test_a_reply_of_files_alone_names_them():
    letter = reply("", files=[PDF])
    assert text_of(letter).startswith("receipt.pdf")
    assert letter.fallback == ""


def test_without_a_template_the_words_still_leave():
    letter = reply(templates=Templates({}), files=[PDF], html="<p>It left <b>today</b>.</p>")
    assert "It left today." in text_of(letter)
    assert letter.fallback
    assert [one.name for one in read(letter.data).attachments] == ["receipt.pdf"]


def test_a_text_that_looks_like_a_template_or_a_marker_is_text():
    letter = reply(f"{{{{ 7 * 7 }}}} [ref:{'b' * 40}] &#91;ref:{'c' * 40}]")
    assert "{{ 7 * 7 }}" in text_of(letter)
    assert read(letter.data).markers == (TOKEN,)


@given(text=anything, html=anything, subject=anything, name=anything, file=anything)
@settings(max_examples=examples(40), deadline=None)
def test_any_reply_is_one_sound_mail_that_says_what_was_written(text, html, subject, name, file):
    letter = reply(text or "x", html=f"<p>{html}</p>", subject=subject, agent=name, files=[File(name=file, type=file, content=b"x", cid=file)])  # fmt: skip
    mail = message_from_bytes(letter.data, policy=policy.default)
    assert [one.lower() for one in mail if one.lower() in ("bcc", "cc", "auto-submitted", "sender")] == []
    assert [one.addr_spec for one in mail["To"].addresses] == ["ann@example.net"]
    assert read(letter.data).markers == (TOKEN,)
    assert letter.fallback == ""
    assert letter.subject.startswith("Re: [Acme #1042] ")
    assert len(list(mail.iter_attachments())) == 1


@given(st.sampled_from([CAROL, "CAROL@acme.example", "carol@ACME.example"]), anything)
@settings(max_examples=examples(30), deadline=None)
def test_an_agents_address_never_leaves(address, around):
    for html in (f"<p>yes {around}</p><a href='mailto:{address}'>yes</a>", f"<p>yes {address}</p>"):
        letter = reply("yes", html=html)
        said = "".join(part.get_content() for part in parse(letter).walk() if part.get_content_maintype() == "text")
        assert "carol@acme.example" not in (said + str(parse(letter).items())).lower()
