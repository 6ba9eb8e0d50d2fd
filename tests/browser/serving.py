"""A folder served as a strict host serves it, and a proxy that nobody should ever ask for anything."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

STRICT = "default-src 'none'; img-src 'self'; style-src 'self'"
"""What Jenkins sends with the reports of its builds, but for the sandbox."""


class Served:
    """A folder under an address of this machine.

    Attributes
    ----------
    address : str
        Without a slash at its end.
    asked : list of (str, int)
        Path and status of every request.
    """

    def __init__(self, port: int, asked: list[tuple[str, int]]) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.asked = asked

    def missing(self) -> list[str]:
        """Return what was asked for and is not there."""
        return [path for path, status in self.asked if status >= 400]


@contextmanager
def served(folder: Path, policy: str) -> Iterator[Served]:
    """Serve a folder under a content security policy."""
    asked: list[tuple[str, int]] = []

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/favicon.ico":  # browsers ask for it by themselves
                self.send_response(204)
                self.end_headers()
            else:
                super().do_GET()

        def end_headers(self) -> None:
            self.send_header("Content-Security-Policy", policy)
            super().end_headers()

        def log_request(self, code: Any = "-", size: Any = "-") -> None:  # noqa: ARG002  # the base class hands it in
            asked.append((self.path, int(code)))

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))) as port:
        yield Served(port, asked)


# Chromium itself asks here about any page that has a form; the switch against it would undo those of Playwright.
BROWSERS_OWN = "CONNECT content-autofill.googleapis.com:443"


class Sniffer:
    """A proxy that answers nothing and remembers who was asked for.

    Attributes
    ----------
    address : str
        For the settings of a browser, which goes to this machine itself past any proxy.
    heard : list of str
        The first line of every request but `BROWSERS_OWN`, for instance ``CONNECT evil.example:443 HTTP/1.1``.
    """

    def __init__(self, port: int, heard: list[str]) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.heard = heard


@contextmanager
def sniffing() -> Iterator[Sniffer]:
    """Listen for whatever would leave this machine."""
    heard: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline(1000).decode("latin-1").strip()
            if not line.startswith(BROWSERS_OWN):
                heard.append(line)

    with _running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield Sniffer(port, heard)


@contextmanager
def _running(server: socketserver.TCPServer) -> Iterator[int]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
