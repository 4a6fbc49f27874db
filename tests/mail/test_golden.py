"""Golden mails: each `NAME.eml` in tests/corpus is read as its `NAME.want.json` says; `private/` holds a site's own.

A want has the keys of `gateway parse --json` that matter to the case, with what is true of the mail; MORE are named too.
Texts are compared up to blank space; of an attachment or another object only the keys it names. `KEY_contains` and
`KEY_lacks` list texts that KEY must or must not hold. On a miss NAME.got.json says what was read.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.parse import as_dict
from gateway.mail import read

CORPUS = Path(__file__).parents[1] / "corpus"
MORE = ("from_problem", "markers", "reported_ids")
NAMES = sorted(file.relative_to(CORPUS).as_posix().removesuffix(".eml") for file in CORPUS.rglob("*.eml"))


@pytest.mark.parametrize("name", NAMES)
def test_golden_mail_is_read_as_it_is_meant(name: str) -> None:
    want = json.loads(CORPUS.joinpath(f"{name}.want.json").read_text("utf-8"))
    mail = read(CORPUS.joinpath(f"{name}.eml").read_bytes())
    got = as_dict(Path(f"{name}.eml"), mail) | {key: getattr(mail, key) for key in MORE}
    got = json.loads(json.dumps(got))  # lists, as the wants have them
    misses = [line for key, value in want.items() for line in differences(key, value, got)]
    answer = CORPUS / f"{name}.got.json"
    if misses:
        shown = {key: value for key, value in got.items() if value or key in want}
        answer.write_text(json.dumps(shown, ensure_ascii=False, indent=1) + "\n", "utf-8")
        pytest.fail("\n".join([f"{name}.eml", *misses]), pytrace=False)
    answer.unlink(missing_ok=True)


def test_every_mail_has_a_want_and_every_want_a_mail() -> None:
    wants = {file.relative_to(CORPUS).as_posix().removesuffix(".want.json") for file in CORPUS.rglob("*.want.json")}
    assert set(NAMES) == wants
    assert NAMES, "no golden mails: is tests/corpus checked out?"


@pytest.mark.parametrize(
    ("key", "want", "told"),
    [
        ("reply", "Hello,\n\nyes.", 0),
        ("reply", "Hello, no.", 1),
        ("no_such_key", "", 1),
        ("reply_contains", ["Hello", "yes."], 0),
        ("reply_contains", ["Hello", "no."], 1),
        ("reply_lacks", ["yes."], 1),
        ("attachments", [{"name": "a.pdf"}], 0),
        ("attachments", [{"name": "a.pdf", "inline": True}], 1),
        ("attachments", [], 1),
        ("attachments", [{"name": "a.pdf"}, {}], 1),
        ("is_bounce", False, 0),
        ("is_bounce", True, 1),
    ],
)
def test_what_counts_as_a_difference(key: str, want: Any, told: int) -> None:
    got = {"reply": "Hello,\nyes.  ", "attachments": [{"name": "a.pdf", "inline": False}], "is_bounce": False}
    assert len(list(differences(key, want, got))) == told


def differences(key: str, want: Any, got: dict[str, Any]) -> list[str]:
    """What a failing test says of one key of a want: nothing, or both values."""
    field = key.removesuffix("_contains").removesuffix("_lacks")
    if field not in got:
        return [f"  {key}: nothing of that name is read"]
    value = got[field]
    if key == field:
        return [] if same(want, value) else [f"  {key}\n    want {want!r}\n    got  {value!r}"]
    text = folded(value)
    wrong = [part for part in want if (folded(part) in text) is key.endswith("_lacks")]
    return [f"  {key} {wrong!r}\n    got  {value!r}"] if wrong else []


def same(want: Any, got: Any) -> bool:
    if isinstance(want, str) and isinstance(got, str):
        return folded(want) == folded(got)
    if isinstance(want, list) and isinstance(got, list):
        return len(want) == len(got) and all(map(same, want, got))
    if isinstance(want, dict) and isinstance(got, dict):
        return want.keys() <= got.keys() and all(same(value, got[key]) for key, value in want.items())
    return bool(want == got)


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
