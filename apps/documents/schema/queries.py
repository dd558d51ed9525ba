"""What may be asked of documents."""

import graphene

from apps.documents.schema.forms import FormQueries
from apps.documents.schema.gallery import GalleryQueries
from apps.documents.schema.inputs import (
    DocumentBatchFilter,
    DocumentBatchItemFilter,
    DocumentBatchItemOrder,
    DocumentBatchOrder,
    DocumentFilter,
    DocumentOrder,
)
from apps.documents.schema.template_inputs import DocumentLookFilter, DocumentLookOrder
from apps.documents.schema.template_queries import TemplateReads
from apps.documents.schema.types import (
    BatchItemType,
    DocumentBatchType,
    DocumentType,
    SigningKeyType,
)
from apps.documents.selectors.documents import BATCH_LOOKUPS, LOOKUPS
from kernel.federation.fields import Many, One
from kernel.ids import parse_id


class Query(TemplateReads, GalleryQueries, FormQueries, graphene.ObjectType):
    """Reads of documents and their templates."""

    document = One(DocumentType)
    documents = Many(
        DocumentType,
        filter=DocumentFilter,
        lookups=LOOKUPS,
        order=DocumentOrder,
    )
    document_batch = One(DocumentBatchType)
    document_batches = Many(
        DocumentBatchType,
        filter=DocumentBatchFilter,
        lookups=BATCH_LOOKUPS,
        order=DocumentBatchOrder,
    )
    document_signing_key = One(SigningKeyType)
    document_signing_keys = Many(
        SigningKeyType, filter=DocumentLookFilter, lookups={"name": "name"}, order=DocumentLookOrder
    )
    document_batch_item = One(BatchItemType)
    document_batch_items = Many(
        BatchItemType,
        filter=DocumentBatchItemFilter,
        lookups={"state": "state"},
        where=lambda items, wanted: items.filter(batch=parse_id(wanted["batch_id"])),
        order=DocumentBatchItemOrder,
    )
