"""Demo data: an import that is done, and one that waits."""

from apps.importexport.models import ImportFormat, ImportJob, ImportState
from kernel.demo import demo_id


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not ImportJob.objects.exists():
        _make()
    return f"{ImportJob.objects.count():,} import jobs"


def _make() -> None:
    ImportJob.objects.create(
        id=demo_id("ImportJob", "runways.csv"),
        name="runways.csv",
        format=ImportFormat.CSV,
        state=ImportState.DONE,
        source_id=demo_id("File", "runways.csv"),
        row_count=48_184,
    )
    ImportJob.objects.create(
        name="airport-frequencies.csv",
        format=ImportFormat.CSV,
        source_id=demo_id("File", "airport-frequencies.csv"),
    )
