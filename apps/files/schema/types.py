"""Files, folders and versions as the graph shows them."""

from typing import Any

import graphene
from django.db.models import QuerySet
from graphql import GraphQLResolveInfo

from apps.files.domain.sniffing import types_match
from apps.files.domain.tickets import SignedUrlPurpose
from apps.files.domain.verdicts import basic_only
from apps.files.models import File, FileState, FileVersion, Folder
from apps.files.schema.derivatives import Derived
from apps.files.selectors.addresses import signed_url
from apps.files.selectors.library import (
    folders_of,
    parents_of,
    paths_of,
    tags_of,
)
from kernel.federation.batches import Batched
from kernel.federation.directives import key
from kernel.federation.entities import Entity

SignedUrlPurposeEnum = graphene.Enum.from_enum(SignedUrlPurpose)
FileStateEnum = graphene.Enum.from_enum(FileState)


@key("id")
class FolderType(Entity):
    """A place for files and other folders."""

    class Meta:
        model = Folder
        name = "Folder"
        fields = ("id", "name", "encrypted", "created_at", "trashed_at")

    parent = Batched(lambda: FolderType, load=parents_of, description="Null at the root.")
    path = Batched(
        graphene.String,
        load=paths_of,
        description="The names of all folders it is in and its own, such as `/plans/2026`.",
    )


class FileContent(graphene.ObjectType):
    """The bytes of a version, and what was found of them."""

    size_bytes = graphene.BigInt(required=True)
    sha256 = graphene.String(required=True, description="Empty until they were read.")
    state = FileStateEnum(required=True)
    detected_type = graphene.String(required=True)
    scanner = graphene.String(required=True)
    finding = graphene.String(required=True)


class FileVersionOrder(graphene.Enum):
    """In which order versions are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


@key("id")
class FileVersionType(Entity):
    """What a file had for bytes from some moment on. It never changes."""

    class Meta:
        model = FileVersion
        name = "FileVersion"
        fields = (
            "id",
            "number",
            "content_type",
            "note",
            "author_type",
            "author_id",
            "author_name",
            "created_at",
        )

    file_id = graphene.ID(required=True)
    content = graphene.Field(FileContent, required=True)

    @classmethod
    def rows(cls) -> QuerySet[Any]:
        # With the blob: the versions of one file are no peers of those of another.
        return super().rows().select_related("blob")

    @staticmethod
    def resolve_content(row: FileVersion, _info: Any) -> Any:
        return row.blob


class FileMetadata(graphene.ObjectType):
    """One thing that the owner of a file says of it."""

    key = graphene.String(required=True)
    value = graphene.String(required=True)


@key("id")
class FileType(Derived, Entity):
    """A file that somebody uploaded, whatever becomes of its bytes."""

    class Meta:
        model = File
        name = "File"
        fields = (
            "id",
            "name",
            "content_type",
            "detected_type",
            "size_bytes",
            "sha256",
            "scanner",
            "finding",
            "version",
            "trashed_at",
            "retained_until",
            "held",
            "hold_reason",
            "scanned_at",
            "rescan_since",
            "release_reason",
            "encrypted",
            "reader_scope",
            "created_at",
        )

    state = FileStateEnum(required=True)
    folder = Batched(FolderType, load=folders_of, description="Null at the root.")
    tags = Batched(graphene.List(graphene.NonNull(graphene.String)), load=tags_of)
    metadata = graphene.List(graphene.NonNull(FileMetadata), required=True)

    @staticmethod
    def resolve_metadata(row: File, _info: Any) -> list[dict[str, str]]:
        return [{"key": name, "value": value} for name, value in sorted(row.metadata.items())]

    basic_check_only = graphene.Boolean(
        required=True,
        description="Its verdict is one without a virus scanner: it was looked at for the test"
        " signature and for archives that break limits, and nothing else.",
    )
    type_matches = graphene.Boolean(
        description="Whether its bytes are what its sender says; null until somebody has looked."
    )

    @staticmethod
    def resolve_basic_check_only(file: File, _info: GraphQLResolveInfo) -> bool:
        return basic_only(file.scanner)

    @staticmethod
    def resolve_type_matches(file: File, _info: GraphQLResolveInfo) -> bool | None:
        return types_match(file.content_type, file.detected_type) if file.detected_type else None

    signed_url = graphene.String(
        purpose=SignedUrlPurposeEnum(default_value=SignedUrlPurpose.DOWNLOAD),
        seconds=graphene.Int(default_value=900, description="From 1 to 604,800, a week."),
        version=graphene.Int(description="The one that it has now if none is named."),
        description="Where whoever has it fetches this version for so long; null while the file is"
        " not clean. It is asked then again whether it is: an address opens nothing else.",
    )

    @staticmethod
    def resolve_signed_url(
        file: File,
        _info: Any,
        purpose: SignedUrlPurpose | None,
        seconds: int | None,
        version: int | None = None,
    ) -> str | None:
        return signed_url(file, purpose=purpose, seconds=seconds, version=version)
