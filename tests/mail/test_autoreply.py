"""Automatic replies in thirty languages, by two signs; the return date is read from them."""

from datetime import date

import pytest

from gateway.mail import Kind, read
from gateway.mail.machine import autoreply
from gateway.mail.machine.autoreply import Tone

# As programs send them, with hardly a header left: subject and text are the two signs.
BY_WORDS = [
    ("Automatic reply: lamp", "I am away until Monday."),
    ("Automatic reply: lamp", "Thank you for your message."),
    ("Out of Office: Re: lamp", "I am out of the office. In urgent cases contact Bob."),
    ("Out of office AutoReply: lamp", "I am on annual leave."),
    ("Ann Lee is out of the office (returning 2026-12-15)", "I will respond to your message when I return."),
    ("AUTO: Ann Lee is out of the office", "I will be out of the office. I will answer your message then."),
    ("Automatische Antwort: Lampe", "Ich bin nicht im Büro."),
    ("Abwesenheitsnotiz: Lampe", "Ich bin im Urlaub. Ihre Nachricht wird nicht weitergeleitet."),
    ("Abwesend: Lampe", "Ich bin abwesend, in dringenden Fällen wenden Sie sich an Bob."),
    ("Réponse automatique : lampe", "Je suis absente du bureau."),
    ("Absence du bureau", "Je suis en congé, pour toute urgence contactez Bob."),
    ("Respuesta automática: lámpara", "Estoy fuera de la oficina."),
    ("Fuera de la oficina: lámpara", "Estoy de vacaciones; en casos urgentes, contacte con Bob."),
    ("Risposta automatica: lampada", "Sono in ferie."),
    ("Resposta automática: lâmpada", "Estou de férias."),
    ("Automatisch antwoord: lamp", "Ik ben afwezig."),
    ("Autosvar: lampa", "Jag är på semester."),
    ("Automatisk svar: lampe", "Jeg er på ferie."),
    ("Automaattinen vastaus: lamppu", "Olen lomalla."),
    ("Odpowiedź automatyczna: lampa", "Jestem na urlopie."),
    ("Automatická odpověď: lampa", "Jsem na dovolené."),
    ("Mimo kancelář: lampa", "Jsem mimo kancelář, kontaktujte prosím kolegu."),
    ("Automatikus válasz: lámpa", "Szabadságon vagyok."),
    ("Răspuns automat: lampă", "Sunt în concediu."),
    ("Automatski odgovor: lampa", "Nisam u uredu."),
    ("Автоматичен отговор: лампа", "В отпуск съм."),
    ("Автоответ: лампа", "Я в отпуске."),
    ("Автоматический ответ: лампа", "Меня нет в офисе, вернусь в понедельник."),
    ("Автоматична відповідь: лампа", "Я у відпустці."),
    ("Αυτόματη απάντηση: λάμπα", "Είμαι εκτός γραφείου."),
    ("Otomatik yanıt: lamba", "İzindeyim."),
    ("תשובה אוטומטית: מנורה", "אני מחוץ למשרד."),
    ("رد تلقائي: مصباح", "أنا في إجازة."),
    ("自動返信: ランプ", "休暇中です。"),
    ("不在通知", "ただいま不在です。メールは戻り次第返信します。"),
    ("自动回复: 灯", "我在休假。"),
    ("자동 회신: 램프", "휴가 중입니다."),
]


# What programs put in front of the subject that they answer: nobody else writes an absence before "Re:".
BEFORE_AN_ANSWER = [
    ("Absent du bureau : Re: [Acme #5] lampe", "Bonjour, je suis absent du bureau jusqu'au 5 décembre."),
    ("OOO: Re: [Acme #5] lamp", "I'm out until Monday."),
    ("Away: Re: [Acme #5] lamp", "I am away until Monday."),
    ("On vacation: RE: [Acme #5] lamp", "I am on vacation until Monday."),
    ("Abwesenheitsassistent: AW: [Acme #5] Lampe", "Ich bin bis 5.12. abwesend."),
    ("Abwesenheitsnotiz: Re: [Acme #5] Lampe", "Ich bin bis 5.12. nicht im Haus."),
    ("Odpověď mimo kancelář: Re: [Acme #5] lampa", "Do 5. prosince jsem mimo kancelář."),
    ("Nejsem v kanceláři: Re: [Acme #5] lampa", "Do 5. prosince nejsem v kanceláři."),
    ("Nie som v kancelárii: Re: [Acme #5] lampa", "Do 5. decembra nie som v kancelárii."),
    ("Nieobecność: Odp: [Acme #5] lampa", "Jestem nieobecny do 5 grudnia."),
    ("Отсутствие на рабочем месте: Re: [Acme #5] лампа", "До 5 декабря меня не будет на рабочем месте."),
    ("Отсутствую: Re: [Acme #5] лампа", "Я в отпуске до 5 декабря."),
]


@pytest.mark.parametrize(("subject", "text"), BEFORE_AN_ANSWER)
def test_an_absence_before_the_subject_it_answers(subject: str, text: str) -> None:
    mail = read(f"From: ann@x.example\nSubject: {subject}\n\n{text}\n".encode())
    assert (mail.kind, mail.auto_reason) == (Kind.AUTOREPLY, "Subject and text")
    asked = read(f"From: ann@x.example\nSubject: {subject}\n\n{text} Where is my parcel?\n".encode())
    assert asked.kind is Kind.NORMAL


