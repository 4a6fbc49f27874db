"""What a site declares of its tickets and customers: statuses, organisations, priorities."""

from pathlib import Path

import pytest

from gateway.config import Config, load
from gateway.errors import ConfigError
from gateway.tickets.priority import Row
from support.site import GOOD, write

ORGANISATIONS = """
[organisations.big]
domains = ["big.example", "*.big.example"]
[organisations.labs]
domains = ["Labs.Big.example", "*.labs.big.example"]
"""
WRONG = [
    ("[organisations.big]\ndomains = []\n", "organisations.big.domains: is empty"),
    ("[organisations.big]\n", "organisations.big.domains: is missing"),
    ('[organisations.big]\ndomains = ["a b"]\n', "organisations.big.domains[1]: is no host name"),
    ('[organisations.big]\ndomains = ["x.example"]\nsla = "standrad"\n', 'did you mean "standard"'),
    ('[organisations.big]\ndomains = ["x.example"]\nagents = ["carl"]\n', 'did you mean "carol"'),
    (
        '[organisations.a]\ndomains = ["x.example"]\n[organisations.b]\ndomains = ["X.example"]\n',
        "organisations.b.domains[1]: belongs to organisation a already",
    ),
    ('[statuses.lost]\nlike = "on_hodl"\n', 'did you mean "on_hold"'),
    ('[statuses.lost]\nlike = "on_hold"\nmoves = ["opne"]\n', "statuses.lost.moves[1]: names a status that does not"),
    (
        "".join(
            f'[statuses.{one}]\nmoves = ["closed"]\n'
            for one in ("new", "open", "waiting", "on_hold", "resolved", "closed")
        )
        + '[statuses.lost]\nlike = "on_hold"\n',
        "statuses.lost: can never be reached",
    ),
    (
        '[agents.eve]\naddresses = ["eve@acme.example"]\nleft = true\n[sla.other]\nresolution = "4 h"\n'
        '[[sla.other.step]]\nof = "resolution"\nat = "80%"\ndo = ["notify:eve"]\n',
        "sla.other.step[1].do[1]: names eve, who has left",
    ),
    ('[[priority.row]]\ntype = "problem"\n', "priority.row[1].set: is missing"),
    ('[[priority.row]]\ntype = "problm"\nset = "high"\n', 'did you mean "problem"'),
    ('[[priority.row]]\nseen = 0\nset = "high"\n', "priority.row[1].seen: must be at least 1"),
    ('[priority]\nby = "aera"\n', 'did you mean "area"'),
    ('[categories]\nvalues = ["a/b/c"]\n', "is no area"),
]


def loaded(folder: Path, more: str) -> Config:
    return load(write(folder, GOOD + more), secrets=False)


@pytest.mark.parametrize(("more", "told"), WRONG)
def test_mistakes(more: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, more)
    assert told in "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("address", "organisation"),
    [
        ("ann@big.example", "big"),
        ("Ann@BIG.example", "big"),
        ("ann@de.big.example", "big"),
        ("ann@labs.big.example", "labs"),
        ("ann@x.labs.big.example", "labs"),
        ("ann@notbig.example", None),
        ("ann@big.example.org", None),
        ("", None),
    ],
)
def test_whose_people_they_are(address: str, organisation: str | None, tmp_path: Path) -> None:
    assert loaded(tmp_path, ORGANISATIONS).organisation_for(address) == organisation


def test_statuses_and_their_labels(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        '[statuses.lost]\nlike = "closed"\nlabels = { en = "Lost", cs = "Ztraceno" }\n'
        '[statuses.waiting]\nmoves = ["lost"]\nlabels = { cs = "Čeká" }\n',
    )
    assert config.status_table.ended == ("lost",)
    assert config.status_table.names[-1] == "lost"
    assert not config.status_table.may_move("waiting", "open")
    shown = [
        config.status_label(*one) for one in (("lost", "cs"), ("lost", "de"), ("waiting", "cs"), ("on_hold", "cs"))
    ]
    assert shown == ["Ztraceno", "Lost", "Čeká", "on hold"]


def test_the_table_of_priorities(tmp_path: Path) -> None:
    config = loaded(tmp_path, '[[priority.row]]\nimpact = "blocking"\nseen = 2\nset = "urgent"\n')
    assert config.priority_rows == (Row(priority="urgent", impact="blocking", seen=2),)
    assert config.counts_seen
    assert not loaded(tmp_path, "").counts_seen


def test_what_a_step_does_is_read_with_blanks(tmp_path: Path) -> None:
    step = '[sla.other]\nresolution = "4 h"\n[[sla.other.step]]\nof = "resolution"\nat = "80%"\n'
    step += 'every = "1 business day"\ntimes = 2\ndo = ["notify: carol", "tag : late", " priority: +1 "]\n'
    cfg = loaded(tmp_path, step)
    assert cfg.sla["other"].step[0].do == ("notify:carol", "tag:late", "priority:+1")
