"""format=flowed undone (RFC 3676): lines that were broken to be sent are one paragraph again."""

_SIGNATURE = "-- "


def unflow(text: str, *, delsp: bool) -> str:
    """The paragraphs as they were written, each on one line behind its quote marks; `delsp`: the blank that broke goes.

    A paragraph ends with a line that does not end in a blank, where the depth of quoting changes, at an empty line and
    at a signature.
    """
    out: list[str] = []
    pieces: list[str] = []  # of the open paragraph
    depth = 0
    for line in text.split("\n"):
        bare = line.lstrip(">")
        marks = len(line) - len(bare)
        content = bare.removeprefix(" ")  # stuffed, or the blank behind the marks
        if pieces and (marks != depth or content in ("", _SIGNATURE)):
            out.append(_quoted("".join(pieces).rstrip(" "), depth))
            pieces.clear()
        depth = marks
        if content.endswith(" ") and content != _SIGNATURE:
            pieces.append(content[:-1] if delsp else content)
        else:
            out.append(_quoted("".join([*pieces, content]), depth))
            pieces.clear()
    if pieces:
        out.append(_quoted("".join(pieces).rstrip(" "), depth))
    return "\n".join(out)


def _quoted(content: str, depth: int) -> str:
    return f"{'>' * depth} {content}" if depth and content else ">" * depth + content
