"""Demo data: a few files to look at."""

from apps.files.models import File
from apps.files.services import create_file


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not File.objects.exists():
        _make()
    return f"{File.objects.count():,} files"


def _make() -> None:
    create_file(name="runways.csv", content_type="text/csv", size_bytes=3_960_755)
    create_file(name="airport-frequencies.csv", content_type="text/csv", size_bytes=1_299_314)
    create_file(name="countries.csv", content_type="text/csv", size_bytes=24_583)
