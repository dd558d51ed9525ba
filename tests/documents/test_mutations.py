"""Changes of documents through GraphQL, as a client makes them."""

from typing import Any

import pytest

from apps.documents.models import Document, DocumentFormat, DocumentState, Template
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.documents.making import asked_for, published

CREATE = """
mutation($input: CreateDocumentInput!) {
  change: createDocument(input: $input) {
    document { id title format state output { id } } error { code message } } }
"""
UPDATE = """
mutation($input: UpdateDocumentInput!) {
  change: updateDocument(input: $input) { document { title format } error { code message } } }
"""
DELETE = """
mutation($input: DeleteDocumentInput!) {
  change: deleteDocument(input: $input) { document { id title } error { code } } }
"""
DELETE_MANY = """
mutation($input: DeleteDocumentsInput!) {
  change: deleteDocuments(input: $input) {
    outcomes { document { title } error { code } } error { code } } }
"""


@pytest.fixture(autouse=True)
def template(tenant: Tenant) -> Template:
    """What documents are made of."""
    return published()


def make(title: str) -> str:
    return str(asked_for(title=title, format=DocumentFormat.PDF).pk)


def change(graphql: GraphQLClient, document: str, **told: Any) -> Any:
    return graphql(document, input=told).data["change"]


def test_a_document_is_queued_retitled_and_removed(graphql: GraphQLClient) -> None:
    made = change(graphql, CREATE, template="letter", title="Report", format="XLSX")
    row_id = made["document"].pop("id")
    changed = change(graphql, UPDATE, id=row_id, title="May")
    removed = change(graphql, DELETE, id=row_id)
    again = change(graphql, DELETE, id=row_id)

    assert made == {
        "document": {"title": "Report", "format": "XLSX", "state": "QUEUED", "output": None},
        "error": None,
    }
    assert changed == {"document": {"title": "May", "format": "XLSX"}, "error": None}
    assert removed == {"document": {"id": row_id, "title": "May"}, "error": None}
    assert again == {"document": None, "error": {"code": "NOT_FOUND"}}


def test_a_title_that_is_too_long_is_told_with_its_code(graphql: GraphQLClient) -> None:
    answer = change(graphql, CREATE, template="letter", title="x" * 256, format="PDF")

    assert answer == {
        "document": None,
        "error": {
            "code": "INVALID_INPUT",
            "message": "title: Ensure this value has at most 255 characters (it has 256).",
        },
    }
    assert Document.objects.count() == 0


def test_a_format_that_there_is_not_is_refused(graphql: GraphQLClient) -> None:
    result = graphql(CREATE, input={"template": "letter", "title": "Report", "format": "DOC"})

    assert result.codes == ["INVALID_INPUT"]
    assert Document.objects.count() == 0


def test_a_batch_says_what_became_of_each(graphql: GraphQLClient) -> None:
    answer = change(graphql, DELETE_MANY, ids=[make("Report"), "x"])
    too_many = change(graphql, DELETE_MANY, ids=["x"] * 101)

    assert answer["outcomes"] == [
        {"document": {"title": "Report"}, "error": None},
        {"document": None, "error": {"code": "INVALID_INPUT"}},
    ]
    assert too_many == {"outcomes": None, "error": {"code": "LIMIT_EXCEEDED"}}


@pytest.mark.parametrize(
    ("document", "more"), [(UPDATE, {"title": "May"}), (DELETE, {}), (DELETE_MANY, {})]
)
def test_another_tenants_document_is_not_there_to_be_changed(
    graphql: GraphQLClient, document: str, more: dict[str, str]
) -> None:
    row_id = make("Report")
    stranger = GraphQLClient(make_key(make_tenant()).secret, graphql.path)
    told = {"ids": [row_id]} if document == DELETE_MANY else {"id": row_id, **more}

    answer = change(stranger, document, **told)

    [told_of] = answer["outcomes"] if document == DELETE_MANY else [answer]
    assert told_of["error"]["code"] == "NOT_FOUND"
    assert Document.objects.get().title == "Report"


def test_changes_cost_a_fixed_number_of_queries(graphql: GraphQLClient) -> None:
    ids = [make(f"number {number}") for number in range(22)]
    Document.objects.exclude(pk=ids[0]).update(state=DocumentState.READY)

    # The key; then what is looked at, what is written, and the event that tells of it.
    # A document is its template, the version, how many wait, and its job beside.
    sent = {"template": "letter", "title": "Report", "format": "PDF"}
    assert len(graphql.sql(CREATE, input=sent)) == 9
    assert len(graphql.sql(UPDATE, input={"id": ids[0], "title": "May"})) == 4
    assert len(graphql.sql(DELETE, input={"id": ids[1]})) == 4
    assert len(graphql.sql(DELETE_MANY, input={"ids": ids[2:]})) == 4
