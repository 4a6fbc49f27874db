"""The same typed lines through eight clients, and everywhere else that a command might hide: none of that may run."""

from collections.abc import Callable

import pytest

from gateway.mail import read as read_mail
from gateway.tickets.commands import Assign, How, Use
from gateway.tickets.script import Script, read
from support.agent_clients import CLIENTS, NOTICE, alternative, gmail_web, page_mail, plain_mail
from support.commanding import NAMES, given, kinds

Client = Callable[[str], bytes]
DAVE = Assign(how=How.AGENT, agent="dave")
LONG = "A title so long that clients which wrap their plain text break it in two, and in three where it goes on"


def of(raw: bytes) -> Script:
    return read(read_mail(raw), NAMES)


each_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)


@each_client
def test_commands_and_a_reply(client: Client) -> None:
    script = of(client("#resolve\n#assign dave\n\nDear Bo,\nwe sent a new lamp today."))
    assert given(script) == [("resolve", None), ("assign", DAVE)]
    assert script.rest.startswith("Dear Bo,\nwe sent a new lamp today.")
    assert script.rest.removeprefix("Dear Bo,\nwe sent a new lamp today.").strip() in ("", "Carol Reyes\nAcme Support")
    assert (script.misread, script.use) == ((), Use.REPLY)


@each_client
def test_a_note(client: Client) -> None:
    script = of(client("#note She is difficult, be careful"))
    assert (script.misread, script.use) == ((), Use.NOTE)
    assert script.text.startswith("She is difficult, be careful")


@each_client
def test_commands_alone_have_no_text(client: Client) -> None:
    script = of(client("#close"))
    assert (given(script), script.misread, script.use, script.text) == ([("close", None)], (), Use.NOTHING, "")


@each_client
def test_text_alone(client: Client) -> None:
    script = of(client("Dear Bo,\n\n# What we did\n\n#1 is done."))
    assert (script.calls, script.misread, script.use) == ((), (), Use.REPLY)


@each_client
def test_a_line_is_whole_however_the_client_wraps_it(client: Client) -> None:
    script = of(client(f"#title {LONG}\n#assign dave\n\nDear Bo,\nit is done."))
    assert (given(script), script.misread) == ([("title", LONG), ("assign", DAVE)], ())
    assert script.rest.startswith("Dear Bo,")


@each_client
@pytest.mark.parametrize(
    "typed", ["#clsoe", "#сlose", "# note secret", "Hi Bo,\n#note secret", "#note\n#reply\nsecret"]
)
def test_what_is_not_read_holds_the_mail(client: Client, typed: str) -> None:
    assert of(client(f"{typed}\n\nDear Bo, all is well.")).misread


@each_client
def test_the_quoted_mail_begins_with_a_command_and_nothing_was_typed(client: Client) -> None:
    assert "#close" in NOTICE
    assert of(client("")).calls == ()
    assert of(client("Done.")).calls == ()


def wrapped(title: str) -> bytes:
    """Plain text alone, broken where another program thought fit."""
    return plain_mail(title)


def test_plain_text_alone_cannot_tell_a_wrapped_line_from_a_text() -> None:
    assert kinds(of(wrapped(f"#title {LONG[:70]}\n{LONG[71:]}\n\nDear Bo"))) == ["wrapped"]
    assert kinds(of(wrapped(f"#title {LONG}\n\nDear Bo"))) == []


# ---- HTML ----------------------------------------------------------------------------------------------------------

