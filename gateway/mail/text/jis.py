"""ISO-2022-JP as it is written (RFC 1468, 2237, and Microsoft's): any mix of its sets, forgotten returns to ASCII.

Python's codecs read the standard ones only: no characters of NEC and IBM, no half-width katakana beside JIS X 0212.
"""

import re

HINT = b"\x1b"
# A line that stays in Japanese ends there: readers return to ASCII at every line end (RFC 1468).
_SWITCH = re.compile(rb"\x1b(\$[@B]|\$\([@BDOQ]|\([BJHI])|[\r\n]+")
_TWO_BYTES = re.compile(rb"\x1b\$(?:[@B]|\([@BDOQ])")
_KOREAN = re.compile(rb"\x1b\$\)C")


def codec_by_escapes(data: bytes) -> str:
    """The codec that the escape sequences of 7-bit data tell, `""` where there are none."""
    if _KOREAN.search(data):
        return "iso2022_kr"
    return "iso2022_jp_ms" if _TWO_BYTES.search(data) or b"\x1b(I" in data else ""


def decode(data: bytes) -> str:
    """Text of ISO-2022-JP bytes; what belongs to no character becomes U+FFFD."""
    out: list[str] = []
    state, at = b"(B", 0
    for switch in _SWITCH.finditer(data):
        out.append(_segment(data[at : switch.start()], state))
        state, at = switch.group(1) or b"(B", switch.end()
        if switch.group(1) is None:
            out.append(switch.group().decode("ascii"))
    out.append(_segment(data[at:], state))
    return "".join(out)


def _segment(data: bytes, state: bytes) -> str:
    if state in (b"(B", b"(J", b"(H"):
        return data.decode("ascii", "replace")
    if state == b"(I":
        return bytes(byte | 0x80 for byte in data).decode("cp932", "replace")
    if state == b"$(D":
        pairs = (b"\x8f" + bytes([row | 0x80, cell | 0x80]) for row, cell in zip(data[::2], data[1::2], strict=False))
        return b"".join(pairs).decode("euc_jp", "replace")
    shifted = b"".join(_shift_jis(row, cell) for row, cell in zip(data[::2], data[1::2], strict=False))
    return shifted.decode("cp932", "replace") + "\ufffd" * (len(data) % 2)


def _shift_jis(row: int, cell: int) -> bytes:
    """One character of JIS X 0208 in its Shift_JIS form, whose Windows kin has all that was added to it."""
    if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
        return b"\xff"
    lead = (row - 0x21 >> 1) + 0x81
    trail = cell + 0x1F + (cell >= 0x60) if row % 2 else cell + 0x7E
    return bytes([lead + 0x40 if lead > 0x9F else lead, trail])
