"""The back office's parts that services of other processes have, as these tell them.

Each page has all seven in its menu, whoever serves it. Who does not answer is told of as that, and
keeps nobody waiting for longer than a deadline, however many are away.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest

from kernel.admin import staff_of
from kernel.errors import DeadlineExceededError, DomainError, UnavailableError
from kernel.identity.remembered import Remembered
from kernel.mesh.answers import answer_of
from kernel.mesh.calling import call
from kernel.mesh.client import inside_transaction, refuse_inside_transaction
from kernel.services import BY_NAME
from kernel.tenancy.context import PLATFORM, Principal

#: How long each part may take, connecting included: a menu is waited for by every page.
DEADLINES_SECONDS = {"menu": 1.0, "waiting": 2.0, "found": 3.0, "groups": 3.0}
#: How long a menu is good for, and how long a service is taken to be away.
MENU_SECONDS, AWAY_SECONDS = 15.0, 3.0
MOST_MENUS = 5_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a service tells of a part, or why it tells nothing."""

    service: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    #: What addresses there begin with, where they are not reached from here by their path.
    origin: str = ""
    #: A sentence; empty of one that has answered.
    problem: str = ""


_menus: Remembered[Told] = Remembered(MOST_MENUS)


def services_elsewhere() -> list[str]:
    """Return those that this process does not serve."""
    return [name for name in BY_NAME if name not in settings.SERVICES]


def menus(request: HttpRequest) -> list[Told]:
    """Return what each may list for this member of staff, as of some seconds ago.

    In a transaction nobody is waited for: of whom nothing is known, nothing is told.
    """
    names = services_elsewhere()
    known = {name: _menus.get(_key(request, name)) for name in names}
    missing = [name for name in names if known[name] is None]
    if missing and not inside_transaction():
        known |= {one.service: one for one in _begun(request, "menu", missing, {})()}
    return [known[name] or Told(service=name) for name in names]


def forget(request: HttpRequest, service: str) -> None:
    """Have the menu of a service asked for anew."""
    _menus.put(_key(request, service), Told(service=service), until=0.0)


def begin(request: HttpRequest, part: str, **asked: str) -> Callable[[], list[Told]]:
    """Ask them all for a part, and return what waits for the answers."""
    refuse_inside_transaction()
    return _begun(request, part, services_elsewhere(), asked)


def _begun(
    request: HttpRequest, part: str, services: list[str], asked: Mapping[str, str]
) -> Callable[[], list[Told]]:
    if not services:
        return list
    principal = staff_of(request, PLATFORM)
    path = f"{part}/?{urlencode(asked)}" if asked else f"{part}/"
    seconds = DEADLINES_SECONDS[part]
    pool = ThreadPoolExecutor(max_workers=len(services))
    begun = [
        pool.submit(copy_context().run, _ask, service, path, principal, seconds)
        for service in services
    ]
    pool.shutdown(wait=False)

    def answers() -> list[Told]:
        found = [one.result() for one in begun]
        for one in found:
            # Who keeps one page waiting is not waited for by the next one's menu.
            if one.problem or part == "menu":
                good_for = AWAY_SECONDS if one.problem else MENU_SECONDS
                _menus.put(_key(request, one.service), one, until=time.time() + good_for)
        return found

    return answers


def read(kind: type[T], told: Mapping[str, Any]) -> T:
    """Return a row as a tuple with names; what another release tells besides is left out."""
    fields: tuple[str, ...] = vars(kind)["_fields"]
    return kind(**{name: told[name] for name in fields if name in told})


def _key(request: HttpRequest, service: str) -> bytes:
    return f"{service} {request.user.pk}".encode()


def _ask(service: str, path: str, principal: Principal, seconds: float) -> Told:
    title = BY_NAME[service].title
    try:
        called = call(
            service,
            "GET",
            f"/{service}/api/back-office/{path}",
            principal=principal,
            seconds=seconds,
        )
        told = answer_of(service, called)
        origin = "" if told["origin"] == settings.PUBLIC_ORIGIN else str(told["origin"])
        rows = [_from(origin, dict(row)) for row in told["rows"]]
        return Told(service=service, rows=rows, origin=origin)
    except (UnavailableError, DeadlineExceededError):
        return Told(service=service, problem=f"{title} does not answer.")
    except DomainError as error:
        return Told(service=service, problem=f"{title} tells nothing: {error}.")
    except (LookupError, TypeError, ValueError):
        return Told(service=service, problem=f"{title} gives no answer that is ours.")


def _from(origin: str, told: Any) -> Any:
    """Return what was told with its addresses as they are reached from here."""
    if isinstance(told, list):
        return [_from(origin, one) for one in told]
    if not isinstance(told, dict):
        return told
    return {
        name: f"{origin}{value}"
        if name.endswith("url") and str(value).startswith("/")
        else _from(origin, value)
        for name, value in told.items()
    }
