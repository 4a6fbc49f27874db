"""Message-IDs, as they are written and as they arrive."""

import pytest

from gateway.mail.header import ids, received

LISTS = [
    ("<a@x>", ["<a@x>"]),
    ("<a@x> <b@x>", ["<a@x>", "<b@x>"]),
    ("<a@x><b@x>", ["<a@x>", "<b@x>"]),
    ("<a@x>,\t<b@x>", ["<a@x>", "<b@x>"]),
    ("<a@x> <a@x>", ["<a@x>"]),
    ("<a @x>", ["<a@x>"]),
    ("<a@x> <cut.off@", ["<a@x>", "<cut.off@>"]),
    ("a@x", ["<a@x>"]),
    ("a@x b@x", ["<a@x>", "<b@x>"]),
    ('Your message of "Fri, 27 Nov" <a@x>', ["<a@x>"]),
    ("message from ann@x of Friday", []),
    ("<[1234@abc]>", ["<[1234@abc]>"]),
    ("<no-at-sign>", ["<no-at-sign>"]),
    ("<>", []),
    ("<", []),
    ("<<a@b>>", ["<a@b>"]),
    ("", []),
    ("<a\x00b@x>", []),
    ("a@x>", ["<a@x>"]),
    ("no-at-sign", ["<no-at-sign>"]),
    ("two words", []),
    ("<a@x>, b@x (c)", ["<a@x>"]),
    ("=?utf-8?q?=3Ca=40x=3E?=\t=?utf-8?q?=3Cb=40x=3E?=", ["<a@x>", "<b@x>"]),
    ("<\udcff@x>", []),
    (f"<{'x' * 510}>", [f"<{'x' * 510}>"]),
    (f"<{'x' * 511}>", []),
]


@pytest.mark.parametrize(("raw", "expected"), LISTS)
def test_lists_of_ids(raw: str, expected: list[str]) -> None:
    assert list(ids.ids([raw])) == expected


def test_only_the_last_hundred_are_kept() -> None:
    found = ids.ids([" ".join(f"<{number}@x>" for number in range(1_000))])
    assert (len(found), found[-1]) == (100, "<999@x>")


def test_queue_ids_nearest_first() -> None:
    values = [
        "from a by mail.acme.example (Postfix) with ESMTPS id 4WXyz12345 for <s@acme.example>; Fri, 27 Nov 2026",
        "from b (b [192.0.2.1]) by a (8.14.4/8.14.4) with ESMTP id r1Kabc99001; Fri",
        "by c with local (Exim 4.96) (envelope-from <a@x>) id 1qXyZ0-0001aB-2C; Fri",
        "from f (2603:1096::31) by g with Microsoft SMTP Server (version=TLS1_2) id 15.20.1771.16; Fri",
        "from unknown (HELO d) (192.0.2.9) by e with SMTP; 27 Nov 2026",
    ]
    assert received.queue_ids(values) == ("4WXyz12345", "r1Kabc99001", "1qXyZ0-0001aB-2C")
