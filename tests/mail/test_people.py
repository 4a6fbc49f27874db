"""People who look like machines: what they write, and whatever they are called, stays a person's.

Each row is one sign of a machine, sometimes two, without the one that counts.
"""

import pytest

from gateway.mail import Kind, read

ANSWER = "In-Reply-To: <1@acme.example>\n"

# Subject and text, under a plain header.
WORDS = [
    # read receipts and recalls have a colon, and their program's sentence
    ("Read-only access to the share", "Our folder was deleted yesterday."),
    ("Read - meter reading", "The meter was read on Monday."),
    ("Unread - mails", "A mail was displayed as unread after it was opened."),
    ("Gelesen - Zählerstand", "Der Zähler wurde am Montag gelesen."),
    ("Lu - compteur", "Le compteur a été lu lundi."),
    ("Leído - contador", "El contador fue leído el lunes."),
    ("已读-电表", "电表已读，请查收。"),
    ("Read: the meter of flat 4", "The meter was read on Monday. Is the figure right?"),
    ("Gelesen: Zähler", "Der Zähler wurde am Montag von mir gelesen, stimmt der Stand?"),
    ("Recall: pump X", "Should we recall the message on your page?"),
    ("Recall - pump X", "We would like to recall the message that you put on the pump."),
    ("Rappel : facture 12", "Pouvez-vous rappeler le message affiché sur la facture ?"),
    ("Rückruf: Pumpe", "Muss ich die Pumpe zurückrufen lassen?"),
    ("Recall: letters", "We attempted to recall all pumps by letter."),
    # their own absence, which is no answer
    ("Vacation - which days are free?", "Please contact me. I am away in May."),
    ("Holiday", "I am on holiday in May, please contact me before."),
    ("Urlaub - welche Tage sind frei?", "Bitte kontaktieren Sie mich. Ich bin im Mai im Urlaub."),
    ("Absence - quels jours ?", "Merci de me contacter. Je suis absent en mai."),
    ("Vacaciones - qué días", "Contacte conmigo. Estoy de vacaciones en mayo, ¿qué días quedan?"),
    ("Abwesenheit", "Bitte richten Sie meine Abwesenheitsnotiz ein: Ich bin im Urlaub bis 9.3. Kontakt ist Bob."),
    ("Out of office", "Please set my out of office reply: I am out of the office until 9 March, contact Bob."),
    ("Absence du bureau", "Merci d'activer mon message : je suis absent du bureau, contactez Bob."),
    ("Auto-reply", "Please switch off the auto-reply of bob@example.com. Thank you for your email."),
    ("Automatische Antwort", "Bitte schalten Sie die automatische Antwort ab. Danke für Ihre Nachricht."),
    ("Réponse automatique", "Veuillez désactiver la réponse automatique de Bob. Merci de votre message."),
    ("Automatic reply", "Why do I get an automatic reply? Please contact me."),
    ("Autosvar", "Kan ni stänga av autosvar för Bob? Tack för ditt meddelande."),
    ("Ticket received?", "Thank you for your message. Was my automatic response received?"),
    ("Request: automated response", "Your request has been received by the automated system but I got no answer."),
    ("Anfrage: automatische Antwort", "Ich bekam nur eine automatische Antwort und seither nichts. Was nun?"),
    ("Demande 12", "J'ai reçu une réponse automatique, mais rien depuis. Que faire ?"),
    ("Заявка 12", "Пришёл автоматический ответ, а дальше ничего. Что делать?"),
    ("On leave", "I am on leave from 3 to 9 May. Please note it in the calendar and contact HR."),
    ("Leave request", "I will be out of the office 3-9 May. Please approve. In urgent cases contact my deputy."),
    ("Urlaub", "Ich bin vom 3. bis 9. Mai im Urlaub. Bitte tragen Sie das ein. Vertretung ist Bob, Kontakt: 123."),
    ("Vacaciones", "Estoy de vacaciones hasta el lunes, por favor cierre el ticket, contacte con Bob."),
    ("OOO", "I'm out of office tomorrow, please reschedule the visit. My colleague Bob is the contact."),
    ("Vacation responder", "My vacation responder sends answers to spam. Please fix urgently."),
    ("Auto reply", "The auto reply of the shop has a typo: 'recieved'. Please correct it, contact Bob for questions."),
    ("Automatic reply", "Our automatic reply should mention the new phone number. Urgent."),
    ("Automatische Antwort", "Neuer Text für die automatische Antwort: Ich bin im Urlaub, wenden Sie sich an Bob."),
    ("Request 12", "Thank you for your message. The automatic reply came twice."),
    ("Ticket 12: automatic confirmation", "The automatic confirmation has the wrong logo."),
    ("Anfrage 12", "Danke für Ihre Nachricht. Die automatische Antwort war falsch adressiert."),
    ("Solicitud 12", "Solo recibí una respuesta automática. ¿Qué pasa?"),
]


