"""The status page: how services and what they rely on are, and were."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock

from django.conf import settings
from django.db import DatabaseError

from kernel.observability.health import Finding, readiness, standing, worst
from kernel.services import BY_NAME
from kernel.uptime.selectors import Change, Day, History, histories
from project.portal.catalogue import HEALTH, Health, findings, listed

#: How old the history may be that is shown: it changes once a minute.
FRESH_SECONDS = 10.0
#: Changes that are listed.
MOST_CHANGES = 20
_FOUND: dict[Health, Finding] = {
    health: Finding(
        state, "as it says itself" if state != "down" else "does not answer, or says no"
    )
    for state, health in HEALTH.items()
}
_one_reader = Lock()


@dataclass(frozen=True, slots=True)
class Shown:
    """A service, or what services rely on."""

    title: str
    health: Health
    detail: str
    history: History | None

    @property
    def days(self) -> tuple[Day, ...]:
        return self.history.days if self.history else ()

    @property
    def uptime(self) -> str:
        """Return the share of time that it was not down; never rounded up to all of it."""
        share = self.history.uptime if self.history else None
        return "" if share is None else f"{int(share * 100_000) / 1_000:g} %"

    @property
    def incidents(self) -> list[Day]:
        """Return the days on which something was wrong, the latest first."""
        return [day for day in reversed(self.days) if day.state not in {"ok", "unknown"}]


@dataclass(frozen=True, slots=True)
class Board:
    """All that the page shows."""

    services: list[Shown]
    parts: list[Shown]
    changes: list[Change]
    readable: bool

    @property
    def health(self) -> Health:
        """Return how the services are in one word, which is as the worst of them."""
        known = {one.health for one in self.services}
        return next((one for one in ("down", "degraded", "unknown") if one in known), "up")


def look() -> Mapping[str, Finding]:
    """Return how this process finds its parts and all services; nothing while it stops."""
    if standing() != "up":
        return {}
    own = readiness()
    services = _services(own)
    return own | {name: found for name, found in services.items() if found is not None}


def board() -> Board:
    """Return how everything is now, and its history where the database tells it."""
    own = findings()
    past = _past()
    services = [
        Shown(BY_NAME[key.partition(":")[2]].title, *_words(found), (past or {}).get(key))
        for key, found in _services(own).items()
    ]
    parts = [
        Shown(name.capitalize(), *_words(found), (past or {}).get(name))
        for name, found in own.items()
    ]
    return Board(services, parts, _changes((past or {}).values()), readable=past is not None)


def _services(own: Mapping[str, Finding]) -> dict[str, Finding | None]:
    """Return each service as its part of the history; None where nothing is known."""
    state = worst(own.values())
    wrong = ", ".join(name for name, found in own.items() if found.state == state != "ok")
    here = Finding(state, wrong)
    health = HEALTH[state]
    ask = len(settings.SERVICES) < len(BY_NAME)
    return {
        f"service:{one.service.name}": here if one.served_here else _FOUND.get(one.health)
        for one in listed("", health, ask_others=ask)
    }


def _words(found: Finding | None) -> tuple[Health, str]:
    return (HEALTH[found.state], found.detail) if found else ("unknown", "")


def _past() -> dict[str, History] | None:
    # Whoever looks costs the database one question in ten seconds, however many they are.
    with _one_reader:
        return _read(int(time.monotonic() / FRESH_SECONDS))


@lru_cache(maxsize=1)
def _read(_when: int) -> dict[str, History] | None:
    try:
        return histories()
    except DatabaseError:
        return None


def _changes(past: Iterable[History]) -> list[Change]:
    """Return the latest changes of all parts, as people call these, the latest first."""
    every = [change for history in past for change in history.changes]
    every.sort(key=lambda change: (change.day, change.at), reverse=True)
    return [replace(change, part=_title(change.part)) for change in every[:MOST_CHANGES]]


def _title(part: str) -> str:
    _, is_service, name = part.partition("service:")
    known = BY_NAME.get(name) if is_service else None
    return known.title if known else part.capitalize()
