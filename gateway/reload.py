"""Hot reload: a thread that sees when rules, templates or config.toml were saved, and puts them in force or refuses.

All is read, checked and tested first; then the site is swapped at once. Until then, and where it is refused, the last
good one stays. Nothing is half applied: not a file that is being written, not a setting that needs a restart.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from gateway import log
from gateway.admin import tell_admin_once
from gateway.config import Config
from gateway.errors import ConfigError, GatewayError
from gateway.now import now
from gateway.site import Edited, Site, activate, load_edited, load_recorded
from gateway.store import Store, reloads, rule_sets
from gateway.store.reloads import LastLook
from gateway.successors import hand_over, orphaned

QUIET = 0.1  # seconds without a further change before what was saved is read
MOST_LOOKS = 4  # for that quiet; then it is read all the same
LOOK_EVERY = 0.5  # seconds; for file systems that tell nobody of changes
SETTLE = 0.3  # seconds that a mistake, or a file that has gone, must last before it counts
TELL_AFTER = 3.0  # seconds that a refusal lasts before the admin gets mail about it
PAUSE = 2.0  # seconds after trouble of our own
_MOST_FILES = 5_000
_MOST_TOLD = 100  # mistakes in a letter

_Look = tuple[tuple[str, int, int, int], ...]


class Reloader:
    """The site in force, in the process that decides by it. `start()` takes up what was saved while nobody looked."""

    def __init__(
        self, store: Store, site: Site, *, on_change: Callable[[], None] = lambda: None, settle: float = SETTLE
    ) -> None:
        """`on_change` is called after each swap and after each `ask`: other processes have settings to take up."""
        self._store = store
        self._site = site
        self._on_change = on_change
        self._settle = settle
        self._stop = threading.Event()
        self._asked = False
        self._watch = _Watch(site.cfg, self._is_wanted)
        self._seen: _Look | None = None
        self._last = LastLook(began=0.0, rule_set=site.rule_set_id, sha256=site.rules.sha256, summary="")
        self._untold_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="reload", daemon=True)

    @property
    def site(self) -> Site:
        """What is in force now. Whoever decides keeps the one value until the decision is written."""
        return self._site

    def ask(self) -> None:
        """Look now, whether something changed or not. Takes no lock: a signal may interrupt a handler."""
        self._asked = True

    def start(self) -> None:
        self._take_up_recorded()
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        self._stop.set()
        self._thread.join(timeout)

    # ---- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._turn()
            except GatewayError as exc:
                log.database_trouble(exc)
                self._stop.wait(PAUSE)
            except Exception as exc:  # noqa: BLE001  top of the loop
                log.crashed("reload", exc)
                self._stop.wait(PAUSE)

    def _turn(self) -> None:
        if self._asked or _look(self._site.cfg) != self._seen:
            self._asked = False
            look = self._quiet_look()
            if self._judge(look):
                self._seen = look
            else:
                self._asked = True
            return
        if self._untold_since is not None and time.monotonic() - self._untold_since > TELL_AFTER:
            self._tell()
        self._watch.wait()

    def _quiet_look(self) -> _Look:
        """What is to be judged: editors write in several steps, so it should have stood for a moment."""
        look = _look(self._site.cfg)
        for _ in range(MOST_LOOKS):
            self._stop.wait(QUIET)
            before, look = look, _look(self._site.cfg)
            if look == before:
                break
        return look

    def _judge(self, look: _Look) -> bool:
        """Put the files in force or refuse them; False where they changed meanwhile, so that neither would be right."""
        began = time.monotonic()
        edited: Edited | None = None
        problems: Sequence[str] = ()
        try:
            edited = load_edited(self._site)
            if orphans := orphaned(self._store, edited.site.cfg):
                edited = None
                problems = orphans
        except ConfigError as error:
            problems = error.problems
        except Exception as exc:  # noqa: BLE001  whatever was saved, the daemon lives
            log.crashed("reload", exc)
            problems = [f"cannot be loaded: {exc or type(exc).__name__}"]
        if edited is None or any(one.what == "gone" for one in edited.changed):
            self._stop.wait(self._settle)
        if self._stop.is_set() or _look(self._site.cfg) != look:
            return False
        if edited is None:
            self._refuse(began, problems)
        else:
            self._accept(began, edited)
        self._on_change()
        return True

    def _accept(self, began: float, edited: Edited) -> None:
        if edited.changed:
            before = self._site.cfg.log
            self._site = activate(self._store, edited)
            if self._site.cfg.log != before:
                log.setup(self._site.cfg.log.level, self._site.cfg.log.format)
            log.site_changed(self._site.rule_set_id, summary=edited.summary, by=edited.saved_by)
            hand_over(self._store, self._site.cfg, now())
        elif self._last.problems:
            log.site_mended(self._site.rule_set_id)
        if edited.needs_restart and list(edited.needs_restart) != list(self._last.needs_restart):
            log.needs_restart(edited.needs_restart)
        self._untold_since = None
        self._say(began, edited.summary or self._last.summary, needs_restart=edited.needs_restart)

    def _refuse(self, began: float, problems: Sequence[str]) -> None:
        refused_at = self._last.refused_at
        if list(problems) != list(self._last.problems):
            log.site_refused(problems, stays=self._site.rule_set_id)
            refused_at = now().isoformat()
            self._untold_since = time.monotonic()
        self._say(
            began,
            self._last.summary,
            needs_restart=self._last.needs_restart,
            refused_at=refused_at,
            problems=problems,
        )

    def _say(
        self,
        began: float,
        summary: str,
        *,
        needs_restart: Sequence[str],
        refused_at: str | None = None,
        problems: Sequence[str] = (),
    ) -> None:
        self._last = LastLook(
            began=began,
            rule_set=self._site.rule_set_id,
            sha256=self._site.rules.sha256,
            summary=summary,
            needs_restart=tuple(needs_restart),
            refused_at=refused_at,
            problems=tuple(problems),
        )
        reloads.write(self._site.cfg.gateway.data_dir, self._last)

    def _tell(self) -> None:
        """By mail, for who saved it may not look into the log."""
        told = self._last.problems[:_MOST_TOLD]
        more = len(self._last.problems) - len(told)
        lines = [
            "What was saved has mistakes, so what was in force before stays in force:",
            "",
            *told,
            *([f"and {more} more; `gateway check` prints them all"] if more else []),
        ]
        tell_admin_once(self._store, self._site, "changed rules, templates or settings are refused", "\n".join(lines))
        self._untold_since = None

    def _take_up_recorded(self) -> None:
        """This process may follow one that died after a change: what is in force stands in the database."""
        try:
            self._site = load_recorded(self._store, self._site)
            found = rule_sets.newest(self._store)
        except Exception as exc:  # noqa: BLE001  then what the daemon began with must do
            log.crashed("reload", exc)
            return
        before = reloads.read(self._site.cfg.gateway.data_dir)
        self._last = LastLook(
            began=0.0,
            rule_set=self._site.rule_set_id,
            sha256=self._site.rules.sha256,
            summary=found[0].summary if found else "",
            refused_at=before.refused_at if before else None,
            problems=before.problems if before else (),
        )
        self._untold_since = time.monotonic() if self._last.problems else None

    def _is_wanted(self) -> bool:
        return self._stop.is_set() or self._asked


# ---- the files -----------------------------------------------------------------------------------------------------


def _folders(cfg: Config) -> Iterator[Path]:
    """Every folder whose entries are the site's, as far as they are there."""
    yield cfg.root
    for top in (cfg.rules_dir, cfg.templates_dir):
        if top.is_dir():
            yield top
            with suppress(OSError):
                yield from sorted(one for one in top.iterdir() if one.is_dir() and not one.name.startswith("."))


