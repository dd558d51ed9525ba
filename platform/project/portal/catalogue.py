"""What this process serves and where the rest is, with everybody's health."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import urllib3
from django.conf import settings

from kernel.observability.health import readiness
from kernel.services import CATALOGUE, Service

Health = Literal["up", "degraded", "down", "unknown"]

#: How long another process may take to say how it is.
DEADLINE_SECONDS = 0.3
_http = urllib3.PoolManager(maxsize=len(CATALOGUE), retries=False)
_pool = ThreadPoolExecutor(max_workers=len(CATALOGUE), thread_name_prefix="neighbours")


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


def listed(base_url: str, *, ask_others: bool) -> list[Listed]:
    """Return all seven services; the others are asked at the same time, or not at all."""
    own: Health = "up" if all(finding.ok for finding in readiness().values()) else "degraded"
    others: dict[str, Health] = {}
    if ask_others:
        absent = [service.name for service in CATALOGUE if service.name not in settings.SERVICES]
        others = dict(zip(absent, _pool.map(_ask, absent), strict=True))
    return [
        Listed(service, served_here=True, url=base_url, health=own)
        if service.name in settings.SERVICES
        else Listed(
            service,
            served_here=False,
            url=settings.SERVICE_URLS[service.name],
            health=others.get(service.name, "unknown"),
        )
        for service in CATALOGUE
    ]


def _ask(service: str) -> Health:
    try:
        response = _http.request(
            "GET", f"{settings.SERVICE_URLS[service]}/health/ready", timeout=DEADLINE_SECONDS
        )
    except urllib3.exceptions.HTTPError:
        return "down"
    return "up" if response.status == 200 else "degraded"
