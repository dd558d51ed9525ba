"""Whole partitions go at once on PostgreSQL, when archives have every log in them."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from apps.audit.models import Archive, ArchiveState, Erasure
from apps.audit.selectors.holds import active_holds
from apps.audit.selectors.months import Bounds
from apps.audit.selectors.partitions import partitioned, partitions, system_connection
from apps.audit.services.partitions import drop_emptied, drop_partition
from apps.audit.services.removing import close_removed
from kernel import clock
from kernel.faults import fault_point
from kernel.tenancy.context import in_tenant

#: How long verified archives wait for those of other tenants, so that a partition goes as a whole;
#: after that their logs are deleted row by row.
PATIENCE = timedelta(days=2)


def waits_for_others(archive: Archive) -> bool:
    """Say whether the logs of an archive may yet go with all of their partition."""
    if not partitioned(system_connection()) or archive.state != ArchiveState.VERIFIED:
        return False
    return archive.made_at > clock.now() - PATIENCE and any(
        _in(archive, one.bounds) for one in partitions()
    )


def drop_whole_months() -> list[str]:
    """Drop the partitions of which archives have every log, or had; return their names."""
    dropped = []
    for one in partitions():
        if one.bounds is None:
            continue
        if _restored_and_gone(one.name, one.bounds):
            dropped.append(one.name)
            continue
        archives = list(
            Archive.across_tenants.filter(
                state=ArchiveState.VERIFIED,
                first_id__gte=one.bounds.start,
                last_id__lt=one.bounds.end,
            )
        )
        kept = sum(archive.logs for archive in archives)
        if archives and kept == _counted(one.name) and _drop(one.name, archives):
            dropped.append(one.name)
    return dropped


def _restored_and_gone(name: str, bounds: Bounds) -> bool:
    """Drop a partition that was made for restored logs, when all of them are gone again."""
    there = Archive.across_tenants.filter(first_id__gte=bounds.start, last_id__lt=bounds.end)
    if not there.filter(state=ArchiveState.ARCHIVED).exists():
        return False
    return drop_emptied(name, there.exclude(state=ArchiveState.ARCHIVED).exists)


def _drop(name: str, archives: Sequence[Archive]) -> bool:
    """Drop a partition while nobody places a hold; not when there is one in any of the tenants.

    Nothing here reads logs: whoever drops a table waits for those that have.
    """
    tenants = sorted({archive.tenant_id for archive in archives})
    with transaction.atomic():
        for tenant_id in tenants:
            # Doors in one order, so that no two wait in a circle.
            with in_tenant(tenant_id):
                Erasure.objects.create(tenant_id=tenant_id)
        for tenant_id in tenants:
            with in_tenant(tenant_id):
                if active_holds().exists():
                    transaction.set_rollback(True)
                    return False
        drop_partition(name)
        fault_point("audit-partition-dropped")
        for tenant_id in tenants:
            with in_tenant(tenant_id):
                Erasure.objects.filter(tenant_id=tenant_id).delete()
    for archive in archives:
        with in_tenant(archive.tenant_id):
            close_removed(archive)
    return True


def _in(archive: Archive, bounds: Bounds | None) -> bool:
    if bounds is None or archive.first_id is None or archive.last_id is None:
        return False
    return bounds.start <= archive.first_id and archive.last_id < bounds.end


def _counted(name: str) -> int:
    with system_connection().cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {name}")  # noqa: S608  a name of ours # nosec B608
        (count,) = cursor.fetchone()
    return int(count)
