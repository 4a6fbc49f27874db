"""The language, where there is no doubt: by header, by script, by small words, by the model of the extra `lang`."""

import pytest

from gateway.mail.language import choice
from gateway.mail.language.choice import language_of

SCRIPTS = [
    ("Здравствуйте! Где моя посылка? Вы обещали её вчера.", "ru"),
    ("Добрий день! Де моя посилка? Її немає.", "uk"),
    ("Дзе мая пасылка? Вы абяцалі ўчора, добры дзень", "be"),
    ("Добар дан, где је моја пошиљка, молим вас? Већ недељу дана чекам.", "sr"),
    ("Здравейте, къде е моята пратка? Очаквам я от сряда, но куриерът още не се е обадил и съм притеснен.", "bg"),
    ("Где је моја пошиљка, молим вас?", ""),  # Serbian or Macedonian
    ("Здравейте, моята пратка я няма", ""),  # Bulgarian: nothing tells it from others
    ("荷物はまだ届いていません。", "ja"),
    ("我的包裹还没有到。", ""),  # Chinese, or Japanese without kana
    ("您好，我的包裹还没有到。上周三已经付款，订单显示已发货，请帮忙查询一下物流情况，谢谢！", "zh"),
    ("제 소포가 아직 도착하지 않았습니다.", "ko"),
    ("Πού είναι το δέμα μου;", "el"),
    ("איפה החבילה שלי?", "he"),
    ("أين الطرد الخاص بي؟ لم تصلني أي رسالة.", "ar"),
    ("بسته من کجاست؟ لطفا پاسخ دهید.", "fa"),
    ("พัสดุของฉันอยู่ที่ไหน", "th"),
    ("எனது பொதி எங்கே?", "ta"),
    ("Where is my parcel?", ""),  # too few words
    ("Hello, my name is Ωmega", ""),
    (
        "Please forward this to Мария Иванова, she answers for the parcels of the whole region and knows what to do",
        "en",
    ),
    ("", ""),
]


@pytest.mark.parametrize(("text", "want"), SCRIPTS)
def test_by_script(text: str, want: str) -> None:
    assert language_of("", text) == want


@pytest.mark.parametrize(("header", "want"), [("cs", "cs"), ("de-AT", "de"), ("en, fr", ""), ("nonsense!", "")])
def test_by_header(header: str, want: str) -> None:
    assert language_of(header, "plain") == want


@pytest.mark.parametrize(
    ("attribution", "text", "want"),
    [
        ("On 2 Feb 2026 at 05:28, Support wrote:", "en", "en"),
        ("Op 2 feb. 2026 om 05:28 heeft Support <support@acme.example> het volgende geschreven:", "en", ""),
        ("Op 2 feb. 2026 om 05:28 heeft Support <support@acme.example> het volgende geschreven:", "en long", "en"),
        ("Op 2 feb. 2026 om 05:28 heeft Support <support@acme.example> het volgende geschreven:", "nl", "nl"),
        ("On 2 Feb 2026 at 05:28, Support wrote:", "nl", "nl"),
    ],
)
def test_a_few_english_words_in_a_foreign_program_are_no_proof(attribution: str, text: str, want: str) -> None:
    texts = {
        "en": "That is very kind of you. Could you send it to the other address, please? Then I will have it on Friday.",
        "en long": TEXTS["en"],
        "nl": TEXTS["nl"],
    }
    assert language_of("", texts[text], attribution) == want


