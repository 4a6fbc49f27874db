"""What letters carry: headers, envelope, marker, number; and that nothing a stranger wrote acts in them."""

import re
import unicodedata
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.compose import headers, letters, words
from gateway.compose.context import INTERNAL_NAMES
from gateway.compose.letters import Auto, Desk, Shown, Stamp
from gateway.compose.render import Templates
from gateway.config import load
from gateway.errors import Permanent
from gateway.mail import Address, Kind, Mail, read
from support import site
from support.fuzz import examples

TEMPLATES = Templates.load(Path(__file__).parents[2] / "templates")
AT = datetime(2026, 11, 27, 9, 12, 5, tzinfo=UTC)
TOKEN = "q4waxs3kgnrr6abcdefghijklmnopqrstuvw2345"
STAMP = Stamp(message_id=f"<{TOKEN}.1@mail.acme.example>", at=AT, token=TOKEN)
SUPPORT = Address(addr="support@acme.example", name="Acme Support")
DESK = Desk(
    queue="support",
    title="Support",
    sender=SUPPORT,
    automatic_from="",
    tag="Acme",
    language="en",
    signature="Acme Lamps Ltd",
)
ANN = Address(addr="ann@example.net", name="Ann Example")
TICKET = Shown(number="1042", tag="[Acme #1042]", title="Where is my lamp?")
MAIL = Mail(
    from_=ANN,
    subject="Where is my lamp?",
    message_id="<ann-2@example.net>",
    references=("<ann-1@example.net>",),
    text="My secret body",
    reply="My secret body",
)
anything = st.text(st.characters(exclude_categories=()), max_size=120) | st.sampled_from(
    [
        "\r\nBcc: evil@x.y\r\n",
        "=?utf-8?q?a?=",
        "Evil, X <agent@corp.x>",
        "[ref:" + "a" * 40 + "]",
        "{{ 7 * 7 }}",
        "{% if",
    ]
)


def acknowledge(mail=MAIL, recipient=ANN, desk=DESK, **options):
    return letters.acknowledgement(
        TEMPLATES, desk, mail=mail, recipient=recipient, ticket=TICKET, stamp=STAMP, **options
    )


def parse(letter):
    return message_from_bytes(letter.data, policy=policy.default)


def text_of(letter):
    return parse(letter).get_body(("plain",)).get_content()


def test_an_acknowledgement_as_the_customer_gets_it():
    letter = acknowledge()
    mail = parse(letter)
    assert mail["From"] == "Acme Support <support@acme.example>"
    assert mail["To"] == "Ann Example <ann@example.net>"
    assert mail["Subject"] == "Re: [Acme #1042] Where is my lamp?" == letter.subject
    assert mail["Date"].datetime == AT == letter.at
    assert mail["Message-ID"] == STAMP.message_id == letter.message_id
    assert mail["In-Reply-To"] == "<ann-2@example.net>"
    assert mail["References"].split() == ["<ann-1@example.net>", "<ann-2@example.net>"]
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Reply-To"] is None
    assert mail["Precedence"] is None
    assert letter.envelope_from == ""
    assert letter.automatic
    assert (letter.template, letter.fallback) == ("acknowledgement.txt", "")
    assert "#1042" in text_of(letter)
    assert text_of(letter).rstrip().endswith(f"[ref:{TOKEN}]")
    assert "secret" not in letter.data.decode()


