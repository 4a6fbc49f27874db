"""MX, DKIM, DMARC, HELO and PTR: what DNS has, what is wrong with it, and the record that would be right."""

import base64
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.cli.dns.questions import Finding, Questions, txt
from gateway.cli.dns.senders import Seen, Sending
from gateway.config import Config
from gateway.delivery.signing import Signer
from gateway.mail.header import tags
from gateway.tickets.authentication import Policy, is_aligned, read_policy
from gateway.verify.suffixes import organisation


def mx(cfg: Config, domain: str, ask: Questions) -> Finding:
    """Whether mail to a domain finds a server. Raises Unanswered."""
    found = sorted(_preference(value.decode()) for value in ask.values(domain, "MX"))
    publish = [f"{domain}. IN MX 10 {cfg.mail.host}."]
    if not found:
        addresses = ask.addresses(domain)
        but = f"; senders try {', '.join(addresses)} instead, the domain's own address" if addresses else ""
        return Finding(check="MX", name=domain, problem=f"no server takes mail for it{but}", publish=publish)
    if any(host in ("", ".") for _, host in found):
        told = "its null MX (RFC 7505) says that it takes no mail"
        return Finding(check="MX", name=domain, problem=told, publish=publish)
    saw, lost = [], []
    for preference, host in found:
        addresses = ask.addresses(host)
        saw.append(f"{preference} {host}: {', '.join(addresses) or 'no address'}")
        if not addresses:
            lost.append(host)
    problem = f"{', '.join(lost)} has no address: publish one, or take the MX out" if lost else ""
    return Finding(check="MX", name=domain, saw=saw, problem=problem)


def _preference(value: str) -> tuple[int, str]:
    number, _, host = value.partition(" ")
    return int(number), host.rstrip(".").lower()


# ---- DKIM ----------------------------------------------------------------------------------------------------------


def dkim(sending: Sending, signer: Signer, ask: Questions) -> Finding:
    """Whether the key we sign with is the published one (RFC 6376 section 3.6.1). Raises Unanswered."""
    name = f"{sending.route.way.dkim_selector}._domainkey.{sending.domain}"
    records = [value.decode("utf-8", "replace") for value in ask.values(name, "TXT")]
    ours = signer.public
    problem = ""
    if not records:
        place = sending.route.place
        problem = f"the public key of {place}.dkim_key is not published, so nobody can check our signatures"
    elif len(records) > 1:
        problem = f"there are {len(records)} records, of which receivers take any: leave one"
    else:
        problem = _differs(records[0], ours)
    shown = [record if len(record) <= 120 else f"{record[:117]}..." for record in records]
    return Finding(check="DKIM", name=name, saw=shown, problem=problem, publish=[txt(name, ours)] if problem else [])


def provider_dkim(sending: Sending, seen: Seen, ask: Questions) -> Finding:
    """Whether the provider that sends for us signs in our name, as far as DNS tells. Raises Unanswered."""
    names = [f"{selector}._domainkey.{sending.domain}" for selector in seen.selectors]
    found = [name for name in names if any(b"p=" in value for value in ask.values(name, "TXT"))]
    if found:
        return Finding(check="DKIM", name=found[0], saw=["the provider signs for this domain"])
    if names:
        off = "the provider does not sign for this domain: switch DKIM on there, it names the records to publish"
        return Finding(check="DKIM", name=names[0], problem=off)
    unknown = "whether the provider signs for this domain cannot be told from here: it names its selectors"
    return Finding(check="DKIM", name=sending.domain, saw=[unknown])


def _differs(record: str, ours: str) -> str:
    published, own = tags.parse(record), tags.parse(ours)
    assert own is not None
    if published is None or published.get("v", "DKIM1") != "DKIM1" or "p" not in published:
        return "it is no DKIM key"
    if not published["p"]:
        return "the key is revoked: p= is empty"
    if published.get("k", "rsa") != own["k"] or _bytes(published["p"]) != _bytes(own["p"]):
        return "another key is published than the one we sign with"
    is_testing = "y" in re.split(r"\s*:\s*", published.get("t", ""))
    return "it says t=y (testing), so receivers treat our mail as unsigned" if is_testing else ""


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()))
    except ValueError:
        return text.encode()


# ---- DMARC ---------------------------------------------------------------------------------------------------------


