"""Exports through GraphQL, and the empty files of datasets over HTTP."""

from pathlib import Path
from typing import Any

import pytest

from apps.importexport.models import ExportJob
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient, http_client
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.importexport.exporting import kept_in, with_files
from tests.importexport.tables import airports, countries

CREATE = """mutation($input: CreateExportJobInput!) { change: createExportJob(input: $input) {
  exportJob { id name state format compression guard filter columns order query { query } }
  error { code message } } }"""
SHOW = """query($id: ID!) { exportJob(id: $id) {
  state rowCount sizeBytes error { code message } result { id }
  files { position name rowCount sizeBytes sha256 file { id } } } }"""
CANCEL = """mutation($id: ID!) { change: cancelExportJob(input: {id: $id}) {
  exportJob { state } error { code } } }"""
RETRY = """mutation($id: ID!) { change: retryExportJob(input: {id: $id}) {
  exportJob { state } error { code } } }"""
DELETE = """mutation($ids: [ID!]!) { change: deleteExportJobs(input: {ids: $ids}) {
  outcomes { exportJob { id } error { code } } } }"""


def asked(graphql: GraphQLClient, **told: Any) -> Any:
    wanted = {"dataset": "tables.countries", "format": "CSV"} | told
    return graphql(CREATE, input=wanted).data["change"]


def template(tenant: Tenant, path: str) -> Any:
    secret = make_key(tenant).secret
    headers = {"Authorization": f"Bearer {secret}"}
    return http_client().get(f"/importexport/api/datasets/{path}", headers=headers)


@with_files
def test_an_export_is_asked_for_and_had(
    graphql: GraphQLClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_in(monkeypatch, tmp_path)
    countries("DE")

    made = asked(graphql, columns=["code"], filter={"code": "DE"}, order=["code"], guard=False)
    export_id = made["exportJob"].pop("id")
    drain()
    shown = graphql(SHOW, id=export_id).data["exportJob"]

    assert made == {
        "exportJob": {
            "name": "tables.countries",
            "state": "QUEUED",
            "format": "CSV",
            "compression": "NONE",
            "guard": False,
            "filter": {"code": "DE"},
            "columns": ["code"],
            "order": ["code"],
            "query": None,
        },
        "error": None,
    }
    [file] = shown.pop("files")
    assert file.pop("file") == shown.pop("result") != None  # noqa: E711  of a file that is there
    assert len(file.pop("sha256")) == 64
    assert file == {
        "position": 1,
        "name": "tables.countries.csv",
        "rowCount": 1,
        "sizeBytes": 10,
    }
    assert shown == {"state": "READY", "rowCount": 1, "sizeBytes": 10, "error": None}


def test_an_export_is_stopped_tried_again_and_removed(graphql: GraphQLClient) -> None:
    countries()
    export_id = asked(graphql)["exportJob"]["id"]

    stopped = [graphql(CANCEL, id=export_id).data["change"] for _ in range(2)]
    again = graphql(RETRY, id=export_id).data["change"]
    refused = graphql(RETRY, id=export_id).data["change"]
    gone = graphql(DELETE, ids=[export_id]).data["change"]["outcomes"]

    assert stopped == [{"exportJob": {"state": "CANCELLED"}, "error": None}] * 2
    assert again == {"exportJob": {"state": "QUEUED"}, "error": None}
    assert refused == {"exportJob": None, "error": {"code": "CONFLICT"}}
    assert gone == [{"exportJob": {"id": export_id}, "error": None}]
    assert ExportJob.objects.count() == 0


def test_another_tenants_export_is_not_there(graphql: GraphQLClient) -> None:
    countries()
    export_id = asked(graphql)["exportJob"]["id"]
    stranger = GraphQLClient(make_key(make_tenant()).secret, graphql.path)

    assert stranger(SHOW, id=export_id).codes == ["NOT_FOUND"]
    for document in (CANCEL, RETRY):
        assert stranger(document, id=export_id).data["change"]["error"] == {"code": "NOT_FOUND"}
    assert asked(stranger)["error"]["code"] == "NOT_FOUND"
    assert ExportJob.objects.get().state == "queued"


def test_an_empty_file_of_a_dataset_has_its_header(tenant: Tenant) -> None:
    airports()
    csv = template(tenant, "tables.countries/template/")
    xlsx = template(tenant, "tables.airports/template/?format=xlsx")

    assert csv.content == b"code,name\r\n"
    assert csv["Content-Type"] == "text/csv"
    assert csv["Content-Disposition"] == 'attachment; filename="tables.countries.csv"'
    assert xlsx.content.startswith(b"PK")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("tables.nothing/template/", 404, "NOT_FOUND"),
        ("nobody.nothing/template/", 404, "NOT_FOUND"),
        ("tables.countries/template/?format=exe", 400, "INVALID_INPUT"),
    ],
)
def test_an_empty_file_of_nothing_is_refused(
    tenant: Tenant, path: str, status: int, code: str
) -> None:
    countries()

    answer = template(tenant, path)

    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == code
