"""What eight mail clients make of an agent's answer to a notice: the same typed lines, quoted and signed each its way."""

import html
import itertools
import textwrap
from collections.abc import Callable

_COUNT = itertools.count(1)
NOTICE = "Bo Chen wrote to support:\n\n#close the shop, my lamp is broken.\n\nReply to this mail to answer."
SIGNATURE = "Carol Reyes\nAcme Support"


def _mail(body: str, kind: str = "text/plain; charset=utf-8", *, headers: tuple[str, ...] = ()) -> bytes:
    number = next(_COUNT)
    lines = [
        "From: Carol Reyes <carol@acme.example>",
        "To: support@acme.example",
        "Subject: Re: [Acme #1042] Lamp",
        "Date: Fri, 27 Nov 2026 14:00:00 +0000",
        f"Message-ID: <agent{number}@acme.example>",
        "In-Reply-To: <notice.1@mail.acme.example>",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        "Content-Transfer-Encoding: 8bit",
        *headers,
    ]
    return "\r\n".join([*lines, "", *body.split("\n"), ""]).encode()


def alternative(plain: str, page: str) -> bytes:
    """Both forms of one text."""
    parts = "".join(
        f"--b1\nContent-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
        for kind, text in (("text/plain", plain), ("text/html", page))
    )
    return _mail(f"{parts}--b1--", 'multipart/alternative; boundary="b1"')


def plain_mail(text: str) -> bytes:
    return _mail(text)


def page_mail(page: str) -> bytes:
    return _mail(page, "text/html; charset=utf-8")


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def _wrapped(text: str, width: int = 76) -> str:
    return "\n".join("\n".join(textwrap.wrap(line, width, break_long_words=False)) for line in text.split("\n"))


def _divs(text: str, attribute: str = "") -> str:
    return "".join(f"<div{attribute}>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


def _brs(text: str) -> str:
    return "<br>".join(map(html.escape, text.split("\n")))


def mutt(typed: str) -> bytes:
    return _mail(
        f"{typed}\n\nOn Fri, Nov 27, 2026 at 01:00PM +0000, Acme Support wrote:\n{_quoted(NOTICE)}\n\n-- \n{SIGNATURE}"
    )


def thunderbird_flowed(typed: str) -> bytes:
    """format=flowed: long lines broken with a blank at their end."""
    flowed = "\n".join(" \n".join(textwrap.wrap(line, 72, break_long_words=False)) for line in typed.split("\n"))
    body = f"{flowed}\n\nOn 27/11/2026 14:00, Acme Support wrote:\n{_quoted(NOTICE)}\n\n-- \n{SIGNATURE}"
    return _mail(body, "text/plain; charset=UTF-8; format=flowed")


def gmail_web(typed: str) -> bytes:
    attribution = "On Fri, Nov 27, 2026 at 2:00 PM Acme Support <support@acme.example> wrote:"
    plain = f"{_wrapped(typed)}\n\n{attribution}\n\n{_quoted(_wrapped(NOTICE))}\n"
    page = (
        f'<div dir="ltr">{_divs(typed)}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
        f'{html.escape(attribution)}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex">'
        f"{_brs(NOTICE)}</blockquote></div>"
    )
    return alternative(plain, page)


def gmail_app(typed: str) -> bytes:
    plain = f"{_wrapped(typed)}\n\nOn Fri, Nov 27, 2026, 14:00 Acme Support <support@acme.example>\nwrote:\n\n{_quoted(NOTICE)}\n"
    page = (
        f'<div dir="auto">{_divs(typed, " dir=" + chr(34) + "auto" + chr(34))}</div><br><div class="gmail_quote">'
        f'<div dir="ltr" class="gmail_attr">On Fri, Nov 27, 2026, 14:00 Acme Support wrote:<br></div>'
        f'<blockquote class="gmail_quote">{_brs(NOTICE)}</blockquote></div>'
    )
    return alternative(plain, page)


_OUTLOOK_HEAD = (
    "From: Acme Support <support@acme.example>\nSent: Friday, November 27, 2026 2:00 PM\nTo: Carol Reyes\nSubject: Lamp"
)


def outlook(typed: str) -> bytes:
    """The desktop program: paragraphs, a rule above the header block of what it quotes without a prefix."""
    plain = f"{typed}\n\n{SIGNATURE}\n\n{_OUTLOOK_HEAD}\n\n{NOTICE}\n"
    paragraphs = "".join(
        f'<p class="MsoNormal">{html.escape(line) or "<o:p>&nbsp;</o:p>"}</p>' for line in typed.split("\n")
    )
    page = (
        '<html><head><style>p.MsoNormal{margin:0}</style></head><body lang="EN-US"><div class="WordSection1">'
        f'{paragraphs}<p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class="MsoNormal">{_brs(SIGNATURE)}</p>'
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        f'<p class="MsoNormal">{_brs(_OUTLOOK_HEAD)}</p></div><p class="MsoNormal">{_brs(NOTICE)}</p></div></body></html>'
    )
    return alternative(plain, page)


def outlook_phone(typed: str) -> bytes:
    """HTML alone."""
    return page_mail(
        f'<html><body>{_divs(typed)}<div id="ms-outlook-mobile-signature"><div>Get Outlook for iOS</div></div>'
        f'<hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg">{_brs(_OUTLOOK_HEAD)}</div>'
        f"<div>{_brs(NOTICE)}</div></body></html>"
    )


def iphone(typed: str) -> bytes:
    """HTML alone."""
    return page_mail(
        f'<html><body dir="auto">{_divs(typed)}<div><br></div><div id="AppleMailSignature">{_brs(SIGNATURE)}</div>'
        '<div>Sent from my iPhone</div><div><br><blockquote type="cite">On 27 Nov 2026, at 14:00, Acme Support wrote:'
        f'<br><br></blockquote></div><blockquote type="cite"><div>{_brs(NOTICE)}</div></blockquote></body></html>'
    )


def apple_mail(typed: str) -> bytes:
    plain = f"{typed}\n\n{SIGNATURE}\n\n> On 27 Nov 2026, at 14:00, Acme Support <support@acme.example> wrote:\n> \n{_quoted(NOTICE)}\n"
    page = (
        f'<html><body style="overflow-wrap: break-word;">{_divs(typed)}<br id="lineBreakAtBeginningOfSignature">'
        f'<div>{_brs(SIGNATURE)}</div><div><br><blockquote type="cite"><div>On 27 Nov 2026, at 14:00, Acme Support '
        f"&lt;support@acme.example&gt; wrote:</div><br><div>{_brs(NOTICE)}</div></blockquote></div></body></html>"
    )
    return alternative(plain, page)


CLIENTS: dict[str, Callable[[str], bytes]] = {
    client.__name__: client
    for client in (mutt, thunderbird_flowed, gmail_web, gmail_app, outlook, outlook_phone, iphone, apple_mail)
}
