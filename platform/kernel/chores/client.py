"""Chores of any service: by a call in this process where it is served here, else over HTTP.

Whoever calls acts as they do here, and is answered alike both ways, errors by their codes. None of
this is called in a transaction: a slow neighbour must not hold our locks.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from contracts.chores import Chore, Work
from kernel.chores import services
from kernel.chores.services import Begun
from kernel.errors import NotFoundError, UnavailableError
from kernel.mesh.answers import answer_of, here_or_there
from kernel.mesh.calling import call
from kernel.services import BY_NAME
from kernel.tenancy.context import current_principal

#: How long one call may take, connecting included.
DEADLINE_SECONDS = 30.0


def all_chores() -> list[Chore]:
    """Return those of all services that whoever acts may ask for; of one that is away, none."""
    found = []
    for service in BY_NAME:
        try:
            found += here_or_there(
                service,
                lambda service=service: services.offered(service),  # type: ignore[misc]  # its own
                lambda service=service: [  # type: ignore[misc]  # as above
                    Chore(**one) for one in _asked(service, "GET", "", None, "")["chores"]
                ],
            )
        except UnavailableError:
            continue
    return found


def describe(name: str) -> Chore:
    """Return what a chore says of itself; raises NotFoundError, ForbiddenError."""
    service = _service(name)
    return here_or_there(
        service,
        lambda: services.described(name),
        lambda: Chore(**_asked(service, "GET", quote(name), None, "")),
    )


def do(name: str, parameters: Mapping[str, Any], *, key: str) -> Begun:
    """Have a chore done once for a key, and return what it told."""
    service = _service(name)

    def there() -> Begun:
        told = _asked(service, "POST", quote(name), {"parameters": dict(parameters)}, key)
        # A service of the version before says nothing of it.
        return Begun(told["result"], goes_on=bool(told.get("goes_on")))

    return here_or_there(service, lambda: services.do(name, parameters, key=key), there)


def look(name: str, result: Mapping[str, Any]) -> Work:
    """Return how the work stands that a chore began, by what it told."""
    service = _service(name)
    asked = {"result": dict(result)}
    return here_or_there(
        service,
        lambda: services.look(name, result),
        lambda: Work.of(_asked(service, "POST", f"{quote(name)}/work", asked, "")["work"]),
    )


def stop(name: str, result: Mapping[str, Any]) -> None:
    """Have the work taken back that a chore began; what has ended stays as it is."""
    service = _service(name)
    asked = {"result": dict(result)}
    here_or_there(
        service,
        lambda: services.stop(name, result),
        lambda: _asked(service, "POST", f"{quote(name)}/stop", asked, ""),
    )


def _service(name: str) -> str:
    service = name.partition(".")[0]
    if service not in BY_NAME:
        raise NotFoundError(f"no chore {name[:100]}")
    return service


def _asked(service: str, method: str, path: str, told: Any, key: str) -> Any:
    called = call(
        service,
        method,
        f"/{service}/api/chores/{path}",
        principal=current_principal(),
        seconds=DEADLINE_SECONDS,
        body=json.dumps(told).encode() if told is not None else b"",
        headers={"Idempotency-Key": key} if key else {},
    )
    return answer_of(service, called)
