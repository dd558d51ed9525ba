"""What callers send about files."""

import graphene

from apps.files.schema.types import FileStateEnum
from kernel.federation.mutations import ById, ByIds


class FileFilter(graphene.InputObjectType):
    """Which files; every part that is given has to fit."""

    name = graphene.String()
    content_type = graphene.String(description="Such as `text/csv`.")
    state = FileStateEnum()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class FileOrder(graphene.Enum):
    """In which order files are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    NAME = ("name", "id")


class UpdateFileInput(ById):
    """What becomes of a file; what is not sent stays."""

    name = graphene.String(description="A name, not a path.")


class DeleteFileInput(ById):
    """The file to remove."""


class DeleteFilesInput(ByIds):
    """The files to remove."""