@pytest.mark.parametrize(("subject", "text"), WORDS)
@pytest.mark.parametrize("path", ["", "Return-Path: <ann@x.example>\n"])
def test_what_a_person_writes(subject: str, text: str, path: str) -> None:
    mail = read(f"From: Ann Lee <ann@x.example>\n{path}Subject: {subject}\n\n{text}\n".encode())
    assert (mail.kind, mail.auto_reason, mail.notice, mail.reported) == (Kind.NORMAL, "", "", ())


AWAY = "I am on holiday from Monday, so please contact me today. When does it come?"
# Whole headers below From, and a text: answers whose subject does not say so, in a way that everybody knows.
ANSWERS = [
    ("Subject: [EXTERNAL] Re: pump", AWAY),
    ("Subject: Ynt: pompa", "Pazartesi izindeyim, bana bugün ulaşın (iletişim). Ne zaman gelir?"),
    ("Subject: VS: pumppu", "Olen lomalla maanantaista, ottakaa yhteyttä tänään."),
    ("Subject: Odp: pompa", "Jestem na urlopie od poniedziałku, kontakt dzisiaj."),
    ("Subject: Vá: szivattyú", "Hétfőtől szabadságon vagyok, sürgős!"),
    ("Subject: The new pump", AWAY),
    ("Subject: Die neue Pumpe", "Ich bin ab Montag im Urlaub, bitte kontaktieren Sie mich heute. Wann kommt sie?"),
    ("Subject: La pompe", "Je suis en congé lundi, contactez-moi aujourd'hui. Quand arrive-t-elle ?"),
    ("Subject: pump", "I am out of the office until Monday, thank you for your mail, the printer works."),
    ("Subject: pump", "Thank you for your mail. I am away on Friday.\n\n> When shall we come?\nOn Thursday."),
    ("Subject: pump", "Ich bin bis Montag im Urlaub, danke für Ihre Nachricht, der Drucker geht wieder."),
    ("Subject: Re: pump\nX-Auto-Response-Suppress: All", AWAY),
    ("Subject: Re: pump\nX-Auto-Response-Suppress: All", "I am on leave from Monday, please contact Bob."),
    ("Subject: AW: Pumpe\nX-Auto-Response-Suppress: OOF", "Ich bin ab Montag im Urlaub, Kontakt ist Bob."),
    ("Subject: pump", "I will be away from Monday, so contact Bob for the delivery. It must be here on Friday."),
    ("Subject: Lampe", "Ich bin ab Montag im Urlaub, Bob ist der Kontakt. Die Lampe bitte am Freitag liefern."),
    ("Subject: Lampe", "Danke! Ich bin morgen nicht im Büro, bitte wenden Sie sich an Bob."),
    ("Subject: pump", "Got your automatic reply. Still waiting."),
    ("Subject: pump", "Your automated response says that my request was closed. It was not."),
    ("Subject: Pumpe", "Ihre automatische Antwort hilft nicht. Die Pumpe ist kaputt."),
    ("Subject: order 12", "Please confirm that you are going to deliver. My message is waiting for an answer."),
    (
        "Subject: order 12",
        "Please confirm your message of Monday, my order is still pending. It stood in the mail queue.",
    ),
    ("Subject: Bestellung", "Bitte bestätigen Sie die Nachricht von Montag, die Ware wurde nicht zugestellt."),
    ("Subject: pump\nX-Auto-Response-Suppress: All", "Please verify your message: the pump is not delivered yet."),
]


