"""The ways by which mail leaves."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from gateway.config import kinds
from gateway.config.schema_channels import Oauth
from gateway.config.section import Section, key


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Way(Section):
    """One way out: a server or a folder, and how it is used."""

    to: kinds.DeliverTo = key("maildir:PATH, smtp://host:25, smtps://host or smtp+starttls://user@host:587.")
    password_file: kinds.SecretRef | None = key("The password of the user in to.", None)
    oauth: Oauth | None = key("Access tokens instead of a password.", None)
    ca_file: kinds.FilePath | None = key("Certificates to trust (PEM) instead of the system's.", None)
    automatic_from: kinds.AutomaticFrom = key(
        'The envelope sender of automatic mail: "null", or an address where the provider refuses MAIL FROM:<>.', "null"
    )
    helo: kinds.Host | None = key("What we call ourselves there; by default mail.host.", None)
    rate: kinds.Rates = key('How much may leave, such as "30/min 2000/day"; "0" is no limit.', "0")
    connections: int = key("Connections at a time; further ones are opened while mail piles up.", 1, low=1, high=100)
    retry_for: kinds.Duration = key("How long a mail is tried before it counts as failed.", "3 days")
    notice_max: kinds.Size = key("Larger attachments are listed, not sent along, in notices.", "5 MB")
    dkim_key: kinds.SecretRef | None = key("The private key (PEM) that signs our mail.", None)
    dkim_selector: kinds.Host | None = key("Its selector in DNS.", None)

    def password(self) -> str:
        """The password; Temporary where it cannot be read now."""
        return self.password_file.read() if self.password_file else ""

    @property
    def is_server(self) -> bool:
        """Mail leaves this machine's folders."""
        return self.to.path is None


class DomainWay(Way):
    """A way out of its own for mail from some domains."""

    from_domain: Annotated[tuple[kinds.Host, ...], BeforeValidator(_listed)] = key(
        "The domain, or the domains, of the From of the mail that leaves this way."
    )


class Delivery(Way):
    """How mail leaves."""

    to: kinds.DeliverTo = key(
        "maildir:PATH, smtp://host:25, smtps://host or smtp+starttls://user@host:587. By default `sent` in data_dir.",
        "maildir:data/sent",
    )
    route: tuple[DomainWay, ...] = key("Other ways out by the domain of From, each as [[delivery.route]].", ())


def _plain(value: Any) -> Any:
    return {"to": value} if isinstance(value, str) else value


OwnWay = Annotated[Way, BeforeValidator(_plain)]
