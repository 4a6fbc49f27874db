"""Who handed the mail over, by the Received lines of the common servers, whatever the client called itself."""

import pytest

from gateway.mail.header.received import Hop, hop

LINES = {
    "postfix": (
        "from mail.example.net (mail.example.net [192.0.2.7]) by mx.acme.example (Postfix) with ESMTPS id 4A; x",
        Hop(by="mx.acme.example", ip="192.0.2.7", helo="mail.example.net"),
    ),
    "postfix tls": (
        "from mail.example.net (unknown [IPv6:2001:db8::1]) (using TLSv1.3 with cipher TLS_AES (256/256 bits)) "
        "(No client certificate requested) by mx.acme.example with ESMTPS id x; d",
        Hop(by="mx.acme.example", ip="2001:db8::1", helo="mail.example.net"),
    ),
    "postfix, a client that lies about itself": (
        "from [198.51.100.1] (unknown [192.0.2.66]) by mx (Postfix)",
        Hop(by="mx", ip="192.0.2.66", helo="[198.51.100.1]"),
    ),
    "exim": (
        "from rdns.example ([192.0.2.9]:4031 helo=foo.example) by exim.acme.example with esmtp (Exim 4.96)",
        Hop(by="exim.acme.example", ip="192.0.2.9", helo="foo.example"),
    ),
    "exim, a client that lies about itself": (
        "from [192.0.2.9] (helo=[198.51.100.1]) by exim.acme.example with esmtp (Exim 4.96) id 1;",
        Hop(by="exim.acme.example", ip="192.0.2.9", helo="[198.51.100.1]"),
    ),
    "exim ipv6": (
        "from [IPv6:2001:db8::9] (helo=me) by exim.acme.example with esmtp",
        Hop(by="exim.acme.example", ip="2001:db8::9", helo="me"),
    ),
    "sendmail with ident": (
        "from helo.example (IDENT:[198.51.100.1]@rdns.example [192.0.2.7]) by mx (8.17/8.17)",
        Hop(by="mx", ip="192.0.2.7", helo="helo.example"),
    ),
    "qmail": ("from unknown (HELO foo) (192.0.2.4) by mx with SMTP; 27", Hop(by="mx", ip="192.0.2.4", helo="foo")),
    "exchange": (
        "from A.acme.example (10.0.0.1) by B.acme.example (10.0.0.2) with Microsoft SMTP Server id 15.2; x",
        Hop(by="b.acme.example", ip="10.0.0.1", helo="a.acme.example"),
    ),
    "courier": (
        "from foo.example ([::ffff:192.0.2.7]) by mx with esmtp", Hop(by="mx", ip="192.0.2.7", helo="foo.example")
    ),
    "google inside": ("by 2002:a05:6a10::1 with SMTP id x; d", Hop(by="2002:a05:6a10::1")),
    "local": ("(qmail 123 invoked by uid 89); x", Hop()),
    "two addresses": ("from a (b [192.0.2.1]) (c [192.0.2.2]) by x", Hop(by="x", helo="a")),
    "none": ("from mail.example.net by mx.acme.example with ESMTP", Hop(by="mx.acme.example", helo="mail.example.net")),
    "no by": ("from mail.example.net (x [192.0.2.1])", Hop()),
    "behind the date": ("from a (b [192.0.2.1]) by x; by y", Hop(by="x", ip="192.0.2.1", helo="a")),
    "no address": ("from a (b [999.1.1.1]) by x", Hop(by="x", helo="a")),
    "empty": ("", Hop()),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_hops(name: str) -> None:
    line, expected = LINES[name]
    assert hop(line) == expected
