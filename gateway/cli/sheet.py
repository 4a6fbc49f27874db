"""Cells of CSV files as a spreadsheet may open them."""

import re

# A spreadsheet would compute a cell that begins so, and where it splits at semicolons, what stands behind one.
_FORMULA = re.compile(r"((?:\A|[;\t])\s*)([=+@＝＋＠-])|\A(?=[\t\r])")


def cell(value: object) -> str:
    """A value as text that no spreadsheet computes; lists joined, None as nothing, numbers as they are."""
    text = "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if isinstance(value, int | float) else _FORMULA.sub(_disarmed, text)


def _disarmed(sign: re.Match[str]) -> str:
    return f"{sign[1] or ''}'{sign[2] or ''}"
