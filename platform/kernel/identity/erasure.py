"""The erasure of tenants whose grace period has ended: app by app, with a report that stays."""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from contracts.identity import TenantDeletionRequested, TenantPartErased
from kernel import clock
from kernel.errors import ConflictError
from kernel.events.here import missing_services
from kernel.events.publishing import publish
from kernel.events.registry import consumes
from kernel.identity.departures import ErasedPart, TenantDeletion, TenantExport
from kernel.identity.exports import discard_export
from kernel.identity.models import Tenant
from kernel.identity.recent import recent_keys
from kernel.jobs.registry import job, periodic
from kernel.jobs.services import enqueue
from kernel.services import BY_NAME
from kernel.tenancy.context import acting_as
from kernel.tenancy.parts import PARTS, refuse_kept

logger = logging.getLogger(__name__)

#: The part that goes last: the others are reported beside the tenant's own rows.
LAST = "identity"
#: How long after a deletion something may still come.
SWEPT = timedelta(days=30)


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
                _start_unless_kept(deletion)
            else:
                finish_deletion(deletion)


def _start_unless_kept(deletion: TenantDeletion) -> None:
    try:
        start_deletion(deletion)
    except ConflictError as error:
        # Since it was requested, somebody forbade it. It stays due.
        logger.warning("tenant %s is not deleted yet: %s", deletion.slug, error)


@transaction.atomic
def start_deletion(deletion: TenantDeletion) -> None:
    """Ask every app to erase its part. From here on nothing brings the data back.

    Raises ConflictError when something of the tenant may not be erased for now.
    """
    deletion = _locked(deletion)
    if deletion.started_at is not None or deletion.cancelled_at is not None:
        return
    refuse_kept(deletion.tenant_id)
    deletion.started_at, deletion.unreached = clock.now(), missing_services()
    deletion.save(update_fields=["started_at", "unreached"])
    reached = BY_NAME.keys() - set(deletion.unreached)
    for app in sorted(PARTS.keys() | reached):
        ErasedPart.objects.create(deletion=deletion, app=app)
    _ask(PARTS, str(deletion.tenant_id))
    publish(TenantDeletionRequested(tenant_id=str(deletion.tenant_id), slug=deletion.slug))


def register_erasures() -> None:
    """Let each app that is installed here erase its part, when asked here or by an event."""
    for app in PARTS:
        if app != LAST:
            job(_job_of(app))(partial(erase_part, app))
    for app in PARTS.keys() & BY_NAME.keys():
        consumes(TenantDeletionRequested, group=f"{app}.erasure")(partial(_erase_here, app))
    consumes(TenantPartErased, group="identity.erasure")(note_erased_part)


def erase_part(app: str, tenant_id: str) -> None:
    """Erase what an app has of a tenant; a repetition erases what is left, and counts on."""
    # Where the deletion was requested is its report: perhaps in another database.
    part = ErasedPart.objects.filter(deletion__in=_started(tenant_id), app=app).first()
    counts: Counter[str] = Counter(part.tables if part else {})

    def told(table: str, rows: int) -> None:
        counts[table] += rows
        if part:
            part.tables = dict(counts)
            part.save(update_fields=["tables"])

    PARTS[app].erase(UUID(tenant_id), told)
    with transaction.atomic():
        publish(TenantPartErased(tenant_id=tenant_id, app=app, rows=counts.total()))
        if part:
            part.finished_at = clock.now()
            part.save(update_fields=["finished_at"])


def note_erased_part(event: TenantPartErased) -> None:
    """Write down what an app of another process has erased; of one that is here it is known."""
    if event.app in PARTS:
        return
    waiting = ErasedPart.objects.filter(app=event.app, finished_at=None)
    for part in waiting.select_related("deletion"):
        if str(part.deletion.tenant_id) == event.tenant_id:
            part.tables, part.finished_at = {"all tables": event.rows}, clock.now()
            part.save(update_fields=["tables", "finished_at"])


def finish_deletion(deletion: TenantDeletion) -> None:
    """Remove the tenant itself, once no app has anything of it; else ask those that have again.

    Work that had begun before the tenant was shut out may have left rows behind.
    """
    others = deletion.parts.exclude(app=LAST)
    if others.filter(finished_at=None).exists():
        return
    if _erase_what_is_left(deletion):
        return
    for export in TenantExport.objects.filter(tenant_id=deletion.tenant_id):
        discard_export(export)
    _remove_tenant(deletion)


@periodic("identity.sweep_deleted", every=timedelta(hours=1))
def sweep_deleted(_target: str) -> None:
    """Erase what late events and jobs have written of tenants that are gone."""
    with acting_as(None):
        for deletion in TenantDeletion.objects.filter(finished_at__gt=clock.now() - SWEPT):
            _erase_what_is_left(deletion)


@transaction.atomic
def _erase_what_is_left(deletion: TenantDeletion) -> bool:
    """Ask the apps here that have rows of the tenant once more; return whether there are any."""
    left = [app for app, part in PARTS.items() if app != LAST and part.count(deletion.tenant_id)]
    deletion.parts.filter(app__in=left).update(finished_at=None)
    for app in left:
        enqueue(_job_of(app), str(deletion.tenant_id))
    return bool(left)


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
    erased = Counter(counts) + Counter(people)
    now = clock.now()
    deletion.parts.filter(app=LAST).update(
        tables={label.lower(): rows for label, rows in sorted(erased.items())},
        finished_at=now,
    )
    deletion.finished_at = now
    deletion.save(update_fields=["finished_at"])
    recent_keys.forget_all()


def _erase_here(app: str, event: TenantDeletionRequested) -> None:
    """Enqueue what erases the app's part of a tenant, and what the kernel keeps beside it."""
    # What the kernel keeps beside the app's rows is in every service's own database.
    with acting_as(None):
        _ask([app, *(PARTS.keys() - BY_NAME.keys())], event.tenant_id)


def _ask(apps: Iterable[str], tenant_id: str) -> None:
    for app in apps:
        if app != LAST:
            # Asked here and by the event, it is done once where they share a database.
            enqueue(_job_of(app), tenant_id, key=f"erase {app} of {tenant_id}")


def _started(tenant_id: str) -> QuerySet[TenantDeletion]:
    return TenantDeletion.objects.filter(tenant_id=tenant_id, started_at__isnull=False)


def _job_of(app: str) -> str:
    return f"{app}.erase_tenant"


def _locked(deletion: TenantDeletion) -> TenantDeletion:
    return TenantDeletion.objects.select_for_update().get(pk=deletion.pk)
