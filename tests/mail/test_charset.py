"""The ladder of charsets: what was declared, its wider kin, UTF-8, a guess."""

import codecs
from encodings.aliases import aliases

import pytest

from gateway.mail import read
from gateway.mail.text import charset, charset_names

PANGRAMS = {
    "en": ("The lamp has not arrived", "us-ascii"),
    "cs": ("Příliš žluťoučký kůň", "iso-8859-2"),
    "pl": ("Zażółć gęślą jaźń", "windows-1250"),
    "de": ("Grüße aus Köln, 5 €", "windows-1252"),
    "fr": ("Où est ma lampe ?", "iso-8859-15"),
    "ru": ("Где моя лампа", "koi8-r"),
    "bg": ("Къде е лампата", "windows-1251"),
    "uk": ("Де моя лампа, їжаче", "koi8-u"),
    "el": ("Πού είναι η λάμπα", "iso-8859-7"),
    "he": ("איפה המנורה", "iso-8859-8-i"),
    "ar": ("أين المصباح", "windows-1256"),
    "th": ("โคมไฟอยู่ไหน", "tis-620"),
    "tr": ("Işık nerede, şimdi", "iso-8859-9"),
    "vi": ("Đèn ở đâu", "utf-8"),
    "lv": ("Kur ir mana lampa, šķīvis", "iso-8859-13"),
    "ja": ("ランプはどこですか", "iso-2022-jp"),
    "ja2": ("ランプはどこですか", "shift_jis"),
    "ja3": ("ランプはどこですか", "euc-jp"),
    "zh": ("我的灯在哪里", "gb2312"),
    "zh2": ("我的燈在哪裡", "big5"),
    "zh3": ("我的灯在哪里", "hz-gb-2312"),
    "ko": ("램프는 어디에 있나요", "euc-kr"),
    "ko2": ("램프는 어디에 있나요", "ks_c_5601-1987"),
    "7": ("Grüße", "utf-7"),
    "16": ("Grüße", "utf-16"),
}
NAMES = {"iso-8859-8-i": "iso-8859-8", "hz-gb-2312": "hz", "ks_c_5601-1987": "euc-kr"}


@pytest.mark.parametrize(("text", "name"), PANGRAMS.values(), ids=PANGRAMS.keys())
def test_declared_charsets(text: str, name: str) -> None:
    assert charset.decode(text.encode(NAMES.get(name, name)), name)[::2] == (text, "")


@pytest.mark.parametrize(("text", "name"), PANGRAMS.values(), ids=PANGRAMS.keys())
def test_declared_charsets_in_a_whole_mail(text: str, name: str) -> None:
    head = f"From: a@b.example\nContent-Type: text/plain; charset={name}\nContent-Transfer-Encoding: 8bit\n\n"
    assert read(head.encode() + text.encode(NAMES.get(name, name))).text == text


