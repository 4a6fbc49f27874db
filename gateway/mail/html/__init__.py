"""HTML to readable text, and which of its lines lie in the quote and signature containers of mail clients."""

from gateway.mail.html.page import MAX_PAGE, NOT_BOXED, Boxed, Page, to_text

__all__ = ["MAX_PAGE", "NOT_BOXED", "Boxed", "Page", "to_text"]
