"""What Redis says of itself: its memory, and how much of it had to go."""

from typing import Any, NamedTuple

from redis.exceptions import RedisError

from kernel.redis.clients import connect, primaries, without_password


class Stock(NamedTuple):
    """All servers that are written to, together."""

    where: str
    #: None while it does not answer.
    memory_bytes: int | None = None
    most_bytes: int = 0
    keys: int = 0
    evicted: int = 0


def stock(url: str) -> Stock:
    """Ask the servers at REDIS_URL."""
    where = without_password(url)
    try:
        servers = primaries(connect(url))
        told: list[dict[str, Any]] = [
            {**server.info("memory"), **server.info("stats"), "keys": server.dbsize()}
            for server in servers
        ]
    except (RedisError, OSError):
        return Stock(where)
    return Stock(
        where,
        memory_bytes=sum(one["used_memory"] for one in told),
        most_bytes=sum(one["maxmemory"] for one in told),
        keys=sum(one["keys"] for one in told),
        evicted=sum(one["evicted_keys"] for one in told),
    )
