"""Folders: made, renamed, moved, copied, put into the trash, brought back, removed.

What changes the tree begins with the tenant's lock: two moves at once cannot make a circle.
"""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet, Value
from django.db.models.functions import Concat, Length, Substr

from apps.files.models import File, Folder
from apps.files.services.encrypting import encrypt_files, encrypt_folder
from apps.files.services.files import check_name_told, remove_files
from apps.files.services.holding import check_free
from apps.files.services.locking import is_kept
from apps.files.services.quotas import lock_usage
from contracts.files import (
    FileMoved,
    FolderCreated,
    FolderDeleted,
    FolderEncryptionChanged,
    FolderMoved,
    FolderRenamed,
    FolderRestored,
    FolderTrashed,
)
from kernel import clock
from kernel.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    LimitExceededError,
    NotFoundError,
)
from kernel.events.publishing import publish, publish_all
from kernel.rows import all_locked, change, check, locked

MOST_DEPTH = 32
#: Files and folders that one call removes or copies.
MOST_INSIDE = 1_000
#: What an id takes of a lineage.
_STEP = 37
_OUT: dict[str, Any] = {"trashed": False, "trashed_at": None, "trashed_with": None}


@transaction.atomic
def create_folder(
    *, name: str, parent_id: str | None = None, encrypted: bool | None = None
) -> Folder:
    """Make one, encrypted if the one that it is in is so, unless it is told.

    Raises ConflictError when its name is taken there, LimitExceededError too deep.
    """
    check_name_told(name)
    lock_usage()
    parent = place(parent_id)
    if encrypted is None:
        encrypted = parent is not None and parent.encrypted
    folder = Folder(
        name=name, parent=parent, lineage=parent.below if parent else "", encrypted=encrypted
    )
    check(folder)
    _check_depth(len(folder.above) + 1)
    _saved(folder)
    publish(FolderCreated(folder_id=str(folder.pk), name=name, parent_id=parent_id or ""))
    return folder


@transaction.atomic
def update_folder(*, id: str, name: str | None = None, encrypted: bool | None = None) -> Folder:
    """Rename a folder, or let what is in it be encrypted; what is not told stays.

    Encrypted, all folders in it are so too, and a job encrypts what they have. No longer so, what
    comes into it is plain, and what is there stays encrypted.
    """
    check_name_told(name)
    lock_usage()
    folder = there(id)
    previous = folder.name
    if name is not None and name != previous:
        _saved(folder, name=name)
        publish(FolderRenamed(folder_id=str(folder.pk), name=name, previous_name=previous))
    if encrypted is not None and encrypted != folder.encrypted:
        change(folder, encrypted=encrypted)
        if encrypted:
            encrypt_folder(folder)
        publish(
            FolderEncryptionChanged(folder_id=str(folder.pk), name=folder.name, encrypted=encrypted)
        )
    return folder


