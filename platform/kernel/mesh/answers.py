"""What another service answers to one of ours, alike to what it would raise in this process."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings

from kernel.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    PayloadTooLargeError,
    UnauthenticatedError,
)
from kernel.http import passes
from kernel.idempotency.services import EarlierError, IdempotencyInProgressError
from kernel.mesh.calling import Called
from kernel.mesh.client import refuse_inside_transaction

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
        PayloadTooLargeError,
        UnauthenticatedError,
    )
}


def here_or_there(service: str, here: Callable[[], T], there: Callable[[], T]) -> T:
    """Ask in this process where the service is served here, and never in a transaction."""
    refuse_inside_transaction()
    return here() if service in settings.SERVICES else there()


def answer_of(service: str, called: Called) -> Any:
    """Return what was answered; raises the error that it is, by its code.

    One that the service made of its own is an EarlierError: nothing of it heals by asking again.
    What passes (429, all of 5xx, and what is no answer of ours) is an UnavailableError, which says
    for how long `Retry-After` asks to wait.
    """
    try:
        answer = json.loads(called.body)
        if called.status == 200:
            return answer
        first = answer["errors"][0]
        code, message = str(first["extensions"]["code"]), str(first["message"])
    except (ValueError, LookupError, TypeError):
        raise called.unavailable(f"{service} gives no answer that is ours") from None
    if code in _ERRORS:
        raise _ERRORS[code](message)
    if not passes(called.status):
        raise EarlierError(message, code=code, status=called.status)
    raise called.unavailable(f"{service} answers {code}: {message}")
