"""Demo data: a few import jobs to look at."""

from apps.importexport.models import ImportFormat, ImportJob
from apps.importexport.services import create_import


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not ImportJob.objects.exists():
        _make()
    return f"{ImportJob.objects.count():,} import jobs"


def _make() -> None:
    create_import(name="runways.csv", format=ImportFormat.CSV)
    create_import(name="airport-frequencies.csv", format=ImportFormat.CSV)
