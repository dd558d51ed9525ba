"""Chores of any service: by a call in this process where it is served here, else over HTTP.

Whoever calls acts as they do here, and is answered alike both ways, errors by their codes. None of
this is called in a transaction: a slow neighbour must not hold our locks.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings

from contracts.chores import Chore
from kernel.chores import services
from kernel.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)
from kernel.idempotency.services import EarlierError, IdempotencyInProgressError
from kernel.mesh.calling import Called, call
from kernel.mesh.client import refuse_inside_transaction
from kernel.services import BY_NAME
from kernel.tenancy.context import current_principal

#: How long one call may take, connecting included.
DEADLINE_SECONDS = 30.0

T = TypeVar("T")
_ERRORS: dict[str, type[DomainError]] = {
    error.code: error
    for error in (
        ConflictError,
        ForbiddenError,
        IdempotencyInProgressError,
        InvalidInputError,
        LimitExceededError,
        NotFoundError,
        UnauthenticatedError,
    )
}


def all_chores() -> list[Chore]:
    """Return those of all services that whoever acts may ask for; of one that is away, none."""
    found = []
    for service in BY_NAME:
        try:
            found += _here_or_there(
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
    return _here_or_there(
        service,
        lambda: services.described(name),
        lambda: Chore(**_asked(service, "GET", quote(name), None, "")),
    )


def do(name: str, parameters: Mapping[str, Any], *, key: str) -> Mapping[str, Any]:
    """Have a chore done once for a key, and return what came of it."""
    service = _service(name)
    return _here_or_there(
        service,
        lambda: services.do(name, parameters, key=key),
        lambda: _asked(service, "POST", quote(name), {"parameters": dict(parameters)}, key)[
            "result"
        ],
    )


def _here_or_there(service: str, here: Callable[[], T], there: Callable[[], T]) -> T:
    refuse_inside_transaction()
    return here() if service in settings.SERVICES else there()


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
    return _answer(service, called)


def _answer(service: str, called: Called) -> Any:
    """Return what was answered; raises the error that it is, by its code."""
    try:
        answer = json.loads(called.body)
        if called.status == 200:
            return answer
        first = answer["errors"][0]
        code, message = str(first["extensions"]["code"]), str(first["message"])
    except (ValueError, LookupError, TypeError):
        raise UnavailableError(f"{service} gives no answer that is ours") from None
    if code in _ERRORS:
        raise _ERRORS[code](message)
    if called.status < 500:
        # An error of its own; nothing of it heals by asking again.
        raise EarlierError(message, code=code, status=called.status)
    raise UnavailableError(f"{service} answers {code}: {message}")
