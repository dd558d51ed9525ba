"""Clients of a Redis, whatever it is made of.

Each asks the master only: a replica may not have yet what was written a moment ago.
"""

from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry
from redis.sentinel import Sentinel

#: An answer takes a fraction of a millisecond; a request is not kept waiting for a slow one.
TIMEOUT_SECONDS = 0.25
PORT, SENTINEL_PORT = 6379, 26379
#: What Sentinels call the master, unless `?master=` says otherwise.
MASTER = "mymaster"

Client: TypeAlias = "Redis | RedisCluster"


class Sentinels(NamedTuple):
    """What a URL with `+sentinel` says."""

    hosts: list[tuple[str, int]]
    master: str
    #: How the master itself is spoken to.
    options: dict[str, Any]


def connect(url: str, *, timeout_seconds: float = TIMEOUT_SECONDS, protocol: int = 2) -> Client:
    """Return a client of this Redis that neither waits for long nor tries again by itself.

    Raises RedisError when a cluster does not answer, ValueError for another scheme.
    """
    scheme = urlsplit(url).scheme
    kind = scheme.partition("+")[2]
    limits: dict[str, Any] = {
        "socket_timeout": timeout_seconds,
        "socket_connect_timeout": min(timeout_seconds, TIMEOUT_SECONDS),
        "protocol": protocol,
    }
    if kind == "cluster":
        # Once more, as the first may have asked a server that is gone.
        limits["retry"] = Retry(NoBackoff(), 1)
        first, others = _nodes(url)
        return RedisCluster.from_url(first, startup_nodes=others, **limits)
    # Of its own it would try three times, seconds apart.
    limits["retry"] = Retry(NoBackoff(), 0)
    if kind == "sentinel":
        told = sentinels(url)
        known: Any = Sentinel(told.hosts, sentinel_kwargs=limits)  # type: ignore[no-untyped-call]
        client: Redis = known.master_for(told.master, **told.options, **limits)
        return client
    return Redis.from_url(url, **limits)


def sentinels(url: str) -> Sentinels:
    """Read `redis+sentinel://user:password@host:26379,host/0?master=main&ssl_ca_certs=file`.

    User, password and whatever follows `?` are the master's. Raises ValueError.
    """
    split = urlsplit(url)
    login, _, hosts = split.netloc.rpartition("@")
    user, _, password = login.partition(":")
    query = {name: values[-1] for name, values in parse_qs(split.query).items()}
    master = query.pop("master", MASTER)
    options: dict[str, Any] = {"db": int(split.path.strip("/") or 0), **query}
    if user:
        options["username"] = unquote(user)
    if password:
        options["password"] = unquote(password)
    if split.scheme.startswith("rediss"):
        options["ssl"] = True
    return Sentinels(
        [_host(one, SENTINEL_PORT) for one in hosts.split(",") if one], master, options
    )


def without_password(url: str) -> str:
    """Return where it is, for people."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc.rpartition('@')[2]}{split.path}"


def primaries(client: Client) -> list[Redis]:
    """Return a client of each server that is written to."""
    if not isinstance(client, RedisCluster):
        return [client]
    cluster: Any = client
    return [cluster.get_redis_connection(node) for node in cluster.get_primaries()]


def _nodes(url: str) -> tuple[str, list[ClusterNode]]:
    """Return the URL of a cluster by its first node, and the others that it may be asked of."""
    split = urlsplit(url)
    login, at, hosts = split.netloc.rpartition("@")
    first, *others = hosts.split(",")
    scheme = split.scheme.removesuffix("+cluster")
    plain = urlunsplit(split._replace(scheme=scheme, netloc=f"{login}{at}{first}"))
    return plain, [_node(*_host(one, PORT)) for one in others]


def _node(host: str, port: int) -> ClusterNode:
    return ClusterNode(host, port)  # type: ignore[no-untyped-call]


def _host(text: str, usual: int) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if host and port.isdigit():
        return host.strip("[]"), int(port)
    return text.strip("[]"), usual
