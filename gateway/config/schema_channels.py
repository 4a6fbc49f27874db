"""Where mail comes in, and whom we believe."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainValidator, model_validator

from gateway.config import kinds
from gateway.config.section import Section, did_you_mean, key

_FLAG = re.compile(r"[$A-Za-z0-9_.-]{1,60}", re.ASCII)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_MICROSOFT = (".office365.com", ".outlook.com", ".office365.us", ".outlook.cn")
_TRUST = ("dkim", "spf", "submission", "m365-internal")


def _after(value: object) -> str:
    text = kinds.text_of(value, "move:Processed").strip()
    kind, _, argument = text.partition(":")
    if text == "delete" or (kind == "move" and argument.strip()):
        return text
    if kind == "flag":
        if _FLAG.fullmatch(argument):
            return text
        raise ValueError('must name a keyword of letters, digits, "$", "_", "." and "-", such as "flag:$Ticketed"')
    raise ValueError(f'must be "move:FOLDER", "flag:$KEYWORD" or "delete", not "{text[:60]}"')


def _tls(value: object) -> bool | str:
    if isinstance(value, bool) or value == "starttls":
        return value if isinstance(value, bool) else "starttls"
    raise ValueError('must be true, false or "starttls"')


def _trust(value: object) -> str:
    text = kinds.text_of(value, "dkim").strip()
    if text.startswith("header:"):
        return f"header:{kinds.host(text.removeprefix('header:'))}"
    if text in _TRUST:
        return text
    guess = did_you_mean(text, _TRUST)
    raise ValueError(f'knows no "{text[:60]}"{guess or "; write " + ", ".join(_TRUST) + " or header:HOST"}')


def _tenant(value: object) -> str:
    text = kinds.text_of(value, "00000000-0000-0000-0000-000000000000").strip().lower()
    if not _GUID.fullmatch(text):
        raise ValueError(f'is no tenant id: "{text[:60]}"; write such as 8b1f3c52-7a0e-4d57-9c1a-2f6f0e9d4b11')
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _requester(value: object) -> str:
    text = kinds.text_of(value, "reply_to")
    kind, colon, pattern = text.partition(":")
    if text in ("from", "reply_to", "x_original_from"):
        return text
    if kind in ("body", "thread_key") and colon and pattern:
        return f"{kind}:{_timed(pattern)}"
    raise ValueError(
        'must be "from", "reply_to", "x_original_from", "body:REGEX" or "thread_key:REGEX"'
        + did_you_mean(text, ("reply_to", "x_original_from"))
    )


def _timed(value: object) -> str:
    """A regular expression as rules have them, searched under a time limit."""
    from gateway.rules.patterns import compile_pattern  # a quarter of a second, and most sites declare no source

    if not isinstance(value, str):
        raise ValueError("must be a regular expression in single quotes")
    compile_pattern(value)
    return value


def _pattern(value: object) -> str:
    text = kinds.text_of(value, "form@acme.example").strip().lower()
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", text):
        raise ValueError(f'is no address or pattern of one: "{text[:60]}"; write such as "*@shop.example"')
    return text


class Smtp(Section):
    """One listener."""

    listen: kinds.ListenAt = key("host:port, or unix:PATH for LMTP; port 0 takes a free one.", "127.0.0.1:8025")
    role: Literal["mx", "submission", "lmtp"] = key(
        "mx takes mail for our addresses; submission lets people of users_file in; lmtp for a local MTA.", "mx"
    )
    max_size: kinds.Size = key("The largest mail taken.", "35 MB")
    tls_cert: kinds.FilePath | None = key("The certificate (PEM, with its chain); STARTTLS is offered then.", None)
    tls_key: kinds.FilePath | None = key("Its key (PEM), readable by the gateway alone.", None)
    tls_at_once: bool | None = key("TLS from the first byte instead of STARTTLS; by default on port 465.", None)
    trusted_relays: tuple[kinds.Network, ...] = key(
        "Addresses or networks of our own MTAs: may use XCLIENT and PROXY, no limits per peer. LMTP beyond loopback is "
        "for them alone.",
        (),
    )
    bare_newlines: Literal["normalize", "reject"] = key(
        "Mail with CR or LF alone: read as a line end and flagged, or refused with 550.", "normalize"
    )
    users_file: kinds.FilePath | None = key("Who may submit, one user:argon2-hash a line; for role submission.", None)

    @property
    def is_tls_at_once(self) -> bool:
        return self.listen.port == 465 if self.tls_at_once is None else self.tls_at_once

    @property
    def is_for_relays(self) -> bool:
        """Is everybody else turned away? LMTP knows no login, and beyond loopback anybody could come."""
        return self.role == "lmtp" and not self.listen.is_loopback


class Oauth(Section):
    """How to get an access token instead of a password."""

    provider: Literal["microsoft", "google", "custom"] = key("Whose; custom needs token_url and scope.", "microsoft")
    client_id: kinds.Line = key("The id of the application.")
    client_secret_file: kinds.SecretRef | None = key("Its secret, or the JSON key of a Google service account.", None)
    client_secret_ends: kinds.Day | None = key("When the secret ends: the admin is warned a week before.", None)
    refresh_token_file: kinds.SecretRef | None = key("A refresh token, for consent given by a person.", None)
    tenant: kinds.Line = key("The tenant at Microsoft.", "common")
    token_url: kinds.Line | None = key("Where to ask for tokens, for custom.", None)
    device_url: kinds.Line | None = key("Where to ask for device codes, for custom and `gateway auth login`.", None)
    scope: kinds.Line | None = key("What to ask for, for custom.", None)


Tls = Annotated[bool | Literal["starttls"], PlainValidator(_tls)]


class Imap(Section):
    """One mailbox to poll."""

    name: kinds.Name = key('The source becomes "imap:NAME".', "main")
    host: kinds.Host = key("The server.")
    port: int = key("993, or 143 where tls is false or starttls.", 993, low=1, high=65_535)
    tls: Annotated[bool | Literal["starttls"], PlainValidator(_tls)] = key(
        'true, "starttls", or false (only on loopback).', True
    )
    ca_file: kinds.FilePath | None = key("Certificates to trust (PEM) instead of the system's.", None)
    user: kinds.Line = key("Who logs in.")
    password_file: kinds.SecretRef | None = key("The password, in a file with mode 0600, or env:NAME.", None)
    oauth: Oauth | None = key("Access tokens instead of a password.", None)
    folders: Annotated[tuple[kinds.Line, ...], BeforeValidator(_listed)] = key(
        'Where mail arrives: "INBOX", or several as ["INBOX", "Support"]. Mail in the first is told of at once (IDLE), '
        "the others are looked at every `poll`.",
        ("INBOX",),
        alias="folder",
    )
    sent: kinds.Line | None = key("The folder of sent mail: answers written by hand are recorded as ours.", None)
    after: Annotated[str, PlainValidator(_after)] = key(
        'What happens to a mail we have: "move:FOLDER", "flag:$KEYWORD" or "delete".', "move:Processed"
    )
    start: Literal["new", "all"] = key(
        "At the very first poll: only mail that comes from now on, or all that lies there, without acknowledgements.",
        "new",
    )
    poll: kinds.Duration = key("How often to look where the server cannot push (IDLE).", "30 s")
    max_size: kinds.Size = key("The largest mail fetched.", "35 MB")

    @property
    def after_kind(self) -> str:
        """`move`, `flag` or `delete`."""
        return self.after.partition(":")[0]

    @property
    def after_arg(self) -> str:
        """The folder or the keyword; `""` for `delete`."""
        return self.after.partition(":")[2].strip()

    @property
    def is_microsoft(self) -> bool:
        """A mailbox at Microsoft 365, by how we log in or by its server."""
        by_login = self.oauth is not None and self.oauth.provider == "microsoft"
        return by_login or f".{self.host}".endswith(_MICROSOFT)

    @property
    def own_address(self) -> str:
        """The account's own address, lower case; `""` where the user is no address."""
        return self.user.lower() if "@" in self.user else ""

    def password(self) -> str:
        """The password; Temporary where it cannot be read now."""
        return self.password_file.read() if self.password_file else ""


