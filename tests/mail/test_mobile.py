"""Footers of mail programs, and sentences that begin alike."""

import pytest

from gateway.mail.reply import split
from gateway.mail.reply.mobile import is_footer

FOOTERS = [
    "Sent from my iPhone",
    "Sent from my Samsung Galaxy S5",
    "Sent from my cell, please excuse any typos.",
    "Sent from Yahoo Mail on Android",
    "Sent from Mail for Windows",
    "Sent from [Mail](https://go.microsoft.com/fwlink/) for Windows 10",
    "Sent with Proton Mail secure email.",
    "Sent with Some App <https://example.net>",
    "Sent via mobile",
    "Sent from my Zorblax 7",
    "<<sent by galaxy>>",
    "(sent from a phone)",
    "Ann from mobile",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Outlook für Android herunterladen",
    "Von meinem iPhone gesendet",
    "Von meinem/meiner Galaxy gesendet",
    "Gesendet von meinem Samsung-Smartphone",
    "Gesendet mit der GMX Mail App",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon mobile Samsung",
    "Télécharger Outlook pour iOS",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Inviato dal mio dispositivo Android",
    "Verstuurd vanaf mijn iPhone",
    "Verzonden met BlackBerry Work",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Wysłane z iPhone'a",
    "Odesláno z iPhonu",
    "Odoslané z mobilu",
    "iPhone-ról küldve",
    "Trimis de pe iPhone-ul meu",
    "Poslano s mojeg iPhonea",
    "Отправлено с iPhone",
    "Надіслано з iPhone",
    "Изпратено от моя iPhone",
    "Στάλθηκε από το iPhone μου",
    "iPhone'umdan gönderildi",
    "נשלח מה-iPhone שלי",
    "أرسلت من الـ iPhone",
    "iPhoneから送信",
    "Android 版のメールから送信",
    "Android 版の[メール](https://mail.example/app)から送信",
    "Gmailアプリから送信",
    "このメールはスマートフォンから送信されました",
    "Outlook for Android を入手<https://aka.ms/AAb9ysg>",
    "获取 Outlook for iOS",
    "iOS용 Outlook 다운로드",
    "네이버 메일 앱에서 보냄",
    "Android için Yahoo Mail ile gönderildi",
    "Samsung Galaxy-ról küldve",
    "发送自 Windows 版邮件应用",
    "Von GMX Mail für Android verschickt <https://gmx.example/app>",
    "Envoyé depuis l'application Yahoo Mail (https://mail.example/" + "a" * 200 + ")",
    "Verzonden vanuit Mail<https://mail.example/a> voor Windows",
    "나의 iPhone에서 보냄",
    "发自我的iPhone",
    "從我的 iPhone 傳送",
    "Được gửi từ iPhone của tôi",
    "Dikirim dari iPhone saya",
]
FOOTERS += [
    "نُشرت من الـ iPhone",
    "मेरे iPhone से भेजा गया",
    "Yahoo Mail: Search, Organize, Conquer",
    "Excuse brevity, sent from phone",
    "Please excuse typos - sent from my iPhone",
    "Verzonden met BlackBerry Work",
]
NONE = [
    "Sent from Outlook to ann@example.net",
    "Sent from my iPhone to the desk",
    "Sent from my iPhone it looks right",
    "Sent with Thunderbird on Tuesday",
    "Sent by Outlook 2019",
    "Gesendet mit Outlook am Dienstag",
    "Gesendet von meinem iPhone sieht es gut aus",
    "Envoyé depuis Outlook le mardi",
    "Enviado desde Outlook el martes",
    "Inviato da Outlook ieri",
    "Отправлено с iPhone вчера",
    "Sent from my desk, which is much easier than from my phone.",
    "I sent it from my iPhone",
    "Sent on Monday, but nothing came.",
    "Gesendet am Montag",
    "Von meinem Konto wurde zweimal Geld abgebucht",
    "The iPhone was sent back",
    "My phone",
    "从昨天开始手机邮箱无法发送",
    "从昨天开始手机收邮件很慢",
    "書類をスマートフォンから送信",
    "書類はスマートフォンから送信",
    "Von https://example.net/iphone habe ich nichts",
    "Outlook does not work",
    "",
]


@pytest.mark.parametrize("line", FOOTERS)
def test_footers(line: str) -> None:
    assert is_footer(line)
    parts = split(f"yes\n\n{line}\n\nOn 3.3.2026 17:21, Ann wrote:\n> no")
    assert (parts.reply, parts.signature) == ("yes", line)


@pytest.mark.parametrize("line", NONE)
def test_none(line: str) -> None:
    assert not is_footer(line)


def test_below_outlook_on_a_telephone_stands_the_quote() -> None:
    assert split("yes\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n\nno").reply == "yes"
    assert split("yes\n\nGet Outlook for iOS\n\nindeed").cuts == ()
