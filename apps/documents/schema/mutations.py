"""What may be changed about documents."""

import graphene

from apps.documents.schema.batch_changes import BatchChanges
from apps.documents.schema.file_changes import FileChanges
from apps.documents.schema.inputs import (
    CancelDocumentInput,
    CreateDocumentInput,
    DeleteDocumentInput,
    DeleteDocumentsInput,
    RetryDocumentInput,
    UpdateDocumentInput,
)
from apps.documents.schema.signing_changes import SigningChanges
from apps.documents.schema.template_changes import LookChanges, TemplateChanges
from apps.documents.schema.types import DocumentType
from apps.documents.services.documents import (
    cancel_document,
    create_document,
    delete_document,
    delete_documents,
    retry_document,
    update_document,
)
from kernel.federation.mutations import BulkDelete, Create, Delete, Update


class Mutation(
    BatchChanges, FileChanges, SigningChanges, TemplateChanges, LookChanges, graphene.ObjectType
):
    """Changes of documents and their templates."""

    create_document = Create(
        DocumentType,
        input=CreateDocumentInput,
        by=create_document,
        description="Have a document made by a job.",
    )
    cancel_document = Update(
        DocumentType,
        input=CancelDocumentInput,
        by=cancel_document,
        description="Take a document back that is not made yet.",
    )
    retry_document = Update(
        DocumentType,
        input=RetryDocumentInput,
        by=retry_document,
        description="Make a document once more that failed, or was taken back.",
    )
    update_document = Update(
        DocumentType,
        input=UpdateDocumentInput,
        by=update_document,
        description="Give a document another title.",
    )
    delete_document = Delete(
        DocumentType,
        input=DeleteDocumentInput,
        by=delete_document,
        description="Remove a document; the file it was made as stays.",
    )
    delete_documents = BulkDelete(
        DocumentType,
        input=DeleteDocumentsInput,
        by=delete_documents,
        description="Remove many documents; one that is not there does not keep the others.",
    )
