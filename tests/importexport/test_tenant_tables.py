"""What a tenant has here: its own tables are exported and erased with it."""

from pathlib import Path

import pytest

from apps.importexport.models import DataTable
from apps.importexport.services import table_definitions as definitions
from apps.importexport.tenant_data import ImportExportPart
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant
from tests.importexport.exporting import kept_in
from tests.importexport.tables import countries

PART = ImportExportPart("importexport")


def test_rows_of_own_tables_are_counted_and_exported(tenant: Tenant) -> None:
    countries("DE", "FR")

    told = {name: list(rows) for name, rows in PART.export(tenant.pk)}

    assert PART.count(tenant.pk) == {"importexport_datatable": 1, "tables.countries": 2}
    assert [one["values"] for one in told["tables.countries"]] == [
        {"code": "DE", "name": "Country DE"},
        {"code": "FR", "name": "Country FR"},
    ]
    assert {one["tenant_id"] for one in told["tables.countries"]} == {tenant.pk}
    assert [one["name"] for one in told["datatable"]] == ["countries"]


def test_own_tables_are_erased_also_after_an_interruption(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_in(monkeypatch, tmp_path)
    countries("DE")
    other = make_tenant()
    with in_tenant(other.pk):
        kept = countries("FR")
    told: dict[str, int] = {}

    def tell(table: str, rows: int) -> None:
        told[table] = told.get(table, 0) + rows
        if len(told) == 1:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        PART.erase(tenant.pk, tell)
    PART.erase(tenant.pk, tell)

    assert told == {"tables.countries": 1, "importexport_datatable": 1}
    assert PART.count(tenant.pk) == {}
    assert set(definitions.existing()) == {kept.pk}
    assert DataTable.across_tenants.get().pk == kept.pk
