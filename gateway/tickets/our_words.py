"""What an answer holds of the letters we sent on its ticket, where its client left no sign that it quotes them."""

from collections.abc import Sequence

from gateway.mail import Mail, read, without_known

_PIECE = 30  # bytes of a line
_QUOTE_LINES = 4  # our shortest letter has more
_MAX_REPLY = 100_000  # characters; nobody writes so much around a letter, and here no reader's limits hold


def may_hold_our_words(mail: Mail) -> bool:
    """True where an answer may quote us and nothing shows it: nothing but a signature was cut from a text of length."""
    names_another = bool(mail.in_reply_to or mail.references or mail.markers)
    has_quote = bool(mail.elided.replace(mail.signature, "").strip("-_ \n"))
    has_length = len(mail.reply) <= _MAX_REPLY and mail.reply.count("\n") >= _QUOTE_LINES
    return names_another and has_length and not has_quote and not mail.is_forward


def without_our_words(mail: Mail, letters: Sequence[bytes]) -> Mail:
    """The mail with the lines that stand in these letters of ours taken for quotes."""
    if not letters or not may_hold_our_words(mail):
        return mail
    words = " ".join(mail.reply.split())
    ours = [line for letter in letters if _may_stand_in(letter, words) for line in read(letter).text.split("\n")]
    return without_known(mail, ours) if ours else mail


def _may_stand_in(letter: bytes, words: str) -> bool:
    """False, at a tenth of what reading the letter costs, where no line of it begins as any of these words do."""
    pieces = [line[:_PIECE] for line in letter.partition(b"\r\n\r\n")[2].split(b"\r\n") if len(line) >= _PIECE]
    plain = [piece.decode() for piece in pieces if piece.isascii() and b"=" not in piece and b" " in piece]
    return not plain or any(piece in words for piece in plain)
