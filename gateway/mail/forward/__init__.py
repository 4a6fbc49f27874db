"""Forwarded mail, inline or attached: who first wrote it, when, to whom, about what, and the covering note."""

from gateway.mail.forward.forwarded import Forward, find

__all__ = ["Forward", "find"]
