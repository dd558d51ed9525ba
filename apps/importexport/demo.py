"""Demo data: an import that is done, and one that waits."""

from django.db import transaction

from apps.importexport.models import ImportFormat, ImportJob, ImportState
from apps.importexport.services import create_import
from contracts.importexport import ImportCreated
from kernel.demo import demo_id
from kernel.events.publishing import publish


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not ImportJob.objects.exists():
        _make()
    return f"{ImportJob.objects.count():,} import jobs"


@transaction.atomic
def _make() -> None:
    made = ImportJob.objects.create(
        id=demo_id("ImportJob", "runways.csv"),
        name="runways.csv",
        format=ImportFormat.CSV,
        state=ImportState.DONE,
        source_id=demo_id("File", "runways.csv"),
        row_count=48_184,
    )
    publish(
        ImportCreated(
            import_id=str(made.pk),
            name=made.name,
            format=str(made.format),
            source_id=str(made.source_id),
        )
    )
    create_import(
        name="airport-frequencies.csv",
        format=ImportFormat.CSV,
        source_id=str(demo_id("File", "airport-frequencies.csv")),
    )
