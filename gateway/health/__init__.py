"""How the gateway fares, for those who watch over it."""
