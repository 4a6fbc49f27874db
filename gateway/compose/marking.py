"""The marker line by which an answer is known when a relay rewrote the ids; and what others wrote cannot be one.

HTML that is a fragment becomes a page here, for the marker stands at its very end.
"""

import re
from html import escape

from gateway.compose import body

# A marker in what others wrote, in every spelling our reader knows: it must not pass for ours.
_MARKER = re.compile(
    r"(?:\[|&#91;|&#x5b;|&lbrack;|&lsqb;)(\s{0,8}ref\s{0,8}(?::|&#58;|&colon;))",
    re.IGNORECASE,
)
_PAGE = (
    '<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n</head>\n'
    '<body style="font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:1.45;color:#222222">\n'
    "{fragment}</body>\n</html>\n"
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})?")


def disarmed(text: str) -> str:
    """The text, every marker in it made harmless."""
    return _MARKER.sub(r"(\1", text)


def marker(token: str) -> str:
    """What stands in the marker line: `[ref:TOKEN]`."""
    return f"[ref:{token}]"


def marked_text(text: str, token: str) -> str:
    """The clean text, with the marker line at its end where there is a token."""
    text = disarmed(body.clean(text))
    return f"{text.rstrip()}\n\n{marker(token)}\n" if token else text


def marked_page(html: str, token: str, *, title: str, language: str) -> str:
    """The HTML as a whole page, with the marker line at its end where there is a token."""
    html = disarmed(body.clean(html))
    end = html.lower().rfind("</body>")
    if end < 0 and "<html" not in html.lower() and "<body" not in html.lower():
        language = language if _LANGUAGE.fullmatch(language) else "en"
        html = _PAGE.format(language=language, title=disarmed(escape(title)), fragment=html)
        end = html.rfind("</body>")
    if not token:
        return html
    line = f'<p style="color:#888888;font-size:11px">{escape(marker(token))}</p>\n'
    return html + line if end < 0 else html[:end] + line + html[end:]
