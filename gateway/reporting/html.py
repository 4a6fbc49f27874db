"""Pages for a browser, from plain values: all of it is escaped, nothing is fetched, no script runs but ours."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

# Sorts a table by the column that was clicked on; without scripts the table stands as it was written.
_SORT = Markup("""\
for (const table of document.querySelectorAll("table.sorted")) {
  table.querySelectorAll("th").forEach((head, column) => head.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    const key = row => row.cells[column].dataset.sort ?? row.cells[column].textContent;
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => key(a).localeCompare(key(b), undefined, {numeric: true}) * (down ? -1 : 1));
    table.querySelectorAll("th").forEach(one => one.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows);
  }));
}
""")
_HASH = base64.b64encode(hashlib.sha256(_SORT.encode()).digest()).decode()
_STYLE = Markup("""\
body { font: 15px/1.45 Arial, Helvetica, sans-serif; color: #222; margin: 1.5em; }
nav a { margin-right: 1em; }
table { border-collapse: collapse; margin: .5em 0 1.5em; }
th, td { padding: .25em .7em; text-align: left; vertical-align: top; border-bottom: 1px solid #ddd; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
table.sorted th { cursor: pointer; }
.bar { display: inline-block; height: .7em; background: #4a7ebb; }
.late { color: #b00020; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f6f6f6; padding: .7em; }
footer { color: #888; font-size: 13px; }
""")
_PAGE = Markup("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{nav}<h1>{title}</h1>
{body}<footer>As of {at}</footer>
<script>{script}</script>
</body>
</html>
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell: what it shows, what it is sorted by where that is something else, where it leads, whether it is bad news.

    `bar` is the width of a bar before the text, in percent of the widest.
    """

    text: str
    sort: str = ""
    link: str = ""
    late: bool = False
    bar: int | None = None


Value = Cell | str | int | None


def page(title: str, body: Markup, *, at: datetime, links: Sequence[tuple[str, str]] = ()) -> str:
    """A whole page; `links` are (where, name)."""
    nav = Markup("").join(Markup('<a href="{}">{}</a>').format(where, name) for where, name in links)
    return str(
        _PAGE.format(
            hash=_HASH,
            title=title,
            style=_STYLE,
            nav=Markup("<nav>{}</nav>\n").format(nav) if links else "",
            body=body,
            at=instant(at),
            script=_SORT,
        )
    )


HEAD = 4096  # characters in which a page's title stands


def has_title(head: str, title: str) -> bool:
    """Whether a file that begins so is a page of ours under this title."""
    return head.startswith(_PAGE[: _PAGE.index("<meta")]) and Markup("<title>{}</title>\n<style>").format(title) in head


def table(headings: Sequence[str], rows: Iterable[Sequence[Value]], *, is_sorted: bool = False) -> Markup:
    """Rows under headings; numbers stand flush right. `is_sorted`: people may sort it by any column."""
    body = Markup("").join(
        Markup("<tr>{}</tr>\n").format(Markup("").join(_cell(value) for value in row)) for row in rows
    )
    heads = Markup("").join(Markup("<th>{}</th>").format(name) for name in headings)
    kind = Markup(' class="sorted"') if is_sorted else ""
    return Markup("<table{}>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n").format(kind, heads, body)


def heading(text: str) -> Markup:
    return Markup("<h2>{}</h2>\n").format(text)


def paragraph(text: str) -> Markup:
    return Markup("<p>{}</p>\n").format(text)


def block(text: str) -> Markup:
    """A text of several lines as it stands."""
    return Markup("<pre>{}</pre>\n").format(text)


def instant(at: datetime) -> str:
    """By the minute, with its zone."""
    return f"{at:%Y-%m-%d %H:%M} {at.tzname() or ''}".rstrip()


def _cell(value: Value) -> Markup:
    if not isinstance(value, Cell):
        number = Markup(' class="n"') if isinstance(value, int) else ""
        return Markup("<td{}>{}</td>").format(number, "" if value is None else value)
    shown = Markup("{}").format(value.text)
    if value.link:
        shown = Markup('<a href="{}">{}</a>').format(value.link, shown)
    if value.bar is not None:
        shown = Markup('<span class="bar" style="width:{}px"></span> {}').format(round(value.bar * 1.5), shown)
    sort = Markup(' data-sort="{}"').format(value.sort) if value.sort else ""
    late = Markup(' class="late"') if value.late else ""
    return Markup("<td{}{}>{}</td>").format(late, sort, shown)
