"""The words mail clients put before the colon of a header that stands in a text: `Von:`, `Oggetto :`, `发件人：`.

They are facts of the clients' locales. That a line bears one makes no header block of it: whoever asks counts several.
"""

from gateway.mail.fold import fold as accents_folded

MAX_LABEL = 40  # characters before the colon, with marks and blanks
MAX_BLANKS = 5  # in them

FIELDS = ("from", "to", "cc", "bcc", "date", "subject", "reply-to", "other")

# A row for each language (indented lines go on), a column for each field, several words where clients differ.
# A word two languages use for different fields stands where most mail has it.
_TABLE = """
en | From, Sender | To, Recipient, Recipients | Cc, Copy, Copies, Copy to | Bcc | Date, Sent, Date sent, Sent at,
    Sent on | Subject | Reply-To, Reply to | Importance, Priority, Sensitivity, Attachments, Attachment, Attached,
    Organization, Organisation, Message-ID, In-Reply-To, References, User-Agent, X-Mailer, Mailer, MIME-Version,
    Content-Type, Content-Transfer-Encoding, Categories, Return-Path, Resent-From, Resent-To, Resent-Date, List-ID,
    Received, Delivered-To, Thread-Topic,  Newsgroups, When, Where, Security
de | Von, Absender, Gesendet von | An, Empfänger | Kopie, Kopie an | Blindkopie | Datum, Gesendet, Gesendet am,
    Verschickt, Verfasst | Betreff, Betr | Antwort an, Antworten an | Wichtigkeit, Priorität, Anlage, Anlagen,
    Anhang, Anhänge, Vertraulichkeit, Organisation
fr | De, Expéditeur, Envoyé par | À, Pour, Destinataire, Destinataires | Copie, Copie à, Copies | Cci, Copie cachée,
    Copie cachée à | Date, Message du, Envoyé, Envoyé le, Envoyée, Envoi, Date d'envoi | Objet, Sujet | Répondre à,
    Réponse à |
    Importance, Pièce jointe, Pièces jointes, Priorité
es | De, Remitente, Enviado por | Para, Destinatario, Destinatarios | Con copia, Copia | Cco, Copia oculta | Fecha,
    Enviado, Enviado el, Enviados, Fecha de envío | Asunto, Tema | Responder a | Importancia, Datos adjuntos,
    Adjuntos, Archivos adjuntos, Prioridad
it | Da, Mittente, Inviato da | A, Destinatario, Destinatari | Copia, Per conoscenza, P.C. | Ccn | Data, Inviato,
    Inviato il, Inviata, Data invio | Oggetto | Rispondi a, Rispondere a, Risposta | Importanza, Priorità, Allegati,
    Allegato
pt | De, Remetente, Enviado por | Para, Destinatário | Com cópia, Cópia | Cco, Com cópia oculta | Data, Enviado,
    Enviada, Enviado em, Enviada em, Enviado a, Data de envio | Assunto | Responder a, Responder para | Importância,
    Prioridade, Anexo, Anexos
nl | Van, Afzender | Aan, Naar, Ontvanger | Kopie, Kopie aan | Bcc | Datum, Verzonden, Verzonden op, Verstuurd |
    Onderwerp, Betreft | Antwoord aan, Antwoorden aan, Beantwoorden | Urgentie, Prioriteit, Bijlage, Bijlagen
sv | Från, Avsändare | Till, Mottagare | Kopia | Hemlig kopia | Datum, Skickat, Skickades, Skickat den | Ämne, Rubrik
     | Svara till, Svar till | Prioritet, Bilaga, Bilagor, Bifogade filer
da | Fra, Afsender | Til, Modtager | Kopi | Bcc | Dato, Sendt, Sendt den, Afsendt | Emne | Svar til, Besvar til |
    Prioritet, Vedhæftede filer, Vedhæftet, Bilag
no | Fra, Avsender | Til, Mottaker | Kopi | Blindkopi | Dato, Sendt | Emne | Svar til | Viktighet, Prioritet, Vedlegg
fi | Lähettäjä, Keneltä, Kirjoittaja | Vastaanottaja, Kenelle, Saaja | Kopio | Piilokopio | Päivämäärä, Päiväys,
    Lähetetty, Lähetyspäivä, Pvm | Aihe, Otsikko | Vastausosoite, Vastaa | Tärkeys, Liitteet, Liite
is | Frá, Sendandi | Til, Viðtakandi | Afrit | Falið afrit | Dagsetning, Sent | Efni | Svara til | Viðhengi
pl | Od, Nadawca | Do, Adresat, Odbiorca | DW, Do wiadomości, Kopia | UDW | Data, Wysłano, Wysłane, Wysłany, Data
    wysłania | Temat | Odpowiedz do, Odp. do | Ważność, Priorytet, Załączniki, Załącznik
cs | Od, Odesílatel | Komu, Pro, Příjemce | Kopie | Skrytá kopie, Skrytá | Datum, Odesláno, Odeslané, Odesláno dne |
    Předmět, Věc | Odpovědět, Odpověď komu | Důležitost, Přílohy, Příloha, Priorita
sk | Od, Odosielateľ | Komu, Pre, Príjemca | Kópia | Skrytá kópia | Dátum, Odoslané, Odoslané dňa | Predmet, Vec |
    Odpovedať komu | Dôležitosť, Prílohy, Príloha
hu | Feladó, Küldő, Küldte | Címzett, Kapja | Másolat, Másolatot kap, Másolatot kapnak | Titkos másolat, Rejtett
    másolat | Dátum, Elküldve, Küldve, Elküldés dátuma | Tárgy | Válaszcím | Fontosság, Mellékletek, Melléklet
ro | De la, Expeditor, Expeditorul | Către, Pentru, La, Destinatar, Destinatarul | Copie, Copie la | Bcc | Data,
    Trimis, Trimis la, Dată |  Subiect, Subiectul | Răspunde la, Răspunde către | Importanță, Atașări, Atașamente
hr | Od, Šalje, Pošiljatelj | Za, Prima, Kome, Primatelj | Kopija | Skrivena kopija | Datum, Poslano | Predmet,
    Naslov | Odgovori na, Odgovor na | Važnost, Privitci, Prilozi
sl | Od, Pošiljatelj | Za, Komu, Prejemnik | Kp, V vednost | Skp | Datum, Poslano | Zadeva | Odgovori na, Odgovor za
    | Pomembnost, Priloge
sr | Od, Šalje, Pošiljalac, Од, Шаље, Пошиљалац | Za, Prima, Kome, За, Прима, Коме, Прималац | Kopija, Копија |
    Skrivena kopija, Скривена копија | Datum, Poslato, Датум, Послато | Predmet, Naslov, Tema, Предмет, Наслов, Тема
    | Odgovor na, Одговор на | Prilozi, Прилози
mk | Од, Испраќач | До, Примач | Копија | Скриена копија | Датум, Испратено | Тема, Наслов | Одговори на | Прилози
bg | От, Подател, Изпращач | До, За, Получател | Копие | Скрито копие, Ск. копие | Дата, Изпратено, Изпратен,
    Изпратена | Относно, Тема, Заглавие | Отговор до | Важност, Прикачени файлове
ru | От, От кого, Отправитель | Кому, Получатель | Копия | Скрытая копия, Скрытая | Дата, Отправлено, Отправлена,
    Дата отправки, Послано | Тема | Ответить, Обратный адрес, Ответ на | Важность, Приоритет, Вложения, Вложение
uk | Від, Від кого, Відправник | До, Кому, Одержувач, Отримувач | Копія | Прихована копія | Дата, Надіслано,
    Відправлено | Тема | Відповісти, Кому відповісти | Важливість, Вкладення
be | Ад, Ад каго | Каму, Да | Копія | Схаваная копія | Дата, Адпраўлена | Тэма | Адказаць | Далучэнні
el | Από, Αποστολέας | Προς, Παραλήπτης | Κοιν., Κοινοποίηση | Κρυφή κοινοποίηση, Κρυφή κοιν. | Ημερομηνία, Στάλθηκε,
     Εστάλη, Αποστολή, Ημ/νία | Θέμα | Απάντηση σε, Απάντηση προς | Σπουδαιότητα, Συνημμένα
tr | Kimden, Gönderen, Kimden geldi | Kime, Alıcı, Kimlere | Bilgi | Gizli | Tarih, Gönderildi, Gönderilen, Gönderme
    tarihi,  Gönderilme tarihi, Gönderim tarihi | Konu | Yanıtla, Yanıt, Yanıt adresi | Önem, Ekler, Ek
az | Kimdən | Kimə | Surət | Gizli surət | Tarix, Göndərildi | Mövzu | Cavab |
he | מאת, מ, השולח | אל, לכבוד, נמען | עותק, העתק | עותק מוסתר, העתק נסתר | תאריך, נשלח, נשלח בתאריך, בתאריך | נושא,
    הנדון | השב אל, השב ל | חשיבות, קבצים מצורפים
ar | من, المرسل | إلى, الى, المستلم | نسخة, نسخة إلى, نسخة كربونية | نسخة مخفية, نسخة مخفية الوجهة | التاريخ, تاريخ,
    تم الإرسال, أرسلت, تاريخ الإرسال, الإرسال, مرسل, إرسال, أرسل | الموضوع, موضوع | الرد على, الرد إلى | الأهمية,
    المرفقات
fa | از, فرستنده | به, گیرنده | رونوشت | رونوشت مخفی | تاریخ, ارسال شده, ارسال, فرستاده شده | موضوع, عنوان | پاسخ به
    | پیوست
ur | منجانب | بنام | نقل | مخفی نقل | بتاریخ, ارسال کردہ | مضمون | جواب بنام |
hi | प्रेषक, से | प्रति, प्राप्तकर्ता | प्रतिलिपि | गुप्त प्रति | दिनांक, तारीख, भेजा गया, तिथि | विषय | जवाब दें |
ja | 差出人, 送信者, 送信元, 発信者, 発信元 | 宛先, 宛て先, 受信者, 送信先 | 写し, カーボンコピー, 同報 |
    ブラインドコピー | 日時, 日付, 送信日時, 送信日, 送信済み, 送信 | 件名, 題名, タイトル | 返信先 | 重要度,
    添付ファイル, 優先度
ko | 보낸 사람, 보낸이, 발신자, 발신, 보내는 사람 | 받는 사람, 받는이, 수신자, 수신 | 참조 | 숨은 참조 | 날짜, 보낸
    날짜, 보낸 시간, 보냄, 일시, 발신일, 보낸일자, 일자 | 제목 | 답장 받는 사람, 회신 대상 | 중요도, 첨부 파일
zh | 发件人, 寄件人, 寄件者, 发信人, 發件人, 寄件者, 发送人, 寄信人, 自, 从 | 收件人, 收件者, 收信人, 至, 到, 发送至
    | 抄送, 副本, 抄送人 | 密送, 密件副本, 密件抄送 | 日期, 时间, 時間, 发送时间, 发送日期, 寄件日期, 傳送日期,
    傳送時間, 寄件時間, 已发送, 已傳送, 发件时间, 發送時間, 发送, 寄送日期 | 主题, 主旨, 主題, 标题, 標題 | 回复,
    答复, 回覆, 回复至, 回覆至, 回信地址 | 重要性, 附件, 优先级
th | จาก, ผู้ส่ง | ถึง, ผู้รับ | สำเนา, สำเนาถึง | สำเนาลับ, สำเนาลับถึง | วันที่, ส่ง, ส่งเมื่อ, เมื่อ, วันที่ส่ง | เรื่อง, หัวข้อ, หัวเรื่อง |
    ตอบกลับไปที่, ตอบกลับถึง, ตอบกลับ | ความสำคัญ, สิ่งที่แนบมา
vi | Từ, Người gửi | Đến, Tới, Gửi đến, Người nhận | Đồng gửi | Bí danh | Ngày, Đã gửi, Ngày gửi, Thời gian, Gửi lúc,
     Gửi, Vào lúc | Chủ đề, Tiêu đề | Trả lời, Trả lời đến | Tầm quan trọng, Đính kèm
id | Dari, Pengirim | Kepada, Ke, Untuk, Penerima | Tembusan, Salinan | Bcc | Tanggal, Terkirim, Dikirim, Tgl,
    Dikirimkan | Subjek, Perihal, Judul, Hal | Balas ke | Lampiran
ms | Daripada | Kepada | Salinan | Bcc | Tarikh, Dihantar | Subjek, Perkara | Balas kepada | Lampiran
et | Saatja, Kellelt | Adressaat, Kellele, Saaja | Koopia | Pimekoopia | Kuupäev, Saadetud, Saatmisaeg | Teema,
    Pealkiri | Vastus | Tähtsus, Manused
lv | No, Sūtītājs | Kam, Adresāts | Kopija | Diskrētā kopija | Datums, Nosūtīts, Sūtīts | Tēma, Temats | Atbildēt |
    Pielikumi
lt | Nuo, Siuntėjas, Nuo ko | Kam, Gavėjas, Iki | Kopija | Slapta kopija, Nematomoji kopija | Data, Išsiųsta, Siųsta,
     Išsiuntimo data | Tema | Atsakyti | Svarba, Priedai
ca | De, Remitent | Per a, Per, Destinatari | A/c, Còpia | Còpia oculta | Data, Enviat, Enviat el, Enviat per |
    Assumpte, Tema | Respon a, Respondre a | Fitxers adjunts, Adjunts
gl | De | Para, A | Copia | Cco | Data, Enviado | Asunto | Responder a | Anexos
eu | Nork, Bidaltzailea | Nori, Hartzailea | Kopia | Bcc | Data, Bidalia, Noiz | Gaia | Erantzun | Eranskinak
sq | Nga, Dërguesi | Për, Marrësi | Kopje | Bcc | Data, Dërguar | Subjekti, Tema, Subjekt | Përgjigju |
    Bashkëngjitjet
ka | გამგზავნი, ვისგან | ადრესატი, ვის | ასლი | ფარული ასლი | თარიღი | თემა | პასუხი |
hy | Ումից | Ում | Պատճեն | Թաքնված պատճեն | Ամսաթիվ | Թեմա | Պատասխանել |
"""

