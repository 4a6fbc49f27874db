"""One run over one folder: which mails there are, how each is to be treated, and what is still open."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from gateway.intake.imap_session import Look, Waiting
from gateway.store.imap import Place


class Treatment(StrEnum):
    """What becomes of a mail in a folder."""

    TAKE = "take"
    QUIET = "quiet"  # taken, and filed without acknowledgements
    LEAVE = "leave"  # recorded as seen


class Run:
    """What one run has to do and has done. `again`: the folder of processed mail is read, and nothing is filed."""

    def __init__(self, *, place: Place, look: Look, treat: Callable[[Waiting], Treatment], again: bool = False) -> None:
        self.place = place
        self.look = look
        self.treat = treat
        self.again = again
        self.open: set[int] = set()  # uids
        self.taken = 0
        self.left_alone = 0
        self._next = look.uid_next

    def begin(self, uids: Sequence[int], known: set[int]) -> None:
        """These lie in the folder, ascending, of which `known` need nothing."""
        self.open = {uid for uid in uids if uid not in known}
        if uids:
            self._next = max(self._next, uids[-1] + 1)

    def resolved(self, uids: Iterable[int]) -> None:
        self.open.difference_update(uids)

    def uid_next(self) -> int:
        """Nothing below it needs looking at."""
        return min(self.open, default=self._next)
