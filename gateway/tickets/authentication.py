"""Who wrote this mail, as far as anything proves it: a judgement on evidence that was gathered elsewhere (T74-T88).

`judge` is the page to read. A `From` proves nothing by itself; what proves it is that its own domain signed the mail
(DKIM) or lets the sending host send (SPF), that somebody logged in, or that a server we trust says so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from gateway.mail import Mail
from gateway.mail.header import addresses, tags, verbatim
from gateway.mail.header.results import Outcome, Results
from gateway.tickets.auth_result import AuthResult, Dmarc, Result, Signed, Spf, Vouched

Organisation = Callable[[str], str]  # a domain -> the one that was registered, "" where there is none

_NOT_ASKED = Spf()
_POLICIES = ("none", "quarantine", "reject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A DMARC record: where it stands, what it asks for, and whether a subdomain counts as the domain itself."""

    domain: str
    policy: str
    strict_dkim: bool = False
    strict_spf: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was gathered of one mail; nothing in it is judged yet, so `is_aligned` is False throughout.

    `policy` is None where From's domain has no record, a Dmarc with the error where that is not known. `results` are
    the Authentication-Results that a server in front of us can have written, the topmost of each server. `spf_asked`
    is False where the sending host is unknown, so that SPF cannot have failed. `login_owns_from`: whoever logged in to
    submit this owns the address of From. `tenant`: the mail comes from inside our own tenant at Microsoft 365.
    """

    from_addr: str
    from_problem: str = ""
    spf: Spf = _NOT_ASKED
    spf_asked: bool = False
    signed: tuple[Signed, ...] = ()
    carried: tuple[tuple[str, str], ...] = ()  # domain and selector of every signature, checked or not
    policy: Policy | Dmarc | None = None
    results: tuple[Results, ...] = ()
    login_owns_from: bool = False
    tenant: bool = False


# ---- A: one strict From --------------------------------------------------------------------------------------------


def strict_from(mail: Mail, header: verbatim.Header) -> tuple[str, str]:
    """The address of From, and why it may not be believed, or `""`.

    The field is read again here, out of the bytes that signatures cover: a Mail comes from a reader that a stranger's
    mail may have broken.
    """
    if mail.from_ is None:
        return "", mail.from_problem or "missing"
    address = mail.from_.addr
    doubts = [defect for defect in mail.defects if defect.startswith(("ambiguous:", "dup_header:from"))]
    if doubts:
        return address, f"the mail can be read in more than one way ({', '.join(doubts)})"
    fields = header.all("from")
    if header.damage:
        return address, f"the header is damaged: {header.damage}"
    if len(fields) != 1:
        return address, f"{len(fields)} From lines"
    found, problem = addresses.sender([fields[0].value])
    if found is None or found.key != mail.from_.key:
        return address, problem or "From reads otherwise in the bytes of the mail"
    return address, ""


def a_label(domain: str) -> str:
    """A domain as DNS knows it (RFC 5890), in lower case; `""` where it is none."""
    if domain.isascii():
        return domain.lower()
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""


# ---- DMARC ---------------------------------------------------------------------------------------------------------


def read_policy(record: str, domain: str, *, of_subdomain: bool) -> Policy | None:
    """The policy in a TXT record, None where it is no DMARC record that can be used (RFC 7489 section 6.6.3)."""
    found = tags.parse(record)
    if found is None or found.get("v") != "DMARC1":
        return None
    policy = found.get("p", "none" if "rua" in found else "").lower()
    if of_subdomain:
        policy = found.get("sp", policy).lower()
    if policy not in _POLICIES:
        return None
    return Policy(
        domain=domain,
        policy=policy,
        strict_dkim=found.get("adkim", "r").lower() == "s",
        strict_spf=found.get("aspf", "r").lower() == "s",
    )


def is_aligned(domain: str, from_domain: str, organisation: Organisation, *, strict: bool) -> bool:
    """Are these one domain, or (unless `strict`) two below the same registered one? (RFC 7489 section 3.1)"""
    if not domain or not from_domain:
        return False
    if domain == from_domain:
        return True
    registered = "" if strict else organisation(from_domain)
    return bool(registered) and registered == organisation(domain)


def _dmarc(seen: Evidence, spf: Spf, signed: Sequence[Signed]) -> Dmarc:
    """The domain's own word on its mail; what is weak by our own measure counts here."""
    policy = seen.policy
    if policy is None:
        return Dmarc(why="the domain of From has no record")
    if isinstance(policy, Dmarc):
        return policy
    found = Dmarc(domain=policy.domain, policy=policy.policy)
    aligned = [(f"DKIM of {one.domain}", one.result) for one in signed if one.is_aligned]
    aligned += [(f"SPF of {spf.domain}", spf.result)] if spf.is_aligned else []
    for name, result in aligned:
        if result is Result.PASS:
            return replace(found, result=Result.PASS, why=name)
    for name, result in aligned:
        if result is Result.TEMPERROR:
            return replace(found, result=Result.TEMPERROR, why=f"{name} could not be checked")
    if not seen.spf_asked:
        return replace(found, why="the sending host is not known here, so SPF may have passed")
    return replace(found, result=Result.FAIL, why="neither SPF nor DKIM of its domain passed")


