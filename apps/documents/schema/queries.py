"""What may be asked of documents."""

from typing import Any

import graphene

from apps.documents.schema.types import DocumentConnection, DocumentType
from apps.documents.selectors import all_documents, by_id
from kernel.federation.access import scope
from kernel.federation.pages import Page, Window, page_arguments


class Query(graphene.ObjectType):
    """Reads of documents."""

    document = graphene.Field(DocumentType, id=graphene.ID(required=True))
    documents = graphene.Field(
        DocumentConnection, required=True, description="The newest first.", **page_arguments()
    )

    @staticmethod
    @scope("documents:read")
    def resolve_document(_root: Any, _info: Any, id: str) -> Any:
        return by_id(id)

    @staticmethod
    @scope("documents:read")
    def resolve_documents(_root: Any, _info: Any, **window: Any) -> Page:
        return Page(all_documents(), Window.of(**window), ("-id",))
