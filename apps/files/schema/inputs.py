"""What callers send about files."""

import graphene

from apps.files.schema.types import FileStateEnum
from kernel.federation.mutations import ById, ByIds, ChangeInput


class FileFilter(graphene.InputObjectType):
    """Which files; every part that is given has to fit."""

    name = graphene.String()
    name_contains = graphene.String(description="At most 255 characters, capital or not.")
    content_type = graphene.String(description="Such as `text/csv`, or all of a kind: `image/*`.")
    state = FileStateEnum()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()
    folder_id = graphene.ID(description="In this folder itself, not in those in it.")
    at_root = graphene.Boolean(description="True: in no folder.")
    tag = graphene.String()
    text = graphene.String(
        description="With all of these words in their name, or in their text if they are given out."
        " Three characters and more stand for words that begin with them. At most 200 characters."
    )
    trashed = graphene.Boolean(description="True: those in the trash, and no others.")


class FileVersionFilter(graphene.InputObjectType):
    """Which versions; every part that is given has to fit."""

    file_ids = graphene.List(graphene.NonNull(graphene.ID), description="At most 100.")


class FileOrder(graphene.Enum):
    """In which order files are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    NAME = ("name", "id")


class FolderFilter(graphene.InputObjectType):
    """Which folders; every part that is given has to fit."""

    name = graphene.String()
    parent_id = graphene.ID(description="In this folder itself, not in those in it.")
    at_root = graphene.Boolean(description="True: in no folder.")
    trashed = graphene.Boolean(description="True: those in the trash, and no others.")


class FolderOrder(graphene.Enum):
    """In which order folders are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    NAME = ("name", "id")


class UpdateFileInput(ById):
    """What becomes of a file; what is not sent stays."""

    name = graphene.String(description="A name, not a path.")


class RescanFileInput(ById):
    """The file to scan once more."""


class ReleaseFileInput(ById):
    """The file to give out all the same."""

    reason = graphene.String(required=True, description="At most 500 characters.")


class QuarantineFileInput(ById):
    """The file to give out no more until it was scanned again."""

    reason = graphene.String(required=True, description="At most 500 characters.")


class DeleteFileInput(ById):
    """The file to remove."""


class DeleteFilesInput(ByIds):
    """The files to remove."""


class TrashFilesInput(ByIds):
    """The files to put into the trash."""


class RestoreFilesInput(ByIds):
    """The files to take out of the trash."""


class MoveFilesInput(ByIds):
    """The files, and where they go."""

    folder_id = graphene.ID(description="To the root, if not sent.")


class CopyFileInput(ById):
    """The file, and where its copy is made."""

    folder_id = graphene.ID(description="At the root, if not sent.")
    name = graphene.String(description="That of the file, if not sent.")


class FileMetadataInput(graphene.InputObjectType):
    """One thing that is said of a file."""

    key = graphene.String(required=True, description="1 to 60 characters.")
    value = graphene.String(required=True, description="At most 1,000 characters.")


class LabelFileInput(ById):
    """What is said of a file, in place of what was; what is not sent stays."""

    tags = graphene.List(
        graphene.NonNull(graphene.String), description="At most 20, of at most 60 characters."
    )
    metadata = graphene.List(graphene.NonNull(FileMetadataInput), description="At most 50.")


class RestoreFileVersionInput(ById):
    """The file, and what it is to have again."""

    number = graphene.Int(required=True, description="Of a version.")


class HoldFileInput(ById):
    """The file to hold."""

    reason = graphene.String(required=True, description="1 to 500 characters.")


class LiftFileHoldInput(ById):
    """The file to hold no longer."""

    reason = graphene.String(required=True, description="1 to 500 characters.")


class RetainFileInput(ById):
    """The file to keep."""

    until = graphene.DateTime(required=True, description="Not before what was said already.")


class CreateFolderInput(ChangeInput):
    """What a folder is called, and where it is."""

    name = graphene.String(required=True, description="A name, not a path.")
    parent_id = graphene.ID(description="At the root, if not sent.")
    encrypted = graphene.Boolean(
        description="Whether what comes into it is encrypted at rest; as its parent, if not sent."
    )


class UpdateFolderInput(ById):
    """What becomes of a folder; what is not sent stays."""

    name = graphene.String(description="A name, not a path.")
    encrypted = graphene.Boolean(
        description="True: a job encrypts what is in it and in the folders in it, too. False: what"
        " comes from now on is not encrypted; what is there stays encrypted."
    )


class MoveFolderInput(ById):
    """The folder, and where it goes."""

    parent_id = graphene.ID(description="To the root, if not sent.")


class CopyFolderInput(ById):
    """The folder, and where its copy is made."""

    parent_id = graphene.ID(description="At the root, if not sent.")
    name = graphene.String(description="That of the folder, if not sent.")


class TrashFolderInput(ById):
    """The folder to put into the trash."""


class RestoreFolderInput(ById):
    """The folder to take out of the trash."""


class DeleteFolderInput(ById):
    """The folder to remove."""
