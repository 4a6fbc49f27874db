"""What agents type: answers, absences, notes and commands gone wrong, in the languages of the desks."""

GREETINGS = {
    "en": ("Hello Ann,", "Hi Ann,", "Dear Ms Lee,", "Good morning Ann,", "Hello,"),
    "de": ("Guten Tag Frau Lee,", "Hallo Frau Lee,", "Sehr geehrte Frau Lee,"),
    "fr": ("Bonjour Madame Lee,", "Bonjour,"),
    "es": ("Hola Ann:", "Buenos días, Ann:"),
    "it": ("Buongiorno Ann,", "Gentile signora Lee,"),
    "cs": ("Dobrý den,", "Dobrý den, paní Leeová,"),
    "ru": ("Здравствуйте, Анна!", "Добрый день!"),
    "pl": ("Dzień dobry,", "Szanowna Pani,"),
}
CLOSINGS = {
    "en": ("Kind regards,", "Best regards,", "Best,", "Thanks,"),
    "de": ("Mit freundlichen Grüßen", "Viele Grüße"),
    "fr": ("Cordialement,", "Bien à vous,"),
    "es": ("Un saludo,", "Atentamente,"),
    "it": ("Cordiali saluti,", "Saluti,"),
    "cs": ("S pozdravem", "Hezký den,"),
    "ru": ("С уважением,", "С наилучшими пожеланиями,"),
    "pl": ("Pozdrawiam,", "Z poważaniem"),
}
SENTENCES = {
    "en": (
        "Your lamp left our warehouse yesterday and should reach you on Tuesday.",
        "The parcel was damaged on its way, so a new one is being packed today.",
        "I have refunded the 49.90 EUR; your bank needs three to five working days.",
        "Please unplug the base, wait ten seconds and plug it in again.",
        "Could you send me a photo of the label on the bottom?",
        "The warranty covers this, there is nothing to pay.",
        "We cannot change the address any more once the courier has it.",
        "Your invoice is attached, with the VAT number you gave us.",
        "The shade and the base are sold separately, that is why you got two parcels.",
        "I looked into your order and found nothing wrong with it.",
        "The error E42 means that the sensor is covered by dust.",
        "See https://acme.example/help/reset for the steps with pictures.",
        "Call us on +44 1632 960120 if it happens again.",
        "The lamp you asked for is not available before May.",
        "Yes, the bulb can be exchanged, any E27 of up to 60 W will do.",
        "I am sorry for the trouble this has caused you.",
        "The discount applies to orders of more than 100 EUR.",
        "Our driver was at your door at 14:20 and nobody answered.",
        "If the light still flickers, the transformer has to be replaced.",
        "I have passed this on to our workshop, they will write to you by Friday.",
    ),
    "de": (
        "Ihre Lampe hat gestern unser Lager verlassen und kommt am Dienstag an.",
        "Die Gutschrift über 49,90 EUR ist gebucht, die Bank braucht drei bis fünf Tage.",
        "Könnten Sie mir bitte ein Foto vom Etikett an der Unterseite schicken?",
        "Das Modell ist leider bis Mai nicht verfügbar.",
        "Das ist ein Fall für die Garantie, es kostet Sie nichts.",
        "Ziehen Sie bitte den Stecker, warten Sie zehn Sekunden und stecken Sie ihn wieder ein.",
        "Die Rechnung finden Sie im Anhang.",
        "Der Fahrer war um 14:20 Uhr bei Ihnen, es war niemand da.",
    ),
    "fr": (
        "Votre lampe est partie hier de notre entrepôt et arrivera mardi.",
        "Le remboursement de 49,90 EUR est fait, comptez trois à cinq jours ouvrés.",
        "Pourriez-vous m'envoyer une photo de l'étiquette ?",
        "Vous trouverez le bon de retour en pièce jointe.",
        "Ce modèle n'est pas disponible avant le mois de mai.",
        "La garantie couvre cette panne, vous n'avez rien à payer.",
    ),
    "es": (
        "Su lámpara salió ayer de nuestro almacén y llegará el martes.",
        "El reembolso de 49,90 EUR está hecho, el banco tarda de tres a cinco días.",
        "¿Podría enviarme una foto de la etiqueta?",
        "Este modelo no está disponible hasta mayo.",
        "La garantía lo cubre, no tiene que pagar nada.",
    ),
    "it": (
        "La sua lampada è partita ieri dal nostro magazzino e arriverà martedì.",
        "Il rimborso di 49,90 EUR è stato fatto, la banca impiega da tre a cinque giorni.",
        "Potrebbe mandarmi una foto dell'etichetta?",
        "Questo modello non è disponibile prima di maggio.",
        "La garanzia copre il guasto, non deve pagare nulla.",
    ),
    "cs": (
        "Vaše lampa včera opustila náš sklad a dorazí v úterý.",
        "Částku 49,90 EUR jsme vrátili, bance to trvá tři až pět dní.",
        "Mohla byste mi poslat fotku štítku na spodní straně?",
        "Tento model je do května nedostupný.",
        "Vztahuje se na to záruka, nic neplatíte.",
        "Kurýr byl u vás ve 14:20 a nikdo neotevřel.",
    ),
    "ru": (
        "Ваша лампа вчера покинула наш склад и придёт во вторник.",
        "Мы вернули 49,90 EUR, банку нужно от трёх до пяти дней.",
        "Пришлите, пожалуйста, фотографию наклейки на нижней стороне.",
        "Эта модель недоступна до мая.",
        "Это гарантийный случай, платить ничего не нужно.",
        "Курьер был у вас в 14:20, никто не открыл.",
    ),
    "pl": (
        "Państwa lampa opuściła wczoraj nasz magazyn i dotrze we wtorek.",
        "Zwróciliśmy 49,90 EUR, bank potrzebuje od trzech do pięciu dni.",
        "Czy mogłaby Pani przysłać zdjęcie naklejki na spodzie?",
        "Ten model będzie dostępny dopiero w maju.",
        "To podlega gwarancji, nic Pani nie płaci.",
    ),
}
# Answers that look like something else, and are answers.
TRICKY = (
    "I am out of the office on Friday, so let me answer now: your lamp was sent yesterday and will be there on Tuesday.",
    "I was on holiday last week, sorry for the delay. The refund left us this morning and needs three days.",
    "# What to do\n\nUnplug the base, wait ten seconds, plug it in again.",
    "#1 is the switch, #2 is the fuse. Please check both and tell me what you see.",
    "Please note that the bulb is not included, any E27 of up to 60 W will do.",
    "You wrote:\n\n> my lamp has not arrived\n\nIt left us yesterday and will be there on Tuesday.",
    "Please do this:\n\n1. Unplug the base.\n2. Wait ten seconds.\n3. Plug it in again.",
    "Three things:\n\n- the bulb is an E27\n- the shade is sold apart\n- the base has two years of warranty",
    "Our shop is closed on Monday, so the lamp leaves us on Tuesday and reaches you on Thursday.",
    "Write this into the file and start it again:\n\n    [lamp]\n    mode = \"warm\"\n    #include other.conf",
    "Ask in the forum for #lampclub, they know more about old bulbs than we do.",
    "You can reach us at support@acme.example or on +44 1632 960120 between 9:00 and 17:00.",
    "The manual says which one it is: https://acme.example/manual?lamp,a#note and www.acme.example/faq(#close for yours.",
    "Your lamp is #2 of our catalogue, the bulb of row B (\"#12, E27\") fits both, and #3b does not.",
    "Click on [the second answer](#answer) in our FAQ, or ask in #help.",
    "(Notes for the lamp are in the box, internal parts are not.) The switch is below the base.",
    "While you are away until Monday the courier keeps the parcel, he brings it when you are back in the office.",
    "Done.",
    "Yes, you can. It takes two days.",
    "The order was closed by mistake. It is open again and will be sent today.",
    "The automatic reply you got has a typo, the number is 4711 and not 4771. The parcel is on its way.",
    "The technician is on vacation until 7 December. I can send another one on Thursday morning, would 9:30 suit you?",
    "Ich bin am Freitag nicht im Büro, darum gleich heute: Ihre Lampe ging gestern raus und kommt am Dienstag an.",
    "Завтра меня не будет в офисе, поэтому отвечаю сразу: лампа отправлена вчера и придёт во вторник.",
)  # fmt: skip

