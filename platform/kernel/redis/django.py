"""Django's caches in Redis, by django-redis: on one server, behind Sentinels or in a cluster.

What django-redis does wrong in a cluster is put right here: it reads many keys by one MGET, which
servers refuse when the keys are of several slots, and lists the keys of one server only.
"""

from collections.abc import Callable, Iterable
from functools import cache, wraps
from threading import Lock
from typing import Any, ClassVar

from django_redis.cache import CONNECTION_INTERRUPTED, RedisCache
from django_redis.client import DefaultClient
from django_redis.exceptions import ConnectionInterrupted
from redis import RedisCluster
from redis.exceptions import RedisError

from kernel.redis.breaker import Breaker
from kernel.redis.clients import TIMEOUT_SECONDS, Client, connect


class ConnectionFactory:
    """One client for a URL in each process, as threads and requests share it."""

    _clients: ClassVar[dict[str, Client]] = {}
    _lock: ClassVar[Lock] = Lock()

    def __init__(self, options: dict[str, Any]) -> None:
        self._timeout_seconds = float(options.get("SOCKET_TIMEOUT", TIMEOUT_SECONDS))

    def connect(self, url: str) -> Client:
        """Return the client; raises RedisError while a cluster cannot be asked what it is."""
        with self._lock:
            found = self._clients.get(url)
            if found is None:
                found = self._clients[url] = connect(url, timeout_seconds=self._timeout_seconds)
            return found

    def disconnect(self, connection: Client) -> None:
        """Keep it: Django closes caches after each request, and a new cluster client costs much."""


class SharedClient(DefaultClient[Any, Any, Any, Any, Any]):
    """django-redis's client, right in a cluster as well."""

    def get_many(
        self, keys: Iterable[Any], version: int | None = None, client: Any = None
    ) -> dict[Any, Any]:
        """Return what is there of these keys, whatever slots they are of."""
        client = client or self.get_client(write=False)
        if not isinstance(client, RedisCluster):
            found: dict[Any, Any] = super().get_many(keys, version=version, client=client)
            return found
        names = {self.make_key(key, version=version): key for key in keys}
        if not names:
            return {}
        try:
            values = client.mget_nonatomic(list(names))
        except (RedisError, OSError) as error:
            raise ConnectionInterrupted(connection=client) from error
        return {
            key: self.decode(value)
            for key, value in zip(names.values(), values, strict=True)
            if value is not None
        }

    def keys(self, search: str, version: int | None = None, client: Any = None) -> list[Any]:
        """Return the keys of all servers."""
        return list(self.iter_keys(search, client=client, version=version))


#: What callers get while Redis is away: what they would if nothing were cached.
_WITHOUT: dict[str, Any] = {
    "_get": CONNECTION_INTERRUPTED,  # which `get` answers with the caller's default
    "add": False,
    "clear": None,
    "decr": None,
    "delete": False,
    "delete_many": 0,
    "delete_pattern": 0,
    "get_many": {},
    "has_key": False,
    "incr": None,
    "keys": [],
    "set": None,
    "set_many": [],
    "touch": False,
    "ttl": 0,
}


def _or_without(name: str, without: Any) -> Callable[..., Any]:
    asked: Callable[..., Any] = getattr(RedisCache, name)

    @wraps(asked)
    def method(shared: "SharedCache", *args: Any, **kwargs: Any) -> Any:
        try:
            with shared.breaker.asking():
                try:
                    return asked(shared, *args, **kwargs)
                except ConnectionInterrupted as error:
                    raise (error.__cause__ or error) from None
        except (RedisError, OSError):
            return without.copy() if isinstance(without, dict | list) else without

    return method


class SharedCache(RedisCache[SharedClient]):
    """A cache that is empty while Redis is away, and then costs no time either."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "CLIENT_CLASS": f"{__name__}.SharedClient",
            "CONNECTION_FACTORY": f"{__name__}.ConnectionFactory",
            **params.get("OPTIONS", {}),
        }
        # A list, as a text would be split at the commas between hosts.
        super().__init__([server], {**params, "OPTIONS": options})
        self.breaker = _breaker(options.get("PURPOSE", "values"))


for _name, _without in _WITHOUT.items():
    setattr(SharedCache, _name, _or_without(_name, _without))


@cache
def _breaker(purpose: str) -> Breaker:
    # Each thread has a cache of its own; what is known of the server is the process's.
    return Breaker(purpose)
