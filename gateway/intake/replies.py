"""Every SMTP reply we give, in one table: the texts are constants, so nothing a client or an exception says comes back.

Codes after RFC 5321 section 4.2 and RFC 3463. `4xx` is what another day may mend, `5xx` tells the sender's author.
"""

from enum import StrEnum


class Reply(StrEnum):
    """A whole reply line without its line end."""

    OK = "250 2.0.0 ok"
    SENDER_OK = "250 2.1.0 sender ok"
    RECIPIENT_OK = "250 2.1.5 recipient ok"
    SEND_DATA = "354 end with <CRLF>.<CRLF>"
    START_TLS = "220 2.0.0 start TLS"
    BYE = "221 2.0.0 bye"
    LOGGED_IN = "235 2.7.0 logged in"

    CROWDED = "421 4.7.0 too many connections, try again later"
    STRANGER = "421 4.7.1 this port is for trusted_relays alone"
    TOO_MANY_ERRORS = "421 4.7.0 too many errors"
    STOPPING = "421 4.3.2 going down, try again later"
    TIMED_OUT = "421 4.4.2 timed out"

    FAILED = "451 4.3.0 temporary failure, try again later"
    FULL = "452 4.3.1 out of space for now, try again later"
    LOGIN_LATER = "454 4.7.0 cannot check passwords for you now, try again later"
    TOO_MANY_RECIPIENTS = "452 4.5.3 too many recipients, send the rest in another mail"

    LINE_TOO_LONG = "500 5.5.2 line too long"
    UNKNOWN_COMMAND = "500 5.5.1 unknown command"
    SYNTAX = "501 5.5.4 syntax error in parameters"
    LOGIN_CANCELLED = "501 5.7.0 login cancelled"
    LOGIN_SYNTAX = "501 5.5.2 cannot read the login"
    SENDER_SYNTAX = "501 5.1.7 syntax: MAIL FROM:<address>"
    RECIPIENT_SYNTAX = "501 5.1.3 syntax: RCPT TO:<address>"
    NOT_OFFERED = "502 5.5.1 not offered here"
    HELLO_FIRST = "503 5.5.1 say EHLO first"
    LHLO_FIRST = "503 5.5.1 say LHLO first"
    MAIL_FIRST = "503 5.5.1 say MAIL first"
    RECIPIENT_FIRST = "503 5.5.1 no valid recipient"
    MAIL_TWICE = "503 5.5.1 sender already given"
    TLS_TWICE = "503 5.5.1 TLS already started"
    LOGIN_TWICE = "503 5.5.1 logged in already"
    UNKNOWN_MECHANISM = "504 5.5.4 unknown mechanism, use PLAIN or LOGIN"
    TLS_FIRST = "530 5.7.0 say STARTTLS first"
    LOGIN_FIRST = "530 5.7.0 log in first"
    LOGIN_FAILED = "535 5.7.8 wrong name or password"
    NO_MAILBOX = "550 5.1.1 no such mailbox"
    NO_RELAY = "550 5.7.1 no relaying"
    NOT_YOURS = "550 5.7.1 not your address"
    BARE_NEWLINE = "550 5.6.11 bare CR or LF in the mail"
    TOO_BIG = "552 5.3.4 mail too big"
    BAD_ADDRESS = "553 5.1.3 malformed address"
    ADDRESS_NEEDS_UTF8 = "553 5.6.7 this address needs SMTPUTF8"
    LONG_MAIL_LINE = "554 5.6.0 a line of the mail is too long"
    HOP_LOOP = "554 5.4.6 too many hops"
    UNKNOWN_PARAMETER = "555 5.5.4 unknown parameter"


def banner(host: str, protocol: str = "ESMTP") -> str:
    """The greeting: who we are, not what we run."""
    return f"220 {host} {protocol}"


def queued(spool_id: int) -> str:
    return f"250 2.0.0 queued as {spool_id}"


def duplicate(spool_id: int) -> str:
    return f"250 2.0.0 duplicate of {spool_id}"
