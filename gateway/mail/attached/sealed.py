"""Signed and encrypted mail: S/MIME (RFC 8551), PGP (RFC 3156, 9580), Microsoft's rights management (MS-OXORMMS).

What it is, and what can be read of it.

Nothing is decrypted and no signature is verified: who reads "signed" here knows that somebody says so.
"""

from dataclasses import replace

from gateway.mail import tree
from gateway.mail.attached import attachments, cms
from gateway.mail.html import Boxed
from gateway.mail.text import body, transfer
from gateway.mail.text.body import Body
from gateway.mail.tree import Part, Tree
from gateway.mail.value import PGP_SIGNATURES, SMIME_SIGNATURES

_ENVELOPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES = {
    **dict.fromkeys(PGP_SIGNATURES, "pgp signed"),
    **dict.fromkeys(SMIME_SIGNATURES, "smime signed"),
}
_ARMOUR = "-----BEGIN PGP "
_SIGNED, _SIGNATURE, _END = f"{_ARMOUR}SIGNED MESSAGE-----", f"{_ARMOUR}SIGNATURE-----", "-----END PGP SIGNATURE-----"
_ENCRYPTED = f"{_ARMOUR}MESSAGE-----"
_END_ENCRYPTED = "-----END PGP MESSAGE-----"
_RIGHTS = "application/x-microsoft-rpmsg-message"
_LOOKED_AT = 1024


def read(mail: Tree, content: Body) -> tuple[Body, str]:
    """The body of what is signed, where it was not the mail's already, and what the mail is.

    `pgp signed`, `pgp encrypted`, `smime signed`, `smime encrypted`, `microsoft encrypted`, by its parts or the armour
    in its text; or `""`.
    """
    if mail.root.type.startswith("text/") and _ARMOUR not in content.text:
        return content, ""
    content = _opened(mail, content)
    found = {_seal(mail, part) for part in mail.leaves()}
    if _ARMOUR in content.text:
        armour = {line.rstrip() for line in content.text.split("\n") if line.startswith(_ARMOUR)}
        found |= {"pgp encrypted"} if _ENCRYPTED in armour and _is_mostly_armour(content.text) else set()
        if _SIGNED in armour:
            found.add("pgp signed")
            content.text, content.boxed = without_armour(content.text), Boxed()
            content.main = without_armour(content.main)
    # Of what is both, the reader feels that it is encrypted.
    seal = min(found - {""}, key=lambda one: (one.endswith("signed"), one), default="")
    if seal:
        content.trail.append(f"sealed: {seal}")
    return content, seal


def without_armour(text: str) -> str:
    """A text without the lines of a clear signature and without its dashes before dashes (RFC 9580 section 7)."""
    if _SIGNED not in text:
        return text
    out: list[str] = []
    block: list[str] = []  # a signed text as far as it has been seen
    is_behind = False  # its text: in the signature
    for line in text.split("\n"):
        edge = line.rstrip() if line.startswith("-----") else ""
        if not block and edge != _SIGNED:
            out.append(line)
            continue
        block.append(line)
        is_behind = is_behind or edge == _SIGNATURE
        if is_behind and edge == _END:
            out += _signed_text(block)
            block, is_behind = [], False
    return "\n".join([*out, *block])


def _is_mostly_armour(text: str) -> bool:
    """Is an encrypted text all there, and more than what stands around it? Others ask what such a thing is."""
    before, _, rest = text.partition(_ENCRYPTED)
    armour, end, behind = rest.partition(_END_ENCRYPTED)
    return bool(end) and len(_ENCRYPTED + armour + end) > len(before.strip()) + len(behind.strip())


def _opened(mail: Tree, outer: Body) -> Body:
    """The body of what an opaque S/MIME signature covers, where it does; else the body as it was."""
    for part in mail.leaves():
        if _is_envelope(part) and (signed := cms.signed_content(mail.body(part)[0])) is not None:
            inner = body.read(tree.parse(signed))
            found = [replace(one, part=f"{part.path}!{one.part}") for one in inner.attachments]
            inner.attachments = [*found, *outer.attachments]
            inner.defects = [*outer.defects, *inner.defects]
            inner.trail = [*outer.trail, f"sealed: part {part.path} signed, read through", *inner.trail]
            if not inner.text.strip():
                inner.text, inner.html, inner.codec, inner.boxed = outer.text, outer.html, outer.codec, outer.boxed
            elif outer.text.strip():  # what a list has put below
                inner.main = inner.main or inner.text
                inner.text = f"{inner.text}\n{outer.text}"
            return inner
    return outer


def _signed_text(block: list[str]) -> list[str]:
    """What was signed, of a whole block: behind the first empty line, before the signature."""
    lines = [line.rstrip() for line in block]
    start = lines.index("") + 1 if "" in lines else 1
    stop = lines.index(_SIGNATURE)
    return [line.removeprefix("- ") for line in block[start:stop]]


def _seal(mail: Tree, part: Part) -> str:
    if part.type == "application/pgp-encrypted":
        return "pgp encrypted"
    if part.type in _SIGNATURES:
        return _SIGNATURES[part.type]
    if part.type == _RIGHTS or (part.type == "application/octet-stream" and _name(part).endswith(".rpmsg")):
        return "microsoft encrypted"
    if not _is_envelope(part):
        return ""
    declared = part.params.get("smime-type", "").lower()
    if declared in ("enveloped-data", "authenveloped-data"):
        return "smime encrypted"
    if declared == "signed-data":
        return "smime signed"
    head = mail.raw[part.start : min(part.end, part.start + _LOOKED_AT)]
    kind = cms.kind_of(transfer.decode(head, part.encoding)[0])
    return f"smime {kind}" if kind in ("signed", "encrypted") else ""


def _is_envelope(part: Part) -> bool:
    if part.type != "application/octet-stream":
        return part.type in _ENVELOPES
    return _name(part).endswith(".p7m")


def _name(part: Part) -> str:
    return (attachments.disposition_of(part)[1] or part.params.get("name", "")).lower()
