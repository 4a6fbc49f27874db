"""Whole words, stems and phrases in any script; case and accents folded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.fold import fold
from gateway.rules.globs import glob
from gateway.rules.words import Asked, Folded, read_patterns

# pattern, text, whether it holds
WORDS = [
    ("refund", "Where is my refund?", True),
    ("refund", "REFUND!", True),
    ("refund", "refunds", False),
    ("refund", "nonrefundable", False),
    ("refund*", "two refunds", True),
    ("refund*", "a refund", True),
    ("refund*", "nonrefundable", False),
    ("ref", "re: refund", False),
    # accents, both ways
    ("žlutá", "ZLUTA", True),
    ("zluta", "žlutá", True),
    ("faktur*", "Faktúru prosím", True),
    ("strasse", "Straße", True),
    ("Łódź", "lodz", True),
    ("søster", "soster", True),
    ("naive", "naïve", True),
    ("e\u0301te\u0301", "été", True),
    ("İstanbul", "istanbul", True),
    ("ﬁn", "fin", True),
    # Cyrillic, Greek
    ("возврат*", "Возврата денег", True),
    ("возврат", "возврата", False),
    ("ещё", "еще раз", True),
    ("ΑΘΗΝΑ", "Αθήνα", True),
    ("σοφός", "ΣΟΦΟΣ", True),
    # scripts without spaces: inside the text, also over a line break
    ("退款", "我要退款谢谢", True),
    ("退款", "我要退\n款", True),
    ("退款", "退了款", False),
    ("返金", "返金してください", True),
    ("キャンセル", "注文をキャンセルしたい", True),
    ("คืนเงิน", "ขอคืนเงินด้วย", True),
    # a vowel or tone mark at the end
    ("ที่", "อยู่ที่บ้าน", True),
    ("ប្រគល់", "ខ្ញុំចង់ប្រគល់ប្រាក់", True),
    ("ငွေပြန်", "ငွေပြန်အမ်းပေးပါ", True),
    ("ສົ່ງຄືນ", "ຂ້ອຍຕ້ອງການສົ່ງຄືນ", True),
    ("रिफंडी*", "मुझे रिफंडी चाहिए", True),
    ("vpn 接続", "VPN接続できません", True),
    # others with spaces
    ("환불*", "환불해 주세요", True),
    ("환불", "환불해 주세요", False),
    ("चालान", "मेरा चालान कहाँ है", True),
    ("चाल", "मेरा चालान", False),
    ("فاتورة", "أين فَاتُورَة", True),
    ("חשבונית", "חשבונית בבקשה", True),
    # phrases
    ("not delivered", "it was not delivered.", True),
    ("not delivered", "not\n delivered", True),
    ("not delivered", "not yet delivered", False),
    ("not delivered", "not, delivered", True),
    ("not deliver*", "not delivering", True),
    ("deliver* not", "delivered not", True),
    ("deliver* not", "delivered or not", False),
    ("e-mail", "my e-mail", True),
    ("e-mail", "my E Mail", True),
    ("e-mail", "my email", False),
    ("don't work*", "Don't working", True),
    # what is no part of words
    ("order_no", "order_no 5", True),
    ("1182", "ORD-1182", True),
    ("118", "ORD-1182", False),
    ("soft", "so\u00adft", True),
    ("zero", "ze\u200bro", True),
]


@pytest.mark.parametrize(("pattern", "text", "wanted"), WORDS, ids=[f"{p} in {t!r}" for p, t, _ in WORDS])
def test_word_patterns(pattern: str, text: str, wanted: bool) -> None:
    patterns = read_patterns([pattern])
    assert patterns.hold(Folded((text,), Asked.by([patterns]))) is wanted


def test_a_phrase_does_not_reach_from_the_subject_into_the_body() -> None:
    patterns = read_patterns(["not delivered"])
    asked = Asked.by([patterns])
    apart = Folded.together((Folded(("it was not",), asked), Folded(("delivered",), asked)))
    assert not patterns.hold(apart)
    assert patterns.hold(Folded.together((Folded(("",), asked), Folded(("not delivered",), asked))))


@pytest.mark.parametrize("pattern", ["", "  ", "*", "*fund", "re*nd", "c++", "(x)", "50%", "- *", "* a"])
def test_what_is_no_word_pattern_is_refused_with_a_remedy(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"write \.|\.contains"):
        read_patterns([pattern])


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.lists(st.text(alphabet="aäžĀбйüł", min_size=1, max_size=9), min_size=1, max_size=6))
def test_every_word_of_a_text_is_found_as_itself_and_by_its_stems(words: list[str]) -> None:
    text = ", ".join(words)
    for word in words:
        for pattern in (word, f"{word}*", f"{word[:1]}*"):
            patterns = read_patterns([pattern])
            assert patterns.hold(Folded((text.upper(),), Asked.by([patterns])))


@given(st.text(max_size=40), st.sampled_from(["refund*", "a", "退款", "x y", "x* y"]))
def test_an_index_made_for_many_patterns_answers_as_one_made_for_the_pattern_alone(text: str, pattern: str) -> None:
    many = [read_patterns([one]) for one in ("re*", "refund*", "xyz*", "退款", "返金", "a", "x* y")]
    wanted = read_patterns([pattern])
    assert wanted.hold(Folded((text,), Asked.by([wanted]))) is wanted.hold(Folded((text,), Asked.by([wanted, *many])))


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("*@acme.example", "bo@acme.example", True),
        ("*@acme.example", "bo@evil-acme.example", False),
        ("*@*.acme.example", "bo@eu.acme.example", True),
        ("bo@acme.example", "bo@acme.example", True),
        ("bo@acme.example", "xbo@acme.example", False),
        ("bo*", "bo@acme.example", True),
        ("*bo*@*", "turbo@x", True),
        ("a*a", "a", False),
        ("ab*ba", "aba", False),
        ("*", "", True),
        ("a*b*c", "abbbc", True),
        ("a*b*c", "abbb", False),
    ],
)
def test_globs(pattern: str, text: str, wanted: bool) -> None:
    assert glob(pattern)(text) is wanted


def test_a_glob_of_many_stars_is_not_slow() -> None:
    assert not glob("*a" * 200 + "*b")("a" * 20_000)
