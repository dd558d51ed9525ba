"""Feature flags in a process without the config app: fetched over the mesh, evaluated here."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

from apps.config.domain.compiling import compile_set
from apps.config.domain.flags import FlagSet
from apps.config.domain.tallies import SINGLE, Tallies
from kernel import clock
from kernel.errors import DomainError
from kernel.identity.service_tokens import own_principal
from kernel.mesh.client import mesh
from kernel.observability.health import DegradedError
from kernel.tenancy.context import acting_as

#: How old definitions may be before they are asked for again, where no hint has come.
LOOK_SECONDS = 1.0
#: Tenants whose flags are in memory; of more those go that nobody has asked for longest.
MOST_TENANTS = 200

_QUESTION = """
query($after: BigInt) {
  featureFlagDefinitions(after: $after) { revision bucketing definitions }
}
"""


@dataclass(slots=True)
class _Fetched:
    """What was fetched of a tenant last; no flags before anything was."""

    flags: FlagSet | None = None
    revision: int | None = None
    looked: float = float("-inf")
    stale_since: datetime | None = None
    lock: Lock = field(default_factory=Lock)


class RemoteFlags:
    """Flags of tenants that are asked for here; the last good ones while config is away.

    Who asks first waits for the answer, and has the default if there is none. Everybody else has
    what is in memory, which one thread renews.
    """

    def __init__(self) -> None:
        #: What was answered, of each tenant's only environment here.
        self.answered = Tallies()
        self._lock = Lock()
        self._known: OrderedDict[UUID, _Fetched] = OrderedDict()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feature-flags")

    def value(self, tenant_id: UUID, key: str, context: Mapping[str, Any], kind: str) -> Any:
        """Return the value of a flag; None for the caller's own default."""
        known = self._of(tenant_id)
        if known.looked == float("-inf"):
            self._renew(tenant_id, known)
        elif time.monotonic() - known.looked >= LOOK_SECONDS:
            known.looked = time.monotonic()
            self._thread.submit(self._renew, tenant_id, known, again=True)
        if known.flags is None:
            return None
        found = known.flags.evaluate(key, context, expected=kind)
        self.answered.count(tenant_id, tenant_id, (found,), SINGLE)
        return found.value

    def look(self) -> None:
        """Renew what is in memory: somebody says that flags have changed."""
        with self._lock:
            known = list(self._known.items())
        for tenant_id, fetched in known:
            self._renew(tenant_id, fetched, again=True)

    def check(self) -> str:
        """Say for readiness which flags hold; stale ones are no reason to send no work here."""
        with self._lock:
            stale = [one.stale_since for one in self._known.values() if one.stale_since]
            told = f"of {len(self._known)} tenants"
        if stale:
            raise DegradedError(f"{told}, stale since {min(stale).isoformat()}")
        return told

    def _of(self, tenant_id: UUID) -> _Fetched:
        with self._lock:
            found = self._known.setdefault(tenant_id, _Fetched())
            self._known.move_to_end(tenant_id)
            if len(self._known) > MOST_TENANTS:
                self._known.popitem(last=False)
            return found

    def _renew(self, tenant_id: UUID, known: _Fetched, *, again: bool = False) -> None:
        """Fetch what is newer; whoever comes meanwhile waits, and does not fetch it once more."""
        with known.lock:
            if not again and known.looked != float("-inf"):
                return
            try:
                found = _ask(tenant_id, known.revision)
            except DomainError:
                known.stale_since = known.stale_since or clock.now()
            else:
                known.stale_since = None
                if found is not None:
                    known.flags = compile_set(
                        found["definitions"],
                        revision=str(found["revision"]),
                        strict=False,
                        bucketing=found["bucketing"],
                    )
                    known.revision = int(found["revision"])
            known.looked = time.monotonic()


def _ask(tenant_id: UUID, after: int | None) -> dict[str, Any] | None:
    with acting_as(own_principal(tenant_id, "config:read")):
        found = mesh.query("config", _QUESTION, after=after)["featureFlagDefinitions"]
    return None if found is None else dict(found)
