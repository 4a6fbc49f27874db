"""T65: whatever a mail names, nobody goes and gets it."""

import socket
from pathlib import Path

from support.daemon import Daemon
from support.whole_site import make_site

HEAD = b"""From: Ann <ann@example.net>
To: support@acme.example
Subject: %s
Message-ID: <%d@example.net>
Date: Fri, 27 Nov 2026 09:00:00 +0000
List-Unsubscribe: <http://127.0.0.1:%d/leave>
X-Face-URL: http://127.0.0.1:%d/face
MIME-Version: 1.0
"""
EXTERNAL = b"""Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

See the file.
--b
Content-Type: message/external-body; access-type=URL; URL="http://127.0.0.1:%d/file"

Content-Type: application/pdf
Content-ID: <1@example.net>

--b
Content-Type: message/external-body; access-type=anon-ftp; site="127.0.0.1"; name="file"

Content-Type: text/plain

--b--
"""
PARTIAL = b"""Content-Type: message/partial; id="x@example.net"; number=1; total=2

Content-Type: text/html

<img src="http://127.0.0.1:%d/part">
"""
REMOTE = b"""Content-Type: text/html

<html><head><link rel="stylesheet" href="http://127.0.0.1:%(port)d/style"><base href="http://127.0.0.1:%(port)d/">
<style>@import url("http://127.0.0.1:%(port)d/import"); body { background: url(http://127.0.0.1:%(port)d/bg) }</style>
</head><body background="http://127.0.0.1:%(port)d/back">Where is my lamp? <img src="http://127.0.0.1:%(port)d/pixel">
<img src="pixel.gif"><iframe src="http://127.0.0.1:%(port)d/frame"></iframe><video src="http://127.0.0.1:%(port)d/v">
</video><a href="http://127.0.0.1:%(port)d/link">here</a><object data="http://127.0.0.1:%(port)d/o"></object></body></html>
"""


def test_nothing_that_a_mail_names_is_fetched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, Daemon(make_site(tmp_path / "site")) as daemon:
        server.settimeout(0)
        port = server.getsockname()[1]
        bodies = (EXTERNAL % port, PARTIAL % port, REMOTE % {b"port": port})
        for number, body in enumerate(bodies, 1):
            head = HEAD % (b"matter %d" % number, number, port, port)
            daemon.send((head + body).replace(b"\n", b"\r\n"))
        daemon.settled()
        assert len(daemon.ask("tickets")) == len(bodies)
        for number in range(1, len(bodies) + 1):
            daemon.command("show", str(number))
            daemon.command("explain", str(number))
        raw = tmp_path / "remote.eml"
        raw.write_bytes(HEAD % (b"x", 9, port, port) + REMOTE % {b"port": port})
        daemon.command("parse", str(raw))
        try:
            server.accept()
        except BlockingIOError:
            return
        raise AssertionError("somebody came for it")
