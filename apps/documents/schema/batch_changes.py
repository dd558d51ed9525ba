"""What may be changed about batches."""

import graphene

from apps.documents.schema.formats import DocumentFormatEnum
from apps.documents.schema.inputs import (
    IMPORT,
    PROTECT,
    SIGN_WITH,
    DocumentProtectionInput,
    DocumentQueryInput,
)
from apps.documents.schema.types import BatchPackingEnum, DocumentBatchType
from apps.documents.services.batches import (
    cancel_batch,
    create_batch,
    delete_batch,
    resume_batch,
)
from kernel.federation.mutations import ById, ChangeInput, Create, Delete, Update
from kernel.federation.scalars import JSON


class CreateDocumentBatchInput(ChangeInput):
    """Of which template documents are made, as what, and of which items: one source of them."""

    template = graphene.String(required=True, description="Its name or its id.")
    version = graphene.Int(description="The published one if none is named.")
    format = DocumentFormatEnum(required=True)
    packing = BatchPackingEnum(description="A zip if nothing is said.")
    title = graphene.String(description="The template's if there is none.")
    locale = graphene.String(description="Such as de_DE; the template's if there is none.")
    data = JSON(description="A list of objects, a document each.")
    data_file = graphene.ID(
        description="A file with items: lines of JSON (.jsonl), CSV with a first line of names, or"
        " a list of JSON. It is read as the caller may read it then."
    )
    query = DocumentQueryInput()
    import_job = graphene.ID(description=f"{IMPORT} A document of each.")
    sign_with = graphene.String(
        description=f"{SIGN_WITH} Of a zip each document is signed, else the merged one."
    )
    protect = DocumentProtectionInput(
        description=f"{PROTECT} Of a zip each document takes the password, else the merged one."
    )


class CancelDocumentBatchInput(ById):
    """The batch to stop."""


class ResumeDocumentBatchInput(ById):
    """The batch to go on with."""


class DeleteDocumentBatchInput(ById):
    """The batch to remove."""


class BatchChanges:
    """Changes of batches."""

    create_document_batch = Create(
        DocumentBatchType,
        input=CreateDocumentBatchInput,
        by=create_batch,
        description="Have a document made of each of many items, and one file of them.",
    )
    cancel_document_batch = Update(
        DocumentBatchType,
        input=CancelDocumentBatchInput,
        by=cancel_batch,
        description="Stop a batch; what was made is kept, so that it may go on.",
    )
    resume_document_batch = Update(
        DocumentBatchType,
        input=ResumeDocumentBatchInput,
        by=resume_batch,
        description="Go on with a batch that was stopped, or try its failed items again.",
    )
    delete_document_batch = Delete(
        DocumentBatchType,
        input=DeleteDocumentBatchInput,
        by=delete_batch,
        description="Remove a batch with its items; the file it was made as stays.",
    )
