"""A Redis of each kind that tests may kill."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from kernel.redis.clients import connect, primaries
from tests.devservices.fixtures import Servers, own_servers
from tests.kernel.cache.waiting import eventually

KINDS = ("single", "tls", "sentinel", "cluster")


class Kind(NamedTuple):
    """One way in which Redis is there."""

    name: str
    url: str
    servers: Servers

    def kill_master(self) -> None:
        """Kill a master, as soon as another server can take its place where there is one."""
        if self.name in ("sentinel", "cluster"):
            eventually(lambda: all(map(_has_replica, primaries(connect(self.url)))))
        self.servers.do("kill", self._master())

    def start_again(self) -> None:
        """Start what was killed."""
        self.servers.do("start", self._master())

    def _master(self) -> str:
        return {"sentinel": "sentinel-master", "cluster": "cluster-1"}.get(self.name, "redis")


def _has_replica(server: Any) -> bool:
    told: dict[str, Any] = server.info("replication")
    return bool(told["connected_slaves"]) and told["slave0"]["state"] == "online"


@pytest.fixture(scope="module")
def own_redis() -> Iterator[Servers]:
    with own_servers() as started:
        yield started


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, own_redis: Servers) -> Kind:
    """A Redis of each kind, empty."""
    made = Kind(request.param, url_of(request.param, own_redis), own_redis)
    for server in primaries(connect(made.url)):
        server.flushall()
    return made


def url_of(name: str, servers: Servers) -> str:
    """Start a Redis of a kind, and return what REDIS_URL would be."""
    if name == "sentinel":
        given = servers.up("redis-sentinel")
        return (
            f"redis+sentinel://{given['REDIS_SENTINELS']}/0?master={given['REDIS_SENTINEL_MASTER']}"
        )
    if name == "cluster":
        return f"redis+cluster://{servers.up('redis-cluster')['REDIS_CLUSTER_NODES']}"
    given = servers.up("redis")
    if name == "tls":
        return f"{given['REDIS_URL_SECURE']}?ssl_ca_certs={given['REDIS_SECURE_CA_FILE']}"
    return given["REDIS_URL"]
