"""What this process serves and where the rest is, with everybody's health."""

import json
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, Literal

import urllib3
from django.conf import settings

from kernel.discovery.addresses import DiscoveryError
from kernel.discovery.connections import connections
from kernel.discovery.directory import base_url
from kernel.observability.health import Finding, State, readiness, worst
from kernel.services import CATALOGUE, Service

Health = Literal["up", "degraded", "down", "unknown"]
#: What a process says of itself in a word of readiness, as the portal says it.
HEALTH: dict[State, Health] = {"ok": "up", "degraded": "degraded", "down": "down"}

#: How long any process, this one too, may take to say how it is.
DEADLINE_SECONDS = 0.3
#: How long the answer of another process is repeated to whoever asks next.
FRESH_SECONDS = 1.0
_pool = ThreadPoolExecutor(max_workers=2 * len(CATALOGUE), thread_name_prefix="portal")
_one_round = Lock()


@dataclass(frozen=True, slots=True)
class Listed:
    """A service as the portal shows it."""

    service: Service
    served_here: bool
    url: str
    health: Health

    def as_json(self) -> dict[str, Any]:
        """Return the same for programs."""
        return {
            "name": self.service.name,
            "title": self.service.title,
            "summary": self.service.summary,
            "port": self.service.port,
            "entities": list(self.service.entities),
            "served_here": self.served_here,
            "url": self.url,
            "graphql": f"{self.url}/{self.service.name}/graphql",
            "sdl": f"{self.url}/{self.service.name}/schema.graphql",
            "health": self.health,
        }


def findings() -> dict[str, Finding]:
    """Return what this process's own checks find, or that they find nothing in time."""
    try:
        return _pool.submit(readiness).result(timeout=DEADLINE_SECONDS)
    except TimeoutError:
        return {"checks": Finding("down", f"no answer within {DEADLINE_SECONDS:g} s")}


def health_of(found: dict[str, Finding]) -> Health:
    """Say in one word how a process with these findings is."""
    return HEALTH[worst(found.values())]


def listed(base_url: str, own: Health, *, ask_others: bool) -> list[Listed]:
    """Return all seven services; the others are asked at the same time, or not at all."""
    elsewhere = {
        service.name: _where(service.name)
        for service in CATALOGUE
        if service.name not in settings.SERVICES
    }
    health = ask(frozenset(filter(None, elsewhere.values()))) if ask_others else {}
    return [
        Listed(service, served_here=False, url=url, health=health.get(url, "unknown"))
        if (url := elsewhere.get(service.name)) is not None
        else Listed(service, served_here=True, url=base_url, health=own)
        for service in CATALOGUE
    ]


def _where(service: str) -> str:
    """Return the address of one of its processes; empty where none is known."""
    try:
        return base_url(service)
    except DiscoveryError:
        return ""


def ask(urls: frozenset[str]) -> dict[str, Health]:
    """Ask processes how they are, at most once a second however many people look."""
    with _one_round:
        return _ask_all(urls, int(time.monotonic() / FRESH_SECONDS))


@lru_cache(maxsize=1)
def _ask_all(urls: frozenset[str], _when: int) -> dict[str, Health]:
    answers = {url: _pool.submit(_ask, url) for url in urls}
    wait(answers.values(), timeout=DEADLINE_SECONDS)
    return {url: answer.result() if answer.done() else "unknown" for url, answer in answers.items()}


def _ask(url: str) -> Health:
    try:
        response = connections().request("GET", f"{url}/health/ready", timeout=DEADLINE_SECONDS)
    except urllib3.exceptions.NewConnectionError:
        return "down"
    except urllib3.exceptions.TimeoutError:
        return "unknown"
    except urllib3.exceptions.HTTPError:
        return "down"
    if response.status != 200:
        return "down"
    return "degraded" if _word(response.data) == "degraded" else "up"


def _word(answer: bytes) -> object:
    try:
        return json.loads(answer)["status"]
    except (ValueError, KeyError, TypeError):
        # One of an older release says it by the status alone.
        return ""