class Auth(Section):
    """Whom we believe."""

    trust: tuple[Annotated[str, PlainValidator(_trust)], ...] = key(
        'What verifies an agent: dkim, spf, submission, m365-internal, "header:HOST" (its Authentication-Results).',
        ("dkim", "spf", "submission"),
    )
    m365_tenant: Annotated[str, PlainValidator(_tenant)] | None = key(
        "The id of our tenant at Microsoft 365, for m365-internal.", None
    )
    agents: Literal["strict", "token"] = key(
        "strict: agents' mail must be verified; token: their From and our token are enough.", "strict"
    )
    token_life: kinds.Duration = key(
        "How old a notice may be for an agent's answer to it to act; older ones still find their ticket.", "90 days"
    )
    dns: kinds.Endpoint | None = key("The resolver to ask, as host:port; the system's where left out.", None)


class Source(Section):
    """Mail whose From is not the person: forms, list managers, shops, monitors."""

    from_: Annotated[str, PlainValidator(_pattern)] = key("The address, or a pattern with *.", alias="from")
    requester: Annotated[str, PlainValidator(_requester)] = key(
        "Where the person is: from, reply_to, x_original_from, body:REGEX; thread_key:REGEX groups machines' mails.",
        "from",
    )
    problem: Annotated[str, PlainValidator(_timed)] | None = key(
        "A regex: which mails of a thread_key tell of a problem; all but recoveries where left out.", None
    )
    recovery: Annotated[str, PlainValidator(_timed)] | None = key(
        "A regex: which mails of a thread_key resolve the ticket that its problem opened.", None
    )
    may: tuple[Literal["ours", "list", "flood"], ...] = key("Guards that do not apply.", ())

    @model_validator(mode="after")
    def _signals_need_a_key(self) -> "Source":
        for name in ("problem", "recovery"):
            if getattr(self, name) is not None and not self.requester.startswith("thread_key:"):
                raise ValueError(f"has {name}, which is for monitors: write requester = 'thread_key:REGEX' beside it")
        return self
