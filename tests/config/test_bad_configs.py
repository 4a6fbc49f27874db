"""Every mistake is told with its line and a hint. In the table, `<<` at the end of a line marks where it stands."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import load
from gateway.config.show import toml_value
from gateway.errors import ConfigError
from support.fuzz import examples
from support.site import GOOD, edited, write

IMAP = '[[imap]]\nhost = "imap.acme.example"\nuser = "support@acme.example"\n'

# what is replaced, by what, where it is told, what is said
BAD: dict[str, tuple[str, str, str, str]] = {
    # keys and sections
    "misspelt key": ('language = "en"', 'langauge = "en"  # <<', "mail.langauge", 'did you mean "language"?'),
    "misspelt section": ("[log]", "[lgo]  # <<", "lgo", 'did you mean "log"?'),
    "key of another section": (
        'language = "en"', 'max_size = "5 MB"  # <<', "mail.max_size", "it belongs in [[smtp]]"),
    "key swallowed by the table above": (
        '"billing@acme.example" = "billing"', '"billing@acme.example" = "billing"\nsubject_tag = "Acme"  # <<',
        "mail.addresses.subject_tag", "must stand above [mail.addresses]"),
    "secret in the file": (
        'automatic_from = "null"', 'password = "hunter2"  # <<', "delivery.password", "password_file"),
    "single brackets": ("[[smtp]]", "[smtp]  # <<", "smtp", "[[smtp]] in double brackets"),
    "double brackets": ("[queues.billing]", "[[queues.billing]]  # <<", "queues.billing", "[queues.billing] in single"),
    "missing key": ("[gateway]\nname = \"acme\"", "[gateway]  # <<", "gateway.name", "is missing"),
    "missing address of an agent": (
        '[agents.dave]\naddresses = ["dave@acme.example"]', "[agents.dave]  # <<", "agents.dave.addresses", "is missing"),
    "bad name": ("[queues.billing]", '[queues."Bill ing"]  # <<', 'queues."Bill ing"', "lower-case letters"),
    # values with units
    "bare number": ('"14 days"', "14  # <<", "mail.reopen_for", 'such as "14 days", not the number 14'),
    "number without a unit": ('"14 days"', '"14"  # <<', "mail.reopen_for", '"14 days"'),
    "unknown unit": ('"14 days"', '"14 dyas"  # <<', "mail.reopen_for", "write s, min, h, days or weeks"),
    "business days outside an SLA": ('"14 days"', '"2 business days"  # <<', "mail.reopen_for", "only clocks of [sla] do"),
    "month": ('"14 days"', '"1 month"  # <<', "mail.reopen_for", "no fixed length"),
    "size without a unit": ('"35 MB"', '"35"  # <<', "smtp[1].max_size", '"35 MB"'),
    "rate": ('"3/h 10/day"', '"3 an hour"  # <<', "limits.auto_per_address", '"3/h 10/day"'),
    "share": ('"80%"', '"80"  # <<', "sla.standard.step[1].at", '"80%"'),
    "clock": ('first_response = "4 h"', 'first_response = "4 hurs"  # <<', "sla.standard.first_response", '"hurs"'),
    "clock by priority": ('urgent = "4 h", normal = "2 business days" }', 'urgnt = "4 h" }  # <<',
        "sla.standard.resolution.urgnt", 'did you mean "urgent"?'),
    "number in quotes": ("max_open = 25", 'max_open = "25"  # <<', "agents.carol.max_open", "without quotes"),
    "too small": ("max_open = 25", "max_open = 0  # <<", "agents.carol.max_open", "at least 1"),
    "role": ("max_open = 25", 'role = "led"  # <<', "agents.carol.role", 'did you mean "lead"?'),
    "choice": ('level = "info"', 'level = "inof"  # <<', "log.level", 'did you mean "info"?'),
    "choice in a list": (
        'notify = ["new", "assigned"]', 'notify = [\n"new",\n"asigned",  # <<\n]', "agents.carol.notify[2]",
        'did you mean "assigned"?'),
    "text for a list": ('agents = ["dave"]', 'agents = "dave"  # <<', "queues.billing.agents", "must be a list"),
    "text for a switch": ('language = "en"', 'plus_addressing = "yes"  # <<', "mail.plus_addressing", "true or false"),
    "old tag without quotes": (
        'language = "en"', "old_tags = [5]  # <<", "mail.old_tags[1]", r"in single quotes, such as '\[RT #(\d+)\]'"),
    "way out of a queue": (
        "[queues.billing]", "[queues.billing]\ndelivery = 5  # <<", "queues.billing.delivery",
        'must be a table [queues.billing.delivery] or a URL in quotes: delivery = "smtp://host:25"'),
    "number format": ('language = "en"', 'number_format = "{yy}"  # <<', "mail.number_format", "must contain {n}"),
    "automatic_from": (
        'automatic_from = "null"', 'automatic_from = ""  # <<', "delivery.automatic_from", 'write "null"'),
    "number for a text": ('name = "acme"', "name = 7  # <<", "gateway.name", "text in quotes"),
    # sources and leavers
    "requester of a source": ("[log]", '[[source]]\nfrom = "a@b.example"\nrequester = "reply-to"  # <<\n[log]',
        "source[1].requester", 'did you mean "reply_to"?'),
    "regex of a source": ("[log]", "[[source]]\nfrom = \"a@b.example\"\nrequester = 'body:(a'  # <<\n[log]",
        "source[1].requester", "is no regular expression"),
    "regex of a recovery": (
        "[log]",
        "[[source]]\nfrom = \"a@b.example\"\nrequester = 'thread_key:(a)'\nrecovery = '['  # <<\n[log]",
        "source[1].recovery", "is no regular expression"),
    "recovery without a key": ("[log]", "[[source]]  # <<\nfrom = \"a@b.example\"\nrecovery = 'OK'\n[log]",
        "source[1]", "write requester = 'thread_key:REGEX' beside it"),
    "guard that is none": ("[log]", '[[source]]\nfrom = "a@b.example"\nmay = [\n"lists",  # <<\n]\n[log]',
        "source[1].may[1]", 'did you mean "list"?'),
    "successor of one who works here": ("max_open = 25", 'successor = "dave"  # <<', "agents.carol.successor",
        "write left = true beside it"),
    "successor who is nobody": (
        '[agents.dave]', '[agents.eve]\naddresses = ["eve@acme.example"]\nleft = true\nsuccessor = "dvae"  # <<\n[agents.dave]',
        "agents.eve.successor", 'did you mean "dave"?'),
    "successor who is oneself": (
        '[agents.dave]', '[agents.eve]\naddresses = ["eve@acme.example"]\nleft = true\nsuccessor = "eve"  # <<\n[agents.dave]',
        "agents.eve.successor", "names this agent"),
    "one who has left, in a queue": (
        '[queues.support]\nagents = ["carol", "dave"]',
        '[agents.eve]\naddresses = ["eve@acme.example"]\nleft = true\n[queues.support]\nagents = ["carol", "eve"]  # <<',
        "queues.support.agents[2]", "names eve, who has left"),
    # reports
    "cron": ("[log]", '[report]\ncron = "0 7 * * 1"  # <<\nto = ["carol"]\n[log]', "report.cron", "such as mon or mon-fri"),
    "report to nobody": ("[log]", '[report]\ncron = "0 7 * * mon"  # <<\n[log]', "report.cron", "nobody gets the report"),
    "report to one who is nobody": (
        "[log]", '[report]\nto = [\n"carol",\n"dvae",  # <<\n]\n[log]', "report.to[2]", 'did you mean "dave"?'),
    "report to ourselves": ("[log]", '[report]\nto = ["support@acme.example"]  # <<\n[log]', "report.to[1]", "our own"),
    "report to no address": ("[log]", '[report]\nto = ["boss@"]  # <<\n[log]', "report.to[1]", "is no mail address"),
    "report by what is not": ("[log]", '[report]\nby = ["quue"]  # <<\n[log]', "report.by[1]", 'did you mean "queue"?'),
    # names that name something else
    "queue of an address": (
        '= "billing"', '= "biling"  # <<', 'mail.addresses."billing@acme.example"', 'did you mean "billing"?'),
    "agent of a queue": ('agents = ["dave"]', 'agents = ["dvae"]  # <<', "queues.billing.agents[1]", '"dave"?'),
    "lead": ('lead = "carol"', 'lead = "karol"  # <<', "queues.support.lead", 'did you mean "carol"?'),
    "sla": ('sla = "standard"', 'sla = "standart"  # <<', "queues.support.sla", 'did you mean "standard"?'),
    "calendar": ('calendar = "office"', 'calendar = "ofice"  # <<', "sla.standard.calendar", '"office"?'),
    "clock of a step": ('of = "resolution"', 'of = "next_response"  # <<', "sla.standard.step[1].of", "does not have"),
    "whom a step tells": ('"notify:lead"', '"notify:crol"', "sla.standard.step[1].do[1]", 'did you mean "carol"?'),
    "where a step moves it": ('"notify:lead"', '"queue:biling"', "sla.standard.step[1].do[1]", 'did you mean "billing"?'),
    "a step that does nothing": ('do = ["notify:lead"]', "do = []  # <<", "sla.standard.step[1].do", "is empty"),
    "a step that tells no address": ('"notify:lead"', '"notify:boss@"', "sla.standard.step[1].do[1]", "is no mail address"),
    "our own address": (
        '"notify:lead"', '"notify: Support@acme.example"', "sla.standard.step[1].do[1]", "would become tickets"),
    "whom a step tells, with a blank": (
        '"notify:lead"', '"notify: crol"', "sla.standard.step[1].do[1]", 'did you mean "carol"?'),
    "whom nobody tells": ('"notify:lead"', '"notify: "', "sla.standard.step[1].do[1]", "cannot do"),
    "priority with a blank": ('"notify:lead"', '"priority: +2"', "sla.standard.step[1].do[1]", "write +1, -1"),
    "two words for a tag": ('"notify:lead"', '"tag:two words"', "sla.standard.step[1].do[1]", "is no tag"),
    "again without how often": (
        'do = ["notify:lead"]', 'do = ["notify:lead"]\nevery = "4 h"  # <<', "sla.standard.step[1].every", "times = 3"),
    "how often without again": (
        'do = ["notify:lead"]', 'do = ["notify:lead"]\ntimes = 3  # <<', "sla.standard.step[1].times", 'every = "4 h"'),
    "again at once": (
        'do = ["notify:lead"]', 'do = ["notify:lead"]\nevery = "0 h"  # <<\ntimes = 3', "sla.standard.step[1].every",
        "more than nothing"),
    "a day of 24 hours or of the calendar": (
        'first_response = "4 h"', 'first_response = "1 day"  # <<', "sla.standard.first_response",
        'write "24 h" for so much working time, or "1 business day"'),
    "a week": (
        'first_response = "4 h"', 'first_response = "2w 2 h"  # <<', "sla.standard.first_response",
        'write "338 h" for so much working time, or "10 business days"'),
    "a day after the due time": (
        'at = "80%"', 'at = "+1 day"  # <<', "sla.standard.step[1].at", 'write "24 h" for so much working time'),
    "business days after the due time": (
        'at = "80%"', 'at = "+1 business day"  # <<', "sla.standard.step[1].at", 'write such as "4 h" of working time'),
    "a calendar whose days are all closed": (
        "[calendars.office]", '[calendars.office]  # <<\nmon = ""\ntue = ""\nwed = ""\nthu = ""\nfri = ""',
        "calendars.office", "has no working hours"),
    "quiet at all times": (
        'max_open = 25', 'max_open = 25\nquiet = "00:00-24:00"  # <<', "agents.carol.quiet", "out of notify"),
    "quiet until it begins": (
        'max_open = 25', 'max_open = 25\nquiet = "09:00-09:00"  # <<', "agents.carol.quiet", "out of notify"),
    "quiet in two halves": (
        'max_open = 25', 'max_open = 25\nquiet = "20:00-09:00 08:00-20:30"  # <<', "agents.carol.quiet", "out of notify"),
    "resolved for good": (
        "[log]", '[statuses.resolved]\nmoves = ["open"]  # <<\n[log]', "statuses.resolved.moves", 'lacks "closed"'),
    "quiet hours": (
        'max_open = 25', 'max_open = 25\nquiet = "late"  # <<', "agents.carol.quiet", 'such as "20:00-07:00"'),
    "what a step does": ('"notify:lead"', '"notfy:lead"', "sla.standard.step[1].do[1]", 'did you mean "notify"?'),
    # addresses
    "no address": ('"postmaster@acme.example"', '"postmaster"  # <<', "gateway.admin", "has no @"),
    "sender": ('"Acme Support <support@acme.example>"', '"Acme <support@>"  # <<', "mail.from", "no mail address"),
    "address twice": (
        '"billing@acme.example" = ', '"SUPPORT@acme.example" = "support"  # <<\n"billing@acme.example" = ',
        'mail.addresses."SUPPORT@acme.example"', "second time"),
    "agent is one of us": (
        '["dave@acme.example"]', '["billing@acme.example"]  # <<', "agents.dave.addresses[1]", "one of our own"),
    "agents share an address": (
        '["dave@acme.example"]', '["Carol@acme.example"]  # <<', "agents.dave.addresses[1]", "agent carol"),
    "admin is one of us": (
        '"postmaster@acme.example"', '"support@acme.example"  # <<', "gateway.admin", "one of our own addresses"),
    # time
    "time zone": ('"Europe/Prague"', '"Europe/Prag"  # <<', "calendars.office.timezone", 'did you mean "Europe/Prague"?'),
    "day": ("mon-fri = ", 'mon-fry = "09:00-17:00"  # <<\nsat = ', "calendars.office.mon-fry", "mon-fri"),
    "hours": ('"09:00-12:30 13:00-17:30"', '"9 to 5"  # <<', "calendars.office.mon-fri", "09:00-12:30"),
    "hours backwards": (
        '"09:00-12:30 13:00-17:30"', '"13:00-09:00"  # <<', "calendars.office.mon-fri", "ends before it starts"),
    # ways in and out
    "listen without a port": ('"127.0.0.1:0"', '"127.0.0.1"  # <<', "smtp[1].listen", '"127.0.0.1:8025"'),
    "listen everywhere": ('"127.0.0.1:0"', '":25"  # <<', "smtp[1].listen", "0.0.0.0:25"),
    "certificate without key": ('role = "mx"', 'tls_cert = "config.toml"  # <<', "smtp[1].tls_cert", "needs tls_key"),
    "submission without users": ('[[smtp]]', '[[smtp]]  # <<\nrole = "submission"\n\n[[smtp]]', "smtp[1]", "users_file"),
    "imap without tls": (
        "[limits]", f'{IMAP}tls = false  # <<\npassword_file = "env:HOME"\n[limits]', "imap[1].tls", "only on loopback"),
    "imap without a password": ("[limits]", f"{IMAP.replace(']]', ']]  # <<')}[limits]", "imap[1]", "password_file"),
    "imap sent is the folder mail comes to": (
        "[limits]", f'{IMAP}sent = "INBOX"  # <<\npassword_file = "env:HOME"\n[limits]', "imap[1].sent", "sent mail"),
    "imap sent is the folder mail goes to": (
        "[limits]", f'{IMAP}sent = "Processed"  # <<\npassword_file = "env:HOME"\n[limits]', "imap[1].sent", "sent mail"),
    "imap moves to a folder it comes from": ("[limits]",
        f'{IMAP}folder = ["INBOX", "Done"]\nafter = "move:Done"  # <<\npassword_file = "env:HOME"\n[limits]',
        "imap[1].after", "the folder it comes from"),
    "imap moves to a folder another polls": ("[limits]",
        f'{IMAP}after = "move:Done"  # <<\npassword_file = "env:HOME"\n{IMAP}name = "b"\nfolder = "Done"\n'
        'password_file = "env:HOME"\n[limits]', "imap[1].after", "a folder that b polls"),
    "imap folder twice": ("[limits]",
        f'{IMAP}folder = ["INBOX", "inbox"]  # <<\npassword_file = "env:HOME"\n[limits]', "imap[1].folder[2]", "already"),
    "imap folder of two mailboxes": ("[limits]",
        f'{IMAP}password_file = "env:HOME"\n{IMAP}name = "b"\nfolder = "INBOX"  # <<\npassword_file = "env:HOME"\n'
        "[limits]", "imap[2].folder", "polled by the mailbox main already"),
    "imap without a folder": ("[limits]", f'{IMAP}folder = []  # <<\npassword_file = "env:HOME"\n[limits]',
        "imap[1].folder", "is empty"),
    "imap after": ("[limits]", f'{IMAP}after = "mvoe:Done"  # <<\npassword_file = "env:HOME"\n[limits]', "imap[1].after",
        "move:FOLDER"),
    "no way to a token": ("[limits]",
        f'{IMAP}[imap.oauth]  # <<\nprovider = "custom"\nclient_id = "x"\nscope = "mail"\n'
        'token_url = "https://id.acme.example/token"\n[limits]', "imap[1].oauth",
        "can never get a token: name client_secret_file, refresh_token_file, or device_url"),
    "no way to a token of Google's": ("[limits]",
        f'{IMAP}[imap.oauth]  # <<\nprovider = "google"\nclient_id = "x"\n[limits]', "imap[1].oauth",
        "can never get a token: name client_secret_file or refresh_token_file"),
    "secret that is not there": ("[limits]", f'{IMAP}password_file = "no.secret"  # <<\n[limits]',
        "imap[1].password_file", "there is no file"),
    "variable that is not set": ("[limits]", f'{IMAP}password_file = "env:NO_SUCH_VARIABLE"  # <<\n[limits]',
        "imap[1].password_file", "is not set"),
    "delivery": ('"maildir:data/sent"', '"smtp:host"  # <<', "delivery.to", "smtp://host:25"),
    "password in the delivery": (
        '"maildir:data/sent"', '"smtps://u:hunter2@relay.example"  # <<', "delivery.to", "password_file"),
    "password in the clear": (
        '"maildir:data/sent"', '"smtp://u@relay.example"  # <<\npassword_file = "env:HOME"', "delivery.to", "smtps://"),
    "database": ("[log]", '[database]\nurl = "mysql://x/y"  # <<\n[log]', "database.url", "sqlite:///PATH"),
    "password of the database": (
        "[log]", '[database]\nurl = "postgresql+psycopg://gw:hunter2@db/gw"  # <<\n[log]', "database.url", "env:NAME"),
    "password behind the database": (
        "[log]", '[database]\nurl = "postgresql://gw@db/gw?password=hunter2"  # <<\n[log]', "database.url", "env:NAME"),
    "database in memory": ("[log]", '[database]\nurl = "sqlite://"  # <<\n[log]', "database.url", "must name a file"),
    "trust": ("[log]", '[auth]\ntrust = ["dkmi"]  # <<\n[log]', "auth.trust[1]", 'did you mean "dkim"?'),
    "source": ("[log]", '[[source]]\nfrom = "f@x.example"\nrequester = "body:("  # <<\n[log]', "source[1].requester",
        "no regular expression"),
    "field": ("[log]", "[fields.order]\npattern = '('  # <<\n[log]", "fields.order.pattern", "no regular expression"),
    "area": ("[log]", '[areas]\nvalues = ["a/b/c"]  # <<\n[log]', "areas.values[1]", "name/part"),
    "status": ("[log]", '[statuses.gone]\nlike = "closd"  # <<\n[log]', "statuses.gone.like", 'did you mean "closed"?'),
    "metrics for all": ("[log]", '[metrics]\nlisten = "0.0.0.0:9025"  # <<\n[log]', "metrics.listen", "token_file"),
}  # fmt: skip

# what is replaced, by what, what is said of the line
NOT_TOML: dict[str, tuple[str, str, str]] = {
    "curly quotes": ('name = "acme"', "name = “acme”  # <<", "curly quotes; write straight ones"),
    "no quotes": ('name = "acme"', "name = acme  # <<", 'texts stand in quotes: "acme"'),
    "quote not closed": ('name = "acme"', 'name = "acme  # <<', "put a quote at its end"),
    "key twice": ('name = "acme"', 'name = "acme"\nname = "acme"  # <<', "name is given twice, see line"),
    "table twice": ("[log]", '[mail]  # <<\nhost = "x"\n[log]', "[mail] stands twice; put its lines together under one heading"),
    "missing comma": ('["carol", "dave"]', '["carol" "dave"]  # <<', "a comma is missing"),
    "list not closed": ('["carol", "dave"]', '["carol", "dave"\nlead = "carol"  # <<', "is not closed: ] is missing before this"),
    "missing equals": ('name = "acme"', 'name "acme"  # <<', "an = is missing after name"),
    "colon": ('name = "acme"', 'name: "acme"  # <<', "write ="),
    "no value": ('name = "acme"', "name =  # <<", "the value is missing after name; write one"),
    "capital True": ('language = "en"', "plus_addressing = True  # <<", "write true, in lower case"),
    "heading not closed": ("[log]", "[log  # <<", "the heading is not closed"),
    "address without quotes": (
        '"billing@acme.example" =', 'sales@acme.example = "support"  # <<\n"billing@acme.example" =', "stands in quotes"),
    "backslash": ('name = "acme"', 'name = "ac\\me"  # <<', "backslash in double quotes"),
    "other comments": ("[log]", "// here  # <<\n[log]", "a remark begins with #"),
    "two on a line": ('name = "acme"', 'name = "acme" data_dir = "x"  # <<', "every key stands in a line of its own"),
    "not UTF-8": ('name = "acme"', 'name = "\udce9"  # <<', "save the file as UTF-8"),
}  # fmt: skip


def problems_of(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return list(caught.value.problems)


def line_marked(text: str, fallback: str) -> int:
    rows = text.split("\n")
    return next((number for number, row in enumerate(rows, 1) if row.endswith("# <<")), 0) or next(
        number for number, row in enumerate(rows, 1) if fallback in row
    )


def test_the_good_one_is_good(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    assert config.queue_for("Billing@acme.example") == "billing"


@pytest.mark.parametrize("name", BAD)
def test_bad_value(name: str, tmp_path: Path) -> None:
    old, new, place, hint = BAD[name]
    text = edited(old, new)
    path = write(tmp_path, text)
    wanted = f"{path}:{line_marked(text, new)}: {place}: "
    told = [problem for problem in problems_of(path) if problem.startswith(wanted)]
    assert told, problems_of(path)
    assert any(hint in problem for problem in told), told
    assert all("hunter2" not in problem for problem in problems_of(path))


@pytest.mark.parametrize("name", BAD)
def test_one_mistake_is_told_once(name: str, tmp_path: Path) -> None:
    old, new, place, _ = BAD[name]
    problems = problems_of(write(tmp_path, edited(old, new)))
    # The queue, agent or clock that was renamed by the mistake is missed elsewhere too; nothing else may be told.
    same = [problem for problem in problems if f": {place}: " in problem]
    assert len(same) == 1, problems
    assert len(problems) <= 2, problems


@pytest.mark.parametrize("name", NOT_TOML)
def test_not_toml(name: str, tmp_path: Path) -> None:
    old, new, hint = NOT_TOML[name]
    text = edited(old, new)
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    (problem,) = problems_of(path)
    assert problem.startswith(f"{path}:{line_marked(text, new)}: "), problem
    assert hint in problem


def test_all_mistakes_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = GOOD
    for old, new in (
        ('"14 days"', "14"),
        ('lead = "carol"', 'lead = "nobody"'),
        ('level = "info"', 'level = "loud"'),
        ('"35 MB"', '"35 bananas"'),
        ("max_open = 25", "max_opn = 25"),
    ):
        text = text.replace(old, new)
    problems = problems_of(write(tmp_path, text))
    assert len(problems) == 5
    numbers = [int(problem.removeprefix(f"{tmp_path}/config.toml:").partition(":")[0]) for problem in problems]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("text", ["", "[gateway]", "[mail]\n", "gateway = 1", "queues = []", "[queues]\n"])
def test_too_little(text: str, tmp_path: Path) -> None:
    problems = "\n".join(problems_of(write(tmp_path, text)))
    assert "missing" in problems


def test_missing_sections_are_named(tmp_path: Path) -> None:
    problems = "\n".join(problems_of(write(tmp_path, "[log]\n")))
    for heading in ("[gateway]", "[mail]", "[queues.NAME]"):
        assert heading in problems


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert "gateway init" in problems_of(tmp_path / "none.toml")[0]
    assert "cannot be read" in problems_of(tmp_path)[0]


def test_secret_file_that_others_may_read(tmp_path: Path) -> None:
    (tmp_path / "imap.secret").write_text("hunter2\n")
    (tmp_path / "imap.secret").chmod(0o640)
    path = write(tmp_path, f'{GOOD}{IMAP}password_file = "imap.secret"\n')
    (problem,) = problems_of(path)
    assert "chmod 600" in problem
    (tmp_path / "imap.secret").chmod(0o600)
    assert load(path).imap[0].password() == "hunter2"


def test_our_own_secret_may_be_missing_but_not_open(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    load(path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/secret").write_text("x" * 32)
    (tmp_path / "data/secret").chmod(0o644)
    assert "chmod 600" in problems_of(path)[0]
    load(path, secrets=False)


def test_empty_secret_file(tmp_path: Path) -> None:
    (tmp_path / "imap.secret").touch(mode=0o600)
    assert "is empty" in problems_of(write(tmp_path, f'{GOOD}{IMAP}password_file = "imap.secret"\n'))[0]


def test_country_is_looked_up_only_on_request(tmp_path: Path) -> None:
    path = write(tmp_path, edited('timezone = "Europe/Prague"', 'holidays = "XX"'))
    load(path)
    with pytest.raises(ConfigError, match="holidays: is no country"):
        load(path, thorough=True)
    path = write(tmp_path, edited('timezone = "Europe/Prague"', 'holidays = "DE-BYY"'))
    with pytest.raises(ConfigError, match='did you mean "BY"'):
        load(path, thorough=True)


# ---- any text ------------------------------------------------------------------------------------------------------

WORDS = [
    "[", "]", "[[", "]]", "{", "}", "=", ",", ".", '"', "'", '"""', "'''", "\\", "\n", " ", "#", "1", "-", "true", "\r\n",
    "gateway", "mail", "queues", "smtp", "name", "from", "sla", "step", "listen", "addresses", "calendars", "mon-fri",
    "“", "\x00", "\x1b", "é", "@", "2026-12-27", "09:00", "1e400", "inf", "0x", "\\u0000", "[" * 500, "9" * 5000,
]  # fmt: skip
LINES = [line for line in GOOD.split("\n") if line]
values = st.recursive(
    st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=5,
)