def dmarc(cfg: Config, domain: str, ask: Questions) -> tuple[Finding, Policy | None]:
    """The policy that holds for a domain, its own or its registered domain's (RFC 7489). Raises Unanswered."""
    above = organisation(domain)
    for owner in dict.fromkeys((domain, above or domain)):
        name = f"_dmarc.{owner}"
        records = ask.texts(name, "v=DMARC1")
        if not records:
            continue
        if len(records) > 1:
            problem = f"there are {len(records)} records, so receivers use none of them: leave one"
            return Finding(check="DMARC", name=name, saw=records, problem=problem), None
        policy = read_policy(records[0], owner, of_subdomain=owner != domain)
        if policy is None:
            wrong = "it has no policy that receivers know"
            return Finding(check="DMARC", name=name, saw=records, problem=wrong, publish=[_wanted(cfg, name)]), None
        saw = [*records, f"policy {policy.policy}"]
        if "rua=" not in records[0].lower():
            saw.append(f"no rua: nobody hears of mail that fails; add rua=mailto:{cfg.gateway.admin}")
        return Finding(check="DMARC", name=name, saw=saw), policy
    name = f"_dmarc.{domain}"
    none = "there is no record; large providers ask senders for one"
    return Finding(check="DMARC", name=name, problem=none, publish=[_wanted(cfg, name)]), None


def _wanted(cfg: Config, name: str) -> str:
    return txt(name, f"v=DMARC1; p=none; rua=mailto:{cfg.gateway.admin}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The `domain` that SPF asks about mail of this `kind`, and whether it `passes` there. `record` would let it pass.

    A `domain` of `""` cannot be known: the envelope sender is empty, and it is `host` that says hello.
    """

    kind: str
    domain: str
    passes: bool = False
    host: str = ""
    record: str = ""


def alignment(sending: Sending, policy: Policy | None, envelopes: Sequence[Envelope], *, signs: bool | None) -> Finding:
    """Whether our mail passes DMARC. `signs`: there is a signature of From's domain that can be checked; None: only the
    provider knows.
    """
    strict = policy is not None and policy.strict_spf
    asked = f" (its policy is {policy.policy})" if policy else ""
    saw, problems, publish = [], [], []
    for one in envelopes:
        can_align = bool(one.domain) and is_aligned(one.domain, sending.domain, organisation, strict=strict)
        by = (["DKIM"] if signs else []) + (["SPF"] if one.passes and can_align else [])
        otherwise = "aligned if the provider signs" if signs is None else "not aligned"
        told = f"envelope domain {one.domain}" if one.domain else f"empty envelope, SPF is asked of {one.host}'s HELO"
        saw.append(f"{one.kind}: {'aligned by ' + ' and '.join(by) if by else otherwise} ({told})")
        if by or signs is None:
            continue
        problems.append(f"{one.kind} would fail DMARC{asked}: {_lacks(one, sending, can_align=can_align)}")
        if can_align and one.record:
            publish.append(one.record)
    if problems:
        problems.append(f"or sign as {sending.domain}: set dkim_key and dkim_selector of {sending.route.place}")
    name = f"{sending.domain} by {sending.route.name}"
    return Finding(check="alignment", name=name, saw=saw, problem="; ".join(problems), publish=publish)


def _lacks(one: Envelope, sending: Sending, *, can_align: bool) -> str:
    """Why SPF does not stand for this mail, and what would mend it."""
    if not one.domain:
        return (
            f"its envelope sender is empty, so SPF is asked about the name by which {one.host} says hello, which is "
            f"not known here; write automatic_from with an address of {sending.domain}"
        )
    if not can_align:
        return f"its envelope domain {one.domain} is not aligned with {sending.domain}"
    return f"the SPF record of {one.domain} does not let it pass"


# ---- HELO and PTR --------------------------------------------------------------------------------------------------


def helo(name: str, ways: Sequence[Seen], ask: Questions) -> Finding:
    """Whether the name we give is an address, and the address has that name. Raises Unanswered."""
    addresses = ask.addresses(name)
    if not addresses:
        lost = "the name by which we say hello has no address in DNS"
        record = f"{name}. IN A <the public address of this host>"
        return Finding(check="HELO", name=name, problem=lost, publish=[record])
    saw, wrong, publish = [f"addresses: {', '.join(addresses)}"], [], []
    ours = list(dict.fromkeys(ip for one in ways if one.is_ours for ip in one.ips))
    for ip in ours:
        pointer, names = ipaddress.ip_address(ip).reverse_pointer, _pointers(ip, ask)
        saw.append(f"PTR of {ip}: {', '.join(names) or 'none'}")
        if name not in names:
            wrong.append(f"{ip} has another name than {name}" if names else f"{ip} has no PTR")
            publish.append(f"{pointer}. IN PTR {name}.")
    theirs = list(dict.fromkeys(ip for one in ways if not one.is_ours for ip in one.ips))
    if any(not one.is_ours for one in ways):
        saw.append("the server that mail leaves by has a name of its own, which is what receivers see")
    saw += [f"PTR of {ip}, which is that server's matter: {', '.join(_pointers(ip, ask)) or 'none'}" for ip in theirs]
    problem = f"{'; '.join(wrong)}: ask whoever gave you the address for the record" if wrong else ""
    return Finding(check="HELO", name=name, saw=saw, problem=problem, publish=publish)


def _pointers(ip: str, ask: Questions) -> list[str]:
    found = ask.values(ipaddress.ip_address(ip).reverse_pointer, "PTR")
    return [value.decode().rstrip(".").lower() for value in found]
