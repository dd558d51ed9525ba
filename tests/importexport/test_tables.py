"""Tables are made, described anew, archived and removed, and the database has what they say."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from apps.importexport.conf import TABLES
from apps.importexport.errors import NarrowedError, TableRefusedError
from apps.importexport.models import DataTable, TableState
from apps.importexport.models.rows import model_of, physical_name, usable_rows
from apps.importexport.selectors.tables import read_table
from apps.importexport.services import table_definitions as definitions
from apps.importexport.services.table_rows import add_row
from apps.importexport.services.table_upkeep import sweep_tables
from apps.importexport.services.tables import (
    archive_table,
    create_table,
    delete_table,
    delete_tables,
    describe_table,
    restore_table,
)
from contracts.datasets import Row, Wanted
from contracts.importexport import (
    DataTableArchived,
    DataTableCreated,
    DataTableDeleted,
    DataTableDescribed,
    DataTableRestored,
)
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, UnavailableError
from kernel.testing.dynamic import said
from kernel.testing.events import published
from kernel.testing.jobs import drain
from tests.importexport.tables import AIRPORTS, COUNTRIES, airports, countries, put

pytestmark = pytest.mark.usefixtures("tenant")


def rows(table: DataTable) -> list[Row]:
    return read_table(DataTable.objects.get(pk=table.pk), Wanted()).rows


def described(*fields: dict[str, Any], key: str = "code") -> dict[str, Any]:
    return {"fields": list(fields), "primaryKey": key}


def physical_columns(table: DataTable) -> list[str]:
    with connection.cursor() as cursor:
        told = connection.introspection.get_table_description(cursor, physical_name(table))
    return sorted(one.name for one in told)


def referring_to(resource: str, field: str) -> dict[str, Any]:
    reference = {"resource": resource, "fields": field}
    return {**AIRPORTS, "foreignKeys": [{"fields": "country", "reference": reference}]}


CODE = {"name": "code", "type": "string", "constraints": {"maxLength": 2}}


def test_a_table_is_real_and_told_of() -> None:
    table = countries("DE")

    assert rows(table) == [{"code": "DE", "name": "Country DE"}]
    assert physical_columns(table) == [
        "batch_id",
        "c_code",
        "c_name",
        "changed_at",
        "id",
        "tenant_id",
    ]
    assert published() == [DataTableCreated(table_id=str(table.pk), name="countries", fields=2)]


def test_a_name_is_had_once_and_what_is_none_is_refused() -> None:
    countries()

    with pytest.raises(ConflictError, match="there is a table countries already"):
        countries()
    with pytest.raises(InvalidInputError, match="a table is called by"):
        create_table(name='a"; DROP TABLE x', schema=COUNTRIES)
    with pytest.raises(TableRefusedError, match="which is no table"):
        create_table(name="b", schema=referring_to("nowhere", "code"))
    with pytest.raises(TableRefusedError, match="tells no row of it apart"):
        create_table(name="b", schema=referring_to("countries", "name"))
    with said(TABLES, 1), pytest.raises(LimitExceededError, match="at most 1 tables"):
        create_table(name="b", schema=COUNTRIES)
    assert DataTable.objects.count() == 1
    assert len(published()) == 1


def test_a_field_is_added_at_once_and_empty() -> None:
    table = countries("DE")

    describe_table(
        id=str(table.pk),
        schema=described(CODE, {"name": "name"}, {"name": "area", "type": "number"}),
    )

    assert rows(table) == [{"code": "DE", "name": "Country DE", "area": None}]
    assert published()[1:] == [
        DataTableDescribed(table_id=str(table.pk), name="countries", added=("area",))
    ]


WIDER = [
    ("integer", "number", 7, "7"),
    ("integer", "string", -7, "-7"),
    ("number", "string", "12.5", "12.5"),
    ("boolean", "string", True, "true"),
    ("boolean", "string", False, "false"),
    ("date", "datetime", "2024-02-29", "2024-02-29T00:00:00Z"),
    ("date", "string", "2024-02-29", "2024-02-29"),
    ("datetime", "string", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"),
    ("datetime", "string", "2024-02-29T12:00:00.25Z", "2024-02-29T12:00:00.25Z"),
]


@pytest.mark.parametrize(("was", "now", "before", "after"), WIDER)
def test_a_wider_type_keeps_what_is_there(was: str, now: str, before: Any, after: Any) -> None:
    table = create_table(name="a", schema=described(CODE, {"name": "value", "type": was}))
    add_row(table="a", values={"code": "x", "value": before})
    add_row(table="a", values={"code": "y"})

    describe_table(id=str(table.pk), schema=described(CODE, {"name": "value", "type": now}))
    with pytest.raises(UnavailableError, match="being rewritten"):
        rows(table)
    drain()

    assert rows(table) == [{"code": "x", "value": after}, {"code": "y", "value": None}]


def test_a_key_is_widened_and_still_unique() -> None:
    number = {"name": "code", "type": "integer"}
    table = create_table(name="a", schema=described(number))
    put(table, code=7)

    describe_table(id=str(table.pk), schema=described({"name": "code", "type": "string"}))
    drain()

    table.refresh_from_db()
    assert rows(table) == [{"code": "7"}]
    with connection.cursor() as cursor:
        told = connection.introspection.get_constraints(cursor, physical_name(table))
    assert any(one["unique"] and one["columns"] == ["tenant_id", "c_code"] for one in told.values())


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (described(CODE, {"name": "name", "type": "integer"}), "name: a text does not become a"),
        (described(CODE, {"name": "name"}, key="name"), "primaryKey: rows are told apart"),
        (
            described(CODE, {"name": "name", "constraints": {"maxLength": 3}}),
            "name: a smaller maxLength",
        ),
        (
            described(CODE, {"name": "name"}, {"name": "b", "constraints": {"required": True}}),
            "b: no row has a value of it",
        ),
        (described(CODE), "values of name would be lost: confirm it"),
    ],
)
def test_rows_have_to_fit_what_is_said_anew(schema: dict[str, Any], message: str) -> None:
    table = countries("DE")

    with pytest.raises(NarrowedError) as refused:
        describe_table(id=str(table.pk), schema=schema)

    assert message in str(refused.value)
    assert rows(table) == [{"code": "DE", "name": "Country DE"}]
    assert len(published()) == 1


def test_an_empty_table_may_become_anything() -> None:
    table = countries()

    describe_table(
        id=str(table.pk), schema=described({"name": "other", "type": "date"}, key="other")
    )
    drain()

    assert physical_columns(table) == ["batch_id", "c_other", "changed_at", "id", "tenant_id"]
    assert rows(table) == []


def test_values_are_lost_only_where_that_is_confirmed() -> None:
    table = countries("DE")

    describe_table(id=str(table.pk), schema=described(CODE), confirm=True)
    drain()

    assert rows(table) == [{"code": "DE"}]
    assert physical_columns(table) == ["batch_id", "c_code", "changed_at", "id", "tenant_id"]


def test_a_table_that_is_being_rewritten_is_not_described_anew() -> None:
    table = countries("DE")
    describe_table(id=str(table.pk), schema=described(CODE), confirm=True)

    with pytest.raises(ConflictError, match="the table is changing"):
        describe_table(id=str(table.pk), schema=COUNTRIES)
    with pytest.raises(ConflictError, match="being rewritten"):
        archive_table(id=str(table.pk))


def test_an_archived_table_is_restored_and_each_told_once() -> None:
    table = countries()

    for _ in range(2):
        assert archive_table(id=str(table.pk)).state == "archived"
    assert DataTable.objects.get().dataset().modes == frozenset()
    for _ in range(2):
        assert restore_table(id=str(table.pk)).state == "ready"

    assert published()[1:] == [
        DataTableArchived(table_id=str(table.pk), name="countries"),
        DataTableRestored(table_id=str(table.pk), name="countries"),
    ]


def test_a_table_goes_with_its_rows_unless_another_refers_to_it() -> None:
    table = airports()
    other = DataTable.objects.get(name="countries")

    with pytest.raises(ConflictError, match="the table airports refers to countries"):
        delete_table(id=str(other.pk))
    delete_table(id=str(table.pk))
    [gone] = delete_tables(ids=[str(other.pk)])
    drain()

    assert gone == other
    assert definitions.existing() == {}
    assert DataTable.objects.count() == 0
    assert [type(one) for one in published()[2:]] == [DataTableDeleted, DataTableDeleted]


def test_a_sweep_drops_what_no_row_tells_of_and_only_when_it_is_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table, orphan = countries("DE"), DataTable(name="a", title="a", schema=[], key=[])
    orphan.schema = table.schema
    definitions.create(model_of(orphan), ["code"], [])

    sweep_tables()
    kept = set(definitions.existing())
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr("kernel.clock.now", lambda: later)
    sweep_tables()

    assert kept == {table.pk, orphan.pk}
    assert set(definitions.existing()) == {table.pk}
    assert rows(table) == [{"code": "DE", "name": "Country DE"}]


def test_what_is_done_again_to_the_database_changes_nothing() -> None:
    table = countries("DE")

    for _ in range(2):
        definitions.create(model_of(table), table.key, [])
        definitions.conform(model_of(table), table.key, [])

    assert rows(table) == [{"code": "DE", "name": "Country DE"}]
    assert table.state == TableState.READY
    assert usable_rows(table).objects.count() == 1
