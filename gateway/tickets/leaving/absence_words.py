"""What automatic replies say, in the languages of the desks: data, no rule. Looked for in text in lower case.

`STATES` says that somebody is away, `OF_ME` does where the writer speaks of himself, for things
are out, not available and not working too; `CLOSED` is what an office says of itself, `TALK` what goes with all these.
"""

import re


def _any_of(*tables: str) -> re.Pattern[str]:
    """A pattern for phrases that begin so; `#` stands for any ending of a word."""
    phrases = (phrase.strip() for table in tables for phrase in table.replace("\n", "|").split("|"))
    forms = (re.escape(phrase).replace(r"\ ", r"\s+").replace(r"\#", r"\w*") for phrase in phrases if phrase)
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(forms, key=len, reverse=True))})(?!\w)")


STATES = _any_of(
    # English
    """out of office|out of the office|out of my office|ooo|away from my desk|away from the office|away from work
    on leave|annual leave|parental leave|maternity leave|paternity leave|sick leave|medical leave|family leave
    compassionate leave|on vacation|on holiday|on holidays|on my holidays|on a holiday|on sabbatical
    on a sabbatical|am away|be away|i'm away|i’m away|currently away|away on business|on a business trip
    on business travel|out of town|out sick|off sick|off work|am out|i'm out|i’m out|not in the office
    not be in the office|not at work|not at my desk|no longer with|no longer work#|no longer employed
    left the company|my absence|my vacation|my holiday|my leave|backpacking|off the grid|offline until
    reading my mail again|reading mail again|back at my desk|back in the office|back in office|next in the office
    jury duty|gone fishing|days off|day off|time off|on pto|pto until|at a conference|attending a conference
    at a trade fair|in a training|attending a training|in training all|work part-time|part time and|furlough
    in hospital|bereavement leave|not being monitored|not monitored""",
    # German
    """nicht im büro|nicht im haus|nicht im hause|nicht am arbeitsplatz|nicht im dienst|außer haus|ausser haus
    außerhalb des büros|abwesend|abwesenheit|abwesenheitsnotiz|im urlaub|in urlaub|im jahresurlaub|urlaub bis
    elternzeit|mutterschutz|in kur|auf reha|auf dienstreise|dienstreise|geschäftsreise|auf reisen|nicht mehr für
    nicht mehr bei|nicht mehr im unternehmen|verreist|krankgeschrieben|freigestellt|wieder im büro|wieder im haus
    wieder im hause|wieder für sie da|wieder am arbeitsplatz|meiner rückkehr|meinem urlaub|meines urlaubs
    meinen urlaub|wieder am platz|habe urlaub|im # urlaub|auf schulung|auf einer schulung|auf fortbildung
    auf einer fortbildung|auf einer messe|auf der messe|meine mails nur|meine e-mails nur|krankheitsbedingt""",
    # French
    """absent|absente|mon absence|mes vacances|mes congés|notre absence|en congé|en congés|en vacances
    hors du bureau|hors bureau|pas au bureau|injoignable|en déplacement|en arrêt maladie|arrêt maladie
    congé maternité|congé parental|congés annuels|ne travaille plus|fais plus partie|quitté la société
    quitté l'entreprise|quitté l’entreprise|mon retour|absence du bureau|serai de retour|suis de retour
    de retour au bureau|en rtt|en formation|en séminaire|de retour lundi|de retour mardi|de retour mercredi
    de retour jeudi|de retour vendredi|de retour le""",
    # Spanish
    """fuera de la oficina|fuera de oficina|fuera del despacho|ausente|mi ausencia|nuestra ausencia|de vacaciones
    en vacaciones|de baja|de permiso|estaré fuera|estoy fuera|no estoy en la oficina|no estaré en la oficina
    no tendré acceso|ya no trabajo|baja por maternidad|baja maternal|mi regreso|mi vuelta|me reincorpor#
    permiso de maternidad|permiso parental|mis vacaciones|estaré de vuelta|estaré de regreso|me encuentro fuera
    no me encuentro en|baja médica|permiso de paternidad""",
    # Italian
    """fuori ufficio|fuori sede|fuori dall'ufficio|fuori dall’ufficio|assente|mia assenza|nostra assenza|in ferie
    in vacanza|in trasferta|non sono in ufficio|non sarò in ufficio|non sarò raggiungibile|non sono raggiungibile
    in maternità|in congedo|non lavoro più|in malattia|mio rientro|mio ritorno|non avrò accesso|sono fuori
    sarò fuori|rientrerò in|rientro in ufficio|per malattia|mie ferie|mie vacanze|al rientro|in aspettativa""",
    # Portuguese
    """fora do escritório|fora da empresa|fora do escritorio|ausente|minha ausência|nossa ausência|de férias
    em férias|de licença|em licença|não estou no escritório|não estarei no escritório|não terei acesso
    já não trabalho|não trabalho mais|de baixa|licença de maternidade|licença maternidade|meu regresso
    meu retorno|estarei fora|estou fora|estarei de volta|regresso ao escritório|baixa médica|minhas férias
    licença parental""",
    # Dutch
    """afwezig|mijn afwezigheid|mijn vakantie|onze afwezigheid|niet op kantoor|niet aanwezig|niet bereikbaar
    met vakantie|op vakantie|met verlof|op verlof|zwangerschapsverlof|ouderschapsverlof|op zakenreis|op reis
    beperkt bereikbaar|niet meer werkzaam|niet langer werkzaam|ziek gemeld|ziek thuis|weer aanwezig
    terug op kantoor|uit kantoor|weer op kantoor|mijn terugkomst|mijn terugkeer|vakantie tot|ben er vandaag niet
    er vandaag niet|ben ik er weer|ik er weer|wegens ziekte|een vrije dag|vrij tot""",
    # Polish
    """nieobecny|nieobecna|nieobecni|nieobecności|nieobecność|poza biurem|na urlopie|urlopu|na zwolnieniu lekarskim
    zwolnieniu lekarskim|nie ma mnie|nie będzie mnie|w delegacji|w podróży służbowej|już nie pracuję
    nie pracuję już|nie pracuję do|moim powrocie|macierzyńskim|rodzicielskim|powrocie z urlopu|wracam do biura""",
    # Czech and Slovak
    """mimo kancelář|mimo kanceláře|nepřítomen|nepřítomna|nepřítomný|nepřítomná|nepřítomnosti|nepřítomnost
    na dovolené|čerpám dovolenou|mám dovolenou|nejsem v kanceláři|nejsem v práci|nejsem přítom#
    nebudu v kanceláři|nebudu v práci|na služební cestě|na mateřské|na rodičovské|na nemocenské|jsem nemocný
    jsem nemocná|rodičovskou|mateřskou|jsem na školení|nejsem k zastižení|nebudu k zastižení|již nepracuji
    už nepracuji|mého návratu|mé dovolené|mém návratu|v pracovní neschopnosti|návratu z dovolené|mimo kancelárie
    neprítomn#|na dovolenke|čerpám dovolenku|nie som v kancelárii|nebudem v kancelárii|na služobnej ceste
    na materskej|už nepracujem""",
    # Russian
    """в отпуске|в отпуск|из отпуска|отсутствую|буду отсутствовать|моё отсутствие|мое отсутствие|моего отсутствия
    вне офиса|не в офисе|в командировке|в декрете|декретном отпуске|на больничном|на больничный|на обучении
    на конференции|больше не работаю|меня нет|меня не будет|моего отпуска|нет в офисе|нет на месте
    не буду на связи|не на рабочем месте|моего возвращения|выйду на работу|буду на работе|вернусь в офис
    вернусь на работу|в отъезде""",
    # Ukrainian
    """у відпустці|в відпустці|з відпустки|відсутній|відсутня|буду відсутн#|моєї відсутності|моя відсутність
    поза офісом|не в офісі|у відрядженні|в відрядженні|у декреті|в декреті|на лікарняному|на навчанні
    на конференції|більше не працюю|мене немає|мене не буде|моєї відпустки|немає в офісі|не буду на зв'язку
    не буду на зв’язку|мого повернення|повернуся в офіс|повернуся до офісу|повернусь до офісу|повернуся до роботи
    у від'їзді|буду на роботі""",
    # others in a word or two: Swedish, Danish, Norwegian, Finnish, Hungarian, Romanian, Turkish
    """på semester|inte på kontoret|min frånvaro|på tjänsteresa|föräldraledig|på ferie|ikke på kontoret|mit fravær
    mitt fravær|tjenesterejse|barselsorlov|lomalla|poissa toimistosta|szabadságon|házon kívül|irodán kívül
    távol vagyok|în concediu|în afara biroului|izindeyim|ofis dışında#|tatildeyim""",
)

