"""The erasure of tenants whose grace period has ended: app by app, with a report that stays."""

from datetime import timedelta
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction

from contracts.identity import TenantDeletionRequested, TenantPartErased
from kernel import clock
from kernel.errors import NotFoundError
from kernel.events.publishing import publish
from kernel.identity.departures import ErasedPart, TenantDeletion, TenantExport
from kernel.identity.exports import discard_export
from kernel.identity.models import Tenant
from kernel.identity.recent import recent_keys
from kernel.jobs.registry import job, periodic
from kernel.jobs.services import enqueue
from kernel.tenancy.context import acting_as
from kernel.tenancy.parts import PARTS

#: The part that goes last: the others are reported beside the tenant's own rows.
LAST = "identity"


@periodic("identity.advance_deletions", every=timedelta(minutes=1))
def advance_deletions(_target: str) -> None:
    """Begin the deletions that are due, and end those of which every app has erased its part."""
    due = TenantDeletion.objects.filter(
        cancelled_at=None, finished_at=None, delete_after__lte=clock.now()
    )
    # What is enqueued and told here is of no tenant: it has to outlast this one.
    with acting_as(None):
        for deletion in due:
            if deletion.started_at is None:
                start_deletion(deletion)
            else:
                finish_deletion(deletion)


@transaction.atomic
def start_deletion(deletion: TenantDeletion) -> None:
    """Ask every app to erase its part. From here on nothing brings the data back."""
    deletion = _locked(deletion)
    if deletion.started_at is not None or deletion.cancelled_at is not None:
        return
    deletion.started_at = clock.now()
    deletion.save(update_fields=["started_at"])
    for app in PARTS:
        _ask(ErasedPart.objects.create(deletion=deletion, app=app))
    publish(TenantDeletionRequested(tenant_id=str(deletion.tenant_id), slug=deletion.slug))


def register_erasures() -> None:
    """Let each app that is installed here erase its part by a job on its own queue."""
    for app in PARTS:
        if app != LAST:
            job(_job_of(app))(partial(erase_part, app))


def erase_part(app: str, deletion_id: str) -> None:
    """Erase what an app has of a tenant; a repetition erases what is left, and counts on."""
    parts = ErasedPart.objects.select_related("deletion")
    part = parts.filter(deletion__pk=deletion_id, app=app).first()
    if part is None:
        raise NotFoundError(f"no deletion {deletion_id} asks {app} for anything")

    def told(table: str, rows: int) -> None:
        part.tables[table] = part.tables.get(table, 0) + rows
        part.save(update_fields=["tables"])

    tenant_id = part.deletion.tenant_id
    PARTS[app].erase(tenant_id, told)
    with transaction.atomic():
        part.finished_at = clock.now()
        part.save(update_fields=["finished_at"])
        publish(TenantPartErased(tenant_id=str(tenant_id), app=app, rows=part.rows))


def finish_deletion(deletion: TenantDeletion) -> None:
    """Remove the tenant itself, once no app has anything of it; else ask those that have again.

    Work that had begun before the tenant was shut out may have left rows behind.
    """
    others = deletion.parts.exclude(app=LAST)
    if others.filter(finished_at=None).exists():
        return
    left = [part for part in others if PARTS[part.app].count(deletion.tenant_id)]
    for part in left:
        with transaction.atomic():
            part.finished_at = None
            part.save(update_fields=["finished_at"])
            _ask(part)
    if left:
        return
    for export in TenantExport.objects.filter(tenant_id=deletion.tenant_id):
        discard_export(export)
    _remove_tenant(deletion)


@transaction.atomic
def _remove_tenant(deletion: TenantDeletion) -> None:
    deletion = _locked(deletion)
    members = list(
        User.objects.filter(memberships__tenant_id=deletion.tenant_id).values_list("pk", flat=True)
    )
    _, counts = Tenant.objects.filter(pk=deletion.tenant_id).delete()
    # People who belonged to it alone; staff of the platform stay.
    _, people = User.objects.filter(
        pk__in=members, memberships=None, is_staff=False, is_superuser=False
    ).delete()
    now = clock.now()
    deletion.parts.filter(app=LAST).update(
        tables={label.lower(): rows for label, rows in sorted((counts | people).items())},
        finished_at=now,
    )
    deletion.finished_at = now
    deletion.save(update_fields=["finished_at"])
    recent_keys.forget_all()


def _ask(part: ErasedPart) -> None:
    if part.app != LAST:
        enqueue(_job_of(part.app), str(part.deletion_id))


def _job_of(app: str) -> str:
    return f"{app}.erase_tenant"


def _locked(deletion: TenantDeletion) -> TenantDeletion:
    return TenantDeletion.objects.select_for_update().get(pk=deletion.pk)
