"""The text of a mail: which parts are shown, and from bytes to letters in any charset and format."""
