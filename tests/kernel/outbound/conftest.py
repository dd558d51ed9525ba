"""A name service of the tests, and servers that may be called."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.kernel.outbound.servers import Canary, Say, canary

Answers = list[str] | Callable[[], list[str]]


class Names:
    """What the resolver knows; every name that is asked for is written down."""

    def __init__(self) -> None:
        self.known: dict[str, Answers] = {}
        self.asked: list[str] = []

    def look_up(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        answers = self.known[host]
        addresses = answers() if callable(answers) else answers
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in addresses
        ]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """The names that this test gives; no others."""
    made = Names()
    monkeypatch.setattr(socket, "getaddrinfo", made.look_up)
    return made


@pytest.fixture
def serve(settings: Any) -> Iterator[Callable[[Say], Canary]]:
    """Start a server that OUTBOUND_ALLOWED lets us call."""
    running = []

    def start(say: Say) -> Canary:
        context = canary(say)
        made = context.__enter__()
        running.append(context)
        settings.OUTBOUND_ALLOWED = (*settings.OUTBOUND_ALLOWED, f"127.0.0.1:{made.port}")
        return made

    yield start
    for context in running:
        context.__exit__(None, None, None)
