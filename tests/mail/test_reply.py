"""What the sender wrote this time. Cutting too little is a nuisance, cutting too much loses words."""

import time
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.mail import read
from gateway.mail.reply import Split, split, without_known

TOKEN = "abcdefghijklmnopqrstuvwxyz234567"
WROTE = "On Fri, 27 Nov 2026 at 09:00, Ann Lee <ann@example.net> wrote:"
HEADERS = "From: Ann Lee <ann@example.net>\nSent: Friday, 27 November 2026 09:00\nTo: Bob\nSubject: Re: lamp"

UNTOUCHED = [
    "",
    "hello",
    "hello\n\nthere",
    "My data:\nName: Ann Lee\nEmail: ann@example.net\nOrdered: 27.11.2026 09:00\nOrder: 1182",
    "From: Berlin\nTo: Munich\nDate: 27.11.2026\nTwo people, please.",
    "My settings\n---\nno signature, just a heading with much to say below it",
    "The log says:\n>>> import lamp\n>>> lamp.on()\nTraceback: no lamp",
    "| lamp | price |\n| red | 5 |\n| blue | 6 |",
    "On 27.11.2026 at 09:00 I wrote to you:\n\nWhere is my lamp?\n\nYou have not answered.",
    "I wrote to support@example.net on 27.11.2026:\n\nWhere is my lamp?",
    "failed at 09:00:\n\n<ann@example.net>: host mx.example.net [192.0.2.45] said:\n550 5.1.1 unknown",
    "I sent it from my iPhone\nand it worked",
    "Hello\n\nSent from my desk, which is easier than from a phone.",
    "Hello\n\n[1] is the link you asked for",
    "Please take me off your mailing list, I want to unsubscribe. How is that done at https://example.net?",
    "Hello\n\nI received the confidential message of another customer in error and will delete it. Is that all right?",
    "Kind regards\nAnn Lee\nSee my new address ann@example.net, please use it from now on for everything you send.",
]
SPLITS = [
    # top reply, quoted with a prefix or without one
    (f"yes\n\n{WROTE}\n\n> no\n> never", "yes", f"{WROTE}\n\n> no\n> never"),
    (f"yes\n\n{WROTE}\n\nno\nnever", "yes", f"{WROTE}\n\nno\nnever"),
    (f"yes\n\n{HEADERS}\n\nno\nnever", "yes", f"{HEADERS}\n\nno\nnever"),
    (
        f"yes\n________________________________\n{HEADERS}\n\nno",
        "yes",
        f"________________________________\n{HEADERS}\n\nno",
    ),
    ("yes\n\n-----Original Message-----\nno", "yes", "-----Original Message-----\nno"),
    ("yes\n> no", "yes", "> no"),
    # the line above a quote is the sender's own unless something in it tells when, who, or "wrote"
    ("This is wrong:\n> no", "This is wrong:", "> no"),
    ("I paid 50 euros.\n> no", "I paid 50 euros.", "> no"),
    (
        "I paid on 3.4.2026.\nAnn Lee <ann@example.net> wrote:\n> no",
        "I paid on 3.4.2026.",
        "Ann Lee <ann@example.net> wrote:\n> no",
    ),
    # the answer below its quote, and without an introduction the quote is the sender's own choice
    (f"{WROTE}\n> no\n\nyes", "yes", f"{WROTE}\n> no"),
    ("> no\n\nyes", "> no\n\nyes", ""),
    (f"Hi Bob,\n\n{WROTE}\n> no\n\nyes", "Hi Bob,\n\nyes", f"{WROTE}\n> no"),
    # ... and the introduction may stand within the quote
    (f"> {WROTE}\n>\n> no\n> never\n\nyes", "yes", f"> {WROTE}\n>\n> no\n> never"),
    (
        "> Op 3 mrt. 2026 om 17:21 schreef Ann <ann@example.net>:\n> nee\n\nja",
        "ja",
        "> Op 3 mrt. 2026 om 17:21 schreef Ann <ann@example.net>:\n> nee",
    ),
    (
        ">Среда, 4 марта 2026, 9:12 +03:00 от Анна <ann@example.net>:\n>нет\n \nда",
        "да",
        ">Среда, 4 марта 2026, 9:12 +03:00 от Анна <ann@example.net>:\n>нет",
    ),
    (
        "Hi,\n\n> -----Ursprüngliche Nachricht-----\n> Von: Ann\n> Gesendet: 3.3.2026 17:21\n>\n> nein\n\nja",
        "Hi,\n\nja",
        "> -----Ursprüngliche Nachricht-----\n> Von: Ann\n> Gesendet: 3.3.2026 17:21\n>\n> nein",
    ),
    ("> I wrote to Ann on 3.3.2026:\n> no\n\nyes", "> I wrote to Ann on 3.3.2026:\n> no\n\nyes", ""),
    # interleaved: quotes stay between the answers, what trails goes
    (f"{WROTE}\n> one\n\n1\n\n> two\n\n2\n\n> three", "> one\n\n1\n\n> two\n\n2", f"{WROTE}\n\n> three"),
    # ... and lines that were wrapped after they were quoted are no answers
    (
        f"yes\n\n{WROTE}\n> {'long ' * 14}\nline here\n> short",
        "yes",
        f"{WROTE}\n> {'long ' * 14}\nline here\n> short",
    ),
    # nothing would remain, so everything does
    ("> all\n> quoted", "> all\n> quoted", ""),
    (f"{WROTE}\n> no", f"{WROTE}\n> no", ""),
    ("-- \nAnn", "-- \nAnn", ""),
    ("Sent from my iPhone", "Sent from my iPhone", ""),
    # a warning above, an image, a footer below
    (
        "CAUTION: This email originated from outside of the organization. Do not click links.\n\nyes",
        "yes",
        "CAUTION: This email originated from outside of the organization. Do not click links.",
    ),
    ("yes\n[cid:image001.png@01D5]\nindeed", "yes\nindeed", "[cid:image001.png@01D5]"),
    # our marker ends our letter, whatever follows is written anew
    (f"{WROTE}\n\nno\n\n[ref:{TOKEN}]\n\nyes", "yes", f"{WROTE}\n\nno\n\n[ref:{TOKEN}]"),
    (f"yes\n[ref:{TOKEN[:10]}\n{TOKEN[10:]}]", "yes", f"[ref:{TOKEN[:10]}\n{TOKEN[10:]}]"),
    (
        f"yes\n\n##- Reply above this line -##\nno\n[ref:{TOKEN}]",
        "yes",
        f"##- Reply above this line -##\nno\n[ref:{TOKEN}]",
    ),
]
# In a mail that answers nothing a person tells of other mails; what is below stays.
TOLD = [
    'Hello,\n\nOn 12.05.2026 at 08:15 the caller wrote:\n"where is my lamp"\n\nWhat do I tell him?',
    "Hello all,\n\nOn 12 May 2026 at 08:15 your driver wrote:\nthe lamp comes today.\n\nIt did not come.",
    "Guten Tag,\n\nam 12.05.2026 um 08:15 Uhr hat Frau Lee geschrieben:\ndie Lampe kommt heute.\n\nSie kam nicht.",
    "Bonjour,\n\nLe 12/05/2026 à 08:15, votre collègue a écrit :\n« la lampe arrive »\n\nRien n'est arrivé.",
    "Hola,\n\nEl 12/05/2026 a las 08:15, su compañera escribió:\nla lámpara llega hoy.\n\nNo ha llegado.",
    "Здравствуйте,\n\n12.05.2026 в 08:15 ваш мастер написал:\nлампа в пути.\n\nЕё нет.",
    "[12.05.2026 08:15] Ann wrote:\nmy lamp is dark\n[12.05.2026 08:16] Bob wrote:\nis it plugged in?\nThat was all.",
    f"He promised it. This is what came:\n\n{WROTE}\nYou get a new lamp.\n\nThat was in March. Where is it?",
    f"He promised it. This is what came:\n\n{WROTE}\n> You get a new lamp.\n\nThat was in March. Where is it?",
    "These are on duty:\n\n12.05.2026 06:00 Ann <ann@example.net>:\nlamps\n12.05.2026 14:00 Bob <bob@example.net>:\nbulbs",
    "Your leaflet said:\n\n> Turn the lamp twice\n\nIt can't be turned.",
    "Ann told you on 12.05.2026:\n> it is dark\n\nIt still is.",
    "On Monday 11 May at 08:15 Ms Lee (ann@example.net) wrote:\nthe lease ends. This is wrong, please tell her.",
    f"My log of today.\n\n{HEADERS}\n\nWhat does that mean?",
    "Book this.\n\nFrom: Oslo\nTo: Bergen\nDate: 12.05.2026 08:15\nSubject: fair\n\nTwo seats.",
    "We have two drafts.\n\n----- Original text -----\nWe sell lamps.\n\n----- New text -----\nWe sell light.",
]
# What clients write is cut in any mail.
CUT_ANYWHERE = [
    f"It works now.\n\n{WROTE}\n\nno\nnever",
    f"It works now.\n\n{WROTE}\n> no\n> never",
    "It works now.\n\n12.05.2026 17:21, Ann Lee <ann@example.net>:\n\nno",
    "It works now.\n\nchť, 12 xyz 2026 17:21, Ann Lee <ann@example.net>:\n\nno",
    "It works now.\n\nOn 12/05/26 7:07 PM, Ann Lee wrote:\n> no",
    f"It works now.\n\n-----Original Message-----\n{HEADERS}\n\nno",
    "It works now.\n\n----- Mensaje original -----\nno",
    "It works now.\n\n>>> Ann Lee <ann@example.net> 12.05.2026 17:21 >>>\nno",
    "It works now.\n> no",
]
SIGNED = [
    ("yes\n-- \nAnn\nAcme", "yes", "Ann\nAcme"),
    ("yes\n--\nAnn", "yes", "Ann"),
    (f"yes\n-- \nAnn\n\n{WROTE}\n> no", "yes", "Ann"),
    (f"{WROTE}\n> no\n\nyes\n-- \nAnn", "yes", "Ann"),
    ("yes\n\nSent from my iPhone", "yes", "Sent from my iPhone"),
    ("yes\n-- \n" + "long\n" * 30, "yes\n-- \n" + "long\n" * 29 + "long", ""),
    (
        "yes\n\nKind regards\nAnn Lee\nAcme Ltd\nTel. +49 30 1234567",
        "yes\n\nKind regards\nAnn Lee",
        "Acme Ltd\nTel. +49 30 1234567",
    ),
]


