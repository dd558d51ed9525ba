"""The way in for every request of a program: who sends it, and how much that one may use."""

import hashlib
import time
from collections import OrderedDict
from threading import Lock

from kernel.client_address import client_address, network_of
from kernel.errors import DomainError, UnauthenticatedError
from kernel.http import Asked
from kernel.identity.authentication import SERVICE_SCHEME, authenticate
from kernel.ratelimits.limiter import limiter
from kernel.ratelimits.meter import Meter
from kernel.tenancy.context import Principal

#: How long a credential that was good is tried, whatever else its address has shown.
TRUSTED_SECONDS = 600.0
MOST_TRUSTED = 10_000


class Visit:
    """One request from its arrival to its answer: `admit`, `charge`, and at the end `ended`.

    A request that was answered without a charge costs one unit. An endpoint with credentials of its
    own says in a subclass where they are, what they open, and whose limit they use.
    """

    def __init__(self, request: Asked) -> None:
        self._request = request
        self._limiter = limiter()
        self._meter = self._limiter.of_nobody()

    def admit(self, signed: bytes = b"") -> Principal | None:
        """Return who sends the request, None for somebody without a credential.

        `signed` is the body where a service sends it: its token is bound to that. Refuses at once
        who has used up what is theirs. Raises RateLimitedError, and what `authenticate` raises.
        """
        header = self._credential()
        principal = self._authenticated(header, signed)
        if not header.startswith(SERVICE_SCHEME):
            self._meter = self._meter_of(principal)
        self._meter.look()
        return principal

    def charge(self, cost: int) -> None:
        """Take what the request costs before any of it is done; 1 for what costs nothing.

        Raises RateLimitedError, or LimitExceededError for what can never be had at once.
        """
        self._meter.charge(cost)

    def ended(self) -> dict[str, str]:
        """Return the headers that tell how much is left."""
        self._meter.settle()
        return self._meter.headers()

    def _credential(self) -> str:
        return self._request.headers.get("Authorization", "")

    def _authenticate(self, signed: bytes) -> Principal | None:
        return authenticate(self._request, signed)

    def _meter_of(self, principal: Principal | None) -> Meter:
        if principal is None:
            return self._limiter.of_address(self._network())
        return self._limiter.of_principal(principal)

    def _authenticated(self, header: str, signed: bytes) -> Principal | None:
        # A service's token is another each time, and nobody finds one by trying.
        is_kept = bool(header) and not header.startswith(SERVICE_SCHEME)
        is_new = is_kept and not trusted.holds(header)
        if is_new:
            self._meter = self._limiter.of_attempts(self._network())
            self._meter.look()
        try:
            principal = self._authenticate(signed)
        except UnauthenticatedError:
            self._meter = self._limiter.of_attempts(self._network())
            self._meter.charge(1)
            raise
        except DomainError:
            self._meter = self._limiter.of_address(self._network())
            raise
        if is_new:
            self._meter = self._limiter.of_nobody()
            trusted.add(header)
        return principal

    def _network(self) -> str:
        return network_of(client_address(self._request))


class Strangers(Visit):
    """A request that is nobody's, whatever it shows."""

    def _credential(self) -> str:
        return ""

    def _authenticate(self, signed: bytes) -> Principal | None:
        return None


def charge_stranger(request: Asked) -> None:
    """Take a unit of what somebody without a credential may use; raises RateLimitedError."""
    visit = Strangers(request)
    visit.admit()
    visit.charge(1)


class TrustedCredentials:
    """Credentials that were good a while ago, by their SHA-256; they are still checked each time.

    Somebody who guesses must not lock out the others behind the same address.
    """

    def __init__(self, *, most: int = MOST_TRUSTED) -> None:
        self._most = most
        self._lock = Lock()
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def holds(self, header: str) -> bool:
        """Say whether this was good not long ago."""
        return time.monotonic() < self._until.get(_digest(header), 0.0)

    def add(self, header: str) -> None:
        """Remember that this was good just now."""
        digest = _digest(header)
        with self._lock:
            self._until[digest] = time.monotonic() + TRUSTED_SECONDS
            self._until.move_to_end(digest)
            if len(self._until) > self._most:
                self._until.popitem(last=False)


def _digest(header: str) -> bytes:
    return hashlib.sha256(header.encode()).digest()


trusted = TrustedCredentials()