# ---- what others say -----------------------------------------------------------------------------------------------


def _vouched(results: Results, seen: Evidence, policy: Policy, domain: str, organisation: Organisation) -> Vouched:
    """What a server's results prove of From. A mail that carries no signature cannot have passed DKIM there (T77)."""
    said = tuple(_said(results))
    found = Vouched(server=results.server, proves=False, said=said)
    if contradiction := _contradiction(results, seen):
        return replace(found, why=contradiction)
    passed = {one.method: one for one in results.outcomes if one.result == "pass"}
    if "auth" in passed and passed["auth"].property("smtp.auth").lower() == seen.from_addr.lower():
        return replace(found, proves=True, why=f"{seen.from_addr} logged in there")
    domains = [(one, shown) for one in results.outcomes if one.result == "pass" and (shown := _domain_of(one))]
    strict = {"dkim": policy.strict_dkim, "spf": policy.strict_spf}
    for one, shown in domains:
        if one.method in strict and is_aligned(shown, domain, organisation, strict=strict[one.method]):
            return replace(found, proves=True, why=f"{one.method}=pass for {shown}")
    if "dmarc" in passed and _domain_of(passed["dmarc"]) == domain and not (results.of("spf") or results.of("dkim")):
        return replace(found, proves=True, why=f"dmarc=pass for {domain}")
    return replace(found, why=f"nothing that passed there is of {domain}")


def _contradiction(results: Results, seen: Evidence) -> str:
    """Why a field proves nothing whatever it says: what a sender smuggled into it stands beside what is true."""
    foreign = {"dkim": "smtp.", "dmarc": "smtp.", "spf": "header."}
    for one in results.outcomes:
        if any(name.startswith(foreign.get(one.method, "-")) for name, _ in one.properties):
            return f"{one.method} carries what belongs to another method"
    checked = [(_domain_of(one), one.property("header.s").lower(), one) for one in results.of("dkim")]
    if len(checked) > 1 and any(one.result == "none" for _, _, one in checked):
        return "it says that the mail is signed and that it is not"
    checked = [(signer, selector, one) for signer, selector, one in checked if one.result != "none"]
    for signer, selector, one in checked:
        if one.result == "pass" and not any(_is_of(signer, selector, carried) for carried in seen.carried):
            return f"it claims a signature of {signer or 'nobody'} that the mail does not carry"
    if len(checked) > len(seen.carried):
        return "it speaks of more signatures than the mail carries"
    failed = [(signer, selector) for signer, selector, one in checked if one.result == "fail"]
    for signer, selector, one in checked:
        if one.result == "pass" and any(
            signer == other and (selector == at or not selector or not at) for other, at in failed
        ):
            return f"it says both pass and fail of {signer}"
    for method, name in (("dmarc", ""), ("auth", ""), ("spf", "smtp.mailfrom")):
        told = [one for one in results.of(method) if not name or any(key == name for key, _ in one.properties)]
        if len(told) > 1:
            return f"it says {method} more than once"
    if any(one.result not in ("pass", "none", "bestguesspass") for one in results.of("dmarc")):
        return "DMARC did not pass there"
    return ""


def _is_of(signer: str, selector: str, carried: tuple[str, str]) -> bool:
    """Is that a result on this signature? `header.i` may name a domain below that of the signature."""
    domain, its_selector = carried
    return (signer == domain or signer.endswith(f".{domain}")) and selector in ("", its_selector)


def _domain_of(one: Outcome) -> str:
    """The domain that a result is about, `""` where it names none, or two."""
    names = {"dmarc": ("header.from",), "dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",)}
    value = next(filter(None, map(one.property, names.get(one.method, ()))), "")
    return a_label(value.rpartition("@")[2])


def _said(results: Results) -> Iterator[str]:
    for one in results.outcomes:
        names = ("header.from", "header.d", "header.i", "smtp.mailfrom", "smtp.auth")
        value = next(filter(None, map(one.property, names)), "")
        yield f"{one.method}={one.result} {value}".strip()[:200]


# ---- the judgement -------------------------------------------------------------------------------------------------


