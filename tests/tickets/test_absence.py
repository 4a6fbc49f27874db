"""Absences told by their words alone, and answers that speak of absences, holidays and things that are not there."""

import pytest

from gateway.mail import Mail
from gateway.tickets.leaving.absence import is_away, says_so

AWAY = (
    "Hi there! I'm currently enjoying some time off and will be back at my desk on Monday the 14th. I won't be checking email while I'm away, but my colleague Tom is happy to help.",
    "Thank you for contacting me. I work part-time (Mon-Wed) and will reply when I'm next in the office.",
    "Please note I am on jury duty this week and will respond as soon as possible.",
    "I am attending a conference and will have intermittent access to email until Friday.",
    "Our offices are closed for the holidays. We will respond to your message on Monday.",
    "OOO until 5 Jan. Urgent? Call 555-0100.",
    "I'm off sick today.",
    "Gone fishing. Back Monday.",
    "I will be away from Friday 3 March to Monday 13 March. My mail is not being monitored.",
    "I'm away this week with no access to my inbox. Please contact the service desk for anything that can't wait.",
    "Thanks for your email! I'm taking a few days off and I'll get back to you next week.",
    "Currently on PTO. I'll respond when I return on the 9th.",
    "Guten Tag, ich bin heute außer Haus und erst morgen wieder erreichbar.",
    "Ich habe Urlaub und bin am 7.12. zurück.",
    "Vielen Dank für Ihre E-Mail. Leider bin ich krankheitsbedingt nicht im Büro; Ihre Nachricht wird von Frau Müller bearbeitet.",
    "Ich arbeite nicht mehr bei der Acme GmbH. Bitte wenden Sie sich an Herrn Okafor.",
    "Ich bin bis Freitag auf einer Schulung und lese meine Mails nur unregelmäßig.",
    "Danke für Ihre Nachricht. Ich bin im wohlverdienten Urlaub und ab 10. Januar wieder am Platz. Ihre E-Mail wird nicht automatisch weitergeleitet.",
    "Unser Büro ist vom 24.12. bis 1.1. geschlossen. Ihre Anfrage beantworten wir danach.",
    "Bonjour, je suis en RTT vendredi et de retour lundi.",
    "Je serai absent du 3 au 10 mars. Pour toute urgence, adressez-vous à l'accueil.",
    "En congés jusqu'au 5 janvier, je lirai vos messages à mon retour.",
    "Merci de votre message. Actuellement en formation, je vous répondrai dès que possible.",
    "Absente pour cause de maladie, merci de contacter mes collègues.",
    "Estaré fuera hasta el lunes. Si es urgente, llame al 555 010.",
    "Actualmente estoy de permiso de paternidad. Vuelvo en mayo.",
    "Gracias por escribirme. Estoy de vacaciones y leeré su mensaje a mi vuelta el 10 de enero.",
    "No me encuentro en la oficina esta semana.",
    "Buongiorno, sono in ferie fino al 10 gennaio compreso. Leggerò la sua mail al rientro.",
    "Sarò fuori sede per tutta la settimana, per urgenze chiamare il 555 010.",
    "Grazie per avermi scritto. Sono assente per malattia.",
    "Estou de férias até dia 10. Respondo quando voltar.",
    "Agradeço o seu contacto. Estou ausente do escritório e volto na segunda-feira.",
    "De momento encontro-me em licença de maternidade, contacte por favor a minha colega.",
    "Hallo, ik ben er vandaag niet, morgen ben ik er weer.",
    "Ik ben op vakantie t/m 10 januari. Uw mail wordt daarna gelezen.",
    "Wegens ziekte ben ik niet bereikbaar. Mijn collega's helpen u graag.",
    "Dzień dobry, jestem na urlopie do 10 stycznia. W sprawach pilnych proszę dzwonić do biura.",
    "Nie ma mnie dziś w pracy, odpiszę jutro.",
    "Przebywam na zwolnieniu lekarskim. Moje obowiązki przejęła Anna Nowak.",
    "Dobrý den, jsem na dovolené do 10. ledna, poté Vám odpovím.",
    "Dnes nejsem v práci, ozvu se zítra.",
    "Jsem nemocná, v nutných případech volejte kolegu.",
    "Momentálně čerpám rodičovskou dovolenou, prosím kontaktujte recepci.",
    "Добрый день! Я в отпуске по 10 января включительно, отвечу по возвращении.",
    "Сегодня меня нет на работе, отвечу завтра.",
    "Нахожусь на больничном. По срочным вопросам звоните в офис.",
    "К сожалению, я сейчас в отъезде и не могу ответить. Напишите, пожалуйста, на общий адрес.",
    "Я больше не работаю в компании Acme. Пишите Дейву.",
    "Добрий день! Я у відпустці до 10 січня включно, відповім після повернення.",
    "Сьогодні мене немає на роботі, відповім завтра.",
    "Перебуваю на лікарняному. З термінових питань телефонуйте в офіс.",
    "Я більше не працюю в компанії Acme, пишіть Дейву.",
    "Hello, you have reached Carol Reyes. I am out until the 12th and checking voicemail only. Please resend your mail then.",
    "Thanks for reaching out. I'm on vacation and completely disconnected until the 20th.",
    "Dear sender, this mailbox is not attended until 5 January.",
    "Greetings! I am currently on maternity leave through the end of August. Dave is covering for me.",
    "Today is a public holiday in the Czech Republic. I'll answer your mail tomorrow.",
    "I will be out of office starting 28.11.2026 and will not return until 07.12.2026.",
    "Liebe Kolleginnen und Kollegen, ich bin vom 1.12. bis 11.12. nicht da. Vertretung: Dave Okafor.",
    "Derzeit bin ich leider nicht erreichbar. Ab Montag lese ich Ihre Nachricht gern.",
    "Ich bin an diesem Tag nicht im Haus. Meine Vertretung übernimmt Frau Schmidt (Tel. 555).",
    "Heute bin ich im Homeoffice nicht erreichbar, morgen wieder im Büro.",
    "Je ne suis pas disponible aujourd'hui, je reviens vers vous demain.",
    "Bonjour, je suis en vacances ! Retour prévu le 12 août. Dave prend le relais.",
    "Nos bureaux sont fermés du 24 au 2 janvier, nous vous répondrons à la réouverture.",
    "Hola, ahora mismo estoy disfrutando de mis vacaciones. A la vuelta le contesto.",
    "Por motivos de salud estoy de baja. Mi compañera Ana atenderá su mensaje.",
    "Le informo que estaré ausente de la oficina el viernes.",
    "La informo che sono assente dal lavoro fino al 3 gennaio. In mia assenza potete rivolgervi a Dave.",
    "Oggi non sono in ufficio. Risponderò domani.",
    "Informo que estarei de férias entre 1 e 15 de agosto, com retorno previsto para o dia 16.",
    "Não estou no escritório hoje. Em caso de urgência ligue para 555.",
    "Momenteel ben ik met zwangerschapsverlof. Mijn werkzaamheden worden waargenomen door Dave.",
    "Vandaag ben ik vrij. Morgen lees ik uw e-mail.",
    "Uprzejmie informuję, że do 15 sierpnia jestem na urlopie. Zastępuje mnie Dave Okafor.",
    "W dniu dzisiejszym jestem nieobecny, na maile odpowiem jutro.",
    "Dobrý den, do pátku jsem pracovně mimo kancelář, zastupuje mě kolega Dave.",
    "Omlouvám se, tento týden mám dovolenou. Na zprávu odpovím v pondělí.",
    "Автоответ: я в отпуске, вернусь 12 января.",
    "Здравствуйте! Сейчас я нахожусь в декретном отпуске. Ваши вопросы решает Дейв Окафор.",
    "Сегодня у меня выходной. Отвечу вам завтра утром.",
    "Автовідповідь: я у відпустці, повернуся 12 січня.",
    "Вітаю! До п'ятниці мене не буде, з усіх питань пишіть Дейву.",
    "Сьогодні у мене вихідний, відповім завтра.",
)
ANSWERS = (
    "I'll be away from my desk for an hour, but the refund has just been sent to your account and you will see it tomorrow.",
    "Your parcel was returned because nobody was at home. Shall we send it again on Monday?",
    "The office in Prague is closed on Friday, please come on Monday between nine and five.",
    "Please contact the courier, he has your number and will call you back today.",
    "I got back from the workshop: the lamp is repaired and will be sent to you tomorrow.",
    "We will get back to you as soon as the supplier answers.",
    "Thank you for your message. I will reply tomorrow when I have spoken to the workshop.",
    "Your colleague is on holiday until Monday, may I send the invoice to you instead?",
    "The technician is ill, the visit moves to Thursday at ten.",
    "The lamp is out of stock until May, shall I refund you?",
    "Our phone line is not working today, please write to us instead.",
    "The service is unavailable until 18:00, we are working on it.",
    "Ihr Ansprechpartner ist im Urlaub, ich kümmere mich um die Gutschrift und melde mich morgen.",
    "Der Artikel ist erst wieder im Mai da. Möchten Sie warten?",
    "Ihr Paket wurde nicht abgeholt und kommt zurück, ich schicke es morgen noch einmal.",
    "Danke für Ihre Nachricht. Ich melde mich, sobald das Ersatzteil da ist.",
    "Votre colis est de retour chez nous, je le renvoie demain.",
    "Le service est indisponible jusqu'à demain, merci de patienter.",
    "Su pedido está fuera de plazo, pero le haré el reembolso hoy mismo.",
    "El técnico está de vacaciones; iré yo mismo el martes a las diez.",
    "Il prodotto non è disponibile fino a maggio, vuole il rimborso?",
    "Uw pakket is terug bij ons, ik stuur het morgen opnieuw.",
    "Het artikel is niet beschikbaar tot mei.",
    "Paczka wróciła do nas, jutro wyślę ją ponownie.",
    "Produkt jest niedostępny do maja, czy zwrócić pieniądze?",
    "Balík se vrátil k nám, zítra ho pošlu znovu.",
    "Technik je nemocný, přijede až ve čtvrtek.",
    "Посылка вернулась к нам, завтра отправлю её ещё раз.",
    "Товар недоступен до мая, вернуть деньги?",
    "Вернусь к вам с ответом завтра.",
    "Курьер на больничном, привезём в четверг.",
    "Посилка повернулася до нас, завтра надішлю її ще раз.",
    "I have left the parcel with your neighbour at number 12, he knows.",
    "I have left a message on your voicemail, please call me back today.",
    "We have left the old lamp with you, there is no need to send it.",
    "You will get the new shade this week, it was sent from Brno this morning.",
    "I'm out of ideas here, so our engineer will look at the log and write to you on Monday.",
    "It is a holiday on Monday in the Czech Republic, so the courier comes on Tuesday.",
    "Der Techniker ist im Urlaub, sein Kollege kommt am Dienstag zwischen acht und zehn.",
    "Das Gerät ist unterwegs und wird morgen zugestellt.",
    "Ich bin gerade unterwegs zum Lager und schaue selbst nach Ihrer Lampe.",
    "Le livreur était absent lundi, la livraison est reportée à mardi.",
    "Votre demande est en cours, je reviens vers vous demain avec la réponse.",
    "El paquete está de viaje y llegará mañana.",
    "Il pacco è in viaggio e arriva domani.",
    "A encomenda está em viagem e chega amanhã.",
    "De monteur is met vakantie, zijn collega komt dinsdag.",
    "Kurier nie zastał Państwa w domu, przyjedzie jutro.",
    "Wracam do Państwa sprawy jutro, gdy dostanę odpowiedź z magazynu.",
    "Kurýr vás nezastihl, přijede znovu zítra.",
    "Dovolená se na záruku nevztahuje, lhůta běží dál.",
    "Сегодня курьер не работает, привезём завтра.",
    "Ваш мастер в отпуске, приедет другой.",
    "Посылка в пути, вы получите её завтра.",
    "Кур'єр приїде завтра, бо сьогодні вихідний.",
)


