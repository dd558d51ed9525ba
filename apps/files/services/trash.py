"""The trash: what is put there is not given out, comes back whole, and goes after some time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.files.conf import TRASH_DAYS
from apps.files.models import File, FileState, Folder
from apps.files.services.files import delete_files
from apps.files.services.holding import check_free
from apps.files.services.quotas import lock_usage
from contracts.files import FileRestored, FileTrashed, FolderDeleted
from kernel import clock
from kernel.errors import ConflictError, DomainError
from kernel.events.publishing import publish_all
from kernel.rows import all_locked
from kernel.tenancy.context import in_tenant

PURGED_AT_ONCE = 100


@transaction.atomic
def trash_files(*, ids: Sequence[str]) -> list[File | DomainError]:
    """Put files into the trash; one that cannot be does not keep the others."""
    lock_usage()
    outcomes = [_trashable(one) for one in all_locked(File, ids)]
    rows = [one for one in outcomes if isinstance(one, File)]
    now = clock.now()
    for file in rows:
        file.trashed, file.trashed_at = True, now
    File.objects.filter(pk__in=[file.pk for file in rows]).update(trashed=True, trashed_at=now)
    publish_all([FileTrashed(file_id=str(file.pk), name=file.name) for file in rows])
    return outcomes


@transaction.atomic
def restore_files(*, ids: Sequence[str]) -> list[File | DomainError]:
    """Take files out of the trash; one whose folder is in the trash comes to the root."""
    lock_usage()
    outcomes = [_restorable(one) for one in all_locked(File, ids)]
    rows = [one for one in outcomes if isinstance(one, File)]
    gone = set(
        Folder.objects.filter(
            pk__in=[file.folder_id for file in rows], trashed_at__isnull=False
        ).values_list("pk", flat=True)
    )
    for file in rows:
        file.trashed, file.trashed_at, file.trashed_with = False, None, None
        if file.folder_id in gone:
            file.folder = None
    File.objects.bulk_update(rows, ["trashed", "trashed_at", "trashed_with", "folder"])
    publish_all([FileRestored(file_id=str(file.pk), name=file.name) for file in rows])
    return outcomes


def purge_trash() -> None:
    """Remove what has been in the trash for long enough; held and retained files stay there."""
    now = clock.now()
    due = {"trashed_at__lte": now - timedelta(days=TRASH_DAYS.value())}
    free = Q(retained_until=None) | Q(retained_until__lte=now)
    files = File.across_tenants.filter(free, held=False, **due).order_by("trashed_at")
    for tenant_id, ids in _by_tenant(files.values_list("tenant_id", "pk")[:PURGED_AT_ONCE]):
        with in_tenant(tenant_id):
            delete_files(ids=[str(pk) for pk in ids])
    # Folders from the innermost on: one level each time.
    empty = Folder.across_tenants.filter(
        ~Exists(File.across_tenants.filter(folder=OuterRef("pk"))),
        ~Exists(Folder.across_tenants.filter(parent=OuterRef("pk"))),
        **due,
    )
    for tenant_id, ids in _by_tenant(empty.values_list("tenant_id", "pk")[:PURGED_AT_ONCE]):
        with in_tenant(tenant_id):
            _remove_folders(ids)


@transaction.atomic
def _remove_folders(ids: Sequence[UUID]) -> None:
    lock_usage()
    # Again: one may have been restored meanwhile, or something put into it.
    rows = Folder.objects.filter(
        ~Exists(File.objects.filter(folder=OuterRef("pk"))),
        ~Exists(Folder.objects.filter(parent=OuterRef("pk"))),
        pk__in=ids,
        trashed_at__isnull=False,
    )
    found = list(rows)
    Folder.objects.filter(pk__in=[one.pk for one in found]).delete()
    publish_all([FolderDeleted(folder_id=str(one.pk), name=one.name) for one in found])


def _by_tenant(rows: Iterable[tuple[UUID, UUID]]) -> list[tuple[UUID, list[UUID]]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for tenant_id, pk in rows:
        found[tenant_id].append(pk)
    return list(found.items())


def _trashable(one: File | DomainError) -> File | DomainError:
    if isinstance(one, DomainError):
        return one
    if one.trashed_at is not None:
        return ConflictError(f"file {one.pk} is in the trash already")
    if one.state == FileState.RECEIVING:
        return ConflictError(f"file {one.pk} is still on its way")
    try:
        check_free(one)
    except DomainError as error:
        return error
    return one


def _restorable(one: File | DomainError) -> File | DomainError:
    if isinstance(one, File) and one.trashed_at is None:
        return ConflictError(f"file {one.pk} is not in the trash")
    return one