def _look(cfg: Config) -> _Look:
    """What can be seen of the files without reading them; two looks are the same where nothing was saved between.

    What editors put beside a file while somebody types is no reason to load all again.
    """
    folders = list(islice(_folders(cfg), 1, None))
    paths = [cfg.path, *folders]
    for folder in folders:
        with suppress(OSError):
            paths += (Path(one.path) for one in os.scandir(folder) if not _BESIDE.fullmatch(one.name))
    seen = []
    for path in sorted(paths[:_MOST_FILES]):
        with suppress(OSError):
            known = path.stat()
            # The entries of a folder speak for themselves; it is only noticed that it was replaced.
            state = (0, 0) if path in folders else (known.st_size, known.st_ctime_ns)
            seen.append((str(path), known.st_ino, *state))
    return tuple(seen)


# Hidden files; backups, swap and probe files of editors; names under which files are written before they are renamed.
_BESIDE = re.compile(r"\..*|.*[~#]|4913|.*\.(?:sw[a-z]|tmp|new|bak|orig|part)")


class _Watch:
    """Waits until something may have changed in the folders of a site; what it is, a look must tell."""

    def __init__(self, cfg: Config, is_wanted: Callable[[], bool]) -> None:
        self._cfg = cfg
        self._is_wanted = is_wanted
        self._watched: list[tuple[str, int]] = []
        self._events: Generator[object, None, None] | None = None

    def is_set(self) -> bool:
        """For watchfiles, which takes us for an event that ends its waiting."""
        return self._is_wanted()

    def wait(self) -> None:
        """Half a second at most."""
        folders = []
        for folder in _folders(self._cfg):
            with suppress(OSError):
                folders.append((str(folder), folder.stat().st_ino))
        try:
            if self._events is None or folders != self._watched:  # a folder that was replaced is another one
                self._close()
                self._events, self._watched = self._new([name for name, _ in folders]), folders
            if next(self._events, None) is None:
                self._close()
        except (OSError, RuntimeError) as error:
            self._close()
            log.not_watching(str(error))
            time.sleep(LOOK_EVERY)

    def _new(self, folders: Sequence[str]) -> Generator[object, None, None]:
        from watchfiles import watch

        return watch(
            *folders,
            watch_filter=None,
            debounce=50,
            step=20,  # milliseconds; so long it takes to notice a change, or that it is wanted
            stop_event=self,
            rust_timeout=round(LOOK_EVERY * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=False,
        )

    def _close(self) -> None:
        if self._events is not None:
            self._events.close()
            self._events = None
