"""Changes of files through GraphQL, as a client makes them."""

from typing import Any

import pytest

from apps.files.models import File
from apps.files.services import create_file
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant

UPDATE = """
mutation($input: UpdateFileInput!) {
  change: updateFile(input: $input) { file { name state } error { code message } } }
"""
DELETE = """
mutation($input: DeleteFileInput!) {
  change: deleteFile(input: $input) { file { id name } error { code } } }
"""
DELETE_MANY = """
mutation($input: DeleteFilesInput!) {
  change: deleteFiles(input: $input) {
    outcomes { file { name } error { code } } error { code } } }
"""


def make(name: str) -> str:
    return str(create_file(name=name, content_type="text/csv", size_bytes=1).pk)


def change(graphql: GraphQLClient, document: str, **told: Any) -> Any:
    return graphql(document, input=told).data["change"]


def test_a_file_is_renamed_and_removed(graphql: GraphQLClient) -> None:
    row_id = make("a.csv")

    renamed = change(graphql, UPDATE, id=row_id, name="b.csv")
    removed = change(graphql, DELETE, id=row_id)
    again = change(graphql, DELETE, id=row_id)

    assert renamed == {"file": {"name": "b.csv", "state": "QUARANTINED"}, "error": None}
    assert removed == {"file": {"id": row_id, "name": "b.csv"}, "error": None}
    assert again == {"file": None, "error": {"code": "NOT_FOUND"}}


def test_a_name_that_is_a_path_is_told_with_its_code(graphql: GraphQLClient) -> None:
    answer = change(graphql, UPDATE, id=make("a.csv"), name="../a.csv")

    assert answer == {
        "file": None,
        "error": {
            "code": "INVALID_INPUT",
            "message": "a file's name is not a path, found '../a.csv'",
        },
    }
    assert File.objects.get().name == "a.csv"


def test_a_batch_says_what_became_of_each(graphql: GraphQLClient) -> None:
    answer = change(graphql, DELETE_MANY, ids=[make("a.csv"), "x"])
    too_many = change(graphql, DELETE_MANY, ids=["x"] * 101)

    assert answer["outcomes"] == [
        {"file": {"name": "a.csv"}, "error": None},
        {"file": None, "error": {"code": "INVALID_INPUT"}},
    ]
    assert too_many == {"outcomes": None, "error": {"code": "LIMIT_EXCEEDED"}}


@pytest.mark.parametrize(
    ("document", "more"), [(UPDATE, {"name": "b.csv"}), (DELETE, {}), (DELETE_MANY, {})]
)
def test_another_tenants_file_is_not_there_to_be_changed(
    graphql: GraphQLClient, document: str, more: dict[str, str]
) -> None:
    row_id = make("a.csv")
    stranger = GraphQLClient(make_key(make_tenant()).secret, graphql.path)
    told = {"ids": [row_id]} if document == DELETE_MANY else {"id": row_id, **more}

    answer = change(stranger, document, **told)

    [told_of] = answer["outcomes"] if document == DELETE_MANY else [answer]
    assert told_of["error"]["code"] == "NOT_FOUND"
    assert File.objects.get().name == "a.csv"


def test_changes_cost_a_fixed_number_of_queries(graphql: GraphQLClient) -> None:
    ids = [make(f"{number}.csv") for number in range(22)]

    # The key; then what is looked at, what is written, and the event that tells of it.
    assert len(graphql.sql(UPDATE, input={"id": ids[0], "name": "b.csv"})) == 4
    # And the tenant's lock, which the first of all makes by two more; uploads, those on their way,
    # which end, and those that are done, which stay; versions, what blobs they had, tags and links.
    assert len(graphql.sql(DELETE, input={"id": ids[1]})) == 14
    assert len(graphql.sql(DELETE_MANY, input={"ids": ids[2:]})) == 12
