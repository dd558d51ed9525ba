"""A process that says that it is there, and how others find it by that."""

import logging
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.db import connections

from kernel import clock
from kernel.discovery.addresses import Address, DiscoveryError
from kernel.discovery.leases import LEASE, RENEWED_SECONDS, Lease, RegistryError, leases
from kernel.observability import health
from kernel.running import this_instance

logger = logging.getLogger(__name__)


class Registered:
    """Those that hold a lease for a service, and are not about to stop."""

    waits = False

    def __init__(self, service: str) -> None:
        self._service = service

    def find(self) -> Sequence[Address]:
        try:
            found = leases().alive()
        except RegistryError as error:
            raise DiscoveryError(f"the registry does not answer: {error}") from None
        return tuple(
            Address(one.url, one.zone)
            for one in found
            if self._service in one.services and one.state == "up"
        )


class Registration:
    """Holds the lease of this process, and has done what is wanted of it.

    `learn` takes over what others know before it is found, `tell` says what it knows of others,
    `obey` does what staff want.
    """

    def __init__(
        self,
        *,
        learn: Callable[[], None] = lambda: None,
        tell: Callable[[], dict[str, Any]],
        obey: Callable[[str], None],
        version: str,
    ) -> None:
        self.id = f"{this_instance()}:{os.getpid()}.{secrets.token_hex(2)}"
        self._learn = learn
        self._tell = tell
        self._obey = obey
        self._version = version
        self._since = clock.now()
        self._url = ""
        self._ended = Event()
        self._changed = Event()
        self._thread: Thread | None = None

    def begin(self, url: str) -> None:
        """Be found from now on at MESH_ADDRESS, or at this URL."""
        self._url = settings.MESH_ADDRESS or _from_elsewhere(url)
        if settings.MESH_REGISTRY == "off":
            return
        self._thread = Thread(target=self._hold, name="registration", daemon=True)
        self._thread.start()

    def news(self) -> None:
        """Tell at once what has changed, such as that it stops."""
        self._changed.set()

    def end(self) -> None:
        """Give the lease back."""
        self._ended.set()
        self._changed.set()
        if self._thread is not None:
            self._thread.join(RENEWED_SECONDS)

    def _hold(self) -> None:
        try:
            self._anyway(self._learn)
            while not self._ended.is_set():
                self._anyway(self._renew)
                self._changed.wait(RENEWED_SECONDS)
                self._changed.clear()
            leases().release(self.id)
        except RegistryError as error:
            logger.warning("our lease runs out by itself", extra={"why": str(error)})
        finally:
            connections.close_all()

    def _anyway(self, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception:
            # Whatever it is: who stops to renew is gone for all others, though it serves.
            logger.exception("something is wrong with the lease, which is renewed all the same")

    def _renew(self) -> None:
        now = clock.now()
        lease = Lease(
            id=self.id,
            services=tuple(settings.SERVICES),
            url=self._url,
            zone=settings.MESH_ZONE,
            version=self._version,
            state=health.standing(),
            since=self._since,
            until=now + LEASE,
            told=self._tell(),
        )
        try:
            wanted = leases().renew(lease)
        except RegistryError as error:
            logger.warning("the lease could not be renewed", extra={"why": str(error)})
            return
        finally:
            connections.close_all()
        for command in wanted:
            self._obey(command)


def _from_elsewhere(url: str) -> str:
    """Return an address for other hosts, where this process listens on all of its own."""
    if settings.HOST in {"0.0.0.0", "::"}:  # noqa: S104 # nosec B104
        return url.replace("//localhost:", f"//{socket.gethostname()}:")
    return url
