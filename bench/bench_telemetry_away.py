"""What a collector of telemetry that is dead or slow costs requests, where all is sent to it.

A query with a key goes through the whole application, with the spans of each request and a line of
its log sent by OTLP: to a receiver that answers, to a port where nobody listens, and to one that
takes all and never answers, in turns; each turn is held against the one beside it with a receiver
that answers, so that a busy machine troubles all alike. Targets: p50 and p99 at most 1.1 times as
long in the median of the turns, nothing raised, and no more memory than the two queues may hold.
"""

import argparse
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from apart import own_environment, print_machine, run_here, verdict

#: The second is as the first: by how much they differ is what this machine does.
MODES = ("well", "again", "dead", "slow")
#: A turn is longer than anything waits to be sent together.
REQUESTS, TURNS, FEW = 1200, 4, 200
SETTLE_SECONDS = 1.5
#: Of two queues, what they hold at most: 2048 spans of 1 kB and as many lines of 8 kB; with
#: Python's own overhead, and what is being encoded.
MOST_MEGABYTES = 40
RECEIVER = """
import sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if sys.argv[1] == "slow":
            threading.Event().wait()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def main() -> None:
    """Measure in a process of its own, and print each figure beside its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("where", nargs="?", choices=("here",))
    if parser.parse_args().where == "here":
        measure()
        return
    print_machine()
    limits = ("RATE_LIMIT_CREDENTIAL", "RATE_LIMIT_TENANT", "RATE_LIMIT_ADDRESS")
    with own_environment(**dict.fromkeys(limits, "0"), LOG_LEVEL="INFO") as environment:
        run_here(environment, stderr=subprocess.DEVNULL)


def measure() -> None:
    """Print the figures."""
    from bench_metrics import QUERIES, sender

    request = sender()(QUERIES["ten rows"])
    took: dict[str, list[list[float]]] = {mode: [] for mode in MODES}
    raised = 0
    with receiver("well") as well, receiver("well") as again, receiver("slow") as slow:
        ends = {"well": well, "again": again, "dead": closed_port(), "slow": slow}
        sinks = {mode: Sinks(f"http://127.0.0.1:{port}") for mode, port in ends.items()}
        for mode in MODES:
            sinks[mode].turn(request, FEW)
        before = memory()
        for turn in range(TURNS):
            first = turn % len(MODES)
            for mode in MODES[first:] + MODES[:first]:
                try:
                    took[mode].append(sinks[mode].turn(request, REQUESTS))
                except Exception:  # noqa: BLE001  that nothing is raised is what is measured
                    raised += 1
        grown = memory() - before
        for mode, turns in took.items():
            p50, p99 = (median(quantile(one, share) for one in turns) for share in (0.5, 0.99))
            # Which others on a busy machine do not change.
            work = sinks[mode].processor_seconds / (TURNS * REQUESTS + FEW) * 1000
            print(f"{mode:5} p50 {p50:.2f} ms, p99 {p99:.2f} ms, of a processor {work:.2f} ms")
        print_outcomes()
    for mode in ("again", "dead", "slow"):
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            times = median(
                quantile(one, share) / quantile(beside, share)
                for one, beside in zip(took[mode], took["well"], strict=True)
            )
            if mode == "again":
                print(f"{times:.2f} times the {name} with another one that answers")
            else:
                verdict(f"times the {name} with a receiver that is {mode}", times, at_most=1.1)
    verdict("turns in which something was raised", raised, at_most=0)
    verdict("MB more memory", grown, at_most=MOST_MEGABYTES)
    # What waits is not worth an end that is waited for.
    sys.stdout.flush()
    os._exit(0)


class Sinks:
    """Spans and log records on their way to one receiver."""

    def __init__(self, endpoint: str) -> None:
        from kernel.observability.log_records import RecordHandler
        from kernel.observability.metrics import LOG_RECORDS, SPANS
        from kernel.observability.otlp import Collector
        from kernel.observability.spool import Spool

        collector = Collector(endpoint, "", ["files"], "1")
        self._spans: Any = Spool("spans", SPANS, collector.of_spans)
        #: What the process took of a processor in turns, its other threads included, in seconds.
        self.processor_seconds = 0.0
        self._handler = RecordHandler(Spool("log records", LOG_RECORDS, collector.of_records))

    def turn(self, request: Callable[[], None], requests: int) -> list[float]:
        """Send requests, and return how long each took in milliseconds."""
        from kernel.observability.tracing import send_to

        logger = logging.getLogger()
        send_to(self._spans, share=1.0)
        logger.addHandler(self._handler)
        begun = time.process_time()
        try:
            return [_one_of(request) for _ in range(requests)]
        finally:
            logger.removeHandler(self._handler)
            send_to(None, share=0)
            # What a turn has left is sent now, and burdens no other.
            time.sleep(SETTLE_SECONDS)
            self.processor_seconds += time.process_time() - begun


def _one_of(request: Callable[[], None]) -> float:
    begun = time.perf_counter()
    request()
    return (time.perf_counter() - begun) * 1000


@contextmanager
def receiver(mode: str) -> Iterator[int]:
    """Run one that answers at once or never; yields its port."""
    command = [sys.executable, "-c", RECEIVER, mode]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def closed_port() -> int:
    """Return one where nobody listens."""
    from tests.kernel.mesh.test_processes import free_ports

    return int(free_ports(1)[0])


def memory() -> float:
    """Return the MB that this process has now."""
    with open("/proc/self/statm") as file:  # noqa: PTH123  no file of a disk
        pages = int(file.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def print_outcomes() -> None:
    """Say what became of spans and records, of all three."""
    from prometheus_client import REGISTRY

    for name in ("trace_spans_total", "log_records_total"):
        found = {
            one: REGISTRY.get_sample_value(name, {"outcome": one}) or 0
            for one in ("sent", "failed", "dropped")
        }
        print(name, ", ".join(f"{count:,.0f} {one}" for one, count in found.items()))


def quantile(times: list[float], share: float) -> float:
    """Return what so many take at most."""
    return sorted(times)[int(len(times) * share)]


if __name__ == "__main__":
    main()