PAGES = [
    ("divs", "<div>#note</div><div>secret</div>", [("note", "")], []),
    ("line breaks", "#close<br>#assign dave<br><br>Dear Bo", [("close", None), ("assign", DAVE)], []),
    ("paragraphs", "<p>#close</p><p>Dear Bo</p>", [("close", None)], []),
    ("a no-break space and an entity", "<div>&#35;assign&nbsp;dave</div>", [("assign", DAVE)], []),
    ("half of the word in bold", "<div>#<b>cl</b>ose</div>", [("close", None)], []),
    ("in bold", "<div><b>#close</b></div>", [("close", None)], []),
    ("an address made a link", '<div>#cc +<a href="mailto:bo@x.example">bo@x.example</a></div>', None, []),
    ("a font and a colour", '<div><font color="red">#close</font></div>', [("close", None)], []),
    ("blocks without an end", "<div>#close<div>Dear Bo", [("close", None)], []),
    ("a list", "<ul><li>#close</li></ul>", [], ["decorated"]),
    ("a numbered list", "<ol><li>#close</li><li>#assign dave</li></ol>", [], ["decorated", "decorated"]),
    ("a table", "<table><tr><td>#close</td><td>#pin</td></tr></table>", [], ["argument"]),
    ("struck out", "<div><s>#close</s></div><div>Dear Bo</div>", [], ["unsafe"]),
    ("struck out by a style", '<div><span style="text-decoration:line-through">#note</span> x</div>', [], ["unsafe"]),
    ("below, something is struck out", "<div>#close</div><div>Dear Bo, <s>no</s> yes</div>", [("close", None)], []),
    ("a link behind the word", '<div><a href="https://x.example/">#close</a></div>', [], ["argument"]),
    ("hidden", '<div style="display:none">#close</div><div>Dear Bo</div>', [], []),
    ("a comment", "<!-- #close --><div>Dear Bo</div>", [], []),
    ("only hidden words", '<div style="display:none">#close</div>', [], ["unsafe"]),
    ("in a quote", '<blockquote type="cite"><div>#close</div></blockquote>', [], []),
    ("in a quote of Gmail", '<div class="gmail_quote">#close</div>', [], ["below_text"]),
    ("in a signature", '<div class="gmail_signature">#close</div>', [], ["below_text"]),
    ("text below a signature", '<div class="gmail_signature">Carol</div><div>#close</div>', [], ["below_text"]),
    ("below a quote", "<blockquote>old words</blockquote><div>#close</div>", [], ["below_text"]),
    ("a tag that is not closed", "<div>#close</div><div><span class='", [], ["unsafe"]),
]  # fmt: skip


@pytest.mark.parametrize(("page", "calls", "misread"), [row[1:] for row in PAGES], ids=[row[0] for row in PAGES])
def test_html_alone(page: str, calls: list[tuple[str, object]] | None, misread: list[str]) -> None:
    script = of(page_mail(f"<html><body>{page}</body></html>"))
    assert kinds(script) == misread
    if calls is not None:
        assert given(script) == calls or misread


BOTH = [
    ("alike", "#close\n\nDear Bo", "<div>#close</div><br><div>Dear Bo</div>", [("close", None)], []),
    ("wrapped in the text", "#tag +one\n+two\n\nDear Bo", "<div>#tag +one +two</div><br><div>Dear Bo</div>", None, []),
    ("a link in the text", "#cc bo@x.example\n<mailto:bo@x.example>", "<div>#cc <a href='mailto:bo@x.example'>bo@x.example</a></div>", None, []),
    ("the HTML has no note", "#note\nsecret", "<div>secret</div>", [], ["differs"]),
    ("the text has no note", "secret", "<div>#note</div><div>secret</div>", [], ["differs"]),
    ("another name", "#assign dave", "<div>#assign carol</div>", [], ["differs"]),
    ("one more in the text", "#close\n#assign dave", "<div>#close</div>", [], ["differs"]),
    ("one more in the HTML", "#close\nDear Bo", "<div>#close</div><div>#note</div><div>Dear Bo</div>", [], ["differs"]),
    ("bold in the text", "*#note* secret", "<div><b>#note</b> secret</div>", [], ["differs"]),
    ("text above in the HTML", "#close", "<div>Dear Bo</div><div>#close</div>", [], ["differs"]),
    ("hidden in the HTML", "#close\n\nDear Bo", '<div style="display:none">#close</div><div>Dear Bo</div>', [], ["differs"]),
    ("quoted in the HTML", "#close", '<blockquote type="cite">#close</blockquote>', [], ["differs"]),
    ("signed in the HTML", "#close", '<div class="gmail_signature">#close</div>', [], ["differs"]),
    ("struck out in the HTML", "#close", "<div><s>#close</s></div>", [], ["unsafe"]),
    ("mistyped in both", "#clsoe", "<div>#clsoe</div>", [], ["unknown"]),
    ("mistyped in one", "#close", "<div>#clsoe</div>", [], ["differs"]),
    ("an empty text", " ", "<div>#close</div>", [("close", None)], []),
    ("an empty HTML", "#close", "<div><br></div>", [], ["differs"]),
    ("a heading in both", "# Files we changed\n\nx", "<div># Files we changed</div><br><div>x</div>", [], []),
]  # fmt: skip


