"""`make corpus`: `gateway parse` scored on the folder of real mails beside the checkout, as a table with targets.

python -m bench.corpus [--corpus DIR] [--misses FILE]

The folder and its scorer lie outside the repository; where they are missing there is nothing to score.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.cli.parse import as_dict
from gateway.reader import ReaderDied, Readers

ROOT = Path(__file__).parents[1]
CORPUS = Path(os.environ.get("GATEWAY_CORPUS", ROOT.parent / "shared" / "corpus"))
WORDS_FOR_LANGUAGE = 20

Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table. `value` is a share of `count` mails, or a plain number where `share` is False."""

    measure: str
    value: float
    count: int
    target: str
    share: bool = True
    misses: tuple[str, ...] = ()  # the files

    @property
    def reached(self) -> bool:
        kind, _, number = self.target.rstrip(" %").partition(" ")
        wanted = float(number) / (100 if self.share else 1)
        return self.value >= wanted - 1e-9 if kind == ">=" else self.value <= wanted + 1e-9

    def __str__(self) -> str:
        value = f"{self.value:.1%}" if self.share else f"{self.value:.0f}"
        verdict = "reached" if self.reached else "MISSED"
        return f"{self.measure:48}{value:>7}  of {self.count:4}   {self.target:10}{verdict}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Score `gateway parse` on real mails.")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="the folder with manifest.jsonl")
    parser.add_argument("--misses", type=Path, help="write every miss there, a JSON object a line")
    args = parser.parse_args()
    if not (args.corpus / "manifest.jsonl").exists():
        print(f"{args.corpus}: no manifest.jsonl there, so nothing to score (--corpus names another folder)")
        return
    rows = table(args.corpus, misses=args.misses)
    for row in rows:
        print(row)
    sys.exit(0 if all(row.reached for row in rows) else 1)


def table(corpus: Path, *, misses: Path | None = None) -> list[Row]:
    """The figures of one corpus, disputed mails left out."""
    rows = [json.loads(line) for line in (corpus / "manifest.jsonl").read_text("utf-8").splitlines() if line.strip()]
    parsed = _parsed(corpus, rows)
    with tempfile.TemporaryDirectory() as folder:
        answers, missed = Path(folder) / "parsed.jsonl", misses or Path(folder) / "misses.jsonl"
        answers.write_text("".join(json.dumps(one) + "\n" for one in parsed), "utf-8")
        command = [sys.executable, corpus.parent / "tools" / "score.py", corpus / "manifest.jsonl", answers, "--json"]
        command += ["--misses", missed]
        scored = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        missing = [json.loads(line) for line in missed.read_text("utf-8").splitlines()]
    undisputed = [(row["labels"], one) for row, one in zip(rows, parsed, strict=True) if not row.get("disputed")]
    return [*_of_scorer(scored, missing), *_of_ours(undisputed)]


