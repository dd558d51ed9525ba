"""Calls to real processes that are killed, and restarted one after the other, while others call."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from pathlib import Path
from threading import Event, Thread

import pytest
from django.conf import settings

from kernel.discovery.addresses import Address
from kernel.errors import UnavailableError
from kernel.mesh.calling import Called, exchange, judge, leaves
from kernel.mesh.destination import Destination
from kernel.testing.processes import running, wait_for_line

PROGRAM = Path(__file__).with_name("process.py")
CALLERS = 4
#: Long enough for a machine on which everything takes long.
SECONDS = 60.0
RESTARTS, RESTARTS_OF_A_NIGHT = 3, 100


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in held]


class Service:
    """Three processes, and whoever calls them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.ports = free_ports(3)
        self.processes: dict[int, subprocess.Popen[str]] = {}
        for port in self.ports:
            self.start(port)
        addresses = tuple(Address(f"http://127.0.0.1:{port}") for port in self.ports)
        self.destination: Destination[Called] = Destination(
            "files", lambda: addresses, judge=judge, leaves=leaves
        )
        self.well, self.failures = 0, list[str]()

    def start(self, port: int) -> None:
        """Begin a process and wait until it listens."""
        command = [sys.executable, str(PROGRAM), str(port), "0.002"]
        env = {"PATH": "", "DATA_DIR": str(settings.DATA_DIR)}
        process = self._stack.enter_context(running(command, cwd=PROGRAM.parent, env=env))
        wait_for_line(process, "at http")
        self.processes[port] = process

    def call(self, *, idempotent: bool) -> None:
        """Send one request and note what came of it."""

        def send(url: str, seconds: float) -> Called:
            return exchange("POST", url + "/", body=b"x", headers={}, seconds=seconds)

        try:
            called = self.destination.call(send, seconds=SECONDS, idempotent=idempotent)
        except UnavailableError as error:
            self.failures.append(str(error))
            return
        if called.status == 200:
            self.well += 1
        else:
            self.failures.append(str(called.status))

    @contextmanager
    def called(self, *, idempotent: bool) -> Iterator[None]:
        """Have it called without a pause during a block, by several at the same time."""
        over = Event()

        def go() -> None:
            while not over.is_set():
                self.call(idempotent=idempotent)

        callers = [Thread(target=go) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        try:
            yield
        finally:
            over.set()
            for caller in callers:
                caller.join()

    def called_more(self, times: int) -> None:
        """Wait until so many more calls have an answer, or one has failed."""
        enough, end = self.well + times, time.monotonic() + SECONDS
        while self.well < enough and not self.failures:
            assert time.monotonic() < end, f"{self.well} of {enough}"
            time.sleep(0.02)


@pytest.fixture
def service() -> Iterator[Service]:
    """Three processes that answer."""
    with ExitStack() as stack:
        yield Service(stack)


def test_who_is_killed_is_missed_by_nobody_whose_question_may_be_asked_again(
    service: Service,
) -> None:
    with service.called(idempotent=True):
        service.called_more(100)
        service.processes[service.ports[0]].kill()
        service.called_more(300)

    assert service.failures == []


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize(
    "restarts", [RESTARTS, pytest.param(RESTARTS_OF_A_NIGHT, marks=pytest.mark.nightly)]
)
def test_processes_are_restarted_one_after_the_other_and_no_request_fails(
    service: Service, idempotent: bool, restarts: int
) -> None:
    with service.called(idempotent=idempotent):
        for port in islice(cycle(service.ports), restarts):
            service.called_more(20)
            service.processes[port].send_signal(signal.SIGTERM)
            service.processes[port].wait(SECONDS)
            service.start(port)
        service.called_more(20)

    assert service.failures == []
    assert service.well > 20 * restarts
