"""What may be asked of documents."""

import graphene

from apps.documents.schema.inputs import DocumentFilter, DocumentOrder
from apps.documents.schema.types import DocumentType
from apps.documents.selectors import Filter, matching
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of documents."""

    document = One(DocumentType)
    documents = Many(
        DocumentType,
        filter=DocumentFilter,
        where=lambda documents, wanted: matching(documents, Filter(**wanted)),
        order=DocumentOrder,
    )
