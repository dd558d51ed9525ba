"""How the pools of connections to PostgreSQL stand, where DATABASE_POOL_SIZE asks for any."""

from collections.abc import Iterator

from django.db import connections
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from kernel.observability.figures import Figure
from kernel.observability.own import tell_own

CONNECTIONS = Figure(
    "database_pool_connections", "Connections of this process's pools.", ("database", "state")
)
WAITING = Figure(
    "database_pool_requests_waiting", "Threads that wait for a connection.", ("database",)
)


class Pools(Collector):
    """The pools of this process; it asks no database."""

    figures = (CONNECTIONS, WAITING)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield how they stand."""
        held, waiting = CONNECTIONS.family(), WAITING.family()
        for alias in connections:
            # Django keeps the pools of all threads under their aliases.
            pool = getattr(type(connections[alias]), "_connection_pools", {}).get(alias)
            if pool is None:
                continue
            stats = pool.get_stats()
            free = stats.get("pool_available", 0)
            held.add_metric([alias, "free"], free)
            held.add_metric([alias, "used"], stats.get("pool_size", 0) - free)
            waiting.add_metric([alias], stats.get("requests_waiting", 0))
        return iter((held, waiting))


POOLS = Pools()
tell_own(POOLS)
