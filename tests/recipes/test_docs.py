"""What docs/ shows of our own configuration is found good as `gateway check` does, and its links lead somewhere."""

import re
from pathlib import Path

import pytest
import trustme

from gateway.config.load import checked, read
from gateway.errors import ConfigError
from support import recipe
from support.cli import CHECKOUT
from support.site import GOOD, write

SHOWN = [
    pytest.param(page, text, id=f"{page}-{number}")
    for page in recipe.pages()
    for number, text in enumerate(recipe.blocks(page, "toml"), 1)
    if "[[rule]]" not in text
]
_FILE = re.compile(r'^(tls_cert|ca_file|(?!secret_)\w+_file|tls_key|dkim_key) = "(?!env:)([^"]+)"', re.MULTILINE)


@pytest.mark.parametrize(("page", "text"), SHOWN)
def test_what_is_shown_is_taken(page: str, text: str, tmp_path: Path) -> None:
    here = text.replace('"unix:/', f'"unix:{tmp_path}/')  # nothing is written outside of the test's folder
    for key, name in _FILE.findall(here):
        place = tmp_path / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(_content(key))
        place.chmod(0o600)
    config = write(tmp_path, recipe.in_site(GOOD, here))
    try:
        checked(read(config), thorough=True)
    except ConfigError as error:
        pytest.fail(f"docs/{page}.md: {error.problems}")


def _content(key: str) -> bytes:
    authority = trustme.CA()
    if key == "ca_file":
        return authority.cert_pem.bytes()
    own = authority.issue_cert("mail.acme.example")
    if key == "tls_cert":
        return own.cert_chain_pems[0].bytes()
    return own.private_key_pem.bytes() if key in ("tls_key", "dkim_key") else b"secret"


@pytest.mark.parametrize("page", recipe.pages())
def test_links_lead_somewhere(page: str) -> None:
    text = (recipe.DOCS / f"{page}.md").read_text()
    links = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not (recipe.DOCS / link).exists()]
    assert links == []


def test_the_readme_names_every_page() -> None:
    readme = (CHECKOUT / "README.md").read_text()
    assert [page for page in recipe.pages() if f"docs/{page}.md" not in readme] == []
