"""A small HTTP server that answers as it is told to, and has the trouble that it is told to have."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import httpx

Answer = tuple[int, Any]
"""Status and JSON."""

Respond = Callable[[str, str, dict[str, Any], Mapping[str, str]], Answer]
"""From method, path, body and headers."""


class FaultyServer(ThreadingHTTPServer):
    """Serves on a free port, in a thread.

    Attributes
    ----------
    asked : list of (str, dict)
        Path and body of each request, in the order in which they came.
    trouble : dict of int to str
        What befalls the request of that number: ``"429"``, ``"503"``, ``"slow"``, ``"half"`` or ``"reset"``.
    broken_from : int or None
        From that request on, all are reset.
    headers : dict of str to str
        Sent with every answer that is not 200.
    """

    daemon_threads = True

    def __init__(self, respond: Respond) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.trouble: dict[int, str] = {}
        self.broken_from: int | None = None
        self.headers: dict[str, str] = {}
        self.counting = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def prompts(self) -> list[str]:
        """Texts that were sent to completions."""
        return [body["prompt"] for path, body in self.asked if path == "/v1/completions"]

    def __enter__(self) -> FaultyServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: FaultyServer
    protocol_version = "HTTP/1.1"
    wbufsize = 2**16  # headers and body at one go: in two parts, the second waits for the first to be acknowledged

    def do_GET(self) -> None:
        self._handle({})

    def do_POST(self) -> None:
        self._handle(json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0)))))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _handle(self, body: dict[str, Any]) -> None:
        server = self.server
        with server.counting:
            number = len(server.asked)
            server.asked.append((self.path, body))
        trouble = server.trouble.get(number)
        if trouble == "reset" or (server.broken_from is not None and number >= server.broken_from):
            self.close_connection = True
            return
        if trouble in ("429", "503"):
            self._send(int(trouble), {"error": {"message": "too busy"}})
            return
        if trouble == "slow":
            time.sleep(1.0)
        status, answer = server.respond(self.command, self.path, body, self.headers)
        self._send(status, answer, half=trouble == "half")

    def _send(self, status: int, answer: Any, *, half: bool = False) -> None:
        text = json.dumps(answer).encode()
        text = text[: len(text) // 2] if half else text
        self.send_response(status)
        for name, value in self.server.headers.items() if status != 200 else ():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def forwarded_to(url: str) -> Respond:
    """Respond as another server does."""

    def respond(method: str, path: str, body: dict[str, Any], _: Mapping[str, str]) -> Answer:
        answer = httpx.request(method, url.removesuffix("/v1") + path, json=body or None, timeout=60)
        return answer.status_code, answer.json()

    return respond
