"""What mail programs, mail systems and people habitually write around a text, in the languages at hand: data, no rule.

All in lower case. A phrase is looked for as it stands, so the beginning of a word covers its other endings.
"""

import re


def _words(table: str, end: str = "") -> re.Pattern[str]:
    """A pattern for words that begin so, in lower case; where blanks do not part the words, for them anywhere.

    `end`: what has to follow, in a pattern.
    """
    phrases = _phrases(table)
    spaced = [phrase for phrase in phrases if phrase[0] < "\u0e00"]
    unspaced = [phrase for phrase in phrases if phrase[0] >= "\u0e00"]
    return re.compile(rf"(?<!\w)(?:{'|'.join(spaced)}){end}|{'|'.join(unspaced)}", re.I)


def _phrases(table: str) -> tuple[str, ...]:
    return tuple(filter(None, (phrase.strip() for phrase in table.replace("\n", "|").split("|"))))


# The last words of an attribution, or of its part before the name.
WROTE = _phrases(
    """wrote|writes|written|quoting|schrieb|schreibt|geschrieben|zitat von|écrit|escribió|escribio|escribía|escribe
    escrito|scritto|scrive|scrisse|va escriure|escreveu|escreve|escribiu|schreef|schrijft|geschreven|skrev|skriver
    skrevet|kirjoitti|kirjoittaa|napisał|napisała|napisał(a|pisze|napsal|napsala|napsal(a|píše|napísal|napísala
    napísal(a|написал|написала|написал(а|пишет|писал|писала|написав|написав(ла|пише|написа|написао|напиша|έγραψε
    yazdı|yazmış|írta|scris|napisao|napisao je|napisala|napisao/la|napisal|napisal(a|piše|rašė|parašė|rakstīja
    uzrakstīja|kirjutas|skrifaði|menulis|tulis|viết|写道|寫道|写了|のメール|書きました|書いた|작성|작성했습니다|쓴 글
    เขียน|เขียนว่า|כתב|כתבה|כתב/ה|كتب|كتبت|نوشت|لکھا|लिखा|idatzi|shkroi|գրել է|დაწერა|aliandika|ameandika"""
)

# Between the dashes of a separator.
ORIGINAL = frozenset(
    _phrases(
        """original message|original email|original e-mail|original mail|original appointment
        original message follows|reply message|ursprüngliche nachricht|original-nachricht|originalnachricht
        originale nachricht|original nachricht|ursprüngliche mail|message d'origine|message d’origine|message original
        message initial|message originel|courriel original|mail original|mensaje original|correo original
        messaggio originale|messaggio original|mail originale|mensagem original|oorspronkelijk bericht
        oorspronkelijke bericht|origineel bericht|ursprungligt meddelande|originalmeddelande|ursprungligt mail
        oprindelig meddelelse|original meddelelse|original besked|oprindelig besked|opprinnelig melding
        original melding|alkuperäinen viesti|oryginalna wiadomość|wiadomość oryginalna|treść oryginalnej wiadomości
        původní zpráva|původní e-mail|pôvodná správa|eredeti üzenet|eredeti levél|mesaj original|mesajul original
        izvorna poruka|originalna poruka|izvirno sporočilo|оригинално съобщение|първоначално съобщение
        исходное сообщение|оригинальное сообщение|первоначальное сообщение|исходное письмо|вихідне повідомлення
        оригінальне повідомлення|початкове повідомлення|оригінал повідомлення|αρχικό μήνυμα|πρωτότυπο μήνυμα
        orijinal mesaj|orijinal ileti|özgün ileti|özgün mesaj|הודעה מקורית|ההודעה המקורית|الرسالة الأصلية|رسالة أصلية
        پیام اصلی|元のメッセージ|オリジナルメッセージ|元のメール|원본 메시지|원본 메일|원본 메세지|원본메일|원래 메시지
        原始邮件|原始郵件|原邮件|原始信息|原始訊息|原郵件|ข้อความต้นฉบับ|ข้อความเดิม|tin nhắn gốc|thư gốc|thông điệp gốc
        pesan asli|pesan awal|mesej asal|algne kiri|algne sõnum|sākotnējais ziņojums|oriģinālais ziņojums
        pradinis pranešimas|originalus laiškas|missatge original|upprunaleg skilaboð|mensaxe orixinal|jatorrizko mezua
        previous replies|previous messages|previous message|previous conversation|previous emails"""
    )
)

