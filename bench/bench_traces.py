"""What traces cost a request of a program: off, a tenth of them kept, and all.

A query with a key goes through the whole application, in turns without an endpoint and with one, so
that a busy machine troubles all alike. Spans are made, queued, and by their own thread written as
OTLP; what they would be sent by is left out. With a tenth kept most requests pay nothing, so the
mean is told beside the p50 and is what the target is held against: at most 15 % for a tenth. Off,
the cost is that of the places where spans might begin: at most 1 %.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
QUERY = "{ featureFlags(first: 10) { nodes { id key } } }"
MODES = {"off": 0.0, "a tenth": 0.1, "all": 1.0}
TARGET_OFF, TARGET_TENTH = 0.01, 0.15


def main() -> None:
    """Measure, print each figure beside its target, and exit with 1 when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300, help="in each turn")
    parser.add_argument("--turns", type=int, default=20)
    wanted = parser.parse_args()
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "LOG_LEVEL": "WARNING",
            **dict.fromkeys(
                ("RATE_LIMIT_CREDENTIAL", "RATE_LIMIT_TENANT", "RATE_LIMIT_ADDRESS"), "0"
            ),
        }
        sys.exit(0 if measure(wanted.requests, wanted.turns) else 1)


def measure(requests: int, turns: int) -> bool:
    """Print the figures; tell whether both targets are met."""
    from bench.bench_metrics import sender
    from kernel.observability.statements import Watch
    from kernel.observability.tracing import send_to

    request = sender()(QUERY)
    from django.db import connection

    sink = Counting()
    watch = Watch(slow_seconds=1, spans=True)
    connection.execute_wrappers.append(watch)
    for _ in range(requests):
        request()
    took: dict[str, list[float]] = {mode: [] for mode in MODES}
    for turn in range(turns):
        modes = list(MODES) if turn % 2 else list(reversed(MODES))
        for mode in modes:
            send_to(sink if MODES[mode] else None, share=MODES[mode])
            sink.count = 0
            took[mode] += [one_of(request) for _ in range(requests)]
            if mode == "all":
                spans = sink.count / requests
    send_to(None, share=0)
    off = took["off"]
    for mode, times in took.items():
        print(
            f"{mode:8} p50 {median(times):.3f} ms ({median(times) / median(off) - 1:+.1%}),"
            f" mean {trimmed(times):.3f} ms ({trimmed(times) / trimmed(off) - 1:+.1%})"
        )
    idle = nothing_ms() * spans / median(off)
    tenth = trimmed(took["a tenth"]) / trimmed(off) - 1
    print(f"{spans:.0f} spans a request; their places cost {idle:.2%} when off")
    print(f"targets: off at most {TARGET_OFF:.0%}, a tenth at most {TARGET_TENTH:.0%} of the mean")
    return idle <= TARGET_OFF and tenth <= TARGET_TENTH


class Counting:
    """The spool of a process, but for the network."""

    def __init__(self) -> None:
        from kernel.observability.metrics import SPANS
        from kernel.observability.spool import Spool

        self.count = 0
        self._spool = Spool("spans", SPANS, encoder)

    def take(self, span: Any) -> None:
        """Take a span as the spool does."""
        self.count += 1
        self._spool.take(span)


def encoder() -> Callable[[Sequence[Any]], bool]:
    """Return what writes spans as they are sent."""
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
    from opentelemetry.sdk.resources import Resource

    from kernel.observability.otlp import readable

    resource = Resource.create({"service.name": "septet"})

    def send(spans: Sequence[Any]) -> bool:
        return bool(encode_spans([readable(one, resource) for one in spans]).SerializeToString())

    return send


def one_of(request: Callable[[], None]) -> float:
    """Return how long a request took, in milliseconds."""
    begun = time.perf_counter()
    request()
    return (time.perf_counter() - begun) * 1000


def trimmed(times: list[float]) -> float:
    """Return the mean without the slowest hundredth: on a shared machine that is others' doing."""
    return mean(sorted(times)[: len(times) * 99 // 100])


def nothing_ms() -> float:
    """Return what a span costs that nobody keeps, in milliseconds."""
    from kernel.observability.context import request_ids
    from kernel.observability.tracing import span

    def loop() -> float:
        begun = time.perf_counter()
        for _ in range(10_000):
            with span("graphql"):
                pass
        return (time.perf_counter() - begun) / 10

    with request_ids("", ""):
        return min(loop() for _ in range(7))


if __name__ == "__main__":
    main()
