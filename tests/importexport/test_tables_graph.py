"""Tables and their rows through GraphQL, as a client uses them."""

from typing import Any

import pytest

from apps.importexport.models import DataTable
from apps.importexport.models.rows import model_of
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.importexport.tables import COUNTRIES, airports, countries, put

CREATE = """mutation($input: CreateDataTableInput!) { change: createDataTable(input: $input) {
  dataTable { id name title description dataset state schema } error { code message } } }"""
UPDATE = """mutation($input: UpdateDataTableInput!) { change: updateDataTable(input: $input) {
  dataTable { title state schema } error { code message } } }"""
STAND = """mutation($id: ID!) {
  archived: archiveDataTable(input: {id: $id}) { dataTable { state } }
  restored: restoreDataTable(input: {id: $id}) { dataTable { state } } }"""
DELETE = """mutation($ids: [ID!]!) { change: deleteDataTables(input: {ids: $ids}) {
  outcomes { dataTable { name } error { code } } } }"""
ROWS = """query($table: String!, $filter: JSON, $first: Int, $after: String) {
  dataTableRows(table: $table, filter: $filter, first: $first, after: $after) {
    totalCount nodes { id values batchId } edges { cursor node { values } }
    pageInfo { hasNextPage endCursor } } }"""
ADD = """mutation($input: AddDataTableRowInput!) { change: addDataTableRow(input: $input) {
  dataTable { name } rowId row { values changedAt } error { code message } } }"""
CHANGE = """mutation($input: ChangeDataTableRowInput!) { change: changeDataTableRow(input: $input) {
  row { values } error { code message } } }"""
REMOVE = """mutation($input: DeleteDataTableRowInput!) { change: deleteDataTableRow(input: $input) {
  row { values } error { code } } }"""


def change(graphql: GraphQLClient, document: str, **told: Any) -> Any:
    return graphql(document, input=told).data["change"]


def test_a_table_is_made_described_anew_archived_and_removed(graphql: GraphQLClient) -> None:
    made = change(graphql, CREATE, name="countries", schema=COUNTRIES)
    table_id = made["dataTable"].pop("id")
    wider = {**COUNTRIES, "fields": [*COUNTRIES["fields"], {"name": "area", "type": "number"}]}
    told = change(graphql, UPDATE, id=table_id, title="Countries", schema=wider)
    stood = graphql(STAND, id=table_id).data
    gone = graphql(DELETE, ids=[table_id]).data["change"]["outcomes"]

    fields = made["dataTable"].pop("schema")["fields"]
    assert made == {
        "dataTable": {
            "name": "countries",
            "title": "countries",
            "description": "",
            "dataset": "tables.countries",
            "state": "READY",
        },
        "error": None,
    }
    assert fields[0] == {
        "name": "code",
        "type": "string",
        "constraints": {"required": True, "maxLength": 2},
    }
    assert (told["dataTable"]["title"], told["dataTable"]["state"]) == ("Countries", "READY")
    assert told["dataTable"]["schema"]["fields"][2] == {"name": "area", "type": "number"}
    assert stood["archived"] == {"dataTable": {"state": "ARCHIVED"}}
    assert stood["restored"] == {"dataTable": {"state": "READY"}}
    assert gone == [{"dataTable": {"name": "countries"}, "error": None}]


def test_a_description_that_is_none_says_where(graphql: GraphQLClient) -> None:
    wrong = {"fields": [{"name": "a", "type": "geopoint"}], "primaryKey": "a"}

    assert change(graphql, CREATE, name="a", schema=wrong)["error"] == {
        "code": "IMPORTEXPORT_TABLE_REFUSED",
        "message": "a: the type 'geopoint' is none of any, array, boolean, date, datetime,"
        " integer, number, object, string, year",
    }
    assert DataTable.objects.count() == 0


