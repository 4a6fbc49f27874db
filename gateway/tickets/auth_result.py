"""What is known of who wrote a mail: one value, kept as JSON beside the mail, shown by `explain` and `auth probe`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Result(StrEnum):
    """What a method gave (RFC 8601 section 2.7)."""

    NONE = "none"
    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spf:
    """May `ip` send for `domain` (RFC 7208)? `identity` is `mailfrom` or `helo`; both are `""` where nobody asked.

    `why` is the reason in words; `is_aligned`: the domain is that of From, as its DMARC record wants it.
    """

    result: Result = Result.NONE
    domain: str = ""
    identity: str = ""
    ip: str = ""
    is_aligned: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One DKIM signature. `weak` says why a signature that is good proves nothing to us, `""` where it does."""

    result: Result
    domain: str = ""
    selector: str = ""
    is_aligned: bool = False
    weak: str = ""
    why: str = ""

    @property
    def proves(self) -> bool:
        return self.result is Result.PASS and self.is_aligned and not self.weak


@dataclass(frozen=True, slots=True, kw_only=True)
class Dmarc:
    """RFC 7489: `domain` is where the record stands, `policy` what it asks for (`none quarantine reject`)."""

    result: Result = Result.NONE
    domain: str = ""
    policy: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """What a server in front of us says in Authentication-Results, and whether that proves the sender."""

    server: str
    proves: bool
    said: tuple[str, ...] = ()  # `dkim=pass acme.example`
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthResult:
    """The evidence and the verdict. `from_problem` says why no address may be believed, `""` where From is strict.

    `proofs` is every source that proves the sender (`dkim`, `spf`, `submission`, `header:HOST`, `m365-internal`),
    trusted or not; `by` the first of them that `[auth] trust` names, `""` where none does. `temporary`: another try
    may find a proof that DNS kept from us now.
    """

    from_addr: str = ""
    from_problem: str = ""
    spf: Spf = Spf()
    dkim: tuple[Signed, ...] = ()
    dmarc: Dmarc = Dmarc()
    vouched: tuple[Vouched, ...] = ()
    proofs: tuple[str, ...] = ()
    by: str = ""
    temporary: bool = False
    notes: tuple[str, ...] = ()  # for people, in the order of the checks

    @property
    def verified(self) -> bool:
        """From is proved by a source the site trusts: B of an agent's authority."""
        return bool(self.by)

    @property
    def is_strict(self) -> bool:
        """There is one From with one address that no reader reads otherwise."""
        return bool(self.from_addr) and not self.from_problem

    @property
    def failed(self) -> bool:
        """Nobody may rely on From: it is not strict, or its domain asks that mail like this be not believed."""
        if self.by:
            return False
        is_forbidden = self.dmarc.result is Result.FAIL and self.dmarc.policy in ("quarantine", "reject")
        return is_forbidden or not self.is_strict

    @property
    def standing(self) -> str:
        """What rules see as `auth`: `pass fail none temperror permerror`."""
        if self.by or self.dmarc.result is Result.PASS or {"dkim", "spf"} & set(self.proofs):
            return Result.PASS
        if not self.is_strict:
            return Result.PERMERROR
        if self.dmarc.result is not Result.NONE:
            return self.dmarc.result
        return Result.TEMPERROR if self.temporary else Result.NONE

    def to_json(self) -> dict[str, Any]:
        """Everything, and what the properties say; `from_json` reads it back."""
        return {
            "verified": self.verified,
            "by": self.by,
            "standing": str(self.standing),
            "from": self.from_addr,
            "from_problem": self.from_problem,
            "proofs": list(self.proofs),
            "temporary": self.temporary,
            "spf": _plain(self.spf),
            "dkim": [_plain(one) for one in self.dkim],
            "dmarc": _plain(self.dmarc),
            "vouched": [_plain(one) for one in self.vouched],
            "notes": list(self.notes),
        }


def _plain(value: Spf | Signed | Dmarc | Vouched) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name in value.__slots__:
        one = getattr(value, name)
        plain[name] = list(one) if isinstance(one, tuple) else str(one) if isinstance(one, Result) else one
    return plain


def from_json(stored: Mapping[str, Any]) -> AuthResult | None:
    """What `to_json` wrote; None where nothing was (`{}`: the mail was not verified)."""
    if not stored:
        return None
    return AuthResult(
        from_addr=stored["from"],
        from_problem=stored["from_problem"],
        spf=Spf(**_typed(stored["spf"])),
        dkim=tuple(Signed(**_typed(one)) for one in stored["dkim"]),
        dmarc=Dmarc(**_typed(stored["dmarc"])),
        vouched=tuple(Vouched(**_typed(one)) for one in stored["vouched"]),
        proofs=tuple(stored["proofs"]),
        by=stored["by"],
        temporary=stored["temporary"],
        notes=tuple(stored["notes"]),
    )


def _typed(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: Result(value) if name == "result" else tuple(value) if isinstance(value, list) else value
        for name, value in stored.items()
    }
