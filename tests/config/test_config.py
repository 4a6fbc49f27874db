"""What a good configuration gives: types, defaults, paths, the questions asked of it, and the shipped file."""

import pickle
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path

import pytest

from gateway.config import Budget, Config, Target, load
from gateway.config.problems import inner, keys
from gateway.config.schema_delivery import DomainWay
from gateway.config.section import Section
from gateway.config.show import effective, masked
from gateway.errors import Temporary
from gateway.mail.value import Address
from support.site import GOOD, edited, write

SHIPPED = Path(__file__).parents[2] / "config.toml"
SMALLEST = '[gateway]\nname = "acme"\n[mail]\nfrom = "help@acme.example"\n[queues.support]\n'


def test_only_three_sections_are_required(tmp_path: Path) -> None:
    config = load(write(tmp_path, SMALLEST))
    assert config.addresses() == {"help@acme.example": "support"}
    assert config.mail.host == "acme.example"
    assert config.mail.subject_tag == "Acme"
    assert config.gateway.admin == "postmaster@acme.example"
    assert config.gateway.secret_file.path == tmp_path / "data/secret"
    assert config.database.url == f"sqlite:///{tmp_path}/data/gateway.db"
    assert config.delivery.to == Target(scheme="maildir", path=tmp_path / "data/sent")
    assert config.smtp == config.imap == ()
    assert config.queues["support"].title == "support"


def test_types(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    assert config.mail.from_ == Address(addr="support@acme.example", name="Acme Support")
    assert config.mail.reopen_for == timedelta(days=14)
    assert config.smtp[0].max_size == 35 << 20
    assert (config.smtp[0].listen.host, config.smtp[0].listen.port) == ("127.0.0.1", 0)
    assert [rate.count for rate in config.limits.auto_per_address] == [3, 10]
    assert config.sla["standard"].resolution == {
        "urgent": Budget(time=timedelta(hours=4)),
        "normal": Budget(business_days=2),
    }
    assert config.root == tmp_path
    assert config.rules_dir == tmp_path / "rules"


def test_what_follows_from_data_dir(tmp_path: Path) -> None:
    config = load(write(tmp_path, SMALLEST.replace('"acme"', '"acme"\ndata_dir = "/var/lib/gw"', 1)))
    assert config.database.url == "sqlite:////var/lib/gw/gateway.db"
    assert config.gateway.secret_file.path == Path("/var/lib/gw/secret")
    assert config.delivery.to.path == Path("/var/lib/gw/sent")


def test_a_relative_path_to_the_file_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, SMALLEST)
    monkeypatch.chdir(tmp_path)
    config = load(Path("config.toml"))
    assert config.path == tmp_path / "config.toml"
    assert config.gateway.data_dir == tmp_path / "data"


@pytest.mark.parametrize(
    ("address", "queue"),
    [
        ("support@acme.example", "support"),
        ("SUPPORT@Acme.Example", "support"),
        ("support+abc@acme.example", "support"),
        ("support+a+b@acme.example", "support"),
        ("eu+desk@acme.example", "billing"),
        ("eu+desk+token@acme.example", "billing"),
        ("help@acme.example", "support"),
        ("eu@acme.example", None),
        ("supporter@acme.example", None),
        ("support@other.example", None),
        ("+@acme.example", None),
        ("support", None),
        ("", None),
    ],
)
def test_whose_address_it_is(address: str, queue: str | None, tmp_path: Path) -> None:
    text = edited('"billing@acme.example" = "billing"', '"eu+desk@acme.example" = "billing"')
    text = text.replace('lead = "carol"', 'lead = "carol"\naddresses = ["Help@acme.example"]')
    config = load(write(tmp_path, text))
    assert config.queue_for(address) == queue
    assert config.is_ours(address) is (queue is not None)


