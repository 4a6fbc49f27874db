"""What holds of every mail: no call without a leading line of its own, nothing that looks like one passes as text."""

import textwrap

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from gateway.mail import Mail, clean
from gateway.mail import read as read_mail
from gateway.tickets.commands import BY_WORD, Script, Use
from gateway.tickets.commands.folding import seen
from gateway.tickets.script import read, read_line
from support.agent_clients import CLIENTS, alternative, page_mail, plain_mail
from support.commanding import NAMES, mail_of, script_of
from support.commanding import given as told
from support.fuzz import examples

EASY = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much]}
MANY = settings(max_examples=examples(100), **EASY)  # type: ignore[arg-type]
SOME = settings(max_examples=examples(40), **EASY)  # type: ignore[arg-type]

BLOCKS = [
    "#close", "#resolve", "#assign dave", "#note", "#note be careful", "#tag +vip -slow", "#due 24 Dec", "#CLOSE.", "#hold until friday",
    "#clsoe", "#сlose", "# note", "#close now", "#reply", "#time 25m call", "#help", "#title A lamp that is broken", "", "  ",
    "#new billing", "#for bo@x.example", "#cc +bo@x.example -cy@x.example", "#link 7 8", "#spam", "＃note", "*#note* x",
]  # fmt: skip
GOOD_BLOCKS = [
    "#close",
    "#resolve",
    "#assign dave",
    "#tag +vip -slow",
    "#due 24 Dec 15:00",
    "#time 25m call with Bo",
    "#link 7, [Acme #8]",
]
PLAIN_WORDS = st.lists(
    st.sampled_from(
        "it is done we sent a new lamp today please tell us whether this one shines and thank you for the patience".split()
    ),
    min_size=3,
    max_size=40,
).map(" ".join)
# Letters, blanks and punctuation of all kinds, but nothing that begins a command, a quote or an item.
NO_SIGN = st.text(
    st.characters(exclude_categories=["Cs", "Co", "Cn"], exclude_characters="#＃﹟♯⌗⋕🞏£§$€/!\\>＞|<"), max_size=300
)
PIECES = [
    *BLOCKS,
    *(f"#{word}" for word in BY_WORD),
    "> #close",
    "-- ",
    "On Fri, Bo wrote:",
    "Dear Bo,",
    "\u200b",
    "\\#close",
    "- #pin",
    "#1",
    "# x",
]
ANY_TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=30), max_size=10).map("\n".join)


def own_words(text: str) -> list[str]:
    return text.split()


def is_sound(script: Script, mail: Mail) -> None:
    """What every script must be."""
    for one in script.misread:
        assert one.say
        assert "\n" not in one.say
        assert one.line in seen(one.line)
    for call in script.calls:
        assert call.line.startswith("#")
        assert call.line[1:2].isascii()
    if not script.misread:
        names = {call.command for call in script.calls}
        if names & {"note", "describe"}:
            assert script.use in (Use.NOTE, Use.DESCRIPTION)
        for line in script.rest.split("\n"):
            first = seen(line).split(" ")[0]
            if first[1:].lower() in BY_WORD and first[0] == "#" and script.use not in (Use.NOTE, Use.DESCRIPTION):
                assert f"\\{seen(line)}" in map(seen, mail.reply.split("\n")), "only what was marked as text"


@MANY
@given(NO_SIGN)
def test_a_text_without_a_sign_has_no_commands_and_stays_as_it_is(text: str) -> None:
    mail = mail_of(text)
    script = read(mail, NAMES)
    assert (script.calls, script.misread) == ((), ())
    assert script.rest == mail.reply.strip("\n")


@MANY
@given(st.text(st.characters(categories=["Lu", "Ll", "Lo", "Lt", "Lm"]), min_size=1, max_size=12), ANY_TEXT)
@example("note", "")
@example("BlackFriday", "is over")
@example("е", "")
def test_what_begins_with_a_sign_and_letters_is_never_silently_text(word: str, below: str) -> None:
    word = clean.text(word)
    assume(word and word[0].isalpha())
    for text in (f"#{word} {below}", f"#{word}\n{below}", f"\n \u00a0#{word}: {below}", f"#close\n#{word}\n{below}"):
        script = script_of(text)
        lines = [one.line for one in (*script.calls, *script.misread)]
        assert any(f"#{word}" in line for line in lines), text


