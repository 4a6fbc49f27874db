"""`gateway check` as an admin sees it."""

import json
import tomllib
from pathlib import Path

import pytest

from gateway.cli import checks
from gateway.config.load import checked, load, read
from gateway.errors import ConfigError
from gateway.site import load_site
from support.cli import gateway
from support.site import GOOD, edited, write


def notes_of(folder: Path, text: str) -> list[str]:
    document = read(write(folder, text))
    return [note.removeprefix(f"{folder}/") for note in checks.notes(document, checked(document, secrets=False))]


def test_a_good_one_is_one_line(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    done = gateway("check", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == (
        f"config.toml: 1 SMTP listener, 0 mailboxes, 2 queues, 2 agents, mail leaves by maildir:{tmp_path}/data/sent, "
        "times are by Europe/Prague: all fine\n"
    )


def test_a_pattern_of_old_numbers_that_takes_ours_is_noted(tmp_path: Path) -> None:
    takes_ours = edited('language = "en"', "language = 'en'\nold_tags = ['\\[RT #(\\d+)\\]', '#(\\d+)']")
    (note,) = [note for note in notes_of(tmp_path, takes_ours) if "old_tags" in note]
    assert "mail.old_tags[2]: matches our own [Acme #1042] too" in note


def test_it_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    gateway("check", cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_what_anybody_may_change_is_refused(tmp_path: Path) -> None:
    """One line a folder, however much is in it; and the daemon does not start on what check refuses."""
    path = write(tmp_path, GOOD)
    for name in ("rules", "templates"):
        (tmp_path / name).mkdir(mode=0o755)
    for number in range(3):
        (tmp_path / "rules" / f"{number}.toml").touch()
        (tmp_path / "rules" / f"{number}.toml").chmod(0o666)
    path.chmod(0o666)
    (tmp_path / "templates").chmod(0o777)
    done = gateway("check", cwd=tmp_path)
    told = [
        f"{path}: anybody on this machine may change it: chmod o-w {path}",
        f"{tmp_path}/rules: anybody on this machine may change 3 of what is in it: chmod -R o-w {tmp_path}/rules",
        f"{tmp_path}/templates: anybody on this machine may change it: chmod o-w {tmp_path}/templates",
    ]
    assert (done.returncode, [line for line in done.stderr.splitlines() if "anybody on" in line]) == (78, told)
    done = gateway("run", cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()) == (78, told)


def test_what_the_machine_lacks_is_said_before_the_start(tmp_path: Path) -> None:
    write(
        tmp_path,
        edited('listen = "127.0.0.1:0"\nrole = "mx"', f'listen = "unix:{tmp_path}/nowhere/lmtp"\nrole = "lmtp"'),
    )
    done = gateway("check", cwd=tmp_path)
    assert done.returncode == 78
    assert f"smtp[1].listen: there is no folder {tmp_path}/nowhere for the socket: make it" in done.stderr
    write(tmp_path, edited('name = "acme"', 'name = "acme"\nrun_as = "no-such-user"'))
    (tmp_path / "data").mkdir(mode=0o755)
    done = gateway("check", cwd=tmp_path)
    assert done.returncode == 78
    assert 'gateway.run_as: there is no user "no-such-user" on this machine' in done.stderr
    assert f"{tmp_path}/data is open to others (mode 0755); what opens it next makes it 0700" in done.stderr


def test_a_site_that_nothing_comes_in_to_is_said(tmp_path: Path) -> None:
    text = GOOD[: GOOD.index("[[smtp]]")] + GOOD[GOOD.index("[delivery]") :]
    notes = notes_of(tmp_path, text)
    assert any("no [[smtp]] and no [[imap]]: mail comes in by gateway ingest alone" in one for one in notes)


def test_every_mistake_on_a_line_of_its_own_and_78(tmp_path: Path) -> None:
    write(tmp_path, edited('"14 days"', "14").replace('level = "info"', 'levle = "info"'))
    done = gateway("check", cwd=tmp_path)
    assert done.returncode == 78
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        'config.toml:9: mail.reopen_for: must be text with a unit, such as "14 days", not the number 14',
        'config.toml:59: log.levle: is no such key, did you mean "level"?',
    ]


def test_mistakes_in_config_do_not_hide_those_beside_it(tmp_path: Path) -> None:
    for folder in ("rules", "templates"):
        (tmp_path / folder).mkdir()
    (tmp_path / "rules" / "10-a.toml").write_text('[[rule]]\nname = "a\n')
    (tmp_path / "rules" / "20-b.toml").write_text('[[rule]]\nname = "b"\nset.queue = "nowhere"\n')  # needs config
    (tmp_path / "templates" / "acknowledgement.txt").write_text("Subject: {{ ticket.tag }}\n\n{{ tikcet.number }}\n")
    for text, first in ((edited('"14 days"', "14"), "config.toml:9: mail.reopen_for"), ("x = \n", "config.toml:1: ")):
        write(tmp_path, text)
        done = gateway("check", cwd=tmp_path)
        assert done.returncode == 78
        config, rules, templates, note = done.stderr.splitlines()
        assert config.startswith(first)
        assert rules.startswith("rules/10-a.toml:2: ")
        assert templates.startswith("templates/acknowledgement.txt:")
        assert note == (
            "rules: only its TOML was checked, because config.toml has mistakes; check again once they are mended"
        )


def test_where_the_file_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert gateway("-c", path, "check", cwd=elsewhere).returncode == 0
    assert gateway("check", "-c", path, cwd=elsewhere).returncode == 0
    assert gateway("check", cwd=elsewhere, env={"GATEWAY_CONFIG": str(path)}).returncode == 0
    done = gateway("check", cwd=elsewhere)
    assert done.returncode == 78
    assert done.stderr.startswith("config.toml: there is no such file")
    write(elsewhere, "[mail]\n")  # ./config.toml comes before the variable, -c before both
    assert gateway("check", cwd=elsewhere, env={"GATEWAY_CONFIG": str(path)}).returncode == 78
    assert gateway("check", "-c", path, cwd=elsewhere, env={"GATEWAY_CONFIG": "none"}).returncode == 0


def test_show_is_toml_without_secrets(tmp_path: Path) -> None:
    url = "postgresql+psycopg://gw:planted@db/gw"
    write(tmp_path, GOOD + '[database]\nurl = "env:PLACE"\n')
    done = gateway("check", "--show", cwd=tmp_path, env={"PLACE": url})
    assert done.returncode == 0
    shown = tomllib.loads(done.stdout)
    assert shown["gateway"]["name"] == "acme"
    assert shown["limits"]["auto_total"] == "60/min"
    assert "planted" not in done.stdout + done.stderr
    write(tmp_path, GOOD + f'[database]\nurl = "{url}"\n')
    done = gateway("check", "--show", cwd=tmp_path)
    assert done.returncode == 78
    assert "database.url: must not hold a password" in done.stderr
    assert "planted" not in done.stdout + done.stderr


def test_json(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    good = json.loads(gateway("check", "--json", "--show", cwd=tmp_path).stdout)
    assert good["ok"] is True
    assert good["problems"] == []
    assert good["settings"]["mail"]["close_after"] == "7 days"
    write(tmp_path, "x = 1\n")
    done = gateway("check", "--json", cwd=tmp_path)
    bad = json.loads(done.stdout)
    assert done.returncode == 78
    assert bad["ok"] is False
    assert any("x: is no such section" in problem for problem in bad["problems"])


def test_terminal_escapes_in_a_file_are_made_visible(tmp_path: Path) -> None:
    write(tmp_path, GOOD + '["\\u001b[31mred"]\n')
    done = gateway("check", cwd=tmp_path)
    assert done.returncode == 78
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("addition", "note"),
    [
        ('[auth]\nagents = "token"\n', "auth.agents: lets a forged From act"),
        ("[auth]\ntrust = []\n", "auth.trust: is empty: no agent's mail would act"),
        ('[auth]\ntrust = ["header:mx.acme.example"]\n', "auth.trust[1]: is believed of mail by a mailbox"),
        (
            '[auth]\ntrust = ["m365-internal"]\nm365_tenant = "8b1f3c52-7a0e-4d57-9c1a-2f6f0e9d4b11"\n',
            "auth.trust[1]: is believed of a mailbox at Microsoft 365 only",
        ),
        (
            '[[delivery.route]]\nfrom_domain = "shop.example"\nto = "maildir:data/shop"\n',
            "delivery.route[1].from_domain: names shop.example, from which none of our mail is",
        ),
        ('[[smtp]]\nlisten = "0.0.0.0:25"\n', "smtp[2].listen: has no tls_cert"),
    ],
)
def test_what_has_no_effect_yet_is_said(addition: str, note: str, tmp_path: Path) -> None:
    plain, more = notes_of(tmp_path, GOOD), notes_of(tmp_path, GOOD + addition)
    (new,) = [line for line in more if line not in plain]
    assert note in new
    assert int(new.split(":")[1]) > len(GOOD.splitlines())


def test_a_table_of_priorities_that_a_rule_leaves_nothing_to_is_said(tmp_path: Path) -> None:
    write(tmp_path, GOOD + '[[priority.row]]\ntype = "complaint"\nset = "high"\n')
    (tmp_path / "rules").mkdir()
    rules = tmp_path / "rules" / "10-all.toml"
    rules.write_text('[[rule]]\nname = "usual"\nset.priority = "normal"\n')
    done = gateway("check", cwd=tmp_path)
    assert done.returncode == 0
    assert 'rules/10-all.toml:1: rule "usual" sets the priority of every ticket' in done.stderr
    rules.write_text('[[rule]]\nname = "sometimes"\nwhen.subject = "urgent"\nset.priority = "high"\n')
    assert "sets the priority" not in gateway("check", cwd=tmp_path).stderr


def test_a_rule_on_silence_that_names_no_time_is_said(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "rules").mkdir()
    rules = tmp_path / "rules" / "10-all.toml"
    rules.write_text('[[rule]]\nname = "silence"\non = ["idle", "follow_up"]\nset.priority = "low"\n')
    assert 'rules/10-all.toml:1: rule "silence" is never asked on idle' in gateway("check", cwd=tmp_path).stderr
    rules.write_text('[[rule]]\nname = "silence"\non = "idle"\nwhen.idle.over = "7 days"\nset.priority = "low"\n')
    assert "never asked" not in gateway("check", cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("letter", "hint"),
    [("nosuch", "there are acknowledgement, "), ("notice_overdue", "there are "), ("delayd", 'did you mean "delayed"')],
)
def test_what_a_step_sends_is_a_letter_to_customers(letter: str, hint: str, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace('do = ["notify:lead"]', f'do = ["notify:lead", "reply:{letter}"]'))
    done = gateway("check", cwd=tmp_path)
    assert done.returncode == 78
    (problem,) = [line for line in done.stderr.splitlines() if "names no letter" in line]
    assert f'sla.standard.step[1].do[2]: names no letter to customers: "{letter}"' in problem
    assert hint in problem
    with pytest.raises(ConfigError, match="names no letter"):
        load_site(load(path))
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "nosuch.txt").write_text("Subject: {{ ticket.tag }} late\n\nSorry.\n")
    assert ("names no letter" in gateway("check", cwd=tmp_path).stderr) is (letter != "nosuch")


def test_rules_send_no_notice_to_customers(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "10-all.toml").write_text('[[rule]]\nname = "a"\nset.reply = "notice_overdue"\n')
    assert "notice_overdue" in gateway("check", cwd=tmp_path).stderr


def test_only_what_is_set_is_said(tmp_path: Path) -> None:
    small = '[gateway]\nname = "acme"\n[mail]\nfrom = "help@acme.example"\n[[smtp]]\nlisten = "127.0.0.1:0"\n[queues.support]\n'
    assert notes_of(tmp_path, small) == []


def test_that_nobody_hears_of_a_smarthost_that_fails_is_said(tmp_path: Path) -> None:
    text = GOOD.replace("maildir:data/sent", "smtp://relay.acme.example")
    (note,) = [note for note in notes_of(tmp_path, text) if "alarm_delivery" in note]
    assert note == (
        "config.toml:1: gateway.alarm_delivery: is not set: where the smarthost fails, no letter tells you; "
        "gateway status does"
    )
    text = text.replace("[mail]\n", 'alarm_delivery = "smtp://other.acme.example"\n[mail]\n')
    assert not [note for note in notes_of(tmp_path, text) if "alarm_delivery" in note]
    (note,) = [one for one in notes_of(tmp_path, text.replace("other", "relay")) if "alarm_delivery" in one]
    assert "is the smarthost of delivery.to" in note


def test_a_sender_that_is_none_of_ours_is_said(tmp_path: Path) -> None:
    notes = notes_of(tmp_path, edited("<support@acme.example>", "<noreply@acme.example>"))
    assert any("mail.from: is none of our addresses" in note for note in notes)


LONDON = '[calendars.night]\ntimezone = "Europe/London"\nmon-fri = "18:00-22:00"\n'


def test_by_whose_clock_times_are_where_calendars_differ_is_said(tmp_path: Path) -> None:
    (note,) = [note for note in notes_of(tmp_path, GOOD + LONDON) if "timezone" in note]
    assert "mail.timezone: is not set, and the calendars have several" in note
    assert "by Europe/Prague, that of calendars.office" in note
    named = GOOD.replace('language = "en"', 'language = "en"\ntimezone = "Europe/London"')
    assert not [note for note in notes_of(tmp_path, named + LONDON) if "timezone" in note]
    assert not [note for note in notes_of(tmp_path, GOOD + LONDON.replace("London", "Prague")) if "timezone" in note]


def test_a_list_that_nobody_gets_is_said(tmp_path: Path) -> None:
    daily = '[digest]\ncron = "0 7 * * mon-fri"\n'
    (note,) = [note for note in notes_of(tmp_path, GOOD + daily) if "digest" in note]
    assert "digest: names times, but nobody gets the list" in note
    wished = GOOD.replace('notify = ["new", ', 'notify = ["digest", "new", ')
    assert not [note for note in notes_of(tmp_path, wished + daily) if "digest" in note]


def test_every_not_yet_place_is_a_key_of_the_schema() -> None:
    from gateway.config import Config
    from gateway.config.problems import section_at

    for place, _ in checks.NOT_YET:
        path = place.partition("=")[0].split(".")
        section, field = section_at(Config, tuple(path))
        assert section is not None or field is not None, place
