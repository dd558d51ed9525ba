"""What is told of documents: each change once, with its transaction."""

import pytest

from apps.documents.models import DocumentFormat
from apps.documents.services.documents import (
    delete_document,
    delete_documents,
    update_document,
)
from contracts.documents import DocumentCreated, DocumentDeleted, DocumentRenamed
from kernel.ids import new_id
from kernel.testing.events import published
from tests.documents.making import asked_for

pytestmark = pytest.mark.usefixtures("tenant")


def test_each_change_of_a_document_is_told() -> None:
    id_ = str(asked_for(title="May", format=DocumentFormat.PDF).pk)
    update_document(id=id_, title="June")
    update_document(id=id_, title="June")
    delete_document(id=id_)

    assert published()[-3:] == [
        DocumentCreated(document_id=id_, title="May", format="pdf"),
        DocumentRenamed(document_id=id_, title="June", previous_title="May"),
        DocumentDeleted(document_id=id_, title="June"),
    ]


def test_of_many_those_are_told_that_are_gone() -> None:
    id_ = str(asked_for(title="May", format=DocumentFormat.PDF).pk)

    delete_documents(ids=[str(new_id()), id_])

    assert published()[-1:] == [DocumentDeleted(document_id=id_, title="May")]