@pytest.mark.parametrize("text", UNTOUCHED)
def test_untouched(text: str) -> None:
    assert split(text) == Split(text)


@pytest.mark.parametrize(("text", "reply", "elided"), SPLITS)
def test_split(text: str, reply: str, elided: str) -> None:
    parts = split(text)
    assert (parts.reply, parts.elided, parts.signature) == (reply, elided, "")


@pytest.mark.parametrize("text", TOLD)
def test_who_answers_nothing_tells_of_mails(text: str) -> None:
    assert split(text, is_answer=False) == Split(text)


@pytest.mark.parametrize("text", CUT_ANYWHERE)
def test_what_a_client_writes_is_cut_in_any_mail(text: str) -> None:
    for is_answer in (True, False):
        assert split(text, is_answer=is_answer).reply == "It works now."


@pytest.mark.parametrize(
    ("head", "is_answer"),
    [
        ("Subject: lamp\nIn-Reply-To: <1@acme.example>\n", True),
        ("Subject: lamp\nReferences: <1@acme.example>\n", True),
        ("Subject: AW: lamp\n", True),
        ("Subject: lamp\n", False),
    ],
)
def test_the_headers_say_whether_a_mail_answers(head: str, is_answer: bool) -> None:
    mail = read(f"From: ann@example.net\n{head}\nyes, it is\n\nOn 3.3.2026 at 17:21 Ann wrote:\nno\n".encode())
    assert (mail.reply == "yes, it is") is is_answer


