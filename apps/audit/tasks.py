"""What the audit app does by itself."""

from datetime import timedelta
from uuid import UUID

from apps.audit.models import Archive
from apps.audit.selectors.integrity import tenants_with_logs
from apps.audit.services.alerting import raise_alerts
from apps.audit.services.delivering import deliver_stream, enqueue_due
from apps.audit.services.exporting import make_export, sweep
from apps.audit.services.handing_over import enqueue_all_handing_over, hand_over
from apps.audit.services.partitions import make_ahead
from apps.audit.services.publishing import keep_tombstone, publish_checkpoint
from apps.audit.services.removing import delete_file
from apps.audit.services.restoring import restore_logs
from apps.audit.services.retaining import enqueue_round, retain
from apps.audit.services.sealing import seal_all
from apps.audit.services.viewers import forget_old
from apps.audit.services.whole_months import drop_whole_months
from kernel.jobs.registry import job, periodic
from kernel.tenancy.context import in_tenant


# Writers ask for it at once; each period finds what a process that died has not asked for.
@periodic("audit.seal", every=timedelta(seconds=10))
def seal(_target: str) -> None:
    """Seal everything that waits."""
    seal_all()


@periodic("audit.raise_alerts", every=timedelta(seconds=10))
def watch(_target: str) -> None:
    """Look at what was sealed since, and raise the alerts that it is reason for."""
    raise_alerts()


# What a store has of a log is numbered by who comes next.
@job("audit.publish_checkpoint", at_once_per_tenant=1)
def publish(_target: str) -> None:
    """Publish the last checkpoint of a tenant's log."""
    publish_checkpoint()


@periodic("audit.make_partitions", every=timedelta(hours=1))
def make_partitions(_target: str) -> None:
    """Make the partitions of the next months, where they are missing."""
    make_ahead()


@job("audit.keep_tombstone", at_once_per_tenant=1)
def bury(key_id: str) -> None:
    """Keep outside of the database that a subject's key was erased."""
    keep_tombstone(UUID(key_id))


@periodic("audit.look_at_streams", every=timedelta(seconds=5))
def look_at_streams(_target: str) -> None:
    """Find streams that have something to send."""
    enqueue_due()


# One that hangs keeps no more than its own place: of each tenant some go at a time.
@job("audit.deliver_stream", at_once_per_tenant=4, timeout=timedelta(minutes=30))
def deliver(stream_id: str) -> None:
    """Send what waits in a stream."""
    deliver_stream(UUID(stream_id))


@periodic("audit.retain", every=timedelta(days=1))
def retain_all(_target: str) -> None:
    """Let each tenant's logs be archived, removed and let go, as far as they are due."""
    drop_whole_months()
    for tenant_id in tenants_with_logs():
        with in_tenant(tenant_id):
            enqueue_round()


@job("audit.retain_tenant", timeout=timedelta(hours=12), at_once_per_tenant=1)
def retain_tenant(_target: str) -> None:
    """Do what is due in one tenant; a round that was broken off goes on in the next."""
    retain()


@job("audit.delete_file")
def delete(key: str) -> None:
    """Delete a file of archives that none names any more."""
    delete_file(key)


@job("audit.restore", timeout=timedelta(hours=12), at_once_per_tenant=1)
def restore(archive_id: str) -> None:
    """Put the logs of an archive back into the database."""
    restore_logs(Archive.objects.get(pk=archive_id))


@job("audit.export", timeout=timedelta(hours=12), at_once_per_tenant=2)
def export(export_id: str) -> None:
    """Write the file of an export."""
    make_export(UUID(export_id))


@job("audit.hand_over_export", timeout=timedelta(hours=2), at_once_per_tenant=2)
def hand_over_export(export_id: str) -> None:
    """Let the files service have the file of an export."""
    hand_over(UUID(export_id))


@periodic("audit.sweep_exports", every=timedelta(minutes=10))
def sweep_exports(_target: str) -> None:
    """Delete the files of exports whose time is over, and forget old viewer tokens."""
    sweep()
    enqueue_all_handing_over()
    forget_old()
