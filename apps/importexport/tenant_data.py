"""What of a tenant is here: exported and erased with it."""

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction

from apps.importexport.adapters.stores import export_store
from apps.importexport.models import DataTable, ExportPart, ImportJob
from apps.importexport.models.rows import DataRow, RowModel, model_of, name_of
from apps.importexport.selectors.tables import row_told
from apps.importexport.services import table_definitions as definitions
from kernel.reading import by_key
from kernel.tenancy.context import in_tenant
from kernel.tenancy.parts import Row, TenantPart, Told, register_part


class ImportExportPart(TenantPart):
    """Rows, tables that the tenant has described, and files that are not the files service's."""

    def count(self, tenant_id: UUID) -> dict[str, int]:
        """Return how many rows each table has, those of the tenant's own among them."""
        found = super().count(tenant_id)
        with in_tenant(tenant_id):
            for table, model in _models():
                if rows := model.objects.count():
                    found[table.dataset_name] = rows
        return found

    def export(self, tenant_id: UUID) -> Iterator[tuple[str, Iterator[Row]]]:
        """Yield the rows of the tenant's own tables after those of ours."""
        yield from super().export(tenant_id)
        with in_tenant(tenant_id):
            for table, model in _models():
                yield table.dataset_name, map(_told, by_key(model.objects.all()))

    def erase(self, tenant_id: UUID, told: Told) -> None:
        """Drop the tables and forget the bytes first, while rows still tell of them."""
        store = export_store()
        with in_tenant(tenant_id):
            for part in by_key(ExportPart.objects.exclude(file_key="")):
                store.delete(part.file_key)
            for job in by_key(ImportJob.objects.all()):
                for key in filter(None, (job.source_key, job.errors_key)):
                    store.delete(key)
            for table, model in _models():
                rows = model.objects.count()
                definitions.drop(name_of(table.pk))
                with transaction.atomic():
                    told(table.dataset_name, rows)
        super().erase(tenant_id, told)


def _models() -> Iterator[tuple[DataTable, RowModel]]:
    """Yield the tables that there are; of an erasure that was cut off, some may be dropped."""
    there = definitions.existing()
    for table in by_key(DataTable.objects.all()):
        if table.pk in there:
            yield table, model_of(table)


def _told(row: DataRow) -> Row:
    return {
        "id": row.pk,
        "tenant_id": row.tenant_id,
        "batch_id": row.batch_id,
        "changed_at": row.changed_at,
        "values": row_told(row, row.kinds, frozenset()),
    }


register_part(
    ImportExportPart(
        "importexport", omitted={"errors_key", "file_key", "secret", "source_key", "upload_id"}
    )
)
