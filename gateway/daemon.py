"""`gateway run`: a supervisor and its two processes, intake and worker, wired by hand.

The supervisor checks and loads everything, then forks; the children share what it loaded.
"""

import asyncio
import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from functools import partial

from gateway import __version__, claims, faults, log, systemd
from gateway.admin import tell_admin
from gateway.clock import Job, look_for_alarms, start_clock
from gateway.config import Config
from gateway.delivery.sender import LOOK_EVERY, Sender
from gateway.delivery.signing import signer_of
from gateway.errors import ConfigError, GatewayError, Permanent
from gateway.health.http import Watched
from gateway.health.processes import ROLES, SUPERVISOR, call_this
from gateway.heartbeat import BEAT_EVERY, SILENCE, Heartbeats
from gateway.intake.imap import ImapPoller
from gateway.intake.polls import start_polls
from gateway.intake.recipients import recipient_judge
from gateway.intake.smtp import SmtpListener
from gateway.intake.spool import Spool
from gateway.intake.taking_up import TakingUp
from gateway.now import now
from gateway.oauth import Keeper, accounts
from gateway.privileges import Ports, leave_root
from gateway.reader import Readers
from gateway.reload import Reloader
from gateway.site import Site, load_site
from gateway.store import Store, disk, migrate, numbers, open_store, outbox, room, shadowing, signing, spool
from gateway.store.maintenance import quick_check, sweep
from gateway.store.node import DataLock, make_private
from gateway.successors import hand_over, orphaned
from gateway.supervisor import Child, Ended, supervise
from gateway.telling.teller import Teller
from gateway.worker import Worker

SOUND_PYTHON = (3, 11, 15)  # before it, its mail and IMAP modules let line ends into headers and commands
KILL_MARGIN = 5.0  # seconds more than a clean stop may take
WATCH_EVERY = 60.0  # seconds
SHADOW_EVERY = shadowing.LIVES_FOR.total_seconds() / 4
WORKER_NICE = 10  # who is at the door is served first; what is inside can wait
TELL_EVERY = 5.0  # seconds


def run(cfg: Config) -> int:
    """Run until SIGTERM or SIGINT; the exit code. Raises ConfigError, or Temporary when another daemon runs here."""
    faults.refuse_in_production(cfg)
    os.umask(0o077)
    ports = leave_root(cfg)
    for route in cfg.routes:
        signer_of(route)
    make_private(cfg.gateway.data_dir)
    call_this(SUPERVISOR)
    # Whoever finds our lock may send it; until the worker is there, which then looks at the files, it says nothing new.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    lock = DataLock(cfg.gateway.data_dir)
    with lock.begun():
        site = _prepared(cfg, unclean=lock.unclean)
    ended = _supervise(cfg, site, ports)
    lock.release(clean=ended.is_clean)
    return ended.code


def _prepared(cfg: Config, *, unclean: bool) -> Site:
    """The site, once its store and all it is made of are found in order. Raises ConfigError where they are not."""
    store = open_site_store(cfg)
    if unclean:
        log.unclean_stop(str(cfg.gateway.data_dir))
        quick_check(store)
    with systemd.more_time():  # the copy of a large database takes long
        migrate.ensure(store)
    _shadow(store, cfg)
    spool.free_node(store, node=store.node, forgive=unclean)
    outbox.free_node(store, node=store.node)
    Keeper(store).begin(accounts(cfg))
    sweep(store)
    if orphans := orphaned(store, cfg):
        raise ConfigError(orphans)
    site = load_site(cfg, store)
    hand_over(store, cfg, now())
    numbers.begin_at(store, cfg.mail.number_start)
    signing.recognise(store, site.keys.secrets, str(cfg.gateway.secret_file))
    if not site.rules.rules:
        log.no_rules(str(cfg.rules_dir))
    _warn_of_machine(store)
    log.started(__version__, node=store.node, config=str(cfg.path), pid=os.getpid())
    store.close()
    return site


