"""How nine mail clients send what an agent typed in answer to a notice: above the quote, below it, or within it."""

import base64
import html
import random
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

_COUNT = count(1)
_BOUNDARY = "=_b0undary"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

# Who wrote when, and the header block of a quoted mail, as clients of these languages write them.
ATTRIBUTIONS = {
    "en": "On Fri, Nov 27, 2026 at 9:31 AM {who} wrote:",
    "de": "Am Fr., 27. Nov. 2026 um 09:31 Uhr schrieb {who}:",
    "fr": "Le ven. 27 nov. 2026 à 09:31, {who} a écrit :",
    "es": "El vie, 27 nov 2026 a las 9:31, {who} escribió:",
    "it": "Il giorno ven 27 nov 2026 alle ore 09:31 {who} ha scritto:",
    "cs": "pá 27. 11. 2026 v 9:31 odesílatel {who} napsal:",
    "ru": "пт, 27 нояб. 2026 г. в 09:31, {who}:",
    "pl": "pt., 27 lis 2026 o 09:31 {who} napisał(a):",
}
HEADERS = {
    "en": ("From", "Sent", "To", "Subject", "Original message"),
    "de": ("Von", "Gesendet", "An", "Betreff", "Ursprüngliche Nachricht"),
    "fr": ("De", "Envoyé", "À", "Objet", "Message d'origine"),
    "es": ("De", "Enviado", "Para", "Asunto", "Mensaje original"),
    "it": ("Da", "Inviato", "A", "Oggetto", "Messaggio originale"),
    "cs": ("Od", "Odesláno", "Komu", "Předmět", "Původní zpráva"),
    "ru": ("От", "Отправлено", "Кому", "Тема", "Исходное сообщение"),
    "pl": ("Od", "Wysłano", "Do", "Temat", "Oryginalna wiadomość"),
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is sent. `blocks`: (lines of the notice, lines typed below them); a block without lines stands above all.

    `card`: the lines of the signature; `bold`: a word that is typed bold; `picture`: a screenshot hangs below the text.
    """

    blocks: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    subject: str
    message_id: str
    references: tuple[str, ...]
    card: tuple[str, ...] = ()
    language: str = "en"
    bold: str = ""
    picture: bool = False
    headers: tuple[str, ...] = ()
    sender: str = "Carol Reyes <carol@acme.example>"
    us: str = "Acme Support <support@acme.example>"
    rng: random.Random = field(default_factory=lambda: random.Random(1))

    @property
    def typed_above(self) -> tuple[str, ...]:
        return self.blocks[0][1] if not self.blocks[0][0] else ()

    @property
    def attribution(self) -> str:
        return ATTRIBUTIONS[self.language].format(who=self.us)

    def header_block(self) -> list[str]:
        who, when, to, about, _ = HEADERS[self.language]
        values = (self.us, "27. 11. 2026 9:31", self.sender, self.subject.removeprefix("Re: "))
        return [f"{name}: {value}" for name, value in zip((who, when, to, about), values, strict=True)]


def _raw(answer: Answer, body: str, kind: str, encoding: str = "8bit") -> bytes:
    lines = [
        f"From: {answer.sender}",
        f"To: {answer.us}",
        f"Subject: =?utf-8?b?{base64.b64encode(answer.subject.encode()).decode()}?=",
        "Date: Fri, 27 Nov 2026 09:40:00 +0000",
        f"Message-ID: <agent.{next(_COUNT)}@acme.example>",
        f"In-Reply-To: {answer.message_id}",
        f"References: {' '.join((*answer.references, answer.message_id))}",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        f"Content-Transfer-Encoding: {encoding}",
        *answer.headers,
    ]
    return ("\r\n".join([*lines, "", ""]) + body.replace("\n", "\r\n") + "\r\n").encode()


def _plain(answer: Answer, text: str, *, flowed: bool = False) -> bytes:
    return _raw(answer, text, f"text/plain; charset=utf-8{'; format=flowed' if flowed else ''}")


def _page(answer: Answer, page: str) -> bytes:
    return (
        _with_picture(answer, "text/html; charset=utf-8", page)
        if answer.picture
        else _raw(answer, page, "text/html; charset=utf-8")
    )


def _both(answer: Answer, text: str, page: str) -> bytes:
    part = "--{0}\nContent-Type: {1}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{2}\n"
    body = part.format(_BOUNDARY, "text/plain", text) + part.format(_BOUNDARY, "text/html", page) + f"--{_BOUNDARY}--"
    kind = f'multipart/alternative; boundary="{_BOUNDARY}"'
    return _with_picture(answer, kind, body) if answer.picture else _raw(answer, body, kind)


def _with_picture(answer: Answer, kind: str, body: str) -> bytes:
    data = base64.b64encode(PIXEL).decode()
    parts = [
        f"--rel\nContent-Type: {kind}\nContent-Transfer-Encoding: 8bit\n\n{body}\n",
        '--rel\nContent-Type: image/png; name="screen.png"\nContent-ID: <screen@agent>\n'
        f'Content-Disposition: inline; filename="screen.png"\nContent-Transfer-Encoding: base64\n\n{data}\n--rel--',
    ]
    return _raw(answer, "".join(parts), 'multipart/related; boundary="rel"')


def _wrap(lines: Sequence[str], width: int = 74) -> list[str]:
    return [piece for line in lines for piece in (textwrap.wrap(line, width, break_long_words=False) or [""])]


def _quote(lines: Sequence[str], mark: str = "> ") -> list[str]:
    return [f"{mark}{line}".rstrip() if not line.startswith(">") else f">{line}" for line in lines]


def _rich(answer: Answer, lines: Sequence[str], tag: str = "div", attributes: str = "") -> str:
    out = []
    for line in lines:
        shown = html.escape(line, quote=False) or "<br>"
        if answer.bold:
            shown = shown.replace(
                html.escape(answer.bold, quote=False), f"<b>{html.escape(answer.bold, quote=False)}</b>"
            )
        out.append(f"<{tag}{attributes}>{shown}</{tag}>")
    return "".join(out)


def _brs(lines: Sequence[str]) -> str:
    return "<br>\n".join(html.escape(line, quote=False) for line in lines)


def _linked(lines: Sequence[str]) -> list[str]:
    """As Outlook writes addresses into plain text."""
    return [re.sub(r"<([^<>@ ]+@[^<>@ ]+)>", r"<\1<mailto:\1>>", line) for line in lines]


def _picture(answer: Answer) -> str:
    return '<div><img src="cid:screen@agent" alt="screen.png" width="400"></div>' if answer.picture else ""


def _body(
    answer: Answer, quoted: Callable[[Sequence[str]], list[str]], typed: Callable[[Sequence[str]], list[str]] = list
) -> list[str]:
    """Typed and quoted lines in their order, what is quoted introduced once."""
    out: list[str] = []
    introduced = False
    for quote, own in answer.blocks:
        if quote:
            if not introduced:
                out += [*([""] if out else []), answer.attribution]
                introduced = True
            out += quoted(quote)
        if own:
            out += [*([""] if out else []), *typed(own), ""]
    return out


def mutt(answer: Answer) -> bytes:
    signature = ["-- ", *answer.card] if answer.card else []
    return _plain(answer, "\n".join([*_body(answer, lambda lines: _quote(_wrap(lines))), *signature]))


def thunderbird(answer: Answer) -> bytes:
    def flow(lines: Sequence[str]) -> list[str]:
        return [" \n".join(textwrap.wrap(line, 70, break_long_words=False)) if line else "" for line in lines]

    signature = ["-- ", *answer.card] if answer.card else []
    return _plain(
        answer, "\n".join([*_body(answer, lambda lines: _quote(_wrap(lines, 70)), flow), *signature]), flowed=True
    )


def gmail(answer: Answer) -> bytes:
    signature = ["-- ", *answer.card] if answer.card else []
    text = "\n".join(
        [
            *_wrap(answer.typed_above),
            "",
            *signature,
            "",
            *_body(_below(answer), lambda lines: _quote(_wrap(lines)), _wrap),
        ]
    )
    card = (
        f'<span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature">{_brs(answer.card)}</div>'
        if answer.card
        else ""
    )
    above = f'<div dir="ltr">{_rich(answer, answer.typed_above)}{_picture(answer)}</div>{card}'
    quote = "".join(
        (f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex">{_brs(quoted)}</blockquote>' if quoted else "")
        + _rich(answer, own)
        for quoted, own in _below(answer).blocks
    )
    attribution = f'<div dir="ltr" class="gmail_attr">{html.escape(answer.attribution)}<br></div>'
    return _both(answer, text, f'{above}<br><div class="gmail_quote gmail_quote_container">{attribution}{quote}</div>')


def apple_mail(answer: Answer) -> bytes:
    text = "\n".join([*answer.typed_above, "", *answer.card, "", *_body(_below(answer), _quote)])
    quote = "".join(
        (f'<blockquote type="cite"><div>{_brs(quoted)}</div></blockquote>' if quoted else "") + _rich(answer, own)
        for quoted, own in _below(answer).blocks
    )
    page = (
        f'<html><body dir="auto" style="overflow-wrap: break-word;">{_rich(answer, answer.typed_above)}{_picture(answer)}'
        f'<br id="lineBreakAtBeginningOfMessage"><div id="AppleMailSignature">{_brs(answer.card)}</div>'
        f'<div><br><blockquote type="cite"><div>{html.escape(answer.attribution)}</div></blockquote>{quote}</div></body></html>'
    )
    return _both(answer, text, page)


def iphone(answer: Answer) -> bytes:
    quote = "".join(
        (f'<blockquote type="cite"><div dir="ltr">{_brs(quoted)}</div></blockquote>' if quoted else "")
        + _rich(answer, own)
        for quoted, own in _below(answer).blocks
    )
    page = (
        f'<html><body dir="auto">{_rich(answer, answer.typed_above)}{_picture(answer)}<br id="lineBreakAtBeginningOfSignature">'
        f'<div dir="ltr">{_brs(answer.card) or "Sent from my iPhone"}</div><div dir="ltr"><br><blockquote type="cite">'
        f"{html.escape(answer.attribution)}<br><br></blockquote></div>{quote}</body></html>"
    )
    return _page(answer, page)


def outlook(answer: Answer) -> bytes:
    """Word's paragraphs; what is quoted has no prefix, and whoever answers within it does so in red."""
    head, below = answer.header_block(), _below(answer)
    quoted = [line for lines, own in below.blocks for line in (*lines, *own)]
    place = ["[cid:screen@agent]"] if answer.picture else []
    text = "\n".join([*answer.typed_above, *place, "", *answer.card, "", *head, "", *_linked(quoted)])
    paragraphs = ' class="MsoNormal"'
    inner = "".join(
        _rich(answer, lines, "p", paragraphs)
        + "".join(f'<p class="MsoNormal"><span style="color:red">{html.escape(line)}</span></p>' for line in own)
        for lines, own in below.blocks
    )
    page = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!--\np.MsoNormal {margin:0cm;}\n--></style></head>'
        f'<body lang="EN-US"><div class="WordSection1">{_rich(answer, answer.typed_above, "p", paragraphs)}{_picture(answer)}'
        f'<p class="MsoNormal"><o:p>&nbsp;</o:p></p>{_rich(answer, answer.card, "p", paragraphs)}'
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">'
        f"{_brs(head)}</p></div>{inner}</div></body></html>"
    )
    return _both(answer, text, page)


