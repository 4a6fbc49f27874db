"""What a site's admins made, loaded and checked: configuration, rules, templates. Swapped whole or not at all."""

import os
import pwd
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gateway import recorded
from gateway.compose.check import check_templates
from gateway.compose.render import Templates
from gateway.config import Config
from gateway.config.at_start import merged
from gateway.config.changes import Blocks, FileChange, Texts, changes, same_names, summary
from gateway.config.crosscheck_steps import strange_letters
from gateway.config.load import checked, read, told
from gateway.config.rules_files import RulesFolder, load_rules, names, read_folder
from gateway.config.show import masked_file
from gateway.errors import ConfigError, RulesError
from gateway.keys import load_keys
from gateway.rule_tests import pass_rule_tests
from gateway.rules import RuleSet
from gateway.rules import load as compile_rules
from gateway.rules.testing import ExampleRun
from gateway.store import Store, rule_sets
from gateway.tickets.clocks import Promises
from gateway.tickets.token import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One consistent set; a mail in hand finishes with the set it began with."""

    cfg: Config
    rules: RuleSet
    rule_set_id: int | None
    templates: Templates
    keys: Keys
    texts: Texts  # what all this was made from
    promises: Promises  # what the clocks go by
    tests: ExampleRun | None  # what came of the tests of these rules; None where this process did not run them
    kept_numbers: frozenset[int] = frozenset()  # what tickets of an archive being imported had, by our own mails in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The site as its files are now. `needs_restart`: what in config.toml counts from the next start only."""

    site: Site
    changed: Sequence[FileChange]
    needs_restart: Sequence[str]

    @property
    def summary(self) -> str:
        return summary(self.changed)

    @property
    def saved_by(self) -> str:
        """Whose the changed files are."""
        return _owners(self.site.cfg.root, self.changed)


def load_site(cfg: Config, store: Store | None = None) -> Site:
    """Everything of a site at its start, checked; with a store, what is in force is recorded there.

    Raises ConfigError or RulesError with every mistake.
    """
    templates = Templates.load(cfg.templates_dir)
    if strange := [told(cfg, one.loc, one.what) for one in strange_letters(cfg, templates.letters)]:
        raise ConfigError(strange)
    rules = load_rules(cfg, templates.letters)
    tests = pass_rule_tests(cfg, rules)
    text = cfg.path.read_text("utf-8-sig", "replace") if cfg.path.exists() else ""
    site = _site(cfg, rules, templates, load_keys(cfg.gateway.secret_file), text, tests)
    return _recorded_at_start(store, site) if store else site


def load_edited(live: Site) -> Edited:
    """The site as its files are now, checked and tested against all that may be changed while the daemon runs.

    Raises ConfigError with every mistake: of config.toml alone where it has any, for all else depends on it.
    """
    document = read(live.cfg.path, live.cfg.path.name)
    cfg, waiting = merged(checked(document), live.cfg)
    problems: list[str] = []
    templates = Templates.load(cfg.templates_dir)
    if templates.sources != live.texts.templates or templates.unreadable:
        gone = live.texts.templates and not cfg.templates_dir.is_dir()
        problems += [f"{cfg.templates_dir.name}: the folder has gone; put it back"] if gone else []
        problems += check_templates(templates, queues=cfg.queues)
    problems += [document.tell(one.loc, one.what) for one in strange_letters(cfg, templates.letters)]
    rules: RuleSet | None = None
    tests: ExampleRun | None = None
    try:
        folder = _rules_folder(cfg, live)
        rules, before = _compiled(cfg, folder, templates, document.text, live)
        tests = pass_rule_tests(cfg, rules, before=before)
    except RulesError as error:
        problems += error.problems
    if problems or rules is None:
        raise ConfigError(problems)
    site = _site(cfg, rules, templates, live.keys, document.text, tests)
    changed = changes(live.texts, site.texts, _blocks(live.rules, rules))
    return Edited(site=site, changed=changed, needs_restart=waiting)


def _compiled(
    cfg: Config, folder: RulesFolder, templates: Templates, config_text: str, live: Site
) -> tuple[RuleSet, tuple[RuleSet, ExampleRun] | None]:
    """The rules of a folder; with those in force and what came of their tests where these spare work on the new ones:
    nothing but rules differs, so that what is the same in both is right in both.
    """
    texts = Texts(config=masked_file(config_text), lists=folder.lists, templates=templates.sources)
    if not same_names(live.texts, texts):
        return compile_rules(folder.files, names(cfg, templates.letters, folder.lists)), None
    rules = compile_rules(folder.files, live.rules.names, live.rules)
    return rules, (live.rules, live.tests) if live.tests else None