def _warn_of_machine(store: Store) -> None:
    """What our promises are built on, as far as it may not hold (T119, T150)."""
    if sys.version_info < SOUND_PYTHON:
        log.old_python(_dotted(sys.version_info[:3]), wants=_dotted(SOUND_PYTHON))
    for folder in room.folders(store):
        if danger := disk.danger(folder):
            log.unsafe_disk(str(folder), danger)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _shadow(store: Store, cfg: Config) -> None:
    """Begin shadow mode as the settings say, before anything is changed or sent. Its end is a deed of the admin's."""
    if cfg.gateway.shadow:
        try:
            log.shadow_mode(shadowing.begin(store, now()), admin=cfg.gateway.admin)
        except Permanent as error:
            raise ConfigError([f"{cfg.path.name}: gateway.shadow: {error}"])
        return
    with store.main.read() as conn:
        began = shadowing.since(conn)
    if began is not None:
        told = f"this database is in shadow mode since {began:%Y-%m-%d}"
        remedy = "write shadow = true, or end it for good: gateway db end-shadow"
        raise ConfigError([f"{cfg.path.name}: gateway.shadow: {told}; {remedy}"])


def open_site_store(cfg: Config) -> Store:
    """The store of a site, as every process opens its own."""
    return open_store(cfg.database.url, cfg.gateway.data_dir, raw_inline_max=cfg.limits.raw_inline_max)


# ---- the processes -------------------------------------------------------------------------------------------------


def _supervise(cfg: Config, site: Site, ports: Ports) -> Ended:
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    news_read, news_write = os.pipe()
    os.set_blocking(news_read, False)
    os.set_blocking(news_write, False)
    beats = Heartbeats(ROLES)
    worker = Child("worker", partial(_worker, cfg, site, beats, wake_read, news_write))
    intake = Child("intake", partial(_intake, cfg, site, ports, beats, wake_write, news_read))
    return supervise(worker, intake, beats, patience=cfg.limits.stop_within.total_seconds() + KILL_MARGIN)


# ---- intake --------------------------------------------------------------------------------------------------------


def _intake(cfg: Config, site: Site, ports: Ports, beats: Heartbeats, wake_fd: int, news_fd: int) -> None:
    asyncio.run(_take_in(cfg, site, ports, beats, wake_fd, news_fd))
    log.stopped("intake")


