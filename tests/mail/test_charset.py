"""The ladder of charsets: what was declared, its wider kin, UTF-8, a guess."""

import codecs
from encodings.aliases import aliases

import pytest

from gateway.mail import charset, read

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
    for name in charset._CODECS - {"oem"}:
        codecs.lookup(name)
