"""What is counted in the database for Prometheus; cheaply, and not for each scrape."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import ClassVar

from django.db import connections
from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)

#: How old the figures may be.
FRESH_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One that is counted: its name, meaning and labels, which are never ids or tenants."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    kind: ClassVar[str] = "gauge"

    def family(self, value: float | None = None) -> GaugeMetricFamily:
        """Return it as Prometheus has it, with a value unless there is one for each label."""
        return GaugeMetricFamily(self.name, self.meaning, value=value, labels=self.labels or None)


@dataclass(frozen=True, slots=True)
class Count:
    """One that only grows, and is counted where it happens; its name ends with `_total`."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    kind: ClassVar[str] = "counter"

    def family(self) -> CounterMetricFamily:
        """Return it as Prometheus has it."""
        return CounterMetricFamily(self.name, self.meaning, labels=self.labels)


class Figures(Collector, ABC):
    """What is counted in the database: when somebody asks, and then not again for a while."""

    #: What they are of, for the log.
    of: ClassVar[str]
    #: All that is ever counted, for the catalogue.
    figures: ClassVar[tuple[Figure, ...]]

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: list[GaugeMetricFamily] = []
        self._fresh_until = 0.0

    @abstractmethod
    def counted(self) -> Iterator[GaugeMetricFamily]:
        """Count anew."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: to be registered must not ask the database."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the figures; none while the database is away."""
        with self._lock:
            if time.monotonic() >= self._fresh_until:
                self._fresh_until = time.monotonic() + FRESH_SECONDS
                try:
                    self._known = list(self.counted())
                except Exception:
                    # An answer without them says more than none at all.
                    logger.exception("figures of %s could not be counted", self.of)
                    self._known = []
                finally:
                    release()
            yield from self._known


#: The figures of this process: every process counts the same.
TOLD: list[Figures] = []


def tell(figures: Figures) -> None:
    """Have figures told to Prometheus."""
    REGISTRY.register(figures)
    TOLD.append(figures)


def release() -> None:
    """Let go of the connections of this thread, which ends with its question."""
    # In a transaction they are a test's.
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
