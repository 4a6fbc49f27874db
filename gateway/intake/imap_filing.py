"""What the server is asked to do with a mail once we have it: move it, flag it, delete it; and never more than that."""

from collections.abc import Sequence

from gateway import faults, log
from gateway.config import Imap
from gateway.intake.imap_errors import Refused
from gateway.intake.imap_session import ImapSession, Look
from gateway.store import Store, imap
from gateway.store.imap import Place

OVERSIZE = "Oversize"  # the folder of mails that could not be taken
KEYWORD = "$Ticketed"  # where `after` says move, and the server can neither move nor remove single mails
_AT_ONCE = 1000


class Filing:
    """Files the mails of one mailbox, after their commit. What the server refuses is tried again later."""

    def __init__(self, account: Imap, store: Store) -> None:
        self._account = account
        self._store = store
        self.behind = True  # committed mails may wait to be filed
        self._target_ready = False
        self._may_be_noted = True  # that the server does not file: another process may have noted it

    def begin(self) -> None:
        """A new connection: what the last one left undone is looked for."""
        self.behind = True
        self._target_ready = False
        self._may_be_noted = True

    def catch_up(self, session: ImapSession, look: Look, place: Place) -> None:
        """File what was committed and not filed: the program or the connection ended in between (T33)."""
        if not self.behind:
            return
        self.behind = False
        uids = imap.unfiled(self._store, place)
        for start in range(0, len(uids), _AT_ONCE):
            self.file(session, look, place, uids[start : start + _AT_ONCE])
        if not self.behind and self._may_be_noted:
            imap.all_filed(self._store, place)
            self._may_be_noted = False

    def file(self, session: ImapSession, look: Look, place: Place, uids: Sequence[int]) -> None:
        """Do what `after` says with exactly these mails, and record it."""
        faults.hit("before_imap_move")
        try:
            self.put_away(session, look, uids)
        except Refused as exc:
            self.behind = self._may_be_noted = True  # so the next sweep tries again, and says how it went
            imap.not_filed(self._store, place, str(exc))
            log.imap_not_filed(place.account, place.folder, mails=len(uids), error=str(exc))
            return
        faults.hit("after_imap_move")
        imap.filed(self._store, place, uids)

    def put_away(self, session: ImapSession, look: Look, uids: Sequence[int]) -> None:
        """The server's part of `file`: nothing where the mailbox is only read. Raises Refused."""
        if session.is_readonly:
            return
        kind, argument = self._account.after_kind, self._account.after_arg
        if kind == "delete":
            session.delete(uids)
        elif kind == "move" and _moves(session):
            if not self._target_ready:
                session.ensure_folder(argument)
                self._target_ready = True
            try:
                session.move(uids, argument)
            except Refused:
                self._target_ready = False  # somebody may have removed it
                raise
        elif look.keywords:
            session.flag(uids, argument if kind == "flag" else KEYWORD)
        # else: the server can do nothing of it, and the ledger alone remembers

    def aside(self, session: ImapSession) -> str:
        """The folder into which `set_aside` moves; "" where the mail stays."""
        if session.is_readonly:
            return ""
        return OVERSIZE if self._account.after_kind != "flag" and _moves(session) else ""

    def set_aside(self, session: ImapSession, look: Look, place: Place, uid: int) -> None:
        """Put a mail that we could not take where people find it; it is never deleted."""
        if session.is_readonly:
            return
        try:
            if folder := self.aside(session):
                session.ensure_folder(folder)
                session.move([uid], folder)
            elif look.keywords:
                session.flag([uid], self._account.after_arg if self._account.after_kind == "flag" else KEYWORD)
        except Refused as exc:
            log.imap_not_filed(place.account, place.folder, mails=1, error=str(exc))


def foretold(account: Imap, *, is_readonly: bool = False) -> str:
    """What becomes of the mail that lies in a folder at the very first look, in words."""
    if account.start == "new":
        return "all of it is left alone, what comes from now on becomes tickets"
    done = {
        "move": f"moved to {account.after_arg}",
        "flag": f"flagged {account.after_arg}",
        "delete": "deleted there",
    }[account.after_kind]
    then = "left where it is" if is_readonly else f"then {done}"
    return f"all of it becomes tickets, without acknowledgements, and is {then}"


def _moves(session: ImapSession) -> bool:
    return session.can_move or session.can_expunge
