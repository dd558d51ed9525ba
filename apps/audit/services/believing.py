"""What is asked for each entry and changes rarely: believed for some seconds, per tenant."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar
from uuid import UUID

#: How long it may take until another process knows of a change.
BELIEVED_SECONDS = 5.0
#: Tenants of whom a process knows it.
MOST_TENANTS = 1_000

T = TypeVar("T")


class Believed(Generic[T]):
    """What was read of some tenants, as of a few seconds ago."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = Lock()
        self._by_tenant: OrderedDict[UUID, tuple[float, T]] = OrderedDict()

    def of(self, tenant_id: UUID) -> T:
        """Return it of the current tenant."""
        known = self._by_tenant.get(tenant_id)
        if known and time.monotonic() < known[0]:
            return known[1]
        found = self._read()
        with self._lock:
            self._by_tenant[tenant_id] = (time.monotonic() + BELIEVED_SECONDS, found)
            self._by_tenant.move_to_end(tenant_id)
            if len(self._by_tenant) > MOST_TENANTS:
                self._by_tenant.popitem(last=False)
        return found

    def forget(self, tenant_id: UUID) -> None:
        """Read it again when it is asked for next."""
        with self._lock:
            self._by_tenant.pop(tenant_id, None)