def _parsed(corpus: Path, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What `gateway parse --json` says of each line of the manifest, a bare body as the body of a minimal mail."""
    with Readers(count=max(1, os.cpu_count() or 1)) as readers:
        answers = readers.read_many([_mail_of(corpus, row) for row in rows])
    return [
        {"file": row["file"], "error": str(answer)}
        if isinstance(answer, ReaderDied)
        else {**as_dict(Path(row["file"]), answer), **({"variant": row["variant"]} if row.get("variant") else {})}
        for row, answer in zip(rows, answers, strict=True)
    ]


def _mail_of(corpus: Path, row: Mapping[str, Any]) -> bytes:
    raw = (corpus / row["file"]).read_bytes()
    kind = row.get("kind", "message")
    if kind == "message":
        return raw
    subject = row["labels"].get("mail_subject") or "a subject"
    head = (
        f"From: sender@sender.example\r\nTo: support@acme.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/{'html' if kind == 'body_html' else 'plain'}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
    )
    return head.encode() + raw


def _of_scorer(scored: Mapping[str, Any], missing: Sequence[Mapping[str, str]]) -> Iterator[Row]:
    found: Scores = scored["metrics"]
    files: dict[str, list[str]] = {}
    for one in missing:
        files.setdefault(one["metric"], []).append(one["file"])
    yield Row(
        measure="mails that raise or hang", value=scored["raised"], count=scored["mails"], target="<= 0", share=False
    )
    for name, measures, target in _RATES:
        count = sum(int(found[one]["n"]) for one in measures if one in found)
        right = sum(int(found[one]["ok"]) for one in measures if one in found)
        if count:
            misses = tuple(dict.fromkeys(file for one in measures for file in files.get(one, ())))
            yield Row(measure=name, value=right / count, count=count, target=target, misses=misses)
    for name, kind, recall, ordinary in _KINDS:
        if kind not in found:
            continue
        count = int(found[kind]["tp"] + found[kind]["fn"])
        yield Row(measure=f"{name}: recall", value=found[kind]["recall"], count=count, target=recall)
        people = found.get(f"{kind} (ordinary mail only)", found[kind])
        if ordinary:
            alarms, count = people["fp"], int(people["fp"] + people["tn"])
            yield Row(
                measure=f"{name}: false alarms, ordinary mail", value=alarms, count=count, target="<= 0", share=False
            )


def _of_ours(labelled: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Iterator[Row]:
    """Three that the scorer does not know, or knows otherwise: file names where U+FFFD in a label stands for a letter
    that its source could not read, words of the sender that are gone, and a wrong language."""
    names = [
        (wanted, [item["name"] for item in one.get("attachments", ())])
        for labels, one in labelled
        if (wanted := labels.get("attachment_names", labels.get("attachment_names_some")))
    ]
    if names:
        right = sum(all(any(_reads_as(name, label) for name in got) for label in wanted) for wanted, got in names)
        yield Row(measure="attachment names", value=right / len(names), count=len(names), target=">= 99 %")
    replies = [(labels["reply"], one) for labels, one in labelled if isinstance(labels.get("reply"), str)]
    if replies:
        lost = sum(not _holds(one.get("reply", ""), wanted) for wanted, one in replies)
        yield Row(
            measure="reply: words of the sender lost", value=lost / len(replies), count=len(replies), target="<= 5 %"
        )
    languages = [
        (labels["language"], one["language"], one["file"])
        for labels, one in labelled
        if "language" in labels and len(one.get("reply", "").split()) >= WORDS_FOR_LANGUAGE
    ]
    if languages:
        wrong = tuple(file for wanted, said, file in languages if said and said[:2] != wanted[:2])
        share = len(wrong) / len(languages)
        yield Row(measure="language wrong", value=share, count=len(languages), target="<= 0.5 %", misses=wrong)


def _reads_as(name: str, label: str) -> bool:
    pattern = "".join(".{0,2}" if char == "\ufffd" else re.escape(char) for char in unicodedata.normalize("NFC", label))
    return re.fullmatch(pattern, unicodedata.normalize("NFC", name), re.S) is not None


def _holds(text: str, wanted: str) -> bool:
    """True where every line of `wanted` stands in `text`, blank space aside."""
    whole = _folded(text)
    return all(_folded(line) in whole for line in wanted.splitlines())


def _folded(text: str) -> str:
    return re.sub(r"[\s\u00a0\u200b\ufeff*_]+", "", unicodedata.normalize("NFC", text))


_RATES = (
    ("From address", ("from_addr",), ">= 100 %"),
    ("To addresses", ("to_addrs",), ">= 99.5 %"),
    ("subject", ("subject",), ">= 99 %"),
    ("main text", ("text_ws", "text_contains"), ">= 98 %"),
    ("attachment counts", ("n_attachments", "n_attachments_incl_inline", "n_attachments_jmap"), ">= 98 %"),
    ("reply text, exact up to blank space", ("reply_ws",), ">= 85 %"),
    ("forwarded: sender", ("fwd_from_addr", "fwd_from_name"), ">= 98 %"),
    ("forwarded: body", ("fwd_body",), ">= 90 %"),
    ("failed recipients exact", ("failed_recipients", "n_failed_recipients"), ">= 95 %"),
    ("status class right", ("dsn_class",), ">= 90 %"),
    ("hard or soft right", ("hard_bounce",), ">= 90 %"),
)
_KINDS = (
    ("bounces", "is_bounce", ">= 97 %", True),
    ("automatic replies", "is_autoreply", ">= 90 %", True),
    ("forwards", "is_forward", ">= 98 %", False),
)


if __name__ == "__main__":
    main()
