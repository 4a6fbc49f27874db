"""What a site's admins made, loaded and checked: configuration, rules, templates, keys. Swapped whole or not at all."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from gateway.compose.render import Templates
from gateway.config import Config
from gateway.config.rules_files import load_rules, run_rule_tests
from gateway.config.secret import Secret
from gateway.errors import ConfigError, RulesError
from gateway.rules import RuleSet
from gateway.store import Store, rule_sets
from gateway.tickets.subject import NumberFormat
from gateway.tickets.token import Keys

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One consistent set; a mail in hand finishes with the set it began with."""

    cfg: Config
    rules: RuleSet
    rule_set_id: int | None
    templates: Templates
    keys: Keys
    numbers: NumberFormat


def load_site(cfg: Config, store: Store | None = None) -> Site:
    """Everything of a site, checked; with a store, the rule set in force is recorded there.

    Raises ConfigError or RulesError with every mistake.
    """
    templates = Templates.load(cfg.templates_dir)
    rules = load_rules(cfg, templates.names)
    report = run_rule_tests(cfg, rules)
    if report.failures:
        raise RulesError([f"{one.headline}; `gateway rules test` shows why" for one in report.failures])
    return Site(
        cfg=cfg,
        rules=rules,
        rule_set_id=rule_sets.record(store, sha256=rules.sha256, text=rules.text) if store else None,
        templates=templates,
        keys=load_keys(cfg.gateway.secret_file),
        numbers=NumberFormat(tag=cfg.mail.subject_tag, pattern=cfg.mail.number_format),
    )


def load_keys(secret: Secret) -> Keys:
    """The signing keys: lines `ID:HEX` of the secret; a file is made on the first start, for its owner's eyes alone."""
    if secret.path is not None and not secret.path.exists():
        _make_secret(secret.path)
    found: dict[int, bytes] = {}
    for number, line in enumerate(secret.read().splitlines(), start=1):
        if not line.strip():
            continue
        key_id, _, text = line.strip().partition(":")
        try:
            found[int(key_id)] = bytes.fromhex(text)
        except ValueError:
            raise ConfigError([f"{secret}:{number}: not a line ID:HEX; put back the file from a backup"])
    if not found or any(len(one) < 16 or not 0 <= key_id < 256 for key_id, one in found.items()):
        raise ConfigError([f"{secret}: no usable key in it; put back the file from a backup"])
    return Keys(secrets=found)


def _make_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(f"1:{secrets.token_hex(_SECRET_BYTES)}\n")
    fresh.rename(path)
