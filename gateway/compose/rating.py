"""The links by which a customer rates: each writes a mail with one digit and a token that is good for nothing else.

They are `mailto:` links: no program that opens links beforehand can press them.
"""

from collections.abc import Mapping
from urllib.parse import quote

from gateway.compose.faces import answers_to
from gateway.compose.marking import marker
from gateway.compose.values import Desk, Shown
from gateway.tickets.wishes import BEST, WORST, rate


def links(desk: Desk, ticket: Shown, subject: str, token: str, language: str) -> list[Mapping[str, str]]:
    """For each rating, best first: `value`, `label`, `link` (RFC 6068). `token`: of the role for ratings, or `""`."""
    to = quote((answers_to(desk, token) or desk.sender).addr, safe="@+")
    about = quote(f"Re: {ticket.tag} {subject}".rstrip(), safe="")
    below = f"\r\n\r\n{marker(token)}\r\n" if token else ""
    return [
        {
            "value": str(value),
            "label": rate(value, language),
            "link": f"mailto:{to}?subject={about}&body={quote(f'{value}{below}', safe='')}",
        }
        for value in range(BEST, WORST - 1, -1)
    ]