def test_an_answer_told_of_with_a_colon_stays() -> None:
    text = f"This is what he wrote to me:\n\n{WROTE}\nno\n\nWhat now?"
    assert split(text).cuts == ()


@pytest.mark.parametrize(("text", "reply", "signature"), SIGNED)
def test_signature(text: str, reply: str, signature: str) -> None:
    parts = split(text)
    assert (parts.reply, parts.signature) == (reply, signature)
    assert signature in parts.elided


def test_lines_in_containers_of_the_page() -> None:
    parts = split("yes\n\nAnn wrote\nno\n\nAnn Lee", quoted={2, 3, 99}, signed={5})
    assert (parts.reply, parts.elided, parts.signature) == ("yes", "Ann wrote\nno\n\nAnn Lee", "Ann Lee")


def test_an_answer_below_the_quote_of_a_page() -> None:
    parts = split("Ann wrote\n> no\n> never\nyes\n--\nBob", quoted={0, 1, 2}, signed={5})
    assert (parts.reply, parts.elided, parts.signature) == ("yes", "Ann wrote\n> no\n> never\n--\nBob", "Bob")


def test_who_writes_into_the_container_of_his_signature_is_heard() -> None:
    for letter in ("My lamp is dark since Monday, please come.", "Meine Lampe ist seit Montag dunkel."):
        assert split(f"Hi\n\n{letter}\nAnn", signed={2, 3}).cuts == ()
        assert split(f"{letter}\n\nAnn Lee\nAcme", signed={2, 3}).reply == letter
    assert split("Hi\n\nAnn Lee\nAcme", signed={2, 3}).reply == "Hi"