# Of the line by which a helpdesk asks to be answered on top.
ABOVE_THIS_LINE = _phrases(
    """reply above|above this line|above the line|oberhalb dieser zeile|oberhalb dieser linie|über dieser zeile
    über dieser linie|au-dessus de cette ligne|au dessus de cette ligne|encima de esta línea|encima de esta linea
    sopra questa riga|sopra questa linea|acima desta linha|boven deze regel|boven deze lijn|ovanför den här raden
    ovanför denna rad|over denne linje|nad tento řádek|nad tímto řádkem|nad touto čárou|nad tą linią|powyżej tej linii
    выше этой строк|выше этой лини|над этой черт|bu satırın üst|この行より上|この線より上|请在此行|此行之上|在此線上"""
)

# That answers stand between the lines of a quote: what stands there, where, and how one can tell; beginnings of words.
ANSWERS = _phrases(
    """answers|my answer|our answer|the answer|answered|responses|my response|our response|responded|replies|my reply
    our reply|replied|comments|my comment|commented|remarks|antwort|geantwortet|beantwortet|kommentiert|kommentar
    anmerkung|stellungnahme|réponse|reponse
    commentaire|remarques|respuesta|comentario|rispost|commenti|commento|resposta|comentário|antwoord|reactie
    opmerking|svar|kommentti|vastau|odpowied|komentarz|uwagi|odpověd|odpovědi|komentář|poznámk|odpoveď|odpovede|válasz
    megjegyz|răspuns|ответ|комментари|відповід|коментар|отговор|απαντήσ|απάντησ|σχόλι|cevap|yanıt|yorum|odgovor|回答
    返信|返答|返事|答え|コメント|回复|回覆|答复|答覆|批注|답변|회신|대답|답장|תשוב|إجاب|ردود|trả lời|คำตอบ|jawaban"""
)
BELOW = _phrases(
    """below|underneath|beneath|further down|unten|unterhalb|nachstehend|nachfolgend|darunter|ci-dessous|ci dessous
    ci-après|plus bas|en dessous|abajo|a continuación|debajo|sotto|di seguito|abaixo|a seguir|hieronder|onderstaand
    onder uw|onder je|nedan|här under|nedenfor|herunder|nedenunder|alempana|alapuolella|poniżej|niżej|níže|nižšie
    alább|lejjebb|mai jos|dedesubt|ниже|внизу|нижче|по-долу|παρακάτω|aşağıda|ispod|spodaj|下記|以下|下に|下部|下面
    下方|如下|아래|하단|למטה|להלן|أدناه|bên dưới|dưới đây|ด้านล่าง|di bawah"""
)
WITHIN = _phrases(
    """inline|in-line|in the mail|in the email|in the e-mail|in the message|next to your|next to the|next to each
    beside your|beside each|behind your|behind each|after each|under each|below each|in der mail|in der e-mail
    in der nachricht|neben ihren|neben deinen|neben den fragen|hinter ihren|hinter den fragen|zu den fragen
    dans le mail|dans le message|à côté de|à la suite de|en el correo|en el mensaje|junto a|nella mail|nel messaggio
    accanto alle|no e-mail|na mensagem|ao lado d|in de mail|in het bericht|naast uw|naast je|i mailet|i mejlet
    i meddelandet|bredvid|ved siden af|ved siden av|в письме|рядом с|w mailu|obok|in red|in blue|in green|in bold
    in caps|in capitals|in italics|in colour|in color|red font
    blue font|highlighted|between the lines|in between|embedded|in the text|in your text|in your mail|in your email
    in your message|within your|in rot|in roter|rot markiert|in blau|in grün|farbig|kursiv|fett markiert|in fett
    im text|in ihrer mail|in ihrer e-mail|in deiner mail|zwischen den zeilen|direkt im|dazwischen|en rouge|en bleu
    en vert|en gras|en couleur|dans le texte|dans votre message|dans votre mail|dans le corps|entre les lignes|en rojo
    en azul|en verde|en negrita|en el texto|en tu correo|en su correo|entre líneas|entre las líneas|in rosso|in blu
    in verde|in grassetto|nel testo|tra le righe|fra le righe|em vermelho|a vermelho|em azul|a azul|em negrito
    no texto|no corpo|entre as linhas|in het rood|in rood|in het blauw|in blauw|in de tekst|tussen de regels|i rött
    i blått|i texten|mellan raderna|i rødt|med rødt|i teksten|mellem linjerne|mellom linjene|punaisella|tekstin
    na czerwono|czerwonym|na niebiesko|niebieskim|w tekście|w treści|między wierszami|červeně|červenou|modře|modrou
    v textu|mezi řádky|medzi riadkami|pirossal|kékkel|a szövegben|cu roșu|cu albastru|în text|красным|синим|зелёным
    зеленым|жирным|цветом|в тексте|в теле письма|между строк|червоним|синім|у тексті|в тексті|між рядк|в червено
    в текста|με κόκκινο|στο κείμενο|kırmızı|mavi ile|satır arala|metin içinde|crveno|crvenom|u tekstu|v besedilu|赤字
    赤色|赤い文字|青字|青色|文中|本文中|本文内|行間|インライン|红字|紅字|红色|紅色|蓝色|藍色|标红|文内|正文中|빨간
    적색|파란|본문|באדום|בכחול|בגוף|باللون|بالأحمر|màu đỏ|trong nội dung|สีแดง|warna merah"""
)
SEE = _phrases(
    """see|look|read|scroll|cf.|siehe|s. |s.u.|schau|sieh|vgl|voir|voyez|cf |regarde|ver |véase|vea|mira|vedi|vedere
    veja|vide|zie|kijk|se |läs|katso|ks.|patrz|zob|viz|pozri|lásd|vezi|см|смотри|див|виж|δείτε|βλ|bkz|bakınız|vidi|glej
    参照|ご覧|見て|请看|请见|見|见|参见|봐|참조|보세요|ראה|ראו|انظر|xem|ดู|lihat"""
)
# The beginnings of a line that only greets.
GREETINGS = _phrases(
    """hi|hello|hey|dear|good morning|good afternoon|good evening|hallo|guten|liebe|sehr geehrte|moin|servus|bonjour
    bonsoir|salut|cher|madame|monsieur|hola|buenos|buenas|estimad|ciao|buongiorno|buonasera|gentile|salve|olá|bom dia
    boa tarde|prezad|beste|geachte|dag|goedemorgen|goedemiddag|hej|hei|god|kära|kjære|kære|hyvä|moi|cześć|dzień dobry
    szanown|dobrý|ahoj|vážen|szia|kedves|tisztelt|bună|stimat|здравствуй|добрый|привет|уважаем|добрий|вітаю|здравей
    γεια|αγαπητ|merhaba|sayın|selam|pozdrav|poštovan|こんにちは|お世話|様|你好|您好|尊敬|안녕|שלום|مرحبا|السلام|xin chào
    kính|สวัสดี|halo|selamat"""
)
# Words before "answer" by which it is none of the writer's: another's, or one he waits for.
YOURS = _phrases(
    """no|any|an|keine|eine|aucune|une|ninguna|sin|una|nessuna|nenhuma|uma|geen|een|inget|ett|intet|et|brak|žádnou|нет
    your|ihre|ihren|ihrer|deine|deiner|eure|votre|vos|ton|ta|tes|su|sus|tu|tus|sua|suas|tua|vostra|uw|je|jouw|jullie
    din|dina|ditt|dit|er|ert|era|twoj|twoją|pańsk|państwa|vaš|vaši|tvoj|ваш|вашу|вашего|вашому|твой|твоего"""
)
YOURS_UNSPACED = _phrases("ご|お|您的|你的|贵方|貴方|貴社の|귀하의|보내주신|주신")

