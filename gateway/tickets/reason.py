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
    NO_SUCH_TICKET = "no_such_ticket"
    CLOSED_TOO_LONG = "closed_too_long"
    OTHER_CONTENT = "same_id_other_content"
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
