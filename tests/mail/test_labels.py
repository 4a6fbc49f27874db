"""Which header a line of a text names, in the words of the clients' locales."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.forward import labels
from gateway.mail.forward.labels import FIELDS, fold, is_label, label

ROWS = labels._TABLE.strip().replace("\n   ", "").split("\n")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("From: Ann Lee <ann@lee.example>", ("from", "Ann Lee <ann@lee.example>")),
        ("from:Ann", ("from", "Ann")),
        ("*From:* Ann", ("from", "Ann")),
        ("*From: *Ann", ("from", "Ann")),
        ("**Von:** Ann", ("from", "Ann")),
        ("*Subject:* *Pump*", ("subject", "*Pump*")),
        ("Objet : Pompe", ("subject", "Pompe")),
        ("Date\u00a0: 5 mai 2020 15:04", ("date", "5 mai 2020 15:04")),
        ("COPIE A: x", ("cc", "x")),
        ("Date d’envoi : 5 mai", ("date", "5 mai")),
        ("发件人：李安", ("from", "李安")),
        ("寄 件 者:\u3000李安", ("from", "李安")),
        ("보낸사람: 이안", ("from", "이안")),
        ("\u200fמאת:\u200f אן", ("from", "אן")),
        ("\u202bالموضوع: مضخة\u202c", ("subject", "مضخة")),
        ("Wysłano: wtorek", ("date", "wtorek")),
        ("WYSLANO: wtorek", ("date", "wtorek")),
        ("Šalje: Ana", ("from", "Ana")),
        ("Konu: pompa", ("subject", "pompa")),
        ("От кого: Анна", ("from", "Анна")),
        ("| Betreff: | Pumpe |", ("subject", "Pumpe")),
        ("Reply-To: a@b.example", ("reply-to", "a@b.example")),
        ("Wichtigkeit: Hoch", ("other", "Hoch")),
        ("Subject:", ("subject", "")),
        ("Subject: Re: From: To:", ("subject", "Re: From: To:")),
        ("> From: Ann", None),
        ("Frome: Ann", None),
        ("http://x.example", None),
        ("at 12:30", None),
        ("From", None),
        (":", None),
        ("", None),
        ("we went from here to there and back again From: Ann", None),
        (" " * 50 + "From: Ann", None),
    ],
)
def test_a_label(line: str, wanted: tuple[str, str] | None) -> None:
    assert label(line) == wanted


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split(" ")[0])
def test_every_language_has_the_fields_of_a_block(row: str) -> None:
    columns = row.split("|")[1:]
    assert len(columns) == len(FIELDS)
    named = {
        label(f"{column.strip().split(', ')[0]}: x")[0]  # type: ignore[index]
        for column, name in zip(columns, FIELDS, strict=True)
        if name in ("from", "to", "date", "subject")
    }
    assert named == {"from", "to", "date", "subject"}


def test_thirty_languages_and_more() -> None:
    assert len(ROWS) >= 40
    assert len({row.split(" ")[0] for row in ROWS}) == len(ROWS)


def test_spelt_as_the_clients_do() -> None:
    assert is_label("Expéditeur")
    assert not is_label("EXPÉDITEUR")


@given(st.text(max_size=80))
def test_any_line(line: str) -> None:
    found = label(line)
    assert found is None or (found[0] in FIELDS and found[1] in line)


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(words: str) -> None:
    assert fold(fold(words)) == fold(words)
