"""What systems add, and people who speak of the same things."""

import pytest

from gateway.mail.reply import split

BELOW = [
    "This e-mail and any attachments are confidential and intended solely for the addressee. If you have received it in "
    "error, please notify us and delete it.",
    "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind oder diese E-Mail "
    "irrtümlich erhalten haben, informieren Sie bitte den Absender und vernichten Sie diese Mail.",
    "Ce message et ses pièces jointes sont confidentiels et établis à l'intention exclusive de ses destinataires. Si vous "
    "l'avez reçu par erreur, merci de le supprimer.",
    "Este mensaje es confidencial y va dirigido únicamente a su destinatario. Si lo ha recibido por error, le rogamos que "
    "lo elimine de inmediato.",
    "Questo messaggio è riservato e destinato esclusivamente ai destinatari indicati. Se ricevuto per errore, siete "
    "pregati di cancellarlo.",
    "Данное письмо является конфиденциальным и предназначено только для адресата. Если вы получили его по ошибке, "
    "просьба удалить его.",
    "*****\n\nThis e-mail is confidential\n\nand intended for the named person\n\nonly. If received in error, delete it.\n\n*****",
    "Virus-free. www.example.com",
    "Diese E-Mail wurde von einem Programm auf Viren geprüft.\nwww.example.com",
    "This message has been scanned for viruses.",
    "Please consider the environment before printing this e-mail.",
    "Bitte denken Sie an die Umwelt, bevor Sie diese E-Mail ausdrucken.",
    "_______________________________________________\nlamps mailing list\nlamps@example.net\nhttp://example.net/listinfo/lamps",
    "You received this message because you are subscribed to the group.\nTo unsubscribe, go to https://example.net/u",
    "Zum Abmelden hier klicken: https://example.net/u",
    "—\nReply to this email directly or view it on Github",
]
STAY = [
    "I am not the intended recipient of your confidential message, and I have received it in error. Delete my address.",
    "Ich habe Ihre vertrauliche Nachricht irrtümlich erhalten und werde sie löschen, denn der Adressat ist ein anderer.",
    "Please take me off your mailing list: https://example.net/list",
    "How does one unsubscribe at https://example.net/list?",
    "My computer has a virus.",
    "Our scanner has checked your mail for viruses and found one.",
    "Wie kann man die Rechnung ausdrucken?",
    "The confidential papers went to the wrong addressee by e-mail. Please delete them at once and inform us how that "
    "could happen.",
    "The message is confidential.",
    "This e-mail is confidential, please delete it at once, all of it.",
    "This e-mail is confidential. Tell me when the addressee of invoice 12 changes, and delete the other one, which was "
    "put there in error.",
    "This message is confidential: please notify us when the addressee of order 4711 is another one, and delete the first "
    "one in your list.",
    "Please unsubscribe us from that list: list@example.net",
    "Bitte alle abmelden, wir wollen nichts mehr von https://example.net/liste",
    "Nous avons cliqué pour nous désabonner, mais https://example.net/liste continue.",
    "Your letters keep coming, though all of us unsubscribed at https://example.net/list.",
    "The footer tells to consider the environment before printing this email, take that out.",
    "Add this to the footer, all of it: This e-mail is confidential and intended solely for the addressee. If received in "
    "error, please delete it.",
    "In die Fußzeile gehört: Diese E-Mail ist vertraulich und nur für den Adressaten bestimmt. Irrtümlich erhalten? Bitte "
    "löschen.",
    "The message was checked for viruses, no virus was found. The invoice is gone.",
    "This message was scanned for viruses, but the invoice is missing.",
    "Diese E-Mail wurde auf Viren geprüft, aber der Anhang fehlt.",
    "Please consider the environment before printing this email, but send the papers by post.",
    "*****\n\nMore about it\n\n*****",
]
WARNINGS = [
    "CAUTION: This email originated from outside of the organization. Do not click links or open attachments.",
    "[EXTERNAL]",
    "*** EXTERNAL EMAIL ***",
    "ACHTUNG: Diese E-Mail stammt von einem externen Absender. Öffnen Sie keine Anhänge.",
    "ATTENTION : ce courriel provient de l'extérieur. Ne cliquez pas sur les liens et n'ouvrez pas les pièces jointes.",
    "ВНИМАНИЕ! Письмо от внешнего отправителя. Не открывайте вложения.",
]
NO_WARNINGS = [
    "External",
    "The link in your email leads outside, is that right?",
    "Warning: the lamp is hot.",
    "Warning: an outside caller mails us links and attachments that look like those of the desk.",
    "Achtung: externe Absender schicken uns Links und Anhänge per E-Mail.",
    "External links in the e-mail do not open when one clicks on them.",
    "Attention, I cannot open attachments that come from outside by mail.",
]


@pytest.mark.parametrize("notice", BELOW)
def test_notices_below(notice: str) -> None:
    assert split(f"yes\n\n{notice}\n").reply == "yes"
    assert split(f"yes\n\nKind regards\nAnn\n\n{notice}\n\n> no\n\n{notice}").reply == "yes\n\nKind regards\nAnn"


@pytest.mark.parametrize("text", STAY)
def test_people_may_speak_of_it(text: str) -> None:
    assert split(f"yes\n\n{text}").cuts == ()


def test_notices_stand_at_the_end() -> None:
    assert split(f"yes\n\n{BELOW[0]}\n\nindeed").cuts == ()


@pytest.mark.parametrize("warning", WARNINGS)
def test_warnings_above(warning: str) -> None:
    assert split(f"{warning}\n\nyes\n\nindeed").reply == "yes\n\nindeed"
    assert split(f"yes\n\nindeed\n\n{warning}\n\nno").cuts == ()


@pytest.mark.parametrize("text", NO_WARNINGS)
def test_no_warnings(text: str) -> None:
    assert split(f"{text}\n\nyes").cuts == ()


@pytest.mark.parametrize(
    "line", ["[cid:image001.png@01D5.4A]", "[image: lamp.png]", "[Bild: lamp] [Bild: 2]", "<cid:x1@y>"]
)
def test_places_of_images(line: str) -> None:
    assert split(f"yes\n{line}\nindeed").reply == "yes\nindeed"
    assert split(f"see {line} here").cuts == ()