def test_our_own_reader_sees_the_same():
    mail = read(acknowledge().data)
    assert mail.from_ == SUPPORT
    assert mail.to == (ANN,)
    assert mail.subject == "Re: [Acme #1042] Where is my lamp?"
    assert mail.message_id == STAMP.message_id
    assert mail.references == ("<ann-1@example.net>", "<ann-2@example.net>")
    assert mail.markers == (TOKEN,)
    assert mail.kind is not Kind.NORMAL  # whoever gets it knows not to answer by machine
    assert mail.defects == ()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Where is my lamp?", "Re: [Acme #1042] Where is my lamp?"),
        ("Re: AW: Where is my lamp?", "Re: [Acme #1042] Where is my lamp?"),
        ("Re: [Acme #7] Where?", "Re: [Acme #1042] Where?"),
        ("", "Re: [Acme #1042] Your request"),
        ("Re:", "Re: [Acme #1042] Your request"),
        ("Где моя лампа?", "Re: [Acme #1042] Где моя лампа?"),
        ("{{ 7 * 7 }}", "Re: [Acme #1042] {{ 7 * 7 }}"),
    ],
)
def test_the_subject_groups_with_theirs_and_carries_the_number(theirs, ours):
    assert acknowledge(Mail(subject=theirs, message_id="<a@b>")).subject == ours


def test_a_long_subject_is_cut_and_keeps_the_number():
    letter = acknowledge(Mail(subject="lamp " * 100, message_id="<a@b>"))
    assert len(letter.subject) <= 250
    assert letter.subject.startswith("Re: [Acme #1042] lamp")