@pytest.mark.parametrize("text", AWAY)
def test_an_absence_is_known(text: str) -> None:
    assert says_so(text)
    assert says_so(f"Hello,\n\n{text}\n\nKind regards,\nCarol Reyes\nAcme Lights, Brno")


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_none(text: str) -> None:
    assert not says_so(text)
    assert not says_so(f"Hello Ann,\n\n{text}\n\nKind regards,\nCarol")


def test_who_is_away_and_answers_all_the_same_is_a_person() -> None:
    away = "I am out of the office until Monday."
    answer = "Your lamp was sent yesterday, the courier has your number and comes on Tuesday morning."
    assert says_so(away)
    assert not says_so(f"{away}\n\n{answer}")
    assert not says_so(f"{answer} {away}")


def test_two_languages_say_the_same() -> None:
    assert says_so("Ich bin bis 6. Dezember nicht im Büro.\n\n---\n\nI am out of the office until 6 December.")


def test_what_is_quoted_says_nothing() -> None:
    assert not says_so("> I am out of the office until Monday.\n\nThen I send the lamp to your neighbour.")


def test_a_book_is_no_absence() -> None:
    assert not says_so("I am out of the office. " * 1_000)


def test_headers_and_subject_tell_too() -> None:
    assert is_away(Mail(headers=(("Auto-Submitted", "auto-generated"),)), "Hello")
    assert is_away(Mail(subject="Automatische Antwort: Lampe"), "Hallo")
    assert not is_away(Mail(subject="Re: [Acme #1042] Out of office lamp"), "It is on its way.")
