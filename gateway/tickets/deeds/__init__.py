"""What commands do to a ticket, as values: a look at the ticket and an argument in, an Effect out.

Permanent says why a thing cannot be done. One file a kind: `fields`, `moves` (status), `dates`, `people`.
"""