@given(subject=anything, name=anything, title=anything, ids=st.lists(anything, max_size=4))
@settings(max_examples=examples(120), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_a_customer_wrote_acts(subject, name, title, ids):
    subject = unicodedata.normalize("NFC", words.clean(subject))  # as our reader gives it
    mail = Mail(subject=subject, message_id=f"<{ids[0]}>" if ids else "", references=tuple(ids))
    letter = letters.acknowledgement(
        TEMPLATES,
        DESK,
        mail=mail,
        recipient=Address(addr="ann@example.net", name=name),
        ticket=Shown(number="1042", tag="[Acme #1042]", title=title),
        stamp=STAMP,
    )
    head = letter.data[: letter.data.index(b"\r\n\r\n")]
    names = [line.split(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert [one for one in names if one not in ("In-Reply-To", "References")] == [
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
        "MIME-Version", "Content-Type",
    ]  # fmt: skip
    seen = read(letter.data)
    assert seen.subject == parse(letter)["Subject"] == letter.subject
    assert [to.addr for to in seen.to] == ["ann@example.net"]
    assert seen.markers == (TOKEN,)
    assert letter.fallback == ""


def test_neutral_says_nothing_the_sender_wrote():
    mail = Mail(subject="Buy pills at evil.example", message_id="<a@b>", text="pills")
    spoofed = Address(addr="victim@example.org", name="Buy pills at evil.example")
    ticket = Shown(number="1042", tag="[Acme #1042]", title="Buy pills at evil.example")
    for language in ("", "de", "fr", "es", "cs", "ru"):
        letter = letters.acknowledgement(
            TEMPLATES, DESK, mail=mail, recipient=spoofed, ticket=ticket, stamp=STAMP, neutral=True, language=language
        )
        said = letter.subject + text_of(letter) + parse(letter)["To"]
        assert "pills" not in said
        assert "[Acme #1042]" in letter.subject
    broken = letters.acknowledgement(
        Templates({}), DESK, mail=mail, recipient=spoofed, ticket=ticket, stamp=STAMP, neutral=True
    )
    assert "pills" not in broken.subject + text_of(broken)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "cs", "ru"])
def test_a_linked_follow_up_names_both_numbers(language):
    letter = acknowledge(follows=Shown(number="17", tag="[Acme #17]"), language=language)
    assert "#1042" in text_of(letter)
    assert "#17" in text_of(letter)
    assert "#17" not in letter.subject
    expected = "acknowledgement.txt" if language == "en" else f"acknowledgement.{language}.txt"
    assert letter.template == expected


def test_plus_addressing_puts_the_token_into_reply_to():
    plus = Desk(queue="s", title="S", sender=SUPPORT, automatic_from="", tag="A", language="en", plus_addressing=True)
    reply_to = parse(acknowledge(desk=plus))["Reply-To"].addresses[0]
    assert (reply_to.addr_spec, reply_to.display_name) == (f"support+{TOKEN}@acme.example", "Acme Support")
    long = Address(addr="a-very-long-name-of-a-mailbox@acme.example")
    too_long = Desk(queue="s", title="S", sender=long, automatic_from="", tag="A", language="en", plus_addressing=True)
    assert parse(acknowledge(desk=too_long))["Reply-To"] is None


def test_the_marker_stands_in_html_too():
    sources = {
        "acknowledgement.txt": "Subject: {{ ticket.tag }}\n\nHello\n",
        "acknowledgement.html": "<html><body><p>Hello</p></body></html>",
    }
    letter = letters.acknowledgement(Templates(sources), DESK, mail=MAIL, recipient=ANN, ticket=TICKET, stamp=STAMP)
    plain, rich = parse(letter).iter_parts()
    assert plain.get_content().rstrip().endswith(f"[ref:{TOKEN}]")
    assert re.search(rf"\[ref:{TOKEN}\]</p>\s*</body></html>", rich.get_content())
    assert read(letter.data).markers == (TOKEN,)


def test_a_marker_in_what_others_wrote_is_disarmed():
    text = f"see [ref:{'b' * 40}] and [ Ref : {'c' * 40}], [\x00ref:{'d' * 40}] and &#91;ref&#58;{'e' * 40}&#93;"
    letter = letters.letter(
        TEMPLATES, DESK, kind="notice_new", recipient=ANN, ticket=TICKET, stamp=STAMP, auto=Auto.GENERATED,
        context={"text": text, "subject": text},
    )  # fmt: skip
    assert read(letter.data).markers == (TOKEN,)
    assert "b" * 40 in text_of(letter)


@pytest.mark.parametrize("unseen", ["\ufeff", "\u200b", "\u00ad", "\ufffe", "\x00", " "])
@pytest.mark.parametrize("forged", ["[{}ref:{}]", "[r{}ef:{}]", "[ref{}:{}]", "[ref:{}{}]"])
def test_a_marker_in_a_subject_is_disarmed_whatever_stands_in_it(cfg, unseen, forged):
    subject = "outage " + forged.format(unseen, "b" * 40)
    told = letters.plain_notice(cfg, kind="notice_similar", recipient=ANN, subject=subject, text="x", stamp=STAMP)
    letter = letters.letter(
        TEMPLATES, DESK, kind="notice_new", recipient=ANN, ticket=TICKET, stamp=STAMP, auto=Auto.GENERATED,
        context={"text": "x", "subject": subject},
    )  # fmt: skip
    assert set(read(told.data).markers) | set(read(letter.data).markers) <= {TOKEN}


def test_a_template_cannot_lose_the_number():
    letter = letters.letter(
        Templates({"reply.txt": "Subject: Hello\n\n{{ text }}\n"}),
        DESK,
        kind="reply",
        recipient=ANN,
        ticket=TICKET,
        stamp=STAMP,
        auto=Auto.NO,
        context={"text": "Hello"},
    )
    assert letter.subject == "[Acme #1042] Hello"


def test_a_persons_reply_is_not_marked_automatic():
    letter = letters.letter(
        TEMPLATES, DESK, kind="reply", recipient=ANN, ticket=TICKET, stamp=STAMP, auto=Auto.NO,
        in_reply_to="<ann-2@example.net>", context={"text": "It left today.", "subject": "Where is my lamp?"},
    )  # fmt: skip
    mail = parse(letter)
    assert mail["Auto-Submitted"] is None
    assert mail["X-Auto-Response-Suppress"] is None
    assert letter.envelope_from == "support@acme.example"
    assert not letter.automatic
    assert text_of(letter).startswith("It left today.")


def test_the_envelope_of_automatic_mail_may_be_an_address():
    desk = Desk(queue="s", title="S", sender=SUPPORT, automatic_from="auto@acme.example", tag="Acme", language="en")
    assert acknowledge(desk=desk).envelope_from == "auto@acme.example"


def test_a_broken_template_still_makes_a_letter_and_tells():
    broken = Templates({"acknowledgement.txt": "Subject: {{ ticket.tag }}\n\nHello {{ custmer.name }}\n"})
    letter = letters.acknowledgement(broken, DESK, mail=MAIL, recipient=ANN, ticket=TICKET, stamp=STAMP)
    assert letter.fallback == "templates/acknowledgement.txt:3: 'custmer' is undefined"
    assert letter.template == ""
    assert letter.subject == "Re: [Acme #1042] Where is my lamp?"
    assert "#1042" in text_of(letter)
    assert f"[ref:{TOKEN}]" in text_of(letter)


def test_an_address_that_cannot_be_written_to_is_permanent():
    with pytest.raises(Permanent, match="not an address"):
        acknowledge(recipient=Address(addr="ann@[192.0.2.1]"))


def test_the_same_mail_makes_the_same_bytes():
    assert acknowledge().data == acknowledge().data


@pytest.fixture
def cfg(tmp_path: Path):
    text = site.edited(
        "[queues.billing]\n", '[queues.billing]\nfrom = "Acme Billing <billing@acme.example>"\nlanguage = "de"\n'
    )
    return load(site.write(tmp_path, text), secrets=False)


def test_a_desk_comes_from_the_configuration(cfg):
    support, billing, gone = (letters.desk(cfg, queue) for queue in ("support", "billing", "gone"))
    assert (support.sender.addr, support.language, support.automatic_from) == ("support@acme.example", "en", "")
    assert (billing.sender.name, billing.language) == ("Acme Billing", "de")
    assert gone.sender == cfg.mail.from_


def test_a_notice_to_the_admin_needs_no_template(cfg):
    stamp = Stamp(message_id="<n1@acme.example>", at=AT)
    letter = letters.admin_notice(cfg, subject="a template\r\nis broken", text="templates/x.txt:3: é", stamp=stamp)
    mail = parse(letter)
    assert mail["To"] == "postmaster@acme.example"
    assert mail["Subject"].endswith("a template is broken")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "templates/x.txt:3: é" in text_of(letter)
    assert "ref:" not in text_of(letter)
    assert letter.envelope_from == ""
    assert letter.automatic


def test_the_caps_are_those_of_the_headers():
    assert (headers.SUBJECT_CAP, headers.NAME_CAP, headers.ID_CAP, headers.REFERENCES_CAP) == (250, 78, 250, 20)


def test_every_letter_of_a_ticket_names_the_same_anchor_first():
    stamp = Stamp(message_id=STAMP.message_id, at=AT, token=TOKEN, anchor="<ticket.1042@mail.acme.example>")
    told = letters.acknowledgement(TEMPLATES, DESK, mail=MAIL, recipient=ANN, ticket=TICKET, stamp=stamp)
    assert parse(told)["References"].split() == [stamp.anchor, "<ann-1@example.net>", "<ann-2@example.net>"]
    assert parse(told)["In-Reply-To"] == "<ann-2@example.net>"
    alone = letters.letter(
        TEMPLATES, DESK, kind="notice_new", recipient=ANN, ticket=TICKET, stamp=stamp, auto=Auto.GENERATED
    )
    assert parse(alone)["References"] == parse(alone)["In-Reply-To"] == stamp.anchor


def test_long_threads_keep_the_anchor_and_the_last_nineteen():
    stamp = Stamp(message_id=STAMP.message_id, at=AT, token=TOKEN, anchor="<ticket.1042@mail.acme.example>")
    mail = Mail(subject="x", message_id="<last@x>", references=tuple(f"<{n}@x>" for n in range(50)))
    told = letters.acknowledgement(TEMPLATES, DESK, mail=mail, recipient=ANN, ticket=TICKET, stamp=stamp)
    wanted = [stamp.anchor, *(f"<{n}@x>" for n in range(32, 50)), "<last@x>"]
    assert parse(told)["References"].split() == wanted


def test_an_acknowledgement_says_when_we_answer_at_the_latest():
    by = AT.replace(hour=12, minute=0)
    zone = ZoneInfo("Europe/Prague")
    said = {lang: text_of(acknowledge(answer_by=by, zone=zone, language=lang)) for lang in ("en", "ru", "cs", "de")}
    assert "by 27 November 2026, 13:00 CET at the latest" in said["en"]
    assert "не позднее 27 ноября 2026 года, 13:00 CET" in said["ru"]
    assert "nejpozději do 27. listopadu 2026, 13:00 CET" in said["cs"]
    assert "bis 2026-11-27, 13:00 CET" in said["de"]  # German has no words of ours for dates
    assert "latest" not in text_of(acknowledge())


@pytest.mark.parametrize(
    ("customer", "queue", "file"),
    [
        ("cs", "en", "acknowledgement.cs.txt"),
        ("cs-CZ", "en", "acknowledgement.cs.txt"),
        ("", "ru", "acknowledgement.ru.txt"),
        ("", "", "acknowledgement.txt"),
        ("hu", "cs", "acknowledgement.cs.txt"),
        ("hu", "en", "acknowledgement.txt"),
        ("hu", "hu", "acknowledgement.txt"),
        ("en", "cs", "acknowledgement.txt"),
        ("en-GB", "cs", "acknowledgement.txt"),
        ("sk", "en", "acknowledgement.txt"),  # not Czech
        ("uk", "en", "acknowledgement.txt"),  # not Russian
        ("bg", "de", "acknowledgement.de.txt"),
        ("pt", "en", "acknowledgement.txt"),  # not Spanish
    ],
)
def test_the_customers_language_then_the_queues_then_english(customer, queue, file):
    desk = Desk(queue="s", title="S", sender=SUPPORT, automatic_from="", tag="Acme", language=queue)
    assert acknowledge(desk=desk, language=customer).template == file


def test_a_letter_to_customers_takes_nothing_that_is_for_agents():
    for name in sorted(INTERNAL_NAMES):
        with pytest.raises(ValueError, match=f"not for a letter to customers: {name}"):
            letters.letter(
                TEMPLATES, DESK, kind="progress", recipient=ANN, ticket=TICKET, stamp=STAMP, auto=Auto.GENERATED,
                context={name: "x"},
            )  # fmt: skip


@pytest.mark.parametrize(
    ("writer", "shown"),
    [
        (ANN, "Ann Example via Acme Support"),
        (Address(addr="ann@example.net"), "ann (example.net) via Acme Support"),
        (Address(addr="x@y.z", name="carol@acme.example"), "carol (acme.example) via Acme Support"),
        (Address(addr="x@y.z", name="A\r\nBcc: b@c.d"), "A Bcc: b (c.d) via Acme Support"),
        (Address(addr="x@y.z", name="Nováková, Ann"), "Nováková, Ann via Acme Support"),
        (Address(addr="x@y.z", name="n" * 90), "n" * 40 + " via Acme Support"),
    ],
)
def test_a_notice_names_who_wrote_and_is_from_us(writer, shown):
    told = letters.letter(
        TEMPLATES, DESK, kind="notice_new", recipient=ANN, ticket=TICKET, stamp=STAMP, auto=Auto.GENERATED,
        writer=writer,
    )  # fmt: skip
    assert read(told.data).from_ == Address(addr="support@acme.example", name=shown)


def test_a_persons_reply_bounces_to_an_address_that_names_it():
    plus = Desk(
        queue="s", title="S", sender=SUPPORT, automatic_from="", tag="Acme", language="en", plus_addressing=True
    )
    told = letters.letter(
        TEMPLATES, plus, kind="reply", recipient=ANN, ticket=TICKET, stamp=STAMP, auto=Auto.NO, context={"text": "x"}
    )
    assert told.envelope_from == f"support+{TOKEN}@acme.example"


def test_the_status_is_told_in_the_language_of_the_letter(cfg):
    row = {"number": 7, "created_at": AT, "title": "x", "status": "waiting"}
    told = [letters.shown(cfg, row, language).status for language in ("en", "ru", "cs", "hu")]
    assert told == ["waiting for an answer", "ждёт ответа", "čeká na odpověď", "waiting for an answer"]
