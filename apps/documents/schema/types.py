"""Documents and batches of them as the graph shows them."""

from typing import Any

import graphene

from apps.documents.models import (
    BatchItem,
    BatchPacking,
    BatchState,
    Document,
    DocumentBatch,
    DocumentState,
    ItemState,
    SigningKey,
)
from apps.documents.models.making import Made
from apps.documents.schema.formats import DocumentFormatEnum
from apps.documents.schema.templates import TemplateVersionType
from apps.documents.selectors.documents import (
    keys_of_batches,
    keys_of_documents,
    versions_of_batches,
    versions_of_documents,
)
from kernel.federation.batches import Batched, peers
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.references import Reference
from kernel.federation.scalars import JSON

DocumentStateEnum = graphene.Enum.from_enum(DocumentState)
BatchStateEnum = graphene.Enum.from_enum(
    BatchState, name="DocumentBatchState", description="Where a batch stands."
)
BatchPackingEnum = graphene.Enum.from_enum(
    BatchPacking,
    name="DocumentBatchPacking",
    description="As what the documents of a batch are had: a zip, or one PDF with all of them.",
)
ItemStateEnum = graphene.Enum.from_enum(
    ItemState, name="DocumentBatchItemState", description="Where an item of a batch stands."
)


class MakingError(graphene.ObjectType):
    """Why there is no document."""

    class Meta:
        name = "DocumentError"

    code = graphene.String(required=True, description="Stable, as in the table of errors.")
    message = graphene.String(required=True)
    place = graphene.String(
        required=True,
        description="A JSON pointer into the template or the data; empty where there is none.",
    )


def _error_of(row: Any) -> dict[str, str] | None:
    if not row.error_code:
        return None
    return {"code": row.error_code, "message": row.error_message, "place": row.error_place}


class _Source(graphene.ObjectType):
    """A question that data comes from."""

    class Meta:
        name = "DocumentQuery"

    service = graphene.String(required=True)
    query = graphene.String(required=True)
    variables = JSON(required=True)
    items = graphene.String(required=True)


class MadeFields:
    """What documents and batches have in common."""

    format = DocumentFormatEnum(required=True)
    size_bytes = graphene.Float(required=True, description="0 until it is made.")
    output = Reference("File", column="output_id", description="The file it was made as.")
    data_file = Reference("File", column="data_file_id", description="Where data comes from.")
    query = graphene.Field(_Source, description="Where data comes from.")
    import_job = Reference(
        "ImportJob", column="import_job_id", description="Whose rows are the data."
    )
    job_id = graphene.ID(description="`documentsJob` tells how far it is.")
    error = graphene.Field(MakingError, description="Why there is none; null unless it failed.")
    protected = graphene.Boolean(required=True, description="Whether it takes a password.")

    @staticmethod
    def resolve_protected(row: Made, _info: Any) -> bool:
        return row.protection is not None

    @staticmethod
    def resolve_query(row: Made, _info: Any) -> dict[str, Any] | None:
        return row.query or None

    @staticmethod
    def resolve_error(row: Made, _info: Any) -> dict[str, str] | None:
        return _error_of(row)


@key("id")
class SigningKeyType(Entity):
    """A key that documents are signed with, by what its certificate says."""

    class Meta:
        model = SigningKey
        name = "DocumentSigningKey"
        fields = (
            *("id", "name", "subject", "issuer", "fingerprint"),
            *("not_before", "not_after", "created_at"),
        )


class FileOperation(graphene.ObjectType):
    """What is done to PDFs that are files."""

    class Meta:
        name = "DocumentFileOperation"

    name = graphene.String(required=True, description="merge, split or fill.")
    files = graphene.List(graphene.NonNull(graphene.ID), required=True)
    first = graphene.Int(description="The first page of a part.")
    last = graphene.Int(description="Its last page.")
    flatten = graphene.Boolean(description="Whether the filled form has no fields any more.")


@key("id")
class DocumentType(MadeFields, Entity):
    """A document made, or to be made, from a template and data."""

    class Meta:
        model = Document
        name = "Document"
        fields = ("id", "title", "locale", "data", "pages", "sha256", "created_at", "finished_at")

    state = DocumentStateEnum(required=True)
    version = Batched(
        TemplateVersionType,
        load=peers(versions_of_documents),
        description="What it is made of, whatever becomes of the template.",
    )
    operation = graphene.Field(
        FileOperation, description="What it is made by, of PDFs that are files; else null."
    )
    signing_key = Batched(
        SigningKeyType, load=peers(keys_of_documents), description="With which it is signed."
    )

    @staticmethod
    def resolve_operation(row: Document, _info: Any) -> dict[str, Any] | None:
        return row.operation or None


@key("id")
class DocumentBatchType(MadeFields, Entity):
    """Many documents of one template, had as one file."""

    class Meta:
        model = DocumentBatch
        name = "DocumentBatch"
        fields = (
            "id",
            "title",
            "locale",
            "pages",
            "sha256",
            "total",
            "made",
            "failed",
            "created_at",
            "finished_at",
        )

    state = BatchStateEnum(required=True)
    packing = BatchPackingEnum(required=True)
    version = Batched(TemplateVersionType, load=peers(versions_of_batches))
    signing_key = Batched(SigningKeyType, load=peers(keys_of_batches))


@key("id")
class BatchItemType(Entity):
    """One document of a batch."""

    class Meta:
        model = BatchItem
        name = "DocumentBatchItem"
        fields = ("id", "position", "title", "data", "pages", "sha256")

    batch_id = graphene.ID(required=True)
    state = ItemStateEnum(required=True)
    size_bytes = graphene.Float(required=True)
    error = graphene.Field(MakingError, description="Why there is none; null unless it failed.")

    @staticmethod
    def resolve_error(row: BatchItem, _info: Any) -> dict[str, str] | None:
        return _error_of(row)
