"""What leaves of an agent's mail to the customer, and what is withheld: case by case."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from gateway.mail import Address, Attachment, Kind, Mail, read
from gateway.tickets.leaving import Outgoing, Told, Withheld, outgoing
from gateway.tickets.leaving.runs import words as words_of
from gateway.tickets.leaving.signed import without_card
from gateway.tickets.leaving.typed import mistyped
from gateway.tickets.reason import Reason
from gateway.tickets.token import Role
from support import agent_words as words
from support.agent_mails import AT, CAROL, KEYS, SITE

TOKEN = KEYS.issue(ticket=1042, role=Role.AGENT, recipient=CAROL[0], at=AT)
TOLD = Told(
    public=(
        "My lamp has not arrived",
        "my lamp has not arrived, though you wrote that it was sent two weeks ago.",
        "Where is it, and do I get my money back?",
        "Ann Lee, ann@example.net",
        "Which colour did you choose?",
    ),
    notices=(
        "Ticket #1042 is yours, given by dave.",
        "Ann Lee <ann@example.net>, 27 Nov 2026 09:30",
        "> my lamp has not arrived, though you wrote that it was sent two weeks ago.",
        "> Where is it, and do I get my money back?",
        "Queue: Support",
        "Priority: urgent",
        "Customer since: 2024, vip, pays late",
        "A reply to this mail goes to the customer. Commands stand at its very start.",
    ),
    notes=("Margin on this lamp is 61 percent, give her the discount if she asks.", "She is a pain"),
    elsewhere=("the shade of my blue desk light came in three pieces again and again",),
    hidden=frozenset(("dave@acme.example", "boss@acme.example")),
    numbers=frozenset((1042, 977)),
    colleagues=frozenset(("carol", "dave")),
    files=frozenset(("known",)),
)
ANSWER = "Your lamp left us yesterday and will be with you on Tuesday."


def mail_of(text: str, **more: object) -> Mail:
    mail = Mail(
        from_=Address(addr=CAROL[0], name="Carol Reyes"), subject="Re: [Acme #1042] Lamp", text=text, reply=text
    )
    return replace(mail, **more)  # type: ignore[arg-type]


def out_of(text: str, told: Told = TOLD, **more: object) -> Outgoing | Withheld:
    return outgoing(mail_of(text, **more), text, addresses=CAROL, told=told, site=SITE)


def sent(text: str, **more: object) -> str:
    found = out_of(text, **more)
    assert isinstance(found, Outgoing), found
    return found.text


def withheld(text: str, **more: object) -> Reason:
    found = out_of(text, **more)
    assert isinstance(found, Withheld), found
    assert "\n" not in found.say
    assert found.say
    return found.reason


# ---- the words -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [ANSWER, *words.TRICKY, *(line for pool in words.SENTENCES.values() for line in pool)])
def test_an_answer_leaves_as_it_was_typed(text: str) -> None:
    assert sent(text) == text


@pytest.mark.parametrize(
    "quote",
    [
        "> Queue: Support",
        "> Priority: urgent",
        "> She is a pain",
        "> Customer since: 2024, vip, pays late",
        "> A reply to this mail goes to the customer.",
        ">> my lamp has not arrived, and she is a pain",
        "Customer since: 2024, vip, pays late\nA reply to this mail goes to the customer. Commands stand at its very start.",
        "A reply to this mail goes to the\ncustomer. Commands stand at its\nvery start.",
        f"[ref:{TOKEN}]",
    ],
)
def test_of_a_quote_nothing_internal_stays(quote: str) -> None:
    assert sent(f"{ANSWER}\n\n{quote}\n\nIt is the blue one.") == f"{ANSWER}\n\nIt is the blue one."


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("> my lamp has not arrived\n\nIt left us.\n\n> do I get my money back?\n\nYes.",
         "It left us.\n\n> do I get my money back?\n\nYes."),
        ("See below.\n\n> > Where is it, and do I\n> > get my money back?\n\nYes.",
         "See below.\n\n> Where is it, and do I\n> get my money back?\n\nYes."),
        ("See below.\n\n> Queue: Support\n> Where is it, and do I get my money back?\n> Priority: urgent\n\nYes.",
         "See below.\n\n> Where is it, and do I get my money back?\n\nYes."),
        ("It left us.\n\n> Where is it?", "It left us."),
    ],
)  # fmt: skip
def test_the_customers_own_words_may_be_quoted(typed: str, left: str) -> None:
    assert sent(typed) == left


def test_what_nobody_marked_as_a_quote_is_known_by_our_letters() -> None:
    between = "\n".join(TOLD.notices[:3]) + "\nIt left us.\n" + "\n".join(TOLD.notices[3:]) + "\n"
    assert sent(f"Hello Ann,\n\nplease see below.\n\n{between}") == "Hello Ann,\n\nplease see below.\n\n" + (
        "> my lamp has not arrived, though you wrote that it was sent two weeks ago.\nIt left us."
    )


@pytest.mark.parametrize(
    "text", ["", "\n \n", "Carol Reyes", "-- \nCarol Reyes", "Sent from my iPhone", "> Queue: Support"]
)
def test_nothing_typed_sends_nothing(text: str) -> None:
    assert withheld(text) is Reason.NO_TEXT


def test_a_notice_alone_sends_nothing() -> None:
    assert withheld("\n".join((*TOLD.notices, f"[ref:{TOKEN}]"))) is Reason.NO_TEXT


def test_where_a_quote_ends_has_to_be_seen() -> None:
    quote = (
        "From: Acme Support <support@acme.example>\nSent: 27 November 2026 09:31\nTo: Carol Reyes\nSubject: Lamp\n\n"
    )
    strange = "Words of a notice that nobody keeps any more.\n\nWhich of these lines did the agent type?"
    assert withheld(quote + strange) is Reason.QUOTE_UNCLEAR


# ---- the card ------------------------------------------------------------------------------------------------------

CARD = "Carol Reyes\nSupport Engineer\nAcme s.r.o., Brno\n+420 555 100 200\ncarol@acme.example"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{ANSWER}\n\n{CARD}", ANSWER),
        (f"{CARD}\n\n{ANSWER}", ANSWER),
        (f"{ANSWER}\n\nKind regards,\n{CARD}", f"{ANSWER}\n\nKind regards,\nCarol Reyes"),
        (f"{ANSWER}\n\nKind regards,\nCarol\n\n{CARD}", f"{ANSWER}\n\nKind regards,\nCarol"),
        (f"{ANSWER}\n\n--\n{CARD}", ANSWER),
        (f"{ANSWER}\n\nCarol Reyes\nAcme Support", ANSWER),
        (f"{ANSWER}\n\nCarol Reyes", f"{ANSWER}\n\nCarol Reyes"),
        (f"{ANSWER}\n\nCarol Reyes | Acme | carol.reyes@acme.example", ANSWER),
        (f"Sent from my iPhone\n\n{ANSWER}", ANSWER),
        (f"{ANSWER}\n\nWrite to us at:\nsupport@acme.example", f"{ANSWER}\n\nWrite to us at:\nsupport@acme.example"),
        (f"{ANSWER}\n\nOur workshop:\n\nAcme s.r.o., Brno\n+420 555 100 200", f"{ANSWER}\n\nOur workshop:\n\nAcme s.r.o., Brno\n+420 555 100 200"),
    ],
)  # fmt: skip
def test_the_agents_card_stays_behind(text: str, left: str) -> None:
    assert without_card(text, CAROL, "Carol Reyes") == left


# ---- what is withheld ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [*words.MISTYPED_HEADS, *words.MISTYPED_TAILS])
def test_no_mistyped_command_leaves_at_the_head(line: str) -> None:
    assert withheld(f"{line.replace('{note}', words.NOTES[0])}\n\n{ANSWER}") is Reason.LOOKS_LIKE_COMMAND


@pytest.mark.parametrize("line", [line for line in words.MISTYPED_HEADS if "{note}" in line or "#" in line])
def test_no_mistyped_command_leaves_below_a_greeting(line: str) -> None:
    text = f"Hi Ann,\n{line.replace('{note}', words.NOTES[0])}\n{ANSWER}"
    assert withheld(text) is Reason.LOOKS_LIKE_COMMAND


@pytest.mark.parametrize("line", words.MISTYPED_TAILS)
def test_no_mistyped_command_leaves_below_the_text(line: str) -> None:
    assert withheld(f"Hello Ann,\n\n{ANSWER}\n\n{line.replace('{note}', words.NOTES[0])}") is Reason.LOOKS_LIKE_COMMAND


@pytest.mark.parametrize("line", [*words.MISTYPED_WITHIN, *words.MISTYPED_BRACKETED])
def test_no_half_command_leaves_wherever_it_stands(line: str) -> None:
    half = line.replace("{note}", words.NOTES[0])
    for text in (
        half,
        f"{half}\n{ANSWER}",
        f"Hello Ann,\n\n{ANSWER}\n\n{half}\n{ANSWER}",
        f"{ANSWER}\n{ANSWER}\n{half}",
    ):
        assert withheld(text) is Reason.LOOKS_LIKE_COMMAND, text


@pytest.mark.parametrize("end", words.MISTYPED_ENDS)
def test_no_command_leaves_at_the_end_of_a_line(end: str) -> None:
    assert withheld(ANSWER + end) is Reason.LOOKS_LIKE_COMMAND


@pytest.mark.parametrize(
    "text",
    [
        "# Heading\n\nUnplug it.",
        "#1 is the switch.",
        "Note that the bulb is not included.",
        "Please do this:\n\n#include <lamp.h>",
        "Your order 4711 is closed.",
        "Closed.",
        "Open the lid, please.",
        "Ask in #lampclub, they know.",
        "See https://acme.example/faq#close for more.",
        "Look for your answer in #help.",
        "See https://acme.example/faq,#close,and www.acme.example/faq(#note for more.",
        "See [the list](#list) of our shops.",
        "The order is #4711, (#12) and a#note b/#note.",
        "Put the bulb [note the thread] into the base.",
        "It costs £49 or €55.",
        "Run /usr/bin/lamp --note and send me what it prints.",
        "Dear Dave,\n\nthe @ in your address is missing.",
    ],
)
def test_what_only_looks_a_little_like_one_is_text(text: str) -> None:
    assert mistyped(text, {"carol", "dave"}) == ""


def test_what_the_agent_marked_as_text_is_text() -> None:
    mail = mail_of(f"Type this:\n\n\\#close\n\n{ANSWER}")
    text = mail.reply.replace("\\#", "#")
    assert isinstance(outgoing(mail, text, addresses=CAROL, told=TOLD, site=SITE), Outgoing)
    assert isinstance(outgoing(mail_of(text), text, addresses=CAROL, told=TOLD, site=SITE), Withheld)


@pytest.mark.parametrize("language", words.AWAY)
def test_no_absence_leaves(language: str) -> None:
    states, besides = words.AWAY[language]
    greeting = words.AWAY_GREETINGS[language]
    for state in states:
        for text in (state, f"{greeting}\n\n{state}\n\nCarol Reyes", f"{state} {besides[0]}", f"{state}\n{besides[1]}"):
            assert withheld(text) is Reason.OUT_OF_OFFICE, text


@pytest.mark.parametrize(
    "subject", ["Automatic reply: Lamp", "Out of office: Re: [Acme #1042] Lamp", "Abwesenheitsnotiz"]
)
def test_a_subject_tells_of_an_absence(subject: str) -> None:
    assert withheld(ANSWER, subject=subject) is Reason.OUT_OF_OFFICE


@pytest.mark.parametrize(
    "more",
    [
        {"kind": Kind.AUTOREPLY},
        {"kind": Kind.AUTO},
        {"kind": Kind.LIST},
        {"headers": (("Auto-Submitted", "auto-replied"),)},
    ],
)
def test_a_machines_mail_does_not_leave(more: dict[str, object]) -> None:
    assert withheld(ANSWER, **more) is Reason.OUT_OF_OFFICE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"Dave says: {TOLD.notes[0]}", Reason.HOLDS_NOTE),
        (f"{ANSWER}\n\nShe is a pain\n\nBye", Reason.HOLDS_NOTE),
        ("We saw that the margin on this lamp is 61 percent, give her the discount if you can.", Reason.HOLDS_NOTE),
        (f"{ANSWER}\nPriority: urgent", Reason.HOLDS_INTERNAL),
        ("Another one wrote that the shade of my blue desk light came in three pieces.", Reason.HOLDS_OTHERS),
        ("Write to carol@acme.example if you need more, she will answer at once.", Reason.SHOWS_ADDRESS),
        ("Ask Dave.Okafor, that is <Dave@Acme.example>, he knows more about it.", Reason.SHOWS_ADDRESS),
        ("I have copied boss@acme.example, who wanted to know about this.", Reason.SHOWS_ADDRESS),
        ("It is the same as [Acme #1043], please read that.", Reason.NAMES_TICKET),
        ("It is the same as Acme #1043, please read that.", Reason.NAMES_TICKET),
        (f"Use this address: support+{TOKEN}@acme.example", Reason.SHOWS_TOKEN),
        (f"It is {TOKEN} and nothing else.", Reason.SHOWS_TOKEN),
    ],
)
def test_nothing_internal_leaves(text: str, reason: Reason) -> None:
    assert withheld(text) is reason


@pytest.mark.parametrize(
    "text",
    [
        "You wrote that my lamp has not arrived, though you wrote that it was sent two weeks ago.",
        "Your ticket is [Acme #1042], and the older one was [Acme #977].",
        "Order #1043 is another matter.",
        "We write to ann@example.net, is that right?",
        "Write to support@acme.example at any time.",
        "Your code is aaaabbbbccccddddeeeeffffgggghhhh.",
        "Priority:\nyours is urgent to us.",
    ],
)
def test_what_the_customer_knows_may_be_said(text: str) -> None:
    assert sent(text) == text


def test_a_polite_phrase_is_no_echo_in_a_script_without_blanks() -> None:
    note = "お問い合わせいただきありがとうございます。この顧客は以前にも返金を求めたので注意してください。"
    told = replace(TOLD, notes=(note,))
    assert isinstance(out_of("お問い合わせいただきありがとうございます。ランプは昨日発送しました。", told), Outgoing)
    assert isinstance(out_of("同僚より：この顧客は以前にも返金を求めたので注意してください。", told), Withheld)


def test_an_address_that_the_customer_wrote_themselves_is_no_secret() -> None:
    told = replace(TOLD, public=(*TOLD.public, "I wrote to dave@acme.example too."))
    assert isinstance(out_of("Yes, dave@acme.example has it.", told), Outgoing)


@pytest.mark.parametrize("defect", ["degraded:depth", "text_cut", "lossy_decode", "html_plain", "unparsed:ValueError"])
def test_what_was_not_wholly_read_does_not_leave(defect: str) -> None:
    assert withheld(ANSWER, defects=(defect,)) is Reason.UNREADABLE


@pytest.mark.parametrize(("sealed", "leaves"), [("pgp signed", True), ("smime signed", True), ("pgp encrypted", False)])
def test_what_is_encrypted_does_not_leave(sealed: str, leaves: bool) -> None:
    assert isinstance(out_of(ANSWER, sealed=sealed), Outgoing) is leaves


def test_nobody_writes_a_book_to_a_customer() -> None:
    assert withheld("It is on its way. " * 12_000) is Reason.UNREADABLE


def test_a_file_of_settings_is_no_list_of_commands() -> None:
    settings = "\n".join(f"#Setting{number} yes" for number in range(2_000))
    assert mistyped(f"Put this into the file:\n\n{settings}") == ""
    assert mistyped(f"Put this into the file:\n\n{settings}\n#close") == "#close"


GOLDEN = sorted((Path(__file__).parents[1] / "corpus").glob("*.eml"))


def test_any_mail_at_all_is_let_through_or_withheld() -> None:
    passed = 0
    for path in GOLDEN[::3]:
        mail = read(path.read_bytes())
        found = outgoing(mail, mail.reply, addresses=CAROL, told=TOLD, site=SITE)
        if isinstance(found, Outgoing):
            passed += 1
            seen = words_of(unescape(re.sub(r"<[^<>]*>", " ", found.html)))
            assert set(seen) <= set(words_of(found.text)), path.name
            assert "\n\n\n\n" not in found.text or "\n\n\n\n" in mail.reply
        else:
            assert found.say
    assert passed > len(GOLDEN[::3]) / 3


@pytest.mark.parametrize(
    ("text", "reason", "is_final"),
    [
        ("Note: she pays late", Reason.LOOKS_LIKE_COMMAND, False),
        ("I am out of the office until Monday.", Reason.OUT_OF_OFFICE, False),
        (f"Dave says: {TOLD.notes[0]}", Reason.HOLDS_NOTE, False),
        ("Write to carol@acme.example if you need more, she will answer.", Reason.SHOWS_ADDRESS, False),
        ("It is the same as [Acme #1043], please read that.", Reason.NAMES_TICKET, False),
        (f"It is {TOKEN} and nothing else.", Reason.SHOWS_TOKEN, True),
        ("", Reason.NO_TEXT, True),
    ],
)
def test_the_agent_may_overrule_what_is_theirs_to_say(text: str, reason: Reason, is_final: bool) -> None:
    def told_to_send(*overruled: Reason) -> Outgoing | Withheld:
        return outgoing(mail_of(text), text, addresses=CAROL, told=TOLD, site=SITE, overruled=overruled)

    first = told_to_send()
    assert isinstance(first, Withheld)
    assert (first.reason, first.may_send) == (reason, not is_final)
    assert isinstance(told_to_send(reason), Withheld if is_final else Outgoing)
    assert isinstance(told_to_send(Reason.UNREADABLE), Withheld)


def test_what_was_not_told_is_not_overruled() -> None:
    text = "Write to carol@acme.example about [Acme #1043], please."
    found = outgoing(mail_of(text), text, addresses=CAROL, told=TOLD, site=SITE, overruled=[Reason.SHOWS_ADDRESS])
    assert isinstance(found, Withheld)
    assert found.reason is Reason.NAMES_TICKET


# ---- files ---------------------------------------------------------------------------------------------------------


def file(name: str, kind: str, *, inline: bool = False, sha256: str = "new", content_id: str = "") -> Attachment:
    return Attachment(name=name, size=1, sha256=sha256, type=kind, inline=inline, part=name, content_id=content_id)


PAGE = (
    f'<div>{ANSWER}<br><img src="cid:shot@x"></div><div class="gmail_signature">Carol<img src="cid:logo@x"></div>'
    '<blockquote type="cite">my lamp <img src="cid:theirs@x"></blockquote>'
)
FILES = (
    file("bill.pdf", "application/pdf"),
    file("same.pdf", "application/pdf", sha256="known"),
    file("shot.png", "image/png", inline=True, content_id="shot@x"),
    file("logo.png", "image/png", inline=True, content_id="logo@x"),
    file("theirs.png", "image/png", inline=True, content_id="theirs@x"),
    file("loose.png", "image/png", inline=True),
    file("old.png", "image/png", inline=True, sha256="known"),
    file("carol.vcf", "text/vcard"),
    file("smime.p7s", "application/pkcs7-signature"),
)


def test_files_go_along_as_far_as_they_are_the_answers() -> None:
    found = out_of(ANSWER, html=PAGE, attachments=FILES)
    assert isinstance(found, Outgoing)
    assert [item.name for item in found.attachments] == ["bill.pdf", "same.pdf", "shot.png", "loose.png"]
    assert found.html == f'<div>{ANSWER}<br><img src="cid:shot.png"></div>'
    assert len(found.removed) == 5


def test_without_a_page_an_image_is_a_file() -> None:
    found = out_of(ANSWER, html=PAGE.replace("yesterday", "today"), attachments=FILES)
    assert isinstance(found, Outgoing)
    assert found.html == ""
    assert "shot.png" in [item.name for item in found.attachments]
    assert not {"logo.png", "theirs.png"} & {item.name for item in found.attachments}


@pytest.mark.parametrize("kind", ["message/rfc822", "application/vnd.ms-outlook", "application/ms-tnef"])
def test_a_mail_that_is_attached_may_be_our_notice(kind: str) -> None:
    assert withheld(ANSWER, attachments=(file("notice.eml", kind),)) is Reason.MAIL_ATTACHED
