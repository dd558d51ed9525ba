"""A mail server on a socket: it takes messages, refuses some, and can cut a connection."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from threading import Lock, Thread
from typing import Any


@dataclass
class Sink:
    """What a server was told, and how it answers."""

    port: int = 0
    connections: int = 0
    messages: list[tuple[str, Message]] = field(default_factory=list)
    #: By address: what RCPT is answered with.
    refused: dict[str, bytes] = field(default_factory=dict)
    #: Addresses after which it says nothing any more.
    silent: set[str] = field(default_factory=set)
    #: What the next DATA are answered with, after their messages.
    answers: list[bytes] = field(default_factory=list)
    #: After so many messages it closes a connection that would bring another.
    most_of_connection: int = 1_000
    #: It refuses those beyond so many at the same time.
    most_connections: int = 1_000

    @property
    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for _, message in self.messages]


@contextmanager
def mail_server() -> Iterator[Sink]:
    """Serve on a port of its own until the block ends."""
    sink, lock, open_ = Sink(), Lock(), set[Any]()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with lock:
                if len(open_) >= sink.most_connections:
                    self.wfile.write(b"421 too many connections\r\n")
                    return
                open_.add(self)
                sink.connections += 1
            try:
                _converse(sink, self.rfile, self.wfile)
            finally:
                open_.discard(self)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        sink.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join()


def _converse(sink: Sink, heard: Any, say: Any) -> None:
    say.write(b"220 sink\r\n")
    to, left = "", sink.most_of_connection
    while line := heard.readline():
        verb = line[:4].upper()
        if verb == b"QUIT":
            say.write(b"221 bye\r\n")
            return
        if verb == b"MAIL" and left == 0:
            say.write(b"421 enough\r\n")
            return
        if verb == b"RCPT":
            to = line.decode().split("<")[1].split(">")[0]
            if to in sink.silent:
                # Until the other side has enough of it.
                heard.read()
                return
            say.write(sink.refused.get(to, b"250 ok") + b"\r\n")
        elif verb == b"DATA":
            say.write(b"354 go on\r\n")
            left -= 1
            _take(sink, to, heard, say)
        else:
            say.write(b"250 sink\r\n")


def _take(sink: Sink, to: str, heard: Any, say: Any) -> None:
    lines = []
    while (line := heard.readline()) not in (b".\r\n", b""):
        lines.append(line[1:] if line[:1] == b"." else line)
    answer = sink.answers.pop(0) if sink.answers else b"250 taken"
    if answer[:1] == b"2":
        sink.messages.append((to, message_from_bytes(b"".join(lines))))
    say.write(answer + b"\r\n")
