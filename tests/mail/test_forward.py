"""Which mails forward another, and what is read of it: clients and languages, look-alikes, attached mails."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail import forward, read, tree
from gateway.mail.forward import Forward, labels
from gateway.mail.value import Address

ANN = Address(addr="ann@lee.example", name="Ann Lee")
BOB = Address(addr="bob@ray.example", name="Bob Ray")
HEAD = "From: Bob Ray <bob@ray.example>\nTo: help@acme.example\nContent-Type: text/plain; charset=utf-8\n"


def find(subject: str, text: str, more: str = "") -> Forward | None:
    return forward.find(tree.parse(f"{HEAD}{more}\n{text}".encode()), text, subject)


def block(*words: str, marks: str = "", colon: str = ":") -> str:
    values = ("Ann Lee <ann@lee.example>", "5.5.2020 15:04", "bob@ray.example", "Pump")
    return "".join(f"{marks}{word}{marks}{colon} {value}\n" for word, value in zip(words, values, strict=True))


ENGLISH = block("From", "Date", "To", "Subject")
OUTLOOK = block("From", "Sent", "To", "Subject")


@pytest.mark.parametrize(
    "opening",
    [
        f"---------- Forwarded message ---------\n{ENGLISH}",
        f"---------- Forwarded message ---------\n{block('От', 'Date', 'To', 'Subject')}",
        f"---------- Forwarded message ----------\n{block('De', 'Date', 'To', 'Subject', colon=' :')}",
        f"-------- Weitergeleitete Nachricht --------\n{block('Von', 'Datum', 'An', 'Betreff')}",
        f"-------- Message transféré --------\n{block('De', 'Date', 'Pour', 'Sujet', colon=' :')}",
        f"-------- İletilen İleti --------\n{block('Kimden', 'Tarih', 'Kime', 'Konu')}",
        f"--- Treść przekazanej wiadomości ---\n{block('Nadawca', 'Data', 'Adresat', 'Temat')}",
        f"-------- Välitetty viesti / Fwd.Msg --------\n{block('Lähettäjä', 'Päiväys', 'Vastaanottaja', 'Aihe')}",
        f"-------- Пересылаемое сообщение --------\n{block('От кого', 'Дата', 'Кому', 'Тема')}",
        f"-------- 転送メッセージ --------\n{block('差出人', '日時', '宛先', '件名')}",
        f"-------- 转发邮件信息 --------\n{block('发件人', '发送日期', '收件人', '主题', colon='：')}",
        f"-------- 전달된 메시지 --------\n{block('보낸 사람', '날짜', '받는 사람', '제목')}",
        f"------- Forwarded Message -------\n{ENGLISH}\n",
        f"----- Forwarded by Bob Ray/Acme on 05/06/2020 10:11 AM -----\n\n{ENGLISH}\n",
        f"----- Forwarded message from Ann Lee <ann@lee.example> -----\n\n{ENGLISH}User-Agent: Mutt/1.10\n",
        f"----------  Forwarded Message  ----------\n\n{ENGLISH}",
        f"Begin forwarded message:\n\n{ENGLISH}",
        f"Anfang der weitergeleiteten Nachricht:\n\n{block('Von', 'Datum', 'An', 'Betreff')}",
        f"Début du message transféré :\n\n{block('De', 'Date', 'À', 'Objet', colon=' :')}",
        f"開始轉寄郵件：\n\n{block('寄件人', '日期', '收件人', '主旨')}",
        "  ----- Forwarded Message ----- From: Ann Lee <ann@lee.example>To: <bob@ray.example>"
        "Sent: 5.5.2020 15:04Subject: Pump\n",
        '-------- Пересылаемое сообщение --------\n5.5.2020 15:04, "Ann Lee" <ann@lee.example>:\n',
    ],
)
def test_what_speaks_of_forwarding_tells_by_itself(opening: str) -> None:
    for subject in ("Pump", "Re: Pump", "Fwd: Pump"):
        found = find(subject, f"Please see below.\n\n{opening}\nThe pump leaks.\n\nAnn\n")
        assert found is not None
        assert (found.from_, found.date, found.message) == (ANN, "5.5.2020 15:04", "Please see below.")
        assert found.body == "The pump leaks.\n\nAnn"
        assert found.subject == "Pump" or not found.to
        assert found.rest.endswith("The pump leaks.\n\nAnn")


@pytest.mark.parametrize(
    "opening",
    [
        OUTLOOK,
        block("From", "Sent", "To", "Subject", marks="*"),
        f"________________________________\n{OUTLOOK}",
        f"-----Original Message-----\n{OUTLOOK}",
        f"----- Xyzzy plugh -----\n{ENGLISH}",
        f"-----Ursprüngliche Nachricht-----\n{block('Von', 'Gesendet', 'An', 'Betreff')}",
        f"-------- Original message --------\n{ENGLISH}",
        f"------------------ 原始邮件 ------------------\n{block('发件人', '发送时间', '收件人', '主题')}",
        block("Feladó", "Elküldve", "Címzett", "Tárgy"),
        block("\u200fמאת", "נשלח", "אל", "נושא", colon=":\u200f"),
        block("من", "تم الإرسال", "إلى", "الموضوع"),
        block("จาก", "วันที่", "ถึง", "เรื่อง"),
        block("Từ", "Đã gửi", "Tới", "Chủ đề"),
        "From: Ann Lee [mailto:ann@lee.example]\nSent: 5.5.2020 15:04\nTo: bob@ray.example\nSubject: Pump\n",
    ],
)
def test_where_replies_look_the_same_the_subject_tells(opening: str) -> None:
    text = f"Please see below.\n\n{opening}\nThe pump leaks.\n"
    for subject, more in (("FW: Pump", ""), ("WG: Pump", "In-Reply-To: <1@x>\n"), ("Something else", "")):
        found = find(subject, text, more)
        assert found is not None
        assert (found.from_, found.subject, found.date) == (ANN, "Pump", "5.5.2020 15:04")
        assert (found.message, found.body) == ("Please see below.", "The pump leaks.")
        assert [one.addr for one in found.to] == ["bob@ray.example"]
    for subject, more in (("RE: Pump", ""), ("AW: WG: Pump", ""), ("Something else", "References: <1@x>\n")):
        assert find(subject, text, more) is None


@pytest.mark.parametrize("row", labels._TABLE.strip().replace("\n   ", "").split("\n"), ids=lambda row: row[:2])
def test_every_language_of_the_labels(row: str) -> None:
    columns = [column.strip().split(", ")[0] for column in row.split("|")[1:]]
    words = [columns[labels.FIELDS.index(name)] for name in ("from", "date", "to", "subject")]
    found = find("FW: Pump", f"{block(*words)}\nThe pump leaks.\n")
    assert found is not None
    assert (found.from_, found.subject, found.body) == (ANN, "Pump", "The pump leaks.")


@pytest.mark.parametrize(
    "line",
    [
        'On 28/10/2021 12:46, "Ann Lee" <ann@lee.example> wrote:',
        "Le 28/10/2021 12:46, « Ann Lee » <ann@lee.example> a écrit :",
        "Op 28/10/2021 12:46 heeft Ann Lee <ann@lee.example> geschreven:",
        '"Ann Lee" <ann@lee.example>, 28/10/2021 12:46 tarihinde şunu yazdı:',
        "W dniu 28/10/2021 12:46 użytkownik „Ann Lee” <ann@lee.example> napisał:",
        "On 28/10/2021 12:46, Ann Lee\n<ann@lee.example> wrote:",
    ],
)
@pytest.mark.parametrize("mark", ["    ", "> ", ""])
def test_an_attribution_below_a_forward_subject(line: str, mark: str) -> None:
    text = f"Look.\n\n{line}\n\n{mark}The pump leaks.\n{mark}Ann\n"
    found = find("FW: Pump", text)
    assert found is not None
    assert (found.from_, found.date, found.subject) == (ANN, "28/10/2021 12:46", "Pump")
    assert (found.message, found.body) == ("Look.", "The pump leaks.\nAnn")
    assert find("RE: Pump", text) is None
    assert find("Pump", text) is None


def test_apple_quotes_what_it_forwards() -> None:
    text = "Begin forwarded message:\n\n" + ENGLISH + "\nThe pump leaks.\n\n> older"
    quoted = "".join(f"> {line}\n" for line in text.split("\n"))
    found = find("Pump", f"Please see below.\n\n{quoted}")
    assert found is not None
    assert (found.from_, found.body) == (ANN, "The pump leaks.\n\n> older")
    below = find("Pump", f"{quoted}\nWhat shall we do?\n")
    assert below is not None
    assert (below.message, below.body) == ("What shall we do?", "The pump leaks.\n\n> older")


def test_only_the_body_is_quoted() -> None:
    found = find("Fwd: Pump", f"---------- Forwarded message ----------\n{ENGLISH}\n> The pump leaks.\n>\n> > older\n")
    assert found is not None
    assert found.body == "The pump leaks.\n\n> older"


def test_the_footer_of_a_telephone_is_no_note() -> None:
    found = find("Fwd: Pump", f"Sent from my iPhone\n\nBegin forwarded message:\n\n{ENGLISH}\nThe pump leaks.")
    assert found is not None
    assert found.message == ""


def test_the_closing_line_is_no_text() -> None:
    text = f"----- Forwarded message from Ann Lee -----\n\n{ENGLISH}\nThe pump leaks.\n\n----- End forwarded message -----\n"
    found = find("Pump (fwd)", text)
    assert found is not None
    assert found.body == "The pump leaks."


def test_a_forward_of_a_forward_is_the_outer_one() -> None:
    inner = f"---------- Forwarded message ----------\n{ENGLISH}\nThe pump leaks."
    outer = ENGLISH.replace("Ann Lee <ann@lee.example>", "Carl <carl@x.example>").replace("Pump", "Fwd: Pump")
    found = find("Fwd: Fwd: Pump", f"---------- Forwarded message ----------\n{outer}\nfyi\n\n{inner}")
    assert found is not None
    assert (found.from_, found.subject) == (Address(addr="carl@x.example", name="Carl"), "Fwd: Pump")
    assert found.body == f"fyi\n\n{inner}"


def test_a_name_without_an_address() -> None:
    found = find("FW: Pump", "From: Ann Lee\nSent: 5.5.2020 15:04\nTo: Bob Ray\nSubject: Pump\n\nThe pump leaks.")
    assert found is not None
    assert (found.from_, found.to) == (Address(addr="", name="Ann Lee"), ())


def test_a_separator_without_a_block() -> None:
    found = find("Fwd: Pump", "Look.\n---------- Forwarded message ----------\nThe pump leaks.")
    assert found is not None
    assert (found.from_, found.subject, found.message, found.body) == (None, "Pump", "Look.", "The pump leaks.")


QUOTED_FORWARD = "".join(
    f"> {line}\n" for line in f"fyi\n---------- Forwarded message ---------\n{ENGLISH}".split("\n")
)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Fwd: Pump", "Could you look at the pump? Date: tomorrow\nFrom: me\n"),
        ("FW: Trip", "The plan:\n\nFrom: Paris\nTo: London\nDate: Friday\n\nBye"),
        ("Contact form", "From: Ann\nEmail: ann@lee.example\nSubject: Pump\n\nIt leaks.\n"),
        ("Voicemail", "From: +49 30 1234\nTo: +49 30 2222\nDate: 2020-05-05 12:00\nDuration: 0:23\n"),
        ("Question", "How do I get a forwarded message:\n\nwith the header, I mean?\n\nFrom: here, To: there\n"),
        ("Question", "I forwarded you a message yesterday --- did you get it?\n"),
        ("Spam", f"Look:\n\nReceived: from a.example by b.example; 5 May 2020\n{ENGLISH}\nBuy!"),
        ("Re: Pump", f"ok\n\nOn Tue, May 5, 2020 at 3:04 PM Carl <carl@x.example> wrote:\n\n{QUOTED_FORWARD}"),
        ("Pump", f"ok\n\nCarl <carl@x.example>:\n{QUOTED_FORWARD}"),
        ("Re: Pump", f"ok\n\n{OUTLOOK}\nfyi\n\n---------- Forwarded message ---------\n{ENGLISH}\nx"),
        ("VS: Pumppu", f"Kiitos\n\n{block('Lähettäjä', 'Lähetetty', 'Vastaanottaja', 'Aihe')}\nVuotaa.\n"),
        ("Meeting", "Date: 12 May 2026, 08:15\nFrom: 8:15 to 9:30\nTo: all of us\nSubject: pump\nWhere: Hall 2\n"),
        ("Memo", "Date: 12 May 2026 08:15\nFrom: Ann Lee\nTo: all staff\nSubject: the pump\n\nIt leaks.\n"),
        ("Trip", "For me.\n\nFrom: Oslo\nDate: 12.05.2026 08:15\nTo: Bergen\nSubject: fair\n\nTwo seats.\n"),
        ("Viaje", "De: Madrid\nPara: Lisboa\nFecha: 12/05/2026 08:15\nAsunto: feria\n\nDos plazas.\n"),
        ("Miete", "Von: Konto 123\nAn: Konto 456\nDatum: 12.05.2026\nBetreff: Miete\n\nBitte.\n"),
        ("Alarm", "It came.\n\nDate: 2026-05-12 08:15\nSubject: Pump\nFrom: p@x.example\nState: 2\n\nCome.\n"),
        ("Form", "From: Ann <ann@lee.example>\nSubject: Pump\nDate: 12 May 2026 08:15\n\nIt leaks.\n"),
        ("Form", f"{ENGLISH}Phone: 0123\nIt leaks.\n"),
        ("DKIM", f"Why is this not signed:\n\n{ENGLISH}\nWe reject it.\n"),
        ("Log", "Here.\n\nFrom: a@x.example\nTo: b@x.example\nSubject: x\nDate: 12 May 2026 08:15\n\nWhat is it?\n"),
        ("Filter", "Forward these.\n\nFrom: a@x.example\nTo: b@x.example\nSubject: any\n\nThanks.\n"),
        ("Status", "Hallo,\n\n--- Anfrage weitergeleitet ---\n\nBitte so eintragen.\n"),
        ("Re: Status", "Hallo,\n\n--- Anfrage weitergeleitet ---\n\nBitte so eintragen.\n"),
        ("Trouble", "It shows:\n\nForwarded message:\nFrom: x\nSubject: y\n\nPlease mend it.\n"),
        ("Re: Trouble", "It shows:\n\nForwarded message:\nFrom: x\nSubject: y\n\nPlease mend it.\n"),
        ("Minutes", f"1. Mail of\n{ENGLISH}was read.\n"),
        ("Hello", "Dear all,\n\nthe pump leaks.\n"),
        ("", ""),
    ],
)
def test_look_alikes(subject: str, text: str) -> None:
    assert find(subject, text) is None


def test_who_quotes_the_one_he_writes_to_answers_him() -> None:
    text = f"Thanks!\n\n{OUTLOOK}\nThe pump leaks."
    mail = tree.parse(b"From: bob@ray.example\nTo: Ann <Ann@Lee.example>\n\n")
    assert forward.find(mail, text, "A new subject") is None
    assert forward.find(mail, text, "FW: Pump") is not None


def test_what_the_html_marks_as_quoted_is_no_forward_in_a_reply() -> None:
    text = f"Yes.\n\nAnn:\n---------- Forwarded message ---------\n{ENGLISH}\nx"
    mail = tree.parse(HEAD.encode())
    assert forward.find(mail, text, "Re: Pump", quoted=range(3, 10)) is None
    assert forward.find(mail, text, "Re: Pump") is not None


INNER = (
    "From: Ann Lee <ann@lee.example>\nTo: bob@ray.example\nCc: carl@x.example\nDate: Tue, 5 May 2020 15:04:00 +0200\n"
)
INNER += "Subject: =?utf-8?q?P=C3=BCmp?=\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n"
INNER += "\nSie l=E4uft aus.\n"


def mixed(subject: str, *parts: str, kind: str = "mixed") -> bytes:
    head = f"From: bob@ray.example\nTo: help@acme.example\nSubject: {subject}\nMIME-Version: 1.0\n"
    joined = "".join(f"--b\n{part}\n" for part in parts)
    return f'{head}Content-Type: multipart/{kind}; boundary="b"\n\n{joined}--b--\n'.encode()


NOTE = "Content-Type: text/plain\n\nPlease see the mail."
ATTACHED = f"Content-Type: message/rfc822\n\n{INNER}"


@pytest.mark.parametrize("subject", ["Fwd: Pump", "Pump"])
def test_an_attached_mail(subject: str) -> None:
    mail = read(mixed(subject, NOTE, ATTACHED))
    assert mail.is_forward
    assert (mail.fwd_from, mail.fwd_subject, mail.fwd_body.strip()) == (ANN, "Pümp", "Sie läuft aus.")
    assert [one.addr for one in (*mail.fwd_to, *mail.fwd_cc)] == ["bob@ray.example", "carl@x.example"]
    assert mail.fwd_date == "Tue, 5 May 2020 15:04:00 +0200"
    assert (mail.reply, mail.fwd_message, mail.elided) == ("Please see the mail.", "Please see the mail.", "")
    assert any("attached as part 2" in line for line in mail.trail)


def test_a_mail_that_is_nothing_but_another() -> None:
    mail = read(f"From: bob@ray.example\nSubject: Pump\nMIME-Version: 1.0\n{ATTACHED}".encode())
    assert (mail.is_forward, mail.fwd_from, mail.fwd_body.strip()) == (True, ANN, "Sie läuft aus.")


@pytest.mark.parametrize(
    "raw",
    [
        mixed("Re: Pump", NOTE, ATTACHED),
        mixed("Pump", NOTE, ATTACHED, ATTACHED),
        mixed("Pump", NOTE, ATTACHED, "Content-Type: application/pdf\n\nx"),
        mixed("Pump", "Content-Type: text/plain\n\n" + "A long letter of my own. " * 30, ATTACHED),
        mixed("Pump", NOTE, "Content-Type: message/rfc822\n\nSubject: nobody's\n\nx"),
        mixed("Pump", NOTE, ATTACHED, kind="digest"),
        mixed("Fwd: Pump", NOTE),
    ],
)
def test_an_attached_mail_that_is_not_forwarded(raw: bytes) -> None:
    assert not read(raw).is_forward


def test_the_ticket_shows_the_note_or_else_everything() -> None:
    text = f"---------- Forwarded message ---------\n{ENGLISH}\nThe pump leaks.\n"
    whole = read(f"{HEAD}Subject: Fwd: Pump\n\n{text}".encode())
    assert (whole.reply, whole.elided, whole.fwd_message) == (text.strip(), "", "")
    noted = read(f"{HEAD}Subject: Fwd: Pump\n\nPlease see below.\n\n{text}".encode())
    assert (noted.reply, noted.fwd_message) == ("Please see below.", "Please see below.")
    assert noted.elided == text.strip()
    assert any(line.startswith("forward: begins at line 3, ") for line in noted.trail)


PIECES = "From: a@b.example|Date: 1.1.2020 12:30|Subject: x|To: b@c.example|>| |---- Forwarded message ----|Von: Ann|"
PIECES += "On 1/1/2020 12:30 a <a@b.example> wrote:|Begin forwarded message:|----- x ----- From: a Date: b Subject: c|text|____"


def words(text: str) -> set[str]:
    return set(text.replace("\u200b", "").replace("\ufeff", "").split())


@given(
    st.sampled_from(["", "Re: x", "Fwd: x"]),
    st.lists(st.one_of(st.sampled_from(PIECES.split("|")), st.text(max_size=20)), max_size=14),
    st.sampled_from(["", "> ", "*", "  "]),
)
def test_any_text(subject: str, lines: list[str], mark: str) -> None:
    text = "\n".join(mark + line for line in lines)
    found = find(subject, text)
    if found:
        assert words(f"{found.message}\n{found.rest}") == words(text)
        assert words(found.body.replace(">", " ")) <= words(text.replace(">", " "))


@pytest.mark.parametrize(
    "text",
    [
        "From: a@b.example\n" * 100_000,
        "From: a\nDate: 1 12:30\n\n" * 60_000,
        "-" * 2_000_000,
        "------ forwarded -----\n" * 80_000,
        "-- " * 600_000,
        ">" * 2_000_000,
        "> From: a\n" * 200_000,
        "From: " + "To: a " * 300_000,
        "From: " + "(a@b <" * 300_000 + "\nDate: 1\nSubject: y\n\nz",
        "From: a@b.example\nDate: 1\nSubject: y\nTo: " + "<a@b<mailto:" * 150_000 + "\n\nz",
        "12:30 a@" * 200_000 + ":",
        "From: a@b.example\n" + "\n" * 1_900_000,
        f"{ENGLISH}\n" + "> > > a\n" * 200_000,
    ],
    ids=lambda text: text[:20],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    for subject in ("", "Fwd: x"):
        before = time.process_time()
        find(subject, text)
        assert time.process_time() - before < 2


def test_what_is_no_forward_is_no_quote_either_where_nothing_is_answered() -> None:
    for text in (
        "Why is this not signed:\n\n" + ENGLISH + "\nWe reject it.",
        "Here.\n\nFrom: a@x.example\nTo: b@x.example\nSubject: x\nDate: 12 May 2026 08:15\n\nWhat is it?",
        "Here.\n\nFrom: Oslo\nTo: Bergen\nDate: 12.05.2026 08:15\n\nTwo seats.",
    ):
        mail = read(f"{HEAD}Subject: A question\n\n{text}".encode())
        assert (mail.is_forward, mail.elided) == (False, "")


@pytest.mark.parametrize(
    "head",
    [
        block("From", "Sent", "To", "Subject"),
        "From: Ann Lee <ann@lee.example>\nDate: 5.5.2020 15:04\nTo: bob@ray.example\n",
        '====\n\nMessage du : 5/5/2020 15:04\nDe : "Ann Lee" <ann@lee.example>\nA : bob@ray.example\nObjet : Pump\n',
    ],
)
def test_a_block_of_a_client_needs_no_prefix_in_the_subject(head: str) -> None:
    found = find("The pump again", f"Please see the mail.\n\n{head}\nThe pump leaks.\n")
    assert found is not None
    assert (found.from_, found.message) == (ANN, "Please see the mail.")