# The beginnings of the line above a name.
CLOSINGS = _phrases(
    """regards|best regards|kind regards|kindest regards|warm regards|many thanks|best wishes|with best|with kind
    with regards|all the best|sincerely|yours|cheers|respectfully|thanks|thank you|best|br|rgds|mit freundlich
    freundliche|mit best|beste grüße|beste grüsse|viele grü|liebe grü|herzliche grü|schöne grü|vielen dank|mit lieben
    mit herzlichen|mfg|lg|vg|gruß|gruss|grüße|hochachtungsvoll|danke|cordialement|bien cordialement|bien à vous
    sincères salutations|salutations|meilleures salutations|merci|saludos|un saludo|un cordial saludo
    cordiales saludos|atentamente|gracias|cordiali saluti|distinti saluti|un cordiale saluto|saluti|grazie
    atenciosamente|cumprimentos|com os melhores cumprimentos|abraço|obrigad|met vriendelijke|vriendelijke groet
    met hartelijke|hartelijke groet|mvg|groet|med vänlig|vänliga hälsningar|bästa hälsningar|med venlig|venlig hilsen
    med vennlig|vennlig hilsen|mvh|hilsen|hälsningar|ystävällisin|terveisin|z poważaniem|pozdrawiam|s pozdravem
    s přátelským|s pozdravom|üdvözlettel|tisztelettel|cu stimă|cu respect|mulțumesc|lijep pozdrav|lep pozdrav
    srdačan pozdrav|с уважением|з повагою|с наилучшими|поздрави|με εκτίμηση|saygılarımla|iyi çalışmalar|敬具
    よろしくお願い|此致|谢谢|謝謝|祝好|감사합니다|تحياتي|مع التحيات|مع أطيب|בברכה|trân trọng|ขอแสดงความนับถือ|salam"""
)

