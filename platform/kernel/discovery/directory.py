"""What this process knows of where services are, looked up beside the calls and never by them."""

import logging
import time
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread

from django.conf import settings
from django.db import connections

from kernel.discovery.addresses import Address, DiscoveryError, Provider, Static
from kernel.discovery.files import WatchedFile
from kernel.discovery.names import Name, ServiceRecord
from kernel.discovery.registry import Registered
from kernel.discovery.stores import Consul, Etcd

logger = logging.getLogger(__name__)

#: How old a list gets before it is looked up again.
FRESH_SECONDS = 2.0
#: Between looks that wait for what is new: who tells of news without end is not asked without end.
LEAST_SECONDS = 0.1
#: A list that nobody has used for so long is forgotten.
IDLE_SECONDS = 300.0


_WAYS: dict[str, Callable[[str, str], Provider]] = {
    "dns+": lambda text, _: Name(text),
    "srv+": lambda text, _: ServiceRecord(text),
    "file:": WatchedFile,
    "consul+": lambda text, _: Consul(text),
    "etcd+": lambda text, _: Etcd(text),
    "registry:": lambda _, service: Registered(service),
}


def provider_of(text: str, service: str) -> Provider:
    """Return the way to a service that an entry of SERVICE_URLS names."""
    for begins, made in _WAYS.items():
        if text.startswith(begins):
            return made(text, service)
    return Static(text)


class Known:
    """The last list that a provider gave; while it gives none, or an empty one, that stays."""

    def __init__(self, service: str, provider: Provider) -> None:
        self._service = service
        self._provider = provider
        self.waits = provider.waits
        self.addresses: tuple[Address, ...] = ()
        self.problem = ""
        self.used_at = time.monotonic()

    def look(self) -> None:
        """Ask the provider."""
        try:
            found = tuple(self._provider.find())
            problem = "" if found else "nobody is there"
        except DiscoveryError as error:
            found, problem = (), str(error)
        except Exception as error:
            # What another process wrote down may be of another release: no reason to look no more.
            found, problem = (), type(error).__name__
            if problem != self.problem:
                logger.exception("what knows services tells nonsense", extra={"of": self._service})
        # An outage of what knows is none of the services: what was known is gone on with.
        self.addresses = found or self.addresses
        if problem and problem != self.problem:
            logger.warning(
                "services are where they were last", extra={"of": self._service, "why": problem}
            )
        self.problem = problem


class Directory:
    """The lists of all services that are asked for; a thread keeps those fresh that may change."""

    def __init__(self, find_provider: Callable[[str, str], Provider] = provider_of) -> None:
        self._provider = find_provider
        self._known: dict[tuple[str, str], Known] = {}
        self._lock = Lock()
        self._thread: Thread | None = None
        self._ended = Event()

    def addresses(self, service: str) -> tuple[Address, ...]:
        """Return where a service is; empty where that has never been known."""
        text = settings.SERVICE_URLS[service]
        known = self._known.get((service, text))
        if known is None:
            known = self._first(service, text)
        known.used_at = time.monotonic()
        return known.addresses

    def problem(self, service: str) -> str:
        """Return why the list of a service is an old one; empty where it is not."""
        known = self._known.get((service, settings.SERVICE_URLS[service]))
        return known.problem if known else ""

    def _first(self, service: str, text: str) -> Known:
        known = Known(service, self._provider(text, service))
        known.look()
        with self._lock:
            if (raced := self._known.get((service, text))) is not None:
                return raced
            self._known[service, text] = known
            if known.waits:
                Thread(
                    target=self._follow, args=(known,), name=f"discovery of {service}", daemon=True
                ).start()
                return known
            changes = not text.startswith(("http://", "https://"))
            if changes and (self._thread is None or not self._thread.is_alive()):
                self._thread = Thread(target=self._refresh, name="discovery", daemon=True)
                self._thread.start()
        return known

    def _refresh(self) -> None:
        while not self._ended.wait(FRESH_SECONDS):
            old = time.monotonic() - IDLE_SECONDS
            with self._lock:
                self._known = {key: one for key, one in self._known.items() if one.used_at > old}
                known = [one for one in self._known.values() if not one.waits]
            try:
                for one in known:
                    one.look()
            finally:
                # Those of this thread, which a provider may have opened. Whoever called first and
                # has looked by themselves goes on with theirs.
                connections.close_all()

    def _follow(self, known: Known) -> None:
        """Look as soon as there is something new, for as long as the list is used."""
        while not self._ended.wait(FRESH_SECONDS if known.problem else LEAST_SECONDS):
            if known.used_at < time.monotonic() - IDLE_SECONDS:
                break
            known.look()
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if one is not known}


directory = Directory()


def base_url(service: str) -> str:
    """Return the base URL of one process of a service, for links and for what is not balanced.

    Raises DiscoveryError when none is known.
    """
    return base_urls(service)[0]


def base_urls(service: str) -> Sequence[str]:
    """Return those of all of them; raises DiscoveryError when none is known."""
    found = [one.url for one in directory.addresses(service)]
    if not found:
        raise DiscoveryError(directory.problem(service) or f"nobody knows where {service} is")
    return found
