"""Where the sender's words end."""

import pytest

from gateway.mail.reply import split

SIGNATURES = [
    ("yes\n-- \nAnn", "yes"),
    ("yes\n- -- \nAnn\nTel. 0123 456789", "yes"),
    ("yes\n___\nAnn\n+49 30 1234567", "yes"),
    ("yes\n—\nAnn\nwww.example.net", "yes"),
    ("yes\n-- \nAnn\n-- \nlist", "yes"),
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


@pytest.mark.parametrize("end", STAY)
def test_what_stays(end: str) -> None:
    assert split(f"yes\n\n{end}").cuts == ()
