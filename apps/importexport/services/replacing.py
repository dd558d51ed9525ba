"""Rows of a table that a source does not have go, where it is to replace them."""

from uuid import UUID

from django.db import transaction

from apps.importexport.models import DataTable, ImportJob, ImportMode, ImportState
from apps.importexport.models.rows import column_of, physical_name, usable_rows
from apps.importexport.models.tables import TableState
from apps.importexport.services.import_plans import Bound
from apps.importexport.services.staging import Brought, remove_some
from apps.importexport.services.standing import worked_on
from kernel.errors import UnavailableError
from kernel.faults import fault_point
from kernel.ids import new_id
from kernel.jobs.running import current_job

#: Rows that one transaction removes.
AT_ONCE = 500


def remove_others(job: ImportJob, what: Bound) -> bool:
    """Remove what the import has not brought; False when it was stopped meanwhile.

    Nothing is, if a row has failed: it may be the one that is there.
    """
    if job.state != ImportState.RUNNING or job.mode != ImportMode.REPLACE or what.table is None:
        return True
    after: UUID | None = None
    more = True
    while more:
        with transaction.atomic():
            found = worked_on(job)
            if found is None:
                return False
            if found.failed:
                return True
            removed = remove_some(
                brought_by(found, lock(what.table)),
                after=after,
                most=AT_ONCE,
                prefix=new_id().hex[:24],
            )
            found.removed += removed.undone
            found.save(update_fields=["removed"])
        fault_point("importexport-others-removed")
        after, more = removed.last, removed.seen > 0
        current_job().check()
    return True


def lock(table: DataTable) -> DataTable:
    """Return a table, locked, that may be written; raises UnavailableError."""
    rows = DataTable.objects.select_for_update()
    found = rows.filter(pk=table.pk, state=TableState.READY).first()
    if found is None:
        raise UnavailableError(f"the table {table.name} is not to be written now")
    return found


def brought_by(job: ImportJob, table: DataTable) -> Brought:
    """Return what tells the rows of an import from others."""
    return Brought(
        table=physical_name(table),
        columns=tuple(usable_rows(table).columns()),
        key=tuple(map(column_of, table.key)),
        tenant_id=job.tenant_id,
        import_id=job.pk,
    )
