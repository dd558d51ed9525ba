"""Tables follow what is said of them: rewritten, dropped, and swept when nobody knows them."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from apps.importexport.models import DataTable, TableState
from apps.importexport.models.rows import model_of
from apps.importexport.services import table_definitions as definitions
from kernel import clock
from kernel.faults import fault_point
from kernel.ids import made_at
from kernel.reading import by_key

#: A table that nobody has written a row for by then is of a change that was never made.
ORPHANED_AFTER = timedelta(hours=1)


def make_tables() -> int:
    """Make the tables of all tenants that are not there, empty; return how many are described."""
    described = 0
    for table in by_key(DataTable.across_tenants.all()):
        definitions.create(model_of(table), table.key, _unique(table))
        described += 1
    return described


def conform_table(table_id: UUID) -> None:
    """Rewrite the rows of a table as it is described, and let it be used again."""
    table = DataTable.objects.filter(pk=table_id, state=TableState.CHANGING).first()
    if table is None:
        return
    # Nobody describes it anew meanwhile: that takes a table that is READY.
    definitions.conform(model_of(table), table.key, _unique(table))
    fault_point("importexport-conformed")
    with transaction.atomic():
        DataTable.objects.filter(pk=table_id, state=TableState.CHANGING).update(
            state=TableState.READY
        )


def drop_table(name: str) -> None:
    """Drop a table whose row is gone."""
    definitions.drop(name)


def sweep_tables() -> None:
    """Drop tables that no row tells of, of changes that were taken back or cut off."""
    there = definitions.existing()
    known = set(DataTable.across_tenants.filter(pk__in=there).values_list("pk", flat=True))
    before = clock.now() - ORPHANED_AFTER
    for table_id, name in there.items():
        if table_id not in known and made_at(table_id) < before:
            definitions.drop(name)


def _unique(table: DataTable) -> list[str]:
    return [one.name for one in table.described.values() if one.unique]
