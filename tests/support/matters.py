"""Twenty matters as ten customers each would put them: subjects and sentences varied, greetings and numbers of their own."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

MATTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "login": (
        ("Cannot log in", "Login does not work", "login fails since this morning", "Unable to login to my account"),
        (
            "The login page says my password is wrong.",
            "I cannot log in to my account any more.",
            "Login keeps failing although the password is right.",
            "After the password the login page only reloads.",
        ),
    ),
    "payment": (
        ("Card payment declined", "Payment fails at checkout", "Checkout: card declined", "cannot pay by card"),
        (
            "At checkout my card payment is declined.",
            "The card is fine, yet checkout declines the payment.",
            "Paying by card ends with declined, error 4051.",
            "The payment was declined with error 4051 at the checkout.",
        ),
    ),
    "late parcel": (
        ("Parcel is late", "Where is my parcel?", "parcel not delivered", "Delivery of my parcel"),
        (
            "My parcel should have been delivered on Monday.",
            "The carrier's page shows no movement of the parcel.",
            "The parcel was not delivered and the carrier knows nothing.",
            "Delivery was promised for Monday, the parcel is not here.",
        ),
    ),
    "broken lamp": (
        ("Lamp arrived broken", "Broken lamp shade", "the lamp's glass is broken", "Lamp damaged"),
        (
            "The glass shade of the lamp arrived broken.",
            "When I unpacked the lamp the glass was in pieces.",
            "The lamp shade is broken, can I have a new glass?",
            "The lamp's shade has a crack in the glass.",
        ),
    ),
    "refund": (
        ("Refund not received", "Where is my refund?", "refund still missing", "Refund outstanding"),
        (
            "You promised a refund two weeks ago, nothing was credited to my bank.",
            "The refund has not reached my bank.",
            "My bank sees no credit from you, the refund is missing.",
            "I am still waiting for the refund to be credited.",
        ),
    ),
    "newsletter": (
        ("Unsubscribe from newsletter", "Stop the newsletter", "newsletter again", "No more newsletter"),
        (
            "I unsubscribed and still receive the newsletter every week.",
            "The unsubscribe link of the newsletter leads nowhere.",
            "Take me off the newsletter, unsubscribe does not work.",
            "The weekly newsletter keeps coming although I unsubscribed.",
        ),
    ),
    "app crash": (
        ("App crashes on start", "App crash after update", "the app crashes", "Android app closes itself"),
        (
            "Since the update the Android app crashes as soon as it starts.",
            "The app crashes on start with E-7731.",
            "Android shows that the app has stopped, E-7731.",
            "After yesterday's update the app closes itself at the start.",
        ),
    ),
    "invoice vat": (
        ("VAT number missing on invoice", "Invoice without VAT", "wrong VAT on invoice", "Invoice needs our VAT id"),
        (
            "The invoice lacks our VAT number.",
            "Our accountant rejects the invoice because the VAT number is missing.",
            "Can the invoice be issued again with the VAT number?",
            "There is no VAT number on the invoice, our accountant needs it.",
        ),
    ),
    "wifi": (
        ("Bulb loses wifi", "Smart bulb offline", "bulb drops off the wifi", "Smart bulb and wifi"),
        (
            "The smart bulb loses its wifi connection every evening.",
            "Every evening the bulb is offline until I reset it.",
            "The bulb drops from the wifi, the router is fine.",
            "My router sees the smart bulb leave the wifi every evening.",
        ),
    ),
    "voucher": (
        ("Voucher code rejected", "Voucher not accepted", "voucher invalid", "Christmas voucher code"),
        (
            "The Christmas voucher code is rejected as invalid.",
            "The basket does not accept the voucher XMAS-2026.",
            "The voucher XMAS-2026 is invalid, says the basket.",
            "I typed the voucher code three times, the basket rejects it.",
        ),
    ),
    "opening hours": (
        ("Opening hours on Saturday", "Are you open on Saturday?", "showroom opening hours", "Saturday visit"),
        (
            "Is the showroom open on Saturday?",
            "What are the opening hours of the showroom on Saturday?",
            "I want to visit the showroom on Saturday, is it open?",
            "Your page gives no opening hours for Saturday.",
        ),
    ),
    "wrong colour": (
        ("Wrong colour sent", "Chair in the wrong colour", "chair is green, not blue", "colour of the chair"),
        (
            "I ordered the blue chair and got a green one.",
            "The chair has the wrong colour, green instead of blue.",
            "A green chair was sent, blue was ordered.",
            "The colour of the chair is wrong.",
        ),
    ),
    "assembly": (
        ("Screws missing", "Shelf: screws missing", "missing screws for the shelf", "Assembly of the shelf"),
        (
            "Four screws are missing in the box of the shelf.",
            "I cannot assemble the shelf because screws are missing.",
            "The bag of screws for the shelf was not in the box.",
            "The box of the shelf came without screws.",
        ),
    ),
    "address": (
        ("Change of delivery address", "New address", "we moved: new address", "Address change"),
        (
            "We moved, please note our new street address.",
            "Our address changed because we moved.",
            "Please change the street in our address, we moved last week.",
            "We moved last week, here is the new address.",
        ),
    ),
    "warranty": (
        ("Warranty for heater", "Heater: warranty claim", "heater died within warranty", "Warranty claim"),
        (
            "The heater stopped working after a year, is that under warranty?",
            "I claim the warranty for a heater that is dead.",
            "The heater is dead and still within its warranty.",
            "After one year the heater no longer heats, please honour the warranty.",
        ),
    ),
    "api": (
        ("API returns 503", "API down?", "503 from the API", "REST API errors"),
        (
            "Every call of the API answers HTTP 503.",
            "Our integration gets status 503 from the API.",
            "The API answers with 503 since noon, our integration stands still.",
            "The integration fails because the API returns HTTP 503.",
        ),
    ),
    "certificate": (
        ("Certificate expired", "TLS certificate has expired", "expired certificate", "Browser warns of certificate"),
        (
            "The browser warns that the certificate of your shop has expired.",
            "Your TLS certificate expired last night.",
            "Firefox refuses the shop: SEC_ERROR_EXPIRED_CERTIFICATE.",
            "The certificate is expired, the browser does not let me in.",
        ),
    ),
    "rechnung": (
        ("Rechnung fehlt", "Ich brauche eine Rechnung", "Rechnung nicht erhalten", "Rechnung per Post"),
        (
            "Ich habe zu meiner Bestellung keine Rechnung erhalten.",
            "Die Rechnung lag dem Paket nicht bei.",
            "Im Paket war keine Rechnung, unsere Buchhaltung fragt danach.",
            "Unsere Buchhaltung braucht die Rechnung zur Bestellung.",
        ),
    ),
    "доставка": (
        ("Курьер не приехал", "Курьера не было", "Где курьер?", "курьер не доставил заказ"),
        (
            "Курьер обещал приехать вчера вечером и не приехал.",
            "Я ждал курьера весь вечер, его не было.",
            "Вчера курьер не приехал, телефон молчит.",
            "Весь вечер ждали курьера, никто не приехал.",
        ),
    ),
    "reklamace": (
        ("Reklamace konvice", "Konvice teče", "reklamace: konvice", "Tekoucí konvice"),
        (
            "Rychlovarná konvice teče u dna.",
            "Po týdnu začala konvice téct, chci ji reklamovat.",
            "Konvice teče, jak mám podat reklamaci?",
            "Chtěl bych reklamovat konvici, u dna teče voda.",
        ),
    ),
}
_GREETINGS = ("Hello,", "Good morning,", "Dear support team,", "Hi there,", "Dobrý den,", "Guten Tag,", "Здравствуйте,")
_ENDS = (
    "Please let me know what to do.",
    "I would be glad about a quick answer.",
    "Thanks in advance for your help!",
    "This is the second time that I write to you.",
    "My customer number is {number}.",
    "Order {number}, placed last week.",
    "Kind regards",
    "Can somebody call me back this afternoon?",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one customer wrote, about which matter."""

    matter: str
    subject: str
    text: str


def written(*, each: int = 10, seed: int = 4) -> Iterator[Written]:
    """Tickets of all matters, shuffled; the same for the same seed."""
    chance = random.Random(seed)
    found = []
    for matter, (subjects, sentences) in MATTERS.items():
        for _ in range(each):
            said = chance.sample(sentences, chance.choice((1, 2, 2, 3)))
            ends = [end.format(number=chance.randrange(10_000, 99_999)) for end in chance.sample(_ENDS, 2)]
            text = "\n".join([chance.choice(_GREETINGS), "", *said, *ends])
            found.append(Written(matter=matter, subject=chance.choice(subjects), text=text))
    chance.shuffle(found)
    yield from found
