"""Authentication-Results as servers write them, and as senders would like them to be read (RFC 8601)."""

import pytest

from gateway.mail.header.results import parse

GMAIL = (
    "mx.google.com;       dkim=pass header.i=@acme.example header.s=s1 header.b=Ab+/x;       "
    "spf=pass (google.com: domain of a=b@acme.example designates 2001:db8::1 as permitted sender) "
    "smtp.mailfrom=a=b@acme.example;       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=acme.example"
)
MICROSOFT = (
    "spf=pass (sender IP is 192.0.2.7) smtp.mailfrom=acme.example; dkim=pass (signature was verified) "
    "header.d=acme.example;dmarc=pass action=none header.from=acme.example;compauth=pass reason=100"
)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (GMAIL, "mx.google.com dkim=pass spf=pass dmarc=pass"),
        (MICROSOFT, " spf=pass dkim=pass dmarc=pass compauth=pass"),
        ("mx.acme.example; none", "mx.acme.example"),
        ("mx.acme.example 1; none;", "mx.acme.example"),
        ("MX.Acme.Example; spf=Pass", "mx.acme.example spf=pass"),
        ("mx (a comment) ; dkim = pass (2048-bit key; unprotected) header.d = x.example", "mx dkim=pass"),
        ("mx; dkim/1=pass header.d=x.example", "mx dkim=pass"),
        ("mx; dkim=pass(nested (comments (three) deep))header.d=x.example", "mx dkim=pass"),
        ('mx; spf=fail reason="not permitted; dkim=pass header.d=x.example"', "mx spf=fail"),
        ("mx; iprev=pass policy.iprev=2001:db8::1; spf=none", "mx iprev=pass spf=none"),
        ("mx; spf=fail (he says: \\) ; dkim=pass header.d=acme.example)", "mx spf=fail"),
        # No field at all: what does not read whole says nothing.
        ("", None),
        (";", None),
        ("mx", "mx"),
        ("mx 2; dkim=pass", None),
        ("mx.acme.example evil; dkim=pass", None),
        ("mx; dkim=pass (never closed; spf=pass", None),
        ("mx; dkim=pass) header.d=x.example", None),
        ('mx; dkim=pass header.d="never closed', None),
        ("mx; dkim", None),
        ("mx; dkim=pass by magic", None),
        # A comment that closed too early leaves a method where only properties may stand.
        ("mx; spf=fail (sender a) dkim=pass header.d=acme.example (b)", None),
        ("mx; none; dkim=pass", None),
        ("mx; " + "; ".join(["dkim=pass"] * 51), None),
        ("mx; dkim=pass " + "(" * 20_000, None),
    ],
)
def test_what_it_says(value: str, said: str | None) -> None:
    found = parse(value)
    shown = found and " ".join([found.server, *(f"{one.method}={one.result}" for one in found.outcomes)])
    assert shown == said


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        (GMAIL, "smtp.mailfrom", "a=b@acme.example"),
        (GMAIL, "header.b", "Ab+/x"),
        (MICROSOFT, "header.from", "acme.example"),
        ('mx; dkim=pass header.d="x.example" (c)', "header.d", "x.example"),
        ("mx; dkim=pass header.d=(c)x.example", "header.d", "x.example"),
        ("mx; dkim=pass HEADER.D=x.example", "header.d", "x.example"),
        ("mx; dkim=pass header.d=a.example header.d=b.example", "header.d", ""),  # which of them?
        ("mx; dkim=pass", "header.d", ""),
    ],
)
def test_properties(value: str, name: str, expected: str) -> None:
    found = parse(value)
    assert found is not None
    assert {one.property(name) for one in found.outcomes if one.property(name)} == ({expected} if expected else set())