JAPANESE = "日本語".encode("iso-2022-jp")
LADDER = [
    ("“5 €”".encode("cp1252"), "iso-8859-1", "“5 €”", "charset:iso-8859-1->cp1252"),
    ("“5 €”".encode("cp1252"), "us-ascii", "“5 €”", "charset:us-ascii->cp1252"),
    ("“5 €”".encode(), "us-ascii", "“5 €”", "charset:us-ascii->utf-8"),
    ("5 €".encode(), "", "5 €", "charset:none->utf-8"),
    ("Grüße".encode("latin-1"), "", "Grüße", "charset:none->cp1252"),
    ("镕".encode("gbk"), "gb2312", "镕", "charset:gb2312->gb18030"),
    ("①".encode("cp932"), "shift_jis", "①", "charset:shift-jis->cp932"),
    ("똠".encode("cp949"), "euc-kr", "똠", "charset:euc-kr->cp949"),
    ("Grüße".encode("latin-1"), "utf-8", "Grüße", "charset:utf-8->cp1252"),
    (
        "Где моя лампа, которую я заказал".encode("koi8-r"),
        "",
        "Где моя лампа, которую я заказал",
        "charset:none->koi8-r",
    ),
    (
        "Где моя лампа, которую я заказал".encode("cp1251"),
        "",
        "Где моя лампа, которую я заказал",
        "charset:none->cp1251",
    ),
    ("Πού είναι η λάμπα μου".encode("cp1253"), "", "Πού είναι η λάμπα μου", "charset:none->cp1253"),
    (b"abc", "no-such-charset", "abc", "charset:no-such-charset->ascii"),
    ("é".encode(), "no-such-charset", "é", "charset:no-such-charset->utf-8"),
    (b"\xef\xbb\xbfabc", "utf-8", "abc", ""),
    ("Grüße".encode(), "iso-8859-1", "Grüße", "charset:iso-8859-1->utf-8"),  # UTF-8 under a western name
    ("Где моя лампа".encode("cp1251"), "iso-8859-1", "Где моя лампа", "charset:iso-8859-1->cp1251"),
    ("ŠŽ".encode("cp1250"), "iso-8859-2", "ŠŽ", "charset:iso-8859-2->cp1250"),
    ("де її немає".encode("koi8-u"), "koi8-r", "де її немає", "charset:koi8-r->koi8-u"),
    ("灯".encode(), "gb2312", "灯", "charset:gb2312->utf-8"),
    (JAPANESE, "", "日本語", "charset:none->iso2022-jp-ms"),
    (JAPANESE, "us-ascii", "日本語", "charset:us-ascii->iso2022-jp-ms"),
    (JAPANESE[:-3] + b"\nabc", "iso-2022-jp", "日本語\nabc", "charset:iso-2022-jp->iso2022-jp-ms"),  # not switched back
    (b"\x1b$B-!-j\x1b(B", "iso-2022-jp", "①㈱", "charset:iso-2022-jp->iso2022-jp-ms"),  # characters of NEC
    (b"\x1b(I123\x1b(B", "iso-2022-jp-1", "ｱｲｳ", "charset:iso-2022-jp-1->iso2022-jp-ms"),
    (b"\x1b$B-!\x1b(B", "iso-2022-jp-ms", "①", ""),
    (b"\xad\xa1", "euc-jp", "①", "charset:euc-jp->euc-jisx0213"),
    ("램프".encode("iso2022_kr"), "", "램프", "charset:none->iso2022-kr"),
    (b"Gr&APwA3w-e &- so", "x-imap4-modified-utf7", "Grüße & so", ""),
    ("Grüße, 5".encode("utf-16-le"), "utf-16", "Grüße, 5", "charset:utf-16->utf-16-le"),
    ("Grüße, 5".encode("utf-16-be"), "utf-16", "Grüße, 5", "charset:utf-16->utf-16-be"),
    ("Hello there".encode("utf-16-le"), "", "Hello there", "charset:none->utf-16-le"),
    ("Hello there".encode("utf-16"), "utf-8", "Hello there", "charset:utf-8->utf-16"),
    (b"plain", "utf-16", "plain", "charset:utf-16->utf-8"),
    ("ж".encode() * 300 + b"\xd0", "utf-8", "ж" * 300 + "\ufffd", "lossy_decode"),
]


@pytest.mark.parametrize(("data", "declared", "text", "note"), LADDER)
def test_the_ladder(data: bytes, declared: str, text: str, note: str) -> None:
    assert charset.decode(data, declared)[::2] == (text, note)


@pytest.mark.parametrize(
    "name", ["idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "rot13", "hex"]
)
def test_codecs_that_make_no_text_are_not_used(name: str) -> None:
    assert charset.decode(b"abc \\u0041 Grr", name).text == "abc \\u0041 Grr"


@pytest.mark.parametrize("name", sorted({*aliases, *aliases.values(), "\x00", "utf-8\x00", "x" * 5_000, "../x", "é"}))
def test_no_name_and_no_bytes_raise(name: str) -> None:
    for payload in (bytes(range(256)), b"abc", "Grüße ж 日本".encode()):
        assert isinstance(charset.decode(payload, name).text, str)


def test_the_pages_own_charset_counts_where_the_part_names_none() -> None:
    page = '<html><head><meta charset="windows-1251"></head><body>Привет</body></html>'.encode("cp1251")
    assert read(b"Content-Type: text/html\n\n" + page).text == "Привет"


def test_every_codec_that_is_used_exists() -> None:
    for name in charset_names.CODECS - charset_names.OURS - {"oem"}:
        codecs.lookup(name)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("utf-8; format=flowed", "utf_8"),
        ('"utf-8"', "utf_8"),
        (" UTF8 ", "utf_8"),
        ("3Diso-8859-1", "latin_1"),
        ("charset=utf-8", "utf_8"),
        ("cp-850", "cp850"),
        ("win-1251", "cp1251"),
        ("Windows1252", "cp1252"),
        ("x-sjis", "shift_jis"),
        ("x-x-big5", "big5"),
        ("GB_2312-80", "gb2312"),
        ("iso-8859-8-i", "iso8859_8"),
        ("iso-8859-1:1987", "latin_1"),
        ("iso-2022-jp-2", "iso2022_jp_2"),
        ("unicode-1-1-utf-7", "utf_7"),
        ("unknown-8bit", ""),
        ("x-user-defined", ""),
        ("binary", ""),
        ("", ""),
    ],
)
def test_names_however_they_are_spelt(name: str, codec: str) -> None:
    assert charset_names.codec_of(name) == codec


