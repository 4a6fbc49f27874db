"""Who wrote this mail: SPF, DKIM, DMARC, what a trusted server says, who logged in. `evidence` is the page to read.

The one room that asks DNS; judgement on what it gathers is `gateway.tickets.authentication`. Its libraries cost half
a second and 5 MB, so each is loaded when the first mail needs it.
"""

from gateway.verify.evidence import Arrival, verify, verify_all
from gateway.verify.resolver import Resolver

__all__ = ["Arrival", "Resolver", "verify", "verify_all"]
