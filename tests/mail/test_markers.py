"""Our marker line, however it comes back."""

import pytest

from gateway.mail import read
from gateway.mail.reply.markers import markers

TOKEN = "abcdefghijklmnopqrstuvwxyz234567"
FOUND = [
    f"[ref:{TOKEN}]",
    f"text before [ref:{TOKEN}] and after",
    f"[REF:{TOKEN.upper()}]",
    f"[ref:{TOKEN[:10]}\n{TOKEN[10:]}]",
    f"> [ref:{TOKEN[:10]}\n> {TOKEN[10:]}]",
    f"> > [ref: {TOKEN[:10]}\r\n> > {TOKEN[10:]} ]",
    f"[ ref: {TOKEN} ]",
    f"[ref:{TOKEN[:10]}\u200b{TOKEN[10:]}]",
    f"<p>&#91;ref:{TOKEN[:10]}&shy;{TOKEN[10:]}&#93;</p>",
    f"[ref:{TOKEN[:10]}<wbr>{TOKEN[10:]}]",
    f'<span style="color:#fff">[ref:{TOKEN[:10]}</span><span class="x">{TOKEN[10:]}]</span>',
]
NOT_FOUND = [
    "[ref:short]",
    "[ref:0189018901890189]",
    f"[ref:{'a' * 91}]",
    f"ref:{TOKEN}",
    f"[ref:{TOKEN}",
    "refund [1]",
    "",
]


@pytest.mark.parametrize("text", FOUND)
def test_found(text: str) -> None:
    assert markers(text) == (TOKEN,)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_not_found(text: str) -> None:
    assert markers(text) == ()


def test_in_order_once_and_at_most_ten() -> None:
    tokens = [f"{'a' * 20}{letter}" for letter in "bcdefghijklmnop"]
    text = " ".join(f"[ref:{token}]" for token in [tokens[0], *tokens])
    assert markers(text) == tuple(tokens[:10])


def test_text_html_and_subject_are_searched() -> None:
    first, second, third = ("a" * 16, "b" * 16, "c" * 16)
    mail = read(
        f"Subject: Re: [ref:{third}]\nContent-Type: multipart/alternative; boundary=x\n\n"
        f"--x\n\n[ref:{first}]\n--x\nContent-Type: text/html\n\n<i>[ref:{second}]</i>\n--x--\n".encode()
    )
    assert mail.markers == (first, second, third)


@pytest.mark.timeout(10)
def test_a_flood_of_openings_ends() -> None:
    assert markers("&#91;ref:" * 200_000, "[ref:" * 200_000) == ()
