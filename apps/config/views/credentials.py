"""Who asks for flags: by the key of an environment, an API key, or the token of a stream."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from apps.config.access import EVALUATE
from apps.config.selectors.environments import Reference
from apps.config.selectors.keys import is_client_key, is_environment_key, opened_by
from apps.config.services.counting import tallies
from apps.config.services.snapshots import Snapshot, snapshots
from kernel.errors import (
    DomainError,
    ForbiddenError,
    MethodNotAllowedError,
    Refused,
    UnauthenticatedError,
)
from kernel.http import Asked, error_response
from kernel.identity.authentication import by_bearer
from kernel.identity.keys import PREFIX
from kernel.identity.refusals import record_refusal
from kernel.ratelimits.meter import Meter
from kernel.ratelimits.visit import Visit
from kernel.tenancy.context import NO_CREDENTIAL, Principal, ScopeRequiredError

#: Which environment an API key asks for: its key. Keys of environments need none.
ENVIRONMENT_HEADER = "X-Septet-Environment"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a credential may ask for."""

    tenant_id: UUID
    environment: Reference
    #: Whether it is one that anybody can read: then only client-visible flags are there for it.
    public: bool = False
    #: The id of the key, where it is one.
    key_id: str = ""

    def is_in_memory(self) -> bool:
        """Say whether the snapshot asks no database now."""
        return snapshots.holds(self.tenant_id, self.environment)

    def snapshot(self) -> Snapshot:
        """Return what is said there now; raises NotFoundError, UnavailableError."""
        return snapshots.get(self.tenant_id, self.environment)


class EvaluationVisit(Visit):
    """A request for flags. Who has a public key uses the rate limit of their address."""

    def __init__(self, request: Asked) -> None:
        super().__init__(request)
        self.key = key_in(request)
        #: Whether the key is one for browsers, whatever it opens.
        self.public = is_client_key(self.key)
        self._reach: Reach | None = None

    def reach(self, *, secret: bool = False) -> Reach:
        """Return what may be asked for; with `secret`, by a key that nobody else can read.

        Raises UnauthenticatedError, ForbiddenError, RateLimitedError, UnavailableError.
        """
        principal = self.admit()
        if principal is None:
            raise UnauthenticatedError(NO_CREDENTIAL)
        if self._reach is None:
            if not principal.may(EVALUATE):
                raise ScopeRequiredError(EVALUATE)
            self._reach = Reach(
                principal.tenant_id,
                self._request.headers.get(ENVIRONMENT_HEADER) or None,
                key_id=principal.id if principal.kind == "key" else "",
            )
        if secret and self._reach.public:
            raise ForbiddenError("rules are not for keys that anybody can read: use a server key")
        return self._reach

    def _credential(self) -> str:
        return f"Bearer {self.key}" if self.key else super()._credential()

    def _authenticate(self, signed: bytes) -> Principal | None:
        if not is_environment_key(self.key):
            header = self._credential()
            return by_bearer(header) if header else None
        opened = opened_by(self.key)
        tallies.use(opened.tenant_id, opened.environment_id, opened.key_id)
        self._reach = Reach(
            opened.tenant_id, opened.environment_id, opened.public, str(opened.key_id)
        )
        return Principal(
            kind="key",
            id=str(opened.key_id),
            name="environment key",
            tenant_id=opened.tenant_id,
            scopes=frozenset({EVALUATE}),
        )

    def _meter_of(self, principal: Principal | None) -> Meter:
        return super()._meter_of(None if self.public else principal)


def answered(
    request: HttpRequest, visit: Visit, methods: tuple[str, ...], answer: Callable[[], HttpResponse]
) -> HttpResponse:
    """Return the answer, errors by their codes, with what is left of the rate limit."""
    try:
        if request.method not in methods:
            raise MethodNotAllowedError(f"{request.method} is not allowed here")
        response = answer()
    except DomainError as error:
        if isinstance(error, Refused):
            record_refusal(request, [error])
        response = error_response(error)
    for name, value in visit.ended().items():
        response[name] = value
    return response


def key_in(request: Asked) -> str:
    """Return the key of a request: after `Bearer`, alone as Unleash sends it, or in `X-API-Key`."""
    header = request.headers.get("Authorization", "")
    if not header:
        return request.headers.get("X-API-Key", "")
    text = header[7:] if header[:7].lower() == "bearer " else header
    return text.strip() if text.startswith(f"{PREFIX}_") else ""