@pytest.mark.parametrize(("header", "text"), ANSWERS)
def test_a_persons_answer(header: str, text: str) -> None:
    mail = read(f"From: Ann Lee <ann@x.example>\n{ANSWER}{header}\n\n{text}\n".encode())
    assert (mail.kind, mail.notice, mail.away_until) == (Kind.NORMAL, "", None)


UNKNOWN = "ann@school.example: unknown user\n550 5.1.1 in the portal log"
# What stands in From or To beside a person's words.
CALLED = [
    ("From: Royal Mail Delivery Service <ann@courier.example>", "Your parcel", "Your parcel could not be delivered."),
    ("From: Mail Delivery Systems Ltd <sales@mds.example>", "Delivery failed", "The delivery failed, nobody was in."),
    ("From: Email Robotics <bob@robots.example>", "Order 55", "Our order 55 was returned."),
    ("From: =?utf-8?q?E-Mail_Router_B=C3=BCro?= <bob@x.example>", "Mail delivery failed", "What does this mean?"),
    ("From: Bob's Mailer Daemon Band <bob@band.example>", "Delivery failed", "The tickets could not be delivered."),
    ("From: E-Mail Delivery Service <ann@x.example>", "Delivery failed", "Your parcel could not be delivered."),
    ("From: Mail Robot GmbH <ann@x.example>", "Undeliverable", "Your letter to us was returned."),
    ("From: Postmaster Ltd <ann@x.example>", "User unknown", UNKNOWN),
    ("From: SMTP2GO Support <ann@x.example>", "User unknown", UNKNOWN),
    ("From: School Administrator <office@school.example>", "New pupils", UNKNOWN),
    ("From: School Administrator <office@school.example>", "Delivery failed", UNKNOWN),
    ("From: Ann (System Administrator) <ann@school.example>", "Account", UNKNOWN),
    ("From: =?utf-8?q?Administratorin_B=C3=BCro?= <ann@schule.example>", "Konto", UNKNOWN),
    ("From: Bob (SMTP Solutions) <bob@smtp.example>", "Refund", "550 EUR were returned to ann@x.example: thank you."),
    ("From: Administrator <ann@x.example>", "User unknown", "<ann@x.example>: 550 5.1.1 user unknown, says the log"),
    ("From: Ann <ann@x.example>\nTo: returns@acme.example", "SMTP error 550 in your portal", UNKNOWN),
    ("From: Ann <ann@x.example>\nTo: errors@acme.example", "SMTP error 550 in your portal", UNKNOWN),
    ("From: Ann <ann@x.example>\nTo: Returns <returns@acme.example>", "Undeliverable", "ann@x.example: 550 unknown"),
    ("From: Ann Lee <postmaster@x.example>", "Our mail", "Why do you refuse our mail since Monday? Please help."),
    ("From: Ann Lee <postmaster@x.example>", "Spam von euch", "Warum kommt von euch so viel Spam?"),
]


@pytest.mark.parametrize(("header", "subject", "text"), CALLED)
def test_a_persons_name_or_address(header: str, subject: str, text: str) -> None:
    mail = read(f"{header}\nReturn-Path: <ann@x.example>\nSubject: {subject}\n\n{text}\n".encode())
    assert (mail.kind, mail.notice, mail.reported) == (Kind.NORMAL, "", ())


# ---- and machines that are still seen --------------------------------------------------------------------------------

