"""Our passwords and tokens, taken out of what others say: a server may quote in its refusal what we sent it."""

import base64

_PIECE = 8  # characters: as little of a secret tells it; servers cut what they quote
_SHORTEST = 4  # of a secret worth looking for: less stands in every sentence
_BLOT = "***"


class Secret:
    """One password or token. `""`: there is none, and nothing is taken out."""

    def __init__(self, text: str = "") -> None:
        self._forms = tuple(form for form in (text, *_in_base64(text.encode())) if len(form) >= _SHORTEST)

    def out_of(self, said: str) -> str:
        """What was said, with `***` for every piece of the secret, as it is or in base64."""
        hidden = bytearray(len(said))
        for form in self._forms:
            size = min(len(form), _PIECE)
            for at in range(len(said) - size + 1):
                if said[at : at + size] in form:
                    hidden[at : at + size] = b"\1" * size
        if not any(hidden):
            return said
        return "".join(
            _BLOT if hidden[at] else letter
            for at, letter in enumerate(said)
            if not (hidden[at] and at and hidden[at - 1])
        )


def _in_base64(secret: bytes) -> list[str]:
    """What of the secret's base64 is the same wherever it stands in a longer text, as it does in SASL's answers."""
    forms = []
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + secret).decode("ascii")
        forms.append(whole[-(-8 * before // 6) : 8 * (before + len(secret)) // 6])
    return forms


NO_SECRET = Secret()
