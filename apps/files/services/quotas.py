"""How much room a tenant's files take: held from the moment somebody says they will come."""

from django.db.models import F

from apps.files.conf import quota_bytes
from apps.files.errors import QuotaExceededError
from apps.files.models import StorageUsage
from kernel.tenancy.context import current_tenant_id


def lock_usage() -> None:
    """Let others of the tenant wait until the caller's transaction ends.

    Whoever holds more than one of uploads, files and blobs takes this lock first, then rows in that
    order: no two wait for each other in a circle, and no blob is left by its last version while
    another takes it up.
    """
    if StorageUsage.objects.select_for_update().first() is None:
        StorageUsage.objects.bulk_create(
            [StorageUsage(tenant_id=current_tenant_id())], ignore_conflicts=True
        )
        StorageUsage.objects.select_for_update().first()


def reserve(size: int) -> None:
    """Hold room in the caller's transaction; raises QuotaExceededError."""
    StorageUsage.objects.bulk_create(
        [StorageUsage(tenant_id=current_tenant_id())], ignore_conflicts=True
    )
    rows = StorageUsage.objects.all()
    most = quota_bytes()
    if most is not None:
        # Judged and taken by one statement: two that come at once cannot both have the last of it.
        rows = rows.filter(used_bytes__lte=most - size)
    if not rows.update(used_bytes=F("used_bytes") + size):
        used = StorageUsage.objects.values_list("used_bytes", flat=True).get()
        raise QuotaExceededError(
            f"{size} bytes more would be over the {most} that the tenant's files may take;"
            f" they take {used}"
        )


def release(size: int) -> None:
    """Give room back in the caller's transaction."""
    StorageUsage.objects.update(used_bytes=F("used_bytes") - size)
