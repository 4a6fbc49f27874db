"""Whom a note names."""

import pytest

from gateway.tickets.mentions import mentioned

AGENTS = {"carol": "Carol Reyes", "dave": "Dave Okafor", "dave2": "", "jo.ann": "Joanna"}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("@carol please look", ["carol"]),
        ("please, @Carol!", ["carol"]),
        ("(@carol)", ["carol"]),
        ("ask @dave.", ["dave"]),
        ("@dave2 knows", ["dave2"]),
        ("@Dave Okafor and @carol reyes", ["carol", "dave"]),
        ("@Carol\nReyes", ["carol"]),
        ("@jo.ann", ["jo.ann"]),
        ("@joanna,@carol", ["carol", "jo.ann"]),
        ("write to carol@acme.example", []),
        ("support@dave.example", []),
        ("@dave.example is a domain", []),
        ("@davenport", []),
        ("@@carol", []),
        ("carol should know", []),
        ("@nobody", []),
        ("", []),
    ],
)
def test_an_agent_is_named_by_key_or_by_whole_name(text: str, keys: list[str]) -> None:
    assert mentioned(text, AGENTS) == keys
