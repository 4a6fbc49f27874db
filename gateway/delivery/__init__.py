"""Mail goes out: from the outbox (sender) to a mail server (smtp) or into a folder (maildir)."""