@pytest.mark.parametrize(("plain", "page", "calls", "misread"), [row[1:] for row in BOTH], ids=[row[0] for row in BOTH])
def test_text_and_html(plain: str, page: str, calls: list[tuple[str, object]] | None, misread: list[str]) -> None:
    script = of(alternative(plain, f"<html><body>{page}</body></html>"))
    assert kinds(script) == misread
    if calls is not None:
        assert given(script) == calls or misread


# ---- elsewhere in a mail -------------------------------------------------------------------------------------------

_HEAD = "From: carol@acme.example\r\nTo: support@acme.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n{more}"


def raw(body: str, *, subject: str = "Re: [Acme #1042] Lamp", more: str = "") -> bytes:
    if "Content-Type" not in more:
        more += "Content-Type: text/plain; charset=utf-8\r\n"
    return (_HEAD.format(subject=subject, more=more) + "\r\n" + body.replace("\n", "\r\n")).encode()


def mixed(*parts: str) -> bytes:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return raw(f"{body}--b--\n", more='Content-Type: multipart/mixed; boundary="b"\r\n')


PLAIN = "Content-Type: text/plain; charset=utf-8\n"
INNER = "Content-Type: message/rfc822\n\nFrom: bo@x.example\nSubject: #close\nContent-Type: text/plain\n\n#close"
HIDING = [
    ("the subject", raw("Dear Bo", subject="#close")),
    ("a quote", raw("> #close\n> #pin\n\nDear Bo")),
    ("a quote alone", raw("> #close\n")),
    ("below an attribution", raw("On Fri, 27 Nov 2026, Bo wrote:\n#close\n")),
    ("below a separator", raw("-----Original Message-----\nFrom: Bo\nSent: Friday\nTo: us\nSubject: x\n\n#close\n")),
    ("a signature", raw("Dear Bo\n\n-- \n#close\n")),
    ("a signature alone", raw("-- \n#close\n")),
    ("an attached mail", mixed(f"{PLAIN}\nDear Bo", INNER)),
    ("an attached mail alone", mixed(INNER)),
    ("an attached file", mixed(f"{PLAIN}\nDear Bo", f"{PLAIN}Content-Disposition: attachment; filename=a.txt\n\n#close")),
    ("a file alone", mixed(f"{PLAIN}Content-Disposition: attachment; filename=a.txt\n\n#close")),
    ("a file shown inline, below nothing", mixed(f"{PLAIN}\n\n", f"{PLAIN}Content-Disposition: inline; filename=a.txt\n\n#close")),
    ("a calendar", mixed("Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:#close\nEND:VEVENT\nEND:VCALENDAR")),
    ("around the parts", raw("#close\n--b\nContent-Type: image/png\n\nx\n--b--\n#close", more='Content-Type: multipart/mixed; boundary="b"\r\n')),
    ("a forwarded mail", raw("---------- Forwarded message ---------\nFrom: Bo <bo@x.example>\nDate: Fri, 27 Nov 2026\nSubject: x\nTo: us\n\n#close", subject="Fwd: x")),
    ("a forwarded mail below a note", raw("See below\n\n---------- Forwarded message ---------\nFrom: Bo <bo@x.example>\nDate: Fri, 27 Nov 2026\nSubject: x\nTo: us\n\n#close", subject="Fwd: x")),
    ("another header", raw("Dear Bo", more="X-Command: #close\r\nComments: #close\r\n")),
]  # fmt: skip