def judge(seen: Evidence, *, trust: Sequence[str], organisation: Organisation) -> AuthResult:
    """Everything known of the sender, and which source of `trust` proves it. Without a strict From nothing does."""
    domain = a_label(seen.from_addr.rpartition("@")[2])
    known = seen.policy if isinstance(seen.policy, Policy) else None
    policy = known or Policy(domain=domain, policy="none")
    spf = replace(seen.spf, is_aligned=is_aligned(seen.spf.domain, domain, organisation, strict=policy.strict_spf))
    signed = tuple(
        replace(one, is_aligned=is_aligned(one.domain, domain, organisation, strict=policy.strict_dkim))
        for one in seen.signed
    )
    vouched = tuple(_vouched(one, seen, policy, domain, organisation) for one in seen.results)
    # Where the record is not known, one that wants exact domains may be there.
    unsure = isinstance(seen.policy, Dmarc) and seen.policy.result is Result.TEMPERROR
    proofs = {} if seen.from_problem else _proofs(seen, spf, signed, vouched, domain if unsure else "")
    by = next((source for source in trust if proofs.get(source)), "")
    dmarc = _believed(_dmarc(seen, spf, signed), seen.results, vouched, trust, domain)
    return AuthResult(
        from_addr=seen.from_addr,
        from_problem=seen.from_problem,
        spf=spf,
        dkim=signed,
        dmarc=dmarc,
        vouched=vouched,
        proofs=tuple(source for source, is_sure in proofs.items() if is_sure),
        by=by,
        temporary=not by and not seen.from_problem and _may_yet(proofs, spf, signed, trust),
        notes=tuple(_notes(seen, spf, signed, dmarc, vouched)),
    )


def _proofs(
    seen: Evidence, spf: Spf, signed: Sequence[Signed], vouched: Sequence[Vouched], only: str
) -> dict[str, bool]:
    """Source -> True where it proves From, False where that depends on a record we could not get.

    `only`: the one domain that counts without that record, `""` where we have it.
    """
    found: dict[str, bool] = {}
    for one in signed:
        if one.proves:
            found["dkim"] = found.get("dkim", False) or only in ("", one.domain)
    if spf.result is Result.PASS and spf.is_aligned and spf.identity == "mailfrom":
        found["spf"] = only in ("", spf.domain)
    if seen.login_owns_from:
        found["submission"] = True
    found |= {f"header:{one.server}": True for one in vouched if one.proves and one.server}
    if seen.tenant:
        found["m365-internal"] = True
    return found


def _may_yet(proofs: dict[str, bool], spf: Spf, signed: Sequence[Signed], trust: Sequence[str]) -> bool:
    """Could a trusted source prove it once DNS answers?"""
    unsure = {source for source, is_sure in proofs.items() if not is_sure}
    unsure |= {"dkim" for one in signed if one.is_aligned and one.result is Result.TEMPERROR}
    unsure |= {"spf"} if spf.is_aligned and spf.result is Result.TEMPERROR else set()
    return bool(unsure & set(trust))


def _believed(
    ours: Dmarc, results: Sequence[Results], vouched: Sequence[Vouched], trust: Sequence[str], domain: str
) -> Dmarc:
    """Our own word on DMARC; where we could not pass it, that of a trusted server that saw the mail arrive."""
    if ours.result is Result.PASS:
        return ours
    for said, judged in zip(results, vouched, strict=True):
        if f"header:{said.server}" not in trust:
            continue
        for one in said.of("dmarc"):
            if one.result == "pass" and judged.proves:
                return replace(ours, result=Result.PASS, why=f"{said.server} says so")
            if one.result == "fail" and a_label(one.property("header.from")) == domain:
                return replace(ours, result=Result.FAIL, why=f"{said.server} says so")
    return ours


def _notes(
    seen: Evidence, spf: Spf, signed: Sequence[Signed], dmarc: Dmarc, vouched: Sequence[Vouched]
) -> Iterator[str]:
    """A line for people on each thing that was looked at."""
    yield f"From: {seen.from_problem or f'one address, {seen.from_addr}'}"
    if spf.domain:
        whose = f"{spf.domain}{'' if spf.is_aligned else ', not the domain of From,'} from {spf.ip}"
        yield f"SPF {spf.result}: {whose} ({spf.why})"
    else:
        yield f"SPF none: {spf.why or 'not asked'}"
    if not signed:
        yield "DKIM none: the mail is not signed"
    for one in signed:
        whose = f"{one.domain or 'nobody'}{'' if one.is_aligned or not one.domain else ', not the domain of From'}"
        why = "; ".join(filter(None, (one.why, f"proves nothing: {one.weak}" if one.weak else "")))
        yield f"DKIM {one.result}: {whose}{f' ({why})' if why else ''}"
    asks = f"; policy {dmarc.policy} at _dmarc.{dmarc.domain}" if dmarc.policy else ""
    yield f"DMARC {dmarc.result}: {dmarc.why}{asks}"
    for told in vouched:
        verb = "proves it" if told.proves else "does not prove it"
        yield f"header {told.server or 'without an id'} {verb}: {told.why} [{'; '.join(told.said) or 'says nothing'}]"
    if seen.login_owns_from:
        yield "submission: whoever sent it logged in as the owner of From"
    if seen.tenant:
        yield "Microsoft 365: it comes from inside our own tenant"