_DROPPED = {
    ord(mark): None
    for mark in " \t\u00a0\u3000-'’.*_|>\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"
}
_AROUND = " \t\u00a0\u3000|\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"


def label(line: str) -> tuple[str, str] | None:
    """The field a line names (one of `FIELDS`) and what stands behind the colon, trimmed; None for any other line.

    Bold marks, blanks, bidi marks and a full-width colon are seen through; quote marks (`> `) are not.
    """
    at = line.find(":", 0, MAX_LABEL)
    if at < 0 and not line.isascii():
        at = line.find("：", 0, MAX_LABEL)
    if at <= 0:
        return None
    if not line.isascii() and (wide := line.find("：", 0, at)) >= 0:
        at = wide
    words = line[:at]
    if words[-1].isdigit() or words.count(" ") > MAX_BLANKS:
        return None
    field = _FIELD_OF.get(words) or _FIELD_OF.get(fold(words))
    return (field, _value(line, at)) if field and line[0] != ">" else None


def is_label(words: str) -> bool:
    """True for a label spelt as the clients spell it, case and accents too."""
    return words in _FIELD_OF


def fold(words: str) -> str:
    """Letters without case, accents, blanks and punctuation: `Copie à`, `*copie  a*` and `COPIE A` are one."""
    return accents_folded(words).translate(_DROPPED)


def _value(line: str, colon: int) -> str:
    value = line[colon + 1 :].strip(_AROUND)
    if "*" not in line:
        return value
    opened = line[:colon].count("*")
    if opened:
        value = value[opened:].lstrip(_AROUND) if value[:opened] == "*" * opened else value
    return value


def _fields() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in _TABLE.strip().replace("\n   ", "").split("\n"):
        for field, words in zip(FIELDS, row.split("|")[1:], strict=True):
            for word in filter(None, words.strip().split(", ")):
                found.setdefault(fold(word), field)
                found.setdefault(word, found[fold(word)])
    return found


_FIELD_OF = _fields()