# How one speaks of himself, and what he says then, language by language: "je" is not the same in French and Czech.
OF_ME = tuple(
    (_any_of(me), _any_of(says))
    for me, says in (
        (
            "i|i'm|i’m|i'll|i’ll|am|we|my|me",
            """unavailable|not available|not reachable|not be available|not be reachable|travelling|traveling
            out until|out till|be out|limited access|no access|without access|limited e-mail|limited email
            intermittent access|offline|little access|not have access|no internet|not reading|not be reading
            not checking|not be checking|not working""",
        ),
        (
            "ich|wir|bin",
            """nicht erreichbar|nicht zu erreichen|nur eingeschränkt|eingeschränkt erreichbar|nur sporadisch
            keinen zugriff|keinen zugang|erkrankt|nicht verfügbar|nicht da|erst wieder|wieder erreichbar
            wieder da""",
        ),
        ("je|suis|serai|nous", "pas joignable|pas disponible|indisponible|en voyage|accès limité|pas accès|sans accès"),
        ("yo|estoy|estaré|tengo|tendré|me", "no disponible|disponible hasta|de viaje|acceso limitado|sin acceso"),
        ("io|sono|sarò|avrò", "raggiungibile|disponibile|in viaggio|accesso limitato|rientrerò"),
        ("eu|estou|estarei|terei", "indisponível|disponível|em viagem|a viajar|viajando|acesso limitado|sem acesso"),
        ("ik|ben|wij", "niet beschikbaar|ik vrij|ben vrij|geen toegang|beperkt toegang|beperkte toegang"),
        (
            "jestem|będę|mnie|mam",
            "niedostępn#|ograniczony dostęp|dostępu do poczty|bez dostępu|przebywam",
        ),
        (
            "jsem|nejsem|budu|nebudu|mám|nemám|som|nie som",
            "nedostupn#|omezený přístup|bez přístupu|přístup k e-mailu|obmedzený prístup",
        ),
        (
            "я|мне|меня|буду|имею",
            """недоступен|недоступна|без доступа|ограничен доступ|ограничен# доступ|нет доступа|доступа к почте
            болен|больна|не работаю""",
        ),
        (
            "я|мені|мене|буду|маю|матиму",
            """недоступний|недоступна|без доступу|обмежен# доступ|доступу до пошти|немає доступу|не працюю""",
        ),
    )
)