# What says that the contact details below are the message: they are asked for, changed, sent. Beginnings of words.
ANNOUNCED = _words(
    """address|phone number|telephone|serial|numbers?\\b|call me|call us|call back|reach me|reach us|ring me|contact me
    contact details|new office|moved to|send it to|ship to|deliver to|adresse|anschrift|nummer|ruf(?:t
    en)? (?:sie )?mich
    zurückruf|rückruf|erreichbar|erreichen sie|umgezogen|kontaktdaten|numéro|téléphone|rappel|joindre|coordonnées
    dirección|teléfono|número|llám|domicilio|indirizzo|numero|chiam|recapit|endereço|telefone|ligue|adres|bel mij|bel me
    telefoonnummer|adress|telefonnummer|ring mig|osoite|puhelinnumero|numer|zadzwo|adresa|telefon|číslo|zavolejte
    telefonszám|cím|hívjon|адрес|номер|телефон|позвон|перезвон|διεύθυνση|τηλέφωνο|adresi|numara|住所|電話番号|番号|地址
    电话|電話|号码|號碼|주소|전화|번호|عنوان|رقم|הכתובת|כתובת|טלפון"""
)
# That a person speaks to another: no card and no motto says so.
SPEECH = _words(
    """please|pls|(?-i:I)|i['’]m|i['’]ve|i['’]d|we|could you|can you|bitte|ich|wir|könn(?:en|ten) sie|je|j['’]\\w+|nous
    merci de
    pouvez|veuillez|s['’]il vous|por favor|puede|necesito|quiero|yo|per favore|può|potete|vorrei|io|preciso|pode
    alstublieft|graag|kunt u|ik|wij|jag|kan ni|jeg|kan du|minä|voitteko|proszę|czy|prosím|kérem|vă rog|пожалуйста|прошу
    я|мы|будь ласка|παρακαλώ|lütfen|お願い|请|請|부탁|من فضلك|בבקשה""",
    end=r"(?!\w)",
)

# "Sent" as the first word of a mail program's footer, and as its last.
SENT_FIRST = _phrases(
    """sent from|sent via|sent with|sent using|sent by|sent on|gesendet|verschickt|geschickt|envoyé|expédié|enviado
    enviada|inviato|inviata|verzonden|verstuurd|gestuurd|skickat|skickades|sendt|lähetetty|wysłane|wysłano|wysłany
    odesláno|odoslané|odoslaný|отправлено|отправлена|послано|надіслано|відправлено|изпратено|trimis|expediat|poslano
    poslato|στάλθηκε|elküldve|dikirim|dihantar|gửi từ|được gửi từ|đã gửi từ|enviat|נשלח|أرسلت|تم الإرسال|saadetud|نُشرت
    نشرت|مرسل|مُرسل
    nosūtīts|sūtīts|išsiųsta|发自|發自|来自|來自|发送自|發送自|寄自|傳送自|ส่งจาก"""
)
SENT_LAST = _phrases(
    """gesendet|verschickt|geschickt|gesandt|verstuurd|verzonden|küldve|gönderildi|gönderilmiştir|saadetud|발송|보냄
    보낸 메일|送信|发送|發送|傳送|传送|寄出|发出|發出|भेजा गया|भेजा"""
)
# "From" and "sent" in one, behind the device.
SENT_FROM_LAST = _phrases(
    """から送信|より送信|から送信されました|에서 보냄|에서 발송|에서 보낸 메일|dan gönderildi|den gönderildi
    tan gönderildi|ten gönderildi|ile gönderildi|ról küldve|ről küldve|ból küldve|ből küldve"""
)
# What stands before the device where "sent" comes last; or the device itself.
SENT_FROM = _phrases(
    "von|mit|über|via|aus|vom|vanaf|met|从|從|由|我的|나의|내|मेरे|मेरा|iphone|ipad|android|samsung|galaxy"
)
# Beginnings of words that name what one writes mail with.
PROGRAMS = _phrases(
    """iphon|i-phone|ipad|ipod|android|samsung|galaxy|htc|huawei|xiaomi|redmi|oneplus|pixel|nokia|lumia|motorola
    xperia|oppo|vivo|alcatel|blackberry|black berry|windows|macbook|mac|outlook|hotmail|yahoo|gmail|aol|proton|airmail
    mailbox|k-9|bluemail|blue mail|typeapp|spark|newton|tutanota|tuta|thunderbird|superhuman|mobil|phone|smartphone
    handy|tablet|cell|device|gerät|verizon|at&t|t-mobile|vodafone|web.de|gmx|mail.ru|yandex|яндекс|почт|телефон
    мобильн|мобільн|смартфон|устройств|dispositi|móvil|celular|téléphone|portable|ordinateur|telefo|telephone
    cellulare|puhelim|ti-8|fairphone|edison|canary|zoho|fastmail|foxmail|naver|daum|qq|网易|邮箱|手机|手機|携帯
    スマート|メール|アプリ|휴대|아이폰|안드로이드|갤럭시|네이버|핸드폰|τηλέφωνο|κινητό|הטלפון|הנייד|هاتف|جوال|อุปกรณ์
    โทรศัพท์|điện thoại|surface|watch|laptop|mailspring|em client"""
)