def test_a_container_of_everything_ends_at_our_marker() -> None:
    text = f"{HEADERS}\n\nno\n\n[ref:{TOKEN}]\n\nyes"
    parts = split(text, quoted=range(20))
    assert (parts.reply, parts.elided) == ("yes", text.removesuffix("\n\nyes"))
    assert split(f"see\n\n{text}", quoted=range(2, 20)).reply == "see"
    assert split("no\n\nyes", quoted=range(20)).reply == "no\n\nyes"


def test_our_marker_is_never_in_a_reply() -> None:
    parts = split(f"> one\n\n1\n\n> two\n> [ref:{TOKEN}]\n\n2")
    assert (parts.reply, parts.elided) == ("> one\n\n1\n\n> two\n\n2", f"> [ref:{TOKEN}]")


def test_every_cut_is_told_with_its_lines_and_its_rule() -> None:
    parts = split(f"yes\n-- \nAnn\n\n{WROTE}\n\n> no\n> never")
    assert parts.cuts == ("lines 2-3: signature", "line 5: says whom it quotes", "lines 7-8: quoted, by its prefix")
    assert split("a\n> b\n" * 100 + "> b").cuts == ("lines 200-201: quoted, by its prefix",)
    assert split("> b\n".join(["a\n", *["[cid:x]\n"] * 60])).cuts[20].startswith("and ")


def test_what_we_sent_goes_once_it_is_known() -> None:
    sent = "Thank you for your order of the lamp, which is on its way to you.\nIt will arrive on Monday or on Tuesday."
    came = "Fine.\n\nThank you for your order of the lamp,\nwhich is on its way to you. It will\narrive on Monday or on Tuesday."
    mail = read(b"From: ann@example.net\n\n" + came.encode())
    assert mail.reply == came
    again = without_known(mail, sent.split("\n"))
    assert (again.reply, again.elided) == ("Fine.", came.removeprefix("Fine.\n\n"))
    assert again.trail[-1] == "reply, again: lines 3-5: quoted, we sent these words"
    assert without_known(mail, ["other words that have nothing to do with any of this"]) is mail
    only = replace(mail, reply=sent)
    assert without_known(only, sent.split("\n")) is only


