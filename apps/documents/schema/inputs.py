"""What callers send about documents."""

import graphene

from apps.documents.schema.types import DocumentFormatEnum, DocumentStateEnum
from kernel.federation.mutations import ById, ByIds, ChangeInput


class DocumentFilter(graphene.InputObjectType):
    """Which documents; every part that is given has to fit."""

    title = graphene.String()
    format = DocumentFormatEnum()
    state = DocumentStateEnum()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class DocumentOrder(graphene.Enum):
    """In which order documents are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    TITLE = ("title", "id")


class CreateDocumentInput(ChangeInput):
    """A document to be made."""

    title = graphene.String(required=True)
    format = DocumentFormatEnum(required=True)


class UpdateDocumentInput(ById):
    """What becomes of a document; what is not sent stays."""

    title = graphene.String()


class DeleteDocumentInput(ById):
    """The document to remove."""


class DeleteDocumentsInput(ByIds):
    """The documents to remove."""
