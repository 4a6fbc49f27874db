"""py3langid (the extra `lang`) asked for the language of a text. Loaded for the first text that needs it: 90 MiB."""

import io
import lzma
from array import array
from functools import cache
from typing import Any


def classify(text: str) -> tuple[str, float]:
    """The code of the likeliest of 140 languages and how certain that is, 0 to 1; `("", 0.0)` without the extra."""
    model = _model()
    if model is None:
        return "", 0.0
    code, certainty = model.classify(text)
    return str(code), float(certainty)


@cache
def _model() -> Any:
    """The classifier, None where it is not installed or there is no room for it.

    Its own loader unpacks into a temporary file; a reader may write none.
    """
    try:
        import numpy
        from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

        with lzma.open(MODEL_DIR / MODEL_FILE) as packed, numpy.load(io.BytesIO(packed.read())) as data:
            return LanguageIdentifier(
                data["ptc"],
                data["pc"],
                data["classes"].tolist(),
                _row(data["nextmove"]),
                data["out_feat"].tolist(),
                norm_probs=True,
                tk_row=_row(data["nextmove_row"]),
            )
    except (ImportError, OSError, MemoryError, KeyError):
        return None


def _row(numbers: Any) -> "array[int]":
    """Unsigned numbers in an array of the standard library: read one by one, these are faster than numpy's."""
    return array({2: "H", 4: "I"}[numbers.dtype.itemsize], numbers.tobytes())
