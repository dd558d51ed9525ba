"""What may be changed about documents."""

import graphene

from apps.documents.schema.inputs import (
    CreateDocumentInput,
    DeleteDocumentInput,
    DeleteDocumentsInput,
    UpdateDocumentInput,
)
from apps.documents.schema.types import DocumentType
from apps.documents.services import (
    create_document,
    delete_document,
    delete_documents,
    update_document,
)
from kernel.federation.mutations import BulkDelete, Create, Delete, Update


class Mutation(graphene.ObjectType):
    """Changes of documents."""

    create_document = Create(
        DocumentType,
        input=CreateDocumentInput,
        by=create_document,
        description="Queue a document.",
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
