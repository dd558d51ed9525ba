"""Where processes write down that they are there: rows of the database, or keys of Redis."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol, cast

import orjson
from django.conf import settings
from django.db import Error, transaction
from redis.exceptions import RedisError

from kernel import clock
from kernel.discovery.models import Instance
from kernel.redis.breaker import Breaker
from kernel.redis.clients import connect

#: Who does not renew for so long is gone.
LEASE = timedelta(seconds=10)
#: How often a lease is renewed.
RENEWED_SECONDS = 2.0
#: Commands that wait for one process; more than that nobody gives.
MOST_WANTED = 20


class RegistryError(Exception):
    """What keeps the leases does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One process, and what it told when it last renewed."""

    id: str
    services: tuple[str, ...]
    url: str
    zone: str = ""
    version: str = ""
    #: `up`, `draining`, or `stopping`: only who is up is sent work.
    state: str = "up"
    since: datetime
    until: datetime
    told: dict[str, Any] = field(default_factory=dict)


@contextmanager
def _told_as_ours(*errors: type[Exception]) -> Iterator[None]:
    """Raise RegistryError instead of what a store raises."""
    try:
        yield
    except errors as error:
        raise RegistryError(type(error).__name__) from error


class Leases(Protocol):
    """One place for leases. All raise RegistryError."""

    def renew(self, lease: Lease) -> list[str]:
        """Write it down, and return what is wanted of the process since it was last asked."""
        ...

    def release(self, instance: str) -> None:
        """Take it away at once."""
        ...

    def alive(self) -> Sequence[Lease]:
        """Return those that are not over, in the order of their ids."""
        ...

    def want(self, instances: Sequence[str], command: str) -> None:
        """Have all of these processes do something when they renew next, or none of them."""
        ...


class InDatabase:
    """Rows of this process's database: for processes that share it."""

    def renew(self, lease: Lease) -> list[str]:
        told = {**asdict(lease), "services": ",".join(lease.services)}
        told.pop("id")
        with _told_as_ours(Error), transaction.atomic():
            found = Instance.objects.select_for_update().filter(pk=lease.id).first()
            wanted = list(found.wanted) if found else []
            Instance.objects.update_or_create(pk=lease.id, defaults={**told, "wanted": []})
            Instance.objects.filter(until__lt=lease.until - 2 * LEASE).delete()
        return wanted

    def release(self, instance: str) -> None:
        with _told_as_ours(Error):
            Instance.objects.filter(pk=instance).delete()

    def alive(self) -> Sequence[Lease]:
        with _told_as_ours(Error):
            rows = list(Instance.objects.filter(until__gt=clock.now()).order_by("pk")[:1000])
        return [
            Lease(
                id=row.pk,
                services=tuple(row.services.split(",")),
                url=row.url,
                zone=row.zone,
                version=row.version,
                state=row.state,
                since=row.since,
                until=row.until,
                told=row.told,
            )
            for row in rows
        ]

    def want(self, instances: Sequence[str], command: str) -> None:
        with _told_as_ours(Error), transaction.atomic():
            rows = Instance.objects.select_for_update().filter(pk__in=instances).order_by("pk")
            for found in rows:
                found.wanted = [*found.wanted, command][-MOST_WANTED:]
                found.save(update_fields=["wanted"])


class InRedis:
    """A hash and lists of Redis: for processes with databases of their own.

    The lists are of one slot of a cluster, so that several are written at once.
    """

    _LEASES, _WANTED = "septet:mesh:leases", "septet:mesh:{wanted}:"

    def __init__(self, url: str) -> None:
        self._client = cast(Any, connect(url))
        self._breaker = Breaker("registry")

    def renew(self, lease: Lease) -> list[str]:
        with _told_as_ours(RedisError, OSError), self._breaker.asking():
            self._client.hset(self._LEASES, lease.id, orjson.dumps(asdict(lease)))
            found = self._client.lpop(self._WANTED + lease.id, MOST_WANTED)
        return [one.decode() for one in found or ()]

    def release(self, instance: str) -> None:
        with _told_as_ours(RedisError, OSError), self._breaker.asking():
            self._client.hdel(self._LEASES, instance)

    def alive(self) -> Sequence[Lease]:
        with _told_as_ours(RedisError, OSError), self._breaker.asking():
            found = [_read(text) for text in self._client.hvals(self._LEASES)]
            now = clock.now()
            gone = [one.id for one in found if one.until + LEASE < now]
            if gone:
                self._client.hdel(self._LEASES, *gone)
        return sorted((one for one in found if one.until > now), key=lambda one: one.id)

    def want(self, instances: Sequence[str], command: str) -> None:
        with _told_as_ours(RedisError, OSError), self._breaker.asking():
            together = self._client.pipeline(transaction=True)
            for key in (self._WANTED + one for one in instances):
                together.rpush(key, command)
                together.expire(key, int(LEASE.total_seconds()))
            together.execute()


def _read(text: bytes) -> Lease:
    told = orjson.loads(text)
    times = {name: datetime.fromisoformat(told[name]) for name in ("since", "until")}
    # One of a later release may tell more.
    known = {one.name: told[one.name] for one in fields(Lease) if one.name in told}
    return replace(Lease(**{**known, **times}), services=tuple(told["services"]))


@cache
def leases() -> Leases:
    """Return where this installation keeps them: MESH_REGISTRY."""
    return InRedis(settings.REDIS_URL) if settings.MESH_REGISTRY == "redis" else InDatabase()