async def _take_in(cfg: Config, site: Site, ports: Ports, beats: Heartbeats, wake_fd: int, news_fd: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    store = open_site_store(cfg)
    committer = Spool(
        store,
        on_commit=partial(_wake, wake_fd),
        min_free=cfg.limits.min_free,
        waiting_bytes_max=cfg.limits.inflight,
        duplicate_for=cfg.limits.duplicate_for,
    )
    committer.start()
    judge = recipient_judge(cfg, site.keys)
    listeners = [SmtpListener(one, cfg=cfg, spool=committer, judge=judge) for one in cfg.smtp]
    ended = threading.Event()
    pollers = [ImapPoller(one, store=store, spool=committer, cfg=cfg, stop=ended) for one in cfg.imap]
    watched = Watched(cfg, store) if cfg.metrics.listen is not None else None
    for index, listener in enumerate(listeners):
        await listener.start(ports.get(index))
    if watched is not None:
        await watched.start()
    for poller in pollers:
        poller.start()
    polls = start_polls(pollers) if pollers else None
    settings = TakingUp(cfg, site, store=store, spool=committer, listeners=listeners, pollers=pollers)
    log.ready("intake")
    beats.ready("intake")
    tasks = [
        asyncio.create_task(_watch(pollers)),
        asyncio.create_task(settings.keep_up(news_fd)),
        asyncio.create_task(settings.keep_certificates()),
        asyncio.create_task(_show_life(beats)),
    ]
    await stop.wait()
    for task in tasks:
        task.cancel()
    log.stopping("intake")
    if polls is not None:
        polls.shutdown(wait=False)
    ended.set()
    grace = cfg.limits.stop_within.total_seconds()
    if watched is not None:
        await watched.stop()
    await asyncio.gather(*(listener.stop(grace) for listener in listeners))
    await asyncio.to_thread(_join, pollers, committer)
    store.close()


async def _watch(pollers: list[ImapPoller]) -> None:
    """Cut off a poller that hangs in a server's silence; it connects anew."""
    while True:
        await asyncio.sleep(WATCH_EVERY)
        for poller in pollers:
            if poller.is_stuck:
                poller.cut()


async def _show_life(beats: Heartbeats) -> None:
    """Whoever is at the door still answers."""
    while True:
        beats.beat("intake")
        await asyncio.sleep(BEAT_EVERY)


def _join(pollers: list[ImapPoller], committer: Spool) -> None:
    for poller in pollers:
        poller.join(5.0)
    committer.stop()


def _wake(fd: int) -> None:
    try:
        os.write(fd, b".")
    except BlockingIOError:
        pass  # the other process has plenty of wake-ups waiting


# ---- worker --------------------------------------------------------------------------------------------------------


def _end(stop: threading.Event) -> None:
    """Asked to stop. A second signal inside `set` would wait for the lock that the first one holds."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stop.set()


def _calm_collector() -> None:
    """What was set up stays for good, and what a mail leaves behind has no cycles: look for some less often."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _tell_of_hanging(store: Store, site: Site, beats: Heartbeats) -> None:
    """The admin hears of a process that was found to hang, the worker itself included: we are the one after it."""
    for role in beats.untold():
        text = f"It showed no sign of life for {SILENCE:.0f} s, was killed and started anew. Nothing is lost by that."
        tell_admin(store, site, [(f"the {role} process hung", f"{text} What it did last is in the log.")])
        beats.told(role)


def _worker(cfg: Config, site: Site, beats: Heartbeats, wake_fd: int, news_fd: int) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the supervisor stops us in order
    signal.signal(signal.SIGTERM, lambda _signum, _frame: _end(stop))
    os.nice(WORKER_NICE)  # its readers inherit it
    store = open_site_store(cfg)
    spool.free_node(store, node=store.node)  # what a worker before this one held when it died
    outbox.free_node(store, node=store.node)
    limits = cfg.limits
    readers = Readers(
        count=limits.readers,
        timeout=limits.reader_time.total_seconds(),
        memory=limits.reader_memory,
        recycle=limits.reader_mails,
    )
    readers.start()  # before SIGHUP is ours: they inherit that it is ignored
    reloader = Reloader(store, site, on_change=partial(_wake, news_fd))
    signal.signal(signal.SIGHUP, lambda _signum, _frame: reloader.ask())
    reloader.start()
    worker = Worker(store, lambda: reloader.site, readers, wake_fd=wake_fd, stop=stop)
    sender = Sender(
        store,
        cfg,
        node=store.node,
        wake=worker.on_outbox,
        cfg_in_force=lambda: reloader.site.cfg,
        on_alarm=lambda alarms: tell_admin(store, reloader.site, alarms),
        on_trouble=lambda: look_for_alarms(clock, store, lambda: reloader.site),
    )
    is_shadow = cfg.gateway.shadow
    clock = start_clock(
        store,
        lambda: reloader.site,
        [
            Job(name="leases", run=worker.claims.renew, every=claims.RENEW_EVERY),
            Job(name="outbox", run=sender.look, every=LOOK_EVERY),
            Job(name="hanging", run=lambda: _tell_of_hanging(store, reloader.site, beats), every=TELL_EVERY),
            *([Job(name="shadow", run=partial(shadowing.show_life, store), every=SHADOW_EVERY)] if is_shadow else []),
        ],
        beat=lambda: beats.beat("worker"),
    )
    sender.start()
    teller = Teller(
        store,
        lambda: reloader.site,
        wake=worker.on_changed,
        on_outbox=worker.on_outbox.set,
        is_behind=lambda: worker.is_behind,
    )
    teller.start()
    if cfg.auth.agents == "token":
        log.agents_by_token()
    reloader.site.promises.prepare(now())
    _calm_collector()
    faults.hit("before_worker_ready")
    log.ready("worker")
    beats.ready("worker")
    worker.run()
    log.stopping("worker")
    clock.shutdown(wait=True)
    reloader.stop()
    teller.stop()
    sender.stop()
    readers.stop()
    if is_shadow:
        with suppress(GatewayError):  # then it is known a minute later
            shadowing.leave(store)
    store.close()
    log.stopped("worker")
