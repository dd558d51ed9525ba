"""Doing something once for a key, however often it is asked for, and by however many at once."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, models, transaction

from kernel.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidInputError,
    UnauthenticatedError,
)
from kernel.idempotency.models import KeyedRequest
from kernel.tenancy.context import current_principal

#: Visible ASCII: what every client, proxy and database takes for the same text.
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
#: How long a request waits for the one that has the key, on a database with row locks. Not longer:
#: it holds a thread.
WAIT_SECONDS = 5
_LOCK_NOT_AVAILABLE = "55P03"


class IdempotencyConflictError(ConflictError):
    """The idempotency key was used within the last day for something else."""

    code = "IDEMPOTENCY_CONFLICT"
    status = 422


class IdempotencyInProgressError(ConflictError):
    """The first request with this idempotency key has not ended yet; ask again in a moment."""

    code = "IDEMPOTENCY_IN_PROGRESS"
    status = 409
    retryable = True
    retry_after_seconds = 1


class EarlierError(DomainError):
    """What went wrong the first time, told under its own code."""

    def __init__(self, message: str, *, code: str, status: int) -> None:
        super().__init__(message)
        self.code = code  # type: ignore[misc]  # it has that of another class
        self.status = status  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a request under a key, now or before."""

    outcome: dict[str, Any]
    #: It was not done now, but before.
    replayed: bool

    def result(self) -> Any:
        """Return what the work returned; raises the DomainError that it raised."""
        if "code" in self.outcome:
            raise EarlierError(**self.outcome)
        return self.outcome["result"]


def once(key: str, operation: str, request: Any, work: Callable[[], Any]) -> Done:
    """Do some work unless the current principal had it done under this key; tell what came of it.

    `work` runs in the transaction that stores what it returns, which is JSON. A DomainError that
    is the caller's fault is stored as well; after any other failure, which is raised, the key is
    free. `request` is what is asked for, of plain values.

    A request that comes while the first is running waits for it. Raises InvalidInputError for what
    is no key, IdempotencyConflictError when it stands for another request, and
    IdempotencyInProgressError when the first takes too long.
    """
    check_key(key)
    principal = current_principal()
    wanted = KeyedRequest(
        principal=f"{principal.kind}:{principal.id}",
        operation=operation,
        key=key,
        request_sha256=_digest(request),
    )
    # First a look that takes no lock.
    done = _earlier(wanted) or _first(wanted, work)
    if bytes(done.request_sha256) != bytes(wanted.request_sha256):
        raise IdempotencyConflictError(
            f"the idempotency key {key!r} was used for another {operation}; take a new one"
        )
    return Done(done.outcome, replayed=done is not wanted)


def check_key(key: str) -> None:
    """Raise InvalidInputError unless this can be an idempotency key."""
    if not _KEY.fullmatch(key):
        raise InvalidInputError(
            "an idempotency key is 1 to 255 visible ASCII characters without spaces"
        )


def key_in_header(text: str) -> str:
    """Return the key of an `Idempotency-Key` header: a quoted string as in the draft, or bare."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text


def _earlier(wanted: KeyedRequest) -> KeyedRequest | None:
    """Return the request that was first under this key, if it has ended."""
    return (
        KeyedRequest.objects.filter(
            principal=wanted.principal, operation=wanted.operation, key=wanted.key
        )
        .exclude(pk=wanted.pk)
        .first()
    )


@transaction.atomic
def _first(wanted: KeyedRequest, work: Callable[[], Any]) -> KeyedRequest:
    """Take the key and do the work, or return the request that had it first."""
    take(wanted, key=wanted.key)
    earlier = _earlier(wanted)
    if earlier is not None:
        return earlier
    try:
        with transaction.atomic():
            wanted.outcome = {"result": work()}
    except DomainError as error:
        if not _is_final(error):
            raise
        wanted.outcome = {"code": error.code, "message": str(error), "status": error.status}
    wanted.save(update_fields=["outcome"])
    return wanted


def take(row: models.Model, *, key: str) -> None:
    """Store the row of a key, or wait until the request that has the key has ended.

    If that was committed the row is not stored: look who has the key. Raises
    IdempotencyInProgressError when it takes too long.
    """
    has_row_locks = connection.vendor == "postgresql"
    before = ""
    try:
        if has_row_locks:
            before = _lock_timeout(f"{WAIT_SECONDS}s")
        type(row)._default_manager.bulk_create([row], ignore_conflicts=True)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
            raise
        raise IdempotencyInProgressError(
            f"the first request with the idempotency key {key!r} is still running"
        ) from None
    if has_row_locks:
        # Not to the default: behind a pooler the limit is none of the connection's.
        _lock_timeout(before)


def _lock_timeout(wanted: str) -> str:
    """Set how long this transaction waits for a lock, and return what it was."""
    both = "SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)"
    with connection.cursor() as cursor:
        cursor.execute(both, [wanted])
        return str(cursor.fetchone()[0])


def _is_final(error: DomainError) -> bool:
    """Say whether it is the caller's fault, and not a matter of rights, which may change."""
    of_rights = isinstance(error, UnauthenticatedError | ForbiddenError)
    return error.status < 500 and not error.retryable and not of_rights


def _digest(request: Any) -> bytes:
    text = json.dumps(request, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()
