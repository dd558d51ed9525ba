"""Refusals, told to staff: logged each, and the newest of them kept to be looked up."""

import logging
import time
from collections.abc import Callable, Sequence
from threading import Lock

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from kernel.errors import DomainError, ForbiddenError, Refused
from kernel.http import Asked
from kernel.identity.models import Refusal
from kernel.identity.reasons import EXPLANATIONS, CredentialRefusedError, Explanation, Reason
from kernel.observability.context import request_id
from kernel.tenancy.context import Principal, ScopeRequiredError

logger = logging.getLogger(__name__)

#: Refusals that are kept; the oldest go first.
MOST_KEPT = 10_000
#: Refusals that one process writes down in a minute. Strangers who knock without end fill the log
#: at most, and cost the database nothing.
MOST_A_MINUTE = 300
#: Several requests may come under one id, which their sender chose.
MOST_SHOWN = 20
#: So many are written before the oldest are looked for again.
_TRIMMED_EVERY = 200


def explain(refusal: Refusal) -> Explanation:
    """Return a refusal in words, and what can be done."""
    return EXPLANATIONS[Reason(refusal.reason)]


def refusals_of(wanted_request_id: str) -> list[Refusal]:
    """Return the refusals that are kept of a request, the newest first."""
    return list(Refusal.objects.filter(request_id=wanted_request_id.strip())[:MOST_SHOWN])


def record_refusal(
    request: Asked,
    errors: Sequence[Refused],
    *,
    principal: Principal | None = None,
    operation: str = "",
) -> None:
    """Log why a request was refused and keep it. Nothing that fails here changes the answer."""
    refusal = _refusal(request, errors, principal, operation)
    logger.info(
        "refused",
        extra={
            "reason": refusal.reason,
            "detail": refusal.detail,
            "credential": refusal.credential,
            "operation": refusal.operation,
            "scopes": refusal.scopes,
            "tenant_id": str(refusal.tenant_id or ""),
        },
    )
    _keeper.keep(refusal)


class RefusalMiddleware:
    """Records what views refuse that are no GraphQL; the answer is left to others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, Refused):
            record_refusal(request, [exception])


def _refusal(
    request: Asked,
    errors: Sequence[Refused],
    principal: Principal | None,
    operation: str,
) -> Refusal:
    first = errors[0]
    scopes = sorted({one.scope for one in errors if isinstance(one, ScopeRequiredError)})
    told: str = first.detail if isinstance(first, CredentialRefusedError) else str(first)
    where = f"{request.method} {request.META['PATH_INFO']}"
    return Refusal(
        request_id=request_id(),
        reason=_reason(first),
        detail=told[:500],
        credential=_credential(first, principal)[:300],
        principal_kind=principal.kind if principal else "",
        tenant_id=principal.tenant_id if principal else getattr(first, "tenant_id", None),
        operation=f"{where} {operation}".strip()[:200],
        scopes=" ".join(scopes)[:300],
    )


def _reason(error: DomainError) -> Reason:
    if isinstance(error, ScopeRequiredError):
        return Reason.SCOPE
    default = Reason.FORBIDDEN if isinstance(error, ForbiddenError) else Reason.NONE
    reason: Reason = getattr(error, "reason", default)
    return reason


def _credential(error: DomainError, principal: Principal | None) -> str:
    if principal is not None:
        return f"{principal.kind} {principal.id} {principal.name}"
    credential: str = getattr(error, "credential", "")
    return credential


class _Keeper:
    """Writes refusals down, not more than it may in a minute, and removes the oldest."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._minute = 0
        self._written = 0
        self._since_trim = _TRIMMED_EVERY

    def keep(self, refusal: Refusal) -> None:
        trims = self._begin()
        if trims is None:
            return
        try:
            refusal.save(force_insert=True)
            if trims:
                _trim()
        except DatabaseError:
            logger.warning("a refusal could not be kept", exc_info=True)

    def _begin(self) -> bool | None:
        """Return whether to trim as well; None when there were too many in this minute."""
        minute = int(time.monotonic() / 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._written = minute, 0
            if self._written >= MOST_A_MINUTE:
                return None
            self._written += 1
            self._since_trim += 1
            trims = self._since_trim >= _TRIMMED_EVERY
            if trims:
                self._since_trim = 0
            return trims


def _trim() -> None:
    edge = Refusal.objects.values_list("pk", flat=True)[MOST_KEPT : MOST_KEPT + 1].first()
    if edge is not None:
        Refusal.objects.filter(pk__lte=edge).delete()


_keeper = _Keeper()
