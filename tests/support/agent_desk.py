"""Customers and agents of a desk: mails as their clients write them, and what was delivered to each."""

from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from sqlalchemy import select

from gateway.config import load
from gateway.mail import Mail
from gateway.now import now
from gateway.site import load_site
from gateway.store import tables
from gateway.telling.teller import tell_all
from gateway.tickets.auth_result import AuthResult
from support.desk import Desk


def proved(mail: Mail) -> AuthResult:
    """Everybody is who they say."""
    addr = mail.from_.addr if mail.from_ else ""
    return AuthResult(from_addr=addr, by="dkim", proofs=("dkim",)) if addr else AuthResult(from_problem="none")


def unproved(mail: Mail) -> AuthResult:
    """Nothing says who wrote it."""
    return AuthResult(from_addr=mail.from_.addr if mail.from_ else "")


@dataclass
class Office:
    """A desk whose mail goes round: `post` takes a mail to its end and tells whom it concerns."""

    desk: Desk
    seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.desk.auth = proved

    def post(
        self,
        sender: str,
        text: str,
        *,
        subject: str = "Printer is on fire",
        to: str = "Acme Support <support@acme.example>",
        cc: str = "",
        answers: EmailMessage | None = None,
        quote: bool = True,
        message_id: str = "",
        more: dict[str, str] | None = None,
    ) -> EmailMessage:
        """A mail as most clients write it: the text, and below it what is answered, quoted."""
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"], mail["To"] = sender, to
        if cc:
            mail["Cc"] = cc
        mail["Date"] = format_datetime(now())
        mail["Message-ID"] = message_id or make_msgid(domain=sender.rpartition("@")[2].strip(">"))
        if answers is not None:
            subject = f"Re: {str(answers['Subject']).removeprefix('Re: ')}"
            mail["In-Reply-To"] = answers["Message-ID"]
            mail["References"] = f"{answers['References'] or ''} {answers['Message-ID']}".strip()
            part = answers.get_body(("plain",))
            if quote and part is not None:
                quoted = "\n".join(f"> {line}" for line in part.get_content().splitlines())
                text = f"{text}\n\nOn Fri, 27 Nov 2026 at 10:00, {answers['From']} wrote:\n{quoted}\n"
        mail["Subject"] = subject
        for name, value in (more or {}).items():
            mail[name] = value
        mail.set_content(text)
        self.send(mail)
        return mail

    def send(self, mail: EmailMessage) -> None:
        sender = str(mail["From"]).rpartition("<")[2].strip("> ")
        self.desk.take_in(bytes(mail), mail_from=sender)
        self.desk.work()
        self.tell()

    def tell(self) -> None:
        """Write the letters about what happened."""
        site = load_site(load(self.desk.config))
        while tell_all(self.desk.store, site):
            pass

    def mails(self, address: str, kind: str = "") -> list[EmailMessage]:
        """Everything written to an address, oldest first."""
        mail, data = tables.mail, tables.mail_out
        sent = (
            select(mail.c.id, mail.c.kind, data.c.data)
            .join(data, data.c.mail_id == mail.c.id)
            .where(mail.c.direction == "out", mail.c.recipient == address)
            .order_by(mail.c.id)
        )
        with self.desk.store.main.read() as conn:
            rows = conn.execute(sent).all()
        return [message_from_bytes(row.data, policy=policy.default) for row in rows if not kind or row.kind == kind]  # type: ignore[misc]

    def kinds(self, address: str) -> list[str]:
        mail = tables.mail
        sent = select(mail.c.kind).where(mail.c.direction == "out", mail.c.recipient == address).order_by(mail.c.id)
        with self.desk.store.main.read() as conn:
            return list(conn.execute(sent).scalars())

    def last(self, address: str) -> EmailMessage:
        return self.mails(address)[-1]

    def ticket(self, number: int) -> dict[str, object]:
        with self.desk.store.main.read() as conn:
            row = conn.execute(select(tables.ticket).where(tables.ticket.c.number == number)).one()
        return dict(row._mapping)

    def articles(self, number: int) -> list[tuple[str, str, str]]:
        at = tables.article.c
        with self.desk.store.main.read() as conn:
            rows = conn.execute(select(at.direction, at.author, at.text).where(at.ticket == number).order_by(at.id))
            return [tuple(row) for row in rows]

    def states(self) -> list[tuple[str, str]]:
        with self.desk.store.spool.read() as conn:
            return [
                tuple(r)
                for r in conn.execute(select(tables.spool.c.state, tables.spool.c.reason).order_by(tables.spool.c.id))
            ]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return part.get_content() if part else ""
