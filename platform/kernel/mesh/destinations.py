"""The services that this process calls, each with what has become known of it."""

import random
import time
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any

from django.conf import settings

from kernel.discovery.addresses import Address
from kernel.discovery.directory import directory
from kernel.errors import UnavailableError
from kernel.mesh.balancing import Pool
from kernel.mesh.destination import Destination, Policy, Verdict

#: Where a service of this process itself is.
HERE = Address("in process")


class Destinations:
    """One for each service and what SERVICE_URLS says of it; another address is another one."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Destination[Any]] = {}
        self._lock = Lock()

    def far(
        self,
        service: str,
        judge: Callable[[Any], Verdict],
        leaves: Callable[[Any], bool],
    ) -> Destination[Any]:
        """Return a service that other processes serve."""
        text = settings.SERVICE_URLS[service]
        return self._known.get((service, text)) or self._made(
            service, text, partial(directory.addresses, service), judge, leaves
        )

    def near(self, service: str) -> Destination[Any]:
        """Return a service of this process."""
        return self._known.get((service, "")) or self._made(
            service, "", lambda: (HERE,), lambda _: "well", lambda _: False
        )

    def known(self, service: str) -> Destination[Any] | None:
        """Return a service that was called already."""
        return self._known.get((service, settings.SERVICE_URLS[service]))

    def current(self) -> list[Destination[Any]]:
        """Return those that were called by the addresses that there are now."""
        now = set(settings.SERVICE_URLS.items())
        with self._lock:
            known = list(self._known.items())
        return [one for key, one in known if key in now or not key[1]]

    def _made(
        self,
        service: str,
        text: str,
        addresses: Callable[[], tuple[Address, ...]],
        judge: Callable[[Any], Verdict],
        leaves: Callable[[Any], bool],
    ) -> Destination[Any]:
        policy = _policy(far=bool(text))
        with self._lock:
            made = self._known.get((service, text))
            if made is None:
                made = Destination(service, addresses, judge=judge, leaves=leaves, policy=policy)
                self._known[service, text] = made
        return made


destinations = Destinations()


def near_url(service: str) -> str:
    """Return the base URL of a process that does well, for bytes that flow past the calls.

    Raises UnavailableError.
    """
    pool = Pool(zone=settings.MESH_ZONE, draw=random.Random())  # noqa: S311 # nosec B311
    pool.update(directory.addresses(service))
    known = destinations.known(service)
    endpoint = (known.pool if known else pool).pick(time.monotonic())
    if endpoint is None:
        raise UnavailableError(f"nobody knows where {service} is")
    return endpoint.address.url


def _policy(*, far: bool) -> Policy:
    return Policy(hedging=far and settings.MESH_HEDGING, zone=settings.MESH_ZONE)
