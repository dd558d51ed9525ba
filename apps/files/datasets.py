"""Files as rows: all that is known of them, and what their owners say of them to be changed.

Their bytes are not imported here, so no file is made or removed.
"""

from collections.abc import Sequence

from django.db.models import QuerySet

from apps.files.models import File, FileState
from apps.files.selectors.library import paths_of, tags_of
from apps.files.services.files import update_file
from apps.files.services.labels import label_file
from contracts.datasets import Dataset, Field, Kind, Mode, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import Change, register
from kernel.datasets.writing import one_by_one
from kernel.errors import InvalidInputError

FILES = Dataset(
    name="files.files",
    title="Files",
    description="Files that are not in the trash, by their ids: names may be those of several.",
    key=("id",),
    modes=frozenset({Mode.UPDATE}),
    read_scope="files:read",
    write_scope="files:write",
    filters=("state", "content_type", "name"),
    cursor="created_at",
    most_rows=100,
    fields=(
        Field(name="id", kind=Kind.UUID, required=True),
        Field(name="name", title="Name", max_length=255),
        Field(name="tags", title="Tags", description="A list of words.", kind=Kind.JSON),
        Field(
            name="metadata",
            title="Metadata",
            description="An object of texts.",
            kind=Kind.JSON,
        ),
        Field(name="folder", title="Folder", description="Its path.", read_only=True),
        Field(name="content_type", title="Type", read_only=True),
        Field(name="size_bytes", title="Size in bytes", kind=Kind.INTEGER, read_only=True),
        Field(name="sha256", title="SHA-256", read_only=True),
        Field(name="state", title="State", choices=tuple(FileState.values), read_only=True),
        Field(name="version", title="Version", kind=Kind.INTEGER, read_only=True),
        Field(name="retained_until", title="Kept until", kind=Kind.DATETIME, read_only=True),
        Field(name="held", title="Held", kind=Kind.BOOLEAN, read_only=True),
        Field(name="created_at", title="Created", kind=Kind.DATETIME, read_only=True),
    ),
)


def _there() -> QuerySet[File]:
    return File.visible().filter(trashed=False)


def _tell(files: Sequence[File]) -> list[Row]:
    tags = tags_of([str(one.pk) for one in files])
    folders = paths_of(list({str(one.folder_id) for one in files if one.folder_id}))
    return [
        {
            "id": str(one.pk),
            "name": one.name,
            "tags": tags[str(one.pk)],
            "metadata": one.metadata,
            "folder": folders.get(str(one.folder_id), "/"),
            "content_type": one.content_type,
            "size_bytes": one.size_bytes,
            "sha256": one.sha256,
            "state": one.state,
            "version": one.version,
            "retained_until": one.retained_until.isoformat() if one.retained_until else None,
            "held": one.held,
            "created_at": one.created_at.isoformat(),
        }
        for one in files
    ]


def _write(change: Change) -> None:
    file_id, changed = change.row["id"], change.changed
    if "name" in changed:
        update_file(id=file_id, name=changed["name"])
    tags, metadata = changed.get("tags"), changed.get("metadata")
    if tags is not None and not _are_texts(tags):
        raise InvalidInputError("tags are a list of texts")
    if metadata is not None and not (
        isinstance(metadata, dict) and _are_texts([*metadata.values()])
    ):
        raise InvalidInputError("metadata is an object of texts")
    if tags is not None or metadata is not None:
        pairs = [{"key": key, "value": value} for key, value in (metadata or {}).items()]
        label_file(id=file_id, tags=tags, metadata=None if metadata is None else pairs)


def _are_texts(given: object) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) for one in given)


rows = Rows(of=_there, tell=_tell, order=("created_at", "id"), key="id", grows="created_at")
register(FILES, read=rows.read, find=rows.find, write=one_by_one(_write))
