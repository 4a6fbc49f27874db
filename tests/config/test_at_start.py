"""Which settings a running daemon takes up, and which wait for its next start."""

from pathlib import Path

import pytest

from gateway.config import Config, load
from gateway.config.at_start import AT_START, merged
from gateway.config.show import masked_file
from support.site import GOOD, edited, write


def loaded(folder: Path, text: str) -> Config:
    return load(write(folder, text), secrets=False)


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('listen = "127.0.0.1:0"', 'listen = "127.0.0.1:1"', "[[smtp]]"),
        ('data_dir = "data"', 'data_dir = "elsewhere"\nsecret_file = "data/secret"', "gateway.data_dir"),
        ('rate = "30/min"', 'rate = "40/min"', "delivery.rate"),
        ("[log]", '[metrics]\nlisten = "127.0.0.1:9"\n[log]', "[metrics]"),
        ("[limits]", "[limits]\nreaders = 2", "limits.readers"),
    ],
)
def test_what_is_made_at_the_start_stays_and_is_named(tmp_path: Path, old: str, new: str, name: str) -> None:
    running = loaded(tmp_path, GOOD)
    text = edited(old, new).replace('language = "en"', 'language = "cs"')
    kept, waiting = merged(loaded(tmp_path, text), running)
    assert name in waiting
    assert kept.mail.language == "cs"
    assert kept.model_copy(update={"mail": running.mail}) == running


def test_everything_else_counts_at_once(tmp_path: Path) -> None:
    running = loaded(tmp_path, GOOD)
    changed = loaded(tmp_path, edited('"billing@acme.example"', '"money@acme.example"'))
    kept, waiting = merged(changed, running)
    assert kept == changed
    assert waiting == []
    assert kept.is_ours("money@acme.example")


def test_the_names_are_those_of_settings(tmp_path: Path) -> None:
    cfg = loaded(tmp_path, GOOD)
    for path in AT_START:
        value: object = cfg
        for name in path.split("."):
            value = getattr(value, name)


def test_a_recorded_config_holds_no_password_and_is_the_same_toml_else() -> None:
    text = (
        'url = "postgresql+psycopg://me:pass/w@rd@db/x?sslpassword=abc"  # ask dba@acme.example\nfrom = "a@b.example"\n'
    )
    assert masked_file(text) == (
        'url = "postgresql+psycopg://me:(secret)@db/x?sslpassword=(secret)"  # ask dba@acme.example\nfrom = "a@b.example"\n'
    )
    assert masked_file(GOOD) == GOOD