@transaction.atomic
def move_folder(*, id: str, parent_id: str | None = None) -> Folder:
    """Put a folder with all in it into another, or to the root."""
    lock_usage()
    folder, parent = there(id), place(parent_id)
    check_no_circle(folder, parent)
    before, below = folder.below, parent.below if parent else ""
    inside = Folder.objects.filter(lineage__startswith=before)
    deepest = inside.aggregate(most=Max(Length("lineage")))["most"] or len(before) - _STEP
    _check_depth((deepest - len(folder.lineage) + len(below)) // _STEP + 1)
    previous = str(folder.parent_id or "")
    _saved(folder, parent=parent, lineage=below)
    moved = Concat(Value(folder.below), Substr("lineage", len(before) + 1))
    inside.update(lineage=moved)
    _as_its_parent(folder)
    publish(
        FolderMoved(
            folder_id=str(folder.pk),
            name=folder.name,
            parent_id=parent_id or "",
            previous_parent_id=previous,
        )
    )
    return folder


@transaction.atomic
def move_files(*, ids: Sequence[str], folder_id: str | None = None) -> list[File | DomainError]:
    """Put files into a folder, or to the root; one that is not there does not keep the others."""
    lock_usage()
    folder = place(folder_id)
    outcomes = [_not_trashed(one) for one in all_locked(File, ids)]
    rows = [one for one in outcomes if isinstance(one, File)]
    moved = [one for one in rows if one.folder_id != (folder.pk if folder else None)]
    for file in moved:
        file.folder = folder
    File.objects.filter(pk__in=[file.pk for file in moved]).update(folder=folder)
    if folder is not None and folder.encrypted:
        encrypt_files([file.pk for file in moved])
    publish_all(
        [
            FileMoved(file_id=str(file.pk), name=file.name, folder_id=folder_id or "")
            for file in moved
        ]
    )
    return outcomes


@transaction.atomic
def trash_folder(*, id: str) -> Folder:
    """Put a folder with all in it into the trash; raises FileHeldError."""
    lock_usage()
    folder = there(id)
    now = clock.now()
    files = all_inside(folder).filter(trashed_at=None)
    kept = files.filter(is_kept()).first()
    if kept is not None:
        check_free(kept)
    told = {"trashed": True, "trashed_at": now, "trashed_with": folder.pk}
    number = files.update(**told)
    Folder.objects.filter(lineage__startswith=folder.below, trashed_at=None).update(**told)
    change(folder, **told)
    publish(FolderTrashed(folder_id=str(folder.pk), name=folder.name, files=number))
    return folder


@transaction.atomic
def restore_folder(*, id: str) -> Folder:
    """Take a folder out of the trash with all that came there with it.

    It comes to the root if the one that it was in is not there; raises ConflictError when its name
    is taken.
    """
    lock_usage()
    folder = locked(Folder, id)
    if folder.trashed_at is None or folder.trashed_with != folder.pk:
        raise ConflictError(f"folder {id} was not put into the trash by itself")
    with_it = {"trashed_with": folder.pk}
    File.objects.filter(**with_it).update(**_OUT)
    Folder.objects.filter(**with_it).exclude(pk=folder.pk).update(**_OUT)
    parent = Folder.objects.filter(folders=folder, trashed_at=None).first()
    before = folder.below
    _saved(
        folder,
        **_OUT,
        parent=parent,
        lineage=parent.below if parent else "",
    )
    moved = Concat(Value(folder.below), Substr("lineage", len(before) + 1))
    Folder.objects.filter(lineage__startswith=before).update(lineage=moved)
    _as_its_parent(folder)
    publish(FolderRestored(folder_id=str(folder.pk), name=folder.name))
    return folder


@transaction.atomic
def delete_folder(*, id: str) -> Folder:
    """Remove a folder with all in it, for ever; raises FileHeldError, LimitExceededError."""
    lock_usage()
    folder = locked(Folder, id)
    files = list(all_inside(folder).select_for_update().order_by("pk")[: MOST_INSIDE + 1])
    folders = list(Folder.objects.filter(lineage__startswith=folder.below)[: MOST_INSIDE + 1])
    check_inside(files, folders)
    for file in files:
        check_free(file)
    remove_files(files)
    Folder.objects.filter(pk__in=[one.pk for one in (folder, *folders)]).delete()
    publish_all([FolderDeleted(folder_id=str(one.pk), name=one.name) for one in (*folders, folder)])
    return folder


def place(folder_id: str | None) -> Folder | None:
    """Return the folder of an id, locked, which is not in the trash; None stands for the root."""
    return None if folder_id is None else there(folder_id)


def seen_inside(folder: Folder) -> QuerySet[File]:
    """Return the files in a folder, and in those in it, that whoever is acting may see."""
    inside = Q(folder=folder) | Q(folder__lineage__startswith=folder.below)
    return File.visible().filter(pk__in=File.objects.filter(inside).values("pk"))


def all_inside(folder: Folder) -> QuerySet[File]:
    """Return the same; raises ForbiddenError when there are others that are not to be seen."""
    inside = Q(folder=folder) | Q(folder__lineage__startswith=folder.below)
    seen = seen_inside(folder)
    if File.objects.filter(inside).exclude(pk__in=seen.values("pk")).exists():
        raise ForbiddenError(f"folder {folder.pk} holds files that take a scope of their own")
    return seen


def check_inside(files: Sequence[File], folders: Sequence[Folder]) -> None:
    """Raise LimitExceededError for more than one call takes."""
    if len(files) + len(folders) > MOST_INSIDE:
        raise LimitExceededError(f"a call takes a folder with at most {MOST_INSIDE} things in it")


def check_no_circle(folder: Folder, parent: Folder | None) -> None:
    """Raise ConflictError when the parent is the folder, or in it."""
    if parent is not None and str(folder.pk) in {str(parent.pk), *parent.above}:
        raise ConflictError("a folder cannot be in itself")


def there(folder_id: str) -> Folder:
    """Return the folder of an id, locked, which is not in the trash; raises NotFoundError."""
    folder = locked(Folder, folder_id)
    if folder.trashed_at is not None:
        raise NotFoundError(f"no folder {folder_id}")
    return folder


def _as_its_parent(folder: Folder) -> None:
    """Encrypt what came into a folder that is encrypted; out of one it stays what it was."""
    if folder.parent is not None and folder.parent.encrypted:
        folder.encrypted = True
        encrypt_folder(folder)


def _not_trashed(one: File | DomainError) -> File | DomainError:
    if isinstance(one, File) and one.trashed_at is not None:
        return NotFoundError(f"no file {one.pk}")
    return one


def _saved(folder: Folder, **columns: Any) -> None:
    try:
        with transaction.atomic():
            if columns:
                change(folder, **columns)
            else:
                folder.save()
    except IntegrityError:
        raise ConflictError(f"there is a folder {folder.name!r} already") from None


def _check_depth(depth: int) -> None:
    if depth > MOST_DEPTH:
        raise LimitExceededError(f"folders are in each other {MOST_DEPTH} deep, found {depth}")
