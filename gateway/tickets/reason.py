"""Every reason a decision may give: a closed list, stored, logged and shown by `gateway trace` and `explain`."""

from enum import StrEnum


class Verdict(StrEnum):
    ACCEPT = "accept"
    QUIET = "quiet"  # a ticket, but no automatic mail
    BOUNCE = "bounce"  # a delivery report on a mail of ours
    IGNORE = "ignore"  # a loop or a copy
    HOLD = "hold"  # want of authority
    QUARANTINE = "quarantine"


class Reason(StrEnum):
    # guard
    ORDINARY = "ordinary"
    AUTOMATIC = "automatic_mail"
    LIST = "list_mail"
    ASKS_FOR_SILENCE = "asks_for_silence"
    NULL_SENDER = "null_sender"
    OURSELVES = "from_ourselves"
    OUR_OWN_MAIL = "our_own_mail_came_back"
    NO_SENDER = "no_usable_sender"
    NO_REPLY_ADDRESS = "sender_takes_no_mail"
    IMPORTED = "imported"
    BOUNCE_OF_OURS = "bounce_of_our_mail"
    HOPS = "too_many_hops"
    COPY = "same_mail_again"
    BY_RULE = "rule"
    KILLED_READERS = "killed_the_reader"
    RAW_MISSING = "bytes_missing"
    FAILED_THREE_TIMES = "failed_three_times"
    BY_PERSON = "person"
    # threading
    TOKEN_IN_ID = "token_in_message_id"
    TOKEN_IN_ADDRESS = "token_in_address"
    TOKEN_IN_MARKER = "token_in_marker"
    REFERENCE = "reference"
    SHARED_REFERENCE = "shared_reference"
    LATE_PARENT = "late_parent"
    SUBJECT_NUMBER = "subject_number"
    NOTHING_NAMED = "names_no_ticket"
    NOT_A_PARTY = "sender_not_a_party"
    NOT_SIGNED = "token_not_signed_by_us"
    UNKNOWN_MAIL = "no_mail_known_by_this_id"
    NO_SUCH_TICKET = "no_such_ticket"
    CLOSED_TOO_LONG = "closed_too_long"
    AUTH_FAILED = "authentication_failed"
    # automatic mail
    ACKNOWLEDGED = "acknowledged"
    NO_RULE_ASKED = "no_rule_asked"
    CAP_ADDRESS = "cap_per_address"
    CAP_TICKET = "cap_per_ticket"
    CAP_TOTAL = "cap_in_all"
    MUTED = "muted"
    FOLLOW_UP = "follow_up"
    BAD_ADDRESS = "address_cannot_be_written_to"


_WORDS: dict[Reason, str] = {
    Reason.ORDINARY: "an ordinary mail",
    Reason.AUTOMATIC: "a machine wrote it",
    Reason.LIST: "it came by a mailing list",
    Reason.ASKS_FOR_SILENCE: "it asks for no automatic answer",
    Reason.NULL_SENDER: "its envelope sender is empty",
    Reason.OURSELVES: "it says it is from us",
    Reason.OUR_OWN_MAIL: "it is a mail of ours that came back",
    Reason.NO_SENDER: "it has no usable From",
    Reason.NO_REPLY_ADDRESS: "nobody reads mail to its sender",
    Reason.IMPORTED: "it was filed as old mail",
    Reason.BOUNCE_OF_OURS: "it reports on a mail of ours",
    Reason.HOPS: "it went through too many servers",
    Reason.COPY: "the same mail came by another address or way",
    Reason.BY_RULE: "a rule says so",
    Reason.KILLED_READERS: "reading it killed the reader three times",
    Reason.RAW_MISSING: "its file is gone",
    Reason.FAILED_THREE_TIMES: "processing it failed three times",
    Reason.BY_PERSON: "a person says so",
    Reason.TOKEN_IN_ID: "it answers a mail we signed",
    Reason.TOKEN_IN_ADDRESS: "it was sent to an address we signed",
    Reason.TOKEN_IN_MARKER: "it quotes the marker line of a mail of ours",
    Reason.REFERENCE: "it names a mail of this ticket, and its sender was party to that",
    Reason.SHARED_REFERENCE: "it names the same unseen mail as a mail of this ticket",
    Reason.LATE_PARENT: "a mail of this ticket answers it",
    Reason.SUBJECT_NUMBER: "its subject names the ticket, and its sender takes part in it",
    Reason.NOTHING_NAMED: "it names no ticket",
    Reason.NOT_A_PARTY: "it names a ticket, but its sender does not take part in that",
    Reason.NOT_SIGNED: "it carries what looks like a token of ours and was not signed by us",
    Reason.UNKNOWN_MAIL: "it names mails that were never seen here",
    Reason.NO_SUCH_TICKET: "it names a ticket that does not exist",
    Reason.CLOSED_TOO_LONG: "the ticket it answers was closed too long ago",
    Reason.AUTH_FAILED: "it did not come from whom it says",
    Reason.ACKNOWLEDGED: "a rule asked for it",
    Reason.NO_RULE_ASKED: "no rule asked for an answer",
    Reason.CAP_ADDRESS: "this address has had enough automatic mail for now",
    Reason.CAP_TICKET: "this ticket has caused enough automatic mail for now",
    Reason.CAP_TOTAL: "enough automatic mail left us for now",
    Reason.MUTED: "this person gets no automatic mail",
    Reason.FOLLOW_UP: "it belongs to a known ticket",
    Reason.BAD_ADDRESS: "its address cannot be written to",
}


def in_words(reason: str) -> str:
    """A reason as people say it; text that is none of ours stays as it is."""
    return _WORDS[Reason(reason)] if reason in set(Reason) else reason
