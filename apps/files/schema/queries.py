"""What may be asked of files."""

from collections.abc import Mapping
from typing import Any

import graphene

from apps.files.models import Folder
from apps.files.schema.allowed import AllowedTypesQueries
from apps.files.schema.inputs import (
    FileFilter,
    FileOrder,
    FileVersionFilter,
    FolderFilter,
    FolderOrder,
)
from apps.files.schema.links import Links
from apps.files.schema.types import FileType, FileVersionOrder, FileVersionType, FolderType
from apps.files.schema.uploads import Uploads
from apps.files.selectors import FOLDER_LOOKUPS, LOOKUPS
from apps.files.selectors.library import (
    folder_at,
    narrowed_files,
    narrowed_folders,
    narrowed_versions,
)
from kernel.federation.access import scope
from kernel.federation.fields import Many, One, Wanted


class NotTrashed(Many):
    """A list of what is not in the trash, unless the filter asks for the trash."""

    def wanted(
        self,
        *,
        filter: Mapping[str, Any] | None = None,
        order: Any = None,
        **window: Any,
    ) -> Wanted:
        given = dict(filter or {})
        given["trashed"] = bool(given.get("trashed"))
        return super().wanted(filter=given, order=order, **window)


class Query(Links, Uploads, AllowedTypesQueries, graphene.ObjectType):
    """Reads of files."""

    file = One(FileType)
    files = NotTrashed(
        FileType,
        filter=FileFilter,
        lookups=LOOKUPS,
        where=narrowed_files,
        order=FileOrder,
    )
    folder = One(FolderType)
    folders = NotTrashed(
        FolderType,
        filter=FolderFilter,
        lookups=FOLDER_LOOKUPS,
        where=narrowed_folders,
        order=FolderOrder,
    )
    folder_by_path = graphene.Field(
        FolderType,
        path=graphene.String(required=True, description="Such as `/plans/2026`."),
        description="The folder at a path; NOT_FOUND when there is none.",
    )
    file_version = One(FileVersionType)
    file_versions = Many(
        FileVersionType,
        filter=FileVersionFilter,
        where=narrowed_versions,
        order=FileVersionOrder,
    )

    @staticmethod
    @scope("files:read")
    def resolve_folder_by_path(_root: Any, _info: Any, path: str) -> Folder:
        return folder_at(path)
