"""PURE. Decisions on tickets: status table, threading, guard, tokens, assignment. Clock, secrets and facts come in."""
