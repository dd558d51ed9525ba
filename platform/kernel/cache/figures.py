"""What a process tells Prometheus of its caches; it costs a scrape, and a hit nothing."""

from collections.abc import Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from kernel.cache.hub import hub
from kernel.cache.namespaces import REGISTRY
from kernel.observability.figures import Count, Figure
from kernel.observability.own import tell_own

BY = ("namespace",)
HITS = Count("septet_cache_hits_total", "Values that were there.", ("namespace", "tier"))
MISSES = Count("septet_cache_misses_total", "Values that were loaded.", BY)
WAITS = Count("septet_cache_waits_total", "Questions that waited for another's load.", BY)
GIVEN_STALE = Count(
    "septet_cache_given_stale_total",
    "Values given while a newer one was loaded, or could not be.",
    BY,
)
FORGOTTEN = Count(
    "septet_cache_forgotten_total",
    "Values and groups that were forgotten because they had changed.",
    BY,
)
EVICTED = Count("septet_cache_evicted_total", "Values that left the memory for want of room.", BY)
ENTRIES = Figure("septet_cache_entries", "Values in memory.", BY)
BYTES = Figure("septet_cache_memory_bytes", "What they weigh, about.", BY)
LIVE = Figure("septet_cache_live", "Whether this process hears of what others change.")


class CacheFigures(Collector):
    """Hits and misses by namespace, and whether this process hears of changes."""

    figures = (
        HITS, MISSES, WAITS, GIVEN_STALE, FORGOTTEN, EVICTED, ENTRIES, BYTES, LIVE,
    )  # fmt: skip

    def describe(self) -> list[Metric]:
        """Return nothing: names are known when it is asked."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted so far."""
        families = {one: one.family() for one in self.figures if one is not LIVE}
        for name, one in REGISTRY.items():
            counted = one.counted
            families[HITS].add_metric([name, "memory"], counted.hits_in_memory)
            families[HITS].add_metric([name, "redis"], counted.hits_in_redis)
            for figure, value in (
                (MISSES, counted.misses),
                (WAITS, counted.waits),
                (GIVEN_STALE, counted.given_stale),
                (FORGOTTEN, counted.forgotten),
                (EVICTED, one.memory.evicted),
                (ENTRIES, len(one.memory)),
                (BYTES, one.memory.size_bytes),
            ):
                families[figure].add_metric([name], value)
        yield from families.values()
        yield LIVE.family(hub.live)


tell_own(CacheFigures())