# A row for each thing disclaimers say.
SAYINGS = (
    _phrases(
        """confidential|privileged|vertraulich|confidentiel|confidencial|riservat|vertrouwelijk|konfidentiel|fortrolig
        sekretess|luottamuksell|poufn|důvěrn|dôvern|bizalmas|confidențial|конфиденциальн|конфіденційн|поверителн
        εμπιστευτικ|gizli|機密|机密|기밀|סודי|חסוי|سري"""
    ),
    _phrases(
        """intended for|intended only for|intended solely for|solely intended|solely for|intended recipient|addressee
        individual or entity|named recipient|named above|to whom they are addressed|to whom it is addressed
        use of named|richtige adressat|adressaten|vorgesehene empfänger|bestimmt für|bestimmt ist|destinataire
        destinatari|destinatári|geadresseerde|bestemd voor|avsedd för|tilsigtet|adresat|címzett|адресат|получател
        одержувач|αποδέκτ|alıcı|名宛人|收件人"""
    ),
    _phrases(
        """in error|by mistake|irrtümlich|par erreur|por error|per errore|por engano|per ongeluk|ten onrechte
        av misstag|ved en fejl|ved feil|virheellisesti|omyłk|omylem|tévedés|по ошибке|помилк|по погрешка
        εκ παραδρομής|yanlışlıkla|خطأ|误"""
    ),
    _phrases(
        """delete|destroy|vernichten|lösche|supprimer|détruire|elimine|elimina|borre|cancell|distrugg|apague|apagar
        verwijder|radera|slette|usun|smaž|vymaž|törölje|удалит|видал|διαγράψ|silin|notify the|notify us|inform us
        informieren|advise the sender"""
    ),
    _phrases(
        """prohibit|unauthori|not permitted|may not make use|forbidden|nicht gestattet|unbefugte|nicht zulässig
        interdit|vietat|proibid|verboden|förbjud|forbudt|zabronion|zakázán|tilos|запрещен|заборонен|disclose
        disclosure|disseminat"""
    ),
    _phrases(
        """not necessarily|liabilit|no responsibility|legally binding|legal purposes|haftung|responsabilit
        responsabilidad|aansprakelijk|virus|malware|monitored|registered office|registered in"""
    ),
)
THIS_MAIL = _phrases(
    """this e-mail|this email|this mail|this message|this communication|this transmission|the information contained
    diese e-mail|dieser e-mail|diese nachricht|dieser nachricht|diese mail|dieser mail|ce message|ce courriel|cet e-mail
    cet email|ce mail|este mensaje|este correo|este e-mail|este email|esta mensagem|questo messaggio|questa e-mail
    questa mail|presente messaggio|presente e-mail|dit bericht|deze e-mail|deze email|detta meddelande|detta e-post
    denna e-post|denne e-mail|denne mail|denne meddelelse|denne melding|denne e-post|tämä viesti|tämä sähköposti
    niniejsza wiadomość|ta wiadomość|tato zpráva|tento e-mail|táto správa|ez az üzenet|jelen üzenet|ez az e-mail
    acest mesaj|ova poruka|to sporočilo|данное письмо|данное сообщение|это письмо|это сообщение|настоящее письмо
    настоящее сообщение|цей лист|це повідомлення|това съобщение|το παρόν|αυτό το μήνυμα|bu e-posta|bu mesaj|bu ileti
    このメール|本メール|本邮件|此邮件|本郵件|이 메일|본 메일|이 메시지|هذه الرسالة|هذا البريد|הודעה זו|email này"""
)
MAIL = _phrases(
    """mail|message|nachricht|courriel|mensaje|messaggio|mensagem|bericht|meddelande|meddelelse|melding|viesti|wiadomość
    zpráv|správ|üzenet|сообщени|письм|повідомлен|μήνυμα|ileti|correo|mesaj|邮件|郵件|メール|메일|رسالة|הודעה"""
)