def outlook_web(answer: Answer) -> bytes:
    head, below = answer.header_block(), _below(answer)
    quoted = [line for lines, own in below.blocks for line in (*lines, *own)]
    text = "\n".join([*answer.typed_above, "", *answer.card, "", "_" * 32, *head, "", *_linked(quoted)])
    page = (
        f'<html><body dir="ltr">{_rich(answer, answer.typed_above, attributes=chr(32) + "class=" + chr(34) + "elementToProof" + chr(34))}'
        f'{_picture(answer)}<div id="Signature">{_brs(answer.card)}</div><div id="appendonsend"></div>'
        f'<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">{_brs(head)}</div>'
        f'<div class="BodyFragment"><div class="PlainText">{_brs(quoted)}</div></div></body></html>'
    )
    return _both(answer, text, page)


def android(answer: Answer) -> bytes:
    """HTML alone, a line in dashes and a header block above what is quoted."""
    quoted = [line for lines, own in _below(answer).blocks for line in (*lines, *own)]
    dashed = f"-------- {HEADERS[answer.language][4]} --------"
    page = (
        f'<html><body dir="auto">{_rich(answer, answer.typed_above)}{_picture(answer)}<div><br></div>'
        f'<div id="composer_signature" dir="auto">{_brs(answer.card) or "Sent from my Galaxy"}</div><div><br></div>'
        f'<div style="font-size:100%;color:#000000"><!-- originalMessage --><div>{dashed}</div>'
        f"{_rich(answer, answer.header_block())}<div><br></div></div><div>{_brs(quoted)}</div></body></html>"
    )
    return _page(answer, page)


def yahoo(answer: Answer) -> bytes:
    quoted = [line for lines, own in _below(answer).blocks for line in (*lines, *own)]
    text = "\n".join(
        f" {line}" for line in [*answer.typed_above, "", *answer.card, "", f"   {answer.attribution}  ", "", *quoted]
    )
    page = (
        f'<html><body><div class="ydp1yahoo-style-wrap"><div dir="ltr">{_rich(answer, answer.typed_above)}{_picture(answer)}'
        f'</div><div class="ydp1signature">{_brs(answer.card)}</div></div><div id="ydp2yahoo_quoted_1" class="ydp2yahoo_quoted">'
        f"<div><div>{html.escape(answer.attribution)}</div><div><br></div><div>{_brs(quoted)}</div></div></div></body></html>"
    )
    return _both(answer, text, page)


def _below(answer: Answer) -> Answer:
    """The answer without what stands above its quotes."""
    return replace(answer, blocks=answer.blocks[1:]) if answer.typed_above else answer


CLIENTS: dict[str, Callable[[Answer], bytes]] = {
    client.__name__: client
    for client in (mutt, thunderbird, gmail, apple_mail, iphone, outlook, outlook_web, android, yahoo)
}
