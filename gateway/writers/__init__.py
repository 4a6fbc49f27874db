"""How each action is written: one function an action, one file a kind. `gateway.act` is the only door."""
