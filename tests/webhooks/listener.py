"""A partner's server: real HTTP on this machine, that answers as it is told."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass
class Listener:
    """Keeps what it is sent. ``answers`` are its next statuses; after them it says 204."""

    answers: list[int] = field(default_factory=list)
    location: str = ""
    says: bytes = b""
    before_answering: Callable[[], object] = lambda: None
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                listener.heard.append((headers, body))
                listener.paths.append(self.path)
                listener.before_answering()
                self.send_response(listener.answers.pop(0) if listener.answers else 204)
                if listener.location:
                    self.send_header("Location", listener.location)
                self.send_header("Set-Cookie", "who=kefu")
                self.end_headers()
                self.wfile.write(listener.says)

            do_GET = do_POST

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/kefu"
