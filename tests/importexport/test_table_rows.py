"""Rows of tables: read in pages, corrected by hand, and never another tenant's."""

from typing import Any

import pytest

from apps.importexport.conf import TABLE_ROWS
from apps.importexport.errors import RowRefusedError
from apps.importexport.models import DataTable
from apps.importexport.models.rows import model_of
from apps.importexport.selectors.tables import read_table
from apps.importexport.services.table_rows import add_row, change_row, delete_row
from apps.importexport.services.tables import archive_table, create_table
from contracts.datasets import Wanted
from contracts.importexport import DataTableRowChanged
from kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from kernel.ids import new_id
from kernel.tenancy.context import Principal, acting_as, current_tenant_id, in_tenant
from kernel.testing.dynamic import said
from kernel.testing.events import published
from kernel.testing.tenants import make_tenant
from tests.importexport.tables import TEMPELHOF, airports, countries, put

pytestmark = pytest.mark.usefixtures("tenant")


def told(table: DataTable, **wanted: Any) -> list[dict[str, Any]]:
    return read_table(table, Wanted(**wanted)).rows


def reader(*scopes: str) -> Principal:
    return Principal(
        kind="key", id="k", name="k", tenant_id=current_tenant_id(), scopes=frozenset(scopes)
    )


def test_a_row_is_told_as_it_was_added() -> None:
    table = airports()
    row = add_row(table="airports", values=TEMPELHOF)

    assert told(table) == [TEMPELHOF]
    assert published()[-1] == DataTableRowChanged(
        table_id=str(table.pk),
        name="airports",
        row_id=str(row.pk),
        change="added",
        fields=tuple(TEMPELHOF),
    )


def test_a_row_is_corrected_and_no_longer_the_batchs() -> None:
    table = airports()
    row = put(table, ident="EDDI", name="Tempelhof")
    model_of(table).objects.update(batch_id=new_id())

    change_row(table=str(table.pk), id=str(row.pk), values={"name": "THF", "ident": "EDDI"})
    change_row(table="tables.airports", id=str(row.pk), values={"name": "THF"})

    stored = model_of(table).objects.get()
    assert (stored.value("name"), stored.batch_id) == ("THF", None)
    assert stored.changed_at > row.changed_at
    assert [one.fields for one in published() if isinstance(one, DataTableRowChanged)] == [
        ("name",)
    ]


def test_a_row_is_removed_once() -> None:
    table = airports()
    row = put(table, ident="EDDI")

    assert delete_row(table="airports", id=str(row.pk)).pk == row.pk
    with pytest.raises(NotFoundError, match="no row"):
        delete_row(table="airports", id=str(row.pk))

    assert told(table) == []


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({}, RowRefusedError, "ident: a value is required"),
        ({"ident": "eddi"}, RowRefusedError, "ident: does not match"),
        ({"ident": "EDDI", "elevation": -2000}, RowRefusedError, "elevation: expected -1500 or"),
        ({"ident": "EDDI", "country": "XX"}, RowRefusedError, "country: tables.countries has no"),
        ({"ident": "EDDI", "id": "7"}, RowRefusedError, "id: airports has no such field"),
        ({"ident": "EDDF"}, ConflictError, "there is a row with ident EDDF already"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(
    values: dict[str, Any], error: type[Exception], message: str
) -> None:
    table = airports()
    put(table, ident="EDDF")
    before = published()

    with pytest.raises(error, match=message):
        add_row(table="airports", values=values)

    assert [one["ident"] for one in told(table)] == ["EDDF"]
    assert published() == before


def test_a_table_that_is_full_or_archived_takes_no_row() -> None:
    table = countries("DE")

    with said(TABLE_ROWS, 1), pytest.raises(LimitExceededError, match="at most 1 rows"):
        add_row(table="countries", values={"code": "FR", "name": "France"})
    archive_table(id=str(table.pk))
    with pytest.raises(InvalidInputError, match="is archived"):
        add_row(table="countries", values={"code": "FR", "name": "France"})

    assert [one["code"] for one in told(table)] == ["DE"]


def test_pages_follow_each_other_in_the_order_of_the_key() -> None:
    table = countries("b", "A", "a", "ä", "B")

    seen, after = [], ""
    while True:
        page = read_table(table, Wanted(limit=2, after=after, columns=("code",)))
        seen += [one["code"] for one in page.rows]
        if not (after := page.next):
            break

    assert seen == ["A", "B", "a", "b", "ä"]


def test_rows_are_filtered_by_values_and_by_when_they_changed() -> None:
    table = airports()
    first = put(table, ident="EDDI", elevation=164, open=True)
    put(table, ident="EDDF", elevation=364, latitude="50.03")

    assert [one["ident"] for one in told(table, filters={"elevation": "164"})] == ["EDDI"]
    assert [one["ident"] for one in told(table, filters={"latitude": 50.030})] == ["EDDF"]
    assert [one["ident"] for one in told(table, filters={"open": None})] == ["EDDF"]
    assert len(told(table, filters={"ident": ["EDDI", "EDDF"]})) == 2
    later = first.changed_at.isoformat()
    assert len(told(table, since=later)) == 2
    assert told(table, until=later) == []
    refused: list[dict[str, Any]] = [{"nothing": 1}, {"elevation": "x"}, {"more": {}}]
    for wrong in refused:
        with pytest.raises(InvalidInputError):
            told(table, filters=wrong)


def test_what_is_masked_is_told_to_those_with_its_scope_only() -> None:
    salary = {"name": "salary", "type": "number", "septet:maskedWithout": "importexport:write"}
    schema = {"fields": [{"name": "code"}, salary], "primaryKey": "code"}
    table = create_table(name="staff", schema=schema)
    put(table, code="a", salary="7.5")

    with acting_as(reader("importexport:read")):
        assert told(table) == [{"code": "a", "salary": "***"}]
        with pytest.raises(ForbiddenError, match="importexport:write"):
            told(table, filters={"salary": "7.5"})
        with pytest.raises(ForbiddenError, match="salary takes importexport:write"):
            add_row(table="staff", values={"code": "b", "salary": 1})
    with acting_as(reader("importexport:read", "importexport:write")):
        assert told(table, filters={"salary": "7.5"}) == [{"code": "a", "salary": "7.5"}]


def test_another_tenant_sees_neither_the_table_nor_its_rows() -> None:
    table = countries("DE")

    with in_tenant(make_tenant().pk):
        assert told(table) == []
        with pytest.raises(NotFoundError, match="no table countries"):
            add_row(table="countries", values={"code": "FR", "name": "France"})
        assert countries("FR").pk != table.pk

    assert [one["code"] for one in told(table)] == ["DE"]