TEXTS = {
    "en": "Hello, I ordered a lamp from you last week and it has not arrived yet. Could you please tell me where it is? "
    "My order number is on the invoice.",
    "de": "Guten Tag, ich habe letzte Woche eine Lampe bei Ihnen bestellt und sie ist noch nicht angekommen. Können Sie mir "
    "bitte sagen, wo sie ist?",
    "fr": "Bonjour, j’ai commandé une lampe chez vous la semaine dernière et elle n’est pas encore arrivée. Pouvez-vous me "
    "dire où elle est ? Je vous remercie.",
    "es": "Hola, la semana pasada pedí una lámpara en su tienda y todavía no ha llegado. ¿Me puede decir dónde está? El "
    "número del pedido está en la factura.",
    "pt": "Bom dia, encomendei um candeeiro na vossa loja na semana passada e ainda não chegou. Podem dizer-me onde está? O "
    "número da encomenda está na fatura.",
    "it": "Buongiorno, la settimana scorsa ho ordinato una lampada nel vostro negozio e non è ancora arrivata. Mi può dire "
    "dove si trova? Grazie mille.",
    "nl": "Goedendag, vorige week heb ik bij jullie een lamp besteld en die is nog niet aangekomen. Kunt u mij zeggen waar "
    "de lamp nu is? Het nummer staat op de factuur.",
    "sv": "Hej, förra veckan beställde jag en lampa hos er och den har inte kommit än. Kan ni säga var den är? Numret på "
    "beställningen står på fakturan.",
    "da": "Hej, i sidste uge bestilte jeg en lampe hos jer, og den er ikke kommet endnu. Kan I sige mig, hvad der er sket "
    "med den? Nummeret på ordren står på fakturaen.",
    "no": "Hei, forrige uke bestilte jeg en lampe hos dere, og den har ikke kommet ennå. Kan dere si meg hva som har skjedd "
    "med den? Nummeret på ordren står på fakturaen.",
    "fi": "Hei, tilasin teiltä viime viikolla lampun, mutta se ei ole vielä saapunut. Voitteko kertoa minulle, missä se on? "
    "Tilauksen numero on laskussa, kiitos etukäteen ja hyvää päivän jatkoa.",
    "is": "Góðan dag, ég pantaði lampa hjá ykkur í síðustu viku og hann er ekki kominn. Getið þið sagt mér hvar hann er? "
    "Númerið á pöntuninni er á reikningnum.",
    "et": "Tere, tellisin teilt eelmisel nädalal lambi, aga see ei ole veel kohale jõudnud. Kas te saate mulle öelda, kus "
    "see on? Tellimuse number on arvel, aitäh.",
    "lv": "Labdien, pagājušajā nedēļā pasūtīju pie jums lampu, bet tā vēl nav pienākusi. Vai varat man pateikt, kur tā ir? "
    "Pasūtījuma numurs ir rēķinā, paldies jau iepriekš.",
    "lt": "Laba diena, praėjusią savaitę užsakiau pas jus lempą, bet ji dar neatvyko. Ar galite man pasakyti, kur ji yra? "
    "Užsakymo numeris yra sąskaitoje, ačiū iš anksto.",
    "pl": "Dzień dobry, w zeszłym tygodniu zamówiłem u państwa lampę i jeszcze nie przyszła. Czy mogą mi państwo "
    "powiedzieć, gdzie jest? Numer zamówienia jest na fakturze.",
    "cs": "Dobrý den, minulý týden jsem u vás objednal lampu a ještě nepřišla. Můžete mi prosím říct, kde je? Číslo "
    "objednávky je na faktuře, děkuji předem za odpověď.",
    "sk": "Dobrý deň, minulý týždeň som si u vás objednal lampu a ešte neprišla. Môžete mi prosím povedať, kde je? Číslo "
    "objednávky je na faktúre, vopred ďakujem za odpoveď.",
    "sl": "Pozdravljeni, prejšnji teden sem pri vas naročil svetilko in še ni prišla. Ali mi lahko poveste, kje je? "
    "Številka naročila je na računu, hvala za odgovor.",
    "hu": "Jó napot, a múlt héten rendeltem önöktől egy lámpát, és még nem érkezett meg. Meg tudják mondani, hogy hol van? "
    "A rendelés száma a számlán van, köszönöm.",
    "ro": "Bună ziua, săptămâna trecută am comandat o lampă de la dumneavoastră și nu a ajuns încă. Îmi puteți spune unde "
    "este? Numărul comenzii este pe factură, mulțumesc.",
    "sq": "Përshëndetje, javën e kaluar kam porositur një llambë tek ju dhe nuk ka ardhur ende. A mund të më thoni ku është? "
    "Numri i porosisë është në faturë, faleminderit.",
    "tr": "Merhaba, geçen hafta sizden bir lamba sipariş ettim ve henüz gelmedi. Bana nerede olduğunu söyleyebilir misiniz? "
    "Sipariş numarası faturada yazıyor, şimdiden çok teşekkür ederim.",
    "vi": "Xin chào, tuần trước tôi đã đặt một cái đèn ở cửa hàng của bạn và nó vẫn chưa đến. Bạn có thể cho tôi biết nó ở "
    "đâu không? Cảm ơn bạn.",
    "id": "Selamat pagi, minggu lalu saya memesan sebuah lampu dari toko Anda dan sampai sekarang belum tiba. Bisakah Anda "
    "memberi tahu saya di mana lampu itu? Terima kasih.",
    "ca": "Bon dia, la setmana passada vaig demanar un llum a la vostra botiga i encara no ha arribat. Em podeu dir on és? "
    "El número de la comanda és a la factura, moltes gràcies.",
    "hr": "Dobar dan, prošli tjedan sam kod vas naručio svjetiljku i još nije stigla. Možete li mi reći gdje je? Broj "
    "narudžbe je na računu, unaprijed hvala na odgovoru.",
    "af": "Goeie dag, ek het verlede week ’n lamp by julle bestel en dit het nog nie aangekom nie. Kan julle asseblief vir "
    "my sê waar dit is? Baie dankie.",
}
LOREM = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna"


@pytest.mark.parametrize("code", TEXTS)
def test_small_words_never_name_another_language(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "_by_model", lambda text: "")
    assert language_of("", TEXTS[code]) in (code, "")


def test_small_words_settle_most_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "_by_model", lambda text: "")
    settled = [code for code, text in TEXTS.items() if language_of("", text) == code]
    assert len(settled) >= 18
    assert {"en", "de", "fr", "pl", "cs", "nl", "sv", "tr"} <= set(settled)


@pytest.mark.parametrize("code", TEXTS)
def test_with_the_model(code: str) -> None:
    pytest.importorskip("py3langid")
    assert language_of("", TEXTS[code]) in (code, "")
    assert code in ("hr", "id", "no", "da") or language_of("", TEXTS[code])


NOTHING = [
    LOREM,  # no language of a customer
    "12 34 56 78 90 " * 10,
    "a@b.example c@d.example https://e.example/f " * 10,
    "ERROR 0x80070005 at kernel32.dll line 42 " * 8,
    TEXTS["en"][:60] + " " + TEXTS["de"][:60] + " " + TEXTS["fr"][:60],
]


@pytest.mark.parametrize("text", NOTHING)
def test_in_doubt_there_is_none(text: str) -> None:
    assert language_of("", text) == ""


def test_addresses_and_pages_are_no_words() -> None:
    assert language_of("", TEXTS["de"].replace(" und ", " <the@and.example> https://of.example/the/and/of ")) == "de"
