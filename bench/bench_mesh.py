"""What the policies of calls between services cost, and what they bring when processes go wrong.

Three real processes that answer after 2 ms are called by bare urllib3, by the client, and by
urllib3 through Envoy with an equal policy, in turns, so that a busy machine troubles all alike;
signing is left out. Then, under load: one of three dead, one ten times slower, all gone, and all
back, once for the client and once for Envoy. Targets of the client: 60 us over urllib3 at p50;
99.9 % success with one dead; a slow one gets less than 10 % within 5 s; at most 1.2 times what is
offered is sent in an outage; all well again within 10 s.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from threading import Lock, Thread
from typing import Any, Protocol

from apart import ROOT, own_environment, print_machine, run_here, timed, verdict

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
        self.urls = [f"http://127.0.0.1:{port}" for port in self.ports]
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

    def start_all(self) -> None:
        """Begin all."""
        for port in self.ports:
            self.start(port)

    def kill_all(self) -> None:
        """End all that are left."""
        for port in list(self._running):
            self.kill(port)


class Way(Protocol):
    """One way to call the service."""

    def call(self) -> bool:
        """Call once, and say whether that went well."""

    def sent(self) -> Counter[str]:
        """Return how often each process was asked until now."""


class Client:
    """The client, which knows nothing yet."""

    def __init__(self, urls: list[str]) -> None:
        from kernel.discovery.addresses import Address
        from kernel.errors import UnavailableError
        from kernel.mesh.calling import judge, leaves
        from kernel.mesh.destination import Destination

        addresses = tuple(Address(url) for url in urls)
        self.destination = Destination("files", lambda: addresses, judge=judge, leaves=leaves)
        self._unavailable = UnavailableError
        self._lock = Lock()
        self._seen: Counter[str] = Counter()

    def call(self) -> bool:
        """Call once, and say whether that went well."""
        with suppress(self._unavailable):
            return self.destination.call(self.send, seconds=5, idempotent=True).status == 200
        return False

    def send(self, url: str, seconds: float) -> Any:
        """Send one request to one process."""
        from kernel.mesh.calling import exchange

        with self._lock:
            self._seen[url] += 1
        return exchange("POST", f"{url}/", body=b"x" * 200, headers={}, seconds=seconds)

    def sent(self) -> Counter[str]:
        """Return how often each process was asked until now."""
        return Counter(self._seen)


@contextmanager
def ways(processes: Processes) -> Iterator[dict[str, Way]]:
    """Begin with both anew."""
    from envoy_peer import Envoy

    with tempfile.TemporaryDirectory() as folder, Envoy(processes.ports, Path(folder)) as envoy:
        yield {"client": Client(processes.urls), "envoy": envoy}


def measure() -> None:
    """Print the figures."""
    processes = Processes()
    try:
        processes.start_all()
        _overhead(processes)
        _beside(
            _one_dead,
            processes,
            {
                "% success with one of three dead": {"at_least": 99.9},
                "p99 with one dead over p99 before": {"at_most": 2},
            },
        )
        _beside(
            _one_slow,
            processes,
            {
                "% of the calls go to one that is ten times slower": {"at_most": 10},
            },
        )
        _beside(
            _outage,
            processes,
            {
                "times the offered calls sent in an outage": {"at_most": 1.2},
                "seconds until all calls go well again": {"at_most": 10},
            },
        )
    finally:
        processes.kill_all()


def _beside(
    scene: Callable[[Processes, Way], tuple[float, ...]],
    processes: Processes,
    targets: dict[str, dict[str, float]],
) -> None:
    """Play a scene with the client and with Envoy; the targets are the client's."""
    with ways(processes) as found:
        ours, theirs = scene(processes, found["client"]), scene(processes, found["envoy"])
    for (what, target), our, their in zip(targets.items(), ours, theirs, strict=True):
        verdict(what, our, **target)
        print(
            f"       with Envoy: {their:.2f}; the client over Envoy {our / their:.2f}", flush=True
        )


def _overhead(processes: Processes) -> None:
    import urllib3

    pool, draw = urllib3.PoolManager(maxsize=16, retries=False), random.Random(7)

    def bare() -> object:
        return pool.request("POST", f"{draw.choice(processes.urls)}/", body=b"x" * 200, timeout=5)

    with ways(processes) as found:
        calls: dict[str, Callable[[], object]] = {
            "bare": bare,
            **{name: way.call for name, way in found.items()},
        }
        medians: dict[str, list[float]] = {name: [] for name in calls}
        for turn in range(TURNS + 1):
            for name, call in calls.items():
                times = [timed(call) for _ in range(CALLS)]
                if turn:
                    medians[name].append(median(times))
    us = {name: median(times) * 1e6 for name, times in medians.items()}
    print(
        f"p50 bare urllib3 {us['bare']:.0f} us, through the client {us['client']:.0f} us,"
        f" through Envoy {us['envoy']:.0f} us"
    )
    over, theirs = us["client"] - us["bare"], us["envoy"] - us["bare"]
    verdict("us over bare urllib3, p50", over, at_most=60)
    print(f"       with Envoy: {theirs:.2f}; the client over Envoy {over / theirs:.2f}")
    _policies_alone(Client(processes.urls), processes.urls[0])


def _policies_alone(client: Client, url: str) -> None:
    answer = client.send(url, 5)

    def nothing(_url: str, _seconds: float) -> Any:
        return answer

    begun = time.process_time()
    for _ in range(10_000):
        client.destination.call(nothing, seconds=5, idempotent=True)
    print(f"the policies alone: {(time.process_time() - begun) * 100:.1f} us of processor a call")


class Load:
    """Calls at a rate, by some threads, for some seconds."""

    def __init__(self, way: Way, seconds: float) -> None:
        self._way = way
        self.well = self.offered = 0
        self.times: list[float] = []
        self._lock = Lock()
        before, end = way.sent(), time.monotonic() + seconds
        threads = [Thread(target=self._go, args=(end,)) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.sent = way.sent() - before

    def _go(self, end: float) -> None:
        due = time.monotonic()
        while (due := due + CALLERS / RATE) < end:
            time.sleep(max(0.0, due - time.monotonic()))
            begun = time.perf_counter()
            well = self._way.call()
            with self._lock:
                self.offered += 1
                self.well += well
                self.times.append(time.perf_counter() - begun)

    def p99(self) -> float:
        """Return the milliseconds that 99 of 100 take at most."""
        return sorted(self.times)[int(len(self.times) * 0.99)] * 1000


def _one_dead(processes: Processes, way: Way) -> tuple[float, ...]:
    before = Load(way, 5)
    processes.kill(processes.ports[0])
    load = Load(way, 10)
    processes.start(processes.ports[0])
    return 100 * load.well / load.offered, load.p99() / before.p99()


def _one_slow(processes: Processes, way: Way) -> tuple[float, ...]:
    slow = processes.ports[1]
    Load(way, 2)
    processes.kill(slow)
    processes.start(slow, SLOW_SECONDS)
    Load(way, 5)
    load = Load(way, 5)
    processes.kill(slow)
    processes.start(slow)
    return (100 * load.sent[processes.urls[1]] / load.sent.total(),)


def _outage(processes: Processes, way: Way) -> tuple[float, ...]:
    Load(way, 2)
    processes.kill_all()
    outage = Load(way, 10)
    processes.start_all()
    begun = time.monotonic()
    while True:
        load = Load(way, 1)
        if load.well == load.offered or time.monotonic() - begun > 60:
            break
    return outage.sent.total() / outage.offered, time.monotonic() - begun


if __name__ == "__main__":
    main()
