"""Agents' mail: what it may do, what it says, and doing it. `way` is the page to read.

`case` gathers everything that is known of one mail, `way` decides, `writing` and `acting` write, `held` and
`confirming` are for what may not act, `opening` for tickets opened in somebody else's name, `foretelling` for
`explain`.
"""

from gateway.agents.foretelling import Foretold, foretell
from gateway.agents.opening import finish_opening
from gateway.agents.way import AsCustomer, Later, is_agents, take
from gateway.agents.writing import Done

__all__ = ["AsCustomer", "Done", "Foretold", "Later", "finish_opening", "foretell", "is_agents", "take"]