# What scanners say of their work, what they look for, and both at once.
CHECKED = _phrases(
    """checked|scanned|swept|screened|certified|geprüft|gescannt|analizzat|analys|analiz|vérifié|comprob|verificat
    gecontroleerd|gescand|skannat|skannet|sprawdzon|zkontrolov|провер"""
)
VIRUS = _phrases("virus|malware|viren|вирус|infett|antispam|mailscanner|messagelabs|mimecast")
NO_VIRUS = _phrases("virus-free.|virus free.|no virus found|virenfrei.|libre de virus.|sans virus.|без вирусов.")
PAPER = _phrases(
    """consider the environment|think about the environment|think before you print|before printing this|an die umwelt
    e-mail ausdrucken|mail ausgedruckt|à l'environnement|à l’environnement|avant d'imprimer ce|avant d’imprimer ce
    medio ambiente antes|antes de imprimir este|prima di stampare quest|aan het milieu|tänk på miljön|tænk på miljøet"""
)
LISTS = _phrases(
    """mailing list|mailinglist|unsubscribe|listinfo|you are receiving this|you received this|you're receiving this
    you have received this|abbestellen|abmelden|désabonner|désinscrire|darse de baja|cancelar la suscripción
    annulla l'iscrizione|disiscri|afmelden|uitschrijven|avregistrera|отписаться|відписатися|wypisać się
    reply to this email directly|view it on git|manage your subscription|notification settings|email preferences
    退订|取消订阅|配信停止|수신거부"""
)

RECEIVED = _phrases(
    """you are receiving this|you received this|you're receiving this|you have received this|you are subscribed
    sie erhalten diese|vous recevez ce|ha recibido este|hai ricevuto questa|você recebeu est|u ontvangt dit"""
)

# A warning about senders from outside: that it warns, of what, and what not to do.
ALERT = _phrases(
    """caution|warning|external|attention|notice|alert|achtung|vorsicht|warnung|hinweis|extern|attenzione|precaución
    atención|atenção|cuidado|let op|waarschuwing|varning|advarsel|uwaga|pozor|внимание|увага|avertissement|esterna
    外部"""
)
OUTSIDE = _phrases(
    """originated|outside|external sender|external source|external email|external e-mail|external to|externen absender
    externer absender|externe absender|externen quelle|externe mail|externe e-mail|von extern|außerhalb|ausserhalb
    extérieur|expéditeur externe|externo|fuera de|esterno|esterna|fora da|buiten de|externe afzender|utanför
    extern avsändare|ekstern afsender|zewnątrz|zewnętrzn|извне|внешн|外部"""
)
ADVICE = _phrases(
    """click|link|attachment|recognize|recognise|content is safe|be cautious|with care|anhäng|anlagen|öffnen|klick
    pièces jointes|pièce jointe|cliqu|enlaces|adjunt|allegat|anexos|bijlage|załącznik|вложени|ссылк|リンク|链接|附件"""
)
CARE = _phrases(
    """do not|don't|don’t|dont |never|unless|be careful|be cautious|caution when|use caution|exercise caution|with care
    take care|think before|beware|verify|content is safe|nicht|keine|kein |vorsichtig|mit vorsicht|prüfen|nur wenn
    ne pas|n'ouvrez|n’ouvrez|ne cliquez|prudence|prudent|vérifi|no haga|no abra|no hagas|no pinche|cuidado al
    con cuidado
    precaución|a menos que|non aprire|non cliccare|non fare|prestare|attenzione a|não|cuidado com|niet|geen|voorzichtig
    inte|ikke|älä|nie |neotv|neklik|nekli|не |без|осторожн|обережн|しない|注意|请勿|請勿|不要|谨慎|謹慎|마세요|주의"""
)
TAGS = frozenset(_phrases("external|externalemail|externalsender|externalmail|extern|externeemail|externee-mail|外部"))
