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
from kernel.idempotency.services import EarlierError, IdempotencyInProgressError
from kernel.mesh.calling import Called
from kernel.mesh.client import refuse_inside_transaction

T = TypeVar("T")
#: Answers below 500 that pass: too many requests, too slow, too early (RFC 9110, RFC 8470).
_PASSING = frozenset({408, 425, 429})
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


def answer_of(service: str, called: Called, *, with_its_own: bool = False) -> Any:
    """Return what was answered; raises the error that it is, by its code.

    Errors of the service's own are raised too where that is said, but for those that pass: nothing
    of them heals by asking again. Raises UnavailableError for all others, which says for how long
    `Retry-After` asks to wait.
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
    if with_its_own and called.status < 500 and called.status not in _PASSING:
        raise EarlierError(message, code=code, status=called.status)
    raise called.unavailable(f"{service} answers {code}: {message}")
