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
    RELEASED = "released"
    KILLED_READERS = "killed_the_reader"
    RAW_MISSING = "bytes_missing"
    FAILED_THREE_TIMES = "failed_three_times"
    BY_PERSON = "person"
    BY_CLOCK = "clock"
    PROMISED_ANEW = "promised_anew"
    CANCELLED = "cancelled"
    # threading
    TOKEN_IN_ID = "token_in_message_id"
    TOKEN_IN_ADDRESS = "token_in_address"
    TOKEN_IN_MARKER = "token_in_marker"
    REFERENCE = "reference"
    SHARED_REFERENCE = "shared_reference"
    LATE_PARENT = "late_parent"
    SAME_KEY = "same_key"
    SUBJECT_NUMBER = "subject_number"
    OLD_NUMBER = "old_number"
    NOTHING_NAMED = "names_no_ticket"
    NOT_A_PARTY = "sender_not_a_party"
    NOT_SIGNED = "token_not_signed_by_us"
    UNKNOWN_MAIL = "no_mail_known_by_this_id"
    NO_SUCH_TICKET = "no_such_ticket"
    CLOSED_TOO_LONG = "closed_too_long"
    AUTH_FAILED = "authentication_failed"
    # agents' mail, beside what `leaving` and `authority` say
    REFUSED = "cannot_be_done"
    UNCLEAR_WRITER = "unclear_who_first_wrote"
    CONFIRMED = "confirmed"
    # automatic mail
    ACKNOWLEDGED = "acknowledged"
    NO_RULE_ASKED = "no_rule_asked"
    CAP_ADDRESS = "cap_per_address"
    CAP_TICKET = "cap_per_ticket"
    CAP_TOTAL = "cap_in_all"
    MUTED = "muted"
    SUSPENDED = "address_suspended"
    FOLLOW_UP = "follow_up"
    BAD_ADDRESS = "address_cannot_be_written_to"
    # authority of an agent's mail
    PROVED = "proved"
    TOKEN_ALONE = "token_alone"
    FROM_DOUBTFUL = "from_doubtful"
    NOT_THE_AGENT = "from_is_not_the_agents"
    UNVERIFIED = "sender_not_verified"
    AUTH_UNAVAILABLE = "authentication_unavailable"
    ACTED_ALREADY = "came_before"
    WRONG_DATE = "written_too_far_from_now"
    TOKEN_GOOD = "token_good"
    NO_TOKEN = "no_token"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_OF_OTHER_AGENT = "token_of_another_agent"
    TOKEN_OF_CUSTOMER = "token_of_a_customer"
    TOKEN_OF_OTHER_TICKET = "token_of_another_ticket"
    TOKENS_DISAGREE = "tokens_of_several_tickets"
    # where the text of an agent's mail goes
    ANSWERS_CONVERSATION = "answers_the_conversation"
    ANSWERS_NOTICE = "answers_another_notice"
    ANSWERED_DIRECTLY = "answered_directly"
    WROTE_TO_OTHERS = "wrote_to_others"
    FORWARDED = "forwarded"
    BY_COMMAND = "command"
    COMMANDS_ALONE = "commands_alone"
    UNKNOWN_NOTICE = "unknown_notice"
    NEWER = "something_newer"
    MISREAD = "command_misread"
    NO_TEXT = "no_text"
    # what keeps it from leaving
    UNREADABLE = "not_wholly_read"
    SEALED = "encrypted"
    QUOTE_UNCLEAR = "quote_unclear"
    LOOKS_LIKE_COMMAND = "looks_like_a_command"
    OUT_OF_OFFICE = "out_of_office"
    MAIL_ATTACHED = "mail_attached"
    SHOWS_TOKEN = "shows_a_token"
    SHOWS_ADDRESS = "shows_an_address"
    HOLDS_NOTE = "holds_a_note"
    HOLDS_INTERNAL = "holds_what_is_internal"
    HOLDS_OTHERS = "holds_words_of_others"
    NAMES_TICKET = "names_another_ticket"


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
    Reason.RELEASED: "a person took it out of quarantine",
    Reason.KILLED_READERS: "reading it killed the reader three times",
    Reason.RAW_MISSING: "its file is gone",
    Reason.FAILED_THREE_TIMES: "processing it failed three times",
    Reason.BY_PERSON: "a person says so",
    Reason.BY_CLOCK: "its time had come",
    Reason.CANCELLED: "its writer stopped it before it left",
    Reason.PROMISED_ANEW: "something else is promised now",
    Reason.TOKEN_IN_ID: "it answers a mail we signed",
    Reason.TOKEN_IN_ADDRESS: "it was sent to an address we signed",
    Reason.TOKEN_IN_MARKER: "it quotes the marker line of a mail of ours",
    Reason.REFERENCE: "it names a mail of this ticket, and its sender was party to that",
    Reason.SHARED_REFERENCE: "it names the same unseen mail as a mail of this ticket",
    Reason.LATE_PARENT: "a mail of this ticket answers it",
    Reason.SAME_KEY: "its declared source wrote of the same before",
    Reason.SUBJECT_NUMBER: "its subject names the ticket, and its sender takes part in it",
    Reason.OLD_NUMBER: "its subject has the number of the helpdesk before us, and its sender takes part in it",
    Reason.NOTHING_NAMED: "it names no ticket",
    Reason.NOT_A_PARTY: "it names a ticket, but its sender does not take part in that",
    Reason.NOT_SIGNED: "it carries what looks like a token of ours and was not signed by us",
    Reason.UNKNOWN_MAIL: "it names mails that were never seen here",
    Reason.NO_SUCH_TICKET: "it names a ticket that does not exist",
    Reason.CLOSED_TOO_LONG: "the ticket it answers was closed too long ago",
    Reason.AUTH_FAILED: "it did not come from whom it says",
    Reason.REFUSED: "a command in it cannot be carried out",
    Reason.UNCLEAR_WRITER: "it cannot be told who first wrote what was forwarded",
    Reason.CONFIRMED: "an agent said what is to become of a held mail",
    Reason.ACKNOWLEDGED: "a rule asked for it",
    Reason.NO_RULE_ASKED: "no rule asked for an answer",
    Reason.CAP_ADDRESS: "this address has had enough automatic mail for now",
    Reason.CAP_TICKET: "this ticket has caused enough automatic mail for now",
    Reason.CAP_TOTAL: "enough automatic mail left us for now",
    Reason.MUTED: "this person gets no automatic mail",
    Reason.SUSPENDED: "mail to this address kept coming back",
    Reason.FOLLOW_UP: "it belongs to a known ticket",
    Reason.BAD_ADDRESS: "its address cannot be written to",
    Reason.PROVED: "it is from whom it says, and answers a notice we sent them on this ticket",
    Reason.TOKEN_ALONE: "it answers a notice we sent them on this ticket; who sent it is not verified here",
    Reason.FROM_DOUBTFUL: "its From can be read in more than one way",
    Reason.NOT_THE_AGENT: "its From is none of the agent's addresses",
    Reason.UNVERIFIED: "nothing that this site trusts says who sent it",
    Reason.AUTH_UNAVAILABLE: "who sent it could not be looked up",
    Reason.ACTED_ALREADY: "a mail with its Message-ID has come before",
    Reason.WRONG_DATE: "its Date is not that of a mail of these days",
    Reason.TOKEN_GOOD: "it answers a notice we sent them on this ticket",
    Reason.NO_TOKEN: "it answers no notice of ours",
    Reason.TOKEN_EXPIRED: "the notice it answers is too old to give commands on",
    Reason.TOKEN_OF_OTHER_AGENT: "it answers a notice that went to another agent",
    Reason.TOKEN_OF_CUSTOMER: "it answers a mail that went to a customer",
    Reason.TOKEN_OF_OTHER_TICKET: "it answers a notice on another ticket",
    Reason.TOKENS_DISAGREE: "it carries signs of more than one ticket",
    Reason.ANSWERS_CONVERSATION: "it answers what the customer wrote",
    Reason.ANSWERS_NOTICE: "it answers a notice that is no part of the conversation",
    Reason.ANSWERED_DIRECTLY: "it went to the customer directly",
    Reason.WROTE_TO_OTHERS: "it went to somebody else, with us in copy",
    Reason.FORWARDED: "it passes on another's mail",
    Reason.BY_COMMAND: "a command in it says so",
    Reason.COMMANDS_ALONE: "there is nothing in it but commands",
    Reason.UNKNOWN_NOTICE: "it cannot be told which notice it answers",
    Reason.NEWER: "something newer arrived or left meanwhile",
    Reason.MISREAD: "a line in it could not be read as a command",
    Reason.NO_TEXT: "there is no text in it",
    Reason.UNREADABLE: "not all of it could be read",
    Reason.SEALED: "it is encrypted",
    Reason.QUOTE_UNCLEAR: "where a quote in it ends cannot be told",
    Reason.LOOKS_LIKE_COMMAND: "a line in it looks like a command or a note",
    Reason.OUT_OF_OFFICE: "it reads like an out-of-office",
    Reason.MAIL_ATTACHED: "a whole mail is attached to it",
    Reason.SHOWS_TOKEN: "it shows a token that we signed",
    Reason.SHOWS_ADDRESS: "it shows an address that the customer does not know",
    Reason.HOLDS_NOTE: "it repeats a note",
    Reason.HOLDS_INTERNAL: "it repeats what our notice says to agents alone",
    Reason.HOLDS_OTHERS: "it repeats what another customer wrote",
    Reason.NAMES_TICKET: "it names another ticket",
}


def in_words(reason: str) -> str:
    """A reason as people say it; text that is none of ours stays as it is."""
    return _WORDS[Reason(reason)] if reason in set(Reason) else reason
