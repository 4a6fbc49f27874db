"""How long 500 rules take on a mail of 4 KB, folding the text included. Prints medians; bounded to a few seconds."""

import random
import statistics
import time
from collections.abc import Iterator

from gateway.rules import Facts, Names, RegexMatcher, RuleSet, load

RULES = 500
ROUNDS = 400
_NAMES = Names(
    queues=("support", "billing"), agents=("carol", "dave"), slas=("standard",), templates=("acknowledgement",)
)
_ENGLISH = "eeeetttaaaooiinnsshhrrddllccuummwfgypbvk"
_RUSSIAN = "ооооееееааааииинннтттссррввллккммддппууяыьгзбчйхжшюцщёэ"


def main() -> None:
    for name, times in mixes():
        low, high = times[len(times) // 10], times[len(times) * 9 // 10]
        print(f"rules, {name}: median {statistics.median(times):4.0f} us (10 % {low:.0f}, 90 % {high:.0f})")


def mixes() -> Iterator[tuple[str, list[float]]]:
    """Each mix of rules on each language, with the microseconds of one evaluation each, sorted."""
    dice = random.Random(4)
    for mix, make in (("words", _words_rule), ("mixed", _mixed_rule)):
        rules = load({"rules/bench.toml": "".join(make(number, dice) for number in range(RULES))}, _NAMES)
        for language, letters in (("English", _ENGLISH), ("Russian", _RUSSIAN)):
            yield f"{RULES} {mix} rules, 4 KB {language}", measure(rules, _vocabulary(letters, dice), dice)


def measure(rules: RuleSet, words: list[str], dice: random.Random) -> list[float]:
    """Microseconds of one evaluation each, sorted; every mail is another one."""
    matcher = RegexMatcher(time.perf_counter)
    times = []
    for number in range(ROUNDS):
        facts = _facts(words, number, dice)
        start = time.perf_counter()
        rules.evaluate(facts, "created", matcher)
        times.append((time.perf_counter() - start) * 1e6)
    return sorted(times)


def _vocabulary(letters: str, dice: random.Random) -> list[str]:
    """Made-up words, the front ones short and used often, as in a language."""
    return [
        "".join(dice.choice(letters) for _ in range(min(2 + rank // 40, dice.randint(3, 11)))) for rank in range(3_000)
    ]


def _facts(words: list[str], number: int, dice: random.Random) -> Facts:
    lines = (" ".join(words[int(len(words) * dice.random() ** 4)] for _ in range(9)) for _ in range(110))
    body = ".\n".join(lines)[:4_000]
    return Facts(
        subject=f"Question number {number} about my {words[number]}",
        body=body,
        from_=f"customer{number}@shop{number % 7}.example",
        recipient="support@acme.example",
        headers=(("x-mailer", "Example Mail 3.1"), ("list-id", "")),
        size=len(body),
        kind="normal",
        known={"queue": "support", "sender.known": bool(number % 2)},
    )


def _words_rule(number: int, dice: random.Random) -> str:
    return f"""
[[rule]]
name = "w{number}"
when.text = ["refund{number}*", "rückgabe{number}", "возврат{number}*", "not delivered{number}"]
unless.from = "*@partner{number}.example"
set.queue = "billing"
add.tags = ["t{number}"]
"""


def _mixed_rule(number: int, dice: random.Random) -> str:
    lines = (
        f'when.text = ["refund{number}*", "faktur{number}*", "invoice{number}"]',
        f'when.subject.contains = ["urgent {number}", "asap {number}"]\nany.body.contains = "contract {number}"',
        f'when.from = ["*@big{number}.example", "boss{number}@*"]\nwhen.size.over = "1 KB"',
        f'when.header.X-Mailer.contains = "bulk {number}"\nwhen.has_attachment = true',
        f'when.subject = "question"\nwhen.body = ["payment{number}*", "iban{number}"]\nunless.sender.known = true',
    )
    return f'\n[[rule]]\nname = "m{number}"\n{lines[number % len(lines)]}\nset.priority = "high"\n'


if __name__ == "__main__":
    main()
