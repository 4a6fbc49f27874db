"""How languages use their letters, most frequent first: what a guess at a charset is measured by."""

from typing import NamedTuple


class Alphabet(NamedTuple):
    """A codec and the letters beyond ASCII that a text in it holds, small ones; `common` is what most of it is of."""

    codec: str
    letters: frozenset[str]
    common: frozenset[str] = frozenset()


_CYRILLIC = {
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "uk": "оаинвіретскдлмупьязйгбчхцїюжшєщфґ'",
    "bg": "аоеитнрсвлдкмпъзугябчцшжщйхфью",
    "sr": "аоеинрстукдвјмплзгбчћшцжљњџђфх",
}
# Letters beside ASCII of the languages each charset was made for.
_LATIN = (
    ("cp1252", "äöüß"),
    ("cp1252", "éèêëàâçîïôùûüœæÿ"),
    ("cp1252", "áéíóúñü¡¿ªº"),
    ("cp1252", "ãáâàçéêíóôõúüªº"),
    ("cp1252", "àèéìíîòóùú"),
    ("cp1252", "åäöé"),
    ("cp1252", "åæøéòóô"),
    ("cp1252", "áæðéíóöúýþ"),
    ("cp1252", "äõöüšž"),
    ("cp1252", "àçèéíïòóúü·ë"),
    ("cp1250", "áčďéěíňóřšťúůýž"),
    ("cp1250", "áäčďéíĺľňóôŕšťúýž"),
    ("cp1250", "ąćęłńóśźż"),
    ("cp1250", "áéíóöőúüű"),
    ("cp1250", "čćđšž"),
    ("cp1250", "ăâîşţ"),
    ("iso8859_2", "áčďéěíňóřšťúůýž"),
    ("iso8859_2", "áäčďéíĺľňóôŕšťúýž"),
    ("iso8859_2", "ąćęłńóśźż"),
    ("cp1254", "çğıöşüâîİ"),
    ("cp1257", "ąčęėįšųūž"),
    ("cp1257", "āčēģīķļņšūž"),
    ("mac_roman", "äöüßéèêëàâçîïôùûœæ"),
    ("cp850", "äöüßéèêëàâçîïôùû"),
)
_OTHERS = (
    ("cp1251", _CYRILLIC["ru"]),
    ("koi8_r", _CYRILLIC["ru"]),
    ("cp1251", _CYRILLIC["uk"]),
    ("koi8_u", _CYRILLIC["uk"]),
    ("cp1251", _CYRILLIC["bg"]),
    ("cp1251", _CYRILLIC["sr"]),
    ("iso8859_5", _CYRILLIC["ru"]),
    ("iso8859_5", _CYRILLIC["sr"]),
    ("cp866", _CYRILLIC["ru"]),
    ("mac_cyrillic", _CYRILLIC["ru"]),
    ("cp1253", "αοιετσνηυρπκμλςάίόέήγδθφχβζύώξψωϊϋΐΰ"),
    ("cp1255", "יוהלאתרמבשנכדחםעקפןצגזטסךףץ\u05b0\u05b7\u05b8"),
    ("cp1256", "اليمنتروبعدسهفكحقجةشطصخأءذزضثغئىإآظؤ،؟"),
    ("iso8859_6", "اليمنتروبعدسهفكحقجةشطصخأءذزضثغئىإآظؤ،؟"),
    ("cp874", "านรกอเงม่ยลว้ดัทตสิีปบคหแจะพชขใไโถผุูึธศณำื็ซภ์ฟษญฉๆฝ"),
)
_MOST = 12  # letters that make up the greater part of a text in any alphabet

LATIN = tuple(Alphabet(codec, frozenset(letters)) for codec, letters in _LATIN)
OTHERS = tuple(Alphabet(codec, frozenset(letters), frozenset(letters[:_MOST])) for codec, letters in _OTHERS)
PUNCTUATION = frozenset("«»„“”‘’‚‹›–—…•·§°©®™€£\u00a0№")

# The commonest characters of Chinese text in either script, and of what both share.
_SHARED = (
    "的一是不了在人有我他上大中到地要就出也你生而子那得下自之年作用行所然家成方多去法如都同只天分好小部其些主本前但因"
    "日者力它工使情明性知全三又由很最重手向文高正回月信位次度收件公司今日期名有何需要此提示"
)
_SIMPLE = (
    "这个们来为国说时会对过发后里经么学现当没动还进样从实与长机点关问题间应头体务电话开无网业请谢您订单货产品质寄联系"
    "邮给钱"
)
_TRADITIONAL = (
    "這個們來為國說時會對過發後裡經麼學現當沒動還進樣從實與長機點關問題間應頭體務電話開無網業請謝您訂單貨產品質寄聯繫"
    "郵給錢"
)
SIMPLIFIED = frozenset(_SHARED + _SIMPLE)
TRADITIONAL = frozenset(_SHARED + _TRADITIONAL)
