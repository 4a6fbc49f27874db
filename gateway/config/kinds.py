"""The kinds of values a key may hold, each with its own sentence for what is wrong.

A validator here turns what TOML gives into the final type and raises ValueError with a predicate ("must be ...").
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, PlainValidator, ValidationInfo

from gateway.config import units
from gateway.config.secret import Secret
from gateway.config.section import did_you_mean
from gateway.mail.value import Address as MailAddress
from gateway.tickets import duration as sla_times
from gateway.tomltext.units import duration, size

T = TypeVar("T")

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", re.ASCII)
_LABEL = r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)*{_LABEL}", re.ASCII)
# Dot-atom without `%` and `!`, which our own SMTP listener refuses as source routes.
_LOCAL = re.compile(r"[a-z0-9#$&'*+/=?^_`{|}~-]+(\.[a-z0-9#$&'*+/=?^_`{|}~-]+)*", re.ASCII | re.IGNORECASE)
_MAILBOX = re.compile(r'\s*(?:"(?P<quoted>[^"<>]*)"|(?P<name>[^"<>]*?))\s*<(?P<addr>[^<>]*)>\s*')
# Greedy to the last @: a password may hold one that nobody escaped.
PASSWORD_IN_URL = re.compile(r"(://[^/@:]*):.*@|([?&](?:ssl)?password=)[^&]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def text_of(value: object, example: str = "") -> str:
    """The value if it is a text without control characters."""
    if not isinstance(value, str):
        hint = f', such as "{example}"' if example else ""
        raise ValueError(f"must be text in quotes{hint}, not {_kind_of(value)}")
    if _CONTROL.search(value):
        raise ValueError("must not hold line breaks or control characters")
    return value


def shown(text: str) -> str:
    """A text of the file as an error may repeat it: short, without anything a terminal would obey."""
    return "".join(char if char.isprintable() else "?" for char in text[:60])


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}" if abs(value) < 1e12 else "a number"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    return "a date" if isinstance(value, date) else "this"


def _parsed(parse: Callable[[str], T], example: str) -> Callable[[object], T]:
    def check(value: object) -> T:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise ValueError(f'must be text with a unit, such as "{example}", not {_kind_of(value)}')
        return parse(text_of(value, example))

    return check


def _nonempty(value: object) -> str:
    text = text_of(value).strip()
    if not text:
        raise ValueError("must not be empty")
    return text


def _paragraphs(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text in quotes, not {_kind_of(value)}")
    if _CONTROL_BUT_LINES.search(value.replace("\r\n", "\n")):
        raise ValueError("must not hold control characters")
    return value.replace("\r\n", "\n")


def name(value: object) -> str:
    """A key the site chose: queue, agent, calendar, SLA, field, status, mailbox."""
    text = text_of(value)
    if not _NAME.fullmatch(text):
        raise ValueError(f'is no usable name: "{text[:60]}"; write lower-case letters, digits, "_" and "-", at most 40')
    return text


def language(value: object) -> str:
    text = text_of(value, "en")
    if not _LANGUAGE.fullmatch(text):
        raise ValueError(f'is no language code: "{text[:60]}"; write such as "en", "cs" or "pt-BR"')
    return text


def host(value: object) -> str:
    """A host name or an IP address, lower case."""
    text = text_of(value, "mail.acme.example").strip().lower()
    if _HOST.fullmatch(text):
        return text
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        raise ValueError(f'is no host name: "{text[:60]}"')


def addr(value: object) -> str:
    """`local@domain`, the domain lower case, the local part as written."""
    text = text_of(value, "support@acme.example").strip()
    local, at, domain = text.rpartition("@")
    if not at:
        raise ValueError(f'is no mail address: "{text[:60]}" has no @')
    if not text.isascii():
        raise ValueError(f'is no mail address we can use: "{text[:60]}"; write the domain in its xn-- form')
    domain = domain.lower()
    if not _LOCAL.fullmatch(local) or not _HOST.fullmatch(domain) or len(local) > 64 or len(text) > 254:
        raise ValueError(f'is no mail address: "{text[:60]}"')
    return f"{local}@{domain}"


def addr_key(value: object) -> str:
    return addr(value).lower()


def mailbox(value: object) -> MailAddress:
    """`support@acme.example` or `Acme Support <support@acme.example>`."""
    text = text_of(value, "Acme Support <support@acme.example>")
    match = _MAILBOX.fullmatch(text)
    if match is None:
        if "<" in text or ">" in text:
            raise ValueError(f'is no mail address: "{text[:60]}"; write "Name <local@domain>"')
        return MailAddress(addr=addr(text))
    return MailAddress(addr=addr(match["addr"]), name=(match["quoted"] or match["name"] or "").strip())


def automatic_from(value: object) -> str:
    if value == "null":
        return "null"
    try:
        return addr(value)
    except ValueError as error:
        raise ValueError(f'{error} (write "null" for the empty sender, or an address)')


def path_of(value: object, info: ValidationInfo) -> Path:
    """An absolute path; relative ones start at the folder of the file (`root` of the context)."""
    text = text_of(value, "data")
    if not text.strip():
        raise ValueError("must not be empty")
    if text.startswith("env:"):
        raise ValueError("must be a path; only secrets may come from env:NAME")
    return absolute(_root(info), text)


def _root(info: ValidationInfo) -> Path:
    return Path(info.context["root"]) if info.context else Path.cwd()


def absolute(root: Path, text: str) -> Path:
    try:
        return root / Path(text).expanduser()
    except RuntimeError:  # "~nobody" where there is no such user
        return root / text


def secret(value: object, info: ValidationInfo) -> Secret:
    """`env:NAME`, or a path as `path_of` reads it."""
    return secret_in(value, _root(info))


def secret_in(value: object, root: Path) -> Secret:
    text = text_of(value, "imap.secret")
    if text.startswith("env:"):
        variable = text.removeprefix("env:")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable, re.ASCII):
            raise ValueError('must name an environment variable after "env:", such as "env:IMAP_PASSWORD"')
        return Secret(env=variable)
    if not text.strip():
        raise ValueError("must not be empty")
    return Secret(path=absolute(root, text))


def regex_text(value: object) -> str:
    """A regular expression that compiles."""
    if not isinstance(value, str):
        raise ValueError(f"must be a regular expression in single quotes, not {_kind_of(value)}")
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is no regular expression: {error}")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where to listen: `host` and `port`, or the `unix` socket."""

    host: str = ""
    port: int = 0
    unix: Path | None = None

    @property
    def is_loopback(self) -> bool:
        return self.unix is not None or is_loopback(self.host)

    def __str__(self) -> str:
        if self.unix is not None:
            return f"unix:{self.unix}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an IP address) never leaves this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(value: object, info: ValidationInfo) -> Listen:
    text = text_of(value, "127.0.0.1:8025").strip()
    if text.startswith("unix:"):
        return Listen(unix=path_of(text.removeprefix("unix:"), info))
    where, colon, port = text.rpartition(":")
    if not colon or (":" in where and not where.startswith("[")):
        raise ValueError(f'must be "host:port", such as "127.0.0.1:8025", not "{text[:60]}"')
    if where in ("", "*"):
        raise ValueError(f'has no host; write "0.0.0.0:{port[:9]}" to listen everywhere')
    return Listen(host=host(where), port=port_of(port))


