"""What was in force once, made anew out of the texts in its record."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.compose.render import Templates
from gateway.config import Config
from gateway.config.changes import Texts, same_names
from gateway.config.load import checked, parsed
from gateway.config.rules_files import names
from gateway.errors import ConfigError
from gateway.rules import RuleSet, load
from gateway.store import Store, rule_sets

_KEPT = 8  # sets; whoever goes through the archive in order needs one or two at a time


def settings(texts: Texts, path: Path) -> Config:
    """The settings of then, of the file at `path`; secrets are not looked for. ConfigError where they are none to this
    release.
    """
    return checked(parsed(texts.config, path, path.name), secrets=False)


def rules(texts: Texts, cfg: Config, templates: Templates, known: tuple[Texts, RuleSet] | None = None) -> RuleSet:
    """The rules of then, by the settings and templates of then; what they share with a `known` set is taken from it.

    RulesError where they cannot be loaded now.
    """
    lists = {name: tuple(values) for name, values in texts.lists.items()}
    if known and same_names(known[0], texts):
        return load(texts.rules, known[1].names, known[1])
    return load(texts.rules, names(cfg, templates.letters, lists))


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What was in force under an id. `rules` and `cfg` are None where they cannot be had, for the reason `problem`.

    `shown` names the set: its id, sha256 and when it was put in force.
    """

    shown: Mapping[str, Any]
    rules: RuleSet | None = None
    cfg: Config | None = None
    problem: str = ""


class RulesOfThen:
    """The sets that mails were decided by. Each is loaded once, however many mails name it one after the other."""

    def __init__(self, store: Store, running: Config) -> None:
        self._store = store
        self._running = running
        self._found: OrderedDict[int, Then] = OrderedDict()
        self._last: tuple[Texts, RuleSet, Config] | None = None

    def at(self, rule_set_id: int) -> Then:
        """What is recorded under this id."""
        found = self._found.pop(rule_set_id, None) or self._load(rule_set_id)
        self._found[rule_set_id] = found
        if len(self._found) > _KEPT:
            self._found.popitem(last=False)
        return found

    def _load(self, rule_set_id: int) -> Then:
        kept = rule_sets.at(self._store, rule_set_id)
        if kept is None:
            lost = {"id": rule_set_id, "sha256": None, "activated_at": None}
            return Then(shown=lost, problem="their text is not kept any more")
        activation, texts = kept
        shown = {"id": activation.id, "sha256": activation.sha256, "activated_at": activation.activated_at}
        try:
            return self._made(texts, shown)
        except ConfigError as error:
            more = f" and {len(error.problems) - 1} more" if len(error.problems) > 1 else ""
            problem = f"the rules of then cannot be loaded now: {error.problems[0]}{more}"
            return Then(shown=shown, problem=problem)

    def _made(self, texts: Texts, shown: Mapping[str, Any]) -> Then:
        last = self._last
        cfg = last[2] if last and last[0].config == texts.config else settings(texts, self._running.path)
        found = rules(texts, cfg, Templates(texts.templates), last[:2] if last else None)
        self._last = (texts, found, cfg)
        return Then(shown=shown, rules=found, cfg=cfg)
