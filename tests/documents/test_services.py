"""What may be done to documents, and what is refused."""

from typing import Any

import pytest

from apps.documents.conf import ACCEPTING
from apps.documents.models import Document, DocumentFormat, DocumentState
from apps.documents.services.documents import (
    delete_document,
    delete_documents,
    update_document,
)
from kernel.errors import (
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    UnavailableError,
)
from kernel.ids import new_id
from kernel.testing.dynamic import said
from tests.documents.making import asked_for

pytestmark = pytest.mark.usefixtures("tenant")


def make(title: str) -> Document:
    return asked_for(title=title, format=DocumentFormat.PDF)


def stored() -> list[tuple[str, str, str]]:
    documents = Document.objects.order_by("title")
    return [(document.title, document.format, document.state) for document in documents]


def test_a_new_document_is_queued_and_has_no_output() -> None:
    document = make("Report")

    assert document.output_id is None
    assert stored() == [("Report", "pdf", "queued")]


BAD_TITLES = [
    ("", "title: This field cannot be blank."),
    ("\t", "title holds nothing but spaces"),
    ("x" * 256, "title: Ensure this value has at most 255 characters (it has 256)."),
    (None, "title cannot be null"),
]


@pytest.mark.parametrize(("title", "message"), BAD_TITLES[:-1])
def test_a_document_that_cannot_be_is_not_made(title: Any, message: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        make(title)

    assert str(refused.value) == message
    assert stored() == []


@pytest.mark.parametrize(("title", "message"), BAD_TITLES)
def test_a_document_keeps_its_title_rather_than_take_a_bad_one(title: Any, message: str) -> None:
    document = make("Report")

    with pytest.raises(InvalidInputError) as refused:
        update_document(id=str(document.pk), title=title)

    assert str(refused.value) == message
    assert stored() == [("Report", "pdf", "queued")]


def test_a_document_is_retitled_wherever_it_stands() -> None:
    document = make("Report")
    Document.objects.update(state=DocumentState.READY)

    for _ in range(2):
        assert update_document(id=str(document.pk), title="May").title == "May"
    update_document(id=str(document.pk))

    assert stored() == [("May", "pdf", "ready")]


def test_a_document_is_removed_once_and_shown_as_it_was() -> None:
    document, _ = make("Report"), make("kept")

    removed = delete_document(id=str(document.pk))
    with pytest.raises(NotFoundError, match=f"no document {document.pk}"):
        delete_document(id=str(document.pk))

    assert (removed.pk, removed.title) == (document.pk, "Report")
    assert [one[0] for one in stored()] == ["kept"]


def test_many_are_removed_and_each_that_is_not_there_is_named() -> None:
    documents = [make(title) for title in ("a", "b", "kept")]
    unknown = str(new_id())

    outcomes = delete_documents(ids=[str(documents[1].pk), unknown, str(documents[0].pk)])

    assert [outcomes[0], outcomes[2]] == [documents[1], documents[0]]
    assert str(outcomes[1]) == f"no document {unknown}"
    assert [one[0] for one in stored()] == ["kept"]


def test_more_than_a_call_takes_are_not_removed() -> None:
    document = make("kept")

    with pytest.raises(LimitExceededError, match="at most 100 items a call, found 101"):
        delete_documents(ids=[str(document.pk)] * 101)

    assert [one[0] for one in stored()] == ["kept"]


def test_operators_can_have_no_documents_taken_for_a_while() -> None:
    with said(ACCEPTING, value=False), pytest.raises(UnavailableError):
        make("Report")
    make("Later")

    assert [title for title, _, _ in stored()] == ["Later"]