# Absences: who is away, when he is back, whom to ask.
AWAY = {
    "en": (
        ("I am currently out of the office and will be back on Monday, 7 December.", "I'm on annual leave from 27 November until 6 December.", "Thank you for your message. I am on parental leave until March.", "I am travelling on business with limited access to e-mail.", "Out of office until 7 December."),
        ("In urgent cases please contact my colleague Dave Okafor on +420 555 100.", "For anything urgent, please write to support@acme.example.", "Your e-mail will not be forwarded.", "I will reply to your message as soon as I return.", "Please expect a delay in my response."),
    ),
    "de": (
        ("Vielen Dank für Ihre Nachricht. Ich bin bis einschließlich 6. Dezember nicht im Büro.", "Ich befinde mich vom 27.11. bis 06.12. im Urlaub.", "Ich bin derzeit auf Dienstreise und nur eingeschränkt per E-Mail erreichbar.", "Ich bin ab dem 7. Dezember wieder für Sie da.", "Ich bin bis März in Elternzeit."),
        ("In dringenden Fällen wenden Sie sich bitte an meinen Kollegen Dave Okafor.", "Ihre E-Mail wird nicht weitergeleitet.", "Ihre Nachricht beantworte ich nach meiner Rückkehr.", "Bitte haben Sie Verständnis, dass Mails in dieser Zeit nicht gelesen werden."),
    ),
    "fr": (
        ("Je suis absente du bureau jusqu'au 6 décembre inclus.", "Je suis actuellement en congé et serai de retour le lundi 7 décembre.", "Merci pour votre message. Je suis en déplacement cette semaine et peu joignable.", "Absente jusqu'au 7 décembre, en congé maternité."),
        ("En cas d'urgence, merci de contacter mon collègue Dave Okafor.", "Je répondrai à votre message dès mon retour.", "Votre courriel ne sera pas transmis.", "Les messages ne seront pas lus pendant cette période."),
    ),
    "es": (
        ("Estoy fuera de la oficina hasta el 6 de diciembre.", "Me encuentro de vacaciones y vuelvo el lunes 7 de diciembre.", "Gracias por su mensaje. Estaré ausente del 27 de noviembre al 6 de diciembre.", "Estoy de viaje y con acceso limitado al correo."),
        ("Para asuntos urgentes, póngase en contacto con mi compañero Dave Okafor.", "Responderé a su correo a mi regreso.", "Su mensaje no será reenviado.", "Si es urgente, escriba a support@acme.example."),
    ),
    "it": (
        ("Sono fuori ufficio fino al 6 dicembre.", "Sono in ferie e rientrerò in ufficio lunedì 7 dicembre.", "Grazie per il messaggio. Sarò assente dal 27 novembre al 6 dicembre.", "Sono in trasferta e potrò leggere la posta solo la sera."),
        ("Per urgenze potete contattare il mio collega Dave Okafor.", "Risponderò alla sua e-mail al mio rientro.", "I messaggi non verranno inoltrati.", "Per questioni urgenti scrivere a support@acme.example."),
    ),
    "pt": (
        ("Estou fora do escritório até 6 de dezembro.", "Encontro-me de férias e regresso na segunda-feira, 7 de dezembro.", "Obrigada pela sua mensagem. Estarei ausente de 27 de novembro a 6 de dezembro.", "Estou em viagem e com acesso limitado ao e-mail."),
        ("Em caso de urgência, contacte por favor o meu colega Dave Okafor.", "Responderei à sua mensagem assim que regressar.", "O seu e-mail não será reencaminhado.", "Para assuntos urgentes escreva para support@acme.example."),
    ),
    "nl": (
        ("Ik ben tot en met 6 december niet op kantoor.", "Ik ben met vakantie en maandag 7 december weer aanwezig.", "Bedankt voor uw bericht. Ik ben afwezig van 27 november tot 6 december.", "Ik ben op zakenreis en beperkt bereikbaar."),
        ("Voor dringende zaken kunt u contact opnemen met mijn collega Dave Okafor.", "Uw e-mail wordt niet doorgestuurd.", "Ik beantwoord uw bericht zodra ik terug ben.", "Bij spoed kunt u mailen naar support@acme.example."),
    ),
    "pl": (
        ("Jestem nieobecna w biurze do 6 grudnia.", "Przebywam na urlopie, wracam w poniedziałek 7 grudnia.", "Dziękuję za wiadomość. Od 27 listopada do 6 grudnia nie ma mnie w biurze.", "Jestem w delegacji i mam ograniczony dostęp do poczty."),
        ("W pilnych sprawach proszę o kontakt z Dave'em Okaforem.", "Na wiadomość odpowiem po powrocie.", "Wiadomości nie są przekazywane.", "W razie pilnej potrzeby proszę pisać na support@acme.example."),
    ),
    "cs": (
        ("Do 6. prosince jsem mimo kancelář.", "Čerpám dovolenou a vrátím se v pondělí 7. prosince.", "Děkuji za Vaši zprávu. Od 27. 11. do 6. 12. nejsem v kanceláři.", "Jsem na služební cestě a mám omezený přístup k e-mailu."),
        ("V naléhavých případech se obraťte na kolegu Davea Okafora.", "Na Váš e-mail odpovím po návratu.", "Zprávy nejsou přeposílány.", "V neodkladných záležitostech pište na support@acme.example."),
    ),
    "ru": (
        ("Я нахожусь в отпуске до 6 декабря.", "Меня нет в офисе до понедельника, 7 декабря.", "Спасибо за ваше письмо. С 27 ноября по 6 декабря я отсутствую.", "Я в командировке и редко читаю почту.", "Буду на работе 7 декабря."),
        ("По срочным вопросам обращайтесь к моему коллеге Дейву Окафору.", "Отвечу на ваше письмо после возвращения.", "Письма не пересылаются.", "В срочных случаях пишите на support@acme.example."),
    ),
    "uk": (
        ("Я у відпустці до 6 грудня.", "Мене немає в офісі до понеділка, 7 грудня.", "Дякую за ваш лист. З 27 листопада до 6 грудня я відсутня.", "Я у відрядженні, доступ до пошти обмежений."),
        ("З термінових питань звертайтеся до мого колеги Дейва Окафора.", "Відповім на ваш лист після повернення.", "Листи не пересилаються.", "У невідкладних випадках пишіть на support@acme.example."),
    ),
}  # fmt: skip
AWAY_GREETINGS = {
    "en": "Hello,", "de": "Guten Tag,", "fr": "Bonjour,", "es": "Hola:", "it": "Buongiorno,", "pt": "Olá,",
    "nl": "Beste afzender,", "pl": "Dzień dobry,", "cs": "Dobrý den,", "ru": "Здравствуйте!", "uk": "Добрий день!",
}  # fmt: skip

