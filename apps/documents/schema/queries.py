"""What may be asked of documents."""

import graphene

from apps.documents.schema.inputs import DocumentFilter, DocumentOrder
from apps.documents.schema.types import DocumentType
from apps.documents.selectors import LOOKUPS
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of documents."""

    document = One(DocumentType)
    documents = Many(
        DocumentType,
        filter=DocumentFilter,
        lookups=LOOKUPS,
        order=DocumentOrder,
    )
