"""What each command does, for agents' mail and the command line alike. `table` maps the names to the deeds.

A deed looks at the ticket within the caller's transaction and gives an Effect, or raises Permanent with the reason.
"""

from gateway.deeds.bench import Bench, Deed
from gateway.deeds.table import DEEDS, carry_out, do

__all__ = ["DEEDS", "Bench", "Deed", "carry_out", "do"]