REPORT = "Your message could not be delivered to\n\n<bob@y.example>: 550 5.1.1 user unknown\n"
BOUNCES = [
    ("From: Mail Delivery System <MAILER-DAEMON@y.example>", "hello", REPORT),
    ("From: Mail Delivery Subsystem", "hello", REPORT),
    ('From: "Mail Delivery System" <daemon@y.example>', "Undelivered Mail", REPORT),
    ("From: mailer-daemon@y.example (Mail Delivery System)", "hello", REPORT),
    ("From: =?utf-8?q?Mail_Delivery_Service?= <x@y.example>", "Delivery failed", REPORT),
    ("From: Postmaster <postmaster@y.example>", "Undeliverable: lamp", REPORT),
    ("From: System Administrator <x@y.example>", "Undeliverable: lamp", REPORT),
    ("From: Administrator@y.example", "Undeliverable: lamp", REPORT),
    ("From: Ann <mx@y.example>\nTo: bounces+12=x@acme.example", "Delivery failed", REPORT),
    ("From: Ann <mx@y.example>\nTo: returns+bob=y.example@acme.example", "Delivery failed", REPORT),
    (
        "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@y.example>",
        "Undeliverable: Hi",
        "Your message to bob@y.example couldn't be delivered.\n\nbob wasn't found at y.example.\n",
    ),
    (
        "From: postmaster@y.example",
        "Mancata consegna",
        "Il messaggio a <bob@y.example> non è stato possibile consegnarlo: utente sconosciuto.\n",
    ),
]


@pytest.mark.parametrize(("header", "subject", "text"), BOUNCES)
def test_a_mail_server(header: str, subject: str, text: str) -> None:
    mail = read(f"{header}\nSubject: {subject}\n\n{text}".encode())
    assert mail.kind is Kind.BOUNCE
    assert [(one.addr, one.status[:3] + one.status[3:], one.hard) for one in mail.reported] == [
        ("bob@y.example", "5.1.1", True)
    ]


REPLIES = [
    ("", "Out of Office Re: ticket", "I am away from my desk. I am back on Tuesday, 10 March."),
    ("", "Automatic reply: ticket", "I am away, back on 10 March. Any question? Contact Bob."),
    ("", "Abwesend bis 10.3. Re: Lampe", "Ich bin abwesend bis 10.3. In dringenden Fällen wenden Sie sich an Bob."),
    ("Auto-Submitted: auto-replied\n", "[EXTERNAL] Re: pump", AWAY),
    (ANSWER, "pump", "I am out of the office until Monday. I will answer your mail then."),
    ("X-Auto-Response-Suppress: All\n", "pump", "I am on annual leave. In urgent cases please contact Bob."),
    (ANSWER, "Pumpe", "Ich bin bis Montag im Urlaub. In dringenden Fällen wenden Sie sich bitte an Bob."),
    (ANSWER, "pompe", "Je suis absente du bureau. En cas d'urgence, contactez Bob."),
]


@pytest.mark.parametrize(("header", "subject", "text"), REPLIES)
def test_a_program(header: str, subject: str, text: str) -> None:
    mail = read(f"From: bob@y.example\n{header}Subject: {subject}\n\n{text}\n".encode())
    assert mail.kind is Kind.AUTOREPLY


def test_boxtrapper_holds_mail_back() -> None:
    text = "Your message is waiting. To have it delivered, please reply to this message without changing the subject."
    head = "From: bob@y.example\nSubject: Your email requires verification verify#a1b2c3\nX-Autorespond: lamp"
    assert read(f"{head}\n\n{text}\n".encode()).notice == "challenge"


def test_a_report_that_a_person_passes_on() -> None:
    body = "--b\n\nSee below.\n--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822;bob@y.example\n\n--b--\n"
    head = "Subject: Fwd: Undelivered Mail\nContent-Type: multipart/report; report-type=delivery-status; boundary=b"
    assert read(f"From: Ann <ann@x.example>\n{head}\n\n{body}".encode()).kind is Kind.NORMAL
    assert read(f"From: MAILER-DAEMON@x.example\n{head}\n\n{body}".encode()).kind is Kind.BOUNCE
