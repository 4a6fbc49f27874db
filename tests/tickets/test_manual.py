"""The printed manual is the table."""

from pathlib import Path

from gateway.tickets.commands.manual import table

DOCS = Path(__file__).parents[2] / "docs" / "agents.md"


def test_the_table_for_agents_is_the_table_of_commands() -> None:
    assert DOCS.read_text().endswith(f"\n\n{table()}\n")
