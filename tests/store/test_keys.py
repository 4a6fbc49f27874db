"""Delivery keys: what makes two deliveries one."""

from datetime import timedelta

import pytest

from gateway.store.keys import WINDOW, WINDOW_WITHOUT_IDENTITY, delivery_key
from support.arrivals import mail_bytes

TO = ["support@acme.example", "billing@acme.example"]
PLAIN = mail_bytes(1)


def key(raw=PLAIN, source="smtp", to=TO, peer="192.0.2.1"):
    return delivery_key(raw, source, to, peer).key


@pytest.mark.parametrize(
    "trace",
    [
        "Received: from a by b; now\r\n",
        "Return-Path: <anna@shop.example>\r\nReceived: from a\r\n\tby b\r\n  with ESMTP; now\r\n",
        "X-Received: by 2002:a05\r\nDelivered-To: support@acme.example\r\n",
        "Authentication-Results: mx.acme.example;\r\n       dkim=pass\r\n",
        "X-Sieve: Pigeonhole\r\nX-Sieve-Redirected-From: a@shop.example\r\nReceived: from a\r\n",
        "X-Original-To: a@shop.example\r\nEnvelope-to: a@shop.example\r\nDelivery-date: now\r\n",
        "ARC-Seal: i=1; a=rsa\r\nARC-Message-Signature: i=1;\r\n b=x\r\nARC-Authentication-Results: i=1; spf=pass\r\n",
        "rEcEiVeD : from a by b\r\n",
    ],
)
def test_what_every_hop_writes_anew_does_not_count(trace):
    assert key(trace.encode() + PLAIN) == key()


@pytest.mark.parametrize(
    "raw",
    [
        mail_bytes(2),
        PLAIN + b" ",
        b"X-Spam-Flag: YES\r\n" + PLAIN,
        PLAIN.replace(b"Subject", b"Received: from a by b\r\nSubject"),  # not in the leading block
        b"Received-SPF: pass\r\n" + PLAIN,
    ],
)
def test_everything_else_counts(raw):
    assert key(raw) != key()


def test_recipients_count_in_any_order_and_case():
    assert key(to=["Billing@acme.example", "SUPPORT@acme.example"]) == key()
    assert key(to=TO[:1]) != key()
    assert key(to=["support@acme.examplebilling@acme.example"]) != key()


def test_the_kind_of_source_counts_and_its_account_does_not():
    assert key(source="imap:main") == key(source="imap:other")
    assert len({key(source=source) for source in ("smtp", "imap:main", "pipe")}) == 3
    assert key(source="import") == key(source="pipe")


def test_the_peer_counts_only_without_identity():
    assert key(peer="192.0.2.1") == key(peer="192.0.2.2")
    bare = mail_bytes(1, identity=False)
    assert key(bare, peer="192.0.2.1") != key(bare, peer="192.0.2.2")


HEADERS = "From: a@b.example\r\n{}Subject: x\r\n\r\nMessage-ID: <in@the.body>\r\nDate: today\r\n"


@pytest.mark.parametrize(
    ("source", "headers", "window"),
    [
        ("smtp", "Message-ID: <1@b.example>\r\nDate: Mon\r\n", WINDOW),
        ("smtp", "Message-ID: <1@b.example>\r\n", WINDOW),
        ("smtp", "date: Mon\r\n", WINDOW),
        ("smtp", "Message-ID:\r\n <1@b.example>\r\n", WINDOW),
        ("pipe", "Message-ID: <1@b.example>\r\n", WINDOW),
        ("imap:main", "Message-ID: <1@b.example>\r\n", None),
        ("smtp", "", WINDOW_WITHOUT_IDENTITY),
        ("smtp", "Message-ID:\r\nDate: \r\n", WINDOW_WITHOUT_IDENTITY),
        ("smtp", "X-Message-ID: <1@b.example>\r\n", WINDOW_WITHOUT_IDENTITY),
        ("imap:main", "", WINDOW_WITHOUT_IDENTITY),
    ],
)
def test_how_long_a_repeat_is_one(source, headers, window):
    assert delivery_key(HEADERS.format(headers).encode(), source, TO, "").window == window


def test_a_shorter_window_shortens_both():
    hour = timedelta(hours=1)
    assert delivery_key(PLAIN, "smtp", TO, "", window=hour).window == hour
    assert delivery_key(mail_bytes(1, identity=False), "smtp", TO, "", window=hour).window == hour


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"Received: cut off", b"Received: x\n" * 50_000, b"\xff\x00" * 10])
def test_any_bytes_have_a_key(raw):
    assert len(key(raw)) == 64