@MANY
@given(
    st.sampled_from(sorted(BY_WORD)),
    st.sampled_from(["Hi,", "Dear Bo,\n", "It is done.\n\n", "# A heading\n"]),
    st.booleans(),
)
def test_a_command_below_a_text_never_goes_out(word: str, above: str, is_last: bool) -> None:
    script = script_of(f"{above}\n#{word}" + ("" if is_last else " x\nall is well"))
    assert not script.calls
    assert script.misread


@MANY
@given(st.lists(st.sampled_from(BLOCKS), max_size=4), PLAIN_WORDS, st.integers(20, 100), st.integers(20, 100))
def test_wrapping_the_text_below_changes_no_reading(block: list[str], words: str, one: int, other: int) -> None:
    head = "\n".join(block) + "\n\n"
    first, second = (script_of(head + textwrap.fill(words, width)) for width in (one, other))
    assert told(first) == told(second)
    assert first.misread == second.misread
    assert own_words(first.text) == own_words(second.text)
    assert first.use == second.use


@SOME
@given(
    st.sampled_from(sorted(CLIENTS)),
    st.lists(st.sampled_from(GOOD_BLOCKS), min_size=1, max_size=4, unique=True),
    PLAIN_WORDS | st.just(""),
)
def test_every_client_says_the_same(client: str, block: list[str], words: str) -> None:
    if "#close" in block and "#resolve" in block:
        block.remove("#close")
    text = "\n".join([*block, "", words])
    script = read(read_mail(CLIENTS[client](text)), NAMES)
    assert not script.misread
    assert told(script) == told(script_of(text))
    assert own_words(script.text)[: len(words.split())] == words.split()
    assert bool(script.text) == bool(words)


@SOME
@given(
    st.sampled_from(sorted(CLIENTS)),
    PLAIN_WORDS | st.just(""),
    st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=3),
)
def test_no_call_comes_from_a_quoted_line(client: str, words: str, block: list[str]) -> None:
    raw = CLIENTS[client](words)
    lines = "\n".join(line for line in block if line.strip() and "<" not in line)
    for line in (b"#close the shop, my lamp is broken.",):
        raw = raw.replace(
            line, lines.replace("\n", "<br>" if b"text/html" in raw and b"> #" not in raw else "\r\n> ").encode()
        )
    script = read(read_mail(raw), NAMES)
    assert script.calls == ()


@MANY
@given(ANY_TEXT)
def test_any_plain_mail_has_a_sound_script(text: str) -> None:
    mail = read_mail(plain_mail(clean.text(text)))
    script = read(mail, NAMES)
    is_sound(script, mail)
    assert script == read(mail, NAMES)


TAGS = [
    "<div>",
    "</div>",
    "<br>",
    "<p>",
    "<blockquote type=cite>",
    "</blockquote>",
    "<ul><li>",
    "</ul>",
    "<b>",
    "</b>",
    "<s>",
    "</s>",
]
TAGS += [
    '<div class="gmail_quote">',
    '<div class="gmail_signature">',
    '<div style="display:none">',
    "<td>",
    "&nbsp;",
    "&#35;close",
    "<",
    "<!--",
]
ANY_PAGE = st.lists(st.sampled_from(TAGS + PIECES) | st.text(max_size=10), max_size=12).map("".join)


@MANY
@given(ANY_PAGE, ANY_TEXT | st.none())
def test_any_page_has_a_sound_script(page: str, plain: str | None) -> None:
    page = clean.text(page)
    raw = page_mail(page) if plain is None else alternative(clean.text(plain), page)
    mail = read_mail(raw)
    is_sound(read(mail, NAMES), mail)


@SOME
@given(st.lists(st.sampled_from(GOOD_BLOCKS), max_size=2), st.lists(st.sampled_from(GOOD_BLOCKS), max_size=2))
def test_two_forms_run_what_both_say_or_nothing(plain: list[str], page: list[str]) -> None:
    body = "Dear Bo"
    raw = alternative("\n".join([*plain, "", body]), "".join(f"<div>{line}</div>" for line in [*page, "<br>", body]))
    script = read(read_mail(raw), NAMES)
    if plain == page and not script.misread:
        assert told(script) == told(script_of("\n".join(plain)))
    elif plain != page:
        assert script.calls == ()
        assert script.misread


@MANY
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=5), st.text(max_size=20))
def test_any_words_at_the_command_line(words: list[str], text: str) -> None:
    script = read_line(words, NAMES, text=text)
    assert len(script.calls) + len(script.misread) == 1


@SOME
@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    mail = read_mail(b"From: carol@acme.example\r\n\r\n#close\r\n" + raw)
    is_sound(read(mail, NAMES), mail)
    read(read_mail(raw), NAMES)
