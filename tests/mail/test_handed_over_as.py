"""By which id a mail is found in the log of the MTA that handed it over: the topmost Received line, and no other."""

import pytest

from gateway.mail.header.received import handed_over_as

POSTFIX = (
    b"Received: from a.example (a.example [192.0.2.1])\r\n\tby mx.acme.example (Postfix) with ESMTP id 4F2AB77C01\r\n"
)
EXIM = b"Received: from a.example by mx.acme.example with esmtp (Exim 4.96) id 1rXyZ0-0001Ab-2C; Fri, 27 Nov 2026\r\n"
OLDER = b"Received: by elsewhere with SMTP id OTHER12345\r\n"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (POSTFIX + OLDER, "4F2AB77C01"),
        (b"Return-Path: <a@a.example>\r\nDelivered-To: x\r\n" + POSTFIX, "4F2AB77C01"),
        (EXIM, "1rXyZ0-0001Ab-2C"),
        (b"Received: from client by mx.acme.example; Fri, 27 Nov 2026\r\n" + OLDER, ""),  # it gave none
        (b"Subject: x\r\n", ""),
        (b"Subject: x\r\n\r\nReceived: by forged with SMTP id FORGED1234\r\n", ""),
        (b"X: " + b"x" * 5000 + b"\r\n" + POSTFIX, ""),  # only the beginning is looked at
        (b"", ""),
    ],
)
def test_the_topmost_line(head: bytes, expected: str) -> None:
    assert handed_over_as(head + b"From: a@a.example\r\n\r\ntext\r\n") == expected