def _blocks(*sets: RuleSet) -> Mapping[str, Blocks]:
    """The rules of each file's text, as they were read."""
    found: dict[str, dict[str, Any]] = {}
    for one in sets:
        for rule in one.rules:
            found.setdefault(one.files[rule.file], {})[rule.name] = rule.source
    return found


def activate(store: Store, edited: Edited) -> Site:
    """Record it as what is in force from now on; the site that names its record."""
    return _recorded(store, edited.site, edited.saved_by, edited.summary)


def load_recorded(store: Store, live: Site) -> Site:
    """What this node activated last, where that is something newer than `live`; it was checked and tested then."""
    if rule_sets.newest_id(store) in (None, live.rule_set_id):
        return live
    found = rule_sets.newest(store)
    assert found is not None
    activation, texts = found
    cfg, _ = merged(recorded.settings(texts, live.cfg.path), live.cfg)
    templates = Templates(texts.templates, shown_as=live.templates.shown_as)
    rules = recorded.rules(texts, cfg, templates)
    return replace(_site(cfg, rules, templates, live.keys, texts.config, None), rule_set_id=activation.id)


def recorded_config(store: Store, running: Config, known_id: int | None) -> tuple[Config, int | None]:
    """The settings this node activated last, for a process that needs nothing else, and the id of their record."""
    newest = rule_sets.newest_id(store)
    found = rule_sets.newest(store) if newest not in (None, known_id) else None
    if found is None:
        return running, known_id
    activation, texts = found
    return merged(recorded.settings(texts, running.path), running)[0], activation.id


def _site(
    cfg: Config, rules: RuleSet, templates: Templates, keys: Keys, config_text: str, tests: ExampleRun | None
) -> Site:
    return Site(
        cfg=cfg,
        rules=rules,
        rule_set_id=None,
        templates=templates,
        keys=keys,
        texts=Texts(
            config=masked_file(config_text),
            config_name=cfg.path.name,
            rules=rules.files,
            lists=rules.names.lists,
            templates=templates.sources,
        ),
        promises=replace(cfg.promises, silences=rules.silences),
        tests=tests,
    )


def _rules_folder(cfg: Config, live: Site) -> RulesFolder:
    """The rules as saved now; RulesError where a folder or a text that was there has only gone for the moment."""
    if not live.rules.files and not cfg.rules_dir.exists():
        return RulesFolder(files={}, lists={})
    if not cfg.rules_dir.exists():
        raise RulesError([f"{cfg.rules_dir.name}: the folder has gone; put it back, what was in it stays in force"])
    folder = read_folder(cfg.rules_dir)
    emptied = [name for name, text in folder.files.items() if not text.strip() and live.rules.files.get(name)]
    emptied += list(_emptied_lists(cfg, live))
    if emptied:
        # Many editors empty a file before they write it.
        why = "is empty now; delete the file if what it held shall go, or write a remark (#) into it"
        raise RulesError([f"{name}:1: {why}" for name in emptied])
    return folder


def _emptied_lists(cfg: Config, live: Site) -> Iterator[str]:
    for name, values in live.rules.names.lists.items():
        with suppress(OSError):
            if values and (cfg.rules_dir / "lists" / f"{name}.txt").stat().st_size == 0:
                yield f"{cfg.rules_dir.name}/lists/{name}.txt"


# ---- the record ----------------------------------------------------------------------------------------------------


def _recorded_at_start(store: Store, site: Site) -> Site:
    """Where nothing has changed since the last stop, it is not recorded again."""
    found = rule_sets.newest(store)
    changed = changes(found[1] if found else Texts(), site.texts)
    if found and not changed:
        return replace(site, rule_set_id=found[0].id)
    counts = f"first start: {len(site.rules.files)} files, {len(site.rules.rules)} rules"
    return _recorded(store, site, _owners(site.cfg.root, changed), summary(changed) if found else counts)


def _recorded(store: Store, site: Site, activated_by: str, told: str) -> Site:
    rule_set_id = rule_sets.record(
        store,
        sha256=site.rules.sha256,
        text=site.rules.text,
        texts=site.texts,
        activated_by=activated_by,
        summary=told,
    )
    return replace(site, rule_set_id=rule_set_id)


def _owners(root: Path, changed: Sequence[FileChange]) -> str:
    """Whose the changed files are, or for one that has gone, its folder: who saved them, as far as a file tells."""
    return ", ".join(dict.fromkeys(_owner(root / one.file) for one in changed))


def _owner(path: Path) -> str:
    for one in (path, *path.parents):
        with suppress(OSError):
            uid = os.stat(one).st_uid
            try:
                return pwd.getpwuid(uid).pw_name
            except KeyError:  # nobody of that number on this machine
                return str(uid)
    return ""
