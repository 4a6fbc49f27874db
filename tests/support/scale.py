"""How much of a long proof is run: all of it by `make storm`, a part that shows the same by `make test`."""

import os

FULL = os.environ.get("GATEWAY_STORM") == "full"
