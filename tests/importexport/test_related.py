"""Fields of tables that lead to rows of other apps, whose owners are asked."""

from typing import Any

import pytest
from django.conf import settings

from apps.importexport.errors import TableRefusedError
from apps.importexport.models import DataTable, ImportJob, RowError
from apps.importexport.models.rows import model_of
from apps.importexport.services.imports import check_import
from apps.importexport.services.tables import create_table
from kernel.datasets import client
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody as holding
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key
from tests.importexport.importing import import_of, run, with_files

pytestmark = [
    pytest.mark.usefixtures("tenant"),
    pytest.mark.skipif("config" not in settings.SERVICES, reason="runs where flags are"),
    with_files,
]

SCHEMA: dict[str, Any] = {
    "fields": [{"name": "ident", "type": "string"}, {"name": "flag", "type": "string"}],
    "primaryKey": "ident",
    "foreignKeys": [{"fields": "flag", "reference": {"resource": "config.flags", "fields": "key"}}],
}
SOURCE = "ident,flag\nA,dark\nB,gone\nC,\nD,other\nE,dark\n"
MAPPING = [{"field": name, "source": name} for name in ("ident", "flag")]
ADD = """mutation($input: AddDataTableRowInput!) { change: addDataTableRow(input: $input) {
  rowId error { code message } } }"""
CHANGE = """mutation($input: ChangeDataTableRowInput!) { change: changeDataTableRow(input: $input) {
  error { code message } } }"""


@pytest.fixture
def table() -> DataTable:
    from apps.config.services.flags import create_flag  # noqa: PLC0415  as its owner makes it

    create_flag(key="dark", description="")
    return create_table(name="airports", schema=SCHEMA)


def brought(**plan: Any) -> ImportJob:
    return import_of(SOURCE, **{"mapping": MAPPING, **plan})


def held(table: DataTable) -> list[tuple[Any, ...]]:
    return list(model_of(table).objects.order_by("c_ident").values_list("c_ident", "c_flag"))


@pytest.mark.parametrize("piece_bytes", [8, 2_000_000])
def test_a_row_that_leads_nowhere_is_named_dry_and_for_good(
    table: DataTable, piece_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.importexport.services.import_work.piece_bytes", lambda: piece_bytes)

    checked = run(brought(), check_import)
    assert (checked.state, checked.failed, held(table)) == ("checked", 2, [])
    job = run(checked)

    assert (job.state, job.inserted, job.failed) == ("done", 3, 2)
    assert held(table) == [("A", "dark"), ("C", None), ("E", "dark")]
    told = RowError.objects.filter(import_id=job.pk).order_by("position")
    assert list(told.values_list("line", "column", "value", "code", "message")) == [
        (3, "flag", "gone", "NO_SUCH_ROW", "there is no such row in config.flags"),
        (5, "flag", "other", "NO_SUCH_ROW", "there is no such row in config.flags"),
    ]


def test_each_value_is_asked_for_once_and_never_in_a_transaction(
    table: DataTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[Any]] = []
    known = client.known

    def counted(name: str, values: list[Any]) -> Any:
        asked.append(sorted(values))
        return known(name, values)

    monkeypatch.setattr(client, "known", counted)

    run(brought())

    assert asked == [["dark", "gone", "other"]]


@pytest.mark.parametrize(("policy", "left"), [("stop_after", ["A"]), ("all_or_nothing", [])])
def test_policies_count_them(table: DataTable, policy: str, left: list[str]) -> None:
    stop = {"stop_after": 1} if policy == "stop_after" else {}

    run(brought(policy=policy, **stop))

    assert [ident for ident, _ in held(table)] == left


def test_who_may_not_read_them_brings_nothing(table: DataTable, tenant: Tenant) -> None:
    from apps.importexport.services.imports import start_import  # noqa: PLC0415
    from kernel.testing.jobs import drain  # noqa: PLC0415

    job = brought()
    narrow = holding(tenant.pk, "importexport:read", "importexport:write", "files:read")
    with acting_as(narrow):
        start_import(id=str(job.pk))
    drain()
    job.refresh_from_db()

    assert (job.state, job.error_code, held(table)) == ("failed", "FORBIDDEN", [])


@pytest.mark.parametrize(
    ("resource", "field", "code"),
    [
        ("config.flags", "description", "IMPORTEXPORT_PLAN_REFUSED"),
        ("config.nothing", "key", "NOT_FOUND"),
    ],
)
def test_what_a_dataset_is_not_known_by_is_refused_before_a_row(
    tenant: Tenant, resource: str, field: str, code: str
) -> None:
    reference = {"resource": resource, "fields": field}
    create_table(
        name="airports",
        schema=SCHEMA | {"foreignKeys": [{"fields": "flag", "reference": reference}]},
    )

    job = run(brought())

    assert (job.state, job.error_code) == ("failed", code)


def test_a_table_leads_to_services_that_there_are(tenant: Tenant) -> None:
    reference = {"resource": "nobody.flags", "fields": "key"}
    with pytest.raises(TableRefusedError, match="no service"):
        create_table(
            name="airports",
            schema=SCHEMA | {"foreignKeys": [{"fields": "flag", "reference": reference}]},
        )


def test_rows_by_hand_are_held_to_it_also_under_a_key(
    graphql: GraphQLClient, table: DataTable, tenant: Tenant
) -> None:
    good = graphql(ADD, input={"table": "airports", "values": {"ident": "A", "flag": "dark"}})
    row_id = good.data["change"]["rowId"]
    changed = {"id": row_id, "table": "airports", "idempotencyKey": "k-1"}

    refused = graphql(ADD, input={"table": "airports", "values": {"ident": "B", "flag": "gone"}})
    also = graphql(CHANGE, input={**changed, "values": {"flag": "gone"}})
    empty = graphql(CHANGE, input={**changed, "idempotencyKey": "k-2", "values": {"flag": None}})

    assert refused.data["change"]["error"] == {
        "code": "IMPORTEXPORT_ROW_REFUSED",
        "message": "flag: config.flags has no row whose key is gone",
    }
    assert also.data["change"]["error"]["code"] == "IMPORTEXPORT_ROW_REFUSED"
    assert empty.data["change"]["error"] is None
    assert held(table) == [("A", None)]
    narrow = GraphQLClient(make_key(tenant, "importexport:read", "importexport:write").secret)
    values = {"ident": "C", "flag": "dark"}
    assert narrow(ADD, input={"table": "airports", "values": values}).codes == ["FORBIDDEN"]