def test_the_trail_tells_the_cuts() -> None:
    assert "reply: line 2: quoted, by its prefix" in read(b"From: ann@example.net\n\nyes\n> no\n").trail


LINES = st.sampled_from(
    [
        "",
        "yes",
        "> no",
        ">> never",
        "  ",
        WROTE,
        "Ann Lee",
        "<ann@example.net> wrote:",
        *HEADERS.split("\n"),
        "-----Original Message-----",
        "________________________________",
        "-- ",
        "--",
        "Kind regards",
        "Tel. +49 30 1234567",
        "Sent from my iPhone",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        f"[ref:{TOKEN}]",
        "[cid:image001.png]",
        "*****",
        "To unsubscribe go to https://example.net/list",
        "This e-mail is confidential and intended solely for the addressee; if received in error, please delete it. "
        * 2,
        "EXTERNAL: do not click links in this email from outside",
        "See my answers below in red.",
        f"> {WROTE}",
        f"> [ref:{TOKEN}]",
        "\u200f> \u200e",
        "||",
        "| x",
        "AB> x",
    ]
)
TEXTS = st.lists(LINES, max_size=30).map("\n".join)


def said(text: str) -> list[str]:
    return sorted(line for line in text.split("\n") if line.strip())


@given(
    st.one_of(TEXTS, st.text(max_size=300)),
    st.sets(st.integers(0, 40), max_size=5),
    st.sets(st.integers(0, 40), max_size=5),
    st.booleans(),
    st.booleans(),
)
def test_every_line_is_in_one_part(text: str, quoted: set[int], signed: set[int], known: bool, is_answer: bool) -> None:
    parts = split(text, quoted=quoted, signed=signed, known_lines=(text,) if known else (), is_answer=is_answer)
    assert sorted([*said(parts.reply), *said(parts.elided)]) == said(text)
    assert bool(parts.reply.strip()) == bool(text.strip())
    assert bool(parts.cuts) == bool(parts.elided)
    assert set(said(parts.signature)) <= set(said(parts.elided))


@given(TEXTS)
@example(f"My answers are below.\n\n> [ref:{TOKEN}]\n> Is it red? yes\n")
def test_a_reply_stands_in_the_order_of_its_text(text: str) -> None:
    rest = iter(text.split("\n"))
    assert all(line in rest for line in split(text).reply.split("\n") if line.strip())


HOSTILE = [
    "--\n",
    "-- \n",
    "***\n\n",
    "-- \n\nplease\n\n",
    f'hi,\n{WROTE}\n"\n',
    f"{'hi ' * 90}!\n{WROTE}\n\n",
    "Is it?\n\n>> no\n",
    "> x\ny\n",
    WROTE + "\n",
    f"{WROTE}\n> x\n",
    "3.3.2026:\n",
    "From: a\n",
    "To: a@b.c\nx@y.z,\n",
    "Abc: Ann <a@b.c>\n\n",
    "-----\nx\n",
    "-- \nx\n",
    "----- Original Message -----\n> x\n",
    "Sent from my iPhone\n",
    "Get Outlook for iOS<https://aka.ms/x>\n",
    "Kind regards\n+49 123 4567890\n",
    f"{WROTE}\nx\n[ref:{TOKEN}]\n",
    "*****\nmailing list unsubscribe http://x\n",
    "<\n>:\n",
    "a@b.c wrote\n",
    "x" * 299 + ":\n",
    "a@" * 140 + ":\n",
    "1.1.1 " * 49 + ":\n",
    "-" * 290 + "\n",
    "[cid:x]\n",
    "answers below\n> x\n",
    f"> {WROTE}\n> x\n",
    f"----- Original Message -----\n{HEADERS}\n> x\n",
    "\n",
    "<",
    " ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_text(piece: str) -> None:
    text = piece * min(100_000, 1_000_000 // len(piece))
    began = time.process_time()
    split(text)
    split(f"{text}\nx")
    split(text, is_answer=False)
    assert time.process_time() - began < 12  # quadratic time would take minutes; half a machine takes four seconds