def test_whose_agents_address_it_is(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    assert config.agent_for("Carol@acme.example") == "carol"
    assert config.agent_for("carol+x@acme.example") is None


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("smtp://relay.example:2525", Target(scheme="smtp", host="relay.example", port=2525)),
        ("smtp://relay.example", Target(scheme="smtp", host="relay.example", port=25)),
        ("smtps://relay.example", Target(scheme="smtps", host="relay.example", port=465)),
        ("smtp+starttls://bo%40x.example@relay.example", Target(
            scheme="smtp+starttls", host="relay.example", port=587, user="bo@x.example")),
        ("smtp://[::1]:26", Target(scheme="smtp", host="::1", port=26)),
        ("maildir:/var/mail/out", Target(scheme="maildir", path=Path("/var/mail/out"))),
    ],
)  # fmt: skip
def test_where_mail_goes(text: str, target: Target, tmp_path: Path) -> None:
    password = '\npassword_file = "env:HOME"' if "@" in text else ""
    config = load(write(tmp_path, edited('"maildir:data/sent"', f'"{text}"{password}')))
    assert config.delivery.to == target


def test_mailboxes(tmp_path: Path) -> None:
    (tmp_path / "imap.secret").write_text("hunter2\n")
    (tmp_path / "imap.secret").chmod(0o600)
    login = 'user = "support@acme.example"\npassword_file = "imap.secret"\n'
    text = (
        f'{GOOD}[[imap]]\nhost = "imap.acme.example"\n{login}'
        f'[[imap]]\nname = "old"\nhost = "127.0.0.1"\ntls = false\nafter = "flag:$Ticketed"\n{login}'
    )
    main, old = load(write(tmp_path, text)).imap
    assert (main.port, main.tls, main.after_kind, main.after_arg) == (993, True, "move", "Processed")
    assert (old.port, old.tls, old.after_kind, old.after_arg) == (143, False, "flag", "$Ticketed")
    assert main.password() == "hunter2"
    assert "hunter2" not in repr(main)
    (tmp_path / "imap.secret").unlink()
    with pytest.raises(Temporary, match="cannot read the secret file"):
        main.password()


def test_database_url_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GW_DB", "postgresql://gw:hunter2@db/gw")
    config = load(write(tmp_path, f'{GOOD}[database]\nurl = "env:GW_DB"\n'))
    assert config.database.url == "postgresql+psycopg://gw:hunter2@db/gw"


def test_hours_of_a_calendar(tmp_path: Path) -> None:
    text = edited("mon-fri = ", 'fri = "09:00-15:00"\nsat-sun = ""\nwed-thu = "22:00-24:00"\nmon-fri = ')
    office = load(write(tmp_path, text)).calendars["office"]
    assert office.hours(0) == ((time(9), time(12, 30)), (time(13), time(17, 30)))
    assert office.hours(3) == ((time(22), time(0)),)
    assert office.hours(4) == ((time(9), time(15)),)
    assert office.hours(5) == ()


