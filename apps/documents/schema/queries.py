"""What may be asked of documents."""

import graphene

from apps.documents.schema.types import DocumentType
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of documents."""

    document = One(DocumentType)
    documents = Many(DocumentType, description="The newest first.")
