"""Whether the files and variables a configuration names are there, and secrets are readable by the gateway alone."""

from collections.abc import Iterator
from pathlib import Path

from gateway.config import kinds, tables
from gateway.config.crosscheck_routes import ways
from gateway.config.problems import Loc, Problem


def secret_problems(data: tables.Tables, root: Path) -> list[Problem]:
    """Secret files that are not there or that others may read, variables that are not set, other files not there."""
    found: list[Problem] = []
    for loc, value, may_be_missing in _secrets(data):
        try:
            secret = kinds.secret_in(value, root)
        except ValueError:
            continue
        what = secret.problem(may_be_missing=may_be_missing)
        if what:
            found.append(Problem(loc=loc, what=what))
    for loc, value in _plain_files(data):
        what = _unreadable(kinds.absolute(root, value)) if isinstance(value, str) and value else ""
        if what:
            found.append(Problem(loc=loc, what=what))
    return found


def _unreadable(path: Path) -> str:
    try:
        with path.open("rb"):
            return ""
    except FileNotFoundError:
        return f"there is no file {path}"
    except OSError as error:
        return f"cannot read {path}: {error.strerror}"
    except ValueError:
        return ""  # a NUL in the name, which the schema has told


def _secrets(data: tables.Tables) -> Iterator[tuple[Loc, object, bool]]:
    gateway = tables.table(data, "gateway")
    if gateway:
        yield ("gateway", "secret_file"), gateway.get("secret_file", _default_secret(gateway)), True
    for index, table in tables.arrays(data, "smtp"):
        for key in ("tls_key", "users_file"):
            if key in table:
                yield ("smtp", index, key), table[key], False
    places: list[tuple[Loc, tables.Tables]] = [(("imap", index), table) for index, table in tables.arrays(data, "imap")]
    places += ways(data)
    places.append((("metrics",), tables.table(data, "metrics")))
    for loc, table in places:
        for key in ("password_file", "dkim_key", "token_file"):
            if key in table:
                yield (*loc, key), table[key], False
        for key, value in tables.table(table, "oauth").items():
            if key.endswith("_file"):
                yield (*loc, "oauth", key), value, False


def _default_secret(gateway: tables.Tables) -> object:
    folder = gateway.get("data_dir", "data")
    return f"{folder}/secret" if isinstance(folder, str) and folder else None


def _plain_files(data: tables.Tables) -> Iterator[tuple[Loc, object]]:
    for index, table in tables.arrays(data, "smtp"):
        if "tls_cert" in table:
            yield ("smtp", index, "tls_cert"), table["tls_cert"]
    for index, table in tables.arrays(data, "imap"):
        if "ca_file" in table:
            yield ("imap", index, "ca_file"), table["ca_file"]
    for loc, table in ways(data):
        if "ca_file" in table:
            yield (*loc, "ca_file"), table["ca_file"]
