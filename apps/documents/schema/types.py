"""The document as the graph shows it."""

import graphene

from apps.documents.models import Document, DocumentFormat, DocumentState
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.references import Reference

DocumentFormatEnum = graphene.Enum.from_enum(DocumentFormat)
DocumentStateEnum = graphene.Enum.from_enum(DocumentState)


@key("id")
class DocumentType(Entity):
    """A document made, or to be made, from a template and data."""

    class Meta:
        model = Document
        name = "Document"
        fields = ("id", "title", "created_at")

    format = DocumentFormatEnum(required=True)
    output = Reference("File", column="output_id", description="The file it was made as.")
    state = DocumentStateEnum(required=True)
