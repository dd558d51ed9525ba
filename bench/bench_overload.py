"""What a process does that is offered three times what it can do.

A real server answers after 50 ms, by eight threads: 160 requests a second at most. Requests come
at a rate, whether those before were answered or not, and each is waited for one second: what comes
later counts as much as no answer. Targets: at three times the load of the peak at least 80 % of
the peak's answers, and 95 of 100 probes answered within a second.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from apart import ROOT, own_environment, print_machine, run_here, verdict

PROGRAM = ROOT / "tests" / "kernel" / "mesh" / "process.py"
SERVICE_SECONDS, THREADS = 0.05, 8
CAPACITY = THREADS / SERVICE_SECONDS
#: How long whoever asks waits.
PATIENCE_SECONDS = 1.0
#: Long enough for the limit to come down from where it starts; that is measured, too.
SECONDS = 15.0
PROBES_A_SECOND = 10.0


@dataclass
class Load:
    """What came of the requests that were offered."""

    seconds: float
    statuses: Counter[int] = field(default_factory=Counter)
    probes: list[float] = field(default_factory=list)

    @property
    def goodput(self) -> float:
        """Return the answers a second that came in time."""
        return self.statuses[200] / self.seconds


def main() -> None:
    """Measure in a process of its own, and print each figure beside its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("where", nargs="?", choices=("here",))
    if parser.parse_args().where is None:
        print_machine()
        with own_environment() as environment:
            run_here(environment)
        return
    command = [sys.executable, str(PROGRAM), "0", str(SERVICE_SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline().rpartition(":")[2])
            asyncio.run(measure(port))
        finally:
            process.kill()


async def measure(port: int) -> None:
    """Offer less than can be done, as much, and more; print what comes of it."""
    found = {}
    for times in (0.5, 0.8, 1.0, 3.0):
        load = found[times] = await offered(port, times * CAPACITY)
        print(
            f"{times:g} times: {load.goodput:.0f} answers a second in time of"
            f" {times * CAPACITY:.0f} offered, {dict(load.statuses)}"
        )
    peak = max(load.goodput for load in found.values())
    probes = sorted(found[3.0].probes)
    verdict("% of the peak at three times the load", 100 * found[3.0].goodput / peak, at_least=80)
    p95 = probes[int(len(probes) * 0.95)]
    verdict("seconds that 95 of 100 probes take then", p95, at_most=1)


async def offered(port: int, rate: float) -> Load:
    """Send requests at a rate, and beside them probes, and wait for what comes of the last."""
    load = Load(SECONDS)

    async def request() -> None:
        status, _ = await asked(port, "/")
        load.statuses[status] += 1

    async def probe() -> None:
        status, seconds = await asked(port, "/health/live")
        load.probes.append(seconds if status == 200 else float("inf"))

    async with asyncio.TaskGroup() as group:
        for each, often in ((request, rate), (probe, PROBES_A_SECOND)):
            group.create_task(_at_rate(group, each, often))
    return load


async def _at_rate(
    group: asyncio.TaskGroup, each: Callable[[], Coroutine[None, None, None]], rate: float
) -> None:
    begun = time.perf_counter()
    for number in range(int(SECONDS * rate)):
        await asyncio.sleep(begun + number / rate - time.perf_counter())
        group.create_task(each())


async def asked(port: int, path: str) -> tuple[int, float]:
    """Return status and seconds of an answer; status 0 for none in time."""
    sent = (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"X-Septet-Time-Left: {PATIENCE_SECONDS * 1000:.0f}\r\n\r\n"
    )
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(sent.encode())
                answer = await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return 0, time.perf_counter() - begun
    return int(answer.split(b" ", 2)[1] or 0) if answer else 0, time.perf_counter() - begun


if __name__ == "__main__":
    main()
