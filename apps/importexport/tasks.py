"""What the importexport app does by itself.

What reads sources loads polars, 37 MB that a process takes once it does such a job; and pyarrow,
27 MB more, once a field has a pattern.
"""

from datetime import timedelta
from uuid import UUID

from django.db.models import JSONField, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from apps.importexport.models import ImportJob
from apps.importexport.services import (
    delivering,
    exporting,
    import_upkeep,
    table_upkeep,
)
from kernel.jobs.filling import filling
from kernel.jobs.registry import job, periodic


@job("importexport.analyse", timeout=timedelta(hours=1), at_once_per_tenant=4)
def analyse(target: str) -> None:
    """Look at the source of an import."""
    from apps.importexport.services import analysing  # noqa: PLC0415

    analysing.analyse_import(*_round_of(target))


@job("importexport.check", timeout=timedelta(hours=12), at_once_per_tenant=2)
def check(target: str) -> None:
    """Say of every row of an import whether it can be brought."""
    from apps.importexport.services import import_work  # noqa: PLC0415

    import_work.check_import(*_round_of(target))


@job("importexport.run", timeout=timedelta(hours=24), at_once_per_tenant=2)
def run(target: str) -> None:
    """Bring the rows of an import."""
    from apps.importexport.services import import_work  # noqa: PLC0415

    import_work.run_import(*_round_of(target))


@job("importexport.undo", timeout=timedelta(hours=24), at_once_per_tenant=2)
def undo(target: str) -> None:
    """Take back what an import brought."""
    from apps.importexport.services import undoing  # noqa: PLC0415

    undoing.undo_import(*_round_of(target))


@job("importexport.forget_images", timeout=timedelta(hours=6))
def forget_images(import_id: str) -> None:
    """Forget what rows were before an import."""
    import_upkeep.forget_images(UUID(import_id))


@job("importexport.forget_keys", timeout=timedelta(hours=6))
def forget_keys(target: str) -> None:
    """Forget what a dry run has seen."""
    import_upkeep.forget_keys(*_round_of(target))


@job("importexport.export", timeout=timedelta(hours=12), at_once_per_tenant=2)
def export(export_id: str) -> None:
    """Write an export."""
    exporting.write_export(UUID(export_id))


@job(
    "importexport.deliver",
    timeout=timedelta(hours=12),
    max_attempts=delivering.MOST_ATTEMPTS,
    at_once_per_tenant=4,
)
def deliver(delivery_id: str) -> None:
    """Bring an export to a place outside."""
    delivering.deliver(UUID(delivery_id))


@job("importexport.forget")
def forget(key: str) -> None:
    """Delete bytes that nobody needs any more."""
    exporting.forget_bytes(key)


@job("importexport.forget_file")
def forget_file(known: str) -> None:
    """Let the files service remove what nobody wants any more."""
    exporting.forget_file(known)


@job("importexport.read_demo")
def read_demo(_target: str) -> None:
    """Let the imports of the demo go on, once the files service gives their sources out."""
    from apps.importexport import demo  # noqa: PLC0415

    demo.read_sources()


@job("importexport.conform_table", timeout=timedelta(hours=4))
def conform_table(table_id: str) -> None:
    """Rewrite the rows of a table that is described anew."""
    table_upkeep.conform_table(UUID(table_id))


@job("importexport.drop_table")
def drop_table(name: str) -> None:
    """Drop a table whose row is gone."""
    table_upkeep.drop_table(name)


@periodic("importexport.sweep_exports", every=timedelta(minutes=1))
def sweep_exports(_target: str) -> None:
    """End exports that were given up, and forget what was kept for long enough."""
    exporting.sweep_exports()


@periodic("importexport.sweep_deliveries", every=timedelta(minutes=1))
def sweep_deliveries(_target: str) -> None:
    """End deliveries that were given up."""
    delivering.sweep_deliveries()


@periodic("importexport.sweep_tables", every=timedelta(hours=1))
def sweep_tables(_target: str) -> None:
    """Drop tables that no row tells of."""
    table_upkeep.sweep_tables()


@periodic("importexport.sweep_imports", every=timedelta(minutes=1))
def sweep_imports(_target: str) -> None:
    """End imports that were given up, and let those of long ago be undone no more."""
    import_upkeep.end_abandoned()
    import_upkeep.expire_undo()


@periodic("importexport.clear_receipts", every=timedelta(hours=1))
def clear_receipts(_target: str) -> None:
    """Delete receipts, in databases outside, of what cannot be undone any more."""
    import_upkeep.clear_receipts()


def _round_of(target: str) -> tuple[UUID, int]:
    import_id, round_ = target.split(":")
    return UUID(import_id), int(round_)


#: Imports of before migration 0005 have NULL there, where all others have a list.
LISTS = ("mended_rows", "mends", "problems")


def _imports_without_lists() -> QuerySet[ImportJob]:
    lacks = Q.create([(f"{name}__isnull", True) for name in LISTS], connector=Q.OR)
    return ImportJob.across_tenants.filter(lacks)


@filling("importexport.fill_lists", lacking=_imports_without_lists)
def fill_lists(imports: QuerySet[ImportJob]) -> None:
    """Give imports of before the empty lists that new ones have."""
    empty = Value([], JSONField())
    imports.update(**{name: Coalesce(name, empty) for name in LISTS})