def test_a_field_with_values_is_left_out_only_if_confirmed(graphql: GraphQLClient) -> None:
    table = countries("DE")
    less = {"fields": COUNTRIES["fields"][:1], "primaryKey": "code"}

    refused = change(graphql, UPDATE, id=str(table.pk), schema=less)
    done = change(graphql, UPDATE, id=str(table.pk), schema=less, confirm=True)
    busy = graphql(ROWS, table="countries")
    drain()
    rows = graphql(ROWS, table="countries").data["dataTableRows"]["nodes"]

    assert refused["error"]["code"] == "IMPORTEXPORT_TABLE_NARROWED"
    assert done["dataTable"]["state"] == "CHANGING"
    assert busy.codes == ["UNAVAILABLE"]
    assert [one["values"] for one in rows] == [{"code": "DE"}]


def test_pages_of_rows_follow_each_other_and_are_filtered(graphql: GraphQLClient) -> None:
    table = countries(*"edcba")

    seen: list[str] = []
    page, after = {}, None
    for _ in range(3):
        page = graphql(ROWS, table=str(table.pk), first=2, after=after).data["dataTableRows"]
        seen += [one["values"]["code"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    found = graphql(ROWS, table="countries", filter={"code": ["a", "e"]}).data["dataTableRows"]

    assert seen == list("abcde")
    assert page["totalCount"] == 5
    assert page["pageInfo"]["hasNextPage"] is False
    assert page["edges"][0]["cursor"] == after
    assert [one["values"]["name"] for one in found["nodes"]] == ["Country a", "Country e"]


def test_a_row_is_added_corrected_and_removed(graphql: GraphQLClient) -> None:
    airports()
    added = change(graphql, ADD, table="airports", values={"ident": "EDDI", "latitude": 52.4})
    row_id = added["rowId"]
    wrong = change(graphql, CHANGE, table="airports", id=row_id, values={"country": "XX"})
    right = change(graphql, CHANGE, table="airports", id=row_id, values={"country": "DE"})
    gone = change(graphql, REMOVE, table="airports", id=row_id)
    again = change(graphql, REMOVE, table="airports", id=row_id)

    assert added["dataTable"] == {"name": "airports"}
    assert added["row"]["values"]["latitude"] == "52.4"
    assert wrong["error"]["code"] == "IMPORTEXPORT_ROW_REFUSED"
    assert right["row"]["values"]["country"] == "DE"
    assert gone["row"]["values"]["ident"] == "EDDI"
    assert again["error"] == {"code": "NOT_FOUND"}


def test_a_row_that_is_sent_again_is_added_once(graphql: GraphQLClient) -> None:
    table = countries()
    sent = {"table": "countries", "values": {"code": "DE", "name": "a"}, "idempotencyKey": "k"}

    first, again = (change(graphql, ADD, **sent) for _ in range(2))

    assert again == {**first, "row": None}
    assert model_of(table).objects.count() == 1


def test_another_tenants_table_is_not_there(graphql: GraphQLClient) -> None:
    table = countries("DE")
    row = put(table, code="FR", name="France")
    stranger = GraphQLClient(make_key(make_tenant()).secret, graphql.path)

    assert stranger(ROWS, table="countries").codes == ["NOT_FOUND"]
    assert stranger(ROWS, table=str(table.pk)).codes == ["NOT_FOUND"]
    told = change(stranger, REMOVE, table=str(table.pk), id=str(row.pk))
    assert told["error"] == {"code": "NOT_FOUND"}
    assert model_of(table).objects.count() == 2


def test_reads_and_changes_cost_a_fixed_number_of_queries(graphql: GraphQLClient) -> None:
    countries(*(f"{at:02}" for at in range(60)))
    few = len(graphql.sql(ROWS, table="countries", first=2))

    # The key, the table, the rows and their count.
    assert few == len(graphql.sql(ROWS, table="countries", first=50)) == 4


@pytest.mark.parametrize("name", ["countries", "airports"])
def test_tables_are_found_by_name(graphql: GraphQLClient, name: str) -> None:
    countries()

    found = graphql(
        "query($n: String) { dataTables(filter: {name: $n}, order: NAME) { nodes { name } } }",
        n=name,
    ).data["dataTables"]["nodes"]

    assert found == ([{"name": "countries"}] if name == "countries" else [])
