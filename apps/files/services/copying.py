"""Copies of files and folders: they share bytes with what they were made of, and take no room."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from apps.files.errors import NotServedError
from apps.files.models import SERVED, File, FileTag, FileVersion, Folder
from apps.files.services.blobs import SHOWN
from apps.files.services.encrypting import encrypt_files
from apps.files.services.files import announcement, check_name_told
from apps.files.services.folders import (
    MOST_DEPTH,
    MOST_INSIDE,
    check_inside,
    check_no_circle,
    create_folder,
    place,
    seen_inside,
    there,
)
from apps.files.services.quotas import lock_usage
from contracts.files import FolderCreated
from kernel.errors import LimitExceededError
from kernel.events.actors import current_actor
from kernel.events.publishing import publish_all
from kernel.rows import check, locked


@transaction.atomic
def copy_file(*, id: str, folder_id: str | None = None, name: str | None = None) -> File:
    """Make a file of the current version of a clean one; raises NotServedError for others."""
    check_name_told(name)
    lock_usage()
    locked(File, id)
    source = File.objects.select_related("blob").get(pk=id)
    if source.state not in SERVED or source.blob_id is None or source.trashed_at is not None:
        raise NotServedError(f"the file is {source.state}, and only clean ones are copied")
    folder = place(folder_id)
    (copy,) = _copied([source], {source.folder_id: folder}, name=name or source.name)
    return copy


@transaction.atomic
def copy_folder(*, id: str, parent_id: str | None = None, name: str | None = None) -> Folder:
    """Make a folder with copies of all clean files and all folders in one.

    Raises ConflictError, LimitExceededError.
    """
    lock_usage()
    source = there(id)
    check_no_circle(source, place(parent_id))
    inside = Folder.objects.filter(lineage__startswith=source.below, trashed_at=None)
    folders = list(inside.order_by("lineage")[: MOST_INSIDE + 1])
    clean = seen_inside(source).filter(state__in=SERVED, trashed_at=None)
    files = list(clean.select_related("blob")[: MOST_INSIDE + 1])
    check_inside(files, folders)
    top = create_folder(
        name=name or source.name, parent_id=parent_id, encrypted=source.encrypted or None
    )
    made: dict[UUID | None, Folder | None] = {source.pk: top}
    for old in folders:
        parent = made[old.parent_id]
        if parent is not None:
            made[old.pk] = Folder(
                name=old.name,
                parent=parent,
                lineage=parent.below,
                encrypted=old.encrypted or parent.encrypted,
            )
    copies = [one for one in made.values() if one is not None and one is not top]
    if any(len(one.above) >= MOST_DEPTH for one in copies):
        raise LimitExceededError("the copies would be in each other too deep")
    Folder.objects.bulk_create(copies)
    publish_all(
        [
            FolderCreated(folder_id=str(one.pk), name=one.name, parent_id=str(one.parent_id))
            for one in copies
        ]
    )
    _copied(files, made)
    return top


def _copied(
    sources: Iterable[File], into: dict[UUID | None, Folder | None], *, name: str = ""
) -> list[File]:
    """Make copies by a fixed number of statements, and tell of each."""
    actor = current_actor()
    made = {
        one.pk: File(
            name=name or one.name,
            content_type=one.content_type,
            folder=into[one.folder_id],
            blob=one.blob,
            version=1,
            metadata=one.metadata,
            reader_scope=one.reader_scope,
            **{shown: getattr(one, shown) for shown in SHOWN},
        )
        for one in sources
    }
    for copy in made.values():
        check(copy)
    File.objects.bulk_create(made.values())
    FileVersion.objects.bulk_create(
        FileVersion(
            file=copy,
            number=1,
            blob=copy.blob,
            content_type=copy.content_type,
            author_type=actor.type,
            author_id=actor.id,
            author_name=actor.name,
            note="a copy",
            reader_scope=copy.reader_scope,
        )
        for copy in made.values()
    )
    encrypt_files([one.pk for one in made.values() if one.folder and one.folder.encrypted])
    tags = FileTag.objects.filter(file__in=list(made))
    FileTag.objects.bulk_create(FileTag(file=made[tag.file_id], name=tag.name) for tag in tags)
    publish_all([announcement(copy) for copy in made.values()])
    return list(made.values())
