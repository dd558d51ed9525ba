"""What the policies of calls between services cost, and what they bring when processes go wrong.

Three real processes that answer after 2 ms are called by bare urllib3 and by the client, in turns,
so that a busy machine troubles both alike; signing is left out of both. Then, under load: one of
three dead, one ten times slower, all gone, and all back. Targets: 60 us over urllib3 at p50;
99.9 % success with one dead; a slow one gets less than 10 % within 5 s; at most 1.2 times what is
offered is sent in an outage; all well again within 10 s.
"""

import argparse
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from statistics import median
from threading import Lock, Thread
from typing import Any

from apart import ROOT, own_environment, print_machine, run_here, verdict

PROGRAM = ROOT / "tests" / "kernel" / "mesh" / "process.py"
SECONDS, SLOW_SECONDS = "0.002", "0.02"
CALLERS, RATE = 4, 200
#: Of each way in each turn.
CALLS, TURNS = 200, 10


def main() -> None:
    """Measure in a process of its own, and print each figure beside its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("where", nargs="?", choices=("here",))
    wanted = parser.parse_args()
    if wanted.where is None:
        print_machine()
        with own_environment() as environment:
            run_here(environment)
        return
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    import django

    django.setup()
    measure()


class Processes:
    """Three processes of a service, each at its port."""

    def __init__(self) -> None:
        from tests.kernel.mesh.test_processes import free_ports

        self.ports = free_ports(3)
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, port: int, seconds: str = SECONDS) -> None:
        """Begin one, and wait until it listens."""
        command = [sys.executable, str(PROGRAM), str(port), seconds]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()
        self._running[port] = process

    def kill(self, port: int) -> None:
        """End one without a word."""
        process = self._running.pop(port)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def kill_all(self) -> None:
        """End all that are left."""
        for port in list(self._running):
            self.kill(port)


def measure() -> None:
    """Print the figures."""
    processes = Processes()
    try:
        for port in processes.ports:
            processes.start(port)
        _overhead(processes)
        _one_dead(processes)
        _one_slow(processes)
        _outage(processes)
    finally:
        processes.kill_all()


def _destination(processes: Processes) -> Any:
    from kernel.discovery.addresses import Address
    from kernel.mesh.calling import judge, leaves
    from kernel.mesh.destination import Destination

    addresses = tuple(Address(f"http://127.0.0.1:{port}") for port in processes.ports)
    return Destination("files", lambda: addresses, judge=judge, leaves=leaves)


def _sender(seen: Counter[str]) -> Callable[[str, float], Any]:
    from kernel.mesh.calling import exchange

    lock = Lock()

    def send(url: str, seconds: float) -> Any:
        with lock:
            seen[url] += 1
        return exchange("POST", f"{url}/", body=b"x" * 200, headers={}, seconds=seconds)

    return send


def _overhead(processes: Processes) -> None:
    import urllib3

    pool, draw = urllib3.PoolManager(maxsize=16, retries=False), random.Random(7)
    urls = [f"http://127.0.0.1:{port}/" for port in processes.ports]
    destination, send = _destination(processes), _sender(Counter())

    def bare() -> None:
        pool.request("POST", draw.choice(urls), body=b"x" * 200, timeout=5)

    def through() -> None:
        destination.call(send, seconds=5, idempotent=True)

    found: dict[str, list[float]] = {"bare": [], "through": []}
    for turn in range(TURNS + 1):
        for name, call in (("bare", bare), ("through", through)):
            times = []
            for _ in range(CALLS):
                begun = time.perf_counter()
                call()
                times.append(time.perf_counter() - begun)
            if turn:
                found[name].append(median(times))
    bare_us, through_us = (median(found[name]) * 1e6 for name in ("bare", "through"))
    print(f"p50 bare urllib3 {bare_us:.0f} us, through the client {through_us:.0f} us")
    verdict("us over bare urllib3, p50", through_us - bare_us, at_most=60)

    def nothing(_url: str, _seconds: float) -> Any:
        return answer

    answer = send(urls[0].rstrip("/"), 5)
    begun = time.process_time()
    for _ in range(10_000):
        destination.call(nothing, seconds=5, idempotent=True)
    print(f"the policies alone: {(time.process_time() - begun) * 100:.1f} us of processor a call")


class Load:
    """Calls at a rate, by some threads, for some seconds."""

    def __init__(self, destination: Any) -> None:
        self._destination = destination
        self.seen: Counter[str] = Counter()
        self.well = self.offered = 0
        self.times: list[float] = []
        self._send = _sender(self.seen)
        self._lock = Lock()

    def run(self, seconds: float) -> None:
        """Offer calls for so long."""
        end = time.monotonic() + seconds
        threads = [Thread(target=self._go, args=(end,)) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _go(self, end: float) -> None:
        from kernel.errors import UnavailableError

        due = time.monotonic()
        while (due := due + CALLERS / RATE) < end:
            time.sleep(max(0.0, due - time.monotonic()))
            well, begun = False, time.perf_counter()
            with suppress(UnavailableError):
                called = self._destination.call(self._send, seconds=5, idempotent=True)
                well = called.status == 200
            with self._lock:
                self.offered += 1
                self.well += well
                self.times.append(time.perf_counter() - begun)

    def p99(self) -> float:
        """Return the milliseconds that 99 of 100 take at most."""
        return sorted(self.times)[int(len(self.times) * 0.99)] * 1000


def _one_dead(processes: Processes) -> None:
    destination = _destination(processes)
    before = Load(destination)
    before.run(5)
    processes.kill(processes.ports[0])
    load = Load(destination)
    load.run(10)
    verdict("% success with one of three dead", 100 * load.well / load.offered, at_least=99.9)
    verdict("p99 with one dead over p99 before", load.p99() / before.p99(), at_most=2)
    processes.start(processes.ports[0])


def _one_slow(processes: Processes) -> None:
    destination, slow = _destination(processes), processes.ports[1]
    Load(destination).run(2)
    processes.kill(slow)
    processes.start(slow, SLOW_SECONDS)
    Load(destination).run(5)
    load = Load(destination)
    load.run(5)
    share = 100 * load.seen[f"http://127.0.0.1:{slow}"] / sum(load.seen.values())
    verdict("% of the calls go to one that is ten times slower", share, at_most=10)
    processes.kill(slow)
    processes.start(slow)


def _outage(processes: Processes) -> None:
    destination = _destination(processes)
    Load(destination).run(2)
    processes.kill_all()
    load = Load(destination)
    load.run(10)
    verdict("times the offered calls sent in an outage", sum(load.seen.values()) / load.offered,
            at_most=1.2)  # fmt: skip
    for port in processes.ports:
        processes.start(port)
    begun = time.monotonic()
    while True:
        load = Load(destination)
        load.run(1)
        if load.well == load.offered or time.monotonic() - begun > 60:
            break
    verdict("seconds until all calls go well again", time.monotonic() - begun, at_most=10)


if __name__ == "__main__":
    main()