def only_config_error(folder: Path, raw: bytes) -> None:
    path = folder / "config.toml"
    path.write_bytes(raw)
    problems: tuple[str, ...] = (f"{path}:",)
    try:
        load(path)
    except ConfigError as error:
        problems = error.problems
    assert problems
    assert all(problem.startswith(f"{path}:") for problem in problems)


relaxed = settings(
    max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(
    raw=st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(WORDS), max_size=30).map("".join).map(str.encode))
)
def test_any_bytes_give_a_config_or_a_config_error(raw: bytes, tmp_path: Path) -> None:
    only_config_error(tmp_path, raw)


@relaxed
@given(data=st.data())
def test_any_damaged_configuration_gives_a_config_error(data: st.DataObject, tmp_path: Path) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = data.draw(st.one_of(st.sampled_from(LINES), st.text(max_size=12), st.lists(
            st.sampled_from(WORDS), max_size=6).map("".join)))  # fmt: skip
    only_config_error(tmp_path, "\n".join(lines).encode(errors="replace"))


@relaxed
@given(data=st.data())
def test_any_value_for_any_key_gives_a_config_error(data: st.DataObject, tmp_path: Path) -> None:
    lines = list(LINES)
    at = data.draw(st.sampled_from([number for number, line in enumerate(lines) if "=" in line]))
    value = data.draw(values)
    lines[at] = f"{lines[at].partition('=')[0]}= {toml_value(value)}"
    only_config_error(tmp_path, "\n".join(lines).encode(errors="replace"))
