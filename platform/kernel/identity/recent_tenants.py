"""Tenants read a moment ago, so that a token costs no query each time."""

import time
import uuid
from threading import Lock

from django.db import transaction

from kernel.identity import recent
from kernel.identity.models import Tenant

MOST_TENANTS = 10_000


class RecentTenants:
    """The tenants of this process's last second; one that is suspended elsewhere ends with it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: dict[tuple[str, object], tuple[float, Tenant]] = {}

    def by_id(self, tenant_id: uuid.UUID | str) -> Tenant | None:
        """Return the tenant of this id, which may be no id at all."""
        try:
            key = tenant_id if isinstance(tenant_id, uuid.UUID) else uuid.UUID(tenant_id)
        except ValueError:
            return None
        return self._get("pk", key)

    def by_slug(self, slug: str) -> Tenant | None:
        """Return the tenant of this slug."""
        return self._get("slug", slug) if "\0" not in slug else None

    def forget_all(self) -> None:
        """Ask for every tenant anew, once the transaction has committed."""
        transaction.on_commit(self._found.clear)

    def _get(self, column: str, value: object) -> Tenant | None:
        now = time.monotonic()
        found = self._found.get((column, value))
        if found is not None and now < found[0]:
            return found[1]
        tenant = Tenant.objects.filter(**{column: value}).first()
        if tenant is not None:
            with self._lock:
                if len(self._found) >= MOST_TENANTS:
                    self._found.clear()
                # Counted from before the question, so that its answer is never older than that.
                self._found[column, value] = now + recent.BELIEVED_SECONDS, tenant
        return tenant


recent_tenants = RecentTenants()
