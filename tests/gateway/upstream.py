"""A service of the tests' own making: it remembers what it was asked, and answers as it is told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass(frozen=True, slots=True)
class Seen:
    """One request, its header names in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(slots=True)
class Upstream:
    """What is answered next, and what was asked."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    #: Status and body, None for no answer at all; the last one stays.
    answers: list[tuple[int, Any] | None] = field(default_factory=list)
    #: While this is clear, nobody is answered.
    talking: Event = field(default_factory=Event)

    def answer(self, *answers: tuple[int, Any] | None) -> None:
        """Forget what was asked, and answer like this from now on."""
        self.seen.clear()
        self.answers[:] = answers
        self.talking.set()

    def next(self) -> tuple[int, Any] | None:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def upstream() -> Iterator[Upstream]:
    """Listen for the time of a block."""
    told = Upstream()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.seen.append(Seen(self.path, headers, body))
            answer = told.next()
            told.talking.wait(30)
            if answer is None:
                self.close_connection = True
            else:
                # Whoever asked may have left meanwhile.
                with suppress(ConnectionError):
                    self.send(*answer)

        def send(self, status: int, content: Any) -> None:
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        told.talking.set()
        server.shutdown()
        thread.join()
        server.server_close()
