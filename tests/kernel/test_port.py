"""The port for probes and metrics: it answers those, while the process works and while it stops."""

import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import pytest

from kernel.observability import health
from kernel.observability.port import OperationsPort
from kernel.running import run_until_told


@pytest.fixture
def port() -> Iterator[OperationsPort]:
    """A port that answers."""
    made = OperationsPort("127.0.0.1", 0)
    made.start()
    yield made
    made.stop(0)


@pytest.fixture(autouse=True)
def _no_drain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # The checks of the suite ask a database that these tests have not.
    monkeypatch.setattr(health, "_checks", {"part": lambda: "fine"})
    yield
    health._draining.clear()


def ask(port: OperationsPort, path: str, method: str = "GET") -> tuple[int, str]:
    """Return the status and the body of an answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{port.port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_answers_probes(port: OperationsPort) -> None:
    assert ask(port, "/health/live") == (200, '{"status": "live"}')
    assert ask(port, "/health/ready")[1] == (
        '{"status": "ready", "checks": {"part": {"ok": true, "state": "ok", "detail": "fine"}}}'
    )
    assert ask(port, "/health/startup")[0] == 200
    assert ask(port, "/health/live", "HEAD") == (200, "")


def test_it_says_what_is_wrong(port: OperationsPort) -> None:
    def broken() -> str:
        raise RuntimeError("no disk")

    health._checks["part"] = broken

    status, told = ask(port, "/health/ready")

    assert status == 503
    assert "no disk" in told


def test_it_shows_metrics(port: OperationsPort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.events.figures._counted", list)
    monkeypatch.setattr("kernel.events.figures.FIGURES._fresh_until", 0.0)

    status, told = ask(port, "/metrics")

    assert status == 200
    assert "# TYPE events_relayed_total counter" in told


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/", "GET", 404), ("/metrics", "POST", 405)]
)
def test_it_answers_nothing_else(port: OperationsPort, path: str, method: str, status: int) -> None:
    assert ask(port, path, method)[0] == status


def test_a_taken_port_is_told_before_anything_begins(port: OperationsPort) -> None:
    with pytest.raises(OSError, match="Address already in use"):
        OperationsPort("127.0.0.1", port.port)


def test_a_client_that_says_nothing_keeps_nobody_waiting(port: OperationsPort) -> None:
    with socket.create_connection(("127.0.0.1", port.port)):
        assert ask(port, "/health/live")[0] == 200


class Part:
    """Work that takes its time to end."""

    def __init__(self, takes: float, port: OperationsPort) -> None:
        self._takes = takes
        self._port = port
        self.given: list[float] = []
        self.while_stopping: list[int] = []

    def start(self) -> None:
        Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM)).start()

    def stop(self, seconds: float) -> None:
        self.given.append(seconds)
        self.while_stopping.append(ask(self._port, "/health/ready")[0])
        time.sleep(min(self._takes, seconds))


@pytest.mark.parametrize(("takes", "in_time"), [(0.0, True), (2.0, False)])
def test_a_process_that_stops_is_not_ready_and_says_whether_it_was_in_time(
    port: OperationsPort, takes: float, in_time: bool
) -> None:
    part, other = Part(takes, port), Part(0, port)
    told: list[str] = []
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        ended = run_until_told(
            part,
            other,
            stop_timeout=timedelta(seconds=1),
            on_started=lambda: told.append("started"),
            on_stopping=lambda: told.append("stopping"),
        )
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)

    assert ended == in_time
    assert told == ["started", "stopping"]
    assert part.while_stopping == [503]
    # One deadline for all of them.
    assert other.given[0] <= part.given[0] <= 1