@pytest.mark.parametrize(("subject", "text"), BY_WORDS)
def test_by_subject_and_text(subject: str, text: str) -> None:
    mail = read(f"From: ann@x.example\nSubject: {subject}\n\n{text}\n".encode())
    assert mail.kind is Kind.AUTOREPLY
    assert mail.auto_reason.startswith("Subject")
    mail = read(f"From: ann@x.example\nPrecedence: bulk\nSubject: {subject}\n\n{text}\n".encode())
    assert mail.kind is Kind.AUTOREPLY
    assert mail.auto_reason.startswith("Precedence: bulk, ")


ACKNOWLEDGEMENTS = [
    ("", "[Ticket #4711] lamp", "This is an automated response. We will look at it."),
    ("", "Request 12 received", "This is an automatic reply: we have received your request."),
    ("", "Ihre Anfrage 12", "Dies ist eine automatisch generierte Eingangsbestätigung."),
    ("", "Votre demande 12", "Ceci est une réponse automatique."),
    ("", "お問い合わせ", "このメールは自動返信です。"),
    (
        "In-Reply-To: <1@acme.example>\n",
        "lamp",
        "Thank you for contacting us. This message was generated automatically.",
    ),
    ("X-Auto-Response-Suppress: All\n", "lamp", "This is an automatic acknowledgement."),
    ("Auto-Submitted: auto-generated\n", "lamp", "This is an automatic response to your message."),
    ("From: no-reply@x.example\n", "lamp", "Thank you for your message. This is an automated reply."),
]


@pytest.mark.parametrize(("header", "subject", "text"), ACKNOWLEDGEMENTS)
def test_acknowledgements(header: str, subject: str, text: str) -> None:
    header = header if header.startswith("From") else f"From: help@x.example\n{header}"
    assert read(f"{header}Subject: {subject}\n\n{text}\n".encode()).kind is Kind.AUTOREPLY


def test_a_prefix_of_mail_programs_needs_an_absence_and_no_question() -> None:
    head = "From: ann@x.example\nSubject: Out of office: lamp"
    assert read(f"{head}\n\nI am out of the office.\n".encode()).kind is Kind.AUTOREPLY
    assert read(f"{head}\n\nI am out of the office, who has the key?\n".encode()).kind is Kind.NORMAL


def test_an_absence_under_a_machines_header() -> None:
    text = "I am on annual leave, please contact Bob."
    assert read(f"Precedence: bulk\nSubject: Re: lamp\n\n{text}\n".encode()).kind is Kind.AUTOREPLY
    assert read(f"List-Id: <l.x.example>\nSubject: Re: lamp\n\n{text}\n".encode()).kind is Kind.LIST
    assert read(f"From: ann@x.example\nSubject: Re: lamp\n\n{text}\n".encode()).kind is Kind.NORMAL


@pytest.mark.parametrize(
    "text",
    ["Disk full. This is an automated message, please do not reply.", "Dies ist eine automatische Nachricht."],
)
def test_a_monitor_answers_nobody(text: str) -> None:
    mail = read(f"From: no-reply@x.example\nSubject: alert 12 received\n\n{text}\n".encode())
    assert mail.kind is Kind.AUTO


@pytest.mark.parametrize(
    ("subject", "tone"),
    [
        ("Automatic reply", Tone.AUTOMATIC),
        ("Automatic reply: lamp", Tone.AUTOMATIC),
        ("[Auto-Reply] lamp", Tone.AUTOMATIC),
        ("Out of office: lamp", Tone.PREFIX),
        ("Mimo kancelář: lampa", Tone.PREFIX),
        ("Out of office", Tone.AWAY),
        ("AUTO: Ann is away", Tone.AWAY),
        ("Holiday: the new rules", None),
        ("Vacation: the new rules", Tone.AWAY),
        ("Vacation: Re: the new rules", Tone.PREFIX),
        ("Absence du bureau : lampe", Tone.PREFIX),
        ("Out of office until 5 May", Tone.AWAY),
        ("Urlaub bis 5.5.", Tone.AWAY),
        ("Automatic reply does not work", None),
        ("Out of office assistant fails", None),
        ("Re: Automatic reply: lamp", None),
        ("Automatics", None),
    ],
)
def test_the_tone_of_a_subject(subject: str, tone: Tone | None) -> None:
    assert autoreply.tone(subject) is tone


def test_the_day_of_return() -> None:
    head = "Date: Tue, 1 Dec 2026 10:00:00 +0100\nAuto-Submitted: auto-replied\nSubject: Automatic reply: lamp"
    assert read(f"{head}\n\nI am back on 7 December.\n".encode()).away_until == date(2026, 12, 7)
    assert read(f"{head}\n\nI am away.\n".encode()).away_until is None
    person = "Date: Tue, 1 Dec 2026 10:00:00 +0100\nFrom: ann@x.example\nSubject: lamp"
    assert read(f"{person}\n\nI am back on 7 December.\n".encode()).away_until is None
