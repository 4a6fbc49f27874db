"""A progress bar on standard error, where that is a terminal and somebody waits."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(total: int) -> Iterator[Callable[[int, int], None]]:
    """A bar over `total` bytes, none for 0; to be called with the bytes of each step and the mails so far."""
    if not total or not sys.stderr.isatty():
        yield lambda _bytes, _mails: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.fields[mails]:,} mails"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, mails=0)
        yield lambda step, mails: bar.update(task, advance=step, mails=mails)
