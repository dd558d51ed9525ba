"""Changes of import jobs through GraphQL, as a client makes them."""

from typing import Any

import pytest

from apps.importexport.models import ImportFormat, ImportJob, ImportState
from apps.importexport.services import create_import
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant

CREATE = """
mutation($input: CreateImportJobInput!) {
  change: createImportJob(input: $input) {
    importJob { id name format state rowCount source { id } } error { code message } } }
"""
CANCEL = """
mutation($input: CancelImportJobInput!) {
  change: cancelImportJob(input: $input) { importJob { state } error { code message } } }
"""
DELETE = """
mutation($input: DeleteImportJobInput!) {
  change: deleteImportJob(input: $input) { importJob { id state } error { code } } }
"""
DELETE_MANY = """
mutation($input: DeleteImportJobsInput!) {
  change: deleteImportJobs(input: $input) {
    outcomes { importJob { name } error { code } } error { code } } }
"""
A_FILE = "01900000-0000-7000-8000-000000000000"


def make(name: str) -> str:
    return str(create_import(name=name, format=ImportFormat.CSV).pk)


def change(graphql: GraphQLClient, document: str, **told: Any) -> Any:
    return graphql(document, input=told).data["change"]


def test_an_import_is_made_stopped_and_removed(graphql: GraphQLClient) -> None:
    made = change(graphql, CREATE, name="a.csv", format="JSONL", sourceId=A_FILE)
    row_id = made["importJob"].pop("id")
    stopped = [change(graphql, CANCEL, id=row_id) for _ in range(2)]
    removed = change(graphql, DELETE, id=row_id)
    again = change(graphql, DELETE, id=row_id)

    assert made == {
        "importJob": {
            "name": "a.csv",
            "format": "JSONL",
            "state": "ANALYSING",
            "rowCount": 0,
            "source": {"id": A_FILE},
        },
        "error": None,
    }
    assert stopped == [{"importJob": {"state": "CANCELLED"}, "error": None}] * 2
    assert removed == {"importJob": {"id": row_id, "state": "CANCELLED"}, "error": None}
    assert again == {"importJob": None, "error": {"code": "NOT_FOUND"}}


def test_an_import_at_its_end_cannot_be_stopped(graphql: GraphQLClient) -> None:
    row_id = make("a.csv")
    ImportJob.objects.update(state=ImportState.DONE)

    answer = change(graphql, CANCEL, id=row_id)

    assert answer == {
        "importJob": None,
        "error": {
            "code": "CONFLICT",
            "message": "an import that is done cannot be cancelled",
        },
    }
    assert ImportJob.objects.get().state == "done"


def test_a_batch_says_what_became_of_each(graphql: GraphQLClient) -> None:
    running, queued = make("a.csv"), make("b.csv")
    ImportJob.objects.filter(name="a.csv").update(state=ImportState.RUNNING)

    answer = change(graphql, DELETE_MANY, ids=[running, queued, "x"])
    too_many = change(graphql, DELETE_MANY, ids=["x"] * 101)

    assert answer["outcomes"] == [
        {"importJob": None, "error": {"code": "CONFLICT"}},
        {"importJob": {"name": "b.csv"}, "error": None},
        {"importJob": None, "error": {"code": "INVALID_INPUT"}},
    ]
    assert too_many == {"outcomes": None, "error": {"code": "LIMIT_EXCEEDED"}}
    assert ImportJob.objects.get().name == "a.csv"


@pytest.mark.parametrize("document", [CANCEL, DELETE, DELETE_MANY])
def test_another_tenants_import_is_not_there_to_be_changed(
    graphql: GraphQLClient, document: str
) -> None:
    row_id = make("a.csv")
    stranger = GraphQLClient(make_key(make_tenant()).secret, graphql.path)
    told = {"ids": [row_id]} if document == DELETE_MANY else {"id": row_id}

    answer = change(stranger, document, **told)

    [told_of] = answer["outcomes"] if document == DELETE_MANY else [answer]
    assert told_of["error"]["code"] == "NOT_FOUND"
    assert ImportJob.objects.get().state == "draft"


def test_changes_cost_a_fixed_number_of_queries(graphql: GraphQLClient) -> None:
    ids = [make(f"{number}.csv") for number in range(22)]
    told = {"name": "a.csv", "format": "CSV", "sourceId": A_FILE}

    # The key; then what is looked at, what is written, and the event that tells of it.
    counted = [
        len(graphql.sql(CREATE, input=told)),
        len(graphql.sql(CANCEL, input={"id": ids[0]})),
        len(graphql.sql(DELETE, input={"id": ids[1]})),
        len(graphql.sql(DELETE_MANY, input={"ids": ids[2:]})),
    ]
    assert counted == [9, 5, 6, 6]
