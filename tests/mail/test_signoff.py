"""Where the sender's words end."""

import pytest

from gateway.mail.reply import split

SIGNATURES = [
    ("yes\n-- \nAnn", "yes"),
    ("yes\n- -- \nAnn\nTel. 0123 456789", "yes"),
    ("yes\n___\nAnn\n+49 30 1234567", "yes"),
    ("yes\n—\nAnn\nwww.example.net", "yes"),
    ("yes\n-- \nAnn\n-- \nlist", "yes"),
    ("yes\n--\nAnn Lee\nHead of Lamps", "yes"),
    ("yes\n--\n*Ludwig van Dyck*\nAcme | Lamps\nTel. 0123 456789", "yes"),
    ("yes\n--\nMit freundlichen Grüßen\n\nAnn Lee\nwww.example.net", "yes"),
    ("yes\n> no\n--\nAnn Lee", "yes"),
    ("yes\n-- ", "yes"),
    ("yes\n— \nSent from my iPhone", "yes"),
    ("yes\n--\n\nЛист надіслано з iPhone\nНадіслано з iPhone\n\n> no", "yes"),
    ("yes\n___\nSkickat från min iPhone\n\n-----Original Message-----\nno", "yes"),
]
CONTACTS = [
    ("Kind regards,\nAnn Lee\nHead of Lamps\nPhone: 0123 456789", "Kind regards,\nAnn Lee"),
    ("Mit freundlichen Grüßen\n\nAnn Lee\n\nAcme GmbH\nwww.example.net", "Mit freundlichen Grüßen\n\nAnn Lee"),
    ("Cordialement,\nann@example.net\n+33 1 23 45 67 89", "Cordialement,"),
    ("Med venlig hilsen\nAnn Lee\nTlf. 12345678", "Med venlig hilsen\nAnn Lee"),
]
STAY = [
    "Thanks,\nAnn",
    "Kind regards\nAnn Lee\nHead of Lamps",
    "Kind regards\nAnn Lee\n\nP.S. Call 0123 456789.",
    "Thanks to your lamp we have light\nAnn\n0123 456789",
    "Regards\nAnn\nplease use the address ann@example.net from now on for all you send",
    "The number is\n---\n1182",
    "One part\n—\nAnother part",
    "One part\n—",
    "One part\n--\nanother part with the rest\nof all that I have to say\nabout the lamp and the order",
    "Regards\nAnn\n0123 456789\nThe number of the order is 1182.",
    "Which of these\n--\nlamp\nbulb",
    "I need the query changed.\n  AND lamp.state = 'on'\n--\nGROUP BY 2;\n\nIs that quick enough?",
    "DROP TABLE lamps;\n--\n-- the second one\nDROP TABLE bulbs;",
    "My settings are\n---\nserver: mx.example.net\npage: https://example.net",
    "Please send:\n--\nLamp\nBulb",
    "Lamps\n***\nLamp, https://example.net/1\n***\nBulb, https://example.net/2",
    "The light is gone.\n--\nIt went on Monday: nobody knows why.",
    "Red is the lamp\n--\nand dark is the night",
    "Alarm\n--\nlamp: 7\nstate: dark",
    "Name\n___\nAnn, ann@example.net",
    "One part\n--\nAnn Lee\nPlease come",
    "One part\n--\nAnn Lee\nIs it Monday?",
    "Please send it to our new place:\n\nBest Lamps Ltd\n1 Long Road\nTel. 0123 456789",
    "Please use it from Monday on.\n\nThanks\n\nThe new one is:\n1 Long Road\nTel. 0123 456789",
    "Please change my address.\nThanks\nAnn Lee\n1 Long Road\nTel. 0123 456789",
    "Hier ist meine neue Telefonnummer.\nDanke\nAnn Lee\n030 1234567",
    "Mon numéro de téléphone a changé.\nMerci\nAnn Lee\n01 23 45 67 89",
    "You asked for it.\nThanks\n+49 30 1234567",
    "Da ist sie.\nDanke\n030 1234567",
    "Here they are:\nThanks\nLamp one\n4711 081512",
    "The sets are\nLG 55UK\nSerial 0815 471112",
    "One box of\nBR 1200\nof 12 pieces\nhttps://example.net/br",
    "We stay in the\nBest Western Plus\n1 Long Road\n+44 20 1234 5678",
    "The goods\nThanksgiving lamp\nBulb\nhttps://example.net",
    "A list follows\n--\n" + "\n".join(f"item {number}" for number in range(15)),
]


@pytest.mark.parametrize(("text", "reply"), SIGNATURES)
def test_signatures(text: str, reply: str) -> None:
    assert split(text).reply == reply


@pytest.mark.parametrize(("end", "kept"), CONTACTS)
def test_contacts(end: str, kept: str) -> None:
    parts = split(f"yes\n\n{end}")
    assert parts.reply == f"yes\n\n{kept}"
    assert parts.signature == end.removeprefix(kept).strip("\n")


@pytest.mark.parametrize(
    "below",
    [
        "P.S. Please send order 7 back.",
        "PS: the bulb too",
        "By the way, could you bring a bulb?",
        "Bitte auch die Birne mitbringen, danke.",
    ],
)
def test_below_a_signature_one_may_go_on(below: str) -> None:
    parts = split(f"yes\n\n-- \nAnn Lee\nAcme\n\n{below}")
    assert (parts.reply, parts.signature) == (f"yes\n\n{below}", "Ann Lee\nAcme")
    assert split("yes\n\n-- \nAnn Lee\n\nAll that is gold does not glitter.").reply == "yes"


def test_only_a_greeting_above_is_no_letter() -> None:
    assert split("Bonjour,\n--\nAnn Lee\n+33 1 23 45 67 89").cuts == ()
    assert split("See you then!\nyes\n--\nAnn Lee\n+33 1 23 45 67 89").reply == "See you then!\nyes"


@pytest.mark.parametrize("end", STAY)
def test_what_stays(end: str) -> None:
    assert split(f"yes\n\n{end}").cuts == ()
