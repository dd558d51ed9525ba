"""What one process tells of itself alone, put where the counts of several are added up.

A process that shares its port with others puts it there when it is asked itself: what another tells
is as old as its own last answer, and never counted twice. It costs a scrape, and work nothing.
"""

from collections.abc import Iterable
from threading import Lock
from typing import Final, TypeAlias

from prometheus_client import REGISTRY, Counter, Gauge
from prometheus_client.registry import Collector

_Labels: TypeAlias = tuple[tuple[str, str], ...]

#: What this process tells of itself.
OWN: list[Collector] = []
#: How what several processes say of a gauge becomes one value: those that live are added up.
SEVERAL: Final = "livesum"


def tell_own(collector: Collector) -> None:
    """Have something told to Prometheus that is of this process alone."""
    REGISTRY.register(collector)
    OWN.append(collector)


class Mirror:
    """Counters and gauges in files, which follow what collectors say."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._metrics: dict[str, Counter | Gauge] = {}
        self._last: dict[tuple[str, _Labels], float] = {}

    def write(self, collectors: Iterable[Collector]) -> None:
        """Put there what they say now."""
        with self._lock:
            for collector in collectors:
                for family in collector.collect():
                    for sample in family.samples:
                        metric = self._metric(
                            family.type, family.name, family.documentation, sample.labels
                        )
                        self._follow(metric, family.name, sample.labels, sample.value)

    def _metric(
        self, kind: str, name: str, meaning: str, labels: dict[str, str]
    ) -> Counter | Gauge:
        if name not in self._metrics:
            # None of them is told by itself: the files of all processes are read.
            self._metrics[name] = (
                Counter(name, meaning, list(labels), registry=None)
                if kind == "counter"
                else Gauge(name, meaning, list(labels), registry=None, multiprocess_mode=SEVERAL)
            )
        return self._metrics[name]

    def _follow(
        self, metric: Counter | Gauge, name: str, labels: dict[str, str], value: float
    ) -> None:
        one = metric.labels(**labels) if labels else metric
        if isinstance(one, Gauge):
            one.set(value)
            return
        place = (name, tuple(labels.items()))
        one.inc(max(0.0, value - self._last.get(place, 0.0)))
        self._last[place] = value
