"""The language a text is in, where there is no doubt."""

from gateway.mail.language.choice import language_of

__all__ = ["language_of"]