CLOSED = _any_of(
    """office is closed|offices are closed|office will be closed|we are closed|closed for the holidays
    betriebsferien|betriebsurlaub|büro ist geschlossen|büro bleibt geschlossen|unser büro ist|bureaux sont fermés
    bureau est fermé|oficina está cerrada|oficinas permanecerán cerradas|ufficio è chiuso|uffici sono chiusi
    uffici resteranno chiusi|escritório está fechado|escritório estará fechado|kantoor is gesloten
    biuro jest nieczynne|biuro będzie nieczynne|kancelář je zavřen#|kancelář bude zavřen#|офис закрыт
    офис не работает|офіс зачинено|офіс не працює|public holiday|bank holiday|not attended|unattended|feiertag#
    nicht besetzt|jour férié|festivo|giorno festivo|feriado|feestdag|dzień wolny|dniu wolnym|státní svátek
    выходной|вихідний"""
)

TALK = _any_of(
    """back|return|returning|returned|resume|urgent|urgently|urgency|emergency|emergencies|immediate|immediately
    important|contact|reach|reached|call|phone|colleague|colleagues|deputy|deputising|substitute|covering|cover
    stand-in|instead|assist|assistance|your e-mail|your email|your mail|your message|your request|your enquiry
    your inquiry|thank you for|thanks for|as soon as|reply|respond|response|answer|answered|get back to|access
    e-mails|emails|mails|inbox|forwarded|read|during this time|during this period|in the meantime|meanwhile|until
    till|in case|please note|for anything|matters|queries|delay|delays|patience|understanding|bear with me
    happy holidays|season's greetings|automatic|automated|auto-reply|autoreply|holidays|vacation|trip|abroad
    if you need|quickly|direct your|this week|next week|intermittent|meantime|monitor#|conference|training""",
    """zurück|wieder|erreichbar|dringend#|notfäll#|notfall|eilig#|wenden|kontaktieren|kontakt|melden|vertretung
    vertritt|vertreten|kolleg#|ihre e-mail|ihre mail|ihre nachricht|ihre anfrage|deine mail|deine nachricht
    vielen dank|danke|sobald|antworte#|beantwort#|weitergeleitet|bearbeitet|gelesen|zwischenzeit|in dieser zeit
    während|bis zum|bis|rückkehr|e-mails|mails|nachrichten|anliegen|verständnis|geduld|angelegenheiten
    automatisch#|verzögerung|urlaub|feiertage""",
    """retour|reviens|reviendrai|urgence|urgent#|urgente|contacter|contactez|joindre|collègue#|remplaç#|adress#
    votre message|votre mail|votre e-mail|votre courriel|votre demande|merci|répondr#|réponse|dès|jusqu
    mon absence|période|messages|mails|e-mails|courriels|traité#|lu|lus|transmis|compréhension|patience
    automatique|vacances|l'intervalle|entre-temps|en cas de""",
    """regres#|vuelv#|vuelta|volver#|urgen#|contact#|póngase|diríjase|dirigirse|compañer#|sustitu#|su mensaje
    su correo|su consulta|gracias|responder#|respuesta|hasta el|hasta|durante|mensajes|correos|atenderá#|leer
    leído#|reenvia#|comprensión|paciencia|automátic#|vacaciones|cuanto antes|tan pronto|mientras tanto|en caso de""",
    """rientr#|ritorn#|torn#|urgen#|contatt#|rivolg#|collega|colleghi|sostitu#|sua e-mail|sua mail|suo messaggio
    vostra richiesta|sua richiesta|grazie|rispond#|risposta|fino al|fino a|durante|messaggi|e-mail|mail|lett#
    inoltrat#|comprensione|pazienza|leggere|leggerò|la posta|automatic#|ferie|vacanze|appena|nel frattempo
    in caso di|possibile""",
    """regress#|volt#|retorn#|urgen#|contac#|contat#|dirija-se|colega#|substitu#|sua mensagem|seu e-mail|seu email
    seu pedido|obrigad#|respond#|resposta|até|durante|mensagens|e-mails|emails|lid#|reencaminhad#|compreensão
    paciência|automátic#|férias|assim que|entretanto|em caso de|possível""",
    """terug|weer|bereikbaar|dringend#|spoed#|urgent#|noodgeval#|contact|wenden|collega#|vervang#|waarneem#
    waargenom#|werkzaamheden|uw bericht|uw e-mail|uw mail|uw vraag|je bericht|bedankt|dank|antwoord#|beantwoord#
    zodra|tot en met|tot|tijdens|berichten|e-mails|mails|gelezen|doorgestuurd|begrip|geduld|automatisch#|vakantie
    tussentijd|in deze periode|zo spoedig""",
    """wracam|wróc#|powroc#|powrót|piln#|nagł#|kontakt#|proszę o|zwróć#|zwracać|koleg#|koleżan#|zastęp#|wiadomoś#
    państwa|pani|pana|dziękuj#|odpowi#|odpis#|do dnia|do|podczas|czasie|przeczyta#|przekaz#|zrozumieni#
    cierpliwość|automatyczn#|urlop#|maile|e-maile|w sprawach|sprawach|jak tylko|w razie|obowiązki|przejął
    przejęła|zastąpi|dzwoni#""",
    """zpět|vrát#|návrat#|naléhav#|urgent#|neodklad#|nutn#|kontakt#|obrať#|obracej#|koleg#|zastup#|zástup#
    vaši zprávu|váš e-mail|vaše zprávy|zpráv#|děkuj#|odpov#|jakmile|do|během|době|e-mail#|přečt#|čten#|přepos#
    pochopení|trpělivost|automatick#|dovolen#|v případě|případě|späť|vráti#|naliehav#|obráť#|ďakuj#|správ#
    odpoviem|volejte|ozvu|ozvěte|poté|recepc#""",
    """верн#|возвр#|срочн#|неотлож#|экстрен#|обращ#|обрат#|связ#|свяж#|коллег#|замеща#|замен#|ваше письмо
    ваше сообщение|вашего письма|письм#|сообщени#|спасибо|благодар#|ответ#|отвеч#|до|по|время|период|прочит#
    читаю|читать|перенаправ#|пересыл#|понимани#|терпени#|автоматич#|отпуск#|как только|в случае|вопрос#|телефон#
    почт#|обработан#""",
    """поверн#|термінов#|невідклад#|зверт#|зверн#|зв'яз#|зв’яз#|звʼяз#|колег#|заміщ#|заміня#|ваш лист
    ваше повідомлення|лист#|повідомлен#|дяку#|відпов#|до|по|час|період|прочит#|читаю|переадрес#|пересил#
    розумінн#|терпінн#|автоматичн#|відпустк#|щойно|у разі|в разі|питан#|телефон#|пошт#|опрац#""",
)
