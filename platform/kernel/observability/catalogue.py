"""Every metric that there may be, found in the code: none has to be written down a second time."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from django.conf import settings
from prometheus_client import REGISTRY, Gauge
from prometheus_client.metrics import MetricWrapperBase

from kernel.observability.own import OWN, SEVERAL

#: Files that have this in them make metrics.
_MARKS = ("prometheus_client", "observability.figures")


@dataclass(frozen=True, slots=True)
class Told:
    """One metric."""

    #: As queries have it, but that a histogram's end with `_bucket`, `_sum` and `_count`.
    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str
    #: Of a gauge: how what several processes say becomes one value.
    several: str = ""

    @property
    def of(self) -> str:
        """What it is of: its first word."""
        return self.name.partition("_")[0]

    def series(self) -> tuple[str, ...]:
        """Return the names that a query may have it by."""
        if self.kind == "histogram":
            return tuple(f"{self.name}_{end}" for end in ("bucket", "sum", "count"))
        return (self.name,)


def load() -> None:
    """Import whatever makes metrics, also what this process has not needed."""
    base = Path(settings.BASE_DIR)
    for root in (base / "platform" / "kernel", base / "apps"):
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root.parent).with_suffix("").parts
            if (parts[0] == "apps" and parts[1] not in settings.SERVICES) or "testing" in parts:
                continue
            if any(mark in path.read_text(encoding="utf-8") for mark in _MARKS):
                import_module(".".join(parts))


def catalogue() -> list[Told]:
    """Return all metrics of this process but those of Python itself, by name."""
    collectors = set(REGISTRY._collector_to_names)
    found = [told for one in collectors for told in _told(one)]
    return sorted(found, key=lambda one: one.name)


def _told(collector: object) -> Iterator[Told]:
    if isinstance(collector, MetricWrapperBase):
        kind = collector._type or ""
        end = "_total" if kind == "counter" else ""
        yield Told(
            f"{collector._name}{end}",
            kind,
            tuple(collector._labelnames),
            collector._documentation,
            collector._multiprocess_mode if isinstance(collector, Gauge) else "",
        )
        return
    for figure in getattr(collector, "figures", ()):
        own = collector in OWN and figure.kind == "gauge"
        several = SEVERAL if own else ""
        yield Told(figure.name, figure.kind, figure.labels, figure.meaning, several)
