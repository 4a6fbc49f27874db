"""Agents who are gone: refused while they have open tickets, or succeeded in one step."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.config import Config, load
from gateway.errors import ConfigError
from gateway.reload import Reloader
from gateway.site import load_site
from gateway.store import Store, listing, reloads
from gateway.successors import hand_over, orphaned
from support import rows
from support.wait import wait_for
from support.whole_site import make_site

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EVE = '[agents.eve]\naddresses = ["eve@acme.example"]\n'
LEFT = EVE + "left = true\n"


def config(folder: Path, more: str) -> Config:
    return load(make_site(folder / "site", more=more), secrets=False)


def tickets(store: Store) -> None:
    with store.main.write() as conn:
        for number, values in enumerate(
            (
                {"assignee": "eve", "status": "open"},
                {"assignee": "eve", "status": "waiting"},
                {"assignee": "eve", "status": "closed"},
                {"assignee": "carol", "status": "open"},
            ),
            start=1,
        ):
            rows.ticket(conn, number, **values)
        rows.counted_to(store, conn, 4)


def assignees(store: Store) -> list[str | None]:
    return [one.assignee for one in listing.tickets(store, listing.Wanted(), at=AT)]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", "config.toml: agents.eve: is gone, and has 2 open tickets; keep [agents.eve]"),
        (LEFT, 'config.toml: agents.eve: has left, and has 2 open tickets; write successor = "NAME"'),
        (EVE, ""),
        (LEFT + 'successor = "dave"\n', ""),
    ],
)
def test_who_is_gone_with_open_tickets_is_told(store: Store, tmp_path: Path, more: str, said: str) -> None:
    tickets(store)
    found = orphaned(store, config(tmp_path, more))
    assert [line.partition(said)[1] for line in found] == ([said] if said else [])


def test_the_successor_gets_what_is_open_in_one_step(store: Store, tmp_path: Path) -> None:
    tickets(store)
    cfg = config(tmp_path, LEFT + 'successor = "dave"\n')
    assert hand_over(store, cfg, AT) == 2
    assert hand_over(store, cfg, AT) == 0
    assert assignees(store) == ["dave", "dave", "eve", "carol"]
    page = listing.page(store, 1, at=AT)
    assert page
    assert [(one.actor, one.kind, one.reason) for one in page.events] == [
        ("config", "changed", "successor"),
        ("config", "assigned", "successor"),
    ]
    assert page.events[1].data == {"assignee": "dave", "how": ["eve has left"]}
    assert orphaned(store, config(tmp_path, "")) == []


def test_who_has_left_is_no_agent_any_more(tmp_path: Path) -> None:
    cfg = config(tmp_path, LEFT)
    assert cfg.agent_for("eve@acme.example") is None
    assert "eve" not in cfg.staff
    (cfg.rules_dir / "05.toml").write_text('[[rule]]\nname = "x"\nset.assign = "eve"\n')
    with pytest.raises(ConfigError, match="eve"):
        load_site(cfg)


def test_a_running_gateway_refuses_to_forget_one_and_hands_over_when_told_to_whom(store: Store, tmp_path: Path) -> None:
    cfg = config(tmp_path, EVE)
    cfg.gateway.data_dir.mkdir()
    reloader = Reloader(store, load_site(cfg, store))
    reloader.start()
    try:
        tickets(store)
        make_site(tmp_path / "site")
        wait_for(lambda: (look := reloads.read(cfg.gateway.data_dir)) and look.problems, 30, "it is refused")
        look = reloads.read(cfg.gateway.data_dir)
        assert look
        assert "agents.eve: is gone, and has 2 open tickets" in look.problems[0]
        assert "eve" in reloader.site.cfg.agents
        assert assignees(store)[:2] == ["eve", "eve"]
        make_site(tmp_path / "site", more=LEFT + 'successor = "dave"\n')
        wait_for(lambda: assignees(store)[:2] == ["dave", "dave"], 30, "dave has them")
        make_site(tmp_path / "site")
        wait_for(lambda: "eve" not in reloader.site.cfg.agents, 30, "nothing keeps her in the file")
    finally:
        reloader.stop()
