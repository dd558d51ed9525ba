"""The document as the graph shows it."""

import graphene

from apps.documents.models import Document, DocumentFormat, DocumentState
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.pages import connection

DocumentFormatEnum = graphene.Enum.from_enum(DocumentFormat)
DocumentStateEnum = graphene.Enum.from_enum(DocumentState)


@key("id")
class DocumentType(Entity):
    """A document made, or to be made, from a template and data."""

    class Meta:
        model = Document
        name = "Document"
        fields = ("id", "title", "created_at")

    scope = "documents:read"

    format = DocumentFormatEnum(required=True)
    state = DocumentStateEnum(required=True)


DocumentConnection = connection(DocumentType)
