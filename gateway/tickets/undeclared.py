"""Mail that looks like a form's, a list's, a shop's or a monitor's and is declared as none: what to write for it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gateway.mail import Kind, Mail
from gateway.mail.header.addresses import mailboxes


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What the admin is told once about a source: `source` is its `from`, `toml` what to paste into config.toml."""

    source: str
    looks_like: str
    toml: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Monitor:
    """How one family of monitors words its subjects."""

    name: str
    subject: re.Pattern[str]
    key: str
    problem: str
    recovery: str


_MONITORS = tuple(
    _Monitor(name=name, subject=re.compile(subject), key=key, problem=problem, recovery=recovery)
    for name, subject, key, problem, recovery in (
        (
            "Nagios",
            r"\*\* (?:PROBLEM|RECOVERY|ACKNOWLEDGEMENT|FLAPPING\w*) (?:Host|Service) Alert: .+ is \w+",
            "Alert: (.+) is",
            "^\\*\\* PROBLEM",
            "^\\*\\* RECOVERY",
        ),
        (
            "Icinga",
            r"\[(?:PROBLEM|RECOVERY|ACKNOWLEDGEMENT)\] .+ is \w+",
            "^\\[\\w+\\] (.+) is",
            "^\\[PROBLEM\\]",
            "^\\[RECOVERY\\]",
        ),
        (
            "Checkmk",
            r"\*{3} (?:PROBLEM|RECOVERY|ACKNOWLEDGEMENT) \*{3} .+ is \w+",
            "\\*{3} \\w+ \\*{3} (.+) is",
            "^\\*{3} PROBLEM",
            "^\\*{3} RECOVERY",
        ),
        (
            "Zabbix",
            r"(?:Problem|Resolved in [^:]{1,40}|Updated problem in [^:]{1,40}): \S",
            "^(?:Problem|Resolved in [^:]+|Updated problem in [^:]+): (.+)",
            "^Problem:",
            "^Resolved in",
        ),
        (
            "Prometheus or Grafana",
            r"\[(?:FIRING:\d{1,5}|RESOLVED)\]\s+\S",
            "^\\[(?:FIRING:\\d+|RESOLVED)\\]\\s+(.+)",
            "^\\[FIRING",
            "^\\[RESOLVED",
        ),
        (
            "UptimeRobot",
            r"Monitor is (?:DOWN|UP): \S",
            "^Monitor is \\w+: (.+)",
            "^Monitor is DOWN",
            "^Monitor is UP",
        ),
        ("CloudWatch", r'(?:ALARM|OK): "[^"]+" in ', '^\\w+: "([^"]+)"', "^ALARM:", "^OK:"),
    )
)
# Where each buyer has an address of their own: the name of the place before the last label, or two, of the domain.
_MARKETS = re.compile(
    r"(?:.+\.)?(?:marketplace\.amazon|members\.ebay|conversations\.etsy|messages\.allegro)\.[\w.]{2,7}"
)
_MACHINES = re.compile(r"(?:nagios|icinga|zabbix|cmk|check_?mk|monit|alert|prometheus|grafana|uptime|no-?reply)", re.I)
_FORMS = re.compile(r"phpmailer|wordpress|contact form|wpforms|formspree|typeform|jotform|gravity", re.IGNORECASE)


def advice(mail: Mail, is_ours: Callable[[str], bool], is_near: Callable[[str], bool]) -> Advice | None:
    """What to declare for a mail; None where it looks like a person's, or a machine's that is well taken as it is.

    `is_ours`: is this address key one that we answer to; `is_near`: is it in a domain of ours?
    """
    if mail.from_ is None or mail.kind in (Kind.BOUNCE, Kind.AUTOREPLY, Kind.FEEDBACK):
        return None
    key = mail.from_.key
    if "'" in key or "*" in key:  # could not be pasted
        return None
    return (
        _monitor(mail, key, is_near)
        or _market(mail, key)
        or _list(mail, key, is_ours)
        or _form(mail, key, is_ours, is_near)
    )


def _monitor(mail: Mail, key: str, is_near: Callable[[str], bool]) -> Advice | None:
    found = next((one for one in _MONITORS if one.subject.match(mail.subject)), None)
    is_machine = mail.kind is not Kind.NORMAL or is_near(key) or _MACHINES.match(key)
    if found is None or not is_machine:  # a customer may write "[RESOLVED]" too
        return None
    lines = (
        f"requester = 'thread_key:{found.key}'  # what is one ticket",
        f"problem = '{found.problem}'",
        f"recovery = '{found.recovery}'  # resolves it",
    )
    return _advice(key, f"a monitor ({found.name})", *lines)


def _market(mail: Mail, key: str) -> Advice | None:
    domain = key.rpartition("@")[2]
    if not _MARKETS.fullmatch(domain):
        return None
    return _advice(f"*@{domain}", "a marketplace that writes in its buyers' names", 'may = ["list", "flood"]')


def _list(mail: Mail, key: str, is_ours: Callable[[str], bool]) -> Advice | None:
    """A list that put its own address into From, with its author's elsewhere."""
    original = mail.header("X-Original-From") or mail.header("X-Original-Sender")
    may = 'may = ["ours", "list"]' if is_ours(key) else 'may = ["list"]'
    if len(mailboxes(original[:1_000])) == 1 and mailboxes(original)[0].key != key:
        return _advice(key, "a group or list that puts its own address into From", 'requester = "x_original_from"', may)
    rewritten = mail.kind is Kind.LIST and " via " in mail.from_.name if mail.from_ else False
    if rewritten and len(mail.reply_to) == 1 and mail.reply_to[0].key != key:
        return _advice(key, "a list that puts its own address into From", 'requester = "reply_to"', may)
    return None


def _form(mail: Mail, key: str, is_ours: Callable[[str], bool], is_near: Callable[[str], bool]) -> Advice | None:
    """A program of the site's own that names a stranger in Reply-To."""
    if len(mail.reply_to) != 1 or mail.kind is Kind.LIST or is_near(mail.reply_to[0].key):
        return None
    tool = f"{mail.header('X-Mailer')} {mail.header('X-Generator')} {mail.header('User-Agent')}"
    if not (is_ours(key) or (is_near(key) and (mail.kind is Kind.AUTO or _FORMS.search(tool[:500])))):
        return None
    return _advice(key, "a web form", 'requester = "reply_to"', *(['may = ["ours"]'] if is_ours(key) else []))


def _advice(source: str, looks_like: str, *lines: str) -> Advice:
    toml = "\n".join(["[[source]]", f'from = "{source}"', *lines])
    return Advice(source=source, looks_like=looks_like, toml=toml)
