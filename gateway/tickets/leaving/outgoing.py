"""What the customer gets of an agent's mail: the agent's words, and nothing else that the mail holds.

`outgoing` is the page to read. A mail is let through where nothing speaks against it; whatever is doubtful is withheld
and told to the agent in one line, who may send it all the same where it is theirs to say.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from textwrap import dedent

from gateway.mail import Attachment, Mail
from gateway.tickets import token
from gateway.tickets.commands import Script, Use
from gateway.tickets.commands.folding import seen
from gateway.tickets.leaving import absence, formatted, guard, typed
from gateway.tickets.leaving.guard import Told
from gateway.tickets.leaving.quoted import with_answers_within, without_notice
from gateway.tickets.leaving.runs import Runs
from gateway.tickets.leaving.signed import without_card
from gateway.tickets.reason import Reason
from gateway.tickets.script import spelling
from gateway.tickets.script.block import unescaped
from gateway.tickets.subject import NumberFormat

MAX_TEXT = 200_000  # characters

_LOSSES = ("degraded", "unparsed", "text_cut", "html_cut", "html_plain", "lossy_decode")
_MAILS = frozenset(("message/rfc822", "message/global", "application/vnd.ms-outlook", "application/ms-tnef"))
_CARDS = frozenset(("text/vcard", "text/x-vcard", "text/directory"))
_SIGNATURES = frozenset(
    (
        "application/pgp-signature",
        "application/pgp-keys",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What of the site the guard must know: how numbers are written, and our keys."""

    numbers: NumberFormat
    keys: token.Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What may leave. `html` is `""` where the formatting could not be cut out; its images are `cid:PART`.

    `attachments` are parts of the agent's mail, inline ones among them; `removed` says in words what was left behind.
    """

    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Nothing leaves. `say` tells the agent in one line what stands in the way; `may_send`: #send overrules it."""

    reason: Reason
    say: str
    may_send: bool = True


def whole(mail: Mail, script: Script, told: Told) -> Script:
    """The script with all that the agent typed for the customer, also where that stands between lines of our notice.

    What becomes of the text is to be asked of this one: a mail that seems to hold commands alone may hold answers.
    """
    if script.misread or script.use not in (Use.NOTHING, Use.REPLY) or script.call("reply") is not None:
        return script
    commands = {call.line for call in script.calls}
    text = with_answers_within(mail, script.text, commands, Runs(told.notices), Runs(told.public))
    return script if text == script.text else replace(script, text=text, use=Use.REPLY)


def outgoing(
    mail: Mail,
    text: str,
    *,
    addresses: Collection[str],
    told: Told,
    site: Site,
    overruled: Collection[Reason] = (),
) -> Outgoing | Withheld:
    """What of `mail` goes to the customer. `text`: that of its `whole` script; `addresses`: all of the agent's.

    `overruled`: reasons for which this mail was withheld before, and the agent said #send.
    """
    public, notices = Runs(told.public), Runs(told.notices)
    cut = without_notice(text[: MAX_TEXT + 1], notices, public)
    name = mail.from_.name if mail.from_ else ""
    left = dedent(without_card(cut.text, addresses, name)).strip("\n")
    hidden = told.hidden | {address.casefold() for address in addresses}
    objections = chain(
        _of_mail(mail, text, told),
        _of_rest(left, is_unclear=cut.is_unclear),
        _of_words(mail, left, told, public, hidden, site),
    )
    for objection in objections:
        if not (objection.may_send and objection.reason in overruled):
            return objection
    page = _page(mail, left, public, hidden, site)
    attachments, files = _parts(mail.attachments, page, told.files)
    removed = [f"{cut.lines} line{'' if cut.lines == 1 else 's'} of our notice"] if cut.lines else []
    removed += ["the signature"] if mail.signature or left != cut.text.strip("\n") else []
    return Outgoing(text=left, html=page.html, attachments=attachments, removed=(*removed, *files))


def _of_mail(mail: Mail, text: str, told: Told) -> Iterator[Withheld]:
    """What stands against passing on anything of a mail."""
    if len(text) > MAX_TEXT:
        say = f"it is longer than {MAX_TEXT:,} characters; send what is long as a file"
        yield Withheld(reason=Reason.UNREADABLE, say=say, may_send=False)
    if loss := next((defect for defect in mail.defects if defect.startswith(_LOSSES)), ""):
        say = f"not all of it could be read ({loss}); send it again as plain text"
        yield Withheld(reason=Reason.UNREADABLE, say=say)
    if mail.sealed and "signed" not in mail.sealed:
        yield Withheld(reason=Reason.SEALED, say="it is encrypted; send it again unencrypted", may_send=False)
    if attached := next((item for item in mail.attachments if item.type in _MAILS or item.declared in _MAILS), None):
        say = f'a whole mail is attached, "{attached.name}", which may be our notice; take it off, or #send it as it is'
        yield Withheld(reason=Reason.MAIL_ATTACHED, say=say)
    yield from _begun_wrongly(mail, text, told)