def test_frozen_and_to_be_sent_to_another_process(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    with pytest.raises(ValueError, match="frozen"):
        config.mail.language = "cs"
    again = pickle.loads(pickle.dumps(config))
    assert again == config
    assert again.path == config.path
    assert again.queue_for("support@acme.example") == "support"


def test_light_to_import() -> None:
    code = "import sys, gateway.config; print(*sorted({'rich','holidays','sqlalchemy','rapidfuzz','regex'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SHIPPED.parent)
    assert done.stdout.strip() == ""


# ---- the shipped file ----------------------------------------------------------------------------------------------


def uncommented(text: str) -> str:
    """The shipped file with every key and heading that is commented out brought to life."""
    return re.sub(r"(?m)^# (?=\[|[a-z0-9_]+ = )", "", text)


def sections(
    model: type[Section], data: object, path: str = ""
) -> Iterator[tuple[str, type[Section], dict[str, object]]]:
    """Every section of the schema with the first table of its kind in the data."""
    assert isinstance(data, dict), f"{path} is not in the file"
    yield path, model, data
    for name, field in keys(model).items():
        section, shape = inner(field.annotation)
        value = data.get(name)
        if section is None or isinstance(value, str):
            continue
        if shape == "table" and value is None and name == "oauth":  # shown once, under [imap.oauth]
            continue
        table = value
        if shape == "array":
            table = value[0] if isinstance(value, list) else None
        elif shape == "tables":
            table = next(iter(value.values())) if isinstance(value, dict) else None
        if section is DomainWay:  # shown under [delivery], but for what is its own
            assert isinstance(table, dict)
            table = {**data, **table}
        yield from sections(section, table, f"{path}.{name}" if path else name)


def test_the_shipped_file_loads_and_is_what_the_design_shows() -> None:
    config = load(SHIPPED, secrets=False, thorough=True)
    assert set(config.queues) == {"support", "billing"}
    assert set(config.agents) == {"carol", "dave"}
    assert set(config.sla) == {"standard"}
    assert str(config.smtp[0].listen) == "127.0.0.1:8025"
    assert config.database.url.startswith("sqlite:////")
    assert config.delivery.to.scheme == "maildir"


def test_every_key_stands_in_the_shipped_file_and_every_example_in_it_is_right() -> None:
    data = tomllib.loads(uncommented(SHIPPED.read_text()))
    for path, model, table in sections(Config, data):
        missing = [name for name in keys(model) if name not in table and name not in ("days", "oauth")]
        assert not missing, f"[{path}] lacks {missing}"
    Config.model_validate(data, context={"root": SHIPPED.parent})


def test_the_limits_it_shows_are_the_defaults() -> None:
    data = tomllib.loads(uncommented(SHIPPED.read_text()))
    for section in ("limits", "log"):
        model, _ = inner(keys(Config)[section].annotation)
        assert model is not None
        for name, field in keys(model).items():
            assert data[section][name] == field.default, f"{section}.{name}"


def test_every_line_of_it_is_explained() -> None:
    for line in SHIPPED.read_text().splitlines():
        if re.match(r"(# )?[a-z_]+ = ", line) and not line.startswith(("title", "name", "agents", "lead", "sla", "of", "at", "do",
            "addresses", "# host", "# user", "# client", "resolution")):  # fmt: skip
            assert "#" in line.removeprefix("# "), line
        assert len(line) <= 120


def test_every_key_has_a_doc() -> None:
    def walk(model: type[Section]) -> Iterator[tuple[str, str | None]]:
        for name, field in keys(model).items():
            yield f"{model.__name__}.{name}", field.description
            section, _ = inner(field.annotation)
            if section is not None:
                yield from walk(section)

    assert [name for name, doc in walk(Config) if not doc or not doc.endswith((".", "..."))] == []


# ---- --show --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [GOOD, SMALLEST, SHIPPED.read_text()], ids=["good", "smallest", "shipped"])
def test_shown_settings_are_a_configuration_of_the_same_effect(text: str, tmp_path: Path) -> None:
    first = load(write(tmp_path, text), secrets=False)
    shown = effective(tomllib.loads(text))
    again = load(write(tmp_path, shown), secrets=False)
    assert again == first


def test_defaults_are_marked_in_what_is_shown() -> None:
    shown = effective(tomllib.loads(GOOD)).splitlines()
    assert 'language = "en"' in shown
    assert 'close_after = "7 days"  # default' in shown
    assert "[auth]" in shown
    assert "# dns is not set" in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://gw:p@ss:w@db/gw", "postgresql+psycopg://gw:(secret)@db/gw"),
        ("postgresql+psycopg://gw@db/gw?password=x&port=1", "postgresql+psycopg://gw@db/gw?password=(secret)&port=1"),
        ("postgresql+psycopg://gw@db:5432/gw", "postgresql+psycopg://gw@db:5432/gw"),
        ("sqlite:///data/gateway.db", "sqlite:///data/gateway.db"),
        ("maildir:data/sent", "maildir:data/sent"),
    ],
)
def test_passwords_in_urls_are_hidden(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_secrets_are_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "imap.secret").write_text("planted-1")
    (tmp_path / "imap.secret").chmod(0o600)
    monkeypatch.setenv("PLANTED", "planted-2")
    text = edited('"maildir:data/sent"', '"smtps://u@relay.example"\npassword_file = "env:PLANTED"') + (
        '[[imap]]\nhost = "imap.acme.example"\nuser = "u"\npassword_file = "imap.secret"\n'
    )
    config = load(write(tmp_path, text))
    # What is refused is shown all the same, where somebody asks what is wrong.
    shown = effective(tomllib.loads(f'{text}[database]\nurl = "postgresql+psycopg://gw:planted-3@db/gw"\n'))
    assert config.delivery.password() == "planted-2"
    assert "planted" not in shown.replace("env:PLANTED", "")
    assert "gw:(secret)@db" in shown
    assert 'password_file = "imap.secret"  # (secret)' in shown
