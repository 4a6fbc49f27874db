"""Tickets of another helpdesk, out of its export (rt, zammad, osticket) or out of an archive of mail (archive).

A reader makes `old` values of what it finds, `mapping` says what queues, agents and statuses are called here, `survey`
looks before anything is written, `writing` writes. Nobody is written to by any of it.
"""