def port_of(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or int(text) > 65_535:
        raise ValueError(f'has no usable port: "{text[:20]}"; ports are 0 to 65535')
    return int(text)


def endpoint(value: object) -> Listen:
    """A server to ask: `host` or `host:port` (53 where left out)."""
    text = text_of(value, "127.0.0.1:5353").strip()
    where, colon, port = text.rpartition(":")
    if not colon or (":" in where and not where.startswith("[")):
        return Listen(host=host(text), port=53)
    return Listen(host=host(where), port=port_of(port))


def network(value: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    text = text_of(value, "10.0.0.0/8")
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f'is no IP address or network: "{text[:60]}"; write such as "127.0.0.1" or "10.0.0.0/8"')


_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where mail goes: `maildir` with a `path`; `smtp`, `smtps`, `smtp+starttls` with `host`, `port`, `user`."""

    scheme: str
    host: str = ""
    port: int = 0
    user: str = ""
    path: Path | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return f"maildir:{self.path}"
        user = f"{self.user}@" if self.user else ""
        return f"{self.scheme}://{user}{Listen(host=self.host, port=self.port)}"


def target(value: object, info: ValidationInfo) -> Target:
    text = text_of(value, "smtp://127.0.0.1:25").strip()
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if scheme == "maildir" and colon:
        return Target(scheme="maildir", path=path_of(rest.removeprefix("//"), info))
    if scheme not in _PORTS or not rest.startswith("//"):
        raise ValueError('must be "maildir:PATH", "smtp://host:25", "smtps://host" or "smtp+starttls://user@host:587"')
    try:
        url = urlsplit(f"{scheme.replace('+', '-')}:{rest}")
        port = url.port
    except ValueError:
        raise ValueError("has no usable host and port; write such as smtp://host:25")
    if url.password is not None:
        raise ValueError("must not hold a password; write it into a file and name that in delivery.password_file")
    if url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("has something after the port; write such as smtp://host:25")
    user = text_of(unquote(url.username or ""))
    where = host(url.hostname or "")
    if scheme == "smtp" and user and not is_loopback(where):
        raise ValueError("would send the password in the clear; write smtps:// or smtp+starttls://")
    return Target(scheme=scheme, host=where, port=_PORTS[scheme] if port is None else port, user=user)


def day(value: object) -> date:
    """A date of TOML, or one in quotes."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = text_of(value, "2026-12-27")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f'is no day: "{text[:60]}"; write such as "2026-12-27"')


Day = Annotated[date, PlainValidator(day)]


def timezone(value: object) -> str:
    """The name of a time zone that there is."""
    text = text_of(value, "Europe/Prague").strip()
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        from zoneinfo import available_timezones

        raise ValueError(f'is no time zone: "{text[:60]}"{did_you_mean(text, available_timezones())}')
    return text


def whole(low: int, high: int) -> Any:
    """The constraint of a whole number from `low` to `high`."""
    return Field(strict=True, ge=low, le=high)


Line = Annotated[str, PlainValidator(_nonempty)]
Text = Annotated[str, PlainValidator(_paragraphs)]
Name = Annotated[str, PlainValidator(name)]
Timezone = Annotated[str, PlainValidator(timezone)]
Language = Annotated[str, PlainValidator(language)]
Host = Annotated[str, PlainValidator(host)]
Addr = Annotated[str, PlainValidator(addr)]
AddrKey = Annotated[str, PlainValidator(addr_key)]
Mailbox = Annotated[MailAddress, PlainValidator(mailbox)]
AutomaticFrom = Annotated[str, PlainValidator(automatic_from)]
FilePath = Annotated[Path, PlainValidator(path_of)]
SecretRef = Annotated[Secret, PlainValidator(secret)]
Regex = Annotated[str, PlainValidator(regex_text)]
ListenAt = Annotated[Listen, PlainValidator(listen)]
Endpoint = Annotated[Listen, PlainValidator(endpoint)]
Network = Annotated[ipaddress.IPv4Network | ipaddress.IPv6Network, PlainValidator(network)]
DeliverTo = Annotated[Target, PlainValidator(target)]
Switch = Annotated[bool, Field(strict=True)]
Duration = Annotated[timedelta, PlainValidator(_parsed(duration, "14 days"))]
Size = Annotated[int, PlainValidator(_parsed(size, "35 MB"))]
Rates = Annotated[tuple[units.Rate, ...], PlainValidator(_parsed(units.rates, "3/h 10/day"))]
Moment = Annotated[sla_times.Moment, PlainValidator(_parsed(sla_times.moment, "80%"))]
