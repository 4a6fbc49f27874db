"""An email-to-ticket gateway: mail in, numbered tickets, answers that find their ticket."""

__version__ = "0.1.0"
