"""A token endpoint as providers have it: grants, device codes, refresh tokens that change, and refusals on demand."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

USER = "support@acme.example"


class TokenStub:
    """`forms` are the requests for tokens so far; `refuse` is (status, answer) for the next ones, None for none.

    `once`: a refresh token is taken once; else the one before is good until the new one is used.
    """

    def __init__(self, *, rotates: bool = True, lasts: int = 3600, once: bool = False) -> None:
        self.rotates = rotates
        self.lasts = lasts
        self.once = once
        self.refresh_lasts: int | None = None  # what is told of refresh tokens; by default of a person's consent alone
        self.refuse: tuple[int, dict[str, Any]] | None = None
        self.pending = 0  # so many polls of a device come too early
        self.delay = threading.Event()  # cleared: answers wait for it
        self.delay.set()
        self.forms: list[dict[str, str]] = []
        self.good: set[str] = set()  # access tokens
        self.refresh = "refresh-0"  # the one that is good now
        self._before = ""
        self._count = 0
        self._lock = threading.Lock()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                form = {name: value[0] for name, value in parse_qs(self.rfile.read(length).decode()).items()}
                stub.delay.wait(30)
                with stub._lock:
                    self._answer(*(stub._device() if self.path == "/device" else stub._token(form)))

            def do_GET(self) -> None:
                """Dovecot asks whose a token is."""
                token = parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]
                good = token in stub.good
                self._answer(200 if good else 401, {"email": USER} if good else {"error": "invalid_token"})

            def _answer(self, status: int, answer: dict[str, Any]) -> None:
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def _device(self) -> tuple[int, dict[str, Any]]:
        page = {"device_code": "device-1", "user_code": "ABCD-EFGH", "verification_uri": f"{self.url}/activate"}
        return 200, {**page, "interval": 0, "expires_in": 900}

    def _token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.forms.append(form)
        if self.refuse is not None:
            return self.refuse
        grant = form["grant_type"]
        if grant.endswith("device_code") and self.pending:
            self.pending -= 1
            return 400, {"error": "authorization_pending"}
        if grant == "refresh_token" and form["refresh_token"] not in self._taken():
            return 400, {"error": "invalid_grant", "error_description": "AADSTS70008: The refresh token has expired."}
        self._count += 1
        token = f"access-{self._count}"
        self.good.add(token)
        answer: dict[str, Any] = {"access_token": token, "expires_in": self.lasts, "token_type": "Bearer"}
        if grant == "refresh_token" and self.rotates:
            self._before = self.refresh if form["refresh_token"] == self.refresh else self._before
            self.refresh = f"refresh-{self._count}"
            answer["refresh_token"] = self.refresh
        elif grant.endswith("device_code"):
            answer |= {"refresh_token": self.refresh, "refresh_token_expires_in": 5 * 86_400}
        if self.refresh_lasts is not None:
            answer["refresh_token_expires_in"] = self.refresh_lasts
        return 200, answer

    def _taken(self) -> set[str]:
        return {self.refresh} if self.once else {self.refresh, self._before}

    def start(self) -> "TokenStub":
        self._thread.start()
        return self

    def stop(self) -> None:
        self.delay.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@contextmanager
def token_stub(**how: Any) -> Iterator[TokenStub]:
    stub = TokenStub(**how).start()
    try:
        yield stub
    finally:
        stub.stop()
