"""The rate limits of this process, as its settings say."""

from functools import cache, partial

from django.conf import settings

from kernel.env import Rate
from kernel.ratelimits.gcra import Bucket, Policy, Store
from kernel.ratelimits.local import LocalStore
from kernel.ratelimits.meter import Meter
from kernel.tenancy.context import Principal


class Limiter:
    """Whose bucket a request is taken out of. A policy that is None does not limit."""

    def __init__(
        self,
        store: Store,
        *,
        credential: Policy | None = None,
        tenant: Policy | None = None,
        address: Policy | None = None,
        attempts: Policy | None = None,
    ) -> None:
        self._store = store
        self._credential = credential
        self._tenant = tenant
        self._address = address
        self._attempts = attempts

    def of_nobody(self) -> Meter:
        """Return what lets all pass: other services of the platform, whose callers were counted."""
        return Meter(self._store, ())

    def of_principal(self, principal: Principal) -> Meter:
        """Return what a credential may use, which is also taken out of its tenant's bucket."""
        # What stands in braces chooses the slot of a cluster: the two are reached by one call.
        slot = f"{{{principal.tenant_id}}}"
        buckets = []
        if self._credential:
            buckets.append(Bucket(self._credential, f"{slot}:{principal.kind}:{principal.id}"))
        if self._tenant:
            buckets.append(Bucket(self._tenant, slot))
        return Meter(self._store, buckets)

    def of_address(self, network: str) -> Meter:
        """Return what somebody without a credential may use."""
        return self.of(self._address, f"address:{network}")

    def of_attempts(self, network: str) -> Meter:
        """Return how often an address may still show a credential that is refused."""
        return self.of(self._attempts, f"attempts:{network}")

    def of(self, policy: Policy | None, key: str) -> Meter:
        """Return what an app limits by itself; `key` names whose bucket it is."""
        return Meter(self._store, (Bucket(policy, key),) if policy else ())


@cache
def limiter() -> Limiter:
    """Return the limits of this process."""
    return Limiter(
        _store(settings.REDIS_URL),
        credential=_policy("credential", settings.RATE_LIMIT_CREDENTIAL),
        tenant=_policy("tenant", settings.RATE_LIMIT_TENANT),
        address=_policy("address", settings.RATE_LIMIT_ADDRESS),
        attempts=_policy("attempts", settings.RATE_LIMIT_ATTEMPTS),
    )


def _policy(name: str, rate: Rate | None) -> Policy | None:
    return Policy(name, rate.per_minute, rate.burst) if rate else None


def _store(redis_url: str) -> Store:
    if not redis_url:
        return LocalStore()
    # A process that does without Redis does not pay for its client.
    from kernel.ratelimits.shared import SharedStore  # noqa: PLC0415
    from kernel.redis.clients import connect  # noqa: PLC0415

    return SharedStore(partial(connect, redis_url))
