"""(e): a mailbox full of mail on a real Dovecot, polled until all of it is tickets and has been moved."""

import time
from pathlib import Path

from bench.mails import backlog
from bench.measures import Daemon, Scale, done, site, wait_for


def drain(folder: Path, scale: Scale, count: int) -> float:
    """Seconds from the start of the daemon until every mail is a ticket and lies in Processed."""
    from support.dovecot import PASSWORD, Dovecot

    server = Dovecot().start()
    try:
        server.fill([raw for _, raw in backlog(count)])
        more = (
            f'[[imap]]\nname = "main"\nhost = "127.0.0.1"\nport = {server.port}\ntls = false\nuser = "u1"\n'
            'password_file = "imap.secret"\nfolder = "INBOX"\nafter = "move:Processed"\nstart = "all"\n'
        )
        config = site(folder / "mailbox", scale, rules=50, more=more)
        secret = config.parent / "imap.secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        daemon = Daemon(config).start(wait=False)
        try:
            wait_for(lambda: any(line.get("role") == "intake" for line in daemon.lines), 60, "intake is ready")
            began = time.perf_counter()
            wait_for(lambda: done(daemon) >= count, 300, "all are tickets")
            wait_for(lambda: server.count("Processed") >= count, 60, "all are moved")
            taken = time.perf_counter() - began
            daemon.stop()
        finally:
            daemon.kill()
        return taken
    finally:
        server.stop()
