"""What the sender wrote this time, apart from quotes, signatures and footers."""

from gateway.mail.reply.own_words import Split, split, without_known

__all__ = ["Split", "split", "without_known"]