UNDECLARED = [
    ("Здравствуйте! Где моя лампа, которую я заказал?", "koi8-r cp1251 cp866 iso8859-5 mac-cyrillic"),
    ("Добрий день! Де моє замовлення? Її немає.", "koi8-u cp1251"),
    ("Здравейте, къде е моята пратка?", "cp1251"),
    ("Καλημέρα, πού είναι η λάμπα;", "cp1253 iso8859-7"),
    ("שלום, איפה המנורה שהזמנתי?", "cp1255"),
    ("مرحبا، أين المصباح الذي طلبته؟", "cp1256 iso8859-6"),
    ("สวัสดีครับ โคมไฟที่ผมสั่งอยู่ที่ไหน", "cp874"),
    ("お世話になっております。先週注文したランプはどこですか。", "shift-jis euc-jp"),
    ("您好，我上周订的灯在哪里？请给我回信，谢谢。", "gb18030"),
    ("您好，我上週訂的燈在哪裡？請給我回信，謝謝。", "big5"),
    ("안녕하세요, 지난주에 주문한 램프는 어디에 있나요?", "euc-kr"),
    ("Grüße aus Köln, die Lampe fehlt", "cp1252"),
    ("Bonjour, où est la lampe que j’ai commandée ? 5 €", "cp1252"),
    ("¿Dónde está mi lámpara? Mañana, señor", "cp1252"),
    ("Dobrý den, kde je má lampa? Příliš žluťoučký kůň", "cp1250 iso8859-2"),
    ("Dzień dobry, gdzie jest lampa? Zażółć gęślą jaźń", "cp1250 iso8859-2"),
    ("Árvíztűrő tükörfúrógép", "cp1250"),
    ("İyi günler, ışık gelmedi, şimdi bekliyorum", "cp1254"),
    ("Laba diena, kur mano lempa? Ačiū už pagalbą, žmonės", "cp1257"),
]


@pytest.mark.parametrize(
    ("text", "name"),
    [(text, name) for text, names in UNDECLARED for name in names.split()],
    ids=lambda value: value[:12],
)
def test_nobody_named_the_charset(text: str, name: str) -> None:
    data = text.encode(name)
    assert charset.decode(data, "").text == data.decode(name)
    assert charset.decode(data, "unknown-8bit").text == data.decode(name)


@pytest.mark.parametrize("declared", ["", "us-ascii", "iso-8859-1", "windows-1252", "utf-8"])
def test_one_damaged_byte_does_not_garble_the_rest(declared: str) -> None:
    found = charset.decode("Grüße aus Köln und Malmö, Æblegrød ".encode() * 3 + b"\xff!", declared)
    assert found.text.startswith("Grüße aus Köln und Malmö, Æblegrød ")
    assert (found.text.count("\ufffd"), found.codec, found.note) == (1, "utf_8", "lossy_decode")


def test_utf_8_that_ends_within_a_character() -> None:
    assert charset.decode("Grü".encode()[:-1], "utf-8") == ("Gr\ufffd", "utf_8", "lossy_decode")


def test_hz_that_nobody_declared() -> None:
    assert charset.decode(b"~{Dc:C~}, world", "") == ("你好, world", "hz", "charset:none->hz")
    assert charset.decode(b"a ~{ b ~} c", "").text == "a ~{ b ~} c"


def test_cyrillic_under_the_name_of_the_other_charset() -> None:
    text = "Напишите мне, пожалуйста, когда привезут заказ, я буду дома после обеда."
    assert charset.decode(text.encode("cp1251"), "koi8-r") == (text, "cp1251", "charset:koi8-r->cp1251")
    assert charset.decode(text.upper().encode("koi8-r"), "koi8-r") == (text.upper(), "koi8_r", "")
