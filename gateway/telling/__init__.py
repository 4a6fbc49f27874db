"""Who is told what of a ticket: agents by notices, customers by letters on progress. `teller` is the page to read.

Whatever changes a ticket leaves an announcement in the same transaction (`act`). The letters are written in one of
their own, with the announcement's end: each is told once, whatever dies in between.
"""