@pytest.mark.parametrize("mail", [row[1] for row in HIDING], ids=[row[0] for row in HIDING])
def test_no_command_runs_from_anywhere_else(mail: bytes) -> None:
    assert of(mail).calls == () or of(mail).misread


AUTOMATIC = [
    ("a bounce", "From: MAILER-DAEMON@x.example\r\nSubject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n#close\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; bo@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"),
    ("an out-of-office", "From: carol@acme.example\r\nSubject: Re: x\r\nAuto-Submitted: auto-replied\r\n\r\n#close\r\nI am away.\r\n"),
    ("a machine", "From: carol@acme.example\r\nSubject: x\r\nAuto-Submitted: auto-generated\r\n\r\n#close\r\n"),
    ("a list", "From: carol@acme.example\r\nSubject: x\r\nList-Id: <l.acme.example>\r\nPrecedence: list\r\n\r\n#close\r\n"),
]  # fmt: skip


@pytest.mark.parametrize("mail", [row[1] for row in AUTOMATIC], ids=[row[0] for row in AUTOMATIC])
def test_what_a_machine_sent_has_no_commands(mail: str) -> None:
    script = of(mail.encode())
    assert script.calls == ()
    assert kinds(script) == ["automatic"]


def test_a_command_above_a_forwarded_mail_is_the_agents() -> None:
    script = of(HIDING[-2][1].replace(b"See below", b"#queue billing\r\n\r\nSee below"))
    assert given(script) == [("queue", "billing")]
    assert script.rest == "See below"


def test_who_answers_below_the_quote_is_told_where_commands_stand() -> None:
    for typed in ("#close", "#foobar of ours", "＃note secret"):
        script = of(raw(f"On Fri, 27 Nov 2026, Bo wrote:\n> old words\n\n{typed}\nDear Bo"))
        assert script.calls == ()
        assert kinds(script) == ["below_text"]
        assert "stands below a quote" in script.misread[0].say


def test_a_warning_of_the_mail_system_is_no_text() -> None:
    warning = "CAUTION: This email originated from outside of the organization. Do not click links or open attachments."
    script = of(plain_mail(f"{warning}\n\n#close\n\nDear Bo"))
    assert given(script) == [("close", None)]
    assert script.rest == "Dear Bo"


def test_a_long_thread_below_costs_no_command() -> None:
    thread = "".join(f"<p>mail {number} of the thread</p>" for number in range(15_000))
    for page in (
        f"<div>#close</div><div>Dear Bo</div><blockquote type=cite>{thread}</blockquote>",
        f"<div>#close</div>{thread}",
    ):
        script = of(page_mail(f"<html><body>{page}</body></html>"))
        assert (given(script), script.misread) == ([("close", None)], ())


def test_a_character_that_was_lost_is_told() -> None:
    assert kinds(of(plain_mail("#title the l\ufffdmp"))) == ["unsafe"]
    assert kinds(of(plain_mail("#close\n\nthe l\ufffdmp"))) == []


def test_a_reply_between_the_lines_keeps_its_commands_on_top() -> None:
    script = of(plain_mail("#resolve\n\nOn Fri, Bo wrote:\n> is it red?\n\nYes.\n\n> and big?\n\nNo."))
    assert given(script) == [("resolve", None)]
    assert "Yes." in script.rest
    assert "No." in script.rest


def test_gmail_marks_bold_words_in_its_text_and_the_note_stays_inside() -> None:
    mail = gmail_web("#note secret").replace(b"#note secret\r\n\r\nOn", b"*#note* secret\r\n\r\nOn")
    script = of(mail)
    assert kinds(script) == ["differs"]