NOTES = (
    "Ann is the sister of our landlord, be very careful with her.",
    "She has charged back twice before, do not trust the story about the courier.",
    "Margin on this lamp is 61 percent, give her the discount if she asks.",
    "Legal says we must not admit the fault of the transformer in writing.",
    "The supplier in Brno knows about the bad batch since October.",
)
SIMILAR = (
    "Lamp arrived with the shade broken in three places",
    "Refund for the blue desk light promised by telephone",
)

# Lines that were meant for us. {note} stands for a note.
MISTYPED_HEADS = (
    "#ntoe {note}", "#clsoe", "#close.now", "#сlose", "#clоse", "＃close", "♯note {note}", "№note {note}", "№тщеу {note}",
    "£note {note}", "§close", "# close", "# note", "# note {note}", "*#note* {note}", "**#close**", "- #close", "\"#note\"",
    "“#close”", "##note", "#interal {note}", "#nota {note}", "#uzavřít", "#закрыть", "#schließen", "#assing dave",
    "#assign nobody-knows", "#priority very high indeed", "#due someday", "#\u200bntoe {note}", "\u200b#clsoe", "/note {note}",
    "/close", "@note {note}", "!note {note}", "\\note {note}", "Note: {note}", "NOTE - {note}", "note to self: {note}",
    "Internal note: {note}", "Internal: {note}", "Interne Notiz: {note}", "Notiz: {note}", "Poznámka: {note}",
    "Заметка: {note}", "Внутренняя заметка: {note}", "Note interne : {note}", "Nota interna: {note}", "note", "Note",
    "close", "resolve", "assign dave", "@dave {note}", "@Dave please have a look before this goes out",
    "Not for the customer: {note}", "#hold untill friday", "#close #note {note}", "#note{note}",
)  # fmt: skip
# Below or within a text.
MISTYPED_TAILS = (
    "#close", "#clsoe", "#сlose", "#note {note}", "#ntoe {note}", "#resolve", "#assign dave", "＃close", "/close", "№close",
    "Internal note: {note}", "@dave {note}", "Private note: {note}", "#Close", "#wait", "#hold until friday",
)  # fmt: skip
# Half a command and half a text.
MISTYPED_WITHIN = (
    "Hi Dave, #note {note}", "Hi #note {note}", "Dave: #note {note}", "Dave:#note {note}", "Thanks, (#note {note})",
    "Please #assign dave, he knows more about it.", "Thanks #resolve now, it is done.", "It left us. #close and thank you.",
    "Dave - #ntoe {note}", "Dave,＃note {note}", "Hi Dave, “#internal {note}”", "See https://acme.example/faq, #note {note}",
    "Hi Dave, #note.", "He knows that *#note* {note}", "Dave – #тщеу {note}", "Done, [#resolve] it is.",
)  # fmt: skip
MISTYPED_BRACKETED = (
    "[note] {note}", "[internal] {note}", "(internal) {note}", "[Note]: {note}", "(internal note) {note}", "[ NOTE ] {note}",
    "<internal> {note}", "**[note]** {note}", "{private} {note}", "[#note] {note}", "(Interní poznámka) {note}",
    "[Внутренняя заметка] {note}", "[agents only] {note}", "[Note:] {note}", "• [internal] {note}",
)  # fmt: skip
MISTYPED_ENDS = (" #close", " #resolve", " (#close)", " #note")
