"""Answers between the lines of a quote that has no prefix: kept where the words above it say so."""

import pytest

from gateway.mail.reply import split
from gateway.mail.reply.interleaved import MAX_TEXT, says_so

TOKEN = "abcdefghijklmnopqrstuvwxyz234567"
LETTER = "From: Ann Lee <ann@example.net>\nSent: Friday, 27 November 2026 09:00\nTo: Bob\nSubject: lamp\n\nIs it red?\n\nno\n\nIs it big?\n\nyes"

ANNOUNCED = [
    "Hi Ann,\n\nplease find my comments\nunderneath.\n\nRegards\nBob",
    "Responses inline.",
    "Inline below",
    "See inline",
    "See below in blue",
    "I have replied below.",
    "Replies to your questions are highlighted in the text.",
    "Hallo Ann, meine Kommentare stehen in grün im Text.",
    "Unsere Anmerkungen finden Sie nachstehend.",
    "Bonjour, mes commentaires figurent plus bas.",
    "Nos réponses sont en bleu dans le texte.",
    "Hola, mis respuestas van más abajo en azul.",
    "Le mie risposte sono qui sotto, in rosso.",
    "As minhas respostas seguem abaixo a vermelho.",
    "Mijn antwoorden staan hieronder in het blauw.",
    "Mina svar står nedan i rött.",
    "Mine svar står nedenfor med rødt.",
    "Moje odpowiedzi są poniżej na czerwono.",
    "Odpovědi jsou níže červeně.",
    "Ответы смотрите внизу, синим.",
    "Мої відповіді нижче червоним.",
    "Cevaplarım aşağıda.",
    "返答は青字で以下に記載します。",
    "我的答复见下面红色部分。",
    "답변은 아래에 파란색으로 적었습니다.",
]
ANNOUNCED += [
    "see below",
    "Hi Ann,\n\nPlease see below.\n\nRegards\nBob",
    "Please see in red.",
    "siehe unten",
    "Hallo Ann,\nbitte siehe unten\nViele Grüße\nBob",
    "Voir ci-dessous.",
    "Ver abajo.",
    "Vedi sotto.",
    "Zie hieronder",
    "Se nedan",
    "Patrz poniżej",
    "См. ниже",
    "见下面",
    "See answers next to your questions.",
    "Meine Antworten stehen neben Ihren Fragen.",
    "Hi, I commented in the mail.",
    "Ich habe in der Mail geantwortet.",
]
SILENT = [
    "Hi Ann, it is red.",
    "Thank you for your detailed answer below, it helped.",
    "Danke für Ihre Antwort unten.",
    "Merci de votre réponse ci-dessous.",
    "Gracias por su respuesta más abajo.",
    "Спасибо за ваш ответ ниже.",
    "下記のご回答ありがとうございます。",
    "感谢您的回复。以下无误。",
    "I have no answer yet. The price is below ten.",
    "The lamp shines in red.",
    "Please answer the question below.",
    "Comment répondre au message ci-dessous ?",
    "Ich habe noch keine Antwort auf die Mail unten.",
    "Je n'ai aucune réponse au message ci-dessous.",
    "I have had no response to the mail below, nor any reply.",
    "I need an answer by Monday.",
    "My answers are below." + " It is a lamp." * 40,
    "Below.",
    "I see the lamp in the shop below the office of my brother, and it is dark.",
    "See you on Monday.",
    "We will look into it, the price is below ten.",
]


@pytest.mark.parametrize("note", ANNOUNCED)
def test_announced(note: str) -> None:
    assert says_so(note)
    text = f"{note}\n\n{LETTER}"
    assert split(text).reply == text
    assert split(text).elided == ""
    gmail = f"{note}\n\nOn Fri, 27 Nov 2026 at 09:00, Ann Lee <ann@example.net> wrote:\n\nIs it red?\n\nno"
    assert split(gmail).reply == gmail


@pytest.mark.parametrize("note", SILENT)
def test_not_announced(note: str) -> None:
    assert not says_so(note)
    assert split(f"{note}\n\n{LETTER}").reply == note


def test_what_is_no_answer_goes_all_the_same() -> None:
    parts = split(f"Answers below.\n-- \nBob\n\n{LETTER}\n\n[ref:{TOKEN}]")
    assert parts.reply == f"Answers below.\n\n{LETTER}"
    assert (parts.elided, parts.signature) == (f"-- \nBob\n\n[ref:{TOKEN}]", "Bob")


def test_where_prefixes_show_the_answers_nothing_more_is_kept() -> None:
    text = "Answers inline.\n\nAnn wrote:\n> Is it red?\n\nno\n\n> Is it big?\n\nyes"
    assert split(f"{text}\n\n> Regards\n> Ann").reply == text
    assert (
        split("Answers inline.\n\n> Is it red?\n> no", quoted={2, 3}).reply == "Answers inline.\n\n> Is it red?\n> no"
    )


def test_a_deeper_prefix_shows_the_answers() -> None:
    head = LETTER.split("\n\n")[0]
    text = f"Thanks.\n\n{head}\n\nIs it red?\n>> no\nIs it big?\n>> yes"
    assert split(text).reply == text
    older = f"Thanks.\n\n{head}\n\nIt is red.\n>> Is it red?\nIt is big.\n>> Is it big?"
    assert split(older).reply == "Thanks."
    once = f"Thanks.\n\n{head}\n\nIs it red?\n>> older words"
    assert split(once).reply == "Thanks."


def test_who_writes_at_length_says_it_himself() -> None:
    assert says_so("See my answers below." + " " * (MAX_TEXT - 21))
    assert not says_so("See my answers below." + " " * MAX_TEXT)
