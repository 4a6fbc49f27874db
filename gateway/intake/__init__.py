"""Mail comes in: SMTP and LMTP, mailboxes, files, pipes; every way ends at the spool, and a yes follows the commit."""