def _of_rest(text: str, *, is_unclear: bool) -> Iterator[Withheld]:
    if not text.strip():
        say = "there is no text in it beside our own notice; write a line to the customer"
        yield Withheld(reason=Reason.NO_TEXT, say=say, may_send=False)
    if is_unclear:
        say = "it cannot be told where the quoted notice ends and your answer begins; send it again without the quote"
        yield Withheld(reason=Reason.QUOTE_UNCLEAR, say=say)


def _meant_as_text(mail: Mail) -> frozenset[str]:
    r"""The lines that the agent marked as text, without the mark: of `\#close` that is `#close`."""
    lines = (line for line in mail.reply.split("\n") if spelling.ESCAPE in line)
    return frozenset(seen(plain) for line in lines if (plain := unescaped(line)) != line)


def _begun_wrongly(mail: Mail, text: str, told: Told) -> Iterator[Withheld]:
    """What is cut from a text for another reason may have been a note, and begun the mail."""
    first = seen(next(filter(str.strip, mail.text.split("\n")), ""))
    if typed.is_note(first, is_head=True):
        yield _looks_like_command(first)
    if line := typed.mistyped(next(filter(str.strip, text.split("\n")), ""), told.colleagues, _meant_as_text(mail)):
        yield _looks_like_command(line)


def _looks_like_command(line: str) -> Withheld:
    say = f'"{line}" looks like a command or a note; put that above the text as #word, or #send it as it is'
    return Withheld(reason=Reason.LOOKS_LIKE_COMMAND, say=say)


def _of_words(
    mail: Mail, text: str, told: Told, public: Runs, hidden: Collection[str], site: Site
) -> Iterator[Withheld]:
    """What stands against the words that are left."""
    if line := typed.mistyped(text, told.colleagues, _meant_as_text(mail)):
        yield _looks_like_command(line)
    if absence.is_away(mail, text):
        yield Withheld(reason=Reason.OUT_OF_OFFICE, say="it reads like an out-of-office; if you wrote it, #send it")
    for leak in guard.leaks(text, told, public, hidden=hidden, keys=site.keys, number_format=site.numbers):
        say = _SAY[leak.reason].format(what=leak.what[:120])
        yield Withheld(reason=leak.reason, say=say, may_send=leak.reason is not Reason.SHOWS_TOKEN)


_SAY = {
    Reason.SHOWS_TOKEN: "it holds {what}, which is for you alone; send it again without the quoted notice",
    Reason.HOLDS_NOTE: 'it repeats a note: "{what}"; take that out, or #send it as it is',
    Reason.HOLDS_INTERNAL: 'it repeats what our notice tells agents: "{what}"; take that out, or #send it as it is',
    Reason.HOLDS_OTHERS: 'it repeats what another customer wrote: "{what}"; take that out, or #send it as it is',
    Reason.SHOWS_ADDRESS: "it shows {what}, which the customer does not know; take that out, or #send it as it is",
    Reason.NAMES_TICKET: "it names {what}, which is not a ticket of this customer; take that out, or #send it as it is",
}


def _page(mail: Mail, text: str, public: Runs, hidden: Collection[str], site: Site) -> formatted.Formatted:
    """The formatted text; without HTML where a link or a style in that shows what the words do not."""
    parts = {item.content_id: item.part for item in mail.attachments if item.content_id and item.inline}
    page = formatted.cut_out(mail.html, text, parts)
    if guard.signed_by_us(page.html, site.keys) or guard.address_in(page.html, hidden, public):
        return formatted.Formatted(elsewhere=page.elsewhere)
    return page


def _parts(
    attachments: Sequence[Attachment], page: formatted.Formatted, files: Collection[str]
) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """The files that go along, and in words those that do not."""
    kept: list[Attachment] = []
    left: list[str] = []
    for item in attachments:
        why = _left_behind(item, page, files)
        if why:
            left.append(f"{item.name}, {why}")
        else:
            kept.append(item)
    return tuple(kept), tuple(left)


def _left_behind(item: Attachment, page: formatted.Formatted, files: Collection[str]) -> str:
    if item.type in _SIGNATURES or item.declared in _SIGNATURES:
        return "which signs the mail"
    if item.type in _CARDS or item.declared in _CARDS:
        return "a card of addresses"
    if not item.inline or item.part in page.images:
        return ""
    if item.part in page.elsewhere:
        return "an image of the signature or the quote"
    return "an image of our notice" if item.sha256 in files else ""
