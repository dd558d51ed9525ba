"""Which files go into one zip, and under which paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.files.conf import ZIP_BYTES, ZIP_FILES
from apps.files.domain.zips import Paths, safe_name
from apps.files.models import SERVED, File, Folder
from kernel.errors import LimitExceededError, NotFoundError
from kernel.ids import parse_id

#: What an address may name.
MOST_IDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file that is asked for, as it was then."""

    id: UUID
    version: int
    path: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Files that are asked for together."""

    name: str
    files: Sequence[Wanted]
    #: Those that the files have, and any more that are added.
    paths: Paths


def batch_of_ids(text: str) -> Batch:
    """Return the files of ids with commas between them, by their paths from the root on.

    Raises InvalidInputError, LimitExceededError, NotFoundError.
    """
    ids = {parse_id(one) for one in text.split(",")[: MOST_IDS + 1]}
    if len(ids) > MOST_IDS:
        raise LimitExceededError(f"at most {MOST_IDS} ids at a time; more go by their folder")
    files = _files(File.visible().filter(pk__in=ids))
    if missing := ids - {file.pk for file in files}:
        raise NotFoundError(f"no file {min(missing)}")
    within = {file.folder_id for file in files if file.folder_id}
    folders = {str(one.pk): one for one in Folder.objects.filter(pk__in=within)}
    above = {one for folder in folders.values() for one in folder.above} - folders.keys()
    return _batch("files", files, [*folders.values(), *Folder.objects.filter(pk__in=above)])


def batch_of_folder(folder_id: str) -> Batch:
    """Return all files below a folder, by their paths from it on; raises as that does."""
    folder = Folder.visible().filter(pk=parse_id(folder_id), trashed_at=None).first()
    if folder is None:
        raise NotFoundError(f"no folder {folder_id}")
    most = ZIP_FILES.value()
    inside = Folder.visible().filter(lineage__startswith=folder.below, trashed_at=None)
    folders = [folder, *inside[:most]]
    if len(folders) > most:
        raise LimitExceededError(f"at most {most} folders go into one zip")
    return _batch(folder.name, _files(File.visible().filter(folder__in=folders)), folders)


def _files(rows: QuerySet[File]) -> list[File]:
    most = ZIP_FILES.value()
    columns = ("name", "folder_id", "size_bytes", "version", "state", "created_at")
    rows = rows.filter(trashed_at=None).only(*columns).order_by("name", "pk")
    files = list(rows[: most + 1])
    if len(files) > most:
        raise LimitExceededError(f"at most {most} files go into one zip")
    size, largest = (
        sum(file.size_bytes for file in files if file.state in SERVED),
        ZIP_BYTES.value(),
    )
    if size > largest:
        raise LimitExceededError(f"at most {largest} bytes go into one zip, these have {size}")
    return files


def _batch(name: str, files: list[File], folders: list[Folder]) -> Batch:
    paths = Paths()
    places: dict[str, str] = {}
    # Those above first.
    for folder in sorted(folders, key=lambda one: (len(one.above), one.name, one.pk)):
        above = places.get(folder.above[-1], "") if folder.above else ""
        places[str(folder.pk)] = f"{paths.added(above, folder.name)}/"
    wanted = [
        Wanted(
            id=file.pk,
            version=file.version,
            path=paths.added(places.get(str(file.folder_id), ""), file.name),
            created_at=file.created_at,
        )
        for file in files
    ]
    if not wanted:
        raise NotFoundError("there is no file to put into a zip")
    return Batch(name=safe_name(name), files=wanted, paths=paths)
